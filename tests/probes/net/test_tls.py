"""Handshakes with real servers and the zoo of their certificates."""

import asyncio
import contextlib
import socket
import ssl
import struct
from datetime import UTC, datetime

import pytest
from aiohttp import web
from yarl import URL

from monitor.testbed.authority import CertificateFault
from probes import Reason, Trouble
from probes._text import text_of

HOST = "dichvucong.hanoi.gov.vn"
REASONS = {
    CertificateFault.EXPIRED: Reason.TLS_EXPIRED,
    CertificateFault.NOT_YET_VALID: Reason.TLS_NOT_YET_VALID,
    CertificateFault.WRONG_NAME: Reason.TLS_NAME,
    CertificateFault.INCOMPLETE_CHAIN: Reason.TLS_CHAIN,
    CertificateFault.SELF_SIGNED: Reason.TLS_SELF_SIGNED,
    CertificateFault.UNTRUSTED_ROOT: Reason.TLS_UNTRUSTED,
    CertificateFault.WRONG_USAGE: Reason.TLS_INVALID,
    CertificateFault.OLD_PROTOCOL: Reason.TLS_PROTOCOL,
}


async def hello(_request):
    return web.Response(text="Xin chào")


async def reset(_reader, writer):
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def hang_up(_reader, _writer):
    pass


async def fault_of(trip, *args, **kwargs):
    with pytest.raises(Trouble) as caught:
        await trip.handshake(HOST, *args, **kwargs)
    return caught.value


async def test_a_sound_certificate_is_read(serve, network):
    await serve(hello)
    trip = network().trip()
    found = await trip.handshake(HOST)
    assert (found.names, found.presented, found.version) == ((HOST,), 2, "TLSv1.3")
    assert found.subject == f"CN={HOST},O=synthetic"
    assert found.issuer == "CN=npsp-monitor synthetic intermediate,O=synthetic"
    assert found.not_before < datetime.now(UTC) < found.not_after
    assert found.earliest_not_after == found.not_after
    assert trip.facts["certificate_not_after"] == found.not_after.timestamp()
    assert set(trip.phases) == {"resolve", "connect", "tls"}


def test_every_fault_of_the_authority_but_a_sound_one_has_its_reason():
    assert set(CertificateFault) - set(REASONS) == {CertificateFault.EXPIRING, CertificateFault.HOUR_LEFT}


@pytest.mark.parametrize(("fault", "reason"), REASONS.items())
async def test_each_fault_of_a_certificate_has_its_reason_and_its_evidence(serve, network, fault, reason):
    await serve(hello, fault=fault)
    found = await fault_of(network().trip())
    assert (found.reason, found.host) == (reason, HOST)
    assert found.facts["certificate_subject"].endswith("O=synthetic")
    assert found.facts["certificate_not_after"] > 0


async def test_a_chain_that_is_refused_is_read_in_the_same_handshake(authority, serve_raw, network, wait_until):
    """No second connection is made for evidence; and of the request, nothing is said."""
    said = []

    async def counts(reader, writer):
        await writer.start_tls(authority.context(HOST, fault=CertificateFault.EXPIRED))
        said.append(await reader.read())

    await serve_raw(counts, tls=False, port=443)
    with pytest.raises(Trouble) as caught:
        await network().trip().get(URL(f"https://{HOST}/"))
    assert caught.value.reason is Reason.TLS_EXPIRED
    assert caught.value.facts["certificate_not_after"] > 0
    await wait_until(lambda: said == [b""])


@pytest.mark.parametrize("fault", CertificateFault)
async def test_whatever_is_presented_can_be_read_without_refusing_it(serve, network, fault):
    await serve(hello, fault=fault)
    found = await network().trip().handshake(HOST, verify=False)
    assert found.presented == (1 if fault in (CertificateFault.SELF_SIGNED, CertificateFault.INCOMPLETE_CHAIN) else 2)


async def test_old_tls_is_named_in_the_evidence(serve, network):
    await serve(hello, fault=CertificateFault.OLD_PROTOCOL)
    found = await fault_of(network().trip())
    assert found.facts["tls_version"] == "TLSv1.1"
    assert found.detail == "speaks nothing newer than TLSv1.1"


@pytest.mark.parametrize("fault", [fault for fault in REASONS if fault is not CertificateFault.OLD_PROTOCOL])
async def test_a_page_behind_a_faulty_certificate_is_not_asked_for(serve, network, fault):
    await serve(hello, fault=fault)
    with pytest.raises(Trouble) as caught:
        await network().trip().get(URL(f"https://{HOST}/"))
    assert caught.value.reason is REASONS[fault]


async def test_a_certificate_of_an_authority_that_is_not_trusted_lacks_its_link(serve, network):
    await serve(hello)
    assert (await fault_of(network(ca_file=None).trip())).reason is Reason.TLS_CHAIN


