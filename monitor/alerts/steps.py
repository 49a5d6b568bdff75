"""Every open subject's step: what is seen of each, and what bears on telling it from outside."""

from collections.abc import Container, Iterable, Iterator
from datetime import datetime

from monitor.alerts import decide
from monitor.alerts.decide import Seen, Step, Why
from monitor.alerts.now import COUNTED, Now, agency_of, subject_of
from monitor.alerts.routing import takers
from monitor.incidents import Cause, Incident, Sharing, in_doubt
from monitor.model import Condition, Level
from monitor.notice import Event, Severity
from monitor.stories import Kind, Story, Subject

Stepped = tuple[Subject, Step]

_CALM_DAYS = 7  # to the end of a certificate: more of them are no more than worth knowing
_UNSETTLED = frozenset({Why.WAITING, Why.DOUBTFUL, Why.EXPLAINED, Why.MAINTENANCE, Why.UNSTABLE, Why.OVER_WAITING})


def steps(now: Now) -> list[Stepped]:
    stories = _by_kind(now)
    losses = list(_losses(now, stories.get(Kind.LOSS, {})))
    return [
        *_incidents(now, stories.get(Kind.INCIDENT, {})),
        *losses,
        *_conflicts(now, stories.get(Kind.CONFLICT, {})),
        *_certificates(now, stories.get(Kind.CERTIFICATE, {})),
        *_blind(now, stories.get(Kind.BLIND, {})),
        *_scores(now, stories.get(Kind.SCORE, {}), losses),
    ]


Stories = dict[str, tuple[Subject, Story]]  # by value


def _by_kind(now: Now) -> dict[Kind, Stories]:
    found: dict[Kind, Stories] = {}
    for subject, story in now.memory.stories.items():
        if (code := agency_of(subject)) and code not in now.sight.standings:
            continue  # it left the roster, and is forgotten
        found.setdefault(subject.kind, {})[subject.value] = subject, story
    return found


def _known(stories: Stories, kind: Kind, values: Iterable[str]) -> Iterator[tuple[Subject, Story | None]]:
    """What is remembered or seen, in its order; a subject that is remembered is not made anew."""
    yield from stories.values()
    for value in values:
        if value not in stories:
            yield Subject(kind=kind, value=value), None


# -- losses


def _losses(now: Now, stories: Stories) -> Iterator[Stepped]:
    scene = now.sight.scene
    if not scene.lost and not stories:
        return
    explained, acks = _explained(now), now.sight.acks
    blind, quiet = not scene.online, now.held.nobody
    doubts = in_doubt(scene, now.telling.counting, now.at)
    escalating = _escalating(now, Event.STILL_LOST, Severity.WARNING)
    for subject, story in _known(stories, Kind.LOSS, scene.lost):
        code = subject.value
        loss = scene.lost.get(code)
        seen = Seen(
            loss.since if loss else None,
            Severity.WARNING,
            blind or code in explained,
            bool(doubts) and not doubts.isdisjoint(scene.traits.get(code, ())),
            not quiet and now.held.since(code) is not None,
            code in acks,
            bool(escalating) and now.level(code) in escalating,
            loss.seen if loss else None,
        )
        yield subject, decide.loss(story, seen, now.telling, now.at)


def _explained(now: Now) -> frozenset[str]:
    """A national system that is down takes nobody along: who is lost meanwhile is lost for a reason of its own."""
    return frozenset[str]().union(*(each.down for each in now.incidents.values() if each.cause.sharing in COUNTED))


def _escalating(now: Now, event: Event, severity: Severity) -> frozenset[Level]:
    return frozenset(level for level in Level if takers(now.channels, event, severity, (level,), escalated=True))


# -- incidents


def _incidents(now: Now, stories: Stories) -> Iterator[Stepped]:
    if not stories and not now.incidents:
        return
    escalates = bool(_escalating(now, Event.STILL_DOWN, Severity.CRITICAL))
    suspected = now.sight.scene.suspected()
    for subject, story in _known(stories, Kind.INCIDENT, (subject.value for subject in now.incidents)):
        incident = now.incidents.get(subject)
        if incident is None:
            seen = Seen(since=None, held=now.held.everybody is not None)
            yield subject, decide.incident(story, seen, now.telling, now.at)
        else:
            alone = incident.cause.sharing is Sharing.MONITOR
            seen = _of_incident(now, incident, story, suspected)._replace(escalates=escalates)
            yield subject, decide.incident(story, seen, now.telling, now.at, alone=alone)


