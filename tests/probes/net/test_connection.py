"""One connection of a look: where it leads by name and family, what it takes, and what is known when it breaks off."""

import asyncio
import contextlib
import itertools
import socket

import pytest
from dnslib import AAAA, QTYPE, RR, A, DNSRecord
from yarl import URL

from probes import Reason, Terms, Trouble
from probes._net import name_servers
from probes._text import text_of

HOST = "dichvucong.hanoi.gov.vn"
FOUR, SIX = "127.0.0.1", "::1"
DEAD_FOUR = "127.0.0.9"  # loopback too, and nothing listens there
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


class Names:
    """A name server to which every name has these addresses; `asked` are the questions that came."""

    def __init__(self, *addresses):
        self.asked = []
        self._addresses = addresses
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind(("127.0.0.1", 0))
        self._sock.setblocking(False)
        asyncio.get_running_loop().add_reader(self._sock, self._answer)

    @property
    def at(self):
        return f"127.0.0.1:{self._sock.getsockname()[1]}"

    def close(self):
        asyncio.get_running_loop().remove_reader(self._sock)
        self._sock.close()

    def _answer(self):
        data, whom = self._sock.recvfrom(512)
        reply = DNSRecord.parse(data).reply()
        self.asked.append((str(reply.q.qname).rstrip("."), QTYPE[reply.q.qtype]))
        for text in self._addresses:
            kind, record = (QTYPE.AAAA, AAAA) if ":" in text else (QTYPE.A, A)
            if kind == reply.q.qtype:
                reply.add_answer(RR(reply.q.qname, kind, rdata=record(text)))
        self._sock.sendto(reply.pack(), whom)


@pytest.fixture
async def place(network, authority):
    """`await place(names=..., at=..., answer=OK, tls=False, **changes)`: (network, URL, name server).

    A server at these addresses, all at one port, and a name server that has these addresses for every name.
    """
    async with contextlib.AsyncExitStack() as stack:

        async def start(names=(FOUR, SIX), at=(FOUR, SIX), answer=OK, *, tls=False, **changes):
            async def serve(reader, writer):
                with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                    head = await reader.readuntil(b"\r\n\r\n")
                    writer.write(answer(head) if callable(answer) else answer)
                    await writer.drain()
                writer.close()

            context = authority.context(HOST) if tls else None
            port = 0
            for text in at:
                server = await stack.enter_async_context(await asyncio.start_server(serve, text, port, ssl=context))
                port = server.sockets[0].getsockname()[1]
            known = Names(*names)
            stack.callback(known.close)
            usual = {"internal_hosts": ("*",), "ports": (port,), "resolver": (known.at,)}
            url = URL.build(scheme="https" if tls else "http", host=HOST, port=port, path="/")
            return network(**{**usual, **changes}), url, known

        yield start


async def trouble_of(asking):
    with pytest.raises(Trouble) as caught:
        await asking
    return caught.value


async def met(way, url, **terms):
    """The address of a look that went well under these terms, and its family."""
    trip = way.trip()
    assert text_of(await trip.under(Terms(**terms)).get(url)) == "ok"
    return trip.facts["address"], trip.facts["ip_protocol"]


# -- families


@pytest.mark.parametrize("fallback", [True, False])
@pytest.mark.parametrize(("family", "found"), [("4", (FOUR, 4)), ("6", (SIX, 6))])
async def test_the_family_that_is_wanted_is_taken(place, family, found, fallback):
    way, url, _ = await place()
    assert await met(way, url, family=family, fallback=fallback) == found


@pytest.mark.parametrize(("ipv6", "found"), [(True, (SIX, 6)), (False, (FOUR, 4))])
async def test_without_a_wish_the_family_that_this_machine_can_reach_comes_first(place, monkeypatch, ipv6, found):
    monkeypatch.setattr(name_servers, "_has_ipv6", lambda: ipv6)
    way, url, _ = await place()
    assert await met(way, url) == found


@pytest.mark.parametrize(("family", "names", "found"), [("6", [FOUR], (FOUR, 4)), ("4", [SIX], (SIX, 6))])
async def test_the_other_family_is_fallen_back_to_only_where_that_is_wanted(place, family, names, found):
    way, url, _ = await place(names=names)
    assert await met(way, url, family=family, fallback=True) == found
    trip = way.trip()
    refused = await trouble_of(trip.under(Terms(family=family)).get(url))
    assert (refused.reason, refused.host) == (Reason.DNS_NO_ADDRESS, HOST)
    assert refused.detail == f"the name has no IPv{family} address"
    assert trip.phase is None


async def test_a_family_whose_address_is_dead_is_not_fallen_back_from(place):
    """To fall back is for who has no address at all; one that is dead is what the look is for."""
    way, url, _ = await place(at=[FOUR])
    assert (await trouble_of(way.trip().under(Terms(family="6", fallback=True)).get(url))).reason is Reason.REFUSED


@pytest.mark.parametrize(("host", "family"), [(FOUR, "6"), (SIX, "4")])
async def test_an_address_is_of_its_own_family(place, host, family):
    way, url, _ = await place()
    asking = way.trip().under(Terms(family=family)).get(url.with_host(host))
    assert (await trouble_of(asking)).reason is Reason.DNS_NO_ADDRESS


@pytest.mark.parametrize("family", ["4", "6"])
async def test_a_handshake_keeps_to_its_family(place, family):
    way, url, _ = await place(tls=True)
    trip = way.trip()
    assert (await trip.under(Terms(family=family)).handshake(HOST, url.port)).names == (HOST,)
    assert trip.facts["ip_protocol"] == int(family)


