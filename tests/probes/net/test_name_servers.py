"""Asking real name servers on loopback."""

import asyncio
import contextlib
import socket

import psutil
import pytest
from dnslib import AAAA, CNAME, QTYPE, RCODE, RR, A, DNSRecord

from probes import Reason
from probes._net import name_servers
from probes._net.course import Course
from probes._net.faults import Fault
from probes._net.name_servers import NameServers

HOST = "dichvucong.hanoi.gov.vn"
EIGHT, SIX = A("8.8.8.8"), AAAA("2001:4860::8888")


def answers(*rdata, code=RCODE.NOERROR, cut=False):
    """Of each record those whose type is asked for."""

    def reply_to(question):
        reply = question.reply()
        reply.header.rcode = code
        reply.header.tc = int(cut)
        for one in rdata:
            if QTYPE[question.q.qtype] == type(one).__name__:
                reply.add_answer(RR(question.q.qname, question.q.qtype, rdata=one))
        return [reply.pack()]

    return reply_to


def forged(right):
    """A wrong number and a wrong question come before what is right."""

    def reply_to(question):
        (true,) = right(question)
        other = DNSRecord.question("a.example", QTYPE[question.q.qtype]).reply()
        other.header.id = question.header.id
        other.add_answer(RR("a.example", question.q.qtype, rdata=A("10.0.0.1")))
        wrong = (int.from_bytes(true[:2]) ^ 0xFFFF).to_bytes(2) + true[2:]
        return [wrong, other.pack(), b"", b"\xff" * 3, true]

    return reply_to


class Udp(asyncio.DatagramProtocol):
    def __init__(self, reply_to):
        self._reply_to = reply_to

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, who):
        for reply in self._reply_to(DNSRecord.parse(data)):
            self._transport.sendto(reply, who)


