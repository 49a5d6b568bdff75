import hmac
from datetime import UTC, datetime, timedelta

import pytest

from monitor import inbox as at_inbox
from monitor.inbox import Inbox, Knock
from monitor.vitals import Vitals
from probes._secret import Secret

START = datetime(2026, 1, 1, tzinfo=UTC)
DOORS = {
    ("H26", "pushes"): Secret("hanoi-0123456789abcdef"),
    ("H26", "backup"): Secret("backup-0123456789abcdef"),
    ("H29", "pushes"): Secret("hcmc-0123456789abcdef"),
}


class Clock:
    def __init__(self):
        self.at = START

    def __call__(self):
        return self.at

    def later(self, **of):
        self.at += timedelta(**of)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def vitals():
    return Vitals(started=START)


@pytest.fixture
def inbox(clock, vitals):
    made = Inbox(clock, vitals.awake)
    made.listen(DOORS)
    return made


@pytest.mark.parametrize(
    ("agency", "check", "token", "knock"),
    [
        ("H26", "pushes", "hanoi-0123456789abcdef", Knock(agency=True, check=True)),
        ("H26", "pushes", "backup-0123456789abcdef", Knock(agency=True, check=False)),
        ("H26", "nothing", "hanoi-0123456789abcdef", Knock(agency=True, check=False)),
        ("H26", "pushes", "hcmc-0123456789abcdef", Knock(agency=False, check=False)),
        ("H29", "backup", "backup-0123456789abcdef", Knock(agency=False, check=False)),
        ("H99", "pushes", "hanoi-0123456789abcdef", Knock(agency=False, check=False)),
        ("H26", "pushes", "", Knock(agency=False, check=False)),
        ("", "", "\udcff", Knock(agency=False, check=False)),
    ],
)
def test_a_token_opens_the_door_it_is_for(inbox, agency, check, token, knock):
    assert inbox.knock(agency, check, token) == knock


def test_as_much_is_compared_for_an_agency_that_there_is_not(inbox, monkeypatch):
    compared = []

    def compare(one, other):
        compared.append((len(one), len(other)))
        return hmac.compare_digest(one, other)

    monkeypatch.setattr(at_inbox, "hmac", type("Counted", (), {"compare_digest": staticmethod(compare)}))
    counts = []
    for agency in ("H26", "H29", "H99"):
        compared.clear()
        inbox.knock(agency, "pushes", "x")
        counts.append(tuple(compared))

    assert set(counts) == {((32, 32), (32, 32))}


def test_the_latest_push_is_kept_and_all_are_counted(inbox, clock):
    inbox.push(("H26", "pushes"))
    clock.later(minutes=1)
    inbox.push(("H26", "pushes"), "full")
    heard = inbox.heard(("H26", "pushes"))

    assert (heard.since, heard.at, heard.failure, heard.count) == (START, clock.at, "full", 2)
    assert inbox.heard(("H29", "pushes")).count == 0
    assert inbox.heard(("H29", "portal")) is None


def test_what_was_heard_outlives_a_reload(inbox, clock):
    inbox.push(("H26", "pushes"))
    before = inbox.heard(("H26", "pushes"))
    clock.later(minutes=1)
    inbox.listen({**DOORS, ("H26", "pushes"): Secret("another-0123456789abcdef")})

    assert inbox.heard(("H26", "pushes")) == before
    assert inbox.knock("H26", "pushes", "another-0123456789abcdef").check
    assert not inbox.knock("H26", "pushes", "hanoi-0123456789abcdef").check


def test_a_door_that_a_reload_opens_is_listened_at_from_then_on_and_one_that_it_shuts_is_forgotten(inbox, clock):
    clock.later(hours=1)
    inbox.listen({("H30", "pushes"): Secret("new-0123456789abcdef")})

    assert inbox.heard(("H30", "pushes")).since == clock.at
    assert inbox.heard(("H26", "pushes")) is None
    assert not inbox.knock("H26", "pushes", "hanoi-0123456789abcdef").agency


def test_a_machine_that_was_suspended_heard_nothing_meanwhile(inbox, clock, vitals):
    for _ in range(3):
        clock.later(seconds=1)
        vitals.cycled(clock.at)
    clock.later(hours=1)  # the look may come before the first tick, or after it
    assert inbox.heard(("H26", "pushes")).since == clock.at
    woken = clock.at
    vitals.cycled(clock.at)
    clock.later(seconds=1)
    vitals.cycled(clock.at)

    assert inbox.heard(("H26", "pushes")).since == woken


def test_while_our_own_link_was_down_nothing_could_be_heard(inbox, clock):
    clock.later(hours=1)
    inbox.deafened()
    clock.later(minutes=1)

    assert inbox.heard(("H26", "pushes")).since == clock.at - timedelta(minutes=1)
