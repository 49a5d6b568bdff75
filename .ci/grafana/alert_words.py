"""The words that alerts are told in: recorded series whose labels say a code in both languages.

An annotation can ask Prometheus for a series, and knows no other table to look a word up in.
"""

import json
from collections.abc import Iterator, Mapping

from catalogue import Catalogue
from source import Text

FILE = "npsp-words.yml"
KINDS = ("reason", "check", "sharing", "level")
RECORD = "word:npsp_words:info"
HEAD = """\
# Written by `make grafana` from .ci/grafana/words.yaml: what codes of the metrics are called in the texts of alerts, as the
# labels `vi` and `en` of a series for each. A check of your own that is not among them is told by its name, in quotation marks.
groups:
  - name: npsp-words
    interval: 1m
    rules:
"""


def rules(entries: Mapping[str, Text]) -> str:
    """The file of rules."""
    return HEAD + "".join(_lines(Catalogue(entries)))


def _lines(catalogue: Catalogue) -> Iterator[str]:
    for kind in KINDS:
        english = catalogue.under(kind, "en")
        for code, vietnamese in catalogue.under(kind, "vi").items():
            labels = {"kind": kind, "code": code, "vi": vietnamese, "en": english[code]}
            said = ", ".join(f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in labels.items())
            yield f'      - {{record: "{RECORD}", expr: vector(1), labels: {{{said}}}}}\n'
