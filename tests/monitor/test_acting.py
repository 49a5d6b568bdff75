"""What people do about losses, as it is written down; and what is not done, with what is allowed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from monitor.acting import Doer, NotDone, NothingLost, ack_of, one_of, trouble_of, window_of
from monitor.bundled import config_folder
from monitor.incidents import Cause, Incident, Loss, Sharing
from monitor.model import Answer, Level, Verdict
from monitor.notice import Severity
from monitor.settings import load
from monitor.store.ledger import Ack, Verdicts
from monitor.stories import Kind, Memory, Story, Subject

BASE = Path(__file__).parents[1] / "broken" / "_base"
AT = datetime(2023, 6, 21, 16, 30, tzinfo=UTC)  # 23:30 in Viet Nam
DOER = Doer(who="an", at=AT)


@pytest.fixture(scope="module")
def roster():
    return load(BASE, environ={}).roster


def test_a_loss_is_taken_on_by_the_agencys_name_as_people_type_it(roster):
    taken = ack_of(roster, "ha noi", "  gọi   anh Bình,\nđang sửa ", DOER)

    assert taken == Ack(agency="H26", by="an", reason="gọi anh Bình, đang sửa", at=AT)


def test_a_reason_is_kept_in_one_form_of_unicode(roster):
    assert ack_of(roster, "H26", "đang sửa", DOER).reason == ack_of(roster, "H26", "đang su\u031b\u0309a", DOER).reason


@pytest.mark.parametrize(
    ("words", "reason", "told"),
    [
        ("H26", "  ", "a reason is needed"),
        ("H26", "x\x1b[31m", "a reason is needed"),
        ("H26", "x" * 501, "longer than 500"),
        ("Atlantis", "x", "Atlantis"),
    ],
)
def test_what_is_not_done_is_said(roster, words, reason, told):
    with pytest.raises(NotDone, match=told):
        ack_of(roster, words, reason, DOER)


KNOWN = Verdict(answer=Answer.YES, since=AT, because=("portal",))
STORY = Story(since=AT, severity=Severity.WARNING, told=("k",))


def held(merged=Answer.YES, connected=Answer.YES):
    both = Answer.YES if merged is connected is Answer.YES else Answer.NO
    of = {"merged": merged, "connected": connected, "integrated": both}
    return Verdicts(**{name: replace(KNOWN, answer=answer) for name, answer in of.items()})


def refusal(roster, code, standing, memory=None, others=None):
    """Why nothing is taken on; None: it is."""
    ack = ack_of(roster, code, "x", DOER)
    code = ack.agency
    try:
        standings = {code: standing} if standing else {}
        trouble_of(ack, {**(others or {}), **standings}, memory or Memory(), roster.on(DOER.day))
    except NothingLost as error:
        return str(error)
    return None


@pytest.mark.parametrize("words", ["H26", "ha noi", "Hà Nội", "Ha\u0300 No\u0323\u0302i"])
def test_who_is_well_is_not_taken_on_and_it_is_said_who_is_lost(roster, words):
    lost = Memory(lost=dict.fromkeys((("H60", "connected"), ("H60", "merged"), ("H99", "merged")), Loss(AT, AT)))

    assert refusal(roster, words, held(), lost) == (
        "Hà Nội (H26) is merged and connected since 21 June 2023 23:30 (time of Viet Nam): there is nothing to take on. "
        f"Lost now: {roster.find('H60', DOER.day).name} (H60)."
    )
    assert "Nobody is lost now." in refusal(roster, words, held())


@pytest.mark.parametrize(
    ("standing", "memory"),
    [
        (held(connected=Answer.NO), Memory()),
        (held(merged=Answer.UNKNOWN), Memory()),
        (None, Memory()),  # never looked at
        (held(), Memory(stories={Subject(kind=Kind.LOSS, value="H26"): STORY})),  # told to be lost, or to come and go
    ],
)
def test_who_is_not_well_or_comes_and_goes_is_taken_on(roster, standing, memory):
    assert refusal(roster, "H26", standing, memory) is None


def test_who_is_named_as_lost_is_who_would_be_taken_on(roster):
    others = {"H60": held(connected=Answer.NO), "H22": held(merged=Answer.NO), "G09": held()}
    others["SIGNON"] = replace(held(), connected=replace(KNOWN, answer=Answer.UNKNOWN))
    told = refusal(roster, "H26", held(), others=others)  # nobody was seen to turn: it was so at the first start

    assert "Lost now: " in told
    assert {code for code in others if f"({code})" in told} == {"H60", "H22"}
    assert told.endswith(" Of 1 more it is unknown; they can be taken on too.")
    for code in ("H60", "H22", "SIGNON"):
        assert refusal(roster, code, others[code]) is None
    assert refusal(roster, "G09", others["G09"]) is not None


def test_who_is_back_but_was_not_told_to_be_lost_is_not_named(roster):
    lost = Memory(lost={("H60", "connected"): Loss(AT, AT)})

    assert "Nobody is lost now." in refusal(roster, "H26", held(), lost, others={"H60": held()})


def test_a_national_system_is_taken_on_as_long_as_an_incident_is_told_of_it(roster):
    down = Incident(cause=Cause(sharing=Sharing.NATIONAL, value="SIGNON"), since=AT, down=frozenset(), of=84)
    of_its_own = held(merged=Answer.UNKNOWN)  # there is nothing that it could be merged with

    assert refusal(roster, "SIGNON", of_its_own, Memory(incidents=(down,))) is None
    assert "(SIGNON) is connected since" in refusal(roster, "SIGNON", of_its_own)
    assert "(SIGNON)." in refusal(roster, "H26", held(), Memory(incidents=(down,)))


def test_of_many_who_are_lost_ten_are_named():
    roster = load(config_folder(), environ={}).roster
    codes = [agency.code for agency in roster.on(DOER.day) if agency.level is Level.PROVINCE and agency.code != "H26"]
    told = refusal(roster, "H26", held(), Memory(lost={(code, "connected"): Loss(AT, AT) for code in codes[:12]}))

    assert told.partition("Lost now: ")[2].count("(") == 10
    assert told.endswith(" and 2 more.")


def test_maintenance_begins_now_in_its_own_zone_where_no_begin_is_named(roster):
    window = window_of(roster, ["H26"], DOER, id_="a1", lasts=timedelta(hours=4), reason="update")

    assert (window.begin, window.zone) == (datetime(2023, 6, 21, 23, 30), "Asia/Ho_Chi_Minh")  # noqa: DTZ001 - local time
    assert (window.agencies, window.by) == (frozenset({"H26"}), "an")


def test_maintenance_without_agencies_is_for_all(roster):
    assert window_of(roster, [], DOER, id_="a1", lasts=timedelta(hours=4), reason="update").agencies == frozenset()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"zone": "Asia/Hanoi"}, "no time zone"),
        ({"zone": "ho chi"}, "did you mean Asia/Ho_Chi_Minh"),
        ({"zone": "../../etc/passwd"}, "no time zone"),
        ({"every": "hourly"}, "allowed are daily, weekly, monthly"),
        ({"lasts": timedelta()}, "more than nothing"),
        ({"lasts": timedelta(days=91)}, "at most 90 days"),
        ({"every": "daily", "lasts": timedelta(days=1)}, "never ends"),
        ({"begin": datetime(1, 1, 1)}, "the years 2000 to 2999"),  # noqa: DTZ001 - local time
        ({"begin": datetime(9999, 12, 31, 23)}, "the years 2000 to 2999"),  # noqa: DTZ001 - local time
        ({"every": "daily", "until": datetime(9999, 12, 31)}, "the years 2000 to 2999"),  # noqa: DTZ001 - local time
        ({"begin": datetime(2023, 6, 21, 19, 29)}, "it ended at 2023-06-21 23:29, now it is 2023-06-21 23:30 in Asia/"),  # noqa: DTZ001 - local time
        (
            {"begin": datetime(2023, 6, 1), "every": "daily", "until": datetime(2023, 6, 20)},  # noqa: DTZ001 - local time
            "no later than 2023-06-20 00:00, now it is 2023-06-21 23:30",
        ),
        ({"until": datetime(2023, 6, 1)}, "after it first begins"),  # noqa: DTZ001 - local time
    ],
)
def test_a_window_that_makes_no_sense_is_not_opened(roster, given, told):
    with pytest.raises(NotDone, match=told):
        window_of(roster, [], DOER, **{"id_": "a1", "lasts": timedelta(hours=4), "reason": "update", **given})


@pytest.mark.parametrize(
    "given",
    [
        {"begin": datetime(2023, 6, 21, 19, 31)},  # noqa: DTZ001 - local time; it is open still
        {"begin": datetime(2023, 6, 1), "every": "daily"},  # noqa: DTZ001 - local time
        {"begin": datetime(2023, 6, 1), "every": "weekly", "until": datetime(2023, 6, 22)},  # noqa: DTZ001 - local time
    ],
)
def test_a_window_that_began_before_is_opened_as_long_as_it_is_not_over(roster, given):
    assert window_of(roster, [], DOER, id_="a1", lasts=timedelta(hours=4), reason="update", **given)


def test_a_window_is_found_by_its_id_or_the_ids_are_told(roster):
    window = window_of(roster, [], DOER, id_="a1", lasts=timedelta(hours=4), reason="update")

    assert one_of([window], "a1") is window
    with pytest.raises(NotDone, match="no maintenance window b2; there are a1"):
        one_of([window], "b2")


def test_the_day_of_whoever_acts_is_that_of_viet_nam():
    assert Doer(who="an", at=datetime(2023, 6, 21, 17, 30, tzinfo=UTC)).day == date(2023, 6, 22)