def _of_incident(now: Now, incident: Incident, story: Story | None, suspected: Container[Cause]) -> Seen:
    cause, held = incident.cause, now.held
    national = cause.sharing is Sharing.NATIONAL
    ours = cause.sharing is Sharing.MONITOR
    return Seen(
        since=incident.since,
        severity=Severity.WARNING if ours else Severity.CRITICAL,
        explained=not (ours or now.sight.scene.online),
        doubtful=(story is None or not story.told) and _more_may_come(now, incident, suspected),
        held=held.everybody is not None or (national and held.since(cause.value) is not None),
        acked=_taken_on(now, {cause.value} if national else incident.down, story.known if story else now.at),
        known=now.at,
    )


def _more_may_come(now: Now, incident: Incident, suspected: Container[Cause]) -> bool:
    """Whether it may be a blip, or others are about to be lost by it, or with it."""
    cause, scene = incident.cause, now.sight.scene
    if cause.sharing is Sharing.MONITOR:
        return True
    if cause.sharing is Sharing.NATIONAL:
        others = (code for code in scene.doubtful if code in now.sight.standings)
        return cause.value not in scene.national or any(now.level(code) is Level.NATIONAL for code in others)
    return cause in suspected


def _taken_on(now: Now, codes: Iterable[str], known: datetime) -> bool:
    """Who took one agency on before it was known that many are lost took on no more than that."""
    acks = now.sight.acks
    return bool(acks) and any(acks[code].at >= known for code in codes if code in acks)


# -- documents and certificates


def _conflicts(now: Now, stories: Stories) -> Iterator[Stepped]:
    if not stories and not now.sight.conflicts:
        return
    there = {f"{code} {condition}" for code in now.sight.conflicts for condition in _contradicted(now, code)}
    for subject, story in _known(stories, Kind.CONFLICT, sorted(there)):
        code, _, condition = subject.value.partition(" ")
        seen = Seen(
            since=now.at if subject.value in there else None,
            explained=(code, condition) in now.lost,
            held=now.held.since(code) is not None,
        )
        yield subject, decide.conflict(story, seen, now.telling, now.at)


def _contradicted(now: Now, code: str) -> Iterator[Condition]:
    standing = now.sight.standings[code]
    return (condition for condition in Condition if getattr(standing, condition).conflict)


def _certificates(now: Now, stories: Stories) -> Iterator[Stepped]:
    ends, rules = now.sight.certificates, now.telling.retelling
    for subject, story in _known(stories, Kind.CERTIFICATE, [code for code in ends if code in now.sight.standings]):
        end = ends.get(subject.value)
        calm = end is not None and decide.stage_told(end, rules, now.at) > _CALM_DAYS
        seen = Seen(
            since=None,
            severity=Severity.INFO if calm else Severity.WARNING,
            held=now.held.since(subject.value) is not None,
        )
        yield subject, decide.certificate(story, end, seen, now.telling, now.at)


# -- levels as a whole


def _blind(now: Now, stories: Stories) -> Iterator[Stepped]:
    rules, least = now.telling.retelling, now.telling.counting.least
    shown = [score for score in now.sight.scores if score.unknown >= least]
    over = {score.level.value for score in shown if score.unknown > rules.blind * score.agencies}
    for subject, story in _known(stories, Kind.BLIND, sorted(over)):
        seen = Seen(
            since=now.at if subject.value in over else None,
            explained=not (now.sight.scene.online and now.sight.settled),
            held=now.held.everybody is not None,
        )
        yield subject, decide.blind(story, seen, now.telling, now.at)


def _scores(now: Now, stories: Stories, losses: Iterable[Stepped]) -> Iterator[Stepped]:
    told = now.memory.scores
    moved = {level.value for level, figure in now.sight.figures().items() if told.get(level) != figure}
    if not moved and not stories:
        return
    unsettled = _unsettled(now, losses)
    for subject, story in _known(stories, Kind.SCORE, sorted(moved)):
        seen = Seen(
            since=now.at if subject.value in moved else None,
            severity=Severity.INFO,
            doubtful=subject.value in unsettled,
            held=now.held.everybody is not None,
        )
        yield subject, decide.score(story, seen, now.telling, now.at)


def _unsettled(now: Now, losses: Iterable[Stepped]) -> frozenset[Level]:
    """Levels of which something else may yet be told that says who moved the score."""
    if not (now.sight.settled and now.sight.scene.online):
        return frozenset(Level)
    codes = {subject.value for subject, step in losses if step.why in _UNSETTLED}
    # Also of incidents that are over: what is remembered of them is to be told.
    for incident in (*now.incidents.values(), *now.memory.incidents):
        if incident.cause.sharing in COUNTED:
            codes |= incident.ever | incident.down
    return now.levels_of(codes)


def subjects(incidents: Iterable[Incident]) -> dict[Subject, Incident]:
    return {subject_of(incident.cause): incident for incident in incidents}
