"""One look's way out, against real servers on loopback."""

import asyncio
import contextlib
import gzip
import json
import socket
import struct

import psutil
import pytest
from aiohttp import web
from yarl import URL

from probes import Reason, Trouble
from probes._documents import post_json
from probes._net.address import address
from probes._net.settings import ConnectTo
from probes._text import text_of

HOST = "dichvucong.hanoi.gov.vn"
HTTP = URL(f"http://{HOST}/")
HTTPS = URL(f"https://{HOST}/")


def says(raw, *, then_reset=False, then_wait=False):
    """A server that reads one request and answers with these bytes."""

    async def talk(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await writer.drain()
        if then_reset:
            reset(writer)
        if then_wait:
            await reader.read(-1)

    return talk


def reset(writer):
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def trouble_of(asking):
    with pytest.raises(Trouble) as caught:
        await asking
    return caught.value


@pytest.mark.parametrize("url", [HTTP, HTTPS])
async def test_a_page_is_got_with_its_facts_and_phases(serve, network, url):
    async def handler(_request):
        return web.Response(text="Cổng dịch vụ công", headers={"X-Twice": "1"})

    await serve(handler, tls=url.scheme == "https")
    trip = network().trip()
    page = await trip.get(url)
    assert (page.status, text_of(page), page.url, page.asked, page.location) == (
        200,
        "Cổng dịch vụ công",
        url,
        (url,),
        None,
    )
    wanted = {"http_status": 200, "http_version": 1.1, "redirects": 0, "address": "127.0.0.1", "ip_protocol": 4}
    assert trip.facts.items() >= {**wanted, "body_bytes": len(page.body)}.items()
    assert set(trip.phases) == {"resolve", "connect", "processing", "transfer"} | ({"tls"} if url == HTTPS else set())
    assert all(seconds > 0 for seconds in trip.phases.values())
    assert (trip.phase, trip.host) == (None, HOST)


async def test_an_address_is_hashed_as_blackbox_exporter_does(serve_raw, network):
    await serve_raw(says(b"HTTP/1.1 204 No\r\n\r\n"), tls=False)
    trip = network().trip()
    await trip.get(HTTP)
    assert trip.facts["address_hash"] == 3668918509  # FNV-1a, 32 bits, of the bytes 127 0 0 1


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2:3::7", "2001:db8:1::/48"),
        ("::1", "::/48"),
        ("fe80::1%1", "fe80::/48"),
    ],
)
def test_the_network_of_an_address_is_told_and_does_not_name_the_host(text, network):
    assert address(text, 443).facts["network"] == network


async def test_who_issued_the_certificate_is_known_of_every_page_over_tls(serve, shows, network):
    await serve(shows())
    trip = network().trip()
    await trip.get(HTTPS)

    assert trip.facts["certificate_issuer"]
    assert trip.facts["network"] == "127.0.0.0/24"


async def test_who_looks_may_say_what_it_means_that_the_limit_runs_out(serve_raw, network, cut_off):
    await serve_raw(says(b"", then_wait=True), tls=False)
    meant = Trouble(Reason.NOT_VISIBLE, HOST, "nobody is accused")

    async def ask(trip):
        with trip.meaning(lambda: meant):
            await trip.get(HTTP)

    assert (await cut_off(network(), "processing", ask)).timeout_trouble() is meant


async def test_what_it_means_is_forgotten_once_it_is_over(serve_raw, network, cut_off):
    await serve_raw(says(b"", then_wait=True), tls=False)

    async def ask(trip):
        with trip.meaning(lambda: Trouble(Reason.NOT_VISIBLE, HOST, "")):
            pass
        with contextlib.suppress(Trouble), trip.meaning(lambda: Trouble(Reason.NOT_VISIBLE, HOST, "")):
            raise Trouble(Reason.REFUSED, HOST, "")
        await trip.get(HTTP)

    assert (await cut_off(network(), "processing", ask)).timeout_trouble().reason is Reason.TIMEOUT_RESPONSE


async def test_the_monitor_says_who_it_is_and_what_it_reads(serve, network):
    seen = {}

    async def handler(request):
        seen.update(request.headers)
        return web.Response()

    await serve(handler, tls=False)
    await network().trip().get(HTTP.with_query(x="1"), headers={"accept": "application/json", "X-Key": "k"})
    assert seen.pop("User-Agent").startswith("npsp-monitor/")
    assert seen == {
        "Host": HOST,
        "Accept-Language": "vi",
        "Accept-Encoding": "gzip, deflate, br",
        "Connection": "close",
        "Accept": "application/json",
        "X-Key": "k",
    }


