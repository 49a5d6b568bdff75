import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import monitor.web
from monitor import terminal
from monitor.declared import declared_on
from monitor.incidents import Cause, Incident, Sharing
from monitor.keeping import People
from monitor.model import Level
from monitor.report import day_of, report
from monitor.roster import Entry, Roster
from monitor.store.ledger import Ack, Window
from probes import Reason

SCHEMA = json.loads((Path(monitor.web.__file__).parent / "status.schema.json").read_text(encoding="utf-8"))
DAY = date(2023, 6, 21)
SINCE = datetime(2023, 6, 21, 6, tzinfo=UTC)


def made(world):
    return report(world.store, world.config, world.now)


def agency(found, code):
    return next(each for each in found["agencies"] if each["code"] == code)


def valid(found):
    validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert [error.message for error in validator.iter_errors(json.loads(json.dumps(found, allow_nan=False)))] == []


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", ["small_world", "headline_world"])
def test_a_report_has_the_documented_shape(name, request):
    valid(made(request.getfixturevalue(name)))


def test_a_report_before_the_first_look_has_the_documented_shape(small_world, make_world):
    found = made(make_world(small_world.store.agencies, small_world.store.watches))
    valid(found)
    assert found["measured_at"] is None
    check = agency(found, "H26")["checks"][0]
    assert (check["state"], check["reason"], check["last_look"]) == ("unknown", None, None)


def test_the_scores_of_the_headline(headline_world):
    found = made(headline_world)
    assert found["synthetic"] == "june-2023"
    assert found["as_of"] == "2023-06-21"
    assert found["scores"]["province"]["integrated"] == 62
    assert found["scores"]["province"]["agencies"] == 63
    assert found["scores"]["ministry"] == {
        "agencies": 21,
        "integrated": 10,
        "merged": 21,
        "connected": 10,
        "not_integrated": 10,
        "unknown": 1,
        "unknown_merged": 0,
        "unknown_connected": 1,
    }


def test_what_decided_an_answer_stands_beside_it(small_world):
    hue = agency(made(small_world), "H57")
    assert hue["integrated"]["answer"] == "no"
    assert hue["merged"]["because"] == ["one_door"]
    assert "12/BC-UBND" in hue["merged"]["conflict"]
    assert hue["connected"]["because"] == ["dossier_sync"]
    assert hue["connected"]["conflict"] is None
    assert hue["checks"][3]["facts"] == {"sync_ratio": 0.315}


def test_a_national_system_is_connected_or_not_and_cannot_be_integrated_with_itself(small_world):
    portal = agency(made(small_world), "NPSP")
    assert not portal["counted"]
    assert portal["merged"] is portal["integrated"] is None
    assert (portal["connected"]["answer"], portal["connected"]["because"]) == ("yes", ["national_pages"])
    assert [check["state"] for check in portal["checks"]] == ["ok"]


def test_the_latest_look_may_differ_from_the_state(small_world):
    watch = next(w for w in small_world.store.watches if w.key == ("H26", "sign_on"))
    small_world.look(watch, Reason.REFUSED, "refused", at=small_world.now)
    check = next(each for each in agency(made(small_world), "H26")["checks"] if each["name"] == "sign_on")
    assert (check["state"], check["reason"], check["last_reason"]) == ("ok", "ok", "refused")
    assert made(small_world)["measured_at"] == "2023-06-21T07:05:00+00:00"


def test_facts_that_json_has_no_word_for_are_null(small_world):
    watch = small_world.store.watches[0]
    small_world.look(watch, at=small_world.now, ratio=float("nan"), days=float("inf"), sent=True)
    facts = agency(made(small_world), "H26")["checks"][0]["facts"]
    assert facts == {"ratio": None, "days": None, "sent": True}
    valid(made(small_world))


def test_an_agency_without_a_portal_has_the_documented_shape(make_world, small_world):
    found = made(make_world([replace(small_world.store.agencies[0], portal=None)], []))
    assert found["agencies"][0]["portal"] is None
    valid(found)


def test_the_day_is_the_scenarios_else_today_in_viet_nam(small_world):
    evening = datetime(2026, 1, 1, 18, 0, tzinfo=UTC)
    assert day_of(small_world.config, evening) == date(2023, 6, 21)
    assert day_of(replace(small_world.config, day=None), evening) == date(2026, 1, 2)


def test_declared_figures_of_a_later_day_do_not_count(small_world):
    declared = small_world.config.declared
    held = {each.level: each.integrated for each in declared_on(declared, date(2023, 6, 21))}
    assert held == {Level.PROVINCE: 62, Level.MINISTRY: 10}
    assert declared_on(declared, date(2020, 1, 1)) == ()


# -- declared and measured


def declared(world, level="province", **changes):
    """The report's declared figures after those of one level were changed."""
    figures = next(each for each in world.config.declared if each.level == level and each.as_of == DAY)
    others = [each for each in world.config.declared if each.level != level]
    world.config = replace(world.config, declared=(*others, replace(figures, **changes)))
    found = made(world)
    valid(found)
    return found["declared"][level]


def test_without_names_only_the_numbers_are_compared(headline_world):
    found = declared(headline_world, integrated=60)
    assert found["difference"] == 2
    assert (found["integrated_agencies"], found["missing_agencies"], found["differences"]) == (None, None, None)


