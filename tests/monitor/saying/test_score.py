"""The notice of a score that moved while no other notice says by whom."""

from dataclasses import replace

import pytest
from yarl import URL

from monitor.model import Condition, Level
from monitor.notice import Event, Move
from monitor.saying.letter import remedies
from monitor.saying.message import message
from monitor.saying.samples import samples
from monitor.words import Language

PAGE = URL("https://monitor.example/")
SCORE = samples()[Event.SCORE]
HANOI = replace(samples()[Event.LOST].entries[0], detail="")
RISEN = SCORE.entries[0]
GONE = replace(HANOI, agency="H44", name="", name_en="", gone=True, conditions=(), reasons=(), because=())


def said(*entries, moves=SCORE.moves, language=Language.VI):
    return message(replace(SCORE, entries=entries, moves=moves), "email", language, PAGE).text


def test_one_who_is_integrated_for_the_first_time_is_told_with_all_there_is_to_know():
    text = said(RISEN)

    assert "thay đổi do cơ quan nêu dưới đây" in text
    assert "Cơ quan: Bộ Khoa học và Công nghệ (G06) – bộ, ngành\nNội dung: đã hợp nhất và kết nối\nTừ: 21/6" in text
    assert "Căn cứ: một hệ thống duy nhất; đăng nhập một lần\n" in text
    assert "https://monitor.example/agency/G06?lang=vi" in text
    assert "- Không cần xử lý gì thêm." in text


def test_who_fell_is_told_with_why_and_with_what_to_do():
    text = said(HANOI, RISEN, GONE)

    assert "- Hà Nội (H26), từ 21/6/2023 14:14: mất kết nối\n  đăng nhập một lần: trang đăng nhập không dẫn" in text
    assert "- H44, từ 21/6/2023 14:14: không còn trong danh sách cơ quan\n\n" in text
    assert "agency/H44" not in text
    assert "Đề nghị cơ quan kiểm tra cấu hình đăng nhập một lần" in text
    assert "Không cần xử lý gì thêm" not in text


@pytest.mark.parametrize(
    ("language", "told"), [(Language.VI, "không xác định được do cơ quan nào"), (Language.EN, "not known by whom")]
)
def test_where_it_is_not_known_by_whom_the_notice_says_so(language, told):
    text = said(language=language)

    assert told in text
    assert "https://monitor.example/" in text
    assert [remedy.value for remedy in remedies(replace(SCORE, entries=()))] == ["overview"]


def test_a_roster_that_changed_is_no_riddle():
    text = said(moves=(Move(level=Level.PROVINCE, before=(33, 63), after=(33, 34)),))

    assert "Danh sách cơ quan thay đổi (63 → 34 địa phương)" in text
    assert "không xác định được" not in text


def test_who_can_only_not_be_seen_is_not_told_as_lost():
    text = said(replace(HANOI, reasons=("blocked",), unknown=(Condition.CONNECTED,)))

    assert "Nội dung: không còn kiểm tra được\n" in text
    assert "mất kết nối" not in text


def test_a_loss_names_who_else_moved_the_score_and_has_no_arrow_then():
    lost = samples()[Event.LOST]
    fell = tuple(replace(HANOI, agency=code, name=name) for code, name in (("H15", "Đắk Lắk"), ("H21", "Gia Lai")))
    told = replace(lost, others=(*fell, RISEN), others_fell=9, others_rose=1, synthetic=None)
    vi, en = (message(told, "email", language, PAGE) for language in Language)

    assert "giảm vì Đắk Lắk (H15), Gia Lai (H21) và 7 cơ quan khác." in vi.text
    assert "tăng nhờ Bộ Khoa học và Công nghệ (G06)." in vi.text
    assert "also rose by Ministry of Science and Technology (G06)." in en.text
    assert vi.subject == "[NPSP] Hà Nội (H26) mất kết nối · còn 61/63"


def test_how_many_others_moved_it_is_said_where_they_are_not_known():
    fell = replace(samples()[Event.LOST], moves=(Move(level=Level.PROVINCE, before=(62, 63), after=(52, 63)),))

    assert "vì 9 cơ quan khác không nêu" in message(fell, "email", Language.VI, PAGE).text
