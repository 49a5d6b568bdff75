import unicodedata
from datetime import UTC, date, datetime

import pytest

from monitor import words
from monitor.model import Answer, Condition, Level, Score
from monitor.words import Language, day, kind, moment, number, one_of, phrase, score_line, word
from probes import Reason, Status

MEMBERS = [member for words_of in (Status, Reason, Answer, Level, Condition) for member in words_of]
VIETNAMESE = [word(member, Language.VI) for member in MEMBERS] + [vi for vi, _ in words._PHRASES.values()]


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: f"{type(member).__name__}.{member.name}")
def test_every_member_of_every_enum_can_be_said_in_both_languages(member):
    assert word(member, Language.VI)
    assert word(member, Language.EN)
    assert word(member, Language.VI) != word(member, Language.EN)


def test_no_two_reasons_are_said_alike():
    for language in Language:
        said = [word(reason, language) for reason in Reason]
        assert sorted(set(said)) == sorted(said)


def test_every_phrase_has_the_same_places_to_fill_in_both_languages():
    for name, (vi, en) in words._PHRASES.items():
        assert set(_places(vi)) == set(_places(en)), name


def _places(text):
    return [part.split("}")[0] for part in text.split("{")[1:]]


def test_vietnamese_is_composed():
    for text in VIETNAMESE:
        assert unicodedata.is_normalized("NFC", text), text


def test_a_kind_that_nobody_named_is_shown_by_its_name():
    assert kind("carrier_pigeon", Language.VI) == "carrier_pigeon"
    assert kind("sign_on", Language.EN) == "single sign-on"


def test_a_phrase_is_filled_in():
    assert phrase("warming_up", Language.VI, n=3, m=10) == "Chưa kiểm tra lần đầu: 3 trên 10 mục"


def score(level, integrated, agencies):
    return Score(
        level=level,
        agencies=agencies,
        integrated=integrated,
        merged=integrated,
        connected=integrated,
        not_integrated=agencies - integrated,
        unknown=0,
        unknown_merged=0,
        unknown_connected=0,
    )


def test_the_scores_are_said_in_one_line():
    scores = (score(Level.PROVINCE, 62, 63), score(Level.MINISTRY, 10, 21))
    assert score_line(scores) == "62/63 địa phương · 10/21 bộ, ngành"
    assert score_line(scores, Language.EN) == "62/63 provinces · 10/21 ministries"


def test_moments_are_told_in_the_time_of_viet_nam():
    at = datetime(2023, 6, 20, 19, 5, tzinfo=UTC)
    assert moment(at, Language.VI) == "21/6/2023 02:05"
    assert moment(at, Language.EN) == "21 June 2023 02:05"


def test_a_day_in_english_cannot_be_read_the_other_way_round():
    assert day(date(2025, 7, 1), Language.VI) == "1/7/2025"
    assert day(date(2025, 7, 1), Language.EN) == "1 July 2025"


def test_vietnamese_has_a_decimal_comma():
    assert number(1384) == "1.384"
    assert number(46.0905, Language.VI, 2) == "46,09"
    assert number(1384.5, Language.EN, 1) == "1,384.5"


def test_one_agency_of_a_level_is_not_said_in_the_plural():
    assert [one_of(level, Language.EN) for level in Level] == ["ministry", "province", "national system"]
