"""Dialogues in bytes with real servers on loopback."""

import asyncio
import contextlib
import socket
import ssl
import struct

import psutil
import pytest
from dnslib import QTYPE, RR, A, DNSRecord

from monitor.testbed.authority import CertificateFault
from probes import Reason, Terms, TlsTerms, Trouble
from probes._net.settings import ConnectTo

HOST = "mail.hanoi.gov.vn"
PORT = 2525  # not one of the web's
FAULTS = {
    CertificateFault.EXPIRED: Reason.TLS_EXPIRED,
    CertificateFault.WRONG_NAME: Reason.TLS_NAME,
    CertificateFault.INCOMPLETE_CHAIN: Reason.TLS_CHAIN,
    CertificateFault.SELF_SIGNED: Reason.TLS_SELF_SIGNED,
    CertificateFault.OLD_PROTOCOL: Reason.RESET,  # it hangs up, and a dialogue is not begun anew for evidence
}


@pytest.fixture
def stand(serve_raw):
    """`await stand(callback)`: speaks as HOST at PORT."""
    return lambda callback: serve_raw(callback, HOST, tls=False, port=PORT)


@pytest.fixture
async def datagrams(routes):
    """`await datagrams(answers)`: for each datagram that comes to HOST at PORT, `answers(data)` are sent back."""
    with contextlib.ExitStack() as stack:

        async def start(answers):
            class Server(asyncio.DatagramProtocol):
                def connection_made(self, transport):
                    self.transport = transport

                def datagram_received(self, data, addr):
                    for answer in answers(data):
                        self.transport.sendto(answer, addr)

            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_datagram_endpoint(Server, local_addr=("127.0.0.1", 0))
            stack.callback(transport.close)
            routes.add(HOST, PORT, f"127.0.0.1:{transport.get_extra_info('sockname')[1]}")

        yield start


def offers_tls(context, after=b""):
    """Says yes to STARTTLS; `after` is what it says then, still in the clear."""

    async def serve(reader, writer):
        writer.write(b"220 ready\r\n")
        assert await reader.readline() == b"STARTTLS\r\n"
        writer.write(b"220 go on\r\n")
        await writer.drain()
        if after:
            writer.write(after)
            await writer.drain()
        with contextlib.suppress(ssl.SSLError):
            await writer.start_tls(context)
            while line := await reader.readline():
                writer.write(b"in secret: " + line)
                await writer.drain()

    return serve


async def line_of(talk):
    """All that comes till the end of a line."""
    said = b""
    while not said.endswith(b"\n"):
        said += await talk.receive()
    return said


async def until_tls(talk):
    assert await line_of(talk) == b"220 ready\r\n"
    await talk.send(b"STARTTLS\r\n")
    assert await line_of(talk) == b"220 go on\r\n"


async def trouble_of(asking):
    with pytest.raises(Trouble) as caught:
        await asking
    return caught.value


async def hear(trip, *args, **kwargs):
    """All that is said by a server that speaks first."""
    said = b""
    async with trip.talk(*args or (HOST, PORT), **kwargs) as talk:
        while data := await talk.receive():
            said += data
    return said


# -- over TCP


async def test_a_dialogue_goes_to_and_fro_till_the_server_ends_it(stand, network):
    async def greets(reader, writer):
        writer.write(b"220 hello\r\n")
        name = await reader.readline()
        writer.write(b"250 welcome " + name)

    await stand(greets)
    trip = network().trip()
    async with trip.talk(HOST, PORT) as talk:
        assert await line_of(talk) == b"220 hello\r\n"
        await talk.send(b"monitor\r\n")
        assert await line_of(talk) == b"250 welcome monitor\r\n"
        assert [await talk.receive(), await talk.receive()] == [b"", b""]
    assert trip.facts.items() >= {"address": "127.0.0.1", "ip_protocol": 4}.items()
    assert set(trip.phases) == {"resolve", "connect", "processing"}
    assert all(seconds > 0 for seconds in trip.phases.values())
    assert (trip.phase, trip.host) == (None, HOST)


