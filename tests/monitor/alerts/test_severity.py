"""How grave a loss is: one word for it, in the notice, in quiet hours and in Alertmanager."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from yarl import URL

from monitor.model import Condition
from monitor.notice import Event
from monitor.notify._alerts import Links, alerts_of
from monitor.saying.message import message
from monitor.words import Language

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("page", ["notices.md", "failure-modes.md"])
def test_the_pages_for_people_name_every_event(page):
    rows = [line for line in (DOCS / page).read_text(encoding="utf-8").splitlines() if line.startswith("| `")]

    assert [event for event in Event if not any(f"`{event}`" in row for row in rows)] == []


@pytest.mark.parametrize("condition", list(Condition))
def test_what_one_agency_lost_is_as_grave_to_alertmanager_as_the_notice_says(course, condition):
    it = course()
    it.turn(("H01", condition, "no"))
    it.tick()
    it.run(10)
    it.turn(("H01", condition, "yes"))
    it.run(20)
    alerts = [alert for notice in it.notices for alert in alerts_of(notice, Links(), it.at, timedelta(minutes=15))]

    assert [notice.event for notice in it.notices] == [Event.LOST, Event.RESTORED]
    assert {alert.labels["severity"] for alert in alerts} == {notice.severity for notice in it.notices}
    assert len({frozenset(alert.labels.items()) for alert in alerts}) == 1


@pytest.mark.parametrize(
    ("reasons", "page"),
    [
        (("sync_collapsed",), "NpspSyncCollapsed"),
        (("http_5xx", "sync_collapsed"), "NpspAgencyLost"),
        (("a_word_of_later",), "NpspAgencyLost"),
        ((), "NpspAgencyLost"),
    ],
)
def test_mail_and_alert_lead_to_the_same_runbook(course, reasons, page):
    it = course()
    it.turn(H01="no")
    (lost,) = it.tick()
    (entry,) = lost.entries
    lost = replace(lost, entries=(replace(entry, reasons=reasons, because=("x",) * len(reasons)),))
    site = URL("https://monitor.example/")
    (alert,) = alerts_of(lost, Links(page=site), lost.at, timedelta(minutes=15))

    assert alert.annotations["runbook_url"] == f"https://monitor.example/runbooks/{page}"
    assert alert.labels["alertname"] == "NpspAgencyLost"
    assert f"https://monitor.example/runbooks/{page}?lang=vi" in message(lost, "duty", Language.VI, site).text
