"""A configuration file as plain data with the line of everything in it, and what is wrong with it."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar, Union

Where = tuple[str | int, ...]  # keys and list positions from the root of a file
Data = Union[None, bool, int, float, str, date, tuple["Data", ...], dict[str, "Data"]]  # noqa: UP007 - names itself

T_co = TypeVar("T_co", covariant=True)

_TAG = "tag:yaml.org,2002:"
_TRUE = frozenset({"yes", "true", "on"})
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{0,18}([eE][-+]?[0-9]{1,2})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Control characters but tab and line feed; and what is not seen, ends a line or turns the direction of text, so that a
# terminal, a log or a metric label would show something other than it says.
BAD = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"
)
UNREADABLE: Any = object()  # stands in a document where there is a complaint already


@dataclass(frozen=True, slots=True, order=True)
class Complaint:
    """One thing that is wrong, and where."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What one file holds."""

    file: str  # as it is shown to people
    data: Data
    lines: Mapping[Where, int]

    def part(self, key: str) -> "Document":
        """What stands under a key of the root, as a document of its own; empty where nothing does."""
        data = self.data.get(key, {}) if isinstance(self.data, dict) else {}
        lines = {where[1:]: line for where, line in self.lines.items() if where[:1] == (key,)}
        return Document(file=self.file, data=data, lines=lines)

    def complain(self, where: Where, text: str) -> Complaint:
        """A complaint at the line of `where`, or of what holds it, where that has none of its own."""
        nearest = next((where[:end] for end in range(len(where), -1, -1) if where[:end] in self.lines), ())
        path = ".".join(str(step + 1) if isinstance(step, int) else shown(step)[1:-1] for step in where)
        return Complaint(self.file, self.lines.get(nearest, 1), f"{path}: {text}" if path else text)


@dataclass(frozen=True, slots=True)
class Item(Generic[T_co]):
    """A value with the place it was read from."""

    document: Document
    where: Where
    value: T_co

    @property
    def key(self) -> str:
        return str(self.where[-1]) if self.where else ""

    def complain(self, text: str, *deeper: str | int) -> Complaint:
        return self.document.complain((*self.where, *deeper), text)


def plain(tag: str, text: str) -> Data:
    """The value of a scalar that YAML 1.1 resolved to `tag`; its surprising forms raise ValueError with what to write."""
    match tag.removeprefix(_TAG):
        case "null":
            return None
        case "bool":
            return text.lower() in _TRUE
        case "int":
            return int(_matching(_INT, text, "write whole numbers in plain decimal digits, at most 18"))
        case "float":
            return float(_matching(_FLOAT, text, "write numbers with digits on both sides of the point, such as 0.5"))
        case "timestamp":
            return _date(text)
        case "str" | "value":
            return text_of(text)
    raise ValueError(f"YAML's {tag.removeprefix(_TAG)} is not supported; use text, numbers, true, false or dates")


def text_of(text: str) -> str:
    """The text in NFC; refused when it holds a character that a terminal would obey and not show."""
    bad = BAD.search(text)
    if bad:
        raise ValueError(f"the character U+{ord(bad.group()):04X} is not allowed in text")
    return unicodedata.normalize("NFC", text)


def _matching(pattern: re.Pattern[str], text: str, advice: str) -> str:
    if pattern.fullmatch(text):
        return text
    raise ValueError(f"{shown(text)} is a number only to YAML: {advice}, or put it in quotes")


def _date(text: str) -> date:
    if not _DATE.fullmatch(text):
        raise ValueError(f"{shown(text)} is not a date alone: write YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is not a day of the calendar: write YYYY-MM-DD") from None


def shown(text: str, most: int = 60) -> str:
    """A text for an error message: in quotes, on one line, short."""
    short = text if len(text) <= most else text[: most - 1] + "…"
    return '"' + re.sub('[\\n\\t"]', "\N{REPLACEMENT CHARACTER}", BAD.sub("\N{REPLACEMENT CHARACTER}", short)) + '"'
