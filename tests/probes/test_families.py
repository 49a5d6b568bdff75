"""probes._families: a look over IPv4 and one over IPv6, told apart; by told ways, and over both loopbacks."""

import asyncio
import socket

import pytest
from dnslib import AAAA, QTYPE, RR, A, DNSRecord
from dnslib.server import DNSLogger, DNSServer
from yarl import URL

from probes import Observation, Reason, Terms, Trouble
from probes._families import over
from probes._terms import Outward
from probes.http import Probe as Http
from probes.tls import Probe as Tls

HOST = "portal.example"
OK = Observation(reason=Reason.OK, detail="as expected", facts={"http_status": 200})
MISSING = Observation(reason=Reason.HTTP_4XX, detail="answered 404", facts={"http_status": 404})
BLOCKED = Observation(reason=Reason.BLOCKED, detail="turned away")


def trouble(reason):
    return Trouble(reason, HOST, "gone", errno="x")


class Told:
    """What each family of addresses has to show."""

    def __init__(self, over_4, over_6):
        self.answers = {"4": over_4, "6": over_6}

    def under(self, terms: Terms):
        self.family = terms.family
        return self

    async def look(self, _):
        answer = self.answers[self.family]
        if isinstance(answer, Trouble):
            raise answer
        return answer


async def both(over_4, over_6):
    told = Told(over_4, over_6)
    return await over(Outward(family="both"), told, told.look)


async def test_both_in_order_is_right():
    observation = await both(OK, OK)

    assert observation.reason is Reason.OK
    assert observation.detail == "over IPv4 and IPv6: as expected"
    assert observation.facts == {"http_status": 200, "ipv6_http_status": 200, "ipv4": "ok", "ipv6": "ok"}


async def test_a_dead_address_beside_a_good_one_is_trouble_of_its_host():
    with pytest.raises(Trouble) as caught:
        await both(OK, trouble(Reason.REFUSED))

    assert (caught.value.reason, caught.value.host) == (Reason.REFUSED, HOST)
    assert caught.value.detail == "over IPv6 (over IPv4 in order): gone"
    assert caught.value.facts == {"errno": "x", "ipv4_http_status": 200, "ipv4": "ok", "ipv6": "refused"}


@pytest.mark.parametrize(("over_4", "over_6"), [(MISSING, OK), (OK, MISSING), (BLOCKED, MISSING), (MISSING, BLOCKED)])
async def test_what_is_wrong_over_one_family_decides(over_4, over_6):
    assert (await both(over_4, over_6)).reason is Reason.HTTP_4XX


async def test_what_could_not_be_seen_over_one_family_is_not_hidden():
    observation = await both(OK, BLOCKED)

    assert observation.reason is Reason.BLOCKED
    assert observation.detail == "over IPv6 (over IPv4 in order): turned away"


async def test_a_name_without_an_address_of_one_family_lacks_nothing():
    observation = await both(OK, trouble(Reason.DNS_NO_ADDRESS))

    assert observation.reason is Reason.OK
    assert observation.detail == "over IPv4 (over IPv6 no address): as expected"
    assert observation.facts["ipv6"] == "no_address"


async def test_a_name_without_any_address_has_none():
    with pytest.raises(Trouble) as caught:
        await both(trouble(Reason.DNS_NO_ADDRESS), trouble(Reason.DNS_NO_ADDRESS))

    assert caught.value.reason is Reason.DNS_NO_ADDRESS


async def test_no_way_to_one_family_alone_may_be_our_own_link():
    observation = await both(OK, trouble(Reason.UNREACHABLE))

    assert observation.reason is Reason.OFFLINE
    assert "own link" in observation.detail


async def test_no_way_to_either_family_is_trouble_of_the_host():
    with pytest.raises(Trouble) as caught:
        await both(trouble(Reason.UNREACHABLE), trouble(Reason.UNREACHABLE))

    assert caught.value.reason is Reason.UNREACHABLE


# Over the network.


@pytest.fixture
def resolver():
    """A name server for which every host has the loopback addresses of the families in its first label."""

    class Zone:
        def resolve(self, request: DNSRecord, _: object) -> DNSRecord:
            reply, name = request.reply(), request.q.qname
            label = str(name).partition(".")[0]
            if request.q.qtype == QTYPE.A and "4" in label:
                reply.add_answer(RR(name, QTYPE.A, rdata=A("127.0.0.1")))
            if request.q.qtype == QTYPE.AAAA and "6" in label:
                reply.add_answer(RR(name, QTYPE.AAAA, rdata=AAAA("::1")))
            return reply

    server = DNSServer(Zone(), address="127.0.0.1", port=0, logger=DNSLogger(log="", prefix=False))
    server.start_thread()
    yield f"127.0.0.1:{server.server.server_address[1]}"
    server.stop()
    server.server.server_close()
    server.thread.join()


async def answer(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/html\r\n\r\n<p>ok")
    await writer.drain()
    writer.close()
    await writer.wait_closed()


@pytest.fixture
async def serve_at():
    """`await serve_at("127.0.0.1", port=0)`: a portal without TLS at this address; its port."""
    servers = []

    async def start(address, port=0):
        server = await asyncio.start_server(answer, address, port)
        servers.append(server)
        return server.sockets[0].getsockname()[1]

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.fixture
def at(look, target, resolver):
    """`await at("v46", port, probe)`: a look at a portal whose name has addresses of these families."""
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")

    async def once(label, port, probe=None):
        host = f"{label}.example"
        here = target(portal=URL(f"http://{host}:{port}/"), hosts=frozenset({host}))
        probe = probe or Http(family="both")
        return (await look(probe, here, resolver=(resolver,), internal_hosts=(host,), ports=(port,)))[0]

    return once


async def test_a_portal_that_is_there_over_both_families_is_right(at, serve_at):
    port = await serve_at("127.0.0.1")
    await serve_at("::1", port)
    observation = await at("v46", port)

    assert observation.reason is Reason.OK
    assert (observation.facts["ipv4"], observation.facts["ipv6"]) == ("ok", "ok")


@pytest.mark.parametrize(("served", "dead"), [("127.0.0.1", "ipv6"), ("::1", "ipv4")])
async def test_a_dead_record_beside_a_good_one_is_found(at, serve_at, served, dead):
    port = await serve_at(served)
    observation = await at("v46", port)

    assert observation.reason is Reason.REFUSED
    assert observation.facts[dead] == "refused"
    assert sorted((observation.facts["ipv4"], observation.facts["ipv6"])) == ["ok", "refused"]


async def test_a_record_of_one_family_is_enough(at, serve_at):
    port = await serve_at("127.0.0.1")

    assert (await at("v4", port)).reason is Reason.OK
    assert (await at("v4", port, Http(family="6"))).reason is Reason.DNS_NO_ADDRESS
    assert (await at("v4", port, Http(family="6", fallback=True))).reason is Reason.OK


async def test_every_kind_that_inherits_the_settings_looks_over_both(target):
    class Way:
        asked = ()

        def under(self, terms):
            self.asked = (*self.asked, terms.family)
            return self

        async def handshake(self, host, *_):
            raise Trouble(Reason.REFUSED, host, "refused")

    way = Way()
    with pytest.raises(Trouble, match="over IPv4 and IPv6"):
        await Tls(family="both").look(target(), way)
    assert way.asked == ("4", "6")
