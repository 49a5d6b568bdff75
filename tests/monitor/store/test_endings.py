"""Ends of certificates: the near ones, of the agency's own host, as the latest look found them."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from monitor.model import Agency, Level
from monitor.store.endings import Endings

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
AGENCY = Agency(code="H26", name="", name_en="", level=Level.PROVINCE, counted=True, portal="https://a.example/")


@pytest.fixture
def endings():
    return Endings()


def note(endings, days=None, check="tls", host="a.example", **facts):
    found = {"host": host, **facts}
    if days is not None:
        found["certificate_earliest_not_after"] = (NOON + timedelta(days=days)).timestamp()
    watch = SimpleNamespace(agency=AGENCY, key=("H26", check))
    endings.note(watch, SimpleNamespace(observation=SimpleNamespace(facts=found), started=NOON))


def test_only_what_is_near_is_held(endings):
    note(endings, 300)
    assert endings.by_agency() == {}
    note(endings, 20)
    note(endings, 12, "portal")
    assert endings.by_agency() == {"H26": NOON + timedelta(days=12)}
    note(endings, 300, "portal")
    assert endings.by_agency() == {"H26": NOON + timedelta(days=20)}


def test_a_look_that_saw_no_certificate_takes_nothing_back(endings):
    note(endings, 20)
    note(endings)

    assert endings.by_agency() == {"H26": NOON + timedelta(days=20)}


def test_the_certificate_of_another_host_is_not_the_agencys(endings):
    note(endings, 20, host="sign-on.example")

    assert endings.by_agency() == {}


def test_what_is_asked_for_is_held_however_far_it_is(endings):
    endings.ask(frozenset({"H26"}))
    note(endings, 300)

    assert endings.by_agency() == {"H26": NOON + timedelta(days=300)}


def test_what_is_no_longer_looked_at_is_forgotten(endings):
    note(endings, 20)
    note(endings, 12, "portal")
    endings.forget({("H26", "tls")})

    assert endings.by_agency() == {"H26": NOON + timedelta(days=20)}
