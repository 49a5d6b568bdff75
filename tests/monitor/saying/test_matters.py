"""What is said of an agency, where several things are the matter with it or it is not clear which."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from yarl import URL

from monitor.alerts.compose import why
from monitor.model import Answer, Condition, Level, Verdict
from monitor.notice import Event
from monitor.saying.letter import body
from monitor.saying.message import message
from monitor.saying.plain import plain
from monitor.saying.samples import AT, samples
from monitor.saying.voice import Voice
from monitor.words import Language


def said(notice, language=Language.VI):
    return message(notice, "email", language, None).text


def with_first(event, **changes):
    notice = samples()[event]
    hanoi = next((entry for entry in notice.entries if entry.agency == "H26"), notice.entries[0])
    return replace(notice, entries=(replace(hanoi, **changes),))


def test_the_kind_of_each_check_that_decided_goes_with_the_notice():
    decided = Verdict(
        answer=Answer.NO,
        since=datetime(2023, 6, 21, tzinfo=UTC),
        because=("portal_ministry", "document 12/QĐ"),
        reasons=("http_5xx", "document"),
    )

    assert why([decided], {"portal_ministry": "http"})["kinds"] == ("http", "")


def test_a_loss_is_told_as_one_though_a_document_says_otherwise():
    text = said(with_first(Event.LOST, says=Answer.YES, looks=Answer.NO, document="12/QĐ", issuer="Bộ"))

    assert "Nội dung: mất kết nối\n" in text


def test_an_agency_of_a_digest_is_in_every_table_it_belongs_to():
    text = said(with_first(Event.DAILY, times=4, expires=AT, says=Answer.YES, looks=Answer.NO))

    assert text.count("- Hà Nội (H26)") == 4


def test_what_cannot_be_seen_is_not_told_as_disconnected():
    text = said(with_first(Event.LOST, reasons=("blocked",)))

    assert "mất kết nối" not in text.split("Chưa kết luận là mất kết nối.")[0]
    assert "Nội dung: không còn kiểm tra được\n" in text
    assert "Không xác định:\n- Hà Nội (H26)" in said(with_first(Event.DAILY, reasons=("blocked",)))


def test_what_is_unknown_is_not_told_as_not_holding_beside_what_does_not_hold():
    both = {"conditions": tuple(Condition), "reasons": ("no_evidence", "http_5xx"), "unknown": (Condition.MERGED,)}

    assert "chưa kết nối; không xác định: hợp nhất" in said(with_first(Event.DAILY, **both))
    assert "Nội dung: mất kết nối\n" in said(with_first(Event.LOST, **both))


def test_who_was_never_looked_at_is_unknown():
    first = {"conditions": tuple(Condition), "unknown": tuple(Condition), "reasons": (), "because": ()}

    assert "Không xác định:\n- Hà Nội (H26)" in said(with_first(Event.INITIAL, **first))


def test_a_heading_tells_no_loss_of_who_can_only_not_be_seen():
    hanoi = samples()[Event.LOST].entries[0]
    blocked = replace(hanoi, agency="H27", reasons=("blocked",))
    notice = replace(samples()[Event.LOST], entries=(hanoi, blocked))

    assert "không còn đạt hoặc không kiểm tra được" in message(notice, "email", Language.VI, None).subject
    assert "sang “chưa” hoặc “không xác định”" in said(notice)


def test_a_score_that_fell_by_more_than_who_is_told_of_says_so():
    notice = samples()[Event.LOST]
    fell = replace(notice, moves=tuple(replace(move, before=move.after) for move in notice.moves[1:]))
    ten = replace(notice.moves[0], before=(62, 63), after=(52, 63))

    assert "giảm vì 9 cơ quan khác không nêu" in said(replace(fell, moves=(ten, *fell.moves)))
    assert "cơ quan khác" not in said(notice)
    back = replace(samples()[Event.RESTORED], moves=(replace(ten, before=(52, 63), after=(62, 63)), *fell.moves))
    assert "tăng nhờ 9 cơ quan khác không nêu" in said(back)


def test_a_score_by_a_new_roster_says_so():
    notice = samples()[Event.SCORE]
    moves = (replace(notice.moves[0], before=(63, 63), after=(34, 34)),)

    assert "Danh sách cơ quan thay đổi (63 → 34 địa phương)" in said(replace(notice, moves=moves))


def test_a_detail_does_not_begin_with_the_code_of_a_reason():
    text = said(with_first(Event.LOST, detail="http_5xx: 503; no_sign_on_link: none of 3"))

    assert "Ghi nhận kỹ thuật (tiếng Anh): 503; none of 3\n" in text


def test_who_holds_still_while_lost_is_still_to_be_helped():
    lost = with_first(Event.STEADY, until=None)

    assert "đã ổn định, mất kết nối" in said(lost)
    assert "Không cần xử lý gì thêm." not in said(lost)


@pytest.mark.parametrize(("conditions", "vi"), [((Condition.MERGED,), "không còn hợp nhất"), ((), "mất kết nối")])
def test_what_is_lost_is_named(conditions, vi):
    assert f"Nội dung: {vi}\n" in said(with_first(Event.LOST, conditions=conditions))


def test_nobody_missing_is_said():
    text = said(replace(samples()[Event.DAILY], entries=(), events=()))

    assert "Không có cơ quan nào." in text
    assert "Không có thay đổi." in text
    assert "Không cần xử lý gì thêm." in text


def test_where_no_notice_is_outdated_altogether_the_subject_counts_agencies():
    missed = replace(samples()[Event.CAUGHT_UP], events=(), synthetic=None)
    assert message(missed, "email", Language.VI, None).subject == "[NPSP] Tin đã cũ về 1 cơ quan"


def test_where_nobody_knows_since_when_a_channel_was_dead_the_times_are_called_what_they_are():
    text = said(replace(samples()[Event.CAUGHT_UP], outage=False))
    assert "chưa rõ kênh gián đoạn từ lúc nào" in text
    assert "Kéo dài" not in text


def test_what_was_missed_leads_to_no_runbook_of_another_thing():
    page = URL("https://monitor.example/")
    assert "/runbooks/" in message(samples()[Event.UNDELIVERED], "email", Language.VI, page).text
    assert "/runbooks/" not in message(samples()[Event.CAUGHT_UP], "email", Language.VI, page).text


def test_what_another_channel_did_not_take_and_is_over_is_not_called_wrong():
    back = replace(samples()[Event.UNDELIVERED], entries=samples()[Event.CAUGHT_UP].entries)
    text = said(back)
    assert "đã kết nối trở lại" in text
    assert "chưa kết nối" not in text


def test_what_was_kept_back_at_night_blames_no_channel():
    text = said(replace(samples()[Event.CAUGHT_UP], channel=""))

    assert "Kênh" not in text
    assert "giờ không gửi" in text


@pytest.mark.parametrize(
    ("more", "vi", "en"),
    [
        (37, "Ngoài ra còn 37 sự cố khác.", "And 37 others besides these."),
        (1, "Ngoài ra còn 1 sự cố khác.", "And 1 other besides these."),
    ],
)
def test_incidents_that_are_not_named_are_counted(more, vi, en):
    one = samples()[Event.INCIDENT]
    missed = replace(samples()[Event.CAUGHT_UP], groups=one.groups, more_groups=more)
    for language, text in ((Language.VI, vi), (Language.EN, en)):
        assert f"\n{text}\n" in message(missed, "email", language, None).text

    subject = message(replace(one, more_groups=more, synthetic=None), "email", Language.VI, None).subject
    assert f"và {more} sự cố khác" in subject


def test_an_escalated_notice_says_so():
    escalated = replace(samples()[Event.LOST], escalated=True, synthetic=None)

    assert message(escalated, "email", Language.VI, None).subject == (
        "[NPSP] Chưa có người xử lý: Hà Nội (H26) mất kết nối · 62/63 → 61/63"
    )
    assert "chưa có người nhận xử lý" in said(escalated)


def test_a_digest_does_not_call_missing_what_only_a_document_is_about():
    text = said(
        with_first(
            Event.DAILY,
            against=(Condition.MERGED,),
            document="12/QĐ",
            issued=AT.date(),
            issuer="Bộ",
            says=Answer.NO,
            looks=Answer.YES,
        )
    )

    (missing,) = (line for line in text.splitlines() if line.startswith("- Hà Nội") and "chưa kết nối" in line)
    assert "hợp nhất" not in missing
    assert "ghi: chưa hợp nhất; kết quả kiểm tra: đã hợp nhất" in text


def test_what_is_restored_says_by_which_check_it_is_seen():
    assert "Căn cứ: đăng nhập một lần\n" in said(samples()[Event.RESTORED])


def test_the_levels_that_cannot_be_answered_are_named_as_official_letters_name_them():
    both = replace(samples()[Event.BLIND], levels=(Level.PROVINCE, Level.MINISTRY), synthetic=None)

    assert message(both, "email", Language.VI, None).subject == (
        "[NPSP] Không đủ số liệu về bộ, ngành, địa phương: 38,1% không xác định"
    )


@pytest.mark.parametrize(
    ("short", "subject"),
    [
        ("Hệ thống đăng nhập một lần", "[NPSP!] Hệ thống đăng nhập một lần gián đoạn, đã 6 giờ"),
        ("", "[NPSP!] Hệ thống đăng nhập một lần của Cổng Dịch vụ… gián đoạn, đã 6 giờ"),
    ],
)
def test_a_system_whose_name_is_too_long_goes_by_its_short_one(short, subject):
    notice = replace(samples()[Event.STILL_DOWN], synthetic=None)
    named = replace(notice, groups=(replace(notice.groups[0], short=short),))

    assert message(named, "email", Language.VI, None).subject == subject
    assert notice.groups[0].name in said(named)


def test_a_name_that_fits_is_not_shortened():
    notice = samples()[Event.STILL_DOWN]
    group = replace(notice.groups[0], name="Cổng Dịch vụ công quốc gia", short="Cổng")

    assert (
        "Cổng Dịch vụ công quốc gia gián đoạn"
        in message(replace(notice, groups=(group,)), "email", Language.VI, None).subject
    )


def test_one_command_takes_on_all_that_are_told_and_that_nobody_has_taken_on():
    command = "npsp-monitor ack H15 H21 H29 H32 --reason"
    notice = samples()[Event.INCIDENT]
    taken = replace(notice, entries=(replace(notice.entries[0], ack="đang sửa"), *notice.entries[1:]))

    assert command in said(notice)
    assert "npsp-monitor ack H21 H29 H32 --reason" in said(taken)
    assert "12 cơ quan đầu" in said(replace(notice, entries=notice.entries * 5))


def test_the_body_of_a_letter_has_neither_head_nor_foot_nor_commands():
    notice = samples()[Event.DAILY]
    text = plain(body(notice, Voice(language=Language.VI)))

    assert text.startswith("Tổng hợp từ")
    assert "- Hà Nội (H26)" in text
    assert [part for part in ("npsp-monitor", "mô phỏng", "Gửi tới", "Việc cần làm", notice.key) if part in text] == []


def test_where_all_is_well_at_the_start_the_first_digest_says_so():
    notice = replace(samples()[Event.INITIAL], entries=(), groups=(), more=0)

    assert "không có cơ quan nào chưa đạt" in said(notice)
    assert "dưới đây" not in said(notice)
    assert "every agency was integrated" in said(notice, Language.EN)


def test_who_is_seen_again_is_not_told_to_be_connected_again():
    back = {"unknown": (Condition.CONNECTED,), "until": AT, "reasons": ()}

    assert "Nội dung: đã kiểm tra được trở lại\n" in said(with_first(Event.RESTORED, **back))
    assert "Hanoi (H26) can be seen again" in said(with_first(Event.RESTORED, **back), Language.EN)


def test_of_two_conditions_english_says_or():
    hidden = {"conditions": tuple(Condition), "unknown": tuple(Condition), "reasons": ("blocked",)}
    missing = {"conditions": tuple(Condition), "reasons": ("http_5xx",)}

    assert "unknown whether merged or connected" in said(with_first(Event.DAILY, **hidden), Language.EN)
    assert "not merged or connected" in said(with_first(Event.DAILY, **missing), Language.EN)
