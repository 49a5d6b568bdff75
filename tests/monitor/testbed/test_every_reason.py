"""Every fault of the estate is found by a real probe, and every reason there is comes from a real server.

The closed set is asked, no list: a reason that neither a drill nor anything here produces fails its test, and so does a
fault that the probes do not find.
"""

import asyncio
import contextlib
import socket
import ssl
import warnings
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from dnslib import QTYPE, RCODE, RR, DNSRecord
from dnslib.server import DNSLogger, DNSServer
from yarl import URL

from monitor.runner import Runner
from monitor.testbed import authority as made_by
from monitor.testbed.faults import Fault, Layer
from monitor.testbed.scenario import named, names
from probes import Heard, Reason, adapter, dns, heartbeat, http, tcp, tls
from probes._dialogue import Step
from probes._matches import HeaderMatch
from probes._net import name_servers
from probes._records import Rules
from probes._secret import Secret

# What the probes find at an agency with the fault; a fault of the estate that is not here fails its test.
FOUND = {
    Fault.REFUSED: Reason.REFUSED,
    Fault.RESET: Reason.RESET,
    Fault.SILENT_TLS: Reason.TIMEOUT_TLS,
    Fault.NOT_TLS: Reason.TLS_PROTOCOL,
    Fault.TLS_EXPIRED: Reason.TLS_EXPIRED,
    Fault.TLS_NOT_YET_VALID: Reason.TLS_NOT_YET_VALID,
    Fault.TLS_WRONG_NAME: Reason.TLS_NAME,
    Fault.TLS_INCOMPLETE_CHAIN: Reason.TLS_CHAIN,
    Fault.TLS_SELF_SIGNED: Reason.TLS_SELF_SIGNED,
    Fault.TLS_UNTRUSTED_ROOT: Reason.TLS_UNTRUSTED,
    Fault.TLS_WRONG_USAGE: Reason.TLS_INVALID,
    Fault.TLS_OLD_PROTOCOL: Reason.TLS_PROTOCOL,
    Fault.TLS_EXPIRING: Reason.TLS_EXPIRING,
    Fault.TLS_HOUR_LEFT: Reason.TLS_EXPIRING,
    Fault.SILENT: Reason.TIMEOUT_RESPONSE,
    Fault.TRICKLE: Reason.TIMEOUT_BODY,
    Fault.NOT_HTTP: Reason.PROTOCOL,
    Fault.CUT_SHORT: Reason.PROTOCOL,
    Fault.TOO_LARGE: Reason.TOO_LARGE,
    Fault.ZIP_BOMB: Reason.TOO_LARGE,
    Fault.TOO_MANY_HEADERS: Reason.TOO_LARGE,
    Fault.HTTP_204: Reason.BLANK_PAGE,
    Fault.HTTP_404: Reason.HTTP_4XX,
    Fault.HTTP_418: Reason.HTTP_4XX,
    Fault.HTTP_500: Reason.HTTP_5XX,
    Fault.HTTP_503: Reason.HTTP_5XX,
    Fault.BLOCKED_403: Reason.BLOCKED,
    Fault.BLOCKED_429: Reason.BLOCKED,
    Fault.CHALLENGE_PAGE: Reason.BLOCKED,
    Fault.BLANK_PAGE: Reason.BLANK_PAGE,
    Fault.TINY_PAGE: Reason.NO_SIGN_ON_LINK,
    Fault.ENGLISH_PAGE: Reason.NO_SIGN_ON_LINK,
    Fault.MAINTENANCE_TEXT: Reason.MAINTENANCE_PAGE,
    Fault.OTHER_TEXT: Reason.NO_SIGN_ON_LINK,
    Fault.REDIRECT_LOOP: Reason.REDIRECT_LOOP,
    Fault.ENDLESS_REDIRECTS: Reason.TOO_MANY_REDIRECTS,
    Fault.BAD_REDIRECT: Reason.BAD_REDIRECT,
    Fault.LEADS_ELSEWHERE: Reason.LEADS_ELSEWHERE,
    Fault.REDIRECT_TO_METADATA: Reason.LEADS_ELSEWHERE,
    Fault.REDIRECT_TO_FTP: Reason.FORBIDDEN_URL,
    Fault.MOVED_TO_NATIONAL: Reason.MOVED_TO_NATIONAL,
    Fault.CLOSED: Reason.MOVED_TO_NATIONAL,
    Fault.NO_SIGN_ON_LINK: Reason.NO_SIGN_ON_LINK,
    Fault.SCRIPT_LOGIN: Reason.NOT_VISIBLE,
    Fault.NO_CLIENT_ID: Reason.NO_CLIENT_ID,
    Fault.FOREIGN_REDIRECT_URI: Reason.FOREIGN_REDIRECT_URI,
    Fault.SIGN_ON_REFUSED: Reason.SIGN_ON_REFUSED,
    Fault.HAND_OVER_404: Reason.HAND_OVER_MISSING,
    Fault.HAND_OVER_500: Reason.HTTP_5XX,
    Fault.HAND_OVER_BLANK: Reason.BLANK_PAGE,
    Fault.SECOND_DOOR_OPEN: Reason.SECOND_DOOR_OPEN,
    Fault.DOOR_500: Reason.DOOR_UNCLEAR,
    Fault.DOOR_BLOCKED: Reason.BLOCKED,
    Fault.SYNC_LOW: Reason.SYNC_LOW,
    Fault.SYNC_COLLAPSED: Reason.SYNC_COLLAPSED,
    Fault.SYNC_NO_DATA: Reason.NO_DATA,
}
# Faults that are not an agency's on the day of the headline; test_estate.py and test_scenarios.py show them.
ELSEWHERE = {
    *(Fault.OWN_PAGES, Fault.API_ERROR, Fault.API_NOT_JSON, Fault.NOT_DIGITISED),
    *(fault for fault in Fault if fault.layer in (Layer.PAPER, Layer.MONITOR, Layer.EXCHANGE, Layer.RECORD)),
}
DRILLS = [scenario.drill for scenario in map(named, names()) if scenario.drill]
IN_DRILLS = {
    reason
    for drill in DRILLS
    for expected in drill.expect
    for checks in (*expected.reasons.values(), *expected.looks.values())
    for reason in checks.values()
}
VICTIM = "H49"  # has a hand-over form, and here a former door


