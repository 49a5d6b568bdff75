"""From what is seen to what is told: every subject's step, what is told together, to which channels, and what is remembered then."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import NamedTuple

from monitor.alerts import decide
from monitor.alerts.compose import entries, groups, incident_of, moves, others, unknown_of
from monitor.alerts.decide import Step, Why
from monitor.alerts.digested import digested
from monitor.alerts.lost import conditions, mark, marked, unseen
from monitor.alerts.now import Now, agency_of
from monitor.alerts.ordering import (
    count,
    due_digests,
    just_told,
    keys_before,
    order_for,
    rank,
    severities,
    silent,
    unmoved,
    up_to,
)
from monitor.alerts.overview import overview
from monitor.alerts.routing import takers
from monitor.alerts.steps import Stepped, steps
from monitor.model import Answer, Level
from monitor.notice import OVER, Event, Notice, Severity
from monitor.store.ledger import Ordered
from monitor.stories import Kind, Memory, Story, Subject, national_down

_ORDER = tuple(Event)
# They say who moved the score.
_MOVING = frozenset(
    {Event.LOST, Event.RESTORED, Event.UNSTABLE, Event.STEADY, Event.INCIDENT, Event.ENDED, Event.SCORE}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one tick comes to. Nothing of it holds before it is adopted."""

    memory: Memory
    orders: tuple[Ordered, ...] = ()
    why: Mapping[Subject, Why] = field(default_factory=dict)
    unack: tuple[str, ...] = ()  # agencies that are back: nobody needs to have taken them on any more

    @property
    def notices(self) -> tuple[Notice, ...]:
        return tuple(order.notice for order in self.orders)


class Fired(NamedTuple):
    """One subject that is told of."""

    subject: Subject
    step: Step
    story: Story  # as it goes on when nothing is told
    event: Event


Stories = dict[Subject, Story]


def tell(now: Now) -> Decision:
    """What is told at this instant, after the first start."""
    stepped = steps(now)
    fired, why = _fired(now, stepped)
    stories = _going_on(now, stepped, fired)
    orders = [_told(now, stories, alike, event, on) for (event, _, on), alike in _partitioned(now, fired)]
    orders += [*silent(now), *due_digests(now, stories)]
    events = {order.notice.event for order in orders}
    count(now, stories, {(order.notice.event, order.notice.escalated) for order in orders})
    memory = replace(
        _remembered(now, stories, scores=bool(events & _MOVING)),
        daily=up_to(now, Event.DAILY, events),
        weekly=up_to(now, Event.WEEKLY, events),
        digested=digested(now, ((order.notice.event, name) for order in orders for name in order.channels)),
    )
    return Decision(memory=memory, orders=tuple(orders), why=why, unack=_back(now, memory))


def wait(now: Now) -> Decision:
    """At the first start nothing is told before everything was looked at once."""
    return Decision(memory=_remembered(now, {}, scores=False))


def begin(now: Now) -> Decision:
    """The first start: all that is wrong already in one digest, and none of it as a change."""
    open_now = {subject: step.story for subject, step in steps(now) if step.story and not step.story.over_since}
    entries, more = overview(now, open_now)
    severity = max((Severity.WARNING if entries else Severity.INFO, *severities(open_now.values())), key=rank)
    on = takers(now.channels, Event.INITIAL, severity)
    known = {subject: story for subject, story in open_now.items() if subject.kind is not Kind.SCORE}
    order = order_for(
        now,
        Event.INITIAL,
        severity,
        on,
        about=on,
        entries=entries,
        more=more,
        groups=groups(now, Event.INITIAL, known.items()),
        moves=unmoved(moves(now)),
    )
    stories = {s: _marked(now, s, _begun(now, story, order.notice.key, on)) for s, story in known.items()}
    memory = replace(_remembered(now, stories, scores=True), began=True, daily=now.at, weekly=now.at)
    memory = replace(memory, digested=digested(now, ()))
    return Decision(memory=memory, orders=(order,), why=dict.fromkeys(stories, Why.TOLD))


def _begun(now: Now, story: Story, key: str, on: frozenset[str]) -> Story:
    return replace(story, told=(key,), told_at=now.at, on=on)


# -- what is told now


def _fired(now: Now, stepped: Sequence[Stepped]) -> tuple[list[Fired], dict[Subject, Why]]:
    """Who is told of, and why everybody is or is not."""
    alone = {(step.event, step.escalated) for _, step in stepped if step.event}
    early = {(event, escalated) for event, escalated in alone if just_told(now, event, escalated=escalated)}
    moved = any(event in _MOVING - {Event.SCORE} for event, _ in alone - early)
    fired, why = [], {}
    for subject, step in stepped:
        why[subject] = step.why
        event = step.event or (step.could if (step.could, step.escalated) in alone else None)
        if event is None or step.story is None or (event is Event.SCORE and moved):
            continue
        if (event, step.escalated) in early:
            why[subject] = Why.WAITING
        else:
            why[subject] = step.why if step.event else _in_company(event, escalated=step.escalated)
            fired.append(Fired(subject, step, step.story, event))
    return fired, why


def _in_company(event: Event, *, escalated: bool) -> Why:
    if escalated:
        return Why.ESCALATED
    if event in OVER:
        return Why.OVER
    return Why.REMINDED if event in decide.STILL else Why.TOLD


def _partitioned(now: Now, fired: Iterable[Fired]) -> list[tuple[tuple[Event, bool, frozenset[str]], list[Fired]]]:
    """What goes to the same channels is one notice."""
    found: defaultdict[tuple[Event, bool, frozenset[str]], list[Fired]] = defaultdict(list)
    known: dict[object, frozenset[str]] = {}
    for each in fired:
        lately = decide.escalated_lately(each.story, now.telling.retelling, now.at)
        about = (each.event, each.step.escalated, each.story.severity, now.levels(each.subject), each.story.on, lately)
        if about not in known:
            known[about] = _channels(now, each, lately=lately)
        found[each.event, each.step.escalated, known[about]].append(each)
    return sorted(found.items(), key=lambda each: (_ORDER.index(each[0][0]), each[0][1], sorted(each[0][2])))