# -- dead addresses


@pytest.mark.parametrize("tls", [True, False])
async def test_a_dead_address_is_passed_over_and_the_one_that_answered_told(place, tls):
    way, url, _ = await place(names=[DEAD_FOUR, FOUR], at=[FOUR], tls=tls)
    assert await met(way, url) == (FOUR, 4)


async def test_a_dead_family_is_passed_over_too(place, monkeypatch):
    monkeypatch.setattr(name_servers, "_has_ipv6", lambda: True)
    way, url, _ = await place(at=[FOUR])
    assert await met(way, url) == (FOUR, 4)


async def test_where_every_address_is_dead_the_last_that_was_tried_is_told(place):
    way, url, _ = await place(names=[DEAD_FOUR, "127.0.0.8"])
    trip = way.trip()
    assert (await trouble_of(trip.get(url))).reason is Reason.REFUSED
    assert trip.facts["address"] == "127.0.0.8"


async def test_one_forbidden_address_forbids_the_name(place):
    """Else who looks twice could be led inside by the second address."""
    way, url, _ = await place(names=["8.8.8.8", "169.254.169.254"])
    assert (await trouble_of(way.trip().get(url))).reason is Reason.FORBIDDEN_ADDRESS


# -- names are asked for once


def leads(*paths):
    """From each of these paths to the next."""
    ways = dict(itertools.pairwise(paths))

    def answer(head):
        to = ways.get(head.split(b" ")[1].decode())
        if to is None:
            return OK
        return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()

    return answer


async def test_a_look_asks_once_for_a_name_although_redirects_come_back_to_it(place):
    way, url, names = await place(answer=leads("/", "/a", "/b"))
    trip = way.trip()
    assert len((await trip.get(url)).asked) == 3
    await trip.get(url)
    assert sorted(names.asked) == [(HOST, "A"), (HOST, "AAAA")]


async def test_a_look_asks_once_for_a_name_whatever_the_terms(place):
    way, url, names = await place()
    trip = way.trip()
    for family in ("4", "6", "any"):
        await trip.under(Terms(family=family)).get(url)
    assert len(names.asked) == 2


async def test_another_look_asks_anew(place):
    way, url, names = await place()
    for _ in range(2):
        await way.trip().get(url)
    assert len(names.asked) == 4


async def test_an_address_is_not_asked_for(place):
    way, url, names = await place()
    await way.trip().get(url.with_host(FOUR))
    assert names.asked == []


# -- phases


@pytest.mark.parametrize(
    ("tls", "wanted"),
    [
        (False, {"resolve", "connect", "processing", "transfer"}),
        (True, {"resolve", "connect", "tls", "processing", "transfer"}),
    ],
)
async def test_each_phase_takes_its_time(place, tls, wanted):
    way, url, _ = await place(tls=tls)
    trip = way.trip()
    await trip.get(url)
    assert set(trip.phases) == wanted
    assert min(trip.phases.values()) > 0
    assert trip.phase is None


async def test_a_redirect_adds_to_the_phases(place):
    way, url, _ = await place(answer=leads("/", "/a"))
    trip = way.trip()
    await trip.get(url, follow=lambda _: False)
    once = dict(trip.phases)
    await trip.get(url)
    assert all(trip.phases[phase] > seconds for phase, seconds in once.items() if phase != "resolve")
    assert trip.phases["resolve"] == once["resolve"]


# -- what is known when it breaks off

BREAKS = {
    "too early": b"HTTP/1.1 404 No\r\nContent-Length: 100\r\n\r\nabc",
    "too large": b"HTTP/1.1 404 No\r\n\r\n" + b"x" * 5000,
    "in disorder": b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
    "in another coding": b"HTTP/1.1 404 No\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
}


@pytest.mark.parametrize("name", BREAKS)
@pytest.mark.parametrize("tls", [True, False])
async def test_what_was_known_is_kept_when_a_body_breaks_off(place, name, tls):
    way, url, _ = await place(answer=BREAKS[name], tls=tls, names=[FOUR], max_body=1000)
    trip = way.trip()
    found = await trouble_of(trip.get(url))
    assert found.reason is (Reason.TOO_LARGE if name == "too large" else Reason.PROTOCOL)
    known = {"http_status": 404, "http_version": 1.1, "address": FOUR, "ip_protocol": 4, "redirects": 0}
    assert trip.facts.items() >= known.items()
    assert ("certificate_names" in trip.facts) is tls
    assert trip.phase is None


async def test_what_was_known_is_kept_when_the_time_runs_out(serve_raw, network, cut_off):
    async def stalls(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\nabc")
        await reader.read(-1)

    await serve_raw(stalls, tls=False)
    trip = await cut_off(network(), "transfer", lambda trip: trip.get(URL(f"http://{HOST}/")))
    assert trip.timeout_trouble().reason is Reason.TIMEOUT_BODY
    assert trip.facts.items() >= {"http_status": 503, "address": FOUR}.items()
    assert trip.phase == "transfer"


async def test_a_check_may_take_less_than_the_network(place):
    way, url, _ = await place(answer=b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 500)
    trip = way.trip()
    assert (await trouble_of(trip.under(Terms(max_body=499)).get(url))).reason is Reason.TOO_LARGE
    assert len((await trip.under(Terms(max_body=500)).get(url)).body) == 500
    assert len((await trip.get(url)).body) == 500
