"""Connections that end too early: by a farewell or by a RST, after every single byte and at every step."""

import pytest
from yarl import URL

from probes import Reason

HOST = "dichvucong.hanoi.gov.vn"
HTTP, HTTPS = URL(f"http://{HOST}/"), URL(f"https://{HOST}/")
SIZED = b"HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 3\r\n\r\nabc"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\nabc"


async def says_farewell(reader, writer):
    """Ends its own direction only, and reads on: half a connection stays open."""
    writer.write_eof()
    await reader.read(-1)


@pytest.mark.parametrize("whole", [SIZED, CHUNKED])
async def test_a_farewell_after_any_byte_of_an_answer_is_a_fault_of_protocol(serve_raw, says, ask, whole):
    for at in range(len(whole)):
        await serve_raw(says(whole[:at], says_farewell), tls=False)
        assert (at, (await ask(HTTP)).reason) == (at, Reason.PROTOCOL)


@pytest.mark.parametrize("whole", [SIZED, CHUNKED, UNTIL_CLOSE])
async def test_a_reset_after_any_byte_of_an_answer_is_a_reset(serve_raw, says, ask, cut, whole):
    ends_by_itself = whole is not UNTIL_CLOSE
    for at in range(len(whole) + (not ends_by_itself)):
        await serve_raw(says(whole[:at], cut), tls=False)
        assert (at, (await ask(HTTP)).reason) == (at, Reason.RESET)


@pytest.mark.parametrize("whole", [SIZED, CHUNKED])
async def test_an_answer_that_is_whole_is_good_whatever_comes_after(serve_raw, says, ask, cut, hold, url, whole):
    for then in (cut, hold, None):
        await serve_raw(says(whole, then), tls=url.scheme == "https")
        seen = await ask(url)
        assert (seen.reason, seen.facts["body"]) == (Reason.OK, "abc")


@pytest.mark.parametrize("at", [0, 1, 12, 17, 30, 44, len(SIZED) - 1])
async def test_over_tls_a_farewell_in_the_middle_of_an_answer_is_a_fault_of_protocol(serve_raw, says, ask, at):
    await serve_raw(says(SIZED[:at]))
    assert (await ask(HTTPS)).reason is Reason.PROTOCOL


@pytest.mark.parametrize("at", [0, 1, 12, 17, 30, 44, len(SIZED) - 1])
async def test_over_tls_a_reset_in_the_middle_of_an_answer_is_a_reset(serve_raw, says, ask, cut, at):
    await serve_raw(says(SIZED[:at], cut))
    assert (await ask(HTTPS)).reason is Reason.RESET


async def test_the_engine_in_hand_is_the_one_that_looks(serve_raw, says, ask, engine):
    """Else the tests here would be of OpenSSL twice."""
    await serve_raw(says(SIZED))
    facts = (await ask(HTTPS)).facts
    assert facts.get("tls_engine", "openssl") == engine


async def test_a_farewell_of_tls_ends_an_answer_though_the_connection_stays(serve_raw, says, ask):
    """Many a server says farewell and waits for ours before it hangs up."""
    await serve_raw(says(UNTIL_CLOSE))
    seen = await ask(HTTPS)
    assert (seen.reason, seen.facts["body"]) == (Reason.OK, "abc")


async def test_half_a_connection_is_enough_for_an_answer(serve_raw, says, ask):
    await serve_raw(says(UNTIL_CLOSE, says_farewell), tls=False)
    seen = await ask(HTTP)
    assert (seen.reason, seen.facts["body"]) == (Reason.OK, "abc")


@pytest.mark.parametrize("then", ["farewell", "reset"])
async def test_a_server_that_ends_before_it_was_asked(serve_raw, ask, cut, then):
    """Farewell and request cross on their way, so the kernel may know of either first."""

    async def ends(reader, writer):
        if then == "reset":
            await cut(reader, writer)

    await serve_raw(ends, tls=False)
    wanted = {Reason.RESET} if then == "reset" else {Reason.RESET, Reason.PROTOCOL}
    assert (await ask(HTTP)).reason in wanted


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x03", b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"])
@pytest.mark.parametrize("then", ["farewell", "reset"])
async def test_a_handshake_that_is_cut_is_a_reset(serve_raw, ask, cut, said, then):
    async def cuts(reader, writer):
        await reader.read(65536)
        writer.write(said)
        await writer.drain()
        if then == "reset":
            await cut(reader, writer)

    await serve_raw(cuts, tls=False, port=443)
    assert (await ask(HTTPS)).reason is Reason.RESET


@pytest.mark.parametrize("then", ["farewell", "reset"])
async def test_a_server_that_leaves_after_the_handshake(serve_raw, ask, cut, then):
    async def leaves(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        if then == "reset":
            await cut(reader, writer)

    await serve_raw(leaves)
    seen = await ask(HTTPS)
    assert seen.reason is (Reason.RESET if then == "reset" else Reason.PROTOCOL)
    assert seen.facts["certificate_subject"] == f"CN={HOST},O=synthetic"


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\0" * 200,
        b"\x15\x03\x03\x00\x02\x02\x28",  # an alert: no common cipher
        b"\x16\x03\x03\xff\xff" + b"\xff" * 70_000,  # a record longer than any
    ],
)
async def test_what_is_not_tls_is_named_so(serve_raw, ask, hold, said):
    async def speaks(reader, writer):
        writer.write(said)
        await writer.drain()
        await hold(reader, writer)

    await serve_raw(speaks, tls=False, port=443)
    assert (await ask(HTTPS)).reason is Reason.TLS_PROTOCOL


async def test_tls_on_the_port_of_plain_http_is_no_http(serve, ask, routes):
    async def handler(_request):
        raise AssertionError

    await serve(handler, port=80)
    assert (await ask(HTTP)).reason is Reason.PROTOCOL
