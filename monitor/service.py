"""Builds everything and runs it till told to stop: the only place that knows all."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import structlog
from yarl import URL

from monitor.alerts.alerting import Alerts
from monitor.alerts.sight import Sight, sight_of
from monitor.config import Config
from monitor.inbox import Inbox, doors_of
from monitor.judge import sooner
from monitor.model import ZONE, Change, Level, Result, Watch
from monitor.notice import Notice
from monitor.pauses import made_to_stay
from monitor.plan import watches
from monitor.room import Room
from monitor.runner import Runner
from monitor.schedule import Schedule, utc_now
from monitor.settings import ConfigError
from monitor.store.memory import Memory
from monitor.telling import Outbox, log_notice
from monitor.timetable import Timetable
from monitor.vitals import Vitals
from monitor.web.serving import Site
from monitor.web.shown import Shown
from probes import Status
from probes._net.network import Network
from probes._net.settings import NetworkSettings

log = structlog.get_logger()

GRACE = timedelta(seconds=10)  # for looks under way when the service stops


class Service:
    """The monitor over one configuration, without a schedule: plans, looks, remembers.

    `load` reads the configuration anew, and raises ConfigError.
    """

    def __init__(
        self,
        config: Config,
        load: Callable[[], Config],
        now: Callable[[], datetime] = utc_now,
        tell: Callable[[Notice], None] = log_notice,
    ) -> None:
        self.config = config
        self.alerts = Alerts(config.alerts, channels={})
        self.store = Memory(config.patience, config.prefer)
        self.vitals = Vitals(started=now(), reload_at=now())
        self._outbox = Outbox(tell, self.vitals)
        self._heeded: datetime | None = None  # the latest sign of life
        self.load = load
        self._log: structlog.typing.FilteringBoundLogger = log.bind()
        self.now = now
        self._network = self._network_of(config)
        self._retired: list[Network] = []
        self.room = Room(config.network.in_flight)
        self.inbox = Inbox(self._network.now, self.vitals.awake)
        self._runner = self._runner_of(config)

    def _network_of(self, config: Config) -> Network:
        return Network(with_controls(config), now=None if self.now is utc_now else self.now)

    def _runner_of(self, config: Config) -> Runner:
        return Runner(
            self._network,
            self.store.down,
            vantage=config.vantage,
            place=self.room,
            hear=self.inbox.heard,
            now=self.now,
        )

    def day(self) -> date:
        """Whose roster and rules hold: today in Viet Nam, or the scenario's day."""
        return self.config.day or self.now().astimezone(ZONE).date()

    def plan(self) -> tuple[Watch, ...]:
        """Lay the plan of the day before the store."""
        day = self.day()
        agencies = self.config.roster.on(day)
        planned = watches(self.config, day, agencies)
        self.inbox.listen(doors_of(planned))
        self._changed(self.store.plan(agencies, planned, self.config.attestations, day=day, at=self.now()))
        self.alerts.keep(self.store.standings)
        return planned

    async def look(self, watch: Watch, due: datetime) -> Result:
        """Make one look, remember it, say what changed; who calls holds a place in `room`. Raises only when cancelled."""
        result = await self._runner.look(watch, due)
        self._note_link(result)
        _log_look(self._log, result)
        if changes := self.store.take(result):
            self._changed(changes)
        return result

    def _changed(self, changes: Sequence[Change]) -> None:
        for change in changes:
            _log_change(change)
        self.alerts.note(changes)

    def heed(self) -> None:
        """Bring incidents up to now, and tell what is to be told. Called once a second."""
        self._outbox.take(())  # what could not be told before
        at = self.now()
        decision = self.alerts.decide(self.sight(at), at)
        self.alerts.adopt(decision)
        self._heeded = at
        self.store.incidents = self.alerts.incidents
        self._outbox.take(decision.notices)

    def sight(self, at: datetime) -> Sight:
        """What alerting sees now."""
        seen = sight_of(self.store, self.alerts.memory, self.alerts.lost, self.vitals, at)
        return replace(seen, windows=self.config.maintenance, alive=self._heeded, synthetic=self.config.synthetic)

    def sooner(self, result: Result) -> datetime | None:
        """When to look again before the watch's next turn, once `look` has given this result; None: in its rhythm."""
        held = self.store.held(result.watch)
        return None if held is None else sooner(held, result, self.config.patience)

    async def peek(self, watch: Watch, within: timedelta) -> Result:
        """Make one look by the same way and forget it: states, counts and changes stay as they are."""
        limited = replace(watch, check=replace(watch.check, timeout=min(within, watch.check.timeout)))
        return await self._runner.look(limited, self.now())

    def _note_link(self, result: Result) -> None:
        """A look that came through by itself shows that our own way out works; one that found it down, that it does not.

        What was pushed, or asked for another look, went no way out; and one way that is down is not all of them.
        """
        seen = result.observation
        if seen.facts.get("link") == "down":
            self.vitals.online = False
            self.inbox.deafened()
        elif seen.status is not Status.UNKNOWN and result.phases:
            self.vitals.online = True

    async def online(self) -> bool:
        """Whether our own way out works, as far as control targets are configured."""
        self.vitals.online = await self._network.online()
        return self.vitals.online

    def renew(self, config: Config) -> None:
        """Go by this configuration from now on; looks under way end by the old one."""
        if config.network != self.config.network:
            self._retired.append(self._network)
            self._network = self._network_of(config)
            self._network.pace.follow(self._retired[-1].pace)
        self.config = config
        self.store.rule(config.patience, config.prefer)
        self.alerts.telling = config.alerts
        self._runner = self._runner_of(config)

    async def close(self) -> None:
        for network in (*self._retired, self._network):
            await network.close()


