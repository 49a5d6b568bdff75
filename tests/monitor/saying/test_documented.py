"""docs/notices/words.md: every sentence side by side, and each notice as it came out."""

import os
from pathlib import Path

from monitor import words
from monitor.model import Condition
from monitor.notice import Event, Severity
from monitor.notice_words import NOTICES
from monitor.remedies import BY_REASON, Remedy
from monitor.saying.samples import samples
from monitor.words import Language

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs" / "notices" / "words.md"
GOLDEN = Path(__file__).parent / "golden"


def test_every_sentence_and_every_notice_is_in_the_documents():
    """To write it anew: GOLDEN=write, after the golden notices."""
    text = "\n".join((*_opening(), *_examples(), *_sentences(), *_remedies())) + "\n"
    if os.environ.get("GOLDEN") == "write":
        DOCUMENT.write_text(text, encoding="utf-8")

    assert text == DOCUMENT.read_text(encoding="utf-8")


def _opening():
    yield "# Notices: every word of them"
    yield ""
    yield "Written by `GOLDEN=write pytest tests/monitor/saying`, held by the same test. The examples are **synthetic**: the"
    yield "agencies are real, what is told of them is made up. Mail in HTML holds the same words; see [README](README.md)."


def _examples():
    for event in Event:
        yield f"\n## `{event}`"
        for language in Language:
            words_of = (GOLDEN / f"{event}.{language}.txt").read_text(encoding="utf-8").rstrip()
            yield f"\n```text\n{words_of}\n```"
    assert set(samples()) == set(Event)


def _sentences():
    yield "\n## Sentences\n\n| name | tiếng Việt | English |\n|---|---|---|"
    for name, (vi, en) in NOTICES.items():
        yield f"| `{name}` | {vi.strip()} | {en.strip()} |"
    for member in (*Event, *Severity, *Condition):
        yield f"| `{type(member).__name__}.{member}` | {_both(member)} |"


def _remedies():
    yield "\n## What to do, by reason\n\n| reasons | tiếng Việt | English |\n|---|---|---|"
    for remedy in Remedy:
        reasons = ", ".join(f"`{reason}`" for reason, its in BY_REASON.items() if its is remedy)
        yield f"| {reasons or '–'} | {_both(remedy)} |"


def _both(member):
    return " | ".join(words.word(member, language) for language in Language)
