"""Name servers that fail, lie or hang, and what their answers lead to."""

import asyncio
import contextlib
import socket
from collections.abc import Callable

import pytest
from aiohttp import web
from dnslib import AAAA, CNAME, QTYPE, RCODE, RR, A, DNSRecord
from yarl import URL

from probes import Reason

TLS = False  # it plays no part here
PORTAL = "http://portal.example/"
PRIVATE = "10.0.0.1"


class OverUdp(asyncio.DatagramProtocol):
    def __init__(self, answer):
        self._answer = answer

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, peer):
        for reply in self._answer(DNSRecord.parse(data), "udp"):
            self._transport.sendto(reply, peer)


def over_tcp(answer):
    async def talk(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                size = int.from_bytes(await reader.readexactly(2), "big")
                for reply in answer(DNSRecord.parse(await reader.readexactly(size)), "tcp"):
                    writer.write(len(reply).to_bytes(2, "big") + reply)
                await writer.drain()

    return talk


@pytest.fixture
async def name_server(udp_and_tcp) -> Callable:
    """`await name_server(answer)`: its ADDRESS:PORT; `answer(question, transport)` gives the messages to send back."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(answer):
            udp, tcp = udp_and_tcp()
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_datagram_endpoint(lambda: OverUdp(answer), sock=udp)
            stack.callback(transport.close)
            talking = set()

            def accepted(reader, writer):
                task = loop.create_task(over_tcp(answer)(reader, writer))
                talking.add(task)
                task.add_done_callback(lambda _: writer.close())

            server = await asyncio.start_server(accepted, sock=tcp)
            stack.callback(lambda: [task.cancel() for task in talking])
            stack.callback(server.close)
            return "{}:{}".format(*udp.getsockname())

        yield start


def records(*rdata, code=RCODE.NOERROR):
    """Answers every question with those of these that are of its kind."""

    def answer(question, _transport):
        reply = question.reply()
        reply.header.rcode = code
        for one in rdata:
            if QTYPE[question.q.qtype] == type(one).__name__:
                reply.add_answer(RR(question.q.qname, question.q.qtype, rdata=one, ttl=0))
        return [reply.pack()]

    return answer


def circle(question, _transport):
    """a is b, and b is a."""
    name = str(question.q.qname)
    reply = question.reply()
    reply.add_answer(RR(name, QTYPE.CNAME, rdata=CNAME("b.example")), RR("b.example", QTYPE.CNAME, rdata=CNAME(name)))
    return [reply.pack()]


ANSWERS = {
    "NXDOMAIN": (records(code=RCODE.NXDOMAIN), Reason.DNS_NO_NAME),
    "no data": (records(), Reason.DNS_NO_ADDRESS),
    "SERVFAIL": (records(code=RCODE.SERVFAIL), Reason.DNS_TROUBLE),
    "REFUSED": (records(code=RCODE.REFUSED), Reason.DNS_TROUBLE),
    "FORMERR": (records(code=RCODE.FORMERR), Reason.DNS_TROUBLE),
    "NOTIMP": (records(code=RCODE.NOTIMP), Reason.DNS_TROUBLE),
    "a circle of CNAMEs": (circle, Reason.DNS_NO_ADDRESS),
    "a private address": (records(A(PRIVATE)), Reason.FORBIDDEN_ADDRESS),
    "a loopback address": (records(A("127.0.0.1")), Reason.FORBIDDEN_ADDRESS),
    "a metadata address": (records(A("169.254.169.254")), Reason.FORBIDDEN_ADDRESS),
    "a mapped loopback address": (records(AAAA("::ffff:7f00:1")), Reason.FORBIDDEN_ADDRESS),
    "a private address of IPv6": (records(AAAA("fd00::1")), Reason.FORBIDDEN_ADDRESS),
    "a private address among public ones": (records(A("8.8.8.8"), A(PRIVATE)), Reason.FORBIDDEN_ADDRESS),
}


@pytest.mark.parametrize("what", ANSWERS)
async def test_each_answer_of_a_name_server_has_its_reason(name_server, ask, what):
    answer, reason = ANSWERS[what]
    assert (await ask(PORTAL, resolver=(await name_server(answer),))).reason is reason


def with_wrong_id(question, transport):
    (right,) = records(A(PRIVATE))(question, transport)
    return [((question.header.id + 1) & 0xFFFF).to_bytes(2, "big") + right[2:]]


def with_wrong_question(question, transport):
    reply = DNSRecord.question("other.example", QTYPE[question.q.qtype]).reply()
    reply.header.id = question.header.id
    reply.add_answer(RR("other.example", QTYPE.A, rdata=A(PRIVATE)))
    return [reply.pack()]


FORGERIES = {
    "a wrong id": with_wrong_id,
    "a wrong question": with_wrong_question,
    "garbage": lambda question, transport: [b"\xff" * 40],
    "half a header": lambda question, transport: [question.pack()[:7]],
    "nothing": lambda question, transport: [b""],
    "the question itself": lambda question, transport: [question.pack()],
}


@pytest.mark.parametrize("what", FORGERIES)
async def test_a_forged_answer_is_not_believed(name_server, run_out, what):
    """Nobody knows what is true then: no address, and nothing said about the name."""
    reached = asyncio.Event()

    def forge(question, transport):
        reached.set()
        return FORGERIES[what](question, transport)

    found, phases = await run_out(URL(PORTAL), reached, resolver=(await name_server(forge),))
    assert (found.reason, phases) == (Reason.OFFLINE, {"resolve"})


@pytest.mark.parametrize("what", FORGERIES)
async def test_a_forged_answer_does_not_stand_in_the_way_of_the_right_one(name_server, ask, what):
    def both(question, transport):
        return [*FORGERIES[what](question, transport), *records(A("10.0.0.2"))(question, transport)]

    seen = await ask(PORTAL, resolver=(await name_server(both),))
    assert seen.reason is Reason.FORBIDDEN_ADDRESS
    assert "10.0.0.2" in seen.detail


async def test_an_answer_too_long_for_udp_is_asked_for_again_over_tcp(name_server, ask):
    asked = []

    def answer(question, transport):
        asked.append(transport)
        if transport == "tcp":
            return records(A(PRIVATE))(question, transport)
        reply = question.reply()
        reply.header.tc = 1
        return [reply.pack()]

    assert (await ask(PORTAL, resolver=(await name_server(answer),))).reason is Reason.FORBIDDEN_ADDRESS
    assert set(asked) == {"udp", "tcp"}


async def served(address, port=0):
    """A web server at this address; its port and what closes it."""

    async def handler(_request):
        return web.Response(text="đây")

    runner = web.ServerRunner(web.Server(handler))
    await runner.setup()
    await web.TCPSite(runner, address, port).start()
    return runner.addresses[0][1], runner.cleanup


@pytest.fixture
async def inside(name_server, ask):
    """`await inside(addresses, at)`: a look at a name with these addresses, of which a server is `at` one."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(rdata, at, busy=None):
            port, close = await served(at)
            stack.push_async_callback(close)
            if busy:
                stack.enter_context(taking_nothing(busy, port))
            return await ask(
                f"http://portal.example:{port}/",
                resolver=(await name_server(records(*rdata)),),
                internal_hosts=("portal.example",),
                ports=(port,),
            )

        yield start


@contextlib.contextmanager
def taking_nothing(address, port):
    """The queue at this address is full: whoever knocks gets no answer."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind((address, port))
        server.listen(0)
        for _ in range(4):
            knocking = stack.enter_context(socket.socket())
            knocking.setblocking(False)
            knocking.connect_ex((address, port))
        yield


async def test_a_host_of_ipv6_only_is_looked_at(inside):
    seen = await inside([AAAA("::1")], "::1")
    assert (seen.reason, seen.facts["address"], seen.facts["ip_protocol"]) == (Reason.OK, "::1", 6)


async def test_a_host_of_ipv4_only_is_looked_at(inside):
    seen = await inside([A("127.0.0.1")], "127.0.0.1")
    assert (seen.reason, seen.facts["address"], seen.facts["ip_protocol"]) == (Reason.OK, "127.0.0.1", 4)


@pytest.mark.parametrize("alive", ["127.0.0.8", "127.0.0.9"])
async def test_an_address_that_refuses_gives_way_to_the_next(inside, alive):
    seen = await inside([A("127.0.0.8"), A("127.0.0.9")], alive)
    assert (seen.reason, seen.facts["address"]) == (Reason.OK, alive)


async def test_an_address_of_ipv6_that_refuses_gives_way_to_one_of_ipv4(inside):
    seen = await inside([AAAA("::1"), A("127.0.0.1")], "127.0.0.1")
    assert (seen.reason, seen.facts["address"]) == (Reason.OK, "127.0.0.1")


async def test_an_address_that_answers_nothing_gives_way_to_the_next(inside):
    seen = await inside([A("127.0.0.8"), A("127.0.0.9")], "127.0.0.9", busy="127.0.0.8")
    assert (seen.reason, seen.facts["address"]) == (Reason.OK, "127.0.0.9")


async def test_a_host_whose_every_address_refuses_has_refused(name_server, ask, free_port):
    at = await name_server(records(A("127.0.0.8"), A("127.0.0.9")))
    seen = await ask(
        f"http://portal.example:{free_port}/", resolver=(at,), internal_hosts=("portal.example",), ports=(free_port,)
    )
    assert seen.reason is Reason.REFUSED


async def test_a_name_that_turns_to_a_metadata_address_between_two_looks_is_caught(name_server, ask):
    """DNS rebinding: the address is looked at each time, and it is the one that is then connected to."""
    turned = []

    def answer(question, transport):
        return records(A("169.254.169.254" if turned else "127.0.0.1"))(question, transport)

    port, close = await served("127.0.0.1")
    changes = {"resolver": (await name_server(answer),), "internal_hosts": ("portal.example",), "ports": (port,)}
    first = await ask(f"http://portal.example:{port}/", **changes)
    turned.append(True)
    second = await ask(f"http://portal.example:{port}/", **changes)
    await close()
    assert (first.reason, second.reason) == (Reason.OK, Reason.FORBIDDEN_ADDRESS)
