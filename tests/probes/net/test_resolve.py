"""Names, asked of a real name server on loopback."""

import asyncio
import gc
import socket
import threading
from types import SimpleNamespace

import dns.resolver
import pytest
from dnslib import AAAA, QTYPE, RCODE, RR, A
from dnslib.server import DNSLogger, DNSServer

from probes import Reason, Trouble
from probes._net import name_servers, resolve
from probes._net.course import Course
from probes._net.faults import Fault
from probes._net.name_servers import NameServers
from probes._net.resolve import SystemResolver

CODES = {"nobody": RCODE.NXDOMAIN, "broken": RCODE.SERVFAIL, "refuses": RCODE.REFUSED, "confused": RCODE.FORMERR}
ADDRESSES = {
    ("both", QTYPE.A): A("8.8.8.8"),
    ("both", QTYPE.AAAA): AAAA("2001:4860:4860::8888"),
    ("half", QTYPE.A): A("8.8.8.8"),
    ("inside", QTYPE.A): A("10.0.0.1"),
    ("home", QTYPE.A): A("127.0.0.1"),
}


class Zone:
    def __init__(self):
        self.asked = []

    def resolve(self, request, _handler):
        name, kind = str(request.q.qname), request.q.qtype
        self.asked.append(name)
        first = name.partition(".")[0]
        reply = request.reply()
        reply.header.rcode = CODES.get(first, RCODE.NOERROR)
        if (first, kind) in ADDRESSES:
            reply.add_answer(RR(name, kind, rdata=ADDRESSES[first, kind], ttl=60))
        if first == "half" and kind == QTYPE.AAAA:
            reply.header.rcode = RCODE.SERVFAIL
        return reply


@pytest.fixture(scope="module")
def name_server():
    zone = Zone()
    server = DNSServer(zone, address="127.0.0.1", port=0, logger=DNSLogger(log="", prefix=False))
    server.start_thread()
    yield SimpleNamespace(zone=zone, at=f"127.0.0.1:{server.server.server_address[1]}")
    server.stop()
    server.server.server_close()
    server.thread.join()


@pytest.fixture
def silent_server():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{sock.getsockname()[1]}"


@pytest.fixture
async def servers(name_server):
    resolver = NameServers([name_server.at])
    yield resolver
    await resolver.close()


async def test_a_name_has_its_addresses_of_both_kinds(servers):
    assert set(await servers.addresses("both.example", Course(None))) == {"8.8.8.8", "2001:4860:4860::8888"}


async def test_a_name_server_that_fails_for_one_kind_of_address_is_no_trouble(servers):
    assert await servers.addresses("half.example", Course(None)) == ("8.8.8.8",)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nobody.example", Reason.DNS_NO_NAME),
        ("empty.example", Reason.DNS_NO_ADDRESS),
        ("broken.example", Reason.DNS_TROUBLE),
        ("refuses.example", Reason.DNS_TROUBLE),
        ("confused.example", Reason.DNS_TROUBLE),
    ],
)
async def test_each_answer_without_an_address_has_its_reason(servers, name, reason):
    with pytest.raises(Fault) as caught:
        await servers.addresses(name, Course(None))
    assert caught.value.reason is reason


async def test_name_servers_that_do_not_answer_are_our_trouble(silent_server, monkeypatch):
    monkeypatch.setattr(name_servers, "_PATIENCE", 0.05)
    monkeypatch.setattr(name_servers, "_TRIES", 1)
    resolver = NameServers([silent_server])
    with pytest.raises(Fault) as caught:
        await resolver.addresses("both.example", Course(None))
    await resolver.close()
    assert caught.value.reason is Reason.OFFLINE


async def test_the_systems_resolver_knows_this_machine():
    resolver = SystemResolver(1)
    assert await resolver.addresses("localhost", Course(None)) in (
        ("127.0.0.1",),
        ("::1",),
        ("::1", "127.0.0.1"),
        ("127.0.0.1", "::1"),
    )
    await resolver.close()


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (socket.EAI_NONAME, Reason.DNS_NO_NAME),
        (socket.EAI_NODATA, Reason.DNS_NO_ADDRESS),
        (socket.EAI_AGAIN, Reason.DNS_TROUBLE),
        (socket.EAI_FAIL, Reason.DNS_TROUBLE),
    ],
)
async def test_each_error_of_the_systems_resolver_has_its_reason(monkeypatch, number, reason):
    """The system's name servers are not ours to change, so its answer is put in their place."""

    def fails(*_args, **_kwargs):
        raise socket.gaierror(number, "said by the system")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    resolver = SystemResolver(1)
    with pytest.raises(Fault) as caught:
        await resolver.addresses("a.example", Course(None))
    await resolver.close()
    assert caught.value.reason is reason