def quick(fault):
    """The two faults that only time tells need not be waited for longer than it takes to tell them."""
    slow = fault in (Fault.SILENT, Fault.SILENT_TLS, Fault.TRICKLE)
    june = named("june-2023")
    return {"monitor": june.monitor.model_copy(update={"timeout": june.monitor.timeout / (6 if slow else 1)})}


async def reasons(stage, round_of, fault, **changes):
    everyone = {"province": 63, "ministry": 20}
    estate, service = await stage("one-drops-out", doors=everyone, **quick(fault), **changes)
    await estate.set_fault(VICTIM, fault)
    await round_of(service, VICTIM)
    store = service.store
    return {store.state(w.key).reason for w in store.watches if w.agency.code == VICTIM and store.state(w.key)}


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault not in ELSEWHERE])
async def test_every_fault_is_found_and_called_by_its_name(stage, round_of, fault):
    assert FOUND[fault] in await reasons(stage, round_of, fault)


async def test_an_agency_that_is_well_is_found_well(stage, round_of):
    assert await reasons(stage, round_of, None) == {Reason.OK}


# -- reasons that no fault of an agency produces

HANOI = "dichvucong.hanoi.gov.vn"


@pytest.fixture
async def deaf_name_server():
    """Lives, and says nothing about any name but the root's."""

    def answer():
        data, who = names.recvfrom(512)
        question = DNSRecord.parse(data)
        if question.q.qtype == QTYPE.NS:
            names.sendto(question.reply().pack(), who)

    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as names:
        names.bind(("127.0.0.1", 0))
        loop.add_reader(names, answer)
        yield f"127.0.0.1:{names.getsockname()[1]}"
        loop.remove_reader(names)


PICTURE = HeaderMatch(header="Content-Type", pattern="^image/")


@pytest.fixture
async def beneath_the_web(look, target, routes, serve, authority):
    """Scenes of servers whose TLS no fault of the estate has."""
    async with contextlib.AsyncExitStack() as stack:

        async def seen(probe, context):
            server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
            await stack.enter_async_context(server)
            routes.add(HANOI, 443, f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
            return (await look(probe, target()))[0].reason

        async def speaks_what_is_old_too():
            context = authority.context(HANOI)
            context.set_ciphers("ALL:@SECLEVEL=0")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # being old is what it is for
                context.minimum_version = ssl.TLSVersion.TLSv1
            return await seen(tls.Probe(refuse_old=True), context)

        async def revoked():
            leaf, signer = certificate_with_a_list(authority), authority._intermediate(0)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority._load(context, (leaf, signer.certificate))
            body = list_of(leaf, signer).public_bytes(serialization.Encoding.DER)

            async def answer(_):
                return web.Response(body=body)

            await serve(answer, "crl.example", tls=False)
            return await seen(tls.Probe(revocation="crl"), context)

        yield {Reason.TLS_WEAK: speaks_what_is_old_too, Reason.TLS_REVOKED: revoked}


def certificate_with_a_list(authority):
    url = x509.UniformResourceIdentifier("http://crl.example/list.crl")
    point = x509.DistributionPoint(full_name=[url], relative_name=None, reasons=None, crl_issuer=None)
    made = made_by._builder(made_by._name(HANOI), authority._leaf_key.public_key(), made_by._validity(made_by.Wish()))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(HANOI)]), critical=False)
    return made_by._sign(
        made.add_extension(x509.CRLDistributionPoints([point]), critical=False), authority._intermediate(0)
    )


