"""The monitor over one configuration, without a schedule: plans, looks, remembers, decides."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

import structlog
from yarl import URL

from monitor.alerts.alerting import Alerts
from monitor.alerts.sight import Sight, sight_of
from monitor.alerts.tell import Decision
from monitor.config import Config
from monitor.declared import declared_on
from monitor.inbox import Inbox, doors_of
from monitor.judge import sooner
from monitor.keeping import AtOnce, Course, Keeping, People, Written
from monitor.model import ZONE, Change, Level, Result, Watch
from monitor.notice import Event, Notice
from monitor.plan import watches
from monitor.room import Room
from monitor.runner import Runner
from monitor.schedule import utc_now
from monitor.store.ledger import Ledger, Recalled
from monitor.store.memory import Memory
from monitor.telling import log_notice
from monitor.trust import Trust, since_boot
from monitor.vitals import Vitals
from probes import Status
from probes._net.network import Network
from probes._net.settings import NetworkSettings

log = structlog.get_logger()

_PATIENCE = timedelta(seconds=10)  # with a disk, when the service ends


class Service:
    """Knows all of the inside; what it is reached by, and when it looks, is `server`.

    `load` reads the configuration anew, and raises ConfigError.
    """

    def __init__(
        self,
        config: Config,
        load: Callable[[], Config],
        now: Callable[[], datetime] = utc_now,
        tell: Callable[[Notice], None] = log_notice,
        ledger: Ledger | None = None,
    ) -> None:
        """`ledger`: where all is kept beyond the end; without one, `tell` is called with what is to be told."""
        self.config = config
        self.alerts = Alerts(config.alerts, config.channels)
        self.store = Memory(config.patience, config.prefer, noting=ledger is not None)
        trust = Trust(since_boot if now is utc_now else None)
        self.vitals = Vitals(started=now(), reload_at=now(), trust=trust)
        self.ledger = ledger
        self.keeping: Keeping = Written(ledger, self.store, self.vitals) if ledger else AtOnce(tell, self.vitals)
        self._alive: datetime | None = None  # the latest sign of life
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

    def recall(self, recalled: Recalled, people: People) -> None:
        """Go on from what a monitor before this one, and people, have written down; once, after the first plan."""
        if isinstance(self.keeping, Written):
            self.keeping.begin(recalled, people)
        self.alerts = Alerts(self.config.alerts, self.config.channels, recalled.memory)
        self.alerts.keep(self.store.standings)
        self._alive = recalled.at
        if recalled.at:
            self.vitals.trust.watched_till(recalled.at)
        self._changed(self.store.restore(recalled, self.now()))
        self.store.incidents = self.alerts.incidents

    def heed(self) -> None:
        """Bring incidents up to now, and tell what is to be told. Called once a second."""
        if self.keeping.busy:
            return
        at = self.now()
        self.alerts.go_by(at)
        sight = self.sight(at)
        long = self.alerts.many(sight)
        if long:  # it is read in another thread, while looks go on
            sight = replace(sight, standings=dict(sight.standings), conflicts=frozenset(sight.conflicts))
        self.keeping.keep(
            Course(
                at=at,
                long=long,
                decide=self.alerts.deciding(sight, at),
                decided=partial(self._decided, at),
                adopt=partial(self._adopt, at),
            )
        )

    def _decided(self, at: datetime, decision: Decision) -> None:
        if not any(order.notice.event is Event.SILENT for order in decision.orders):
            self._alive = at  # otherwise, once that is sure to be told

    def _adopt(self, at: datetime, decision: Decision) -> None:
        self.alerts.adopt(decision)
        self._alive = at
        self.store.incidents = self.alerts.incidents

    def sight(self, at: datetime) -> Sight:
        """What alerting sees now."""
        people = self.keeping.people
        return replace(
            sight_of(self.store, self.alerts.memory, self.alerts.lost, self.vitals, at),
            kinds={check.name: check.kind for check in self.config.checks},
            acks=people.acks,
            windows=(*self.config.maintenance, *people.windows),
            alive=self._alive,
            declared={
                each.level: (each.integrated, each.agencies) for each in declared_on(self.config.declared, self.day())
            },
            synthetic=self.config.synthetic,
        )

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

    def ready(self, config: Config) -> Network:
        """The way out that this configuration wants; nothing goes by it yet. Raises OSError where its `ca_file` has gone."""
        return self._network if config.network == self.config.network else self._network_of(config)

    async def drop(self, network: Network) -> None:
        """What `ready` gave, unless it is gone by."""
        if network is not self._network:
            await network.close()

    def renew(self, config: Config, network: Network | None = None) -> None:
        """Go by this configuration from now on; looks under way end by the old one. `network` is what `ready` gave."""
        network = network or self.ready(config)
        if network is not self._network:
            network.pace.follow(self._network.pace)
            self._retired.append(self._network)
            self._network = network
        self.config = config
        self.store.rule(config.patience, config.prefer)
        self.alerts.telling, self.alerts.channels = config.alerts, config.channels
        self._runner = self._runner_of(config)

    async def close(self) -> None:
        """Also writes what is not yet written, and waits for it as long as is bearable."""
        if isinstance(self.keeping, Written):
            await self.keeping.close(_PATIENCE)
            self.heed()
            if await self.keeping.close(_PATIENCE) and self.ledger:
                self.ledger.close()
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
        since=change.since.isoformat(timespec="seconds"),
        reason=change.reason,
    )
