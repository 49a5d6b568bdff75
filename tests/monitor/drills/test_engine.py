"""A drill of one's own, as a file: run, compared, and told by the command line."""

import itertools
import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.bundled import config_folder
from monitor.cli import main
from monitor.drills.clock import Clock
from monitor.drills.engine import run
from monitor.settings import ConfigError, load
from monitor.testbed.scenario import checks_of, named

MINE = """\
name: mine
about: {vi: thử, en: a try}
synthetic: true
day: 2023-06-21
seed: 1
take: {province: 1, ministry: 1}
attested: {province: [merged], ministry: [merged]}
groups: {one: {level: province, choose: 1}}
steps: [{at: 5m, who: one, fault: refused}]
expect: {province: 1/1, ministry: 1/1}
drill:
  lasts: 20m
  expect:
    - {at: 20m, scores: {province: 0/1}, reasons: {one: {portal: REASON}}}
  notices: {initial: 1, lost: 1}
"""


@pytest.fixture
def mine(tmp_path):
    """`mine(reason, **other)`: the path of a scenario with this reason expected, and other words in place of some."""

    def write(reason="refused", **other):
        text = MINE.replace("REASON", reason)
        for old, new in other.items():
            text = text.replace(old, new)
        path = tmp_path / "mine.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def drill(*arguments):
    return CliRunner().invoke(main, ["drill", *arguments])


def test_a_drill_that_comes_out_as_expected_ends_well(mine):
    done = drill(mine())

    assert done.exit_code == 0, done.output
    assert "1 of 1 drills came out as expected" in done.output
    assert "synthetic" in done.output
    assert re.search(r"told at 08:1\d:\d\d: lost H\d\d\n", done.output)


def test_a_drill_that_does_not_says_what_it_saw_and_when(mine):
    done = drill(mine("http_5xx"))

    assert done.exit_code == 1
    assert "mine, after 0:20:00: one: portal holds: expected http_5xx, saw refused" in done.output
    assert "0 of 1 drills came out as expected" in done.output


def test_a_drill_can_be_read_by_a_program(mine):
    (told,) = json.loads(drill(mine(), "--format", "json").stdout)

    assert (told["name"], told["right"], told["synthetic"]) == ("mine", True, True)
    assert [(notice["event"], len(notice["agencies"])) for notice in told["notices"]] == [("initial", 0), ("lost", 1)]
    assert {row["what"] for row in told["rows"]} >= {"score: province", "one: portal holds", "notices: lost"}


@pytest.mark.parametrize("arguments", [(), ("june-2023", "--all")])
def test_one_names_drills_or_all_of_them(arguments):
    done = drill(*arguments)

    assert done.exit_code == 2
    assert "--all" in done.output


def test_a_scenario_without_a_drill_cannot_be_run_as_one():
    done = drill("june-2023")

    assert (done.exit_code, "june-2023: says nothing of what must come out" in done.output) == (2, True)


