"""What the pages are made from."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from aiohttp import web

from monitor.config import Config
from monitor.inbox import Inbox
from monitor.keeping import People
from monitor.metrics import installed_version
from monitor.model import Result, Watch
from monitor.report import Report, report
from monitor.store.ledger import Ledger
from monitor.store.memory import Memory
from monitor.vitals import Vitals


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The service as it is shown. `reload` reads the configuration anew and returns what is wrong with it.

    `peek` makes one look within a time limit and remembers nothing of it.
    """

    store: Memory
    vitals: Vitals
    config: Callable[[], Config]
    day: Callable[[], date]
    now: Callable[[], datetime]  # UTC
    reload: Callable[[], Awaitable[tuple[str, ...]]]
    peek: Callable[[Watch, timedelta], Awaitable[Result]]
    inbox: Inbox
    people: Callable[[], People] = People
    ledger: Ledger | None = None  # nothing is kept beyond the end
    version: str = field(default_factory=installed_version)

    def report(self) -> Report:
        return report(self.store, self.config(), self.now(), self.people())


SHOWN = web.AppKey("SHOWN", Shown)