async def test_an_empty_answer_of_the_systems_resolver_is_no_address(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: [])
    resolver = SystemResolver(1)
    with pytest.raises(Fault) as caught:
        await resolver.addresses("a.example", Course(None))
    await resolver.close()
    assert caught.value.reason is Reason.DNS_NO_ADDRESS


@pytest.mark.parametrize(
    "name", ["", ".", "a..b", "a b", "a/b", "x" * 64 + ".example", ".".join(["x" * 60] * 5), "ộ.example", "a\n"]
)
def test_a_name_that_cannot_be_is_not_asked_for(name):
    with pytest.raises(Fault) as caught:
        resolve.check(name)
    assert caught.value.reason is Reason.DNS_NO_NAME


@pytest.mark.parametrize("name", ["a", "a.example", "a.example.", "_x.a-b.example", "xn--b-8xm.example"])
def test_a_name_that_may_be_is_let_through(name):
    resolve.check(name)


@pytest.mark.parametrize("host", ["inside.example", "home.example"])
async def test_a_name_that_leads_into_a_private_network_is_refused(network, name_server, host):
    with pytest.raises(Trouble) as caught:
        await network(resolver=(name_server.at,)).trip().handshake(host)
    assert (caught.value.reason, caught.value.host) == (Reason.FORBIDDEN_ADDRESS, host)


@pytest.mark.parametrize("internal", ["home.example", "*.example"])
async def test_a_host_that_is_meant_to_be_internal_is_asked(network, name_server, internal, free_port):
    way = network(resolver=(name_server.at,), internal_hosts=(internal,), ports=(free_port,))
    with pytest.raises(Trouble) as caught:
        await way.trip().handshake("home.example", free_port)
    assert caught.value.reason is Reason.REFUSED


async def test_a_limit_that_runs_out_while_resolving_says_so(network, silent_server, cut_off):
    trip = await cut_off(network(resolver=(silent_server,)), "resolve", lambda trip: trip.handshake("a.example"))
    found = trip.timeout_trouble()
    assert (found.reason, found.host) == (Reason.OFFLINE, "a.example")
    assert "none of the name servers answers" in found.detail
    assert "resolving the name took too long" in found.detail
    assert trip.phases["resolve"] >= 0.04


async def test_a_name_in_vietnamese_letters_is_asked_for_in_the_form_that_dns_takes(network, name_server):
    with pytest.raises(Trouble) as caught:
        await network(resolver=(name_server.at,)).trip().handshake("bộ.example")
    assert caught.value.reason is Reason.DNS_NO_ADDRESS
    assert "xn--b-8xm.example." in name_server.zone.asked


# -- the system's resolver, some of whose threads do not come back

HANGS = ("hangs.example", "hangs-too.example")


class Libc:
    """Stands in for a getaddrinfo whose servers are silent for some names, which no test can make this machine's be."""

    def __init__(self):
        self.asked = []
        self.released = threading.Event()

    def __call__(self, host):
        self.asked.append(host)
        if host in HANGS:
            self.released.wait()
        if host == HANGS[1]:
            raise socket.gaierror(socket.EAI_NONAME, "after all")
        return ["8.8.8.8"]


@pytest.fixture
def libc():
    one = Libc()
    yield one
    one.released.set()


@pytest.fixture
async def two(libc):
    """The system's resolver, with two threads."""
    resolver = SystemResolver(2, libc)
    yield resolver
    libc.released.set()
    await resolver.close()


@pytest.fixture
def wanting(two):
    """`wanting(host)`: somebody who waits for its addresses."""
    return lambda host: asyncio.ensure_future(two.addresses(host, Course(None)))


@pytest.fixture
async def held(two, libc, wanting, wait_until):
    """Both threads are held, by names that nobody waits for any more."""
    waiting = [wanting(host) for host in HANGS]
    await wait_until(lambda: len(libc.asked) == 2)
    for one in waiting:
        one.cancel()
    await asyncio.wait(waiting)
    libc.asked.clear()


async def test_a_name_that_hangs_holds_one_thread_however_many_looks_want_it_and_are_cut_off(
    two, libc, wanting, wait_until
):
    cut_off = [wanting(HANGS[0]) for _ in range(5)]
    await wait_until(lambda: libc.asked)
    for one in cut_off:
        one.cancel()
    later = wanting(HANGS[0])
    async with asyncio.timeout(60):
        assert await two.addresses("a.example", Course(None)) == ("8.8.8.8",)
    assert libc.asked == [HANGS[0], "a.example"]
    assert not later.done()