async def test_what_the_server_said_before_it_ended_is_still_read(stand, network):
    async def says_and_goes(_reader, writer):
        writer.write(b"bye")

    await stand(says_and_goes)
    assert await hear(network().trip()) == b"bye"


async def test_much_may_be_said_by_either_side(stand, network):
    many = b"x" * 5_000_000

    async def repeats(reader, writer):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()

    await stand(repeats)
    async with network().trip().talk(HOST, PORT) as talk:
        await talk.send(many)
        said = 0
        while said < len(many):
            said += len(await talk.receive())
        assert said == len(many)


async def test_a_connection_that_is_reset_is_the_servers_trouble(stand, network):
    async def resets(reader, writer):
        await reader.readline()
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async def ask(trip):
        async with trip.talk(HOST, PORT) as talk:
            await talk.send(b"hello\r\n")
            await talk.receive()

    await stand(resets)
    trip = network().trip()
    found = await trouble_of(ask(trip))
    assert (found.reason, found.host, trip.phase, trip.troubles) == (Reason.RESET, HOST, None, (Reason.RESET,))


async def test_a_server_that_refuses_is_refusing(network, routes, free_port):
    routes.add(HOST, PORT, f"127.0.0.1:{free_port}")
    found = await trouble_of(hear(network().trip()))
    assert (found.reason, found.host) == (Reason.REFUSED, HOST)


async def test_a_server_that_says_more_than_anybody_reads_is_cut_off(stand, network):
    cut = asyncio.Event()

    async def floods(_reader, writer):
        try:
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        finally:
            cut.set()

    async def ask():
        async with network().trip().talk(HOST, PORT) as talk:
            await cut.wait()
            while data := await talk.receive():
                heard.append(len(data))

    heard = []
    await stand(floods)
    assert (await trouble_of(ask())).reason is Reason.TOO_LARGE
    assert sum(heard) <= 1024 * 1024 + 65536


async def test_nothing_is_sent_to_a_server_that_was_cut_off(stand, network, wait_until):
    async def floods(_reader, writer):
        writer.write(b"x" * 3_000_000)
        await writer.drain()

    async def ask():
        async with network().trip().talk(HOST, PORT) as talk:
            await wait_until(lambda: talk._error)
            await talk.send(b"hello")

    await stand(floods)
    assert (await trouble_of(ask())).reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("phase", "reason"), [("connect", Reason.TIMEOUT_CONNECT), ("processing", Reason.TIMEOUT_RESPONSE)]
)
async def test_a_silence_is_named_by_its_phase(stand, network, cut_off, routes, full_port, phase, reason):
    async def silent(reader, _writer):
        await reader.read(-1)

    await stand(silent)
    if phase == "connect":
        routes.add(HOST, PORT, f"127.0.0.1:{full_port}")
    trip = await cut_off(network(), phase, hear)
    assert (trip.timeout_trouble().reason, trip.timeout_trouble().host) == (reason, HOST)


async def test_the_next_address_is_tried_and_told_when_the_first_is_dead(network, resolving, stand, routes):
    async def greets(_reader, writer):
        writer.write(b"hello")

    await stand(greets)
    port = int(routes.entries[HOST, PORT].rpartition(":")[2])
    way = network(resolver=(resolving("127.0.0.9", "127.0.0.1"),), connect_to=(), internal_hosts=(HOST,))
    trip = way.trip()
    assert await hear(trip, HOST, port) == b"hello"
    assert trip.facts["address"] == "127.0.0.1"


@pytest.fixture
def resolving():
    """`resolving(*addresses)`: a name server to which every name has these."""
    with contextlib.ExitStack() as stack:
        loop = asyncio.get_running_loop

        def start(*addresses):
            sock = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            sock.bind(("127.0.0.1", 0))
            sock.setblocking(False)
            loop().add_reader(sock, answer, sock, addresses)
            stack.callback(loop().remove_reader, sock)
            return f"127.0.0.1:{sock.getsockname()[1]}"

        def answer(sock, addresses):
            data, whom = sock.recvfrom(512)
            reply = DNSRecord.parse(data).reply()
            if reply.q.qtype == QTYPE.A:
                reply.add_answer(*(RR(reply.q.qname, QTYPE.A, rdata=A(text)) for text in addresses))
            sock.sendto(reply.pack(), whom)

        yield start


