"""What `npsp-monitor drill` does: runs drills one after the other and shows what was expected beside what was seen."""

import json
from collections.abc import Iterable, Iterator, Sequence

import structlog

from monitor import loop, terminal
from monitor.config import Config
from monitor.drills.compare import Row
from monitor.drills.engine import Outcome, run
from monitor.model import ZONE
from monitor.notice import Notice
from monitor.testbed.scenario import Scenario, checks_of

ALL, NOT_ALL = 0, 1  # exit statuses


def run_drills(config: Config, chosen: Sequence[tuple[str, Scenario]], form: str) -> int:
    """Scenarios with a drill, each by the name or path it was asked for; 0 when everything came out as expected."""
    outcomes = []
    for number, (name, scenario) in enumerate(chosen, 1):
        terminal.say(f"[{number}/{len(chosen)}] {scenario.name}: {scenario.about.en}")
        outcomes.append(_one(config, name, scenario))
        if form == "table":
            _show(outcomes[-1])
    if form == "json":
        terminal.write(json.dumps([_plain(each) for each in outcomes], ensure_ascii=False, indent=2) + "\n")
    else:
        _sum_up(outcomes)
    return ALL if all(outcome.right for outcome in outcomes) else NOT_ALL


def _one(config: Config, name: str, scenario: Scenario) -> Outcome:
    with structlog.contextvars.bound_contextvars(synthetic=scenario.name):
        return loop.run(run(config, scenario, checks_of(name)))


def _show(outcome: Outcome) -> None:
    rows = ((str(row.at), row.what, row.expected, row.seen, row.right) for row in outcome.rows)
    terminal.show_drill(f"{outcome.name} (synthetic)", rows, f"{outcome.looks} looks in {outcome.seconds:.1f} s")
    for notice in outcome.notices:
        about = ", ".join((*_causes(notice), *_codes(notice)))
        terminal.write(f"told at {notice.at.astimezone(ZONE):%H:%M:%S}: {notice.event} {about}\n")


def _causes(notice: Notice) -> list[str]:
    return [f"{each.sharing} {each.value}".strip() for each in notice.groups]


def _codes(notice: Notice) -> list[str]:
    return [entry.agency for entry in notice.entries]


def _sum_up(outcomes: Sequence[Outcome]) -> None:
    wrong = [
        f"{outcome.name}, after {row.at}: {row.what}: expected {row.expected}, saw {row.seen}"
        for outcome in outcomes
        for row in _wrong(outcome)
    ]
    right, seconds = sum(outcome.right for outcome in outcomes), sum(outcome.seconds for outcome in outcomes)
    terminal.write("".join(f"{line}\n" for line in wrong))
    terminal.write(f"{right} of {len(outcomes)} drills came out as expected, in {seconds:.0f} s\n")


def _wrong(outcome: Outcome) -> Iterator[Row]:
    return (row for row in outcome.rows if not row.right)


def _plain(outcome: Outcome) -> dict[str, object]:
    return {
        "name": outcome.name,
        "synthetic": True,
        "right": outcome.right,
        "looks": outcome.looks,
        "seconds": round(outcome.seconds, 2),
        "rows": list(_rows(outcome.rows)),
        "notices": [
            {"at": each.at.isoformat(), "event": each.event, "causes": _causes(each), "agencies": _codes(each)}
            for each in outcome.notices
        ],
    }


def _rows(rows: Iterable[Row]) -> Iterator[dict[str, object]]:
    for row in rows:
        yield {
            "after_seconds": row.at.total_seconds(),
            "what": row.what,
            "expected": row.expected,
            "seen": row.seen,
            "right": row.right,
        }
