"""Agencies in a letter: one as facts, several as tables, the digests' ones sorted into what is the matter with them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from monitor import words
from monitor.filling import tidy
from monitor.incidents import Sharing
from monitor.notice import Entry, Event, Notice
from monitor.saying.sheet import Row, Table
from monitor.saying.subject import good, what
from monitor.saying.voice import Voice, unseen

MOST_ROWS: Final = 20  # of one table
_LOST: Final = frozenset({Event.LOST, Event.STILL_LOST, Event.INCIDENT, Event.STILL_DOWN, Event.ENDED})
_BACK: Final = frozenset({Event.RESTORED, Event.ENDED})
_EVERYBODY: Final = frozenset({Sharing.MONITOR, Sharing.NATIONAL})  # nobody is lost by these


def listed(notice: Notice) -> tuple[Entry, ...]:
    """The agencies that something is the matter with; not those that only depend on what is."""
    if notice.groups and all(group.sharing in _EVERYBODY for group in notice.groups):
        return ()
    return notice.entries


def facts(notice: Notice, entry: Entry, voice: Voice) -> Iterator[tuple[str, str]]:
    """Everything there is to say of one agency."""
    yield voice.say("agency"), f"{voice.agency(entry)}, {_level(entry, voice)}"
    yield voice.say("matter"), _matter(notice, entry, voice)
    yield from _times(notice, entry, voice)
    if entry.because:
        yield voice.say("because"), voice.by(entry)
    if not good(notice):
        yield from ((voice.say("why"), voice.reasons(entry)) for _ in entry.reasons[:1])
        yield from ((voice.say("detail"), voice.detail(entry)) for _ in entry.detail[:1])
    if entry.ack:
        yield voice.say("acked"), tidy(entry.ack)


def _times(notice: Notice, entry: Entry, voice: Voice) -> Iterator[tuple[str, str]]:
    labels = ("lost_from", "back_at", "lost_for") if notice.event in _BACK else ("since", "until", "lasted")
    since, until, lasted = map(voice.say, labels)
    if entry.since:
        yield since, voice.local(entry.since)
    if entry.until:
        yield until, voice.local(entry.until)
    if entry.since:
        yield lasted, voice.lasted((entry.until or notice.at) - entry.since)


def _level(entry: Entry, voice: Voice) -> str:
    return words.one_of(entry.level, voice.language)


def _matter(notice: Notice, entry: Entry, voice: Voice) -> str:
    """What is the matter with it, in a few words."""
    if entry.held is not None:
        return voice.say("held_for", reason=tidy(entry.held))
    if notice.event is Event.CONFLICT_OVER:
        return voice.word(notice.event)
    if notice.event is Event.CONFLICT or _in_conflict(entry):
        return voice.conflict(entry)
    if entry.expires:
        return _expiry(entry.expires, notice.at, voice)
    if entry.times and notice.event is not Event.STEADY:
        return voice.say("times_lost", n=entry.times)
    return _what(notice, entry, voice)


def _what(notice: Notice, entry: Entry, voice: Voice) -> str:
    if notice.event is Event.RESTORED or (notice.event is Event.ENDED and entry.until):
        return what([entry], "back", voice)
    if notice.event is Event.STEADY:
        return voice.say("steady_back", what=what([entry], "back" if entry.until else "lost", voice))
    return what([entry], "lost", voice) if notice.event in _LOST else _not_yet(entry, voice)


def _expiry(ends: datetime, at: datetime, voice: Voice) -> str:
    """When it ends or ended, and how far off that is."""
    phrase = "expires_in" if ends > at else "expired_for"
    return voice.say(phrase, at=voice.local(ends), span=voice.lasted(abs(ends - at)))


def _not_yet(entry: Entry, voice: Voice) -> str:
    """Of whoever was perhaps never integrated."""
    conditions = ", ".join(voice.word(condition) for condition in entry.conditions) or voice.say("integrated").lower()
    return voice.say("unknown_of" if unseen(entry) else "not_yet", conditions=conditions)


def _in_conflict(entry: Entry) -> bool:
    return entry.says is not None or entry.looks is not None


def tables(notice: Notice, voice: Voice) -> Iterator[Table]:
    """One table; of digests one for each matter."""
    parts: dict[str, list[Entry]] = {}
    for entry in listed(notice):
        parts.setdefault(_part(entry) if notice.event in _SORTED else "by_agency", []).append(entry)
    present = [part for part in _PARTS if part in parts]
    for part in present:
        more = notice.more if part == present[-1] else 0
        yield _table(voice.say(part), parts[part], more, notice, voice)


_SORTED: Final = frozenset({Event.DAILY, Event.WEEKLY, Event.INITIAL, Event.CAUGHT_UP})
_PARTS: Final = ("by_agency", "missing", "unknowns", "part_unstable", "conflicts", "part_certificates", "part_held")


def _part(entry: Entry) -> str:
    if entry.held is not None:
        return "part_held"
    if _in_conflict(entry):
        return "conflicts"
    if entry.expires:
        return "part_certificates"
    if entry.times:
        return "part_unstable"
    return "unknowns" if unseen(entry) else "missing"  # never the one for the other


def _table(heading: str, entries: Sequence[Entry], more: int, notice: Notice, voice: Voice) -> Table:
    shown = entries[:MOST_ROWS]
    rest = len(entries) - len(shown) + more
    return Table(
        heading=heading,
        head=(voice.say("agency"), voice.say("since"), voice.say("matter")),
        rows=tuple(_row(notice, entry, voice) for entry in shown),
        more=voice.say("row_more", n=voice.count("others", rest)) if rest else "",
    )


def _row(notice: Notice, entry: Entry, voice: Voice) -> Row:
    said = [_matter(notice, entry, voice)]
    if entry.because and not entry.expires and not good(notice):
        said.append(voice.why(entry))
    if entry.ack:
        said.append(f"{voice.say('acked')}: {tidy(entry.ack)}")
    cells = (voice.agency(entry), voice.moment(entry.since) if entry.since else "", " · ".join(said))
    return Row(cells=cells, address=voice.address("agency", entry.agency))
