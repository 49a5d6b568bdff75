import asyncio
import contextlib
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from dnslib import RCODE
from dnslib.server import BaseResolver, DNSLogger, DNSServer
from structlog.testing import capture_logs
from yarl import URL

from monitor.model import Agency, Check, Level, Watch
from monitor.runner import Runner
from probes import Heard, Observation, Reason, Status, Trouble
from probes._net.network import Network
from probes._net.settings import NetworkSettings
from probes.heartbeat import Probe as Heartbeat

DUE = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Getting:
    """Gets the portal, or another address."""

    url: object = None

    async def look(self, target, way):
        page = await way.get(self.url or target.portal)
        return Observation(reason=Reason.OK, detail="well", facts={"own": page.status})


@dataclass(frozen=True, slots=True, kw_only=True)
class Talking:
    """Sends datagrams."""

    async def look(self, target, way):
        async with way.talk(target.portal.host, 9, transport="udp"):
            raise AssertionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    async def look(self, target, way):
        raise ZeroDivisionError("secret-token")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgiving:
    """Takes a refused connection for good news, as one_door does."""

    async def look(self, target, way):
        try:
            await way.get(target.portal)
        except Trouble:
            return Observation(reason=Reason.OK, detail="gone")
        raise AssertionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Impatient:
    async def look(self, target, way):
        raise TimeoutError


def watch(target, probe, *, timeout=60.0, depends_on=()):
    agency = Agency(code=target.code, name=target.name, name_en="Hanoi", level=Level(target.level), counted=True)
    check = Check(
        name="portal",
        kind="http",
        probe=probe,
        every=timedelta(minutes=1),
        timeout=timedelta(seconds=timeout),
        proves=None,
        levels=frozenset(Level),
        depends_on=depends_on,
    )
    return Watch(agency=agency, check=check, aim=lambda _: target)


def nothing_down(codes):
    return None


async def page(request):
    return web.Response(text="<html lang=vi>Xin chào</html>", content_type="text/html")


async def silence(request):
    await asyncio.Event().wait()


SIGN_ON = URL("https://xacthuc.dichvucong.gov.vn/oauth2/authorize")


async def looked(network, target, probe, **changes):
    return (await Runner(network, nothing_down).look(watch(target, probe, **changes), DUE)).observation


async def test_a_look_becomes_a_result_with_facts_of_the_way_and_of_the_probe(serve, network, target):
    await serve(page)
    result = await Runner(network(), nothing_down, vantage="hue").look(watch(target(), Getting()), DUE)

    assert (result.observation.reason, result.observation.facts["own"]) == (Reason.OK, 200)
    assert result.observation.facts["http_status"] == 200
    assert {"connect", "tls", "processing"} <= set(result.phases)
    assert (result.vantage, result.due) == ("hue", DUE)
    assert result.seconds > 0
    assert result.started.tzinfo is UTC


async def test_a_refused_connection_is_the_agencys_failure(routes, network, target, free_port):
    routes.add("dichvucong.hanoi.gov.vn", 443, f"127.0.0.1:{free_port}")
    seen = await looked(network(), target(), Getting())

    assert (seen.status, seen.reason) == (Status.FAILED, Reason.REFUSED)
    assert seen.facts["trouble_host"] == "dichvucong.hanoi.gov.vn"


async def test_the_trouble_of_a_national_system_is_not_the_agencys(routes, network, target, free_port):
    routes.add(SIGN_ON.host, 443, f"127.0.0.1:{free_port}")
    seen = await looked(network(), target(), Getting(url=SIGN_ON))

    assert (seen.status, seen.reason) == (Status.UNKNOWN, Reason.UPSTREAM)
    assert "xacthuc.dichvucong.gov.vn, a national system, failed (refused)" in seen.detail


async def test_a_host_below_a_national_one_is_national(routes, network, target, free_port):
    below = URL("https://cdn.xacthuc.dichvucong.gov.vn/")
    routes.add(below.host, 443, f"127.0.0.1:{free_port}")

    assert (await looked(network(), target(), Getting(url=below))).reason is Reason.UPSTREAM


async def test_a_national_system_answers_for_itself(routes, network, target, free_port):
    routes.add(SIGN_ON.host, 443, f"127.0.0.1:{free_port}")
    itself = target(code="SIGNON", level="national", portal=SIGN_ON, hosts=frozenset({SIGN_ON.host}))

    assert (await looked(network(), itself, Getting())).reason is Reason.REFUSED


async def test_a_former_door_that_hangs_is_unclear_and_not_open(serve, network, target):
    await serve(silence, "motcua.h26.example")
    door = URL("https://motcua.h26.example/")
    seen = await looked(network(), target(former_doors=(door,)), Getting(url=door), timeout=2)

    assert (seen.status, seen.reason) == (Status.UNKNOWN, Reason.DOOR_UNCLEAR)