@pytest.fixture
async def server(udp_and_tcp):
    """`await server(udp, tcp=None)`: its ADDRESS:PORT; `udp` and `tcp` turn a question into messages."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(udp, tcp=None):
            loop = asyncio.get_running_loop()
            datagrams, listening = udp_and_tcp()
            port = listening.getsockname()[1]
            transport, _ = await loop.create_datagram_endpoint(lambda: Udp(udp), sock=datagrams)
            stack.callback(transport.close)
            if not tcp:
                listening.close()
            if tcp:

                async def talk(reader, writer):
                    with contextlib.suppress(asyncio.IncompleteReadError):
                        size = int.from_bytes(await reader.readexactly(2))
                        for reply in tcp(DNSRecord.parse(await reader.readexactly(size))):
                            writer.write(len(reply).to_bytes(2) + reply)
                    writer.close()

                await stack.enter_async_context(await asyncio.start_server(talk, sock=listening))
            return f"127.0.0.1:{port}"

        yield start


async def fault_of(*servers):
    with pytest.raises(Fault) as caught:
        await NameServers(servers).addresses(HOST, Course(None))
    return caught.value.reason


async def test_addresses_of_both_versions_are_found(server):
    assert set(await NameServers([await server(answers(EIGHT, SIX))]).addresses(HOST, Course(None))) == {
        "8.8.8.8",
        "2001:4860::8888",
    }


@pytest.mark.parametrize(("record", "text"), [(EIGHT, "8.8.8.8"), (SIX, "2001:4860::8888")])
async def test_one_version_is_enough(server, record, text):
    assert await NameServers([await server(answers(record))]).addresses(HOST, Course(None)) == (text,)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (RCODE.NXDOMAIN, Reason.DNS_NO_NAME),
        (RCODE.NOERROR, Reason.DNS_NO_ADDRESS),
        (RCODE.SERVFAIL, Reason.DNS_TROUBLE),
        (RCODE.REFUSED, Reason.DNS_TROUBLE),
    ],
)
async def test_each_way_of_having_no_address_has_its_reason(server, code, reason):
    assert await fault_of(await server(answers(code=code))) is reason


@pytest.mark.parametrize("code", [RCODE.SERVFAIL, RCODE.REFUSED])
async def test_a_server_that_fails_leaves_it_to_the_next(server, code):
    servers = [await server(answers(code=code)), await server(answers(EIGHT))]
    assert await NameServers(servers).addresses(HOST, Course(None)) == ("8.8.8.8",)


async def test_a_plain_no_is_believed_and_no_other_server_is_asked(server):
    assert (
        await fault_of(await server(answers(code=RCODE.NXDOMAIN)), await server(answers(EIGHT))) is Reason.DNS_NO_NAME
    )


async def test_a_server_that_is_silent_leaves_it_to_the_next(server, monkeypatch):
    monkeypatch.setattr(name_servers, "_PATIENCE", 0.05)
    servers = [await server(lambda _: []), await server(answers(EIGHT))]
    assert await NameServers(servers).addresses(HOST, Course(None)) == ("8.8.8.8",)


async def test_a_server_that_is_not_there_leaves_it_to_the_next(server, free_port):
    servers = [f"127.0.0.1:{free_port}", await server(answers(EIGHT))]
    assert await NameServers(servers).addresses(HOST, Course(None)) == ("8.8.8.8",)


async def test_servers_that_are_not_there_are_our_trouble(free_port):
    assert await fault_of(f"127.0.0.1:{free_port}") is Reason.OFFLINE


async def test_an_answer_that_was_cut_off_is_asked_for_again_in_a_stream(server):
    many = [A(f"8.8.{i}.8") for i in range(200)]
    at = await server(answers(cut=True), answers(*many))
    assert len(await NameServers([at]).addresses(HOST, Course(None))) == 200


@pytest.mark.parametrize("stream", [lambda _: [], lambda _: [b"no answer at all"]])
async def test_a_stream_that_does_not_answer_is_trouble_of_names(server, stream):
    assert await fault_of(await server(answers(cut=True), stream)) is Reason.DNS_TROUBLE


async def test_a_stream_that_stays_silent_is_a_timeout(server, monkeypatch):
    monkeypatch.setattr(name_servers, "_PATIENCE", 0.05)
    monkeypatch.setattr(name_servers, "_TRIES", 1)
    at = await server(answers(cut=True))
    with socket.create_server(("127.0.0.1", int(at.rpartition(":")[2]))):
        assert await fault_of(at) is Reason.TIMEOUT_RESOLVE


async def test_what_others_send_is_not_believed(server):
    assert await NameServers([await server(forged(answers(EIGHT)))]).addresses(HOST, Course(None)) == ("8.8.8.8",)


async def test_an_alias_is_followed(server):
    def reply_to(question):
        reply = question.reply()
        reply.add_answer(RR(HOST, QTYPE.CNAME, rdata=CNAME("a.example")))
        if question.q.qtype == QTYPE.A:
            reply.add_answer(RR("a.example", QTYPE.A, rdata=EIGHT))
        return [reply.pack()]

    assert await NameServers([await server(reply_to)]).addresses(HOST, Course(None)) == ("8.8.8.8",)


@pytest.mark.parametrize("text", ["192.0.2.1", "192.0.2.1:5353", "2400::1", "[2400::1]:53"])
async def test_a_server_is_named_with_its_port_or_without(text):
    assert NameServers([text])


@pytest.mark.parametrize("text", ["", "a.example", "a.example:53", "192.0.2.1:0"])
async def test_what_is_no_address_is_an_error(text):
    with pytest.raises(ValueError, match="is not"):
        NameServers([text])


@pytest.mark.parametrize("end", ["answered", "refused", "cancelled"])
async def test_a_question_leaves_no_descriptor_behind(server, free_port, wait_until, end):
    at = {"answered": answers(EIGHT), "cancelled": lambda _: []}.get(end)
    asked = NameServers([await server(at) if at else f"127.0.0.1:{free_port}"])
    before = psutil.Process().num_fds()
    asking = asyncio.ensure_future(asked.addresses(HOST, Course(None)))
    if end == "cancelled":
        await asyncio.sleep(0)
        asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await wait_until(lambda: psutil.Process().num_fds() == before)


# -- servers that do half of it


async def test_a_stream_that_is_refused_is_trouble_of_names(server):
    """Nothing is known of the agency's own server then, least of all that it refuses."""
    assert await fault_of(await server(answers(cut=True))) is Reason.DNS_TROUBLE


async def test_a_stream_that_is_refused_leaves_it_to_the_next_server(server):
    servers = [await server(answers(cut=True)), await server(answers(EIGHT))]
    assert await NameServers(servers).addresses(HOST, Course(None)) == ("8.8.8.8",)


@pytest.mark.parametrize(("record", "text"), [(EIGHT, "8.8.8.8"), (SIX, "2001:4860::8888")])
async def test_a_server_that_is_silent_about_one_version_still_gives_the_other(server, monkeypatch, record, text):
    """A misbehaviour of old that browsers get along with (RFC 4074, 4.1)."""
    monkeypatch.setattr(name_servers, "_PATIENCE", 0.05)
    wanted = type(record).__name__

    def reply_to(question):
        return answers(record)(question) if QTYPE[question.q.qtype] == wanted else []

    assert await NameServers([await server(reply_to)]).addresses(HOST, Course(None)) == (text,)


