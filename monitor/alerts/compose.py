"""A notice's parts: agencies, incidents and scores, as they were when it was decided."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain

from monitor.alerts.lost import conditions, marked, unseen
from monitor.alerts.now import COUNTED, Now, agency_of, remembered
from monitor.alerts.windows import open_for
from monitor.incidents import Incident, Sharing
from monitor.model import COUNTED_LEVELS, Answer, Condition, Level, Score, Standing, Verdict
from monitor.notice import MOST_ENTRIES, MOST_OTHERS, Entry, Event, Group, Move
from monitor.stories import Kind, Story, Subject

_LONGEST_DETAIL = 500  # characters
_LAST = frozenset({Event.RESTORED, Event.STEADY})

Told = tuple[Subject, Story]


def moves(now: Now) -> tuple[Move, ...]:
    """From the scores as they were told last."""
    still = (as_it_is(score, now.sight.declared.get(score.level)) for score in now.sight.scores)
    return tuple(replace(each, before=now.memory.scores.get(each.level, each.before)) for each in still)


def as_it_is(score: Score, declared: tuple[int, int] | None = None) -> Move:
    """The score as it is. What a report declares is told where it speaks of as many agencies."""
    figures = (score.integrated, score.agencies)
    comparable = declared if declared and declared[1] == score.agencies else None
    return Move(level=score.level, before=figures, after=figures, unknown=score.unknown, declared=comparable)


def entries(now: Now, event: Event, told: Sequence[Told]) -> tuple[tuple[Entry, ...], int]:
    """At most MOST_ENTRIES, in the order of codes; and how many agencies there are beyond."""
    if event is Event.SCORE:
        codes = movers(now, {Level(subject.value) for subject, _ in told})
        return tuple(_mover(now, code) for code in codes[:MOST_ENTRIES]), max(0, len(codes) - MOST_ENTRIES)
    if told and told[0][0].kind is Kind.INCIDENT:
        down = {code for subject, _ in told for code in _lost_by(now, subject)}
        codes = sorted(down & now.sight.standings.keys())
        begun, since = min(story.since for _, story in told), _lost_since(now, told)
        spelt = tuple(_in_incident(now, code, begun, since.get(code)) for code in codes[:MOST_ENTRIES])
        return spelt, max(0, len(codes) - MOST_ENTRIES)
    about = sorted((each for each in told if agency_of(each[0])), key=lambda each: each[0].value)
    spelt = tuple(_entry(now, event, subject, story) for subject, story in about[:MOST_ENTRIES])
    return spelt, max(0, len(about) - MOST_ENTRIES)


def movers(now: Now, levels: Collection[Level]) -> list[str]:
    """Who is counted and was not when the scores were told last, or the other way round: first who is not any more.

    Of a level of which that is not known, such as from a ledger that holds the scores alone, nobody.
    """
    before, after = now.memory.counted, now.sight.counted()
    were = Counter(before.values())
    known = {each for each in levels if were[each] == now.memory.scores.get(each, (0, 0))[0]}
    fell = sorted(code for code, level in before.items() if level in known and code not in after)
    return fell + sorted(code for code, level in after.items() if level in known and code not in before)


def others(now: Now, told: Iterable[Told]) -> dict[str, object]:
    """Who moved the scores beside those who are told of: it was not told, and is not any more once the scores are."""
    named: set[str] = set()
    for subject, _ in told:
        named |= _lost_by(now, subject) if subject.kind is Kind.INCIDENT else {agency_of(subject)}
    beyond = [code for code in movers(now, COUNTED_LEVELS) if code not in named]
    rose = [code for code in beyond if code not in now.memory.counted]
    fell = beyond[: len(beyond) - len(rose)]
    spelt = tuple(_mover(now, code) for code in (*fell[:MOST_OTHERS], *rose[:MOST_OTHERS]))
    return {"others": spelt, "others_fell": len(fell), "others_rose": len(rose)}


def _mover(now: Now, code: str) -> Entry:
    standing = now.sight.standings.get(code)
    if standing is None:
        return Entry(agency=code, name="", name_en="", level=now.memory.counted[code], gone=True)
    wrong = tuple(each for each in Condition if getattr(standing, each).answer is not Answer.YES)
    if not wrong:
        return _risen(now, standing)
    closed = open_for(now.sight.windows, code, now.at)
    held = closed[1].reason if closed else None
    return _loss(now, code, wrong, since=standing.integrated.since, held=held)


def _risen(now: Now, standing: Standing) -> Entry:
    return named(standing, since=standing.integrated.since, **_by(verdicts_of(standing, Condition), now.sight.kinds))


def _lost_by(now: Now, subject: Subject) -> frozenset[str]:
    """Who is lost by what was counted; of a national system, how many need it is told by the group."""
    return _down(incident_of(now, subject))


def _down(incident: Incident) -> frozenset[str]:
    return incident.ever | incident.down if incident.cause.sharing in COUNTED else frozenset()


def incident_of(now: Now, subject: Subject) -> Incident:
    return now.incidents.get(subject) or remembered(now.memory)[subject]


def _lost_since(now: Now, told: Iterable[Told]) -> Mapping[str, datetime]:
    """Since when those were lost who were in these incidents, as far as that is known."""
    since: dict[str, datetime] = {}
    for subject, _ in told:
        for code, lost in incident_of(now, subject).lost.items():
            since[code] = min(lost, since.get(code, lost))
    return since


def _in_incident(now: Now, code: str, begun: datetime, since: datetime | None) -> Entry:
    """As it is lost; who is back has no loss any more, and the answers that turned since tell which conditions, and when.

    `since`: when it was lost, where that is known; else it was since the incident had `begun`.
    """
    of = conditions(now.lost, code)
    if of:
        return _loss(now, code, of, since=min(now.lost[code, each].since for each in of))
    turned = {each: getattr(now.sight.standings[code], each).since for each in Condition}
    back = tuple(each for each, turn in turned.items() if turn > (since or begun)) or (
        max(turned, key=lambda each: turned[each]),
    )
    return _loss(now, code, back, since=since, until=max(turned[each] for each in back))


def _entry(now: Now, event: Event, subject: Subject, story: Story) -> Entry:
    code = agency_of(subject)
    if subject.kind is Kind.CERTIFICATE:
        return named(now.sight.standings[code], since=story.since, expires=now.sight.certificates.get(code))
    if subject.kind is Kind.CONFLICT:
        condition = Condition(subject.value.partition(" ")[2])
        held = named(now.sight.standings[code], conditions=(condition,), since=story.since, until=story.over_since)
        return contradicted(held, verdicts_of(now.sight.standings[code], (condition,)))
    of = conditions(now.lost, code) or marked(story.stage)
    until = _back(now.sight.standings[code], of, story) if event in _LAST else None
    entry = _loss(now, code, of, since=story.since, until=until)
    if until:
        entry = _with(entry, unknown=tuple(each for each in of if each in unseen(story.stage)))
    if not story.unstable and event is not Event.UNSTABLE:
        return entry
    # Who holds still and is lost is so since the last turn; else what is told of is the coming and going as a whole.
    since = story.since if event is Event.STEADY and until is None else restless_since(story)
    return _with(entry, since=since, times=len(story.turns))


def restless_since(story: Story) -> datetime:
    """Since the first of the losses that are counted."""
    return min((story.since, *story.turns[:1]))


def _back(standing: Standing, of: Sequence[Condition], story: Story) -> datetime | None:
    """Since when nothing of it is lost: also what was lost besides, and back before anybody was told of it."""
    wrong = not of or any(each.answer is not Answer.YES for each in verdicts_of(standing, of))
    return story.over_since if wrong else _over(story, verdicts_of(standing, Condition))


def _over(story: Story, verdicts: Iterable[Verdict]) -> datetime | None:
    """By the looks that turned it since it began; or when it was seen to be over, where they do not say."""
    if story.over_since is None:
        return None
    turned = (each.since for each in verdicts if each.answer is Answer.YES)
    return max((each for each in turned if story.since <= each <= story.over_since), default=story.over_since)


def _loss(now: Now, code: str, of: Sequence[Condition], **told: object) -> Entry:
    standing = now.sight.standings[code]
    verdicts = verdicts_of(standing, of)
    entry = named(
        standing,
        conditions=tuple(of),
        unknown=unknown_of(standing, of),
        **taken_on(now, code),
        **_decided(verdicts, now.sight.kinds),
        **told,
    )
    return contradicted(entry, verdicts)


def taken_on(now: Now, code: str) -> dict[str, str]:
    """By whom, and with which reason."""
    ack = now.sight.acks.get(code)
    return {"ack": ack.reason, "ack_by": ack.by} if ack else {}


def unknown_of(standing: Standing, of: Iterable[Condition]) -> tuple[Condition, ...]:
    return tuple(each for each in of if getattr(standing, each).answer is Answer.UNKNOWN)


def verdicts_of(standing: Standing, of: Iterable[Condition]) -> list[Verdict]:
    return [getattr(standing, condition) for condition in of]


def why(verdicts: Sequence[Verdict], kinds: Mapping[str, str]) -> dict[str, object]:
    """What decided that it is wrong; nothing is, of a condition that holds."""
    wrong = [each for each in verdicts if each.answer is not Answer.YES]
    return {
        **_by(wrong, kinds),
        "reasons": tuple(chain.from_iterable(each.reasons for each in wrong)),
        "detail": "; ".join(each.detail for each in wrong if each.detail)[:_LONGEST_DETAIL],
    }


def _decided(verdicts: Sequence[Verdict], kinds: Mapping[str, str]) -> dict[str, object]:
    """What is wrong; where all holds again, what shows that."""
    return why(verdicts, kinds) if any(each.answer is not Answer.YES for each in verdicts) else _by(verdicts, kinds)


def _by(verdicts: Iterable[Verdict], kinds: Mapping[str, str]) -> dict[str, object]:
    because = tuple(chain.from_iterable(each.because for each in verdicts))
    return {"because": because, "kinds": tuple(kinds.get(name, "") for name in because)}


def contradicted(entry: Entry, verdicts: Iterable[Verdict]) -> Entry:
    conflict = next((each.conflict for each in verdicts if each.conflict), None)
    if conflict is None:
        return entry
    paper = conflict.paper
    return _with(
        entry,
        against=(paper.condition,),
        document=paper.document,
        issued=paper.issued,
        issuer=paper.issuer,
        says=paper.answer,
        looks=conflict.looks,
    )


def _with(entry: Entry, **other: object) -> Entry:
    return replace(entry, **other)  # type: ignore[arg-type]  # fields of Entry by their names


def named(standing: Standing, **told: object) -> Entry:
    agency = standing.agency
    return Entry(agency=agency.code, name=agency.name, name_en=agency.name_en, level=agency.level, **told)  # type: ignore[arg-type]  # fields of Entry by their names


def groups(now: Now, event: Event, told: Iterable[Told]) -> tuple[Group, ...]:
    return tuple(
        _group(now, incident_of(now, subject), story, event)
        for subject, story in sorted(told, key=lambda each: (each[1].since, each[0]))
        if subject.kind is Kind.INCIDENT
    )


def _group(now: Now, incident: Incident, story: Story, event: Event) -> Group:
    cause = incident.cause
    system = now.sight.standings.get(cause.value) if cause.sharing is Sharing.NATIONAL else None
    return Group(
        sharing=cause.sharing,
        value=cause.value,
        name=system.agency.name if system else "",
        name_en=system.agency.name_en if system else "",
        short=system.agency.short if system else "",
        short_en=system.agency.short_en if system else "",
        since=story.since,
        until=_ended(incident, story, system) if event is Event.ENDED else None,
        down=len(incident.ever | incident.down) if event is Event.ENDED else len(incident.down),
        of=incident.of,
        agencies=tuple(sorted(_down(incident) & now.sight.standings.keys())[:MOST_ENTRIES]),
    )


def _ended(incident: Incident, story: Story, system: Standing | None) -> datetime | None:
    return incident.quiet_since or _over(story, [system.connected] if system else [])
