"""Mail without HTML: what HTML has, it has too, on lines that a phone can show."""

from dataclasses import replace

import pytest
from yarl import URL

from monitor.notice import Event
from monitor.saying.letter import body
from monitor.saying.message import message
from monitor.saying.plain import plain
from monitor.saying.samples import samples
from monitor.saying.voice import Voice
from monitor.words import Language

PAGE = URL("https://monitor.example/")


@pytest.mark.parametrize("event", [Event.INCIDENT, Event.STILL_LOST, Event.DAILY, Event.INITIAL, Event.ENDED])
def test_every_agency_of_a_table_has_its_link_on_a_line_of_its_own(event):
    notice = samples()[event]
    made = message(notice, "email", Language.VI, PAGE)
    lines = made.text.splitlines()

    for entry in notice.entries:
        address = f"https://monitor.example/agency/{entry.agency}?lang=vi"
        assert f"  {address}" in lines
        assert address in made.html


def test_without_a_page_there_are_no_links():
    assert "http" not in message(samples()[Event.INCIDENT], "email", Language.VI, None).text


def test_why_stands_below_who():
    text = message(samples()[Event.INCIDENT], "email", Language.VI, PAGE).text

    assert (
        "- Đắk Lắk (H15), từ 21/6/2023 14:13: mất kết nối\n"
        "  trang của cổng: kết nối quá thời gian chờ\n"
        "  https://monitor.example/agency/H15?lang=vi\n"
    ) in text


def test_what_was_missed_says_from_when_it_was_lost_and_when_it_was_back():
    text = message(samples()[Event.CAUGHT_UP], "email", Language.VI, PAGE).text

    assert (
        "- Hà Nội (H26), gián đoạn từ 21/6/2023 09:20: đã kết nối trở lại\n  khôi phục lúc 21/6/2023 12:20\n"
    ) in text


def test_in_a_letter_an_agency_is_one_paragraph():
    text = plain(body(samples()[Event.INCIDENT], Voice(language=Language.VI)), wide=True)

    assert "- Đắk Lắk (H15), từ 21/6/2023 14:13: mất kết nối · trang của cổng: kết nối quá thời gian chờ\n" in text


@pytest.mark.parametrize("event", [Event.LOST, Event.UNDELIVERED])
def test_what_a_program_wrote_in_english_stands_last_and_is_called_so(event):
    notice = replace(samples()[event], problem="")
    text = message(notice, "email", Language.VI, None).text.splitlines()
    (place,) = (number for number, line in enumerate(text) if "no link to" in line)

    assert text[place].startswith("Ghi nhận kỹ thuật (tiếng Anh): ")
    assert (text[place + 1], len(text) - place) == ("", 3)  # the foot alone comes after it


def test_how_many_more_there_are_stands_below_no_table_they_may_not_belong_to():
    text = message(samples()[Event.DAILY], "email", Language.VI, PAGE).text

    assert "Ngoài các cơ quan nêu trên còn:\n- 9 cơ quan\n" in text
    assert "và 9 cơ quan khác" not in text
