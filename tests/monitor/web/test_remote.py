"""`status --server`: asking a monitor that is entered over TLS and with a password."""

import asyncio
import contextlib
import json

import bcrypt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from monitor import remote
from monitor.remote import PASSWORD, USER, Entry, ServerError, fetch

SECRET = "hunter2-never-shown/@:"


@pytest.fixture
async def address(site, small_world, tmp_path, issue):
    issue(tmp_path, "server")
    kept = bcrypt.hashpw(SECRET.encode(), bcrypt.gensalt(4)).decode()
    (tmp_path / "web.yml").write_text(
        f"tls_server_config: {{cert_file: server.crt, key_file: server.key}}\nbasic_auth_users: {{an: '{kept}'}}\n"
    )
    return await site(small_world, web=tmp_path / "web.yml")


async def test_user_and_password_come_from_the_environment(address, ca_file):
    entry = Entry(ca_file=ca_file, environ={USER: "an", PASSWORD: SECRET})

    assert (await fetch(address, entry))["looked_at"] == {"watches": 13, "of": 13}


async def test_or_from_the_address(address, ca_file):
    told = address.replace("https://", "https://an:hunter2-never-shown%2F%40%3A@")

    assert (await fetch(told, Entry(ca_file=ca_file)))["agencies"]


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("{0}", "lets nobody in without the right user and password (NPSP_MONITOR_USER, NPSP_MONITOR_PASSWORD)"),
        ("https://an:wrong-{1}@{2}", "lets nobody in"),
        ("https://an:{1}@127.0.0.1:1", "no monitor answers at https://127.0.0.1:1"),
        ("https://an:hunter2@{2}x", "127.0.0.1:"),
        ("https://an:hunter2/never@host:port", "https://host:port is not an address"),
        ("an:hunter2@nonsense", "nonsense is not an address"),
    ],
)
async def test_what_goes_wrong_is_told_without_the_password(address, ca_file, server, words):
    filled = server.format(address, "hunter2-never-shown%2F%40%3A", address.removeprefix("https://"))
    with pytest.raises(ServerError) as caught:
        await fetch(filled, Entry(ca_file=ca_file))

    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "SSLContext" not in str(caught.value)  # an object of the program, as aiohttp tells it


async def test_a_certificate_that_nobody_vouches_for_is_not_taken(address):
    with pytest.raises(ServerError, match=r"certificate[^$]*--ca-file"):
        await fetch(address, Entry(environ={USER: "an", PASSWORD: SECRET}))


@pytest.fixture
async def in_pieces():
    """`await in_pieces(body)` → the address of a server whose answer comes in two pieces, the second after the first was read."""
    async with contextlib.AsyncExitStack() as stack:

        async def serve(body):
            async def answer(request):
                response = web.StreamResponse(headers={"Content-Type": "application/json"})
                await response.prepare(request)
                await response.write(body[:10])
                await asyncio.sleep(0)
                await response.write(body[10:])
                return response

            application = web.Application()
            application.router.add_get("/api/v1/status", answer)
            server = TestServer(application)
            await stack.enter_async_context(server)
            return str(server.make_url("/"))

        yield serve


async def test_a_report_that_comes_in_pieces_is_read_whole(in_pieces):
    assert await fetch(await in_pieces(json.dumps({"agencies": ["x"] * 100_000}).encode())) == {
        "agencies": ["x"] * 100_000
    }


async def test_a_report_that_never_ends_is_not_read_to_the_end(in_pieces, monkeypatch):
    monkeypatch.setattr(remote, "LARGEST", 1000)
    with pytest.raises(ServerError, match="larger than 1000 bytes"):
        await fetch(await in_pieces(b" " * 2000))
