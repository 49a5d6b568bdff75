import asyncio
import gc
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ClientSession
from structlog.testing import capture_logs

from monitor.alerts.sight import LONGEST_START
from monitor.bundled import config_folder
from monitor.model import Answer, Attestation, Condition, Period, Result
from monitor.server import Server
from monitor.service import Service, with_controls
from monitor.settings import ConfigError, load, read_web
from probes import Observation, Reason
from probes._net.settings import ConnectTo
from probes._secret import Secret
from probes.heartbeat import Probe as Heartbeat

LAST_EVENING = datetime(2025, 6, 30, 16, 59, 59, tzinfo=UTC)  # 23:59:59 in Viet Nam


class Clock:
    def __init__(self, at):
        self.at = at

    def __call__(self):
        return self.at


@pytest.fixture
def config():
    """The real configuration, with every name led to where nothing is."""
    dead = [ConnectTo(host="*.vn", port=port, to="127.255.255.255:1") for port in (80, 443)]
    real = load(config_folder())
    return replace(real, listen="127.0.0.1:0", network=replace(real.network, connect_to=tuple(dead)))


@pytest.fixture
async def service(config):
    made = Service(config, lambda: config)
    yield made
    await made.close()


@pytest.fixture
async def run():
    """`await run(server)` → the task of a server that serves; it is told to stop at the end."""
    stop, tasks = asyncio.Event(), []

    async def start(server):
        serving = asyncio.Event()
        tasks.append(asyncio.ensure_future(server.serve(stop, lambda _: serving.set())))
        await asyncio.wait({tasks[-1], asyncio.ensure_future(serving.wait())}, return_when=asyncio.FIRST_COMPLETED)
        return tasks[-1]

    yield start
    stop.set()
    await asyncio.wait_for(asyncio.gather(*tasks), 60)


async def test_reorganisation_night_changes_the_roster_at_midnight_in_viet_nam(config, run):
    clock = Clock(LAST_EVENING)
    service = Service(config, lambda: config, clock)
    server = Server(service)
    await run(server)
    before = [str(score) for score in service.store.scores()]
    clock.at += timedelta(seconds=1)
    with capture_logs() as logs:
        await server._new_day()

    assert before == ["0/63", "0/17"]
    assert [str(score) for score in service.store.scores()] == ["0/34", "0/17"]
    assert [line["day"] for line in logs if line["event"] == "new_day"] == ["2025-07-01"]


async def test_a_scenarios_day_stays_whatever_the_clock_says(config, service):
    service.config = replace(config, day=LAST_EVENING.date())

    assert service.day() == LAST_EVENING.date()


async def test_trouble_with_the_bookkeeping_of_one_look_does_not_end_the_schedule(service):
    server = Server(service)
    (watch, *_) = service.plan()

    async def broken(*_):
        raise ZeroDivisionError

    service.look = broken
    with capture_logs() as logs:
        await server._look(watch, LAST_EVENING)

    assert [line["event"] for line in logs] == ["look_lost"]


def looked_at(watch, due, reason):
    return Result(watch=watch, due=due, started=due, seconds=0.1, observation=Observation(reason=reason))


async def test_a_look_that_disagrees_is_to_be_followed_sooner_as_long_as_its_plan_is_in_force(service):
    (watch, *_) = service.plan()
    later = LAST_EVENING + watch.check.every
    service.store.take(looked_at(watch, LAST_EVENING, Reason.OK))
    doubt = looked_at(watch, later, Reason.REFUSED)
    service.store.take(doubt)

    assert service.sooner(looked_at(watch, later, Reason.OK)) is None
    assert service.sooner(doubt) == later + watch.check.every / service.config.patience.confirm
    service.plan()
    assert service.sooner(doubt) is None  # of a watch of a plan before


async def test_the_schedule_learns_from_the_look_when_to_come_back(service):
    server = Server(service)
    (watch, *_) = service.plan()
    service.store.take(looked_at(watch, LAST_EVENING, Reason.OK))

    async def look(watch, due):
        doubt = looked_at(watch, due, Reason.REFUSED)
        service.store.take(doubt)
        return doubt

    service.look = look
    due = LAST_EVENING + watch.check.every
    assert await server._look(watch, due) == due + watch.check.every / 4