@pytest.mark.parametrize("code", [RCODE.NXDOMAIN, RCODE.SERVFAIL, RCODE.REFUSED, RCODE.FORMERR])
async def test_a_server_that_fails_for_one_version_still_gives_the_other(server, code):
    """Also a misbehaviour of old (RFC 4074, 4.2 to 4.5)."""

    def reply_to(question):
        return answers(EIGHT)(question) if question.q.qtype == QTYPE.A else answers(code=code)(question)

    assert await NameServers([await server(reply_to)]).addresses(HOST, Course(None)) == ("8.8.8.8",)


async def test_a_question_that_was_lost_is_asked_again(server, monkeypatch):
    monkeypatch.setattr(name_servers, "_PATIENCE", 0.1)
    asked = []

    def reply_to(question):
        if question.q.qtype != QTYPE.NS:
            asked.append(question)
        return answers(EIGHT)(question) if len(asked) > 2 else []

    assert await NameServers([await server(reply_to)]).addresses(HOST, Course(None)) == ("8.8.8.8",)
    assert len(asked) == 4


async def test_a_name_is_asked_for_under_numbers_and_from_ports_that_nobody_can_guess(server):
    seen = []

    def reply_to(question):
        seen.append(question.header.id)
        return answers(EIGHT)(question)

    servers = NameServers([await server(reply_to)])
    for _ in range(20):
        await servers.addresses(HOST, Course(None))
    assert len(set(seen)) > 30  # of 40


async def test_a_strangers_answer_from_another_socket_is_not_heard():
    """It has the right number and question, and comes before the right one; only the sender is another."""
    loop = asyncio.get_running_loop()
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as true,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
    ):
        true.bind(("127.0.0.1", 0))
        stranger.bind(("127.0.0.1", 0))

        def answer():
            data, who = true.recvfrom(512)
            question = DNSRecord.parse(data)
            stranger.sendto(answers(A("6.6.6.6"))(question)[0], who)
            true.sendto(answers(EIGHT)(question)[0], who)

        loop.add_reader(true, answer)
        try:
            asked = NameServers([f"127.0.0.1:{true.getsockname()[1]}"])
            assert await asked.addresses(HOST, Course(None)) == ("8.8.8.8",)
        finally:
            loop.remove_reader(true)


async def test_a_server_that_cannot_be_reached_leaves_it_to_the_next(server):
    """The kernel lets nobody send to all."""
    assert await fault_of("255.255.255.255:53") is Reason.OFFLINE
    servers = ["255.255.255.255:53", await server(answers(EIGHT))]
    assert await NameServers(servers).addresses(HOST, Course(None)) == ("8.8.8.8",)


async def test_a_server_on_ipv6_is_asked():
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Udp(answers(EIGHT)), local_addr=("::1", 0))
    try:
        at = f"[::1]:{transport.get_extra_info('sockname')[1]}"
        assert await NameServers([at]).addresses(HOST, Course(None)) == ("8.8.8.8",)
    finally:
        transport.close()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("192.0.2.1:5353", ("192.0.2.1", 5353)),
        ("2400::1", ("2400::1", 53)),
        ("[2400::1]", ("2400::1", 53)),
        ("[2400::1]:5353", ("2400::1", 5353)),
    ],
)
async def test_a_server_is_where_it_is_said_to_be(text, place):
    (one,) = NameServers([text])._servers
    assert (one.text, one.port) == place


@pytest.mark.parametrize("host", [f"{HOST}.", HOST.upper()])
async def test_a_name_is_asked_for_as_dns_writes_it(server, host):
    seen = []

    def reply_to(question):
        seen.append(str(question.q.qname))
        return answers(EIGHT)(question)

    assert await NameServers([await server(reply_to)]).addresses(host, Course(None)) == ("8.8.8.8",)
    assert set(seen) == {f"{HOST}."}


async def test_many_names_are_asked_for_at_once_without_mixing_them_up(server):
    def reply_to(question):
        return answers(A(f"8.8.8.{str(question.q.qname).partition('.')[0]}"))(question)

    servers = NameServers([await server(reply_to)])
    found = await asyncio.gather(*(servers.addresses(f"{n}.example", Course(None)) for n in range(100)))
    assert found == [(f"8.8.8.{n}",) for n in range(100)]


async def test_a_stream_that_comes_in_pieces_is_put_together(server):
    whole = answers(EIGHT)

    async def dribbles(reader, writer):
        size = int.from_bytes(await reader.readexactly(2))
        (reply,) = whole(DNSRecord.parse(await reader.readexactly(size)))
        for byte in len(reply).to_bytes(2) + reply:
            writer.write(bytes([byte]))
            await writer.drain()
        writer.close()

    at = await server(answers(cut=True))
    async with await asyncio.start_server(dribbles, "127.0.0.1", int(at.rpartition(":")[2])):
        assert await NameServers([at]).addresses(HOST, Course(None)) == ("8.8.8.8",)