def list_of(leaf, signer):
    now = datetime.now(UTC)
    entry = x509.RevokedCertificateBuilder().serial_number(leaf.serial_number).revocation_date(now - timedelta(days=1))
    made = x509.CertificateRevocationListBuilder().issuer_name(signer.certificate.subject)
    made = made.last_update(now - timedelta(days=1)).next_update(now + timedelta(days=1))
    return made.add_revoked_certificate(entry.build()).sign(signer.key, hashes.SHA256())


class Broken:
    async def look(self, target, way):
        raise ZeroDivisionError


@contextlib.contextmanager
def name_server_of(zone, *, has_it):
    """Answers by (name, type) where it has the zone, and refuses where it does not."""

    class Zone:
        def resolve(self, request, _):
            reply = request.reply()
            for name, kind, data in zone.get((str(request.q.qname), QTYPE[request.q.qtype]), ()):
                reply.add_answer(*RR.fromZone(f"{name} 60 IN {kind} {data}"))
            reply.header.rcode = RCODE.NOERROR if has_it else RCODE.REFUSED
            return reply

    server = DNSServer(Zone(), address="127.0.0.1", port=0, logger=DNSLogger(log="", prefix=False))
    server.start_thread()
    yield f"127.0.0.1:{server.server.server_address[1]}"
    server.stop()
    server.server.server_close()
    server.thread.join()


@pytest.fixture
def beside_the_web(look, target, routes, name_server, serve_raw):
    """Scenes of the kinds that speak no HTTP."""

    async def of_the_name(label, **rules):
        routes.add("192.0.2.53", 53, name_server)
        probe = dns.Probe(name=f"{label}.example", servers=("192.0.2.53",), **rules)
        return (await look(probe, target()))[0].reason

    async def refused_by_one_of_its_servers():
        """One has the zone; the other answers as anybody who was never told of it."""
        zone = {
            ("x.example.", "NS"): [("x.example", "NS", "good.example."), ("x.example", "NS", "bad.example.")],
            ("x.example.", "A"): [("x.example", "A", "203.0.113.7")],
        }
        with contextlib.ExitStack() as stack:
            for host, has in (("192.0.2.54", True), ("good.example", True), ("bad.example", False)):
                routes.add(host, 53, stack.enter_context(name_server_of(zone, has_it=has)))
            probe = dns.Probe(name="x.example", servers=("192.0.2.54",), authoritative=True)
            return (await look(probe, target()))[0].reason

    async def said_at_the_door():
        async def full(_, writer):
            writer.write(b"421 too busy\r\n")

        await serve_raw(full, tls=False, port=25)
        return (await look(tcp.Probe(port=25, dialogue=(Step(expect="^220 "),)), target()))[0].reason

    return {
        Reason.DNS_CODE: lambda: of_the_name("empty", codes=("NXDOMAIN",)),
        Reason.DNS_RECORDS: lambda: of_the_name("inside", answers=Rules(matches_not_any=(r"\t10\.",))),
        Reason.DNS_SERVER: refused_by_one_of_its_servers,
        Reason.DIALOGUE: said_at_the_door,
    }


@pytest.fixture
def pushed(network, target):
    """Scenes of a system that pushes; the server is the monitor, which tests/monitor/web/test_heartbeats.py asks."""

    async def seen(minutes, **heard):
        began = datetime.now(UTC) - timedelta(minutes=minutes)
        way = network().trip(heard=Heard(since=began, **heard))
        return (await heartbeat.Probe(within=timedelta(minutes=10)).look(target(), way)).reason

    return {
        Reason.HEARTBEAT_MISSING: lambda: seen(minutes=11),
        Reason.HEARTBEAT_AWAITED: lambda: seen(minutes=9),
        Reason.HEARTBEAT_FAILED: lambda: seen(minutes=9, at=datetime.now(UTC), failure="", count=1),
    }