def _channels(now: Now, fired: Fired, *, lately: bool) -> frozenset[str]:
    """That something is over is told on exactly the channels that were told of it. `lately`: it was escalated just now."""
    event, story = fired.event, fired.story
    told = frozenset(name for name in story.on if name in now.channels)
    if event in OVER:
        return told
    levels = now.levels(fired.subject)
    higher = takers(now.channels, event, story.severity, levels, escalated=True)
    if fired.step.escalated:
        return higher
    wanted = takers(now.channels, event, story.severity, levels)
    if event in decide.STILL:
        return wanted if lately else wanted | (told & higher)
    return wanted | told if event is Event.UNSTABLE else wanted


def _told(now: Now, stories: Stories, alike: Sequence[Fired], event: Event, on: frozenset[str]) -> Ordered:
    """The order for one notice; `stories` go on as those that were told."""
    told = [(each.subject, each.story) for each in alike]
    spelt, more = entries(now, event, told)
    order = order_for(
        now,
        event,
        max(severities(story for _, story in told), key=rank),
        on,
        about=(str(subject) for subject, _ in told),
        entries=spelt,
        more=more,
        groups=groups(now, event, told),
        moves=moves(now),
        after=keys_before(story for _, story in told),
        stories=tuple((subject.value, story.told[0]) for subject, story in told if story.told),
        escalated=alike[0].step.escalated,
        **_of_levels(now, event, told),
        **(others(now, told) if event in _MOVING and event is not Event.SCORE else {}),
    )
    for each in alike:
        after = decide.after(each.story, each.step, event, order.notice.key, on, now.at)
        if after is None:
            stories.pop(each.subject, None)
        else:
            stories[each.subject] = _marked(now, each.subject, after)
    return order


def _of_levels(now: Now, event: Event, told: Sequence[tuple[Subject, Story]]) -> dict[str, object]:
    """Of what concerns no agency."""
    if event not in (Event.BLIND, Event.SIGHTED):
        return {}
    levels = frozenset(chain.from_iterable(now.levels(subject) for subject, _ in told))
    shares = [score.unknown / score.agencies for score in now.sight.scores if score.agencies and score.level in levels]
    stories = [story for _, story in told]
    over = [story.over_since for story in stories if story.over_since]
    return {
        "levels": tuple(level for level in Level if level in levels),
        "share": max(shares, default=0.0),
        "since": min(story.since for story in stories),
        "until": max(over, default=None) if event is Event.SIGHTED else None,
    }


# -- what is remembered then


def _going_on(now: Now, stepped: Iterable[Stepped], fired: Iterable[Fired]) -> Stories:
    """The stories as they go on; nothing is remembered of agencies that are no longer there."""
    there, moving = now.sight.standings, any(each.event in _MOVING for each in fired)
    stories = dict(now.memory.stories)
    for gone in [each for each in stories if (code := agency_of(each)) and code not in there]:
        del stories[gone]
    for subject, step in stepped:
        if step.story is None or (moving and subject.kind is Kind.SCORE):
            stories.pop(subject, None)
        else:
            stories[subject] = _disproved(now, subject, step.story)
    return stories


def _disproved(now: Now, subject: Subject, story: Story) -> Story:
    """What was told as not to be seen, and is seen not to hold by now."""
    hidden = unseen(story.stage) if subject.kind is Kind.LOSS and story.stage else ()
    no = [each for each in hidden if getattr(now.sight.standings[subject.value], each).answer is Answer.NO]
    return replace(story, stage=story.stage & ~mark((), no)) if no else story


def _marked(now: Now, subject: Subject, story: Story) -> Story:
    """What of it is told of is remembered: which conditions, or how many days to the end."""
    if subject.kind is Kind.LOSS:
        fresh = set(conditions(now.lost, subject.value)).difference(marked(story.stage)) if story.told else ()
        hidden = unknown_of(now.sight.standings[subject.value], fresh)
        return replace(story, stage=story.stage | mark(fresh, hidden)) if fresh else story
    ends = now.sight.certificates.get(subject.value) if subject.kind is Kind.CERTIFICATE else None
    if ends is None:
        return story
    return replace(story, stage=decide.stage_told(ends, now.telling.retelling, now.at))


def _remembered(now: Now, stories: Stories, *, scores: bool) -> Memory:
    over = [
        incident_of(now, subject)
        for subject, story in stories.items()
        if subject.kind is Kind.INCIDENT and subject not in now.incidents and story.over_since
    ]
    return replace(
        now.memory,
        lost=now.lost,
        stories=stories,
        incidents=(*now.incidents.values(), *over),
        scores=now.sight.figures() if scores else now.memory.scores,
        counted=now.sight.counted() if scores else now.memory.counted,
    )


def _back(now: Now, memory: Memory) -> tuple[str, ...]:
    """Of those taken on, who is well and was told to be, or is no longer there."""
    down = national_down(memory)
    return tuple(code for code in now.sight.acks if _is_back(now, code, memory.stories, down))


def _is_back(now: Now, code: str, stories: Mapping[Subject, Story], down: Container[str]) -> bool:
    """As `acting.trouble_of` has it: what is taken on is not cleared at once."""
    if code not in now.sight.standings:
        return True
    story = stories.get(Subject(kind=Kind.LOSS, value=code))
    return now.sight.well(code) and not (story and story.told) and code not in down
