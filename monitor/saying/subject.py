"""What a notice says in one line that a phone shows whole; and, as long as it likes, the heading of the letter."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import product
from types import MappingProxyType
from typing import Final

from monitor import words
from monitor.filling import shortened, tidy
from monitor.incidents import Sharing
from monitor.model import COUNTED_LEVELS, ZONE, Condition, Level
from monitor.notice import Entry, Event, Group, Move, Notice, Severity
from monitor.saying.voice import MOST_NAME, Voice, disproved, unseen

MOST: Final = 78  # characters of a subject (RFC 5322, 2.1.1: what a line should not exceed)
HOUSE: Final = "[NPSP] "
GRAVE: Final = "[NPSP!] "
_GOOD: Final = frozenset(
    {Event.RESTORED, Event.STEADY, Event.ENDED, Event.SIGHTED, Event.CONFLICT_OVER, Event.CERTIFICATE_RENEWED}
)
_NAMED: Final = 3  # agencies by name
EVERYBODY: Final = frozenset({Sharing.MONITOR, Sharing.NATIONAL})
_SCORED: Final = frozenset(
    {
        Event.LOST,
        Event.STILL_LOST,
        Event.RESTORED,
        Event.UNSTABLE,
        Event.STEADY,
        Event.INCIDENT,
        Event.STILL_DOWN,
        Event.ENDED,
    }
)


def subject(notice: Notice, voice: Voice) -> str:
    """The fullest form that fits; the name is cut before what happened is."""
    mark = grave(notice) + (voice.say("mark_synthetic") if notice.synthetic is not None else "")
    heads = tuple(dict.fromkeys(headings(notice, voice)))
    lines = [f"{mark}{head}{tail}" for tail, head in product(_tails(notice, voice), heads)]
    return next((line for line in lines if len(line) <= MOST), None) or shortened(lines[-1], MOST)


def grave(notice: Notice) -> str:
    """Of trouble, whether it is grave; that something is over is never told so."""
    return GRAVE if notice.severity is Severity.CRITICAL and not good(notice) else HOUSE


def good(notice: Notice) -> bool:
    """Whether it tells that something is over. Who holds still may do so while it is lost."""
    still_lost = notice.event is Event.STEADY and any(entry.until is None for entry in notice.entries)
    return notice.event in _GOOD and not still_lost


def headings(notice: Notice, voice: Voice) -> Iterator[str]:
    """The same thing said ever shorter."""
    for said in _SAID[notice.event](notice, voice):
        yield voice.say("escalated_short", subject=said) if notice.escalated else said


def figures(move: Move) -> tuple[str, str]:
    """62/63, before and after."""
    return "/".join(map(str, move.before)), "/".join(map(str, move.after))


def moved(move: Move, voice: Voice) -> str:
    """62/63 → 61/63, or 62/63 where it did not move."""
    before, after = figures(move)
    return after if before == after else voice.say("moved_short", before=before, after=after)


def scores(moves: Iterable[Move], voice: Voice) -> str:
    """62/63 → 61/63 provinces · 10/21 ministries."""
    ordered = sorted(moves, key=lambda move: tuple(Level).index(move.level))
    ordered.sort(key=lambda move: COUNTED_LEVELS.index(move.level) if move.level in COUNTED_LEVELS else 9)
    return " · ".join(f"{moved(move, voice)} {voice.word(move.level)}" for move in ordered)


def _tails(notice: Notice, voice: Voice) -> tuple[str, ...]:
    """The score of the levels that it is about, ever shorter."""
    if (notice.event not in _SCORED and not _one_way(notice)) or of_everybody(notice):
        return ("",)
    turned = [move for move in notice.moves if move.before != move.after]
    about = {entry.level for entry in notice.entries}
    told = turned or [move for move in notice.moves if move.level in about]
    if not told:
        return ("",)
    plain = [figures(move)[1] for move in told]
    forms = (", ".join(_moved(notice, move, voice) for move in told), ", ".join(plain), plain[0])
    return tuple(f" · {form}" for form in dict.fromkeys(forms))


def of_everybody(notice: Notice) -> bool:
    """Whether it is about national systems and our own way out alone: nobody is lost by these, and no score moves by them."""
    return bool(notice.groups) and all(group.sharing in EVERYBODY for group in notice.groups)


def _moved(notice: Notice, move: Move, voice: Voice) -> str:
    """From what to what, where those who are named did that; else only what it is now."""
    if move.before == move.after or _by_them(notice, move):
        return moved(move, voice)
    phrase = "left_short" if move.after[0] < move.before[0] else "now_short"
    return voice.say(phrase, after=figures(move)[1])


def _by_them(notice: Notice, move: Move) -> bool:
    """Whether a score moved by as many as are named of its level, and the way in which they move it."""
    rose = move.after[0] - move.before[0] if _raises(notice) else move.before[0] - move.after[0]
    named = sum(entry.level is move.level for entry in notice.entries)
    alone = not (notice.others_fell or notice.others_rose)
    return alone and move.before[1] == move.after[1] and named <= rose <= named + notice.more


def _raises(notice: Notice) -> bool:
    if notice.event is Event.SCORE:
        return not any(entry.conditions for entry in notice.entries)
    return notice.event in _GOOD


def _one_way(notice: Notice) -> bool:
    """Whether all who moved a score did it the same way, so that one sentence says it."""
    ways = {"gone" if entry.gone else bool(entry.conditions) for entry in notice.entries}
    return notice.event is Event.SCORE and len(ways) == 1 and "gone" not in ways


def who(notice: Notice, voice: Voice) -> Iterator[str]:
    """All names, then fewer of them, then how many; of one agency ever less of its name."""
    entries, total = notice.entries, len(notice.entries) + notice.more
    for named in range(min(_NAMED, len(entries)), 0, -1):
        names = ", ".join(voice.agency(entry) for entry in entries[:named])
        rest = total - named
        yield voice.say("and_others", names=names, n=voice.count("others", rest)) if rest else names
    if total == 1 and entries:
        yield from _cut(entries[0], voice)
    else:
        yield voice.count("agencies", total)


def _cut(entry: Entry, voice: Voice) -> Iterator[str]:
    name = voice.name(entry.name, entry.name_en)
    for most in (40, 30, 20, 12):
        yield voice.say("agency_code", name=shortened(name, most), code=tidy(entry.agency, 20))
    yield tidy(entry.agency, 20)


def what(entries: Sequence[Entry], prefix: str, voice: Voice) -> str:
    """What all of them have lost or got back: `prefix` is lost, still or back."""
    if entries and all(unseen(entry) for entry in entries):
        return voice.say(f"{prefix}_unseen")
    if any(unseen(entry) for entry in entries):
        return voice.say(f"{prefix}_partly")
    known = (entry.conditions if prefix == "back" else disproved(entry) for entry in entries)
    held = {frozenset(of) for of in known if of} or {frozenset({Condition.CONNECTED})}
    if len(held) > 1:
        return voice.say(f"{prefix}_mixed")
    (conditions,) = held
    return voice.say(f"{prefix}_both" if len(conditions) > 1 else f"{prefix}_{next(iter(conditions))}")


def short(group: Group, voice: Voice, most: int = MOST_NAME) -> str:
    """An incident in few words, with so much of a name."""
    if group.sharing is Sharing.LEVEL:
        return voice.say("short_level", down=group.down, of=group.of, level=level_of(group.value, voice))
    return voice.say(
        f"short_{group.sharing}",
        n=voice.count("agencies", group.down),
        name=shortened(voice.name(group.name or group.value, group.name_en), most),
    )


def level_of(value: str, voice: Voice) -> str:
    """The agencies of a level, as an incident names it."""
    return voice.word(Level(value)) if value in list(Level) else tidy(value, MOST_NAME)


def _incidents(notice: Notice, voice: Voice) -> Iterator[str]:
    if not notice.groups:
        yield voice.word(notice.event).capitalize()
        return
    group, rest = notice.groups[0], len(notice.groups) - 1 + notice.more_groups
    brief = replace(group, name=group.short or group.name, name_en=group.short_en or group.name_en)
    for named, most in ((group, MOST_NAME), *((brief, most) for most in (MOST_NAME, 45, 35, 25))):
        first = short(named, voice, most)
        yield voice.say("and_others", names=first, n=voice.count("incidents", rest)) if rest else first
    total = len(notice.entries) + notice.more
    if rest:
        # What is over was perhaps one after the other.
        phrase = "short_several_over" if notice.event is Event.ENDED else "short_several"
        yield voice.say(phrase, n=len(notice.groups) + notice.more_groups, agencies=voice.count("agencies", total))
    elif total:
        yield voice.say("short_any", n=voice.count("agencies", total))


def _lost(notice: Notice, voice: Voice) -> Iterator[str]:
    prefix = "back" if notice.event is Event.RESTORED else "lost"
    said = what(notice.entries, prefix, voice)
    for each in who(notice, voice):
        yield voice.say(f"subject_{notice.event}", who=each, what=said)
        if said in (voice.say("lost_both"), voice.say("lost_mixed")):
            yield voice.say("subject_lost_short", who=each)


def _still_lost(notice: Notice, voice: Voice) -> Iterator[str]:
    said = what(notice.entries, "still", voice)
    lasted = _lasted(notice, (entry.since for entry in notice.entries if entry.since), voice)
    for each in who(notice, voice):
        for phrase in ("subject_still_lost", "subject_still_short", "subject_still_shortest"):
            yield voice.say(phrase, who=each, what=said, lasted=lasted)


def _lasted(notice: Notice, since: Iterable[datetime], voice: Voice) -> str:
    """For how long all of it is; where that differs, for how long at most."""
    ordered = sorted(since) or [notice.at]
    longest, shortest = (voice.lasted(notice.at - each, 1) for each in (ordered[0], ordered[-1]))
    return voice.say("lasted_for" if longest == shortest else "lasted_at_most", lasted=longest)


def _of_agencies(notice: Notice, voice: Voice) -> Iterator[str]:
    return (voice.say(f"subject_{notice.event}", who=each) for each in who(notice, voice))


def _incident(notice: Notice, voice: Voice) -> Iterator[str]:
    return _incidents(notice, voice)


def _still_down(notice: Notice, voice: Voice) -> Iterator[str]:
    lasted = _lasted(notice, (group.since for group in notice.groups), voice)
    forms = tuple(_incidents(notice, voice))
    yield from (voice.say("subject_still_down", incident=each, lasted=lasted) for each in forms)
    yield from forms


def _ended(notice: Notice, voice: Voice) -> Iterator[str]:
    return (voice.say("subject_ended", incident=each) for each in _incidents(notice, voice))


def _certificate(notice: Notice, voice: Voice) -> Iterator[str]:
    ends = min((entry.expires for entry in notice.entries if entry.expires), default=notice.at)
    phrase = "subject_certificate" if ends > notice.at else "subject_certificate_ended"
    return (voice.say(phrase, who=each, left=voice.lasted(ends - notice.at, 1)) for each in who(notice, voice))


def _score(notice: Notice, voice: Voice) -> Iterator[str]:
    if _one_way(notice):
        rose = not notice.entries[0].conditions
        phrase, said = (
            ("subject_score_rose", "") if rose else ("subject_score_fell", what(notice.entries, "lost", voice))
        )
        yield from (voice.say(phrase, who=each, what=said) for each in who(notice, voice))
        return
    on = notice.at.astimezone(ZONE).date()
    turned = [move for move in notice.moves if move.before != move.after]
    plain = [Move(level=move.level, before=move.after, after=move.after) for move in notice.moves]
    told = [scores(moves, voice) for moves in (notice.moves, plain, turned[:1])]
    bare = ", ".join(figures(move)[1] for move in plain)
    for day, forms in ((words.day(on, voice.language), told), (words.day_of_year(on, voice.language), (*told, bare))):
        yield from (voice.say(f"subject_{notice.event}", day=day, scores=each) for each in forms if each)
    yield voice.word(notice.event).capitalize()


def _blind(notice: Notice, voice: Voice) -> Iterator[str]:
    percent = voice.percent(notice.share or 0)
    if notice.levels:
        yield voice.say(f"subject_{notice.event}_of", levels=voice.levels(notice.levels), percent=percent)
    yield voice.say(f"subject_{notice.event}", percent=percent)


def _silent(notice: Notice, voice: Voice) -> Iterator[str]:
    if notice.since and notice.until:
        yield voice.say("subject_silent", lasted=voice.lasted(notice.until - notice.since))
    yield voice.say("subject_silent_now")


def _channel(notice: Notice, voice: Voice) -> Iterator[str]:
    name = tidy(notice.channel, MOST_NAME)
    n = voice.count("notices", sum(n for _, n in notice.events))
    if notice.event is Event.CAUGHT_UP and not notice.events:  # of each notice only a part is outdated
        yield voice.say("subject_caught_up_part", n=voice.count("agencies", len(notice.entries) + notice.more))
        return
    if notice.event is Event.CAUGHT_UP and not name:
        yield voice.say("subject_caught_up_quiet", n=n)
        return
    for most in (MOST_NAME, 30, 15):
        yield voice.say(f"subject_{notice.event}", channel=shortened(name, most), n=n)


_SAID: Final[Mapping[Event, Callable[[Notice, Voice], Iterator[str]]]] = MappingProxyType(
    {
        Event.LOST: _lost,
        Event.STILL_LOST: _still_lost,
        Event.RESTORED: _lost,
        Event.UNSTABLE: _of_agencies,
        Event.STEADY: _of_agencies,
        Event.INCIDENT: _incident,
        Event.STILL_DOWN: _still_down,
        Event.ENDED: _ended,
        Event.SCORE: _score,
        Event.CONFLICT: _of_agencies,
        Event.CONFLICT_OVER: _of_agencies,
        Event.CERTIFICATE: _certificate,
        Event.CERTIFICATE_RENEWED: _of_agencies,
        Event.BLIND: _blind,
        Event.SIGHTED: _blind,
        Event.SILENT: _silent,
        Event.INITIAL: _score,
        Event.DAILY: _score,
        Event.WEEKLY: _score,
        Event.CAUGHT_UP: _channel,
        Event.UNDELIVERED: _channel,
        Event.TEST: _channel,
    }
)
