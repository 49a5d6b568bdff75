from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from monitor.notice import Event, Notice, Severity
from monitor.telling import Outbox
from monitor.vitals import Vitals

AT = datetime(2023, 6, 21, tzinfo=UTC)
FIRST, SECOND = (Notice(key=code, event=Event.LOST, at=AT, severity=Severity.WARNING) for code in ("H26", "H57"))


@pytest.fixture
def vitals():
    return Vitals(started=AT)


def counted(vitals):
    tally = vitals.channels["log"]
    return tally.delivered, tally.pending, tally.failures


def test_what_was_decided_is_told_once(vitals):
    told = []
    outbox = Outbox(told.append, vitals)
    outbox.take((FIRST, SECOND))
    outbox.take(())
    assert told == [FIRST, SECOND]
    assert counted(vitals) == (2, 0, 0)


def test_what_cannot_be_told_waits_in_its_order_and_is_counted(vitals):
    told, broken = [], [True]

    def tell(notice):
        if broken[0]:
            raise OSError("no way out")
        told.append(notice)

    outbox = Outbox(tell, vitals)
    with capture_logs() as logs:
        outbox.take((FIRST,))
        outbox.take((SECOND,))
    assert [(line["event"], line["waiting"]) for line in logs] == [("notice_not_told", 1), ("notice_not_told", 2)]
    assert counted(vitals) == (0, 2, 2)

    broken[0] = False
    outbox.take(())
    assert told == [FIRST, SECOND]
    assert counted(vitals) == (2, 0, 2)
