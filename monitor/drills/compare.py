"""What a drill expects at one instant against what the monitor holds then. Reads only."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.notice import Event, Notice
from monitor.store.memory import Memory
from monitor.testbed.scenario import Drill, Expected

NOTHING = "nothing"
Members = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a drill's table."""

    at: timedelta  # since the start
    what: str
    expected: str
    seen: str

    @property
    def right(self) -> bool:
        return self.expected == self.seen


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The monitor at one instant; `members` gives the codes of a group, a level or a code."""

    store: Memory
    members: Members
    now: datetime


def rows(expected: Expected, view: View) -> list[Row]:
    """A row for everything that is asked at this instant."""
    found = [
        *_scores(expected, view),
        *_answers(expected, view),
        *_of_checks(expected.reasons, "holds", view, lambda key: _held(view, key)),
        *_of_checks(expected.looks, "saw", view, lambda key: _saw(view, key)),
        *_facts(expected, view),
        *_whole(expected, view),
    ]
    return [Row(at=expected.at, what=what, expected=wanted, seen=seen) for what, wanted, seen in found]


def told(drill: Drill, notices: Iterable[Notice]) -> list[Row]:
    """How many notices of each event there were until the end, where there were or should have been any."""
    seen = Counter(notice.event for notice in notices)
    return [
        Row(
            at=drill.lasts,
            what=f"notices: {event}",
            expected=str(drill.notices.get(event, 0)),
            seen=str(seen[event]),
        )
        for event in Event
        if event in drill.notices or event in seen
    ]


def _scores(expected: Expected, view: View) -> Iterator[tuple[str, str, str]]:
    measured = {score.level.value: str(score) for score in view.store.scores()}
    for level, figure in expected.scores.items():
        yield f"score: {level}", figure, measured[level]


def _answers(expected: Expected, view: View) -> Iterator[tuple[str, str, str]]:
    for who, parts in expected.answers.items():
        for part, answer in parts.items():
            yield f"{who}: {part}", answer.value, _all({code: _answer(view, code, part) for code in view.members(who)})


def _answer(view: View, code: str, part: str) -> str:
    standing = view.store.standings.get(code)
    return str(getattr(standing, part).answer) if standing else NOTHING


def _of_checks(
    asked: Mapping[str, Mapping[str, str]], verb: str, view: View, seen_of: Callable[[tuple[str, str]], str]
) -> Iterator[tuple[str, str, str]]:
    for who, checks in asked.items():
        for check, reason in checks.items():
            yield (
                f"{who}: {check} {verb}",
                str(reason),
                _all({code: seen_of((code, check)) for code in view.members(who)}),
            )


def _held(view: View, key: tuple[str, str]) -> str:
    state = view.store.state(key)
    return str(state.reason) if state else NOTHING


def _saw(view: View, key: tuple[str, str]) -> str:
    last = view.store.last(key)
    return str(last.observation.reason) if last else NOTHING


def _facts(expected: Expected, view: View) -> Iterator[tuple[str, str, str]]:
    for who, checks in expected.facts.items():
        for check, facts in checks.items():
            for name, value in facts.items():
                yield f"{who}: {check} noted {name}", str(value), _all(_facts_of(who, check, name, view))


def _facts_of(who: str, check: str, name: str, view: View) -> dict[str, str]:
    looks = {code: view.store.last((code, check)) for code in view.members(who)}
    return {code: str(last.observation.facts.get(name, NOTHING)) if last else NOTHING for code, last in looks.items()}


def _whole(expected: Expected, view: View) -> Iterator[tuple[str, str, str]]:
    if expected.incidents is not None:
        causes = (incident.cause for incident in view.store.incidents)
        seen = sorted(f"{cause.sharing} {cause.value}".strip() for cause in causes)
        yield "incidents", _listed(sorted(expected.incidents)), _listed(seen)
    if expected.conflicts is not None:
        count = sum(standing.conflict for standing in view.store.standings.values())
        yield "conflicts", str(expected.conflicts), str(count)
    if expected.silent_for is not None:
        wanted = f"no look for {expected.silent_for}"
        silent = view.now - _newest(view) >= expected.silent_for
        yield "silence", wanted, wanted if silent else f"a look at {_newest(view):%H:%M:%S} UTC"


def _newest(view: View) -> datetime:
    looks = (view.store.last(watch.key) for watch in view.store.watches)
    return max(last.started for last in looks if last)


def _all(seen: Mapping[str, str]) -> str:
    """One word where all are alike; else how many are what, and one of each by its code."""
    counted = Counter(seen.values())
    if len(counted) <= 1:
        return next(iter(counted), NOTHING)
    return ", ".join(
        f"{value} ({number}: {next(code for code in sorted(seen) if seen[code] == value)})"
        for value, number in counted.most_common()
    )


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words) or "none"