async def test_a_reload_takes_new_documents_and_keeps_what_was_seen(config, run, wait_until):
    paper = Attestation(
        agency="H26",
        condition=Condition.CONNECTED,
        answer=Answer.NO,
        since=LAST_EVENING.date(),
        document="1/X",
        issued=LAST_EVENING.date(),
        issuer="X",
    )
    now = [config]
    service = Service(config, lambda: now[0])
    server = Server(service)
    await run(server)
    await wait_until(lambda: service.store.seen()[0] > 3)
    seen = service.store.seen()[0]
    now[0] = replace(config, attestations=(paper,), listen="127.0.0.1:1")
    with capture_logs() as logs:
        assert await server.reload() == ()

    assert service.store.standings["H26"].connected.answer is Answer.NO
    assert service.store.seen()[0] >= seen
    assert [line["settings"] for line in logs if line["event"] == "restart_needed"] == [["listen"]]
    assert service.vitals.reload_ok


async def test_the_collector_leaves_every_plan_alone(config, run):
    service = Service(config, lambda: config)
    server = Server(service)
    await run(server)
    first = service.store.watches[0]
    searched_at_first = {id(each) for each in gc.get_objects()}
    await server.reload()
    searched = {id(each) for each in gc.get_objects()}

    assert id(first) not in searched_at_first
    assert service.store.watches[0] is not first
    assert not searched & set(map(id, service.store.watches))


async def test_a_reload_that_fails_keeps_the_configuration_and_says_so(config, run):
    def broken():
        raise ConfigError(["config/checks.yaml:1: nonsense"])

    service = Service(config, broken)
    server = Server(service)
    await run(server)

    assert await server.reload() == ("config/checks.yaml:1: nonsense",)
    assert (service.config, service.vitals.reload_ok) == (config, False)


@pytest.fixture
def web(tmp_path, issue):
    """A web configuration with TLS and a user who has no password."""
    issue(tmp_path, "server")
    (tmp_path / "web.yml").write_text(
        "tls_server_config: {cert_file: server.crt, key_file: server.key}\n"
        "basic_auth_users: {nobody: $2b$10$mDwo.lAisC94iLAyP81MCesa29IzH37oigHC/42V2pdJlUprsJPze}\n"
    )
    return read_web(tmp_path / "web.yml", tmp_path)


async def test_a_reload_closes_the_web_side_to_strangers_and_opens_it_again(config, run, web, ca_file):
    now, trusting = [config], ssl.create_default_context(cafile=ca_file)
    server = Server(Service(config, lambda: now[0]))
    with capture_logs() as logs:
        await run(server)
    address = next(line["address"] for line in logs if line["event"] == "started")
    async with ClientSession() as client:
        for config_now, scheme, status in ((replace(config, web=web), "https", 401), (config, "http", 200)):
            now[0] = config_now
            assert await server.reload() == ()
            async with client.get(f"{scheme}://{address}/-/healthy", ssl=trusting) as answer:
                assert answer.status == status


async def test_certificates_that_cannot_be_used_after_all_keep_the_configuration_of_before(config, run, web):
    service = Service(config, lambda: replace(config, web=web))
    server = Server(service)
    await run(server)
    web.tls.key_file.write_text("rubbish")
    (error,) = await server.reload()

    assert error.startswith("the certificates of web.config_file cannot be used: ")
    assert (service.config, service.vitals.reload_ok) == (config, False)


async def test_a_new_network_is_used_from_the_next_look_on(config, service):
    old = service._network
    old.pace.wait("dichvucong.hanoi.gov.vn")
    service.renew(replace(config, network=replace(config.network, requests_per_second=2.0)))

    assert service._network is not old
    assert service._retired == [old]
    assert service._network.pace.wait("dichvucong.hanoi.gov.vn") > 0.5  # a reload is no reason to ask a host twice