@pytest.fixture
def scene(
    look,
    target,
    routes,
    network,
    monkeypatch,
    name_server,
    deaf_name_server,
    full_port,
    free_port,
    stage,
    round_of,
    beside_the_web,
    beneath_the_web,
    pushed,
):
    """`await scene(reason)`: the reason that a look at a real server gives, which should be that one."""

    async def named_host(label):
        host = f"{label}.example"
        at = target(portal=URL(f"https://{host}/"), hosts=frozenset({host}))
        return (await look(http.Probe(), at, resolver=(name_server,)))[0].reason

    async def name_that_is_passed_over():
        monkeypatch.setattr(name_servers, "_PATIENCE", 0.1)
        return (await look(http.Probe(), target(), resolver=(deaf_name_server,), connect_to=()))[0].reason

    async def routed(to):
        routes.add(HANOI, 443, to)
        return (await look(http.Probe(), target(), at="connect"))[0].reason

    async def judged(probe, fault=None):
        """By one of http's settings, at a portal that is well."""
        estate, _ = await stage("one-drops-out")
        await estate.set_fault("H26", fault)
        return (await look(probe, target(), connect_to=estate.connect_to, ca_file=estate.ca_file))[0].reason

    async def closed_by_order():
        estate, service = await stage("today", start=())
        await estate.set_fault("H26", Fault.OWN_PAGES)
        await round_of(service, "H26")
        return service.store.last(("H26", "portal_closed")).observation.reason

    async def without_the_sign_on():
        estate, service = await stage("one-drops-out")
        await estate.set_fault("SIGNON", Fault.REFUSED)
        await round_of(service, "H26")
        return service.store.last(("H26", "sign_on")).observation.reason

    async def ran(probe, at=None, **changes):
        routes.add(HANOI, 443, f"127.0.0.1:{free_port}")
        check = SimpleNamespace(probe=probe, name="x", depends_on=(), timeout=named("today").monitor.timeout)
        watch = SimpleNamespace(
            check=check, agency=SimpleNamespace(code="H26"), key=("H26", "x"), target=at or target()
        )
        result = await Runner(network(**changes), lambda _: None).look(watch, datetime.now(UTC))
        return result.observation.reason

    async def guessed():
        host = "nobody.example"
        at = target(portal=URL(f"https://{host}/"), hosts=frozenset({host}), guessed=frozenset({host}))
        return await ran(http.Probe(), at, resolver=(name_server,))

    scenes = {
        Reason.HOST_UNSURE: guessed,
        Reason.OK: lambda: judged(http.Probe()),
        Reason.DNS_NO_NAME: lambda: named_host("nobody"),
        Reason.DNS_NO_ADDRESS: lambda: named_host("empty"),
        Reason.DNS_TROUBLE: lambda: named_host("broken"),
        Reason.FORBIDDEN_ADDRESS: lambda: named_host("inside"),
        Reason.TIMEOUT_RESOLVE: name_that_is_passed_over,
        Reason.UNREACHABLE: lambda: routed("127.255.255.255:443"),  # the kernel refuses to connect to a broadcast
        Reason.TIMEOUT_CONNECT: lambda: routed(f"127.0.0.1:{full_port}"),
        Reason.HTTP_STATUS: lambda: judged(http.Probe(statuses=(203,))),
        Reason.TOO_SMALL: lambda: judged(http.Probe(smallest=100_000)),
        Reason.TEXT_MISSING: lambda: judged(http.Probe(expect=("không có ở đây",))),
        Reason.TEXT_FORBIDDEN: lambda: judged(http.Probe(forbid=("MÁY CHỦ WEB",)), Fault.OTHER_TEXT),
        Reason.WRONG_LANGUAGE: lambda: judged(http.Probe(language="vi"), Fault.ENGLISH_PAGE),
        Reason.OWN_PAGES_OPEN: closed_by_order,
        Reason.UPSTREAM: without_the_sign_on,
        Reason.HTTP_VERSION: lambda: judged(http.Probe(versions=("1.0",))),
        Reason.HEADER_WRONG: lambda: judged(http.Probe(header_matches=(PICTURE,))),
        Reason.TLS_UNEXPECTED: lambda: judged(http.Probe(over_tls="forbidden")),
        **beside_the_web,
        **beneath_the_web,
        **pushed,
        Reason.NOT_ALLOWED: lambda: ran(adapter.Probe(url=URL("http://127.0.0.1:8080"), password=Secret("synthetic"))),
        Reason.OFFLINE: lambda: ran(http.Probe(), control=(f"127.0.0.1:{free_port}",)),
        Reason.BUG: lambda: ran(Broken()),
    }

    async def play(reason):
        return await scenes[reason]()

    return play


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason not in {*FOUND.values(), *IN_DRILLS}])
async def test_every_reason_comes_from_a_real_server(scene, reason):
    assert await scene(reason) is reason
