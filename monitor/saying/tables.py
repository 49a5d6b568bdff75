"""Several agencies in a letter: one table; of a digest one for each thing that may be the matter with them."""

from collections.abc import Iterator
from typing import Final

from monitor.filling import tidy
from monitor.notice import Entry, Event, Notice
from monitor.saying.entries import LATER, expiry, listed, matter, not_yet, over, well
from monitor.saying.sheet import Points, Row, Table
from monitor.saying.voice import Voice, unseen

MOST_ROWS: Final = 20  # of one table
_DIGESTS: Final = frozenset({Event.DAILY, Event.WEEKLY, Event.INITIAL})
_ALL: Final = "by_agency"
_PARTS: Final = ("missing", "unknowns", "part_unstable", "conflicts", "part_certificates", "part_held")


def tables(notice: Notice, voice: Voice) -> Iterator[Table | Points]:
    """An agency is in each table that it belongs to; how many more there are stands below, where there is but one."""
    entries = listed(notice)
    parts = {_ALL: entries}
    if notice.event in _DIGESTS:
        parts = {part: tuple(entry for entry in entries if part in _parts(entry)) for part in _PARTS}
    present = [(part, held) for part, held in parts.items() if held]
    for part, held in present:
        rest = max(len(held) - MOST_ROWS, 0) + (notice.more if len(present) == 1 else 0)
        yield Table(
            heading=voice.say(part),
            head=(voice.say("agency"), voice.say("matter")),
            rows=tuple(_row(notice, part, entry, voice) for entry in held[:MOST_ROWS]),
            more=voice.say("row_more", n=voice.count("others", rest)) if rest else "",
        )
    if notice.more and len(present) > 1:  # nobody can say to which of them they would belong
        yield Points(heading=voice.say("beyond"), items=(voice.count("agencies", notice.more),))


def _parts(entry: Entry) -> frozenset[str]:
    """Everything that is the matter with it. Unknown is never told as not integrated."""
    if entry.held is not None:
        return frozenset({"part_held"})
    conflict = entry.says is not None or entry.looks is not None
    told = {
        "missing": bool(entry.reasons) and not unseen(entry),
        "unknowns": unseen(entry),
        "part_unstable": entry.times > 0,
        "conflicts": conflict,
        "part_certificates": entry.expires is not None,
    }
    return frozenset(part for part, holds in told.items() if holds) or frozenset({"missing"})


def _row(notice: Notice, part: str, entry: Entry, voice: Voice) -> Row:
    said = [_said(notice, part, entry, voice)]
    ended = well(notice, entry) or entry.until is not None
    back = over(notice, entry)[0] == "lost_from" or (notice.event in LATER and entry.until is not None)
    if part == _ALL and entry.until:
        said.append(
            voice.say("over_at", label=voice.say("back_at" if back else "until").lower(), at=voice.moment(entry.until))
        )
    if part in (_ALL, "missing", "unknowns", "part_unstable") and not ended and entry.because:
        said += voice.why(entry)
    if entry.ack and not ended and part in (_ALL, "missing", "unknowns"):
        said.append(f"{voice.say('acked')}: {voice.taken_on(entry)}")
    since = entry.since if part != "part_certificates" else None
    return Row(
        who=voice.agency(entry),
        since=f"{voice.say('lost_from' if back else 'since').lower()} {voice.moment(since)}" if since else "",
        said=tuple(said),
        address=None if entry.gone else voice.address("agency", entry.agency),
    )


def _said(notice: Notice, part: str, entry: Entry, voice: Voice) -> str:
    match part:
        case "missing" | "unknowns":
            return not_yet(entry, voice)
        case "part_unstable":
            return voice.say("times_lost", n=entry.times)
        case "conflicts":
            return voice.conflict(entry)
        case "part_certificates" if entry.expires:
            return expiry(entry.expires, notice.at, voice)
        case "part_held":
            return voice.say("held_for", reason=tidy(entry.held or ""))
    return matter(notice, entry, voice)