def test_without_control_targets_of_ones_own_the_national_systems_serve(config):
    assert "xacthuc.dichvucong.gov.vn:443" in with_controls(config).control
    assert "xacthuc.dichvucong.gov.vn" in with_controls(config).known_names
    own = replace(config, network=replace(config.network, control=("192.0.2.1:443",), known_names=("a.example",)))
    assert with_controls(own) == own.network


async def test_when_nothing_answers_nobody_is_blamed_and_the_monitor_says_it_is_offline(service):
    """Everything of this configuration is led to where nothing is, the national systems too."""
    (watch, *_) = [w for w in service.plan() if w.key == ("H26", "portal_closed")]
    result = await service.look(watch, LAST_EVENING)

    assert result.observation.reason is Reason.OFFLINE
    assert service.vitals.online is False


@pytest.mark.parametrize(
    ("reason", "facts", "phases", "online"),
    [
        (Reason.OFFLINE, {"link": "down"}, {}, False),
        (
            Reason.OFFLINE,
            {},
            {"resolve": 0.1},
            None,
        ),  # one way out, such as one family of addresses, is not all of them
        (Reason.OK, {}, {"connect": 0.1}, True),
        (Reason.HTTP_5XX, {}, {"connect": 0.1}, True),
        (Reason.OK, {}, {}, None),  # pushed, or asked for another look: nothing of this one went out
        (Reason.BLOCKED, {}, {"connect": 0.1}, None),
    ],
)
async def test_whether_our_link_works_is_told_by_looks_that_went_out(service, reason, facts, phases, online):
    (watch, *_) = service.plan()
    seen = Observation(reason=reason, facts=facts)
    result = Result(watch=watch, due=LAST_EVENING, started=LAST_EVENING, seconds=1, observation=seen, phases=phases)
    for before in (True, False):
        service.vitals.online = before
        service._note_link(result)
        assert service.vitals.online is (before if online is None else online)


async def test_a_link_of_ours_that_was_down_makes_nobody_silent(config):
    """What came in while nothing of ours got out is unknown: silence counts from when the link was last seen down."""
    silent = Heartbeat(tokens={"H26": Secret("0123456789abcdef0123")}, within=timedelta(minutes=10))
    check = replace(config.checks[0], name="internal", kind="heartbeat", probe=silent, period=Period(), depends_on=())
    pushing = replace(config, checks=(check,), network=replace(config.network, control=("127.255.255.255:1",)))
    service = Service(pushing, lambda: pushing)
    (watch,) = service.plan()
    clock = Clock(service.now() + timedelta(hours=1))
    service.inbox._now = service._network.now = clock
    missed = await service.look(watch, clock.at)
    service._network.online = service.online = lambda: asyncio.sleep(0, True)
    clock.at += timedelta(minutes=9)
    awaited = await service.look(watch, clock.at)
    clock.at += timedelta(minutes=2)
    missing = await service.look(watch, clock.at)
    await service.close()

    assert missed.observation.reason is Reason.OFFLINE
    assert awaited.observation.reason is Reason.HEARTBEAT_AWAITED
    assert missing.observation.reason is Reason.HEARTBEAT_MISSING


async def test_a_notice_is_logged_until_there_is_a_channel_for_it(config):
    clock = Clock(datetime(2023, 6, 21, 2, tzinfo=UTC))
    service = Service(config, lambda: config, clock)
    planned = service.plan()
    pages = next(watch for watch in planned if watch.key == ("NPSP", "national_pages"))
    service.store.take(
        Result(watch=pages, due=clock(), started=clock(), seconds=1, observation=Observation(reason=Reason.HTTP_5XX))
    )
    service.heed()
    clock.at += LONGEST_START
    with capture_logs() as logs:
        service.heed()
    await service.close()
    (notice,) = [line for line in logs if line["event"] == "notice"]

    assert (notice["told"], notice["causes"]) == ("initial", ["national NPSP"])
    assert notice["scores"] == {"province": "0/63", "ministry": "0/21"}
    assert [incident.cause.value for incident in service.store.incidents] == ["NPSP"]
