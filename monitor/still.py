"""What is open now, said as its notices would say it now: for receivers that forget what they are not told again. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.alerts.lost import conditions, marked, unseen
from monitor.alerts.now import COUNTED
from monitor.incidents import Incident
from monitor.model import Condition, Level
from monitor.notice import MOST_ENTRIES, Entry, Event, Group, Move, Notice, Severity, key_of
from monitor.stories import Kind, Memory, Story, Subject

_EVENTS = {  # what is not here is no trouble that is open, but how far something was told
    Kind.LOSS: Event.STILL_LOST,
    Kind.INCIDENT: Event.STILL_DOWN,
    Kind.CONFLICT: Event.CONFLICT,
    Kind.CERTIFICATE: Event.CERTIFICATE,
    Kind.BLIND: Event.BLIND,
}

Told = Sequence[tuple[Subject, Story]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Whom stories are about. Who is not here any more is left out of what is told again."""

    agencies: Mapping[str, Entry]  # by code, as a notice would have them now
    systems: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # national ones: Vietnamese and English name
    certificates: Mapping[str, datetime] = field(default_factory=dict)  # code -> the end of the one that ends first
    moves: tuple[Move, ...] = ()  # the scores, as a notice would have them now
    synthetic: str | None = None  # name of the scenario, where the data is


def open_on(channel: str, memory: Memory, known: Known, at: datetime) -> tuple[Notice, ...]:
    """What this channel was told and was not yet told to be over: one notice for each event and severity, with all of it."""
    told: defaultdict[tuple[Event, Severity], list[tuple[Subject, Story]]] = defaultdict(list)
    for subject, story in sorted(memory.stories.items(), key=lambda each: each[0]):
        if channel in story.on and subject.kind in _EVENTS:
            told[_event(subject, story), story.severity].append((subject, story))
    made = (_notice(event, severity, each, at) for (event, severity), each in told.items())
    return tuple(filled for notice in made if (filled := _filled(notice, told, memory, known)))


def _event(subject: Subject, story: Story) -> Event:
    return Event.UNSTABLE if subject.kind is Kind.LOSS and story.unstable else _EVENTS[subject.kind]


def _notice(event: Event, severity: Severity, told: Told, at: datetime) -> Notice:
    key = key_of(event, at, tuple(str(subject) for subject, _ in told))
    since = min(story.since for _, story in told)
    return Notice(key=key, event=event, at=at, severity=severity, since=since)


def _filled(notice: Notice, told: Mapping[tuple[Event, Severity], Told], memory: Memory, known: Known) -> Notice | None:
    """With whom it is about; None where none of them is known any more."""
    about = told[notice.event, notice.severity]
    entries = tuple(_entries(about, memory, known))
    groups = tuple(_groups(about, memory.incidents, known.systems))
    if notice.event is not Event.BLIND and not entries and not groups:
        return None
    levels = _levels(about)
    return replace(
        notice,
        entries=entries,
        groups=groups,
        levels=levels,
        share=max((_unknown(move) for move in known.moves if move.level in levels), default=None),
        moves=known.moves,
        synthetic=known.synthetic,
    )


def _unknown(move: Move) -> float:
    return move.unknown / move.after[1] if move.after[1] else 0.0


def _levels(told: Told) -> tuple[Level, ...]:
    """Of what concerns a level as a whole."""
    of = {subject.value for subject, _ in told if subject.kind is Kind.BLIND}
    return tuple(level for level in Level if level.value in of)


def _entries(told: Told, memory: Memory, known: Known) -> Iterator[Entry]:
    for subject, story in told:
        code, _, condition = subject.value.partition(" ")
        if subject.kind is Kind.INCIDENT and (incident := _incident(subject, memory.incidents)):
            yield from _by_incident(incident, memory, known)
        elif subject.kind in _OF_AGENCIES and code in known.agencies:
            of = (Condition(condition),) if condition else _lost(subject, story, memory)
            ends = known.certificates.get(code) if subject.kind is Kind.CERTIFICATE else None
            turns = len(story.turns) if story.unstable else 0
            never = unseen(story.stage) if subject.kind is Kind.LOSS else ()
            yield replace(_of(known.agencies[code], of, never), since=story.since, expires=ends, times=turns)


def _of(entry: Entry, conditions: Sequence[Condition], never: Sequence[Condition] = ()) -> Entry:
    """What is known of an agency, about these conditions; `never` were they seen not to hold, though they may by now."""
    hidden = tuple(each for each in conditions if each in entry.unknown or each in never)
    return replace(entry, conditions=tuple(conditions), unknown=hidden)


def _by_incident(incident: Incident, memory: Memory, known: Known) -> Iterator[Entry]:
    for code in _down(incident):
        if code in known.agencies and (of := conditions(memory.lost, code)):
            yield replace(_of(known.agencies[code], of), since=min(memory.lost[code, each].since for each in of))


_OF_AGENCIES = frozenset({Kind.LOSS, Kind.CONFLICT, Kind.CERTIFICATE})


def _lost(subject: Subject, story: Story, memory: Memory) -> tuple[Condition, ...]:
    """What is lost; of who is back, and not told to be, what was."""
    if subject.kind is not Kind.LOSS:
        return ()
    return conditions(memory.lost, subject.value) or marked(story.stage)


def _groups(told: Told, incidents: Iterable[Incident], systems: Mapping[str, tuple[str, str]]) -> Iterator[Group]:
    for subject, story in told:
        if subject.kind is Kind.INCIDENT and (incident := _incident(subject, incidents)):
            yield _group(incident, story, *systems.get(incident.cause.value, ("", "")))


def _incident(subject: Subject, incidents: Iterable[Incident]) -> Incident | None:
    open_now = {f"{each.cause.sharing} {each.cause.value}".strip(): each for each in incidents}
    return open_now.get(subject.value.strip())


def _down(incident: Incident) -> list[str]:
    """Codes; nobody is lost by a national system, or by our own link."""
    return sorted(incident.down)[:MOST_ENTRIES] if incident.cause.sharing in COUNTED else []


def _group(incident: Incident, story: Story, name: str, name_en: str) -> Group:
    return Group(
        sharing=incident.cause.sharing,
        value=incident.cause.value,
        name=name,
        name_en=name_en,
        since=story.since,
        down=len(incident.down),
        of=incident.of,
        agencies=tuple(_down(incident)),
    )