def test_figures_of_a_roster_of_another_size_are_not_subtracted(small_world):
    found = declared(small_world, integrated_agencies=frozenset({"H26"}), missing_agencies=frozenset({"H57"}))
    assert (found["difference"], found["differences"]) == (None, None)


def test_who_is_declared_otherwise_than_measured_is_told_by_name(headline_world):
    everyone = {agency.code for agency in headline_world.store.agencies if agency.level == "ministry"}
    integrated = frozenset({"G01", "G02", "G11", *(f"G{n:02}" for n in range(15, 22))})  # G01, G02 miss, G11 is unknown
    found = declared(
        headline_world,
        "ministry",
        integrated_agencies=integrated,
        missing_agencies=frozenset(everyone - integrated),
    )
    assert found["difference"] == 0
    assert found["differences"] == {
        "declared_not_measured": ["G01", "G02"],
        "measured_not_declared": ["G12", "G13", "G14"],
        "declared_unknown": ["G11"],
    }


def test_one_list_gives_the_other_where_the_roster_of_that_day_is_as_large(headline_world):
    roster = Roster(
        entries=tuple(
            Entry(code=agency.code, name=agency.name, name_en=agency.name_en, level=agency.level)
            for agency in headline_world.store.agencies
        )
    )
    missing = frozenset({"H01"})
    assert declared(headline_world, missing_agencies=missing)["integrated_agencies"] is None
    headline_world.config = replace(headline_world.config, roster=roster)
    found = declared(headline_world, missing_agencies=missing)
    assert found["missing_agencies"] == ["H01"]
    assert len(found["integrated_agencies"]) == 62
    assert found["differences"] == {
        "declared_not_measured": ["H57"],
        "measured_not_declared": ["H01"],
        "declared_unknown": [],
    }
    other = declared(headline_world, missing_agencies=None, integrated_agencies=frozenset(found["integrated_agencies"]))
    assert other["missing_agencies"] == ["H01"]


def test_an_incident_names_what_the_lost_ones_share(small_world):
    cause = Cause(sharing=Sharing.PLATFORM, value="igate")
    small_world.store.incidents = (Incident(cause=cause, since=SINCE, down=frozenset({"H57", "H26"}), of=3),)
    found = made(small_world)
    valid(found)

    assert found["incidents"] == [
        {
            "sharing": "platform",
            "value": "igate",
            "since": "2023-06-21T06:00:00+00:00",
            "agencies": ["H26", "H57"],
            "of": 3,
        }
    ]


def test_who_has_taken_a_loss_on_and_who_is_in_maintenance_stands_with_the_agency(small_world):
    now = small_world.now
    begin = (now - timedelta(hours=1)).replace(tzinfo=None)
    window = Window(
        id="a", begin=begin, lasts=timedelta(hours=2), zone="UTC", agencies=frozenset({"H26"}), reason="đêm"
    )
    over = replace(window, id="b", begin=begin - timedelta(hours=5), agencies=frozenset({"G09"}))
    small_world.config = replace(small_world.config, maintenance=(window,))
    people = People(acks={"H57": Ack(agency="H57", by="an", reason="đang sửa", at=now)}, windows=(over,))

    found = report(small_world.store, small_world.config, now, people)

    valid(found)
    assert agency(found, "H57")["ack"] == {"by": "an", "reason": "đang sửa", "at": now.isoformat()}
    held = {"reason": "đêm", "by": "", "since": (now - timedelta(hours=1)).isoformat()}
    assert {each["code"]: each["maintenance"] for each in found["agencies"] if each["maintenance"]} == {"H26": held}
    assert [each["code"] for each in found["agencies"] if each["ack"]] == ["H57"]


def test_the_command_shows_who_has_taken_a_loss_on_and_maintenance_and_reads_older_reports(small_world, capsys):
    found = made(small_world)
    hanoi, portal = agency(found, "H26"), agency(found, "NPSP")
    hanoi["ack"] = {"by": "an", "reason": "đang [sửa]", "at": "2023-06-21T07:00:00+00:00"}
    portal["maintenance"] = {"reason": "đêm", "by": "", "since": "2023-06-21T07:00:00+00:00"}
    ministry = agency(found, "G09")
    del ministry["ack"], ministry["maintenance"]

    terminal.show(found, "table", whole=True)
    lines = {line.split(" ")[0]: line.rstrip() for line in capsys.readouterr().out.splitlines() if line}

    assert lines["H26"].endswith("taken on by an: đang [sửa]")
    assert lines["NPSP"].endswith("maintenance: đêm")
    assert "G09" in lines


def test_the_command_says_of_which_condition_there_is_no_evidence(small_world, capsys):
    found = made(small_world)
    bare = agency(found, "H26")["merged"]
    assert bare is not None
    bare.update({"answer": "unknown", "because": [], "detail": ""})

    terminal.show(found, "table", whole=True)
    lines = {line.split(" ")[0]: line.rstrip() for line in capsys.readouterr().out.splitlines() if line}

    assert lines["H26"].endswith("merged: no evidence")
    assert "no evidence" not in lines["H57"]