@pytest.mark.parametrize("stream", ["hangs up", "silent", "refused"])
async def test_a_stream_leaves_no_descriptor_behind(server, monkeypatch, wait_until, stream):
    monkeypatch.setattr(name_servers, "_PATIENCE", 0.05)
    monkeypatch.setattr(name_servers, "_TRIES", 1)
    at = await server(answers(cut=True), (lambda _: []) if stream == "hangs up" else None)
    with contextlib.ExitStack() as stack:
        if stream == "silent":
            stack.enter_context(socket.create_server(("127.0.0.1", int(at.rpartition(":")[2]))))
        before = psutil.Process().num_fds()
        await fault_of(at)
        await wait_until(lambda: psutil.Process().num_fds() == before)


# -- servers that are silent: about a name, or dead


def knows_the_root(code=RCODE.NOERROR, others=()):
    """Silent about all but the root and the `others`."""

    def reply_to(question):
        name = str(question.q.qname).rstrip(".")
        if not name:
            return answers(code=code)(question)
        return answers(EIGHT)(question) if name in others else []

    return reply_to


def silent(_question):
    return []


@pytest.fixture
def hurried(monkeypatch):
    monkeypatch.setattr(name_servers, "_PATIENCE", 0.1)


@pytest.fixture
def counting(server):
    """`await counting(udp)`: its ADDRESS:PORT, and the types of the questions that come."""

    async def start(udp):
        kinds = []

        def reply_to(question):
            kinds.append(QTYPE[question.q.qtype])
            return udp(question)

        return await server(reply_to), kinds

    return start


@pytest.mark.parametrize("code", [RCODE.NOERROR, RCODE.REFUSED, RCODE.SERVFAIL])
async def test_a_name_that_a_living_server_is_silent_about_is_the_names_trouble(server, hurried, code):
    assert await fault_of(await server(knows_the_root(code))) is Reason.TIMEOUT_RESOLVE


async def test_servers_that_are_silent_whatever_is_asked_are_our_trouble(server, hurried):
    at = await server(silent)
    with pytest.raises(Fault, match=f"none of the name servers answers .*{at}") as caught:
        await NameServers([at]).addresses(HOST, Course(None))
    assert caught.value.reason is Reason.OFFLINE


async def test_one_server_that_lives_is_enough_to_believe_the_silence(server, free_port, hurried):
    servers = [await server(silent), f"127.0.0.1:{free_port}", await server(knows_the_root())]
    assert await fault_of(*servers) is Reason.TIMEOUT_RESOLVE


async def test_a_server_that_answered_another_look_meanwhile_lives(server, hurried):
    servers = NameServers([await server(lambda q: answers(EIGHT)(q) if q.q.qname == "b.example" else [])])
    asking = asyncio.ensure_future(servers.addresses(HOST, Course(None)))
    await asyncio.sleep(0)
    await servers.addresses("b.example", Course(None))
    with pytest.raises(Fault) as caught:
        await asking
    assert caught.value.reason is Reason.TIMEOUT_RESOLVE


async def test_a_server_that_answered_another_look_before_may_have_died_since(server, hurried):
    servers = NameServers([await server(lambda q: answers(EIGHT)(q) if q.q.qname == "b.example" else [])])
    await servers.addresses("b.example", Course(None))
    with pytest.raises(Fault) as caught:
        await servers.addresses(HOST, Course(None))
    assert caught.value.reason is Reason.OFFLINE


async def test_who_forges_answers_does_not_make_a_server_live(server, hurried):
    """A number that was not asked under, and another question."""

    def wrong(question):
        number = (question.header.id + 100) & 0xFFFF
        return [number.to_bytes(2) + question.reply().pack()[2:], question.pack()]

    assert await fault_of(await server(wrong)) is Reason.OFFLINE


async def test_a_first_try_that_is_answered_asks_for_nothing_else(counting):
    at, kinds = await counting(answers(EIGHT))
    await NameServers([at]).addresses(HOST, Course(None))
    assert sorted(kinds) == ["A", "AAAA"]


@pytest.mark.parametrize(("udp", "times"), [(knows_the_root(), 1), (silent, 2)])
async def test_the_root_is_asked_for_from_the_second_try_on_until_a_server_is_heard(counting, hurried, udp, times):
    at, kinds = await counting(udp)
    await fault_of(at)
    assert sorted(kinds) == sorted(["A", "AAAA"] * 3 + ["NS"] * times)
    assert kinds.index("NS") >= 2