async def test_a_server_that_does_not_speak_tls_is_a_fault_of_protocol(serve_raw, network):
    async def shout(_reader, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    await serve_raw(shout, tls=False, port=443)
    found = await fault_of(network().trip())
    assert found.reason is Reason.TLS_PROTOCOL
    assert "tls_error" in found.facts


@pytest.mark.parametrize("how", [hang_up, reset])
@pytest.mark.parametrize("verify", [True, False])
async def test_a_server_that_cuts_the_handshake_has_reset_it(serve_raw, network, how, verify):
    await serve_raw(how, tls=False, port=443)
    found = await fault_of(network().trip(), verify=verify)
    assert (found.reason, found.facts) == (Reason.RESET, {"tls_error": "cut"})


async def test_a_handshake_that_does_not_end_is_a_timeout_of_tls(serve_raw, network, cut_off):
    async def says_nothing(reader, _writer):
        await reader.read(-1)

    await serve_raw(says_nothing, tls=False, port=443)
    trip = await cut_off(network(), "tls", lambda trip: trip.handshake(HOST))
    assert (trip.timeout_trouble().reason, trip.timeout_trouble().host) == (Reason.TIMEOUT_TLS, HOST)
    assert trip.phases["tls"] >= 0.05


async def test_a_fault_that_is_known_stands_when_the_time_for_evidence_runs_out(serve_raw, network, cut_off):
    visits = []

    async def refuses_the_first_visit_only(reader, writer):
        visits.append(1)
        if len(visits) == 1:
            await reader.read(1)
            writer.write(b"\x15\x03\x03\x00\x02\x02\x46")  # a fatal alert: protocol_version (RFC 8446, 6.2)
        await reader.read(-1)

    await serve_raw(refuses_the_first_visit_only, tls=False, port=443)
    trip = await cut_off(network(), lambda _: len(visits) == 2, lambda trip: trip.handshake(HOST))
    assert trip.timeout_trouble().reason is Reason.TLS_PROTOCOL
    assert len(visits) == 2


async def test_a_cut_in_the_middle_of_an_encrypted_answer_is_a_reset(serve_raw, network):
    async def breaks_off(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
        await writer.drain()
        await reset(reader, writer)

    await serve_raw(breaks_off)
    with pytest.raises(Trouble) as caught:
        await network().trip().get(URL(f"https://{HOST}/"))
    assert caught.value.reason in (Reason.RESET, Reason.PROTOCOL)  # the kernel may hand over the bytes first


async def test_an_encrypted_answer_may_end_without_a_farewell(serve_raw, network):
    """Many servers just hang up; only an answer that has no length of its own is then taken as it came."""

    async def hangs_up(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nXin ch\xc3\xa0o")
        await writer.drain()
        writer.transport.abort()

    await serve_raw(hangs_up)
    assert text_of(await network().trip().get(URL(f"https://{HOST}/"))) == "Xin chào"


async def test_bytes_that_are_not_of_the_agreed_tls_are_a_fault_of_protocol(authority, network, serve_raw):
    """A man in the middle who adds bytes of his own, behind the back of the server's TLS."""
    context = authority.context(HOST)

    async def garbles(reader, writer):
        inner = ssl.MemoryBIO()
        outer = ssl.MemoryBIO()
        tls = context.wrap_bio(inner, outer, server_side=True)
        for _ in range(10):
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                writer.write(outer.read())
                inner.write(await reader.read(65536))
        writer.write(outer.read() + b"\x17\x03\x03\x00\x20" + b"x" * 32)
        await writer.drain()
        await reader.read(-1)

    await serve_raw(garbles, tls=False, port=443)
    with pytest.raises(Trouble) as caught:
        await network().trip().get(URL(f"https://{HOST}/"))
    assert caught.value.reason is Reason.TLS_PROTOCOL


async def test_a_server_that_wants_a_certificate_of_ours_is_a_fault_of_protocol(authority, ca_file, network, routes):
    context = authority.context(HOST)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ca_file)
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    def accept(server):
        sock, _ = server.accept()
        with pytest.raises(ssl.SSLError), context.wrap_socket(sock, server_side=True):
            pass
        sock.close()
        server.accept()[0].close()  # who comes again for evidence

    with socket.create_server(("127.0.0.1", 0)) as server:
        routes.add(HOST, 443, f"127.0.0.1:{server.getsockname()[1]}")
        serving = asyncio.get_running_loop().run_in_executor(None, accept, server)
        with pytest.raises(Trouble) as caught:
            await network().trip().get(URL(f"https://{HOST}/"))
        await serving
    assert caught.value.reason is Reason.TLS_PROTOCOL


async def test_a_host_that_ends_in_a_dot_is_the_same_host(serve, network):
    await serve(hello)
    assert (await network().trip().handshake(f"{HOST}.")).names == (HOST,)


@pytest.mark.parametrize("engine", ["openssl", "rustls"])
async def test_a_handshake_that_never_ends_is_broken_off(serve_raw, network, authority, engine):
    """HelloRequest is passed over by every client (RFC 5246, 7.4.1.1): a server may send it for ever."""
    calm, said = [True], []

    async def chatters(reader, writer):
        if calm:
            await writer.start_tls(authority.context(HOST))
            return
        await reader.read(1)
        flood = b"\x16\x03\x03" + (16_000).to_bytes(2) + bytes(16_000)
        with contextlib.suppress(ConnectionError):
            for _ in range(3000):
                writer.write(flood)
                said.append(len(flood))
                await writer.drain()

    await serve_raw(chatters, tls=False, port=443)
    way = network(engine=engine)
    await way.trip().handshake(HOST)
    calm.clear()
    found = await fault_of(way.trip())
    assert found.reason is Reason.TLS_PROTOCOL
    assert sum(said) < 20_000_000