async def test_who_is_cut_off_takes_no_answer_from_others_who_want_the_same_name(libc, wanting, wait_until):
    first, *others = [wanting(HANGS[0]) for _ in range(3)]
    await wait_until(lambda: libc.asked)
    first.cancel()
    await asyncio.wait([first])
    libc.released.set()
    assert await asyncio.gather(*others) == [("8.8.8.8",)] * 2
    assert len(libc.asked) == 1


async def test_an_error_reaches_everyone_who_wants_the_name_as_one_of_its_own(libc, wanting, wait_until):
    waiting = [wanting(HANGS[1]) for _ in range(3)]
    await wait_until(lambda: libc.asked)
    libc.released.set()
    faults = await asyncio.gather(*waiting, return_exceptions=True)
    assert [fault.reason for fault in faults] == [Reason.DNS_NO_NAME] * 3
    assert len(set(map(id, faults))) == 3
    assert len(libc.asked) == 1


async def test_a_question_that_has_ended_is_forgotten_and_asked_anew(two, libc):
    for _ in range(2):
        await two.addresses("a.example", Course(None))
    assert libc.asked == ["a.example"] * 2
    assert not two._questions


async def test_an_error_that_comes_when_nobody_wants_the_name_any_more_is_no_news(two, libc, held, wait_until):
    said = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context["message"]))
    libc.released.set()
    await wait_until(lambda: not two._questions)
    gc.collect()  # a future that nobody has asked for its error complains when it goes
    assert said == []


async def test_a_look_that_only_waits_for_a_thread_is_not_cut_off_by_its_limit(two, libc, held):
    """Nor does the wait count as its own time, or as time that resolving took."""
    async with asyncio.timeout(0.5) as limit:
        course = Course(limit)
        course.phases.enter("resolve")
        asyncio.get_running_loop().call_later(0.8, libc.released.set)
        assert await two.addresses("a.example", course) == ("8.8.8.8",)
        course.phases.leave()
    assert course.waited > 0.5  # longer than its limit
    assert course.phases.seconds["resolve"] < course.waited


async def test_that_no_thread_comes_free_is_our_trouble_and_no_agencys(two, libc, held, network, monkeypatch):
    monkeypatch.setattr(resolve, "_PATIENCE", 0.05)
    way = network()
    monkeypatch.setattr(way, "_resolver", two)
    trip = way.trip()
    with pytest.raises(Trouble, match="hold all threads") as caught:
        async with asyncio.timeout(60):
            await trip.handshake("a.example")
    assert (caught.value.reason, caught.value.host, trip.phase) == (Reason.OFFLINE, "a.example", None)
    assert libc.asked == []


async def test_a_name_that_nobody_waits_for_any_more_is_not_asked_for(two, libc, held, wanting, wait_until):
    given_up, wanted = wanting("a.example"), wanting("b.example")
    await wait_until(lambda: len(two._line) == 2)
    given_up.cancel()
    await asyncio.wait([given_up])
    libc.released.set()
    assert await wanted == ("8.8.8.8",)
    assert libc.asked == ["b.example"]
    await wait_until(lambda: not two._questions)
    assert not two._line


async def test_who_wants_a_name_that_stands_in_line_stands_in_line_with_it(two, libc, held, wanting, wait_until):
    waiting = [wanting("a.example") for _ in range(3)]
    await wait_until(lambda: two._line)
    assert len(two._line) == 1
    libc.released.set()
    assert await asyncio.gather(*waiting) == [("8.8.8.8",)] * 3
    assert libc.asked == ["a.example"]


@pytest.mark.parametrize(
    ("told", "servers"),
    [
        ("nameserver 192.0.2.1\nnameserver 2001:db8::1\n", ("192.0.2.1", "2001:db8::1")),
        ("", ()),
        ("search a..b\nnameserver 192.0.2.1\n", ()),
        ("nameserver foo\n", ()),
        ("nameserver 127.0.0.53#53\n", ()),
    ],
)
def test_the_systems_name_servers_are_read_as_far_as_they_can_be(monkeypatch, tmp_path, told, servers):
    file = tmp_path / "resolv.conf"
    file.write_text(told)
    real = dns.resolver.Resolver
    monkeypatch.setattr(dns.resolver, "Resolver", lambda: real(str(file)))

    assert resolve.of_the_system() == servers