# -- the guard and politeness


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1"])
async def test_an_address_inside_is_not_talked_to(network, host):
    assert (await trouble_of(hear(network().trip(), host, PORT))).reason is Reason.FORBIDDEN_ADDRESS


@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_a_name_that_leads_inside_is_not_talked_to(network, name_server, transport):
    trip = network(resolver=(name_server,)).trip()
    found = await trouble_of(hear(trip, "inside.example", PORT, transport=transport))
    assert (found.reason, found.host) == (Reason.FORBIDDEN_ADDRESS, "inside.example")


async def test_a_host_that_cannot_be_has_no_name(network):
    assert (await trouble_of(hear(network().trip(), "a b", PORT))).reason is Reason.DNS_NO_NAME


async def test_a_server_is_talked_to_no_faster_than_is_polite(stand, network):
    async def goes(_reader, _writer):
        pass

    await stand(goes)
    way = network(requests_per_second=20)
    trips = [way.trip(), way.trip()]
    for trip in trips:
        await hear(trip)
    assert [trip.waited > 0 for trip in trips] == [False, True]


# -- TLS within


async def test_a_dialogue_goes_on_in_tls(stand, authority, network):
    await stand(offers_tls(authority.context(HOST)))
    trip = network().trip()
    async with trip.talk(HOST, PORT) as talk:
        await until_tls(talk)
        found = await talk.start_tls()
        await talk.send(b"hello\r\n")
        assert await line_of(talk) == b"in secret: hello\r\n"
    assert (found.names, found.version) == ((HOST,), "TLSv1.3")
    assert trip.facts["certificate_names"] == HOST
    assert set(trip.phases) == {"resolve", "connect", "processing", "tls"}


async def test_a_dialogue_may_be_in_tls_from_the_start(serve_raw, network):
    async def greets(reader, writer):
        writer.write(b"* OK\r\n")
        writer.write(await reader.readline())

    await serve_raw(greets, HOST, port=PORT)
    async with network().trip().talk(HOST, PORT) as talk:
        await talk.start_tls()
        assert await line_of(talk) == b"* OK\r\n"
        await talk.send(b"bye\r\n")
        assert await line_of(talk) == b"bye\r\n"
        assert await talk.receive() == b""


@pytest.mark.parametrize(("fault", "reason"), FAULTS.items())
async def test_a_faulty_certificate_ends_the_dialogue(stand, authority, network, fault, reason):
    async def ask(trip):
        async with trip.talk(HOST, PORT) as talk:
            await until_tls(talk)
            await talk.start_tls()

    await stand(offers_tls(authority.context(HOST, fault=fault)))
    trip = network().trip()
    found = await trouble_of(ask(trip))
    assert (found.reason, found.host, trip.phase) == (reason, HOST, None)


async def test_a_dialogue_takes_the_terms_of_its_check(stand, authority, network):
    await stand(offers_tls(authority.context("other.example", fault=CertificateFault.EXPIRED)))
    trip = network().trip().under(Terms(tls=TlsTerms(verify=False)))
    async with trip.talk(HOST, PORT) as talk:
        await until_tls(talk)
        assert (await talk.start_tls()).names == ("other.example",)


async def test_what_came_in_the_clear_is_not_taken_for_said_in_secret(stand, authority, network, wait_until):
    """Who stands in between may add words before the handshake (CVE-2011-0411)."""
    await stand(offers_tls(authority.context(HOST), after=b"250 trust me\r\n"))
    async with network().trip().talk(HOST, PORT) as talk:
        assert await line_of(talk) == b"220 ready\r\n"
        await talk.send(b"STARTTLS\r\n")
        await wait_until(lambda: b"trust me" in b"".join(talk._came))
        await talk.start_tls()
        await talk.send(b"hello\r\n")
        assert await line_of(talk) == b"in secret: hello\r\n"


