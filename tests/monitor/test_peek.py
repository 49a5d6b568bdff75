"""A look that is made and forgotten."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import ClientSession, web

from monitor.bundled import config_folder
from monitor.server import shown
from monitor.service import Service
from monitor.settings import load
from monitor.web.serving import Site
from probes import Reason

HANOI = "dichvucong.hanoi.gov.vn"


@pytest.fixture
async def service(routes, ca_file):
    """The real configuration, led to what the test serves."""
    made = []

    def build():
        real = load(config_folder())
        dead = [replace(each, host="*.vn") for each in routes.connect_to[:1]]
        network = replace(
            real.network, connect_to=(*routes.connect_to, *dead), ca_file=ca_file, requests_per_second=1000
        )
        made.append(Service(replace(real, network=network), lambda: real))
        return made[0]

    yield build
    for each in made:
        await each.close()


async def fine(_):
    return web.Response(text="<html lang=vi><body>Cổng dịch vụ công</body></html>", content_type="text/html")


async def never(_):
    await asyncio.Event().wait()


def watch_of(service, check):
    return next(watch for watch in service.plan() if watch.key == ("H26", check))


async def test_nothing_of_it_is_remembered(serve, service):
    await serve(fine, HANOI)
    made = service()
    watch = watch_of(made, "certificate")
    before = (made.store.seen(), made.store.last(watch.key), made.vitals.online, dict(made.store.standings))
    result = await made.peek(watch, timedelta(seconds=5))

    assert result.observation.reason is Reason.OK
    assert before == (made.store.seen(), made.store.last(watch.key), made.vitals.online, dict(made.store.standings))


async def test_the_shorter_of_both_limits_holds(serve_raw, service):
    async def silent(reader, _):
        await reader.read()

    await serve_raw(silent, HANOI, tls=False, port=443)
    made = service()
    watch = watch_of(made, "certificate")
    short = await made.peek(watch, timedelta(milliseconds=50))
    usual = replace(watch, check=replace(watch.check, timeout=timedelta(milliseconds=50)))
    long = await made.peek(usual, timedelta(hours=1))

    assert short.watch.check.timeout == long.watch.check.timeout == timedelta(milliseconds=50)
    assert {short.observation.reason, long.observation.reason} <= {Reason.TIMEOUT_TLS, Reason.OFFLINE}


async def test_the_running_service_answers_and_takes_a_place_in_its_room(serve, service):
    await serve(fine, HANOI)
    made = service()
    room = made.room
    site = Site(shown(made, lambda: None))
    watch = watch_of(made, "certificate")
    address = await site.start("127.0.0.1:0")
    try:
        for _ in range(room.places):
            assert room.take()  # others are looking
        async with ClientSession() as session:
            asking = asyncio.ensure_future(session.get(f"http://{address}/probe?agency=H26&check={watch.check.name}"))
            async with asyncio.timeout(60):
                while not room.waiting:  # noqa: ASYNC110 - any condition will do
                    await asyncio.sleep(0)
            room.leave()
            async with await asking as answer:
                text = await answer.text()
    finally:
        await site.stop()

    assert 'npsp_probe_reason{reason="ok"} 1.0' in text
    assert "probe_ssl_earliest_cert_expiry" in text
    assert made.store.last(watch.key) is None
