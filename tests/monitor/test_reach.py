"""The way out of notices: where it leads, and where it never does."""

import asyncio
import socket
from dataclasses import replace
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web

from monitor import reach as under_test
from monitor.reach import Way, reaching
from probes._net.address import address
from probes._net.settings import ConnectTo, NetworkSettings

NOW = datetime(2026, 12, 1, tzinfo=UTC)
SETTINGS = NetworkSettings(contact="ops@monitor.example")
METADATA = ("169.254.169.254", "fe80::1", "fd00:ec2::254", "::ffff:169.254.169.254", "100.100.100.200", "0.0.0.0")


async def hello(request):
    return web.Response(text=request.headers["User-Agent"])


async def test_a_name_is_led_where_connect_to_says(serve, routes, ca_file):
    await serve(hello, "hook.example")
    settings = replace(SETTINGS, connect_to=routes.connect_to, ca_file=ca_file)
    async with reaching(settings, lambda: NOW) as reach, reach.http.get("https://hook.example/") as answer:
        assert (await answer.text()).startswith("npsp-monitor/")
        assert reach.now() == NOW


async def test_without_the_operators_roots_nobody_of_his_is_trusted(serve, routes):
    await serve(hello, "hook.example")
    async with reaching(replace(SETTINGS, connect_to=routes.connect_to), lambda: NOW) as reach:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await reach.http.get("https://hook.example/")


async def test_a_private_address_is_reached(serve_raw, routes):
    async def talk(reader, writer):
        writer.write(b"220 hello\r\n")

    await serve_raw(talk, "mail.example", tls=False, port=25)
    port = int(routes.connect_to[0].to.rpartition(":")[2])
    async with reaching(SETTINGS, lambda: NOW) as reach:
        made = await reach.connect("127.0.0.1", port)
        with made:
            assert await asyncio.get_running_loop().sock_recv(made, 100) == b"220 hello\r\n"


@pytest.mark.parametrize("host", METADATA)
async def test_a_clouds_metadata_service_is_not(host):
    async with reaching(SETTINGS, lambda: NOW) as reach:
        with pytest.raises(OSError, match="forbidden address"):
            await reach.connect(host, 80)
        shown = f"[{host}]" if ":" in host else host
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await reach.http.get(f"http://{shown}/")
        assert "forbidden address" in str(caught.value.os_error)


async def test_neither_is_it_by_a_name(monkeypatch):
    """Whatever a name server says, and whenever: what is connected to is what is looked at."""

    async def rebound(self, host, port):
        return (address("169.254.169.254", port),)

    async with reaching(SETTINGS, lambda: NOW) as reach:
        monkeypatch.setattr(Way, "addresses", rebound)
        with pytest.raises(OSError, match="forbidden address"):
            await reach.connect("hook.example", 80)
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await reach.http.get("http://hook.example/")
        assert "forbidden address" in str(caught.value.os_error)


async def test_nor_by_a_route_of_the_configuration():
    settings = replace(SETTINGS, connect_to=(ConnectTo(host="hook.example", port=80, to="169.254.169.254:80"),))
    async with reaching(settings, lambda: NOW) as reach:
        with pytest.raises(OSError, match="forbidden address"):
            await reach.connect("hook.example", 80)


async def test_a_name_that_nobody_has_is_no_traceback():
    async with reaching(SETTINGS, lambda: NOW) as reach:
        with pytest.raises(OSError, match="bad_name!: not a possible host name"):
            await reach.connect("bad_name!", 25)
        with pytest.raises(aiohttp.ClientConnectorDNSError):
            await reach.http.get("http://a..b/")


async def test_of_several_addresses_the_first_that_answers_is_taken(serve_raw, routes, monkeypatch):
    async def talk(reader, writer):
        writer.write(b"220 hello\r\n")

    await serve_raw(talk, "mail.example", tls=False, port=25)
    port = int(routes.connect_to[0].to.rpartition(":")[2])
    full = socket.create_server(("127.0.0.2", port), backlog=0)

    async def several(self, host, port):
        return (address("127.0.0.3", 1), address("127.0.0.2", port), address("127.0.0.1", port))

    monkeypatch.setattr(Way, "addresses", several)
    monkeypatch.setattr(under_test, "_PATIENCE", 0.05)
    with full, socket.create_connection(("127.0.0.2", port)):  # whose queue is full now: it does not answer
        async with reaching(SETTINGS, lambda: NOW) as reach:
            made = await reach.connect("mail.example", port)
            with made:
                assert made.getpeername() == ("127.0.0.1", port)


async def test_proxies_and_cookies_of_others_are_none_of_ours(serve, routes, ca_file, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    cookies = []

    async def sets(request):
        cookies.append(request.headers.get("Cookie"))
        return web.Response(headers={"Set-Cookie": "a=b"})

    await serve(sets, "hook.example")
    settings = replace(SETTINGS, connect_to=routes.connect_to, ca_file=ca_file)
    async with reaching(settings, lambda: NOW) as reach:
        for _ in range(2):
            await (await reach.http.get("https://hook.example/")).read()
    assert cookies == [None, None]