async def test_a_strangers_host_that_the_agency_leads_to_is_the_agencys_trouble(routes, network, target, free_port):
    routes.add("cdn.example", 443, f"127.0.0.1:{free_port}")

    assert (await looked(network(), target(), Getting(url=URL("https://cdn.example/")))).reason is Reason.REFUSED


async def test_time_that_runs_out_is_told_by_the_phase_it_ran_out_in(serve, network, target):
    await serve(silence)
    seen = await looked(network(), target(), Getting(), timeout=2)

    assert (seen.status, seen.reason) == (Status.FAILED, Reason.TIMEOUT_RESPONSE)


async def test_a_mistake_of_ours_is_unknown_and_logged_and_its_text_is_not_shown(network, target):
    with capture_logs() as logs:
        seen = await looked(network(), target(), Broken())

    assert (seen.status, seen.reason) == (Status.UNKNOWN, Reason.BUG)
    assert "secret-token" not in seen.detail
    assert [(line["event"], line["agency"]) for line in logs] == [("probe_bug", "H26")]


async def test_a_time_out_that_the_limit_did_not_cause_is_a_mistake_of_ours(network, target):
    with capture_logs():
        assert (await looked(network(), target(), Impatient())).reason is Reason.BUG


@pytest.fixture
def answering():
    """`with answering(alive=…) as server`: a name server that refuses everything, or one that is silent."""

    @contextlib.contextmanager
    def start(*, alive):
        class Refuses(BaseResolver):
            def resolve(self, request, _):
                reply = request.reply()
                reply.header.rcode = RCODE.REFUSED
                return reply

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            if not alive:
                yield f"127.0.0.1:{silent.getsockname()[1]}"
                return
            server = DNSServer(Refuses(), address="127.0.0.1", port=0, logger=DNSLogger("", prefix=False))
            server.start_thread()
            yield f"127.0.0.1:{server.server.server_address[1]}"
            server.stop()
            server.server.server_close()

    return start


async def test_nothing_is_asked_while_a_system_that_the_check_needs_is_down(network, target):
    runner = Runner(network(), lambda codes: ("SIGNON", "http_5xx: 503") if "SIGNON" in codes else None)
    result = await runner.look(watch(target(), Broken(), depends_on=("SIGNON",)), DUE)

    assert result.observation.reason is Reason.UPSTREAM
    assert result.observation.detail == "SIGNON is down: http_5xx: 503"
    assert result.phases == {}


async def test_a_broken_link_of_our_own_is_not_blamed_on_the_agency(routes, network, target, free_port):
    routes.add("dichvucong.hanoi.gov.vn", 443, f"127.0.0.1:{free_port}")
    offline = network(control=(f"127.0.0.1:{free_port}",))

    assert (await looked(offline, target(), Getting())).reason is Reason.OFFLINE
    # Nor does it pass for good news where a closed door is what is hoped for.
    assert (await looked(offline, target(), Forgiving())).reason is Reason.OFFLINE


async def test_with_a_control_target_that_answers_the_trouble_is_the_agencys(serve, routes, network, target, free_port):
    await serve(page, "control.example")
    routes.add("dichvucong.hanoi.gov.vn", 443, f"127.0.0.1:{free_port}")
    online = network(control=(routes.entries["control.example", 443],))

    assert (await looked(online, target(), Getting())).reason is Reason.REFUSED
    assert (await looked(online, target(), Forgiving())).reason is Reason.OK


async def test_a_name_that_is_unknown_to_servers_that_know_no_other_either_is_not_blamed_on_the_agency(
    serve, routes, network, target, name_server
):
    """A network with name servers of its own names only, and a control target that answers."""
    await serve(page, "control.example")
    host = "nobody.example"
    at = target(portal=URL(f"https://{host}/"), hosts=frozenset({host}))
    control = (routes.entries["control.example", 443],)
    inside = network(resolver=(name_server,), control=control, known_names=("nobody.dichvucong.gov.vn",))
    outside = network(resolver=(name_server,), control=control, known_names=("inside.example",))

    assert (await looked(inside, at, Getting())).reason is Reason.OFFLINE
    assert (await looked(inside, at, Forgiving())).reason is Reason.OFFLINE
    assert (await looked(outside, at, Getting())).reason is Reason.DNS_NO_NAME


async def test_name_servers_of_our_own_that_are_dead_are_not_blamed_on_the_agency_whatever_control_targets_say(
    serve, routes, network, target
):
    """A look's limit is mostly over before they have been asked for the last time."""
    await serve(page, "control.example")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as dead:
        dead.bind(("127.0.0.1", 0))
        resolver = (f"127.0.0.1:{dead.getsockname()[1]}",)
        way = network(control=(routes.entries["control.example", 443],), connect_to=(), resolver=resolver)
        seen = await looked(way, target(), Getting(), timeout=2)

    assert (seen.status, seen.reason) == (Status.UNKNOWN, Reason.OFFLINE)
    assert "none of the name servers answers" in seen.detail