async def test_a_server_that_hangs_up_in_the_handshake_has_reset_it(stand, network):
    async def agrees_and_goes(reader, writer):
        writer.write(b"220 ready\r\n")
        await reader.readline()
        writer.write(b"220 go on\r\n")
        await writer.drain()
        await reader.read(1)

    async def ask():
        async with network().trip().talk(HOST, PORT) as talk:
            await until_tls(talk)
            await talk.start_tls()

    await stand(agrees_and_goes)
    found = await trouble_of(ask())
    assert (found.reason, found.facts) == (Reason.RESET, {"tls_error": "cut"})


async def test_a_handshake_within_that_does_not_end_is_a_timeout_of_tls(stand, network, cut_off):
    async def agrees_and_waits(reader, writer):
        writer.write(b"220 ready\r\n")
        await reader.readline()
        writer.write(b"220 go on\r\n")
        await reader.read(-1)

    async def ask(trip):
        async with trip.talk(HOST, PORT) as talk:
            await until_tls(talk)
            await talk.start_tls()

    await stand(agrees_and_waits)
    trip = await cut_off(network(), "tls", ask)
    assert trip.timeout_trouble().reason is Reason.TIMEOUT_TLS


async def test_tls_is_started_once(stand, authority, network):
    await stand(offers_tls(authority.context(HOST)))
    async with network().trip().talk(HOST, PORT) as talk:
        await until_tls(talk)
        await talk.start_tls()
        with pytest.raises(RuntimeError, match="no connection in the clear"):
            await talk.start_tls()


# -- over UDP


async def test_datagrams_stay_whole_and_in_order(datagrams, network):
    await datagrams(lambda data: (b"one " + data, b"two " + data))
    trip = network().trip()
    async with trip.talk(HOST, PORT, transport="udp") as talk:
        await talk.send(b"a")
        assert [await talk.receive(), await talk.receive()] == [b"one a", b"two a"]
        await talk.send(b"b" * 1200)
        assert len(await talk.receive()) == 1204
    assert trip.facts["address"] == "127.0.0.1"


async def test_a_datagram_may_be_as_large_as_they_come(datagrams, network):
    await datagrams(lambda data: (b"x" * 65_000,))
    async with network().trip().talk(HOST, PORT, transport="udp") as talk:
        await talk.send(b"?")
        assert len(await talk.receive()) == 65_000


async def test_a_port_that_takes_no_datagrams_refuses(network, routes, free_port):
    async def ask():
        async with network().trip().talk(HOST, PORT, transport="udp") as talk:
            await talk.send(b"?")
            await talk.receive()

    routes.add(HOST, PORT, f"127.0.0.1:{free_port}")
    assert (await trouble_of(ask())).reason is Reason.REFUSED


async def test_a_silence_over_udp_is_no_response(datagrams, network, cut_off):
    async def ask(trip):
        async with trip.talk(HOST, PORT, transport="udp") as talk:
            await talk.send(b"?")
            await talk.receive()

    await datagrams(lambda data: ())
    trip = await cut_off(network(), "processing", ask)
    assert (trip.timeout_trouble().reason, trip.timeout_trouble().host) == (Reason.TIMEOUT_RESPONSE, HOST)


async def test_a_flood_of_datagrams_that_nobody_reads_is_cut_off(datagrams, network, wait_until):
    async def ask():
        async with network().trip().talk(HOST, PORT, transport="udp") as talk:
            for _ in range(40):
                await talk.send(b"?")
                await asyncio.sleep(0)
            await wait_until(lambda: talk._error)
            while await talk.receive():
                pass

    await datagrams(lambda data: (b"x" * 60_000,))
    assert (await trouble_of(ask())).reason is Reason.TOO_LARGE


# -- with a server of ours


async def test_a_server_of_ours_may_stand_anywhere(stand, routes, network):
    async def greets(_reader, writer):
        writer.write(b"hello")

    await stand(greets)
    port = int(routes.entries[HOST, PORT].rpartition(":")[2])
    assert await hear(network().trip(), "127.0.0.1", port, ours=True) == b"hello"


async def test_a_server_of_ours_is_not_kept_waiting_for_politeness(stand, network):
    async def goes(_reader, _writer):
        pass

    await stand(goes)
    trip = network(requests_per_second=0.01).trip()
    for _ in range(3):
        await hear(trip, ours=True)
    assert trip.waited == 0


