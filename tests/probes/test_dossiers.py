"""probes._dossiers: statuses in every way they are written, codes in every form, and how little of one is shown."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes._dossiers import STAGES, Code, agency_of, english, hidden, masked, may_be_older, stage_of, well_formed

CODES = {  # of chapter and verse: seen in public sources
    "000.00.00.H26-200420-0001": "H26",
    "H56.14-240607-12345": "H56",
    "G09.20-20260609-0092637": "G09",
    "G22.99.08-240607-1234": "G22",
    "H26-240607-123456": "H26",
}
codes = st.from_regex(
    r"\A([0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}|[A-Z][0-9]{2}(\.[0-9]{2,3}){0,3})-[0-9]{6}([0-9]{2})?-[0-9]{4,7}\Z"
)


def test_there_is_one_row_for_each_status_from_1_to_10():
    assert [stage.code for stage in STAGES] == list(range(1, 11))


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.code)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_status_is_known_by_its_number_and_its_words(stage, form):
    for word in (stage.vi, stage.vi.upper(), f"  {stage.vi} . ", stage.en, *stage.opencps, str(stage.code)):
        assert stage_of(unicodedata.normalize(form, word), {}) == stage.code
    assert english(stage.code) == stage.en


@pytest.mark.parametrize("text", ["04", "4"])
def test_a_number_may_have_a_nought_before_it(text):
    assert stage_of(text, {}) == 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "11",
        "4.0",
        "-4",
        "chưa được tiếp nhận",
        "đang chờ được tiếp nhận",
        "interoperating",
        "đang",
        "４",
        "x" * 9999,
    ],
)
def test_what_is_not_the_whole_of_a_known_word_is_no_status(text):
    assert stage_of(text, {}) is None


def test_own_words_come_first():
    assert stage_of("Đã  TRẢ", {"đã trả": 10}) == 10
    assert stage_of("Đang xử lý", {"đang xử lý": 5}) == 5


@pytest.mark.parametrize(
    ("one", "than", "older"),
    [
        (1, 2, True),
        (2, 4, True),
        (4, 5, True),
        (5, 4, True),
        (4, 9, True),
        (9, 10, True),
        (4, 10, True),
        (2, 3, True),
        (9, 4, False),
        (9, 5, False),
        (10, 4, False),
        (3, 10, False),
        (7, 8, False),
        (4, 2, False),
        (2, 1, False),
    ],
)
def test_a_dossier_goes_one_way_and_ends(one, than, older):
    assert may_be_older(one, than) is older


@pytest.mark.parametrize(("code", "agency"), CODES.items())
def test_every_form_of_a_code_that_was_seen_is_one_and_tells_its_agency(code, agency):
    assert well_formed(code)
    assert agency_of(code) == agency


@pytest.mark.parametrize(
    "text",
    [
        "",
        "H26",
        "H26-1-1",
        "h26.14-240607-12345",
        "H26.14-240607-123",
        "H26.14-240607-12345\n",
        "H26.14-240607-12345678",
        "X.14-240607-12345",
        "H26.14-2406071-12345",
        "H26.14-24060７-12345",
        "000.00.00.H26.14-240607-12345",
    ],
)
def test_anything_else_is_no_code(text):
    assert not well_formed(text)
    assert agency_of(text) == ""
    assert masked(text) == "…"


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("H26.14-240607-12345", "H26.14-24…-1…45"),
        ("000.00.00.H26-200420-0001", "000.00.00.H26-20…-0…1"),
        ("G09.20-20260609-0092637", "G09.20-2026…-0…37"),
    ],
)
def test_a_code_is_shown_in_part(code, shown):
    assert masked(code) == shown


@given(code=codes)
def test_no_more_than_half_of_the_number_and_nothing_of_the_day_is_shown(code):
    *_, day, number = code.rsplit("-", 2)
    shown_day, shown_number = masked(code).rsplit("-", 2)[1:]
    assert shown_day == f"{day[:-4]}…"
    assert len(shown_number.replace("…", "")) <= max(2, (len(number) + 1) // 2)
    assert code not in masked(code)


@given(code=codes, before=st.text(max_size=20), after=st.text(max_size=20))
def test_a_code_is_hidden_wherever_it_stands(code, before, after):
    text = hidden(f"{before}{code}{after}{code.lower()}", [code])
    assert code.casefold() not in text.casefold()
    assert masked(code) in text


def test_a_code_is_a_text_that_is_printed_in_part():
    code = Code("H26.14-240607-12345")
    assert code == "H26.14-240607-12345"
    assert hash(code) == hash("H26.14-240607-12345")
    assert str((code,)) == "('H26.14-24…-1…45',)"