def test_a_mistake_in_the_file_is_told_with_its_line(mine):
    done = drill(mine(refused="refusd"))

    assert done.exit_code == 2
    assert "mine.yaml:9: steps.1.fault: " in done.output


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"who: one": "who: two"}, "scenario mine: nobody is called 'two'; there are one, province, ministry, codes"),
        ({"reasons: {one": "reasons: {two"}, "scenario mine: nobody is called 'two'"),
        (
            {"choose: 1": "choose: 9"},
            "scenario mine: groups.one: cannot choose 9 of the level province: 1 have no part",
        ),
        ({"at: 5m": "at: 25m"}, "mine.yaml:1: steps.1.at: is after the end of the drill"),
        ({"level: province, choose: 1": "codes: [H99]"}, "scenario mine: groups.one: H99: has no portal, or is not in"),
        (
            {"level: province, choose: 1": "level: national, choose: 1"},
            "the group one must be of provinces or ministries",
        ),
        ({"groups: {one": "groups: {province"}, "mine.yaml:1: groups: province means something already"),
        (
            {"fault: refused": "fault: link_down"},
            "link_down cannot befall one: monitor has faults of the layer monitor",
        ),
        ({"fault: refused": "fault: empty_result"}, "empty_result cannot befall one: it is one of EXCHANGE"),
        ({"fault: refused": "fault: second_door_open"}, "cannot befall one: not all of them have a former door"),
        ({"fault: refused": "fault: not_merged"}, "documents are there from the start; give it under `start`"),
        ({"who: one": "who: REPORT"}, "refused cannot befall REPORT: not all of them have a host of their own"),
        ({"steps:": "hosting: [{who: two, network: 3}]\nsteps:"}, "nobody is called 'two'"),
        ({"portal: REASON": "portl: refused", "portal: refused": "portl: refused"}, "there is no check portl"),
        ({"2023-06-21": "1900-01-01"}, "mine.yaml:1: day: must be in 2000 or later"),
        (
            {"steps:": "checks: {x: {probe: tls, every: 5m, timeout: 9s, only: [H99]}}\nsteps:"},
            "nobody has the code H99",
        ),
        ({"fault: refused": "fault: refusd"}, 'unknown word "refusd"; did you mean "refused"?'),
        ({"lasts: 20m": "lasts: 10m"}, "mine.yaml:11: drill: expect: 0:20:00 is after the end"),
        ({"lost: 1}": "gone: 1}"}, "mine.yaml:15: drill.notices.gone"),
        ({"seed: 1": "seed: x"}, "mine.yaml:5: seed: "),
    ],
)
def test_what_cannot_be_had_is_told_without_a_traceback(mine, other, told):
    done = drill(mine(**other))

    assert (done.exit_code, done.exception.__class__) == (2, SystemExit)
    assert told in done.output


def test_the_example_of_the_documentation_is_a_drill_that_comes_out(tmp_path):
    page = (Path(__file__).parents[3] / "docs" / "failure-modes.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"(?ms)^```yaml\n(.*?)^```", page)
    path = tmp_path / "example.yaml"
    path.write_text(example, encoding="utf-8")

    assert drill(str(path)).exit_code == 0


def test_the_scenarios_can_be_listed():
    listed = drill("--list")

    assert listed.exit_code == 0
    assert "reorganisation-night" in listed.output


async def test_the_notices_of_a_drill_are_those_the_monitor_would_tell(mine):
    outcome = await run(load(config_folder()), named(mine()))
    initial, notice = outcome.notices

    assert (initial.event, notice.event, len(notice.entries)) == ("initial", "lost", 1)
    assert notice.at.date() == date(2023, 6, 21)


async def test_a_drill_can_be_watched_tick_by_tick(mine):
    seen = []

    def look(service, now):
        seen.append((now, service.store.seen()[0]))

    await run(load(config_folder()), named(mine()), seen=look)
    times, looked_at = zip(*seen, strict=True)

    assert times[0] == datetime(2023, 6, 21, 1, 0, 15, tzinfo=UTC)
    assert {after - before for before, after in itertools.pairwise(times)} == {timedelta(seconds=15)}
    assert times[-1] - times[0] == timedelta(minutes=20, seconds=-15)
    assert 0 < looked_at[0] <= looked_at[-1]


async def test_a_scenario_without_a_drill_is_refused():
    with pytest.raises(ValueError, match="june-2023 has no drill"):
        await run(load(config_folder()), named("june-2023"))


def test_checks_of_a_scenario_are_held_against_the_same_shapes(mine):
    path = mine(steps="checks:\n  extra: {probe: http, every: 5m, timeout: 10m}\nsteps")

    with pytest.raises(ConfigError, match=r"mine\.yaml:10: extra.*shorter"):
        checks_of(path)


def test_the_clock_of_a_drill_goes_on_when_it_is_told_to():
    clock = Clock(date(2025, 6, 30), "23:30")
    clock.advance(timedelta(hours=1))

    assert clock() == datetime(2025, 6, 30, 17, 30, tzinfo=UTC)
