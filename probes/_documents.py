"""JSON of strangers: read, and entered by a path. Whatever it is, nothing here raises but for what is no JSON."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from yarl import URL

from probes import Fact, Page, Way
from probes._text import text_of

# error_code comes as 0, "0" or "00", the code of newer envelopes as "OK" (seen in several code bases).
SUCCESS: Final = frozenset({"OK", "0", "00", "200"})
_PATH = re.compile(r"[^.\s]{1,80}(?:\.[^.\s]{1,80}){0,9}")


async def post_json(way: Way, url: URL, body: Mapping[str, Fact]) -> Page:
    """POST a JSON object; redirects are not followed. Raises `Trouble`."""
    data = json.dumps(dict(body), ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json"}
    return await way.ask(url, method="POST", headers=headers, body=data, follow=lambda _: False)


def document_of(page: Page) -> Any:
    """ValueError where it is no JSON."""
    try:
        return json.loads(text_of(page))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def at(document: Any, path: str) -> Any:
    """What stands at `data.items.0.code`; None where nothing does. An empty path is the whole."""
    for step in path.split(".") if path else ():
        document = _deeper(document, step)
    return document


def empty(document: Any, path: str) -> bool:
    """Whether the way to what is looked for ends early, in null or an empty list: there is no such thing."""
    for step in path.split(".")[:-1]:
        there = isinstance(document, Mapping) and step in document
        document = _deeper(document, step)
        if there and (document is None or document == []):
            return True
    return False


def word(value: Any) -> str:
    """A text or a number as a word; anything else is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip()


def check_path(setting: str, path: str) -> None:
    if path and not _PATH.fullmatch(path):
        raise ValueError(
            f"{setting}: must be names with dots between them, such as data.trangThai or result.0.TRANGTHAI"
        )


def _deeper(value: Any, step: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(step)
    if isinstance(value, list) and step.isdecimal() and step.isascii() and len(step) < 6 and int(step) < len(value):
        return value[int(step)]
    return None
