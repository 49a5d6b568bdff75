"""Runs every drill and measures it: `python bench/drills.py`. Ends with 1 when one does not come out as expected."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from figures import table  # noqa: E402 - after the path

from monitor import loop  # noqa: E402
from monitor.bundled import config_folder  # noqa: E402
from monitor.drills.engine import Outcome, run  # noqa: E402
from monitor.log import configure  # noqa: E402
from monitor.settings import load  # noqa: E402
from monitor.testbed.scenario import checks_of, named, names  # noqa: E402


def measured(name: str) -> tuple[list[object], Outcome]:
    scenario = named(name)
    outcome = loop.run(run(load(config_folder()), scenario, checks_of(name)))
    hours = scenario.drill.lasts.total_seconds() / 3600 if scenario.drill else 0.0
    faster = f"{3600 * hours / outcome.seconds:,.0f}"
    asked = f"{sum(row.right for row in outcome.rows)} of {len(outcome.rows)}"
    return [name, f"{hours:.1f}", f"{outcome.looks:,}", f"{outcome.seconds:.1f}", faster, asked], outcome


def main() -> int:
    configure("console", "error")
    measures = [measured(name) for name in names() if named(name).drill]
    print("Real looks at the emulated estate, its servers in the same process; the clock is the drill's.\n")
    print(
        table(["drill", "hours", "looks", "seconds", "times as fast as life", "as expected"], [m[0] for m in measures])
    )
    outcomes = [outcome for _, outcome in measures]
    right, seconds = sum(each.right for each in outcomes), sum(each.seconds for each in outcomes)
    print(f"{right} of {len(outcomes)} drills, {sum(each.looks for each in outcomes):,} looks in {seconds:.0f} s.")
    return 0 if right == len(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