def with_controls(config: Config) -> NetworkSettings:
    """Where the operator chose none, the national systems serve as control targets and as names that exist.

    When none of them takes a connection or has a name, the trouble is more likely ours than that of all.
    """
    urls = [URL(entry.portal) for entry in config.roster.entries if entry.level is Level.NATIONAL and entry.portal]
    network = config.network
    return replace(
        network,
        control=network.control or tuple(dict.fromkeys(f"{url.host}:{url.port}" for url in urls)),
        known_names=network.known_names or tuple(dict.fromkeys(url.host or "" for url in urls)),
    )


class Server:
    """A service with a schedule and a web address."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._reloading = asyncio.Lock()  # one after the other: the last one asked for must be the last one applied
        self._schedule = Schedule(
            self._look, self._new_day, service.vitals, room=service.room, now=service.now, each_tick=service.heed
        )
        self._site = Site(shown(service, self.reload), service.config.web)

    async def serve(self, stop: asyncio.Event, started: Callable[[str], None] = lambda _: None) -> None:
        """Listen, look till `stop` is set, then drain. Raises OSError when the address can't be had."""
        try:
            address = await self._site.start(self.service.config.listen)
            self._follow()
            self._schedule.start()
            warn_of_contact(self.service.config)
            _log_start(self.service, address)
            started(address)
            await stop.wait()
            cancelled = await self._schedule.drain(GRACE)
            log.info("stopped", looks_cancelled=cancelled)
        finally:
            await self._site.stop()
            await self.service.close()

    async def reload(self) -> tuple[str, ...]:
        """Read the configuration anew. On errors the old one is kept, and they are returned."""
        async with self._reloading:
            return await self._reload()

    async def _reload(self) -> tuple[str, ...]:
        service = self.service
        try:
            config = await asyncio.to_thread(service.load)
            await self._let_in(config)
        except ConfigError as error:
            service.vitals.reload_ok = False
            log.warning("reload_failed", kept="the configuration of before", errors=list(error.errors))
            return error.errors
        _log_what_waits(service.config, config)
        service.renew(config)
        service.vitals.reload_ok, service.vitals.reload_at = True, service.now()
        self._follow()
        log.info("reloaded", folder=str(config.folder))
        return ()

    async def _let_in(self, config: Config) -> None:
        """By this configuration's web part from now on. Raises ConfigError, with all as before."""
        try:
            await self._site.renew(config.web)
        except OSError as error:  # the files have changed since they were found right
            raise ConfigError((f"the certificates of web.config_file cannot be used: {error}",)) from None

    def _follow(self) -> None:
        service = self.service
        with made_to_stay():
            planned = service.plan()
            looked = {watch.key for watch in planned if service.store.looks(watch.key)}
            # From where the old timetable got to, not from now: laying a large plan takes a while.
            begin = self._schedule.reached()
            self._schedule.follow(Timetable(planned, now=begin, warm_up=service.config.warm_up, looked=looked))

    async def _look(self, watch: Watch, due: datetime) -> datetime | None:
        try:
            return self.service.sooner(await self.service.look(watch, due))
        except Exception:  # the schedule must go on, whatever is wrong with one look's bookkeeping
            log.exception("look_lost", agency=watch.agency.code, check=watch.check.name)
            return None

    async def _new_day(self) -> None:
        log.info("new_day", day=self.service.day().isoformat())
        self._follow()


def shown(service: Service, reload: Callable[[], Awaitable[tuple[str, ...]]]) -> Shown:
    """The service for its pages. A look that somebody asks for takes a place in the same room as those of the schedule."""

    async def peek(watch: Watch, within: timedelta) -> Result:
        async with service.room:
            return await service.peek(watch, within)

    return Shown(
        store=service.store,
        vitals=service.vitals,
        config=lambda: service.config,
        day=service.day,
        now=service.now,
        reload=reload,
        peek=peek,
        inbox=service.inbox,
    )


def _log_start(service: Service, address: str) -> None:
    log.info(
        "started",
        address=address,
        tls=service.config.scheme == "https",
        agencies=len(service.store.agencies),
        watches=len(service.store.watches),
        day=service.day().isoformat(),
    )


def warn_of_contact(config: Config) -> None:
    """Who is asked should be able to reach who asks."""
    if config.anonymous:
        log.warning("contact_is_a_placeholder", setting="network.contact in monitor.yaml")


def _log_what_waits(old: Config, new: Config) -> None:
    """Settings that are taken once, at the start."""
    waiting = [
        name
        for name, before, after in (
            ("listen", old.listen, new.listen),
            ("network.in_flight", old.network.in_flight, new.network.in_flight),
        )
        if before != after
    ]
    if waiting:
        log.warning("restart_needed", settings=waiting)


def _log_look(bound: structlog.typing.FilteringBoundLogger, result: Result) -> None:
    """`bound` once for all looks: binding costs more than a look's line that is not wanted."""
    seen = result.observation
    bound.debug(
        "look",
        agency=result.watch.agency.code,
        check=result.watch.check.name,
        status=seen.status,
        reason=seen.reason,
        seconds=round(result.seconds, 3),
    )


def _log_change(change: Change) -> None:
    log.info(
        "change",
        agency=change.agency.code,
        name=change.agency.name,
        what=change.what,
        before=change.before,
        after=change.after,
        reason=change.reason,
    )