async def test_a_json_object_is_posted_and_its_redirect_not_followed(serve, network):
    async def handler(request):
        assert request.content_type == "application/json"
        body = await request.json()
        return web.json_response(body, status=303, headers={"Location": "/done"})

    await serve(handler)
    page = await post_json(network().trip(), HTTPS / "api", {"mã": "H26", "n": 1, "ok": True})
    assert (page.status, page.location, json.loads(page.body)) == (
        303,
        HTTPS / "done",
        {"mã": "H26", "n": 1, "ok": True},
    )


async def test_a_post_that_redirects_nowhere_is_bad(serve_raw, network):
    await serve_raw(says(b"HTTP/1.1 302 Found\r\n\r\n"), tls=False)
    found = await trouble_of(post_json(network().trip(), HTTP, {}))
    assert (found.reason, found.host) == (Reason.BAD_REDIRECT, HOST)


async def test_a_compressed_page_is_unpacked(serve_raw, network):
    body = gzip.compress("Xin chào".encode())
    await serve_raw(says(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + body), tls=False)
    assert text_of(await network().trip().get(HTTP)) == "Xin chào"


OK = b"HTTP/1.1 200 OK\r\n"
ANSWERS = {
    "a gzip bomb": (OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"\0" * 30_000_000), Reason.TOO_LARGE),
    "a body without end": (OK + b"\r\n" + b"x" * 3_000_000, Reason.TOO_LARGE),
    "a flood of headers": (OK + b"X: y\r\n" * 20_000, Reason.TOO_LARGE),
    "a length that lies": (OK + b"Content-Length: 10\r\n\r\nabc", Reason.PROTOCOL),
    "an early end": (OK + b"X:", Reason.PROTOCOL),
    "nothing": (b"", Reason.PROTOCOL),
    "something else": (b"220 mail.example ESMTP\r\n", Reason.PROTOCOL),
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("url", [HTTP, HTTPS])
async def test_a_hostile_answer_has_its_reason(serve_raw, network, answer, url):
    raw, reason = ANSWERS[answer]
    await serve_raw(says(raw), tls=url.scheme == "https")
    found = await trouble_of(network().trip().get(url))
    assert (found.reason, found.host) == (reason, HOST)


async def test_a_connection_that_is_cut_is_reset(serve_raw, network):
    async def cut(reader, writer):
        await reader.read(1)
        reset(writer)

    await serve_raw(cut, tls=False)
    assert (await trouble_of(network().trip().get(HTTP))).reason is Reason.RESET


async def test_a_port_where_nothing_listens_refuses(network, routes, free_port):
    routes.add(HOST, 443, f"127.0.0.1:{free_port}")
    assert (await trouble_of(network().trip().get(HTTPS))).reason is Reason.REFUSED


async def test_an_address_without_a_way_is_unreachable(network, routes):
    routes.add(HOST, 443, "127.255.255.255:443")
    assert (await trouble_of(network().trip().get(HTTPS))).reason is Reason.UNREACHABLE


@pytest.mark.parametrize("url", ["ftp://a.example/", "http://a.example:22/", "file:///etc/passwd", "/relative"])
async def test_a_url_that_is_not_the_webs_is_forbidden(network, url):
    assert (await trouble_of(network().trip().get(URL(url)))).reason is Reason.FORBIDDEN_URL


async def test_a_url_with_an_address_inside_is_forbidden(network):
    found = await trouble_of(network().trip().get(URL("http://169.254.169.254/latest/meta-data")))
    assert (found.reason, found.host) == (Reason.FORBIDDEN_ADDRESS, "169.254.169.254")


@pytest.mark.parametrize(
    ("raw", "reason", "phase"),
    [
        (b"", Reason.TIMEOUT_RESPONSE, "processing"),
        (b"HTTP/1.1 200 OK\r\nX:", Reason.TIMEOUT_BODY, "transfer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", Reason.TIMEOUT_BODY, "transfer"),
    ],
)
async def test_a_limit_that_runs_out_blames_the_phase_it_ran_out_in(serve_raw, network, cut_off, raw, reason, phase):
    await serve_raw(says(raw, then_wait=True), tls=False)
    trip = await cut_off(network(), phase, lambda trip: trip.get(HTTP))
    found = trip.timeout_trouble()
    assert (found.reason, found.host, trip.phase) == (reason, HOST, phase)
    assert trip.phases[phase] >= 0.05


async def test_a_trickle_does_not_outlast_the_limit(serve_raw, network, cut_off):
    async def trickle(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.005)

    await serve_raw(trickle, tls=False)
    trip = await cut_off(network(), "transfer", lambda trip: trip.get(HTTP))
    assert trip.timeout_trouble().reason is Reason.TIMEOUT_BODY


async def test_a_queue_that_is_full_is_a_timeout_of_connecting(network, routes, cut_off, full_port):
    routes.add(HOST, 80, f"127.0.0.1:{full_port}")
    trip = await cut_off(network(), "connect", lambda trip: trip.get(HTTP))
    assert trip.timeout_trouble().reason is Reason.TIMEOUT_CONNECT
    assert trip.phases["connect"] >= 0.05


