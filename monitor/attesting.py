"""Adds a document to attestations.yaml as a person would: at its end, in its style, and not a byte of it changed.

What is added is checked by reading the result as any configuration is read; nothing here knows what a document may hold.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import Path

from monitor.config import Config
from monitor.declared import by_name, declared_on
from monitor.model import Answer, Attestation
from monitor.standing import in_force

FILE = "attestations.yaml"
Load = Callable[[Mapping[str, bytes]], Config]  # with these files as they would be; raises ConfigError

_ITEM = re.compile(r"^( *)-( +)([^\s#])", re.MULTILINE)
# What is text to YAML without quotes, also between braces; a number, a date or a truth value never looks like it.
_PLAIN = re.compile(r"(?!(?i:yes|no|on|off|y|n|true|false|null)\Z)(?:[^\W\d_]|[0-9]+/)[\w ./()-]*(?<! )")
_PLAIN_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PLAIN_URL = re.compile(r"https?://[\w.-]+(/[\w./%-]*)?")


class NotAdded(Exception):  # noqa: N818 - nothing has failed
    """Why nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a file writes its entries."""

    indent: str = ""
    gap: str = " "  # after the dash
    braces: bool = False
    apart: bool = True  # by an empty line
    end: str = "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """What is to be written, the configuration as it will be, and the entry as it stands in the file."""

    raw: bytes
    config: Config
    text: str
    entry: Attestation


def fields_of(entry: Attestation) -> dict[str, str]:
    """The keys of an entry in their order, in NFC."""
    held = {
        "agency": entry.agency,
        "condition": str(entry.condition),
        "answer": str(entry.answer),
        "since": str(entry.since),
        "document": entry.document,
        "issued": str(entry.issued),
        "issuer": entry.issuer,
        **({"url": entry.url} if entry.url else {}),
    }
    return {key: unicodedata.normalize("NFC", value) for key, value in held.items()}


def addition(folder: Path, entry: Attestation, load: Load) -> Addition:
    """What adding `entry` would make of the folder. Raises ConfigError, NotAdded and OSError; writes nothing."""
    _writable(entry)
    before = load({})
    if any(_same(entry, each) for each in before.attestations):
        raise NotAdded(f"{FILE}: {entry.document} is there already for {entry.agency}, {entry.condition}")
    path = folder / FILE
    raw = path.read_bytes() if path.exists() else b""
    old = raw.decode("utf-8-sig")  # it was just read as such
    style = style_of(old)
    text = written(entry, style)
    changed = raw + (_joint(old, style) + text).encode()
    after = load({FILE: changed})
    if after.attestations[:-1] != before.attestations or not _alike(after.attestations[-1], entry):
        raise NotAdded(f"{FILE}: is written in a way that nothing can be added at its end; add it by hand:\n{text}")
    return Addition(raw=changed, config=after, text=text, entry=after.attestations[-1])


def _writable(entry: Attestation) -> None:
    """A text that came as bytes of another encoding has no place in a file of UTF-8."""
    for key, value in fields_of(entry).items():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise NotAdded(f"{key}: is not UTF-8") from None


def _same(one: Attestation, other: Attestation) -> bool:
    return _identity(one) == _identity(other)


def _identity(entry: Attestation) -> tuple[str, str, str]:
    return entry.agency, entry.condition, unicodedata.normalize("NFC", entry.document).casefold()


def _alike(read: Attestation, meant: Attestation) -> bool:
    return replace(read, synthetic=False) == replace(meant, url=read.url if meant.url else None, synthetic=False)


# -- text


def style_of(text: str) -> Style:
    """The style of the entries there are; that of the house where there is none to go by."""
    items = list(_ITEM.finditer(text))
    end = "\r\n" if "\r\n" in text else "\n"
    if not items:
        return Style(end=end)
    indent, gap, first = items[0].groups()
    own = [item for item in items if item.group(1) == indent]
    between = [text[one.end() : other.start()] for one, other in pairwise(own)]
    braces = first == "{"
    apart = bool(re.search(r"\n\r?\n", between[-1])) if between else not braces
    return Style(indent=indent, gap=gap, braces=braces, apart=apart, end=end)


def written(entry: Attestation, style: Style) -> str:
    """The entry as text, from its indentation to its line end."""
    pairs = [f"{key}: {_scalar(value, key)}" for key, value in fields_of(entry).items()]
    head, deeper = f"{style.indent}-{style.gap}", style.indent + " " * (1 + len(style.gap))
    body = "{" + ", ".join(pairs) + "}" if style.braces else f"{style.end}{deeper}".join(pairs)
    return f"{head}{body}{style.end}"


def _joint(old: str, style: Style) -> str:
    """What has to stand between the old text and the new entry."""
    line = "" if not old or old.endswith("\n") else style.end
    blank = style.apart and old.strip() and not old.endswith(("\n\n", "\n\r\n"))
    return line + (style.end if blank else "")


def _scalar(value: str, key: str) -> str:
    plain = {"since": _PLAIN_DAY, "issued": _PLAIN_DAY, "url": _PLAIN_URL}.get(key, _PLAIN)
    if key == "answer" or plain.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)  # which is YAML's double-quoted text too


# -- what it means


def told(added: Addition, day: date) -> Iterator[str]:
    """What holds on that day now, and what is known without a look that speaks against the new document."""
    entry, config = added.entry, added.config
    held = in_force(config.attestations, entry.agency, entry.condition, day)
    yield f"in force on {day} for {entry.agency}, {entry.condition}: {_said(held) if held else 'no document'}"
    if held != entry:
        why = f"it holds from {entry.since} on" if entry.since > day else "a later document holds"
        yield f"the new one is not in force: {why}"
    against = [*_other_documents(config, entry, day), *_declared(config, entry, day)]
    yield from against or ["nothing that is known without a look contradicts it"]


def _other_documents(config: Config, entry: Attestation, day: date) -> Iterator[str]:
    for other in config.attestations:
        about = (other.agency, other.condition) == (entry.agency, entry.condition)
        if about and other.answer is not entry.answer and other.since <= day:
            yield f"contradicts {_said(other)}"


def _declared(config: Config, entry: Attestation, day: date) -> Iterator[str]:
    """Declared integrated is declared to meet both conditions."""
    for figures in declared_on(config.declared, day):
        integrated, _ = by_name(figures, config.roster)
        if entry.answer is Answer.NO and entry.agency in (integrated or ()):
            yield f"contradicts what is declared on {figures.as_of}: that it is integrated ({figures.source.strip()})"


def _said(paper: Attestation) -> str:
    answer = "yes" if paper.answer is Answer.YES else "no"
    return f"{paper.document} of {paper.issued}, {paper.issuer}: {answer} since {paper.since}"
