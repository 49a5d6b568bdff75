"""A letter before it has a form: only words, without a thought for HTML, so that one place escapes them all."""

from dataclasses import dataclass

from monitor.notice import Move, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    text: str
    address: str  # of our own making


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Names and values, one below the other."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    who: str
    since: str  # from when, with the word for it; empty where that is not told
    said: tuple[str, ...]  # what is the matter, then why, then what else there is to know
    address: str | None = None  # of its page


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    heading: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]
    more: str = ""  # and 12 other agencies


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    heading: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What can be typed, and what for."""

    about: str
    command: str


Block = Facts | Table | Points | Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The score of one level."""

    level: str
    figure: str  # 61/63
    note: str  # was 62/63
    legend: str
    move: Move


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    lang: str
    heading: str
    severity: Severity
    good: bool  # something is over
    banners: tuple[str, ...]  # what has to be known before all else
    lead: tuple[str, ...]
    scores: str  # heading of the figures
    figures: tuple[Figure, ...]
    alt: str  # of the picture
    blocks: tuple[Block, ...]
    links: tuple[Link, ...]
    footer: str
