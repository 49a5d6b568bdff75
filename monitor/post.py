"""Everything by which people are told: the channels of the configuration, their way out, and what is told again and again."""

import asyncio
import contextlib
import random
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from monitor.alerts.compose import as_it_is, named, unknown_of, verdicts_of, why
from monitor.alerts.routing import wanted_from
from monitor.channels import Channel
from monitor.config import Config
from monitor.deliverers import Deliverers
from monitor.delivery import Office
from monitor.model import Condition, Level
from monitor.notice import OVER, Notice
from monitor.notify import Message, NotifyError, Reach, Refresher
from monitor.reach import reaching
from monitor.saying.message import message
from monitor.still import Known, open_on
from monitor.store.ledger import Ledger, LedgerError
from monitor.store.memory import Memory as Store
from monitor.stories import Memory
from monitor.vitals import Vitals
from probes._net.settings import NetworkSettings

log = structlog.get_logger()

AGAIN = timedelta(minutes=1)  # what is open is told to receivers that forget
_OVER_FOR = timedelta(minutes=15)  # that it is told again that something is over
_MOST = 500  # notices that are looked through for it


class Post:
    """Make it inside the loop. `memory` is what alerting remembers now, whenever it is called."""

    def __init__(
        self,
        ledger: Ledger,
        vitals: Vitals,
        now: Callable[[], datetime],
        memory: Callable[[], Memory],
        store: Store,
    ) -> None:
        self._ledger = ledger
        self._vitals = vitals
        self._now = now
        self._memory = memory
        self._store = store
        self._ways = AsyncExitStack()
        self._network: NetworkSettings | None = None
        self._config: Config | None = None
        self._office: Office | None = None
        self.deliverers: Deliverers | None = None
        self._again: asyncio.Task[None] | None = None

    async def follow(self, config: Config) -> None:
        """Go by this configuration from now on. Raises OSError, with all as before, where its `network.ca_file` has gone."""
        self.go_by(config, await self.ready(config))
        await self.forget()

    async def ready(self, config: Config) -> Reach:
        """The way out that this configuration wants; nothing goes by it yet. Raises OSError."""
        if self._office and config.network == self._network:
            return self._office.reach
        # The one of before goes on for what is just being sent, and is closed at the end.
        return await self._ways.enter_async_context(reaching(config.network, self._now))

    def go_by(self, config: Config, reach: Reach) -> None:
        """From now on; `reach` is what `ready` gave. Cannot fail: a reload is whole or not at all."""
        reach = replace(reach, page=config.url, warn=_warn)
        self._config, self._network = config, config.network
        self._deliverers(config, reach).follow(config.channels, reach)

    async def forget(self) -> None:
        """What waits for channels that are no longer configured finds its end."""
        if self.deliverers is None:
            return
        try:
            await self.deliverers.forget()
        except LedgerError as error:
            log.warning("strays_not_forgotten", problem=str(error), again="in a minute")
        except Exception:  # a mistake of ours with one notice must not end what others are told again
            log.exception("strays_bug")

    def _deliverers(self, config: Config, reach: Reach) -> Deliverers:
        if self.deliverers is None:
            self._office = Office(
                ledger=self._ledger,
                say=self._say,
                route=lambda notice, channel: wanted_from(channel, notice, self._now()),
                vitals=self._vitals,
                now=self._now,
                chance=random.random,
                channels=config.channels,
                reach=reach,
            )
            self.deliverers = Deliverers(self._office)
            self._again = asyncio.create_task(self._tell_again(), name="tell again")
        return self.deliverers

    def _say(self, notice: Notice, channel: Channel) -> Message:
        url = self._config.url if self._config else None
        return message(notice, channel.name, channel.language, url)

    def wake(self, names: set[str]) -> None:
        if self.deliverers:
            self.deliverers.wake(names)

    async def stop(self, within: timedelta) -> int:
        """How many deliveries were cut off; they are made again after a restart."""
        if self._again:
            self._again.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._again
        cut = await self.deliverers.stop(within) if self.deliverers else 0
        await self._ways.aclose()
        return cut

    # -- for receivers that forget

    async def _tell_again(self) -> None:
        while True:
            await asyncio.sleep(AGAIN.total_seconds())
            # What a channel was still sending when it was taken out, or was just being ordered on it.
            await self.forget()
            if self._office:
                await asyncio.gather(*(self._refresh(each, self._office.reach) for each in self._forgetful()))

    def _forgetful(self) -> Sequence[Channel]:
        return [each for each in self._office.channels.values() if isinstance(each.notifier, Refresher)]  # type: ignore[union-attr]  # only called with an office

    async def _refresh(self, channel: Channel, reach: Reach) -> None:
        try:
            open_now = open_on(channel.name, self._memory(), self._known(), self._now())
            over = await asyncio.to_thread(self._over, channel.name)
            async with asyncio.timeout(channel.timeout.total_seconds()):
                await channel.notifier.refresh((*open_now, *over), reach)  # type: ignore[attr-defined]  # it is a Refresher
        except (NotifyError, LedgerError, TimeoutError) as error:
            log.warning("not_told_again", channel=channel.name, problem=str(error) or "no end of it in time")
        except Exception:  # a notifier's bug must not end what others are told again
            log.exception("refresher_bug", channel=channel.name)

    def _over(self, channel: str) -> tuple[Notice, ...]:
        """What was told to be over a while ago. In a thread."""
        since = self._now() - _OVER_FOR
        latest = self._ledger.latest(channel, _MOST)
        return tuple(
            each.notice for each in latest if each.settled and each.settled >= since and each.notice.event in OVER
        )

    def _known(self) -> Known:
        standings, config = self._store.standings, self._config
        kinds = {check.name: check.kind for check in config.checks} if config else {}
        national = (held.agency for held in standings.values() if held.agency.level is Level.NATIONAL)
        return Known(
            agencies={
                code: named(held, unknown=unknown_of(held, Condition), **why(verdicts_of(held, Condition), kinds))
                for code, held in standings.items()
            },
            systems={each.code: (each.name, each.name_en) for each in national},
            certificates=self._store.scenes.endings.by_agency(),
            moves=tuple(map(as_it_is, self._store.scores())),
            synthetic=config.synthetic if config else None,
        )


def _warn(trouble: str) -> None:
    log.warning("told_with_trouble", problem=trouble)