class Nameless:
    """Finds that a name cannot be resolved just now, as getaddrinfo says it (EAI_AGAIN)."""

    async def look(self, _, way):
        raise Trouble(Reason.DNS_TROUBLE, "dichvucong.hanoi.gov.vn", "name resolution failed")


@pytest.mark.parametrize("online", [True, False])
async def test_silence_while_our_own_link_is_down_is_not_blamed_on_who_should_have_pushed(
    serve, routes, network, target, free_port, online
):
    await serve(page, "control.example")
    way = network(control=(routes.entries["control.example", 443] if online else f"127.0.0.1:{free_port}",))
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    seen = await Runner(way, nothing_down, hear=lambda _: Heard(since=long_ago)).look(watch(target(), Heartbeat()), DUE)

    assert seen.observation.reason is (Reason.HEARTBEAT_MISSING if online else Reason.OFFLINE)


async def test_a_push_that_came_needs_no_way_out(network, target, free_port):
    way = network(control=(f"127.0.0.1:{free_port}",))
    now = datetime.now(UTC)
    seen = await Runner(way, nothing_down, hear=lambda _: Heard(since=now, at=now)).look(
        watch(target(), Heartbeat()), DUE
    )

    assert seen.observation.reason is Reason.OK


@pytest.mark.parametrize("alive", [True, False])
async def test_dead_name_servers_of_the_system_are_not_blamed_on_the_agency(serve, routes, target, alive, answering):
    """The control target is a literal address, which needs no name server."""
    await serve(page, "control.example")
    with answering(alive=alive) as server:
        settings = NetworkSettings(contact="a@b.example", control=(routes.entries["control.example", 443],))
        way = Network(settings, system=lambda: (server,))
        seen = await looked(way, target(), Nameless())
        await way.close()

    assert seen.reason is (Reason.DNS_TROUBLE if alive else Reason.OFFLINE)
    assert alive or seen.detail == "none of the system's name servers answers"


async def test_name_servers_that_cannot_be_asked_cost_no_look(serve, routes, target):
    """Whatever resolv.conf says, a look ends with a result."""
    await serve(page, "control.example")
    settings = NetworkSettings(contact="a@b.example", control=(routes.entries["control.example", 443],))
    way = Network(settings, system=lambda: ("fe80::1%nosuch",))

    assert (await looked(way, target(), Nameless())).reason is Reason.OFFLINE
    await way.close()


async def test_whatever_goes_wrong_beside_the_probe_is_a_bug_and_no_lost_look(network, target):
    way = network()
    way.names_answer = None  # not even a function

    with capture_logs() as logs:
        assert (await looked(way, target(), Nameless())).reason is Reason.BUG
    assert [entry["event"] for entry in logs] == ["probe_bug"]


async def test_where_the_system_names_no_name_servers_none_is_dead(serve, routes, target):
    await serve(page, "control.example")
    settings = NetworkSettings(contact="a@b.example", control=(routes.entries["control.example", 443],))
    way = Network(settings, system=lambda: ())

    assert (await looked(way, target(), Nameless())).reason is Reason.DNS_TROUBLE
    await way.close()


async def test_a_way_that_is_forbidden_is_not_blamed_on_the_agency(serve, routes, network, target):
    """The kernel says of an address that means everybody what it says when a firewall has turned it away (EACCES)."""
    await serve(page, "control.example")
    routes.add("dichvucong.hanoi.gov.vn", 9, "255.255.255.255:9")
    online = network(control=(routes.entries["control.example", 443],))
    seen = await looked(online, target(), Talking())

    assert (seen.status, seen.reason) == (Status.UNKNOWN, Reason.BLOCKED)
    assert "a firewall on the way forbids it (EACCES)" in seen.detail


async def test_waiting_for_ones_turn_counts_neither_against_the_limit_nor_as_the_agencys_time(serve, network, target):
    await serve(page)
    polite = network(requests_per_second=0.4)
    runner = Runner(polite, nothing_down)
    looks = [runner.look(watch(target(), Getting(), timeout=2.4), DUE) for _ in range(2)]
    results = await asyncio.gather(*looks)

    assert [result.observation.reason for result in results] == [Reason.OK] * 2
    assert results[-1].seconds < 2.4  # though it waited for two and a half seconds, longer than its limit


async def test_cancellation_passes_through(serve, network, target):
    await serve(silence)
    task = asyncio.ensure_future(looked(network(), target(), Getting(), timeout=30))
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
