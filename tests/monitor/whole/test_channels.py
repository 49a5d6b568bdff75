"""Channels that hang, come, change and go, and an end in the middle of a delivery: nobody else is held up, nothing is lost."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs
from yarl import URL

from monitor.channels import Channel
from monitor.notify.webhook import Notifier as Webhook
from monitor.server import Server
from monitor.service import Service
from monitor.store.ledger import Fate
from probes import Reason

OFTEN = timedelta(milliseconds=50)


@pytest.fixture
async def hole():
    """A server that takes connections and never says a word; who has come, and its address."""
    came, talks = asyncio.Event(), []

    async def talk(reader, writer):
        talks.append(writer)
        came.set()
        await reader.read()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    yield came, URL(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    server.close()
    for writer in talks:
        writer.close()


@pytest.fixture
async def serving(lives):
    """`stop = await serving(config)`: a server that runs by itself, by the real clock, on the ledger of `lives`."""
    running = []

    async def serve(config):
        ledger = lives.ledger
        service = Service(config, lambda: config, ledger=ledger)
        stop = asyncio.Event()
        running.append((stop, asyncio.ensure_future(Server(service).serve(stop))))
        return service

    yield serve
    for stop, task in running:
        stop.set()
        await asyncio.wait_for(task, 60)


async def test_a_channel_that_hangs_delays_no_look_and_no_other_channel(
    lives, also, hole, monkeypatch, serving, wait_until
):
    monkeypatch.setattr("monitor.server.GRACE", timedelta(milliseconds=10))
    came, url = hole
    await lives.server._post.stop(timedelta())
    config = also(lives, "dead", Webhook(url=url))
    service = await serving(replace(config, checks=(replace(config.checks[0], every=OFTEN),), warm_up=OFTEN))
    lives.probe.wrong["H26"] = Reason.HTTP_5XX
    async with asyncio.timeout(60):
        await came.wait()
    looks = lives.probe.looks
    await wait_until(lambda: lives.probe.looks > looks + 30)
    await wait_until(lambda: lives.duty.of("lost") and not lives.ledger.pending("duty"))

    (waiting,) = lives.ledger.pending()
    assert (waiting.channel, waiting.tries) == ("dead", 0)  # it is still being waited for, for thirty seconds
    assert sum(service.vitals.lag_counts[service.vitals.lag_buckets.index(10.0) + 1 :]) == 0


async def reload(lives, config):
    lives.config = config
    assert await lives.server.reload() == ()


async def test_a_channel_that_a_reload_brings_is_told_what_comes_and_not_what_was(lives, also, keeps):
    new = keeps()
    lives.probe.wrong["H26"] = Reason.HTTP_5XX
    await lives.tick()
    await reload(lives, also(lives, "new", new))
    lives.probe.wrong["H29"] = Reason.HTTP_5XX
    await lives.minutes(2)
    lives.probe.wrong.clear()
    await lives.minutes(5)

    assert [[entry.agency for entry in notice.entries] for notice in new.came] == [["H29"], ["H29"]]
    assert new.events == ["lost", "restored"]
    assert lives.duty.events[:3] == ["initial", "lost", "lost"]
    told = [entry.agency for notice in lives.duty.of("restored") for entry in notice.entries]
    assert sorted(told) == ["H26", "H29"]


async def test_a_channel_that_a_reload_changes_sends_what_waits_by_its_new_settings(lives, keeps):
    lives.duty.open.clear()
    lives.duty.asked.clear()
    lives.probe.wrong["H26"] = Reason.HTTP_5XX
    await lives.tick()
    await lives.duty.asked.wait()
    other = keeps()
    await reload(lives, replace(lives.config, channels={"duty": Channel(name="duty", kind="stdout", notifier=other)}))
    lives.probe.wrong["H29"] = Reason.HTTP_5XX
    await lives.minutes(2)
    lives.duty.open.set()
    await lives.minutes(1)

    assert (lives.duty.events, other.events) == (["initial", "lost"], ["lost"])
    assert lives.ledger.pending() == []


async def test_what_waits_for_a_channel_that_a_reload_removes_is_given_up_with_a_trace(
    lives, also, keeps, wait_until, monkeypatch
):
    monkeypatch.setattr("monitor.post.AGAIN", timedelta(milliseconds=50))
    await lives.end()
    await lives.begin()
    gone = keeps()
    await reload(lives, also(lives, "gone", gone))
    gone.open.clear()
    lives.probe.wrong["H26"] = Reason.HTTP_5XX
    lives.clock.at += timedelta(seconds=1)
    await lives.look()
    lives.service.heed()
    await gone.asked.wait()
    await lives.quiet()
    lives.probe.wrong["H29"] = Reason.HTTP_5XX
    lives.clock.at += timedelta(minutes=2)
    await lives.look()
    lives.service.heed()
    await lives.quiet()
    one = replace(lives.config, channels={"duty": lives.config.channels["duty"]})
    with capture_logs() as logs:
        await reload(lives, one)
        gone.open.set()
        await wait_until(lambda: not lives.ledger.pending())
        await lives.minutes(2)

    fates = {each.notice.entries[0].agency: each.fate for each in lives.ledger.latest("gone")}
    assert fates == {"H26": Fate.DELIVERED, "H29": Fate.EXPIRED}
    assert [line["channels"] for line in logs if line["event"] == "notices_for_no_channel"] == [["gone"]]
    assert lives.duty.events == ["initial", "lost", "lost"]


async def test_what_waits_for_a_channel_that_is_not_there_at_a_start_is_given_up_with_a_trace(
    lives, also, keeps, monkeypatch, wait_until
):
    monkeypatch.setattr("monitor.server.GRACE", timedelta(milliseconds=10))
    gone = keeps()
    one, both = lives.config, also(lives, "gone", gone)
    await reload(lives, both)
    gone.open.clear()
    lives.probe.wrong["H26"] = Reason.HTTP_5XX
    lives.clock.at += timedelta(seconds=1)
    await lives.look()
    lives.service.heed()
    await gone.asked.wait()
    await lives.end()
    lives.config = one
    await lives.begin()
    await wait_until(lambda: not lives.ledger.pending())

    assert [each.fate for each in lives.ledger.latest("gone")] == [Fate.EXPIRED]


@pytest.mark.parametrize("in_time", [True, False])
async def test_an_end_in_the_middle_of_a_delivery_waits_for_it_a_while_and_loses_nothing(lives, in_time, monkeypatch):
    monkeypatch.setattr("monitor.server.GRACE", timedelta(seconds=30 if in_time else 0.01))
    lives.duty.open.clear()
    lives.duty.asked.clear()
    lives.probe.wrong["H26"] = Reason.HTTP_5XX
    await lives.tick()
    await lives.duty.asked.wait()
    asyncio.get_running_loop().call_soon(lives.duty.open.set) if in_time else None
    with capture_logs() as logs:
        await asyncio.wait_for(lives.end(), 60)
    lives.duty.open.set()
    told_before = lives.duty.events
    await lives.begin()
    await lives.minutes(2)

    assert told_before == ["initial", *(["lost"] if in_time else [])]
    assert [line["channels"] for line in logs if line["event"] == "deliveries_cut_off"] == ([] if in_time else [1])
    assert lives.duty.events == ["initial", "lost"]
    assert {each.fate for each in lives.ledger.latest()} == {Fate.DELIVERED}
