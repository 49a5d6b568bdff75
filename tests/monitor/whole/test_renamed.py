"""Channels that get another name, or go for good, while somebody is lost: nothing that waits is lost, and the end is told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.channels import Channel
from monitor.store.ledger import Fate
from probes import Reason

FORMERLY = {"formerly": ("duty",)}


@pytest.fixture
def named(lives):
    """`named(notifier, **more)`: the configuration with one channel, `night`."""

    def made(notifier, **more):
        return replace(
            lives.config, channels={"night": Channel(name="night", kind="stdout", notifier=notifier, **more)}
        )

    return made


@pytest.fixture
def go_by(lives):
    async def reload(config):
        lives.config = config
        assert await lives.server.reload() == ()

    return reload


async def lose(lives, code):
    """Decided and written, and delivered where nothing holds it up."""
    lives.probe.wrong[code] = Reason.HTTP_5XX
    lives.clock.at += timedelta(minutes=2)
    await lives.look()
    lives.service.heed()
    await lives.quiet()


async def one_sending_one_waiting(lives):
    """The loss of H26 is just being sent, and does not end; that of H29 waits behind it."""
    lives.duty.open.clear()
    lives.duty.asked.clear()
    await lose(lives, "H26")
    await lives.duty.asked.wait()
    await lose(lives, "H29")


def said(notices):
    return [(str(each.event), sorted(entry.agency for entry in each.entries)) for each in notices]


async def all_well(lives):
    lives.probe.wrong.clear()
    await lives.minutes(6)


ENDS = [("restored", ["H26", "H29"])]


@pytest.mark.parametrize("reloaded", [True, False])
async def test_under_its_new_name_a_channel_goes_on_where_it_was(lives, named, go_by, keeps, wait_until, reloaded):
    await one_sending_one_waiting(lives)
    other = keeps()
    if reloaded:
        await go_by(named(other, **FORMERLY))
        assert other.came == []  # what is just being sent comes first
        lives.duty.open.set()
    else:
        lives.duty.open.set()
        await lives.die()
        lives.config = named(other, **FORMERLY)
        await lives.begin()
    await wait_until(lambda: not lives.ledger.pending())
    await all_well(lives)

    told = [each for each in said((*lives.duty.came, *other.came)) if each[0] != "initial"]
    assert told == [("lost", ["H26"]), ("lost", ["H29"]), *ENDS]
    assert said(other.came)[-2:] == [("lost", ["H29"]), *ENDS]
    assert {each.fate for each in lives.ledger.latest()} == {Fate.DELIVERED}


async def test_a_channel_that_takes_over_another_has_nothing_twice(lives, also, go_by, keeps, wait_until):
    other = keeps()
    await go_by(also(lives, "night", other))
    await one_sending_one_waiting(lives)
    await go_by(replace(lives.config, channels={"night": replace(lives.config.channels["night"], **FORMERLY)}))
    lives.duty.open.set()
    await wait_until(lambda: not lives.ledger.pending())
    await all_well(lives)

    assert said(other.came) == [("lost", ["H26"]), ("lost", ["H29"]), *ENDS]
    fates = [(each.channel, each.fate) for each in lives.ledger.latest() if each.notice.entries[:1]]
    assert ("duty", Fate.MERGED) in fates
    assert not [each for each in fates if each[1] is Fate.EXPIRED]


async def test_of_a_channel_that_is_gone_others_are_told_what_waited_and_that_it_is_over(
    lives, named, go_by, keeps, wait_until, monkeypatch
):
    monkeypatch.setattr("monitor.post.AGAIN", timedelta(milliseconds=50))
    await lives.end()
    await lives.begin()
    await one_sending_one_waiting(lives)
    other = keeps()
    await go_by(named(other))
    lives.duty.open.set()
    await wait_until(lambda: other.came)
    await all_well(lives)

    assert said(other.came) == [("undelivered", ["H29"]), *ENDS]
    (first, *_) = other.came
    assert (first.channel, first.problem) == ("duty", "the channel is no longer configured")
    assert said(lives.duty.came)[1:] == [("lost", ["H26"])]


async def test_who_was_told_himself_is_not_told_of_what_waited_for_one_that_is_gone(
    lives, also, go_by, keeps, wait_until, monkeypatch
):
    monkeypatch.setattr("monitor.post.AGAIN", timedelta(milliseconds=50))
    await lives.end()
    await lives.begin()
    other = keeps()
    await go_by(also(lives, "night", other))
    await one_sending_one_waiting(lives)
    await go_by(replace(lives.config, channels={"night": lives.config.channels["night"]}))
    lives.duty.open.set()
    await wait_until(lambda: not lives.ledger.pending())
    await all_well(lives)

    assert said(other.came) == [("lost", ["H26"]), ("lost", ["H29"]), *ENDS]


async def test_a_channel_that_comes_back_is_told_the_end_too(lives, named, go_by, keeps):
    before, other = lives.config, keeps()
    await lose(lives, "H26")
    await lives.delivered()
    await go_by(named(other))
    await lives.tick()
    await go_by(before)
    await all_well(lives)

    assert said(lives.duty.came)[1:] == [("lost", ["H26"]), ("restored", ["H26"])]
    assert other.came == []
