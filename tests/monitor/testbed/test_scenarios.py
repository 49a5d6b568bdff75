"""Every scenario that comes with the program, measured by the real probes through the real configuration."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.judge import CLOSEST, Row
from monitor.model import Answer, Level
from monitor.testbed.cast import attestations, draw
from monitor.testbed.faults import Fault
from monitor.testbed.overlay import hurried, staged
from monitor.testbed.scenario import Draw, Step, due, named, names
from probes import Reason

JUNE = "june-2023"


@pytest.mark.parametrize("name", names())
async def test_what_a_scenario_expects_is_what_is_measured(stage, round_of, name):
    _, service = await stage(name)
    await round_of(service)
    measured = {score.level.value: str(score) for score in service.store.scores()}

    assert measured == dict(named(name).expect)


async def test_in_june_2023_the_reasons_are_as_mixed_as_in_life(stage, round_of):
    _, service = await stage(JUNE)
    await round_of(service)
    store = service.store
    held = {code: each for code, each in store.standings.items() if each.agency.counted}
    missing = {code for code, each in held.items() if each.integrated.answer is not Answer.YES}
    reasons = {store.state(w.key).reason for w in store.watches if w.agency.code in missing} - {Reason.OK}

    assert reasons >= {
        Reason.SYNC_COLLAPSED,
        Reason.REFUSED,
        Reason.HTTP_5XX,
        Reason.TLS_EXPIRED,
        Reason.BLANK_PAGE,
        Reason.NO_SIGN_ON_LINK,
        Reason.SIGN_ON_REFUSED,
        Reason.BLOCKED,
        Reason.NOT_VISIBLE,
        Reason.SECOND_DOOR_OPEN,
    }
    assert sum(each.conflict for each in held.values()) == 1
    assert sum(each.integrated.answer is Answer.UNKNOWN for each in held.values()) == 3  # two and one without a portal


async def test_one_shared_question_serves_all_provinces(stage, round_of):
    estate, service = await stage("one-drops-out")
    asked = []
    answer = estate._reporting.answer
    estate._reporting.answer = lambda request, faults: (asked.append(request.method), answer(request, faults))[1]
    await round_of(service)

    assert asked.count("POST") == 2  # this month and the month before, for sixty-three provinces


async def test_a_dead_server_turns_one_province_after_the_patience_and_back(stage, round_of):
    estate, service = await stage(JUNE)
    await round_of(service)
    (victim, *_) = [
        code
        for code, each in service.store.standings.items()
        if each.agency.level is Level.PROVINCE and each.integrated.answer is Answer.YES
    ]
    scores = []

    async def look(times):
        for _ in range(times):
            await round_of(service, victim)
            scores.append(str(service.store.scores()[0]))

    await estate.set_fault(victim, Fault.REFUSED)
    await look(3)
    await estate.set_fault(victim, None)
    await look(2)

    assert scores == ["62/63", "62/63", "61/63", "61/63", "62/63"]


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.SILENT, Fault.HTTP_503, Fault.TLS_EXPIRED, Fault.RESET])
async def test_when_the_sign_on_stops_no_agency_turns_to_no(stage, round_of, fault):
    some = ("H26", "H29", "G01", "G18", "SIGNON")
    # Who is silent is waited for: the looks have less time then, and not those of all others beside them.
    less = {"monitor": named(JUNE).monitor.model_copy(update={"timeout": timedelta(seconds=1)})}
    estate, service = await stage(JUNE, **(less if fault is Fault.SILENT else {}))
    await round_of(service, *(some if fault is Fault.SILENT else ()))
    before = {code: each.integrated.answer for code, each in service.store.standings.items() if each.agency.counted}
    await estate.set_fault("SIGNON", fault)
    for _ in range(6):
        await round_of(service, *some)
    after = {code: each.integrated.answer for code, each in service.store.standings.items() if each.agency.counted}

    assert service.store.down(["SIGNON"])
    assert after == before
    sign_on = ("H26", "sign_on")
    assert service.store.last(sign_on).observation.reason is Reason.UPSTREAM


@pytest.mark.parametrize(("system", "check"), [("SIGNON", "national_sign_on"), ("NPSP", "national_pages")])
async def test_a_notice_of_maintenance_is_a_national_system_that_is_down_and_no_agencys_fault(
    stage, round_of, system, check
):
    estate, service = await stage(JUNE)
    await round_of(service, "H26", system)
    before = service.store.standings["H26"].integrated.answer
    await estate.set_fault(system, Fault.MAINTENANCE_TEXT)
    await round_of(service, "H26", system, times=6)

    assert service.store.last((system, check)).observation.reason is Reason.MAINTENANCE_PAGE
    assert service.store.down([system])
    assert service.store.standings["H26"].integrated.answer is before
    sign_on = service.store.last(("H26", "sign_on")).observation
    assert (sign_on.reason is Reason.UPSTREAM) is (system == "SIGNON")
    assert service.store.last(("H26", "portal")).observation.reason is Reason.OK


async def test_the_steps_of_a_scenario_happen_in_the_estate(stage):
    estate, _ = await stage("one-drops-out")
    seen = []
    set_fault = estate.set_fault

    async def watched(who, fault):
        await set_fault(who, fault)
        seen.append((who, set(estate.faults(who))))

    estate.set_fault = watched
    await estate.play(speed=100_000)

    assert seen == [("H26", {Fault.REFUSED}), ("H26", set())]


def test_steps_are_due_once_and_in_order():
    steps = tuple(Step(at=f"{at}s", who="H26", fault="none") for at in (30, 10, 20))

    assert [at.seconds for at, _ in due(steps, timedelta(seconds=10), timedelta(seconds=30))] == [20, 30]


def test_the_same_seed_draws_the_same_agencies_whatever_the_order(config):
    scenario = named(JUNE)
    agencies = config.roster.on(scenario.day)
    other = scenario.model_copy(update={"seed": scenario.seed + 1})

    assert draw(scenario, agencies) == draw(scenario, agencies[::-1])
    assert draw(scenario, agencies) != draw(other, agencies)


def test_a_scenario_that_wants_more_agencies_than_there_are_says_so(config):
    scenario = named(JUNE)
    many = Draw(level=Level.MINISTRY, choose=30, faults=(Fault.REFUSED,))

    with pytest.raises(ValueError, match="more faults than agencies of the level ministry"):
        draw(scenario.model_copy(update={"start": (many,)}), config.roster.on(scenario.day))


def test_every_document_of_a_scenario_says_that_it_is_synthetic(config):
    for name in names():
        scenario = named(name)
        agencies = config.roster.on(scenario.day)
        papers = attestations(scenario, draw(scenario, agencies), agencies)

        assert papers
        assert all(paper.synthetic and paper.document.startswith("SYNTHETIC-") for paper in papers)


def test_every_scenario_is_about_something_and_named_as_its_file():
    assert JUNE in names()
    assert [named(name).name for name in names()] == list(names())


def test_an_unknown_scenario_names_those_there_are():
    with pytest.raises(LookupError, match=r"no scenario 'june'; there are .*june-2023, "):
        named("june")


def test_a_scenario_may_be_a_file_of_ones_own(tmp_path, config):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "name: mine\nabout: {vi: thử, en: a try}\nsynthetic: true\nday: 2023-06-21\nseed: 1\n"
        "expect: {}\nattested: {}\n",
        encoding="utf-8",
    )

    assert named(str(path)).name == "mine"
    assert replace(config, day=named(str(path)).day).day.year == 2023


@pytest.mark.parametrize("name", names())
def test_a_demo_is_quick_to_change_its_mind_and_makes_no_look_sooner(config, name):
    quick = hurried(staged(config, named(name))[0], named(name))
    (check, *_) = quick.checks

    assert (quick.patience.fail, quick.patience.recover) == (Row(looks=3, of=3), Row(looks=2, of=2))
    assert check.every < 2 * CLOSEST
