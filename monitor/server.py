"""Builds everything around a service and runs it till told to stop: the schedule, the web side, the channels."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import datetime, timedelta

import structlog

from monitor.config import Config
from monitor.keeping import Left, Written, before
from monitor.model import Result, Watch
from monitor.pauses import made_to_stay
from monitor.post import Post
from monitor.schedule import Schedule
from monitor.service import Service
from monitor.settings import ConfigError
from monitor.timetable import Timetable
from monitor.web.serving import Site
from monitor.web.shown import Shown

log = structlog.get_logger()

GRACE = timedelta(seconds=10)  # for looks under way when the service stops


class Server:
    """A service with a schedule, a web address and channels."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._reloading = asyncio.Lock()  # one after the other: the last one asked for must be the last one applied
        self._schedule = Schedule(
            self._look, self._new_day, service.vitals, room=service.room, now=service.now, each_tick=service.heed
        )
        self._site = Site(shown(service, self.reload), service.config.web)
        self._post = _post_of(service)

    async def serve(self, stop: asyncio.Event, started: Callable[[str], None] = lambda _: None) -> None:
        """Listen, look till `stop` is set, then drain. Raises OSError when the address can't be had."""
        service = self.service
        try:
            left = await asyncio.to_thread(before, service.ledger) if service.ledger else None
            address = await self._site.start(service.config.listen)
            await self.prepare(left)
            self._schedule.start()
            warn_of_contact(service.config)
            _log_start(service, address)
            started(address)
            await stop.wait()
            cancelled = await self._schedule.drain(GRACE)
            log.info("stopped", looks_cancelled=cancelled)
        finally:
            await self._close()

    async def prepare(self, left: Left | None) -> None:
        """Plan, go on from what is written down, and open the channels."""
        service = self.service
        self._follow()
        if left:
            service.recall(*left)
        if self._post:
            await self._post.follow(service.config)

    async def _close(self) -> None:
        cut = await self._post.stop(GRACE) if self._post else 0
        if cut:
            log.warning("deliveries_cut_off", channels=cut, again="after the next start")
        await self.service.close()
        await self._site.stop()

    async def reload(self) -> tuple[str, ...]:
        """Read the configuration anew. On errors the old one is kept, and they are returned."""
        async with self._reloading:
            return await self._reload()

    async def _reload(self) -> tuple[str, ...]:
        service = self.service
        try:
            await self._renew(await asyncio.to_thread(service.load))
        except ConfigError as error:
            service.vitals.reload_ok = False
            log.warning("reload_failed", kept="the configuration of before", errors=list(error.errors))
            return error.errors
        service.vitals.reload_ok, service.vitals.reload_at = True, service.now()
        log.info("reloaded", folder=str(service.config.folder))
        if self._post:
            await self._post.forget()
        return ()

    async def _renew(self, config: Config) -> None:
        """Go by this configuration from now on, by all of it or by none: what may fail comes first. Raises ConfigError.

        Files may have changed since they were found right.
        """
        service, post = self.service, self._post
        async with AsyncExitStack() as unless_used:
            with _unusable("network.ca_file"):
                network = service.ready(config)
                unless_used.push_async_callback(service.drop, network)
                reach = await post.ready(config) if post else None
            with _unusable("the certificates of web.config_file"):
                await self._site.renew(config.web)
            # From here on nothing fails, and nothing is waited for.
            _log_what_waits(service.config, config)
            if post and reach:
                post.go_by(config, reach)
            service.renew(config, network)
        self._follow()

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


@contextmanager
def _unusable(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError((f"{what} cannot be used: {error}",)) from None


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
        people=lambda: service.keeping.people,
        ledger=service.ledger,
    )


def _post_of(service: Service) -> Post | None:
    """None where nothing is written down: what is told then goes to the log."""
    if service.ledger is None or not isinstance(service.keeping, Written):
        return None
    post = Post(service.ledger, service.vitals, service.now, lambda: service.alerts.memory, service.store)
    service.keeping.ordered = lambda names: post.wake(set(names))
    return post


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
            ("store", old.store, new.store),
            ("network.in_flight", old.network.in_flight, new.network.in_flight),
        )
        if before != after
    ]
    if waiting:
        log.warning("restart_needed", settings=waiting)
