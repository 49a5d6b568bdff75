"""Agencies in a letter: one as facts, several as tables, the digests' ones sorted into what is the matter with them."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from monitor import words
from monitor.model import Condition
from monitor.notice import Entry, Event, Group, Notice
from monitor.saying.subject import EVERYBODY, good, of_everybody, what
from monitor.saying.voice import Voice, disproved, unseen

_LOST: Final = frozenset(
    {Event.LOST, Event.RESTORED, Event.STILL_LOST, Event.INCIDENT, Event.STILL_DOWN, Event.ENDED, Event.SCORE}
)
LATER: Final = frozenset({Event.CAUGHT_UP, Event.UNDELIVERED})  # tell of what others told, and perhaps its end
_BACK: Final = frozenset({Event.RESTORED, Event.ENDED})
_CERTIFICATES: Final = frozenset({Event.CERTIFICATE, Event.CERTIFICATE_RENEWED})


def listed(notice: Notice) -> tuple[Entry, ...]:
    """The agencies that something is the matter with; not those that only depend on what is."""
    return () if of_everybody(notice) else notice.entries


def members(notice: Notice, group: Group) -> tuple[Entry, ...]:
    """The agencies that are down by an incident; in a notice of before that was kept, all, where there is but one."""
    if group.sharing in EVERYBODY:
        return ()
    if not group.agencies and sum(each.sharing not in EVERYBODY for each in notice.groups) == 1:
        return notice.entries
    codes = frozenset(group.agencies)
    return tuple(entry for entry in notice.entries if entry.agency in codes)


def facts(notice: Notice, entry: Entry, voice: Voice) -> Iterator[tuple[str, str]]:
    """Everything there is to say of one agency."""
    level = words.one_of(entry.level, voice.language)
    yield voice.say("agency"), voice.say("agency_level", agency=voice.agency(entry), level=level)
    yield voice.say("matter"), matter(notice, entry, voice)
    if notice.event not in _CERTIFICATES:
        yield from _times(notice, entry, voice)
    if entry.because:
        yield voice.say("because"), voice.by(entry)
    if not well(notice, entry):
        yield from ((voice.say("why"), voice.reasons(entry)) for _ in entry.reasons[:1])
        yield from ((voice.say("acked"), voice.taken_on(entry)) for _ in (entry.ack,) if entry.ack)


def _times(notice: Notice, entry: Entry, voice: Voice) -> Iterator[tuple[str, str]]:
    since, until, lasted = map(voice.say, over(notice, entry))
    if entry.since:
        yield since, voice.local(entry.since)
    if entry.until:
        yield until, voice.local(entry.until)
    if entry.since and not (notice.event is Event.SCORE and not entry.conditions):  # what is well does not last
        yield lasted, voice.lasted((entry.until or notice.at) - entry.since)


def well(notice: Notice, entry: Entry) -> bool:
    """Whether it is over for this agency: when an incident ends, some may still be lost, each for a reason of its own."""
    return good(notice) and (entry.until is not None or notice.event is not Event.ENDED)


def over(notice: Notice, entry: Entry) -> tuple[str, str, str]:
    """How the times of something are called: since, until, for."""
    back = notice.event in _BACK and well(notice, entry)
    return ("lost_from", "back_at", "lost_for") if back else ("since", "until", "lasted")


def matter(notice: Notice, entry: Entry, voice: Voice) -> str:
    """What is the matter with it, in a few words."""
    if notice.event in (Event.CONFLICT, Event.CONFLICT_OVER):
        return voice.conflict(entry) if notice.event is Event.CONFLICT else voice.word(notice.event)
    if notice.event is Event.UNSTABLE:
        return voice.say("times_lost", n=entry.times)
    if entry.gone or (notice.event is Event.SCORE and not entry.conditions):
        return voice.say("left_roster" if entry.gone else "counted_now")
    over = entry.until is not None or notice.event is Event.RESTORED
    back = what([entry], "back" if over else "lost", voice)
    if notice.event is Event.STEADY:
        return voice.say("steady_back", what=back)
    if notice.event in _LOST or (notice.event in LATER and entry.until):
        return back
    return expiry(entry.expires, notice.at, voice) if entry.expires else not_yet(entry, voice)


def expiry(ends: datetime, at: datetime, voice: Voice) -> str:
    """When it ends or ended, and how far off that is."""
    phrase = "expires_in" if ends > at else "expired_for"
    return voice.say(phrase, at=voice.local(ends), span=voice.lasted(abs(ends - at)))


def not_yet(entry: Entry, voice: Voice) -> str:
    """Of whoever was perhaps never integrated."""
    if entry.unknown and (known := disproved(entry)):
        parts = (("not_yet", known), ("unknown_of", entry.unknown))
        return "; ".join(voice.say(phrase, conditions=_either(of, voice)) for phrase, of in parts)
    conditions = _either(entry.conditions, voice) or voice.say("integrated").lower()
    return voice.say("unknown_of" if unseen(entry) else "not_yet", conditions=conditions)


def _either(conditions: Iterable[Condition], voice: Voice) -> str:
    named = [voice.word(condition) for condition in conditions]
    return voice.say("either", one=named[0], other=named[1]) if len(named) > 1 else "".join(named)
