"""What people read in an alert: nobody is accused who can merely not be seen, and an incident names a few of its agencies."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.incidents import Sharing
from monitor.model import Condition
from monitor.notice import Event, Group
from monitor.notify._alerts import Links, alerts_of
from monitor.saying.samples import samples

MERGED, CONNECTED = Condition.MERGED, Condition.CONNECTED
ACCUSING = ("mất kết nối với", "không còn là", "no longer merged", "no longer connected", "disconnected")


def alerts(notice):
    return alerts_of(notice, Links(), notice.at, timedelta(minutes=15))


def texts(notice):
    return "\n".join(text for alert in alerts(notice) for text in alert.annotations.values())


@pytest.mark.parametrize("event", [Event.LOST, Event.STILL_LOST, Event.RESTORED])
@pytest.mark.parametrize("unknown", [tuple(Condition), ()])  # of before what is unknown was kept: by the reasons
def test_who_can_only_not_be_seen_is_not_told_as_lost(event, unknown, notice, entry):
    blocked = entry("H31", conditions=tuple(Condition), unknown=unknown, reasons=("blocked",))
    one = notice(event, entries=(blocked,))

    assert [word for word in ACCUSING if word in texts(one)] == []
    merged, connected = (alert.annotations for alert in alerts(one))
    assert merged["summary_vi"] == "Hà Nội (H31): không còn kiểm tra được việc hợp nhất"
    assert connected["summary"].endswith("can no longer be seen to be connected to the National Public Service Portal")
    assert "Chưa kết luận là không còn hợp nhất, kết nối." in merged["description_vi"]
    assert "It may well be, as before." in connected["description"]


def test_what_is_lost_is_told_so_beside_what_cannot_be_seen(notice, entry):
    both = entry(conditions=(MERGED, CONNECTED), unknown=(MERGED,), reasons=("blocked", "refused"))
    merged, connected = (alert.annotations for alert in alerts(notice(entries=(both,))))

    assert merged["summary_vi"].endswith("không còn kiểm tra được việc hợp nhất")
    assert connected["summary_vi"].endswith("mất kết nối với Cổng Dịch vụ công quốc gia")
    assert "Chưa kết luận" not in connected["description_vi"]


def test_the_labels_are_the_same_whatever_was_seen(notice, entry):
    """Else it would be another alert once more is seen, and nothing would end the first."""
    lost, hidden = (notice(entries=(entry(unknown=unknown),)) for unknown in ((), (CONNECTED,)))

    assert [alert.labels for alert in alerts(lost)] == [alert.labels for alert in alerts(hidden)]


def test_who_comes_and_goes_is_said_to_and_not_to_be_lost(notice, entry):
    """It fires until it holds still, and may well be connected meanwhile."""
    (alert,) = alerts(notice(Event.UNSTABLE, entries=(entry("H05", times=3),)))

    assert alert.firing
    assert alert.annotations["summary_vi"] == "Hà Nội (H05): kết nối với Cổng Dịch vụ công quốc gia chập chờn"
    assert alert.annotations["summary"].endswith(
        ": its connection to the National Public Service Portal comes and goes"
    )
    assert "cảnh báo giữ nguyên cho đến khi kết quả ổn định" in alert.annotations["description_vi"]


@pytest.fixture
def incident(notice, entry):
    codes = ("H15", "H21", "H29", "H32", "H44")
    group = Group(sharing=Sharing.PLATFORM, value="igate", since=notice().at, down=5, of=6, agencies=codes)
    return notice(Event.INCIDENT, entries=tuple(entry(code, name=code) for code in codes), groups=(group,))


def test_an_incident_names_a_few_of_its_agencies_and_how_many_there_are(incident):
    (alert,) = alerts(incident)

    assert (
        "Danh sách cơ quan: H15 (H15), H21 (H21), H29 (H29) và 2 cơ quan khác." in alert.annotations["description_vi"]
    )
    assert "and 2 other agencies." in alert.annotations["description"]


def test_each_incident_names_its_own_and_first_who_is_still_down(incident, entry):
    back = replace(incident.entries[0], until=incident.at)
    network = Group(sharing=Sharing.NETWORK, value="x", since=incident.at, down=1, of=1, agencies=("H57",))
    both = replace(incident, entries=(back, *incident.entries[1:], entry("H57")), groups=(*incident.groups, network))
    first, second = (alert.annotations["description_vi"] for alert in alerts(both))

    assert "cơ quan: H21 (H21), H29 (H29), H32 (H32) và 2" in first
    assert "cơ quan: Hà Nội (H57)." in second


def test_a_national_system_names_nobody_and_stands_for_no_other_notice():
    one = replace(samples()[Event.STILL_DOWN], event=Event.INCIDENT)
    (alert,) = alerts(one)

    assert "Danh sách" not in alert.annotations["description_vi"]
    assert "thay cho thông báo riêng" not in alert.annotations["description_vi"]
