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


def refusal(roster, code, standing, memory=None):
    """Why nothing is taken on; None: it is."""
    ack = ack_of(roster, code, "x", DOER)
    try:
        trouble_of(ack, standing, memory or Memory(), roster, DOER.day)
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
        ({"until": datetime(2023, 6, 1)}, "after it first begins"),  # noqa: DTZ001 - local time
    ],
)
def test_a_window_that_makes_no_sense_is_not_opened(roster, given, told):
    with pytest.raises(NotDone, match=told):
        window_of(roster, [], DOER, **{"id_": "a1", "lasts": timedelta(hours=4), "reason": "update", **given})


def test_a_window_is_found_by_its_id_or_the_ids_are_told(roster):
    window = window_of(roster, [], DOER, id_="a1", lasts=timedelta(hours=4), reason="update")

    assert one_of([window], "a1") is window
    with pytest.raises(NotDone, match="no maintenance window b2; there are a1"):
        one_of([window], "b2")


def test_the_day_of_whoever_acts_is_that_of_viet_nam():
    assert Doer(who="an", at=datetime(2023, 6, 21, 17, 30, tzinfo=UTC)).day == date(2023, 6, 22)
