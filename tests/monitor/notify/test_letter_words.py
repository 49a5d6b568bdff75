"""What the draft letter says: nobody is accused who can merely not be seen, and an incident names whom it is about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.incidents import Sharing
from monitor.model import Condition
from monitor.notice import Event, Group
from monitor.notify._letter_words import about, closing, opening, rows
from monitor.saying.samples import samples

AT = datetime(2026, 11, 30, 8, 30, tzinfo=UTC)  # 15:30 in Viet Nam
MERGED, CONNECTED = Condition.MERGED, Condition.CONNECTED
ACCUSING = ("khắc phục", "Mất kết nối", "Không còn là một hệ thống", "không còn đáp ứng", "khôi phục", "gián đoạn")


def whole(notice):
    lines = [about(notice), *opening(notice, "Cơ quan", "Bộ Nội vụ"), *closing(notice, "Bộ Nội vụ")]
    return "\n".join(
        lines + [f"{row.number} | {row.name} | {row.code} | {row.what} | {row.why}" for row in rows(notice)]
    )


@pytest.fixture
def hidden(entry):
    """Blocked by a firewall of theirs."""
    return entry(
        "H31", conditions=(MERGED,), unknown=(MERGED,), because=("portal_closed",), reasons=("blocked",), since=AT
    )


@pytest.mark.parametrize("event", [Event.LOST, Event.STILL_LOST, Event.UNSTABLE])
def test_of_who_can_only_not_be_seen_nothing_is_said_to_be_lost_and_nobody_is_asked_to_mend_it(event, notice, hidden):
    said = whole(notice(event, entries=(hidden,)))

    assert [word for word in ACCUSING if word in said] == []
    assert "kiểm tra được" in said
    assert "(chưa có căn cứ kết luận là không còn hợp nhất, kết nối)" in said
    assert "Đề nghị Bộ Nội vụ phối hợp với các cơ quan nêu trên cùng kiểm tra, làm rõ" in said


def test_what_cannot_be_seen_is_told_condition_by_condition(notice, entry):
    both = entry(conditions=(MERGED, CONNECTED), unknown=(MERGED,), reasons=("blocked", "refused"), because=("a", "b"))
    (row,) = rows(notice(entries=(both,)))

    assert row.what == "Không kiểm tra được việc hợp nhất; Mất kết nối với Cổng Dịch vụ công quốc gia"


def test_a_notice_of_before_what_is_unknown_was_kept_goes_by_the_reasons(notice, hidden):
    (row,) = rows(notice(entries=(replace(hidden, unknown=()),)))

    assert row.what == "Không kiểm tra được việc hợp nhất"


@pytest.mark.parametrize("event", [Event.LOST, Event.STILL_LOST, Event.UNSTABLE])
def test_where_some_are_lost_and_some_not_seen_each_is_asked_for_what_is_his(event, notice, entry, hidden):
    said = whole(notice(event, entries=(entry("H26"), hidden)))

    assert "có 02" in said or "còn 02" in said
    assert "đôn đốc các cơ quan chưa đáp ứng yêu cầu kiểm tra, khắc phục" in said
    assert "phối hợp với các cơ quan không kiểm tra được cùng làm rõ nguyên nhân" in said


def test_of_agencies_that_are_only_counted_nobody_says_that_they_cannot_be_seen(notice, hidden):
    said = whole(notice(entries=(hidden,), more=5))

    assert "có 06 cơ quan không còn đáp ứng yêu cầu hợp nhất, kết nối hoặc không còn kiểm tra được" in said


def test_who_is_seen_again_is_not_said_to_be_merged_again(notice, entry, hidden):
    back = replace(hidden, until=AT + timedelta(minutes=9), reasons=())
    alone, beside = (notice(Event.RESTORED, entries=entries) for entries in ((back,), (back, entry("H26", until=AT))))

    assert [word for word in ACCUSING if word in whole(alone)] == []
    assert rows(alone)[0].what == "Đã kiểm tra được trở lại việc hợp nhất"
    assert "có 01 cơ quan mà hệ thống giám sát đã kiểm tra được trở lại" in whole(alone)
    assert "có 02 cơ quan đã khôi phục hoặc đã kiểm tra được trở lại" in whole(beside)
    assert rows(beside)[1].what == "Đã kết nối lại với Cổng Dịch vụ công quốc gia"


def test_checks_and_documents_are_named_in_words(notice, entry):
    """As mail has it: by the kind of probe, for a check's name is the operator's."""
    lost = entry(because=("portal_closed",), kinds=("http",), reasons=("second_door_open",))
    back = replace(lost, because=("portal_closed", "document 12/QĐ"), kinds=("http", ""), reasons=(), until=AT)

    assert rows(notice(entries=(lost,)))[0].why.startswith("Trang của cổng: ")
    assert rows(notice(Event.RESTORED, entries=(back,)))[0].why == "Trang của cổng; văn bản 12/QĐ"


# ---- incidents


@pytest.fixture
def shared(entry):
    names = {"H15": "Đắk Lắk", "H29": "TP. Hồ Chí Minh"}
    down = tuple(entry(code, name=name, since=AT, reasons=("timeout_connect",)) for code, name in names.items())
    return down, Group(sharing=Sharing.PLATFORM, value="igate", since=AT, down=2, of=5, agencies=("H15", "H29"))


@pytest.mark.parametrize("event", [Event.INCIDENT, Event.STILL_DOWN])
def test_an_incident_names_its_agencies_since_when_and_why(event, notice, shared):
    down, group = shared
    first, one, other = rows(notice(event, entries=down, groups=(group,)))

    assert (first.number, first.name, first.code) == ("1", "Các cơ quan cùng dùng phần mềm igate", "")
    assert first.what == "Ảnh hưởng đến 02 trên 05 cơ quan"
    assert (one.number, one.name, one.code, one.since) == ("1.1", "Đắk Lắk", "H15", "Từ 15 giờ 30 ngày 30/11/2026")
    assert one.what == "Mất kết nối với Cổng Dịch vụ công quốc gia"
    assert one.why.startswith("Đăng nhập một lần: ")
    assert (other.number, other.code) == ("1.2", "H29")


def test_the_end_of_an_incident_says_of_each_what_the_looks_say_now(notice, shared):
    """It is not remembered who of them could only not be seen."""
    (one, other), group = shared
    back = replace(one, until=AT + timedelta(hours=1), reasons=())
    ended = notice(Event.ENDED, entries=(back, other), groups=(replace(group, until=AT + timedelta(hours=1)),))

    assert [row.what for row in rows(ended)[1:]] == [
        "Kết quả kiểm tra: đã kết nối với Cổng Dịch vụ công quốc gia",
        "Mất kết nối với Cổng Dịch vụ công quốc gia",
    ]


def test_agencies_stand_below_the_incident_that_they_are_down_by(notice, entry, shared):
    down, group = shared
    network = Group(sharing=Sharing.NETWORK, value="203.0.113.0/24", since=AT, down=1, of=1, agencies=("H57",))
    told = rows(notice(Event.INCIDENT, entries=(*down, entry("H57")), groups=(network, group)))

    assert [(row.number, row.code) for row in told] == [
        ("1", ""),
        ("1.1", "H57"),
        ("2", ""),
        ("2.1", "H15"),
        ("2.2", "H29"),
    ]


def test_nobody_is_left_out_of_a_notice_of_before_incidents_had_their_agencies(notice, entry, shared):
    down, group = shared
    before = replace(group, agencies=())
    network = replace(before, sharing=Sharing.NETWORK, value="203.0.113.0/24")
    one, several = (notice(Event.INCIDENT, entries=down, groups=groups) for groups in ((before,), (before, network)))

    assert [row.number for row in rows(one)] == ["1", "1.1", "1.2"]
    assert [row.number for row in rows(several)] == ["1", "2", "3", "4"]


def test_many_who_can_only_not_be_seen_are_no_incident_that_somebody_has_to_mend(notice, hidden, shared):
    _, group = shared
    dark = tuple(replace(hidden, agency=code) for code in group.agencies)
    said = whole(notice(Event.INCIDENT, entries=dark, groups=(group,)))

    assert [word for word in ACCUSING if word in said] == []
    assert "Không kiểm tra được 02 trên 05 cơ quan" in said


def national(event, **more):
    return replace(
        samples()[Event.STILL_DOWN], event=event, groups=(replace(samples()[Event.STILL_DOWN].groups[0], **more),)
    )


@pytest.mark.parametrize("event", [Event.INCIDENT, Event.STILL_DOWN])
def test_of_a_national_system_no_code_is_made_up_and_nobody_is_said_to_be_hit(event):
    """The keys of national.yaml are ours."""
    alone = national(event, down=0)
    (row,) = rows(alone)

    assert (row.name, row.code) == ("Hệ thống đăng nhập một lần của Cổng Dịch vụ công quốc gia", "")
    assert row.what == "Hệ thống gián đoạn"
    assert "01 hệ thống quốc gia" in whole(alone)
    assert "không cơ quan nào bị tính là mất kết nối" in whole(alone)
    for never in ("SIGNON", "Ảnh hưởng", "nhiều cơ quan"):
        assert never not in whole(alone)


def test_how_many_need_a_national_system_is_told_where_anybody_does():
    (row,) = rows(national(Event.INCIDENT, down=6))

    assert row.what == "Hệ thống gián đoạn; số cơ quan có kết quả kiểm tra phụ thuộc hệ thống này: 06"


def test_a_national_system_that_is_back_works_again():
    over = national(Event.ENDED, until=AT)

    assert rows(over)[0].what == "Đã hoạt động trở lại"
    assert "có 01 hệ thống quốc gia đã hoạt động trở lại" in whole(over)


def test_our_own_link_is_told_as_ours_and_nobody_is_asked_to_mend_it(notice):
    ours = notice(
        Event.INCIDENT, entries=(), groups=(Group(sharing=Sharing.MONITOR, value="", since=AT, down=40, of=48),)
    )

    assert rows(ours)[0].what == "Mất kết nối mạng"
    assert "Đề nghị" not in whole(ours)


def test_a_national_system_beside_what_agencies_share_is_not_called_shared(notice, shared):
    down, group = shared
    both = notice(Event.INCIDENT, entries=down, groups=(*national(Event.INCIDENT).groups, group))

    assert "có 02 sự cố, cụ thể:" in whole(both)
    assert [row.number for row in rows(both)] == ["1", "2", "2.1", "2.2"]
