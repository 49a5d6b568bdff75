"""Every drill that comes with the program comes out as its file says."""

from pathlib import Path

import pytest

from monitor.bundled import config_folder
from monitor.drills.engine import run
from monitor.notice import Event
from monitor.settings import load
from monitor.testbed.scenario import checks_of, named, names
from probes import Reason

ROOT = Path(__file__).parents[3]
DRILLS = [name for name in names() if named(name).drill]
MODES = range(1, 23)


@pytest.mark.parametrize("name", DRILLS)
async def test_what_a_drill_expects_is_what_comes_out(name):
    outcome = await run(load(config_folder()), named(name), checks_of(name))

    assert [f"after {row.at} {row.what}: {row.expected}, not {row.seen}" for row in outcome.rows if not row.right] == []
    assert outcome.looks > 0


@pytest.mark.parametrize("mode", MODES)
def test_every_failure_mode_has_its_drill(mode):
    assert [name for name in DRILLS if mode in named(name).modes]


def test_the_page_on_failure_modes_names_every_mode_and_every_drill():
    page = (ROOT / "docs" / "failure-modes.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")]

    for mode in MODES:
        (row,) = [line for line in rows if line.startswith(f"| {mode} |")]
        assert all(f"`{name}`" in row for name in DRILLS if mode in named(name).modes), mode
    assert [name for name in names() if f"`{name}`" not in page] == []


def test_the_page_names_no_reason_and_no_event_that_there_is_not():
    page = (ROOT / "docs" / "failure-modes.md").read_text(encoding="utf-8")
    words = {word for line in page.splitlines() if line.startswith("| ") for word in line.split("`")[1::2]}

    assert words <= {*Reason, *names(), *Event}
