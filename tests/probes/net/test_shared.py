"""Asked once for all who want it."""

import asyncio
import traceback

import pytest
from aiohttp import web
from yarl import URL

from probes import Reason, Trouble
from probes._net import network as network_module
from probes._net.shared import Shared
from probes._text import text_of


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class Work:
    """Counts how often it was done, and ends when it is told to."""

    def __init__(self, error=None):
        self.done = 0
        self.go = asyncio.Event()
        self._error = error

    async def __call__(self):
        self.done += 1
        await self.go.wait()
        if self._error:
            raise self._error
        return self.done


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def shared(clock):
    one = Shared(clock)
    yield one
    await one.close()


async def test_those_who_want_the_same_wait_for_the_same(shared):
    work = Work()
    waiting = [asyncio.ensure_future(shared.get("a", 10, work)) for _ in range(5)]
    work.go.set()
    assert await asyncio.gather(*waiting) == [1] * 5


async def test_a_result_is_kept_for_its_seconds_after_the_end_and_no_longer(shared, clock):
    work = Work()
    work.go.set()
    assert await shared.get("a", 10, work) == 1
    clock.now = 9.9
    assert await shared.get("a", 10, work) == 1
    clock.now = 10
    assert await shared.get("a", 10, work) == 2


async def test_other_keys_are_other_work(shared):
    work = Work()
    work.go.set()
    assert [await shared.get(key, 10, work) for key in "ab"] == [1, 2]


async def test_an_error_is_shared_and_does_not_grow(shared):
    work = Work(ValueError("broken"))
    work.go.set()
    lengths = set()
    for _ in range(3):
        with pytest.raises(ValueError, match="broken") as caught:
            await shared.get("a", 10, work)
        lengths.add(len(traceback.extract_tb(caught.value.__traceback__)))
    assert (work.done, len(lengths)) == (1, 1)


async def test_an_error_is_kept_for_a_quarter_of_an_hour_at_most(shared, clock):
    work = Work(ValueError("broken"))
    work.go.set()
    for clock.now, done in ((0, 1), (899, 1), (900, 2)):
        with pytest.raises(ValueError, match="broken"):
            await shared.get("a", 86_400, work)
        assert work.done == done


async def test_one_who_gives_up_does_not_spoil_it_for_the_others(shared, wait_until):
    work = Work()
    first, second = (asyncio.ensure_future(shared.get("a", 10, work)) for _ in range(2))
    await wait_until(lambda: work.done)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    work.go.set()
    assert await second == 1


async def test_an_error_that_nobody_waited_for_any_more_is_no_noise(shared, wait_until, caplog):
    work = Work(ValueError("broken"))
    waiting = asyncio.ensure_future(shared.get("a", 10, work))
    await wait_until(lambda: work.done)
    waiting.cancel()
    work.go.set()
    (entry,) = shared._entries.values()
    await wait_until(entry.task.done)
    del entry
    await shared.close()
    assert caplog.text == ""


async def test_closing_ends_what_is_under_way(shared, wait_until):
    work = Work()
    waiting = asyncio.ensure_future(shared.get("a", 10, work))
    await wait_until(lambda: work.done)
    await shared.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_looks_share_one_fetch(serve, network):
    asked = []

    async def handler(request):
        asked.append(request.path)
        return web.Response(text="figures")

    await serve(handler, "dichvucong.gov.vn")
    way = network()

    async def work(trip):
        return text_of(await trip.get(URL("https://dichvucong.gov.vn/report")))

    trips = [way.trip() for _ in range(5)]
    assert await asyncio.gather(*(trip.shared("report", 60, work) for trip in trips)) == ["figures"] * 5
    assert asked == ["/report"]


async def test_trouble_that_is_shared_names_the_host_that_was_asked(network, routes, free_port):
    routes.add("dichvucong.gov.vn", 443, f"127.0.0.1:{free_port}")
    way = network()
    for _ in range(2):
        with pytest.raises(Trouble) as caught:
            await way.trip().shared("report", 60, lambda trip: trip.handshake("dichvucong.gov.vn"))
        assert (caught.value.reason, caught.value.host) == (Reason.REFUSED, "dichvucong.gov.vn")


async def test_a_limit_that_runs_out_while_waiting_blames_the_host_that_is_waited_for(serve_raw, network, cut_off):
    asked = []

    async def never_answers(reader, _writer):
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        await reader.read(-1)

    await serve_raw(never_answers, "dichvucong.gov.vn", tls=False)
    url = URL("http://dichvucong.gov.vn/")
    trip = await cut_off(
        network(), lambda _: asked, lambda trip: trip.shared("report", 60, lambda other: other.get(url))
    )
    found = trip.timeout_trouble()
    assert (found.reason, found.host) == (Reason.UPSTREAM, "dichvucong.gov.vn")
    assert found.detail == "no answer began in time (timeout_response)"


async def test_shared_work_has_a_limit_of_its_own(serve_raw, network, monkeypatch):
    async def never_answers(reader, _writer):
        await reader.read(-1)

    monkeypatch.setattr(network_module, "_SHARED_CAP", 0.1)
    await serve_raw(never_answers, "dichvucong.gov.vn", tls=False)
    with pytest.raises(Trouble) as caught:
        await network().trip().shared("report", 60, lambda other: other.get(URL("http://dichvucong.gov.vn/")))
    assert caught.value.reason is Reason.TIMEOUT_RESPONSE


async def test_a_time_out_of_the_works_own_passes_as_it_is(network):
    async def work(_trip):
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        await network().trip().shared("report", 60, work)
