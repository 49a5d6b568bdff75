"""What is said when an incident is over: who is back, who is still lost and by what; and who has taken it on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.model import Level
from monitor.notice import Event, Move
from monitor.saying.message import message
from monitor.saying.samples import AT, samples
from monitor.saying.subject import headings, subject
from monitor.saying.voice import Voice
from monitor.words import Language


def said(notice, language=Language.VI):
    return message(replace(notice, synthetic=None), "email", language, None)


def ended(**still):
    """The first of four is still lost."""
    notice = samples()[Event.ENDED]
    lost = {"until": None, "because": ("sync",), "kinds": ("dossier_sync",), "reasons": ("sync_collapsed",)}
    return replace(notice, entries=(replace(notice.entries[0], **{**lost, **still}), *notice.entries[1:]))


def test_who_is_still_lost_when_an_incident_is_over_is_told_why_and_what_to_do():
    text = said(ended()).text
    row = text.split("- Đắk Lắk (H15)")[1].split("- Gia Lai")[0]

    assert row.startswith(", từ 21/6/2023 14:13: mất kết nối\n  ")
    assert "hồ sơ" in row
    assert "Còn 1 cơ quan chưa khôi phục" in text
    assert "Không cần xử lý gì thêm." not in text
    assert "\n- H15: " in text.split("Việc cần làm:")[1]
    assert text.count("đã kết nối trở lại") == 3


def test_where_everybody_is_back_there_is_nothing_to_do():
    text = said(samples()[Event.ENDED]).text

    assert "Không cần xử lý gì thêm." in text
    assert "chưa khôi phục" not in text


def test_who_has_taken_it_on_is_named_where_it_is_still_lost_and_nowhere_else():
    taken = {"ack": "đã gọi", "ack_by": "lan"}
    notice = ended(**taken)
    back = replace(notice, entries=(notice.entries[0], replace(notice.entries[1], **taken)))
    restored = samples()[Event.RESTORED]
    lost = samples()[Event.LOST]

    assert said(back).text.count("Đã có người nhận xử lý: lan – đã gọi\n") == 1
    assert "lan" not in said(replace(restored, entries=(replace(restored.entries[0], **taken),))).text
    assert (
        "Taken on: lan – đã gọi\n"
        in said(replace(lost, entries=(replace(lost.entries[0], **taken),)), Language.EN).text
    )
    assert (
        "Taken on: đã gọi\n" in said(replace(lost, entries=(replace(lost.entries[0], ack="đã gọi"),)), Language.EN).text
    )


@pytest.mark.parametrize(
    ("event", "vi", "en"),
    [
        (Event.ENDED, "Đã kết thúc: 2 sự cố, 4 cơ quan", "Over: 2 incidents, 4 agencies"),
        (Event.INCIDENT, "2 sự cố cùng lúc, 4 cơ quan", "2 incidents at once, 4 agencies"),
    ],
)
def test_what_is_over_is_not_told_to_have_been_at_once(event, vi, en):
    notice = samples()[event]
    two = replace(notice, groups=notice.groups * 2)

    assert list(headings(two, Voice(language=Language.VI)))[-1] == vi
    assert list(headings(two, Voice(language=Language.EN)))[-1] == en


def test_a_score_that_others_moved_is_not_told_beside_a_national_system():
    notice = samples()[Event.STILL_DOWN]
    rose = (Move(level=Level.PROVINCE, before=(28, 34), after=(29, 34)),)

    for event in (Event.INCIDENT, Event.STILL_DOWN, Event.ENDED):
        assert "29/34" not in said(replace(notice, event=event, moves=rose)).subject


@pytest.mark.parametrize("language", Language)
def test_a_time_that_is_not_that_of_all_is_told_as_the_longest(language):
    notice = samples()[Event.STILL_LOST]
    hanoi = notice.entries[0]
    nine, six = (replace(hanoi, since=notice.at - timedelta(minutes=n)) for n in (9, 6))
    told = {
        Language.VI: ("lâu nhất đã 9 phút", "mất kết nối đã 9 phút"),
        Language.EN: ("for up to 9 min", "disconnected for 9 min"),
    }

    for entries, words in (((nine, six), told[language][0]), ((nine, nine), told[language][1])):
        assert words in said(replace(notice, entries=entries, moves=()), language).subject


@pytest.mark.parametrize("event", [Event.DAILY, Event.WEEKLY, Event.INITIAL, Event.SCORE])
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("before", [28, 30])
def test_a_subject_of_scores_has_a_score_on_every_day(event, language, before):
    """Two digits of day and month, and the mark of what is made up."""
    moves = (
        Move(level=Level.PROVINCE, before=(before, 34), after=(30, 34)),
        Move(level=Level.MINISTRY, before=(14, 17), after=(14, 17)),
    )
    notice = replace(samples()[event], moves=moves, entries=())
    told = [subject(replace(notice, at=AT + timedelta(days=day)), Voice(language=language)) for day in range(365)]

    assert [each for each in told if len(each) > 78 or "30/34" not in each] == []
    assert [each for each in told if before == 30 and "14/17" not in each] == []
