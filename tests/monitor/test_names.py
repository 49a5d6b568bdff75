"""Names are folded to what people type, however they type it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.names import fold, spellings


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Hà Nội", "hanoi"),
        (unicodedata.normalize("NFD", "Hà Nội"), "hanoi"),
        ("ha noi", "hanoi"),
        ("HANOI", "hanoi"),
        ("TP. Hồ Chí Minh", "tphochiminh"),
        ("Đắk Lắk", "daklak"),
        ("ĐẮK-LẮK", "daklak"),
        ("Bà Rịa - Vũng Tàu", "bariavungtau"),
        ("Ủy ban Dân tộc", "uybandantoc"),
        ("Ｈ２６", "h26"),  # full-width, as input methods of East Asia give it
        ("Ước", "uoc"),
        ("İ", "i"),  # its lower case is an i and a mark
        ("", ""),
        ("  -–…", ""),
    ],
)
def test_only_bare_letters_and_digits_are_left(typed, folded):
    assert fold(typed) == folded


@given(st.text())
def test_what_is_folded_is_lower_case_without_marks_and_folds_to_itself(typed):
    folded = fold(typed)

    assert fold(folded) == folded
    assert all(letter.isalnum() and not unicodedata.combining(letter) for letter in folded)


@given(st.text())
def test_composed_and_decomposed_are_one(typed):
    assert fold(unicodedata.normalize("NFD", typed)) == fold(unicodedata.normalize("NFC", typed))


def test_a_province_may_be_called_with_or_without_what_it_is():
    assert spellings("Hà Nội", "province") == {"hanoi", "tinhhanoi", "thanhphohanoi", "tphanoi"}
    assert spellings("TP. Hồ Chí Minh", "province") >= {"hochiminh", "tphochiminh", "thanhphohochiminh"}


def test_a_ministry_may_be_called_with_or_without_its_first_word():
    assert spellings("Bộ Y tế", "ministry") >= {"boyte", "yte"}
    assert spellings("Ministry of Health", "ministry") >= {"ministryofhealth", "health"}


def test_a_national_system_is_called_what_it_is_called():
    assert spellings("Cổng Dịch vụ công quốc gia", "national") == {"congdichvucongquocgia"}


def test_a_first_word_is_left_out_only_where_it_is_a_whole_word_and_not_all_there_is():
    assert "trach" not in spellings("Bố Trạch", "province")
    assert "tinh" in spellings("Tịnh", "province")
    assert "" not in spellings("Bộ", "ministry")
