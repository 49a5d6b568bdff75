"""probes.heartbeat: how long silence may last, and from when it counts. The pushes are in test_heartbeats.py."""

from datetime import UTC, datetime, timedelta

import pytest

from probes import Heard, Reason, Status
from probes._secret import Secret
from probes.heartbeat import Probe

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
TOKEN = Secret("0123456789abcdef0123")
WITHIN = timedelta(minutes=10)


def ago(minutes):
    return NOW - timedelta(minutes=minutes)


@pytest.fixture
def looked(network, target):
    """`await looked(heard)`: what the kind finds at NOW; `None` where nobody listens."""

    async def look(heard):
        way = network()
        way.now = lambda: NOW
        return await Probe(within=WITHIN, tokens={"H26": TOKEN}).look(target(), way.trip(heard=heard))

    return look


@pytest.mark.parametrize(
    ("heard", "reason"),
    [
        (Heard(since=ago(60), at=ago(0), count=9), Reason.OK),
        (Heard(since=ago(60), at=ago(10), count=9), Reason.OK),  # the period is not over before it has passed
        (Heard(since=ago(60), at=ago(10.1), count=9), Reason.HEARTBEAT_MISSING),
        (Heard(since=ago(60), at=ago(1), failure="", count=9), Reason.HEARTBEAT_FAILED),
        (Heard(since=ago(60), at=ago(11), failure="", count=9), Reason.HEARTBEAT_MISSING),  # an old failure is silence
        (Heard(since=ago(10)), Reason.HEARTBEAT_AWAITED),
        (Heard(since=ago(10.1)), Reason.HEARTBEAT_MISSING),
        (Heard(since=ago(5), at=ago(60), count=9), Reason.HEARTBEAT_AWAITED),  # suspended, or cut off, in between
        (Heard(since=ago(11), at=ago(60), count=9), Reason.HEARTBEAT_MISSING),
        (Heard(since=ago(-5)), Reason.HEARTBEAT_AWAITED),  # the clock was set back
        (Heard(since=ago(60), at=ago(-5), count=9), Reason.OK),
        (None, Reason.HEARTBEAT_AWAITED),  # `npsp-monitor probe` listens only from now on
    ],
)
async def test_silence_counts_from_the_latest_push_and_only_while_somebody_listened(looked, heard, reason):
    assert (await looked(heard)).reason is reason


async def test_what_is_awaited_counts_against_nobody(looked):
    assert (await looked(Heard(since=NOW))).status is Status.UNKNOWN


async def test_the_facts_say_how_old_the_latest_push_is_and_how_many_came(looked):
    seen = await looked(Heard(since=ago(60), at=ago(11), count=9))

    assert seen.facts == {"heartbeats": 9, "heartbeat_age": 660, "listening": 3600}
    assert seen.detail == "the latest push came 660 s ago; one each 600 s was expected"


async def test_before_the_first_push_there_is_no_age(looked):
    seen = await looked(Heard(since=ago(11)))

    assert seen.facts == {"heartbeats": 0, "listening": 660}
    assert seen.detail.startswith("no push since 2026-01-01 11:49:00 UTC, when listening began; one each 600 s")


async def test_the_systems_own_words_stand_in_the_detail(looked):
    seen = await looked(Heard(since=ago(60), at=ago(1), failure="queue is full", count=1))

    assert seen.detail == "the latest push came 60 s ago: it has failed (queue is full)"


def test_only_agencies_with_a_token_have_the_check(target):
    assert Probe(tokens={"H26": TOKEN}).applies(target())
    assert not Probe(tokens={"H29": TOKEN}).applies(target())
    assert not Probe().applies(target())


@pytest.mark.parametrize("token", ["short", "0123456789abcdef 0123", "0123456789abcdef012ế"])
def test_a_token_that_could_be_guessed_or_not_be_sent_is_refused_without_being_shown(token):
    with pytest.raises(ValueError, match=r"tokens.H26: must be at least 20 ASCII characters") as caught:
        Probe(tokens={"H26": Secret(token)})
    assert token not in str(caught.value)


def test_two_agencies_do_not_share_a_token():
    with pytest.raises(ValueError, match=r"tokens\.H29: is the token of another agency too") as caught:
        Probe(tokens={"H26": TOKEN, "H29": TOKEN})
    assert TOKEN.reveal() not in str(caught.value)
    assert TOKEN.reveal() not in repr(Probe(tokens={"H26": TOKEN}))
