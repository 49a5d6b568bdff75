"""A notice of a national system names it with its code, says how to take it on, and leads to what was found."""

from dataclasses import replace

from yarl import URL

from monitor.notice import Event
from monitor.saying.message import message
from monitor.saying.samples import samples
from monitor.words import Language

PAGE = URL("https://monitor.example/")
DOWN = samples()[Event.STILL_DOWN]


def said(notice, page=PAGE, language=Language.VI):
    return message(notice, "email", language, page).text


def test_it_is_named_with_its_code():
    assert "Cổng Dịch vụ công quốc gia (SIGNON) gián đoạn từ 21/6/2023 08:20" in said(DOWN)
    assert "National sign-on (SIGNON) is down since" in said(DOWN, language=Language.EN)


def test_it_is_taken_on_by_its_code():
    assert "npsp-monitor ack SIGNON --reason" in said(DOWN)
    assert "npsp-monitor ack" not in said(replace(DOWN, event=Event.ENDED))
    assert "npsp-monitor probe SIGNON --explain" in said(DOWN, page=None)


def test_what_was_found_is_a_link():
    assert "Kết quả kiểm tra và căn cứ: https://monitor.example/agency/SIGNON?lang=vi\n" in said(DOWN)


def test_how_many_need_it_is_told_where_anybody_does():
    unneeded = replace(DOWN, groups=(replace(DOWN.groups[0], down=0),))

    assert "phụ thuộc hệ thống này: 62. Không cơ quan nào" in said(DOWN)
    assert "phụ thuộc" not in said(unneeded)
    assert "gián đoạn từ 21/6/2023 08:20. Không cơ quan nào bị tính là mất kết nối vì việc này." in said(unneeded)
    assert "agencies" not in said(unneeded, language=Language.EN).split("Integrated")[0]


def test_it_stands_for_no_notice_of_agencies():
    counted = samples()[Event.INCIDENT]

    assert "thay cho thông báo riêng" not in said(replace(DOWN, event=Event.INCIDENT))
    assert "thay cho thông báo riêng" in said(replace(counted, groups=(*DOWN.groups, *counted.groups)))