async def test_a_limit_that_runs_out_before_anything_was_asked_is_no_crash(network, cut_off):
    async def thinks(_trip):
        await asyncio.Event().wait()

    trip = await cut_off(network(), lambda trip: trip.phase is None, thinks)
    assert trip.timeout_trouble().reason is Reason.TIMEOUT_RESPONSE


async def test_a_phase_that_failed_is_timed_and_over(network, routes, free_port):
    routes.add(HOST, 443, f"127.0.0.1:{free_port}")
    trip = network().trip()
    await trouble_of(trip.get(HTTPS))
    assert trip.phases["connect"] > 0
    assert trip.phase is None


async def test_every_trouble_of_a_look_is_kept_also_one_that_a_probe_takes_for_an_answer(
    serve, serve_raw, network, routes, free_port
):
    async def fine(_request):
        return web.Response(text="đây")

    await serve(fine, tls=False)
    await serve_raw(says(b"SSH-2.0\r\n"), "odd.example", tls=False)
    routes.add("gone.example", 80, f"127.0.0.1:{free_port}")
    trip = network().trip()
    assert trip.troubles == ()
    await trouble_of(trip.get(URL("http://gone.example/")))
    await trouble_of(trip.get(URL("http://odd.example/")))
    await trip.get(HTTP)

    assert trip.troubles == (Reason.REFUSED, Reason.PROTOCOL)


@pytest.mark.parametrize("url", [HTTP, HTTPS])
async def test_a_look_that_is_cancelled_leaves_nothing_open(serve_raw, network, wait_until, url):
    before = psutil.Process().num_fds(), len(asyncio.all_tasks())
    reached = asyncio.Event()

    async def holds(reader, _writer):
        reached.set()
        await reader.read(-1)

    await serve_raw(holds, tls=url.scheme == "https")
    way = network()
    listening = psutil.Process().num_fds()
    asking = asyncio.ensure_future(way.trip().get(url))
    await reached.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await wait_until(lambda: (psutil.Process().num_fds(), len(asyncio.all_tasks())) == (listening, before[1]))


async def test_waiting_out_of_politeness_moves_the_limit_of_the_look(serve, network):
    async def handler(_request):
        return web.Response()

    await serve(handler, tls=False)
    way = network(requests_per_second=1)
    begun = asyncio.get_running_loop().time()
    async with asyncio.timeout(60) as limit:
        at_first = limit.when()
        trip = way.trip(limit)
        await trip.get(HTTP)
        await trip.get(HTTP)
        assert limit.when() == pytest.approx(at_first + trip.waited, abs=1e-6)
    took = asyncio.get_running_loop().time() - begun
    assert trip.waited > 0
    assert sum(trip.phases.values()) <= took - trip.waited


async def test_a_look_without_a_limit_waits_as_well(serve, network):
    async def handler(_request):
        return web.Response()

    await serve(handler, tls=False)
    way = network(requests_per_second=20)
    start = asyncio.get_running_loop().time()
    async with asyncio.timeout(None) as limit:
        for trip in (way.trip(), way.trip(), way.trip(limit)):
            await trip.get(HTTP)
    assert asyncio.get_running_loop().time() - start >= 0.09


async def test_secrets_stay_out_of_trouble_and_facts(serve_raw, network):
    secret = "s3cret"
    url = HTTP.with_query(token=secret).with_user("u").with_password(secret)
    for raw in (
        b"HTTP/1.1 200 OK\r\nX: s3cret\x01\r\n\r\n",
        b"s3cret",
        b"HTTP/1.1 302 X\r\n\r\ns3cret",
        b"HTTP/1.1 302 X\r\nLocation: ftp://s3cret@a/\r\n\r\n",
        b"HTTP/1.1 302 X\r\nLocation: /?token=s3cret\r\n\r\n",
    ):
        await serve_raw(says(raw), tls=False)
        trip = network().trip()
        found = await trouble_of(trip.get(url, headers={"Authorization": secret, "Cookie2": secret}))
        assert secret not in f"{found} {found.detail} {found.facts} {trip.facts}"


async def test_a_ca_file_and_a_route_are_all_it_takes_to_stand_in_for_a_real_host(serve, network, routes):
    async def handler(request):
        return web.Response(text=request.host)

    await serve(handler, "*.gov.vn")
    (to,) = {entry.to for entry in routes.connect_to}
    way = network(connect_to=(ConnectTo(host="*.gov.vn", port=443, to=to),))
    assert text_of(await way.trip().get(URL("https://dichvucong.gov.vn/"))) == "dichvucong.gov.vn"