async def test_that_a_server_is_ours_makes_no_hole_in_the_guard(stand, routes, network):
    async def greets(_reader, writer):
        writer.write(b"hello")

    await stand(greets)
    port = int(routes.entries[HOST, PORT].rpartition(":")[2])
    trip = network().trip()
    await hear(trip, "127.0.0.1", port, ours=True)
    assert (await trouble_of(hear(trip, "127.0.0.1", port))).reason is Reason.FORBIDDEN_ADDRESS


@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_a_server_of_ours_that_is_dead_is_our_trouble(network, free_port, transport):
    async def ask():
        async with network().trip().talk("127.0.0.1", free_port, transport=transport, ours=True) as talk:
            await talk.send(b"?")
            await talk.receive()

    assert (await trouble_of(ask())).reason is Reason.OFFLINE


async def test_a_server_of_ours_whose_name_is_unknown_is_our_trouble(network, name_server):
    trip = network(resolver=(name_server,)).trip()
    assert (await trouble_of(hear(trip, "nobody.example", PORT, ours=True))).reason is Reason.OFFLINE


@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_a_server_of_ours_that_is_silent_is_our_trouble(stand, datagrams, network, cut_off, transport):
    async def silent(reader, _writer):
        await reader.read(-1)

    await (stand(silent) if transport == "tcp" else datagrams(lambda data: ()))
    trip = await cut_off(network(), "processing", lambda trip: hear(trip, HOST, PORT, transport=transport, ours=True))
    assert (trip.timeout_trouble().reason, trip.timeout_trouble().host) == (Reason.OFFLINE, HOST)


async def test_what_was_ours_once_is_not_blamed_for_what_comes_next(stand, network, cut_off):
    async def goes(_reader, _writer):
        pass

    def at_the_last(trip):
        return (trip.phase, trip.timeout_trouble().host) == ("processing", "slow.example")

    async def then_silence(trip):
        await hear(trip, ours=True)
        assert (await trouble_of(hear(trip, "127.0.0.1", 1, ours=True))).reason is Reason.OFFLINE
        await hear(trip, "slow.example", PORT)

    await stand(goes)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        led = (
            ConnectTo(host=HOST, port=PORT, to=network().settings.connect_to[0].to),
            ConnectTo(host="slow.example", port=PORT, to=f"127.0.0.1:{silent.getsockname()[1]}"),
        )
        trip = await cut_off(network(connect_to=led), at_the_last, then_silence)
    assert (trip.timeout_trouble().reason, trip.timeout_trouble().host) == (Reason.TIMEOUT_RESPONSE, "slow.example")


# -- however it ends


async def test_an_error_of_the_probe_passes_and_closes_the_connection(stand, network):
    gone = asyncio.Event()

    async def waits(reader, _writer):
        await reader.read(-1)
        gone.set()

    await stand(waits)
    trip = network().trip()
    with pytest.raises(ZeroDivisionError):
        async with trip.talk(HOST, PORT):
            raise ZeroDivisionError
    await asyncio.wait_for(gone.wait(), 60)
    assert trip.phase is None


@pytest.mark.parametrize("stage", ["connect", "receive", "tls", "udp"])
async def test_a_dialogue_that_is_cancelled_leaves_no_descriptor(
    stand, datagrams, routes, full_port, network, wait_until, stage
):
    async def silent(reader, _writer):
        await reader.read(-1)

    async def ask(trip):
        async with trip.talk(HOST, PORT, transport="udp" if stage == "udp" else "tcp") as talk:
            await (talk.start_tls() if stage == "tls" else talk.receive())

    await stand(silent)
    if stage == "udp":
        await datagrams(lambda data: ())
    if stage == "connect":
        routes.add(HOST, PORT, f"127.0.0.1:{full_port}")
    phase = {"connect": "connect", "tls": "tls"}.get(stage, "processing")
    way = network()
    way.engines.session(HOST, Terms())  # made once, and kept
    before = psutil.Process().num_fds()
    for _ in range(5):
        trip = way.trip()
        asking = asyncio.ensure_future(ask(trip))
        await wait_until(lambda trip=trip: trip.phase == phase)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    await wait_until(lambda: psutil.Process().num_fds() == before)
