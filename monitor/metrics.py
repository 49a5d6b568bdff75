"""Shows the series to Prometheus. They are read at each scrape, so what is gone from the store leaves none behind.

Looks are made on a schedule of the monitor's own, because it also tells people and reports; a scrape causes none.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from importlib.metadata import version as version_of
from itertools import chain

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from monitor.blackbox import OF_LOOKS
from monitor.config import Config
from monitor.report import day_of
from monitor.series import declared, dependencies, in_incidents, number, of_incidents, of_monitor, of_scores, picture
from monitor.show.agencies import OF_AGENCIES, OF_STANDINGS
from monitor.show.checks import OF_CHECKS, OF_LOOKS_AT_ONE
from monitor.show.family import Family, Histogram
from monitor.show.packing import gzipped, packed
from monitor.show.sheet import AnyColumn, Sheet
from monitor.show.text import Format, header, written
from monitor.store.memory import Memory
from monitor.vitals import Vitals

SLICE = 0.002  # seconds the page is written without letting looks have their turn

Part = bytes | AnyColumn  # of a page


class Page:
    """Everything of the store, the declared figures and the monitor's health; and its process, if it is to be shown.

    `config` gives the configuration that holds now, `day` the day whose declared figures are the latest.
    """

    def __init__(
        self, *, store: Memory, vitals: Vitals, config: Callable[[], Config], day: Callable[[], date], version: str
    ) -> None:
        self._store = store
        self._vitals = vitals
        self._config = config
        self._day = day
        self._version = version
        self._process = _process()
        self._agencies, self._standings = Sheet(OF_AGENCIES), Sheet(OF_STANDINGS)
        self._at_one = Sheet(OF_LOOKS_AT_ONE)
        self._looks = Sheet((*OF_CHECKS, *OF_LOOKS))
        self._scrapes: set[asyncio.Future[tuple[bytes, str]]] = set()  # under way; the loop itself holds no task
        self._in_use = asyncio.Lock()  # one scrape after the other: they share the sheets

    async def scrape(self, accept: str = "", *, gzip: bool = False) -> tuple[bytes, str]:
        """The page of this instant and its content type; whatever else the loop has to do goes on meanwhile.

        It is finished also when who asked has gone: the sheets are shared, and a thread cannot be broken off.
        """
        work = asyncio.ensure_future(self._scraped(accept, gzip=gzip))
        self._scrapes.add(work)
        work.add_done_callback(self._scrapes.discard)
        return await asyncio.shield(work)

    async def _scraped(self, accept: str, *, gzip: bool) -> tuple[bytes, str]:
        form = preferred(accept)
        async with self._in_use:
            parts: list[Part] = []
            await _paced(self._written(form, parts, process=True, pack=gzip))
            return await asyncio.to_thread(_zipped if gzip else _plain, parts), form.value

    def render(self, accept: str = "", *, gzip: bool = False, process: bool = False) -> tuple[bytes, str]:
        """The same, at once."""
        form, parts = preferred(accept), list[Part]()
        for _ in self._written(form, parts, process=process, pack=gzip):
            pass
        return (_zipped if gzip else _plain)(parts), form.value

    def _written(self, form: Format, parts: list[Part], *, process: bool, pack: bool) -> Iterator[None]:
        """Fill `parts`, step by step. What changes is read before the first step."""
        now, config = picture(self._store), self._config()
        day = self._day()
        whole = [
            *declared(config, day),
            dependencies(config, day),
            *of_monitor(now, self._vitals, config, self._version),
        ]
        end = (self._of_process(form) if process else b"") + form.end
        yield from self._agencies.renew(now.agencies, pack=pack)
        yield from self._standings.renew(now.standings, pack=pack)
        yield from self._at_one.renew(now.looks_by_agency, pack=pack)
        yield from self._looks.renew(now.looks, pack=pack)
        checks, looks = self._looks.columns[: len(OF_CHECKS)], self._looks.columns[len(OF_CHECKS) :]
        parts += _families(form, chain(of_scores(now.scores), of_incidents(now.incidents), in_incidents(now)))
        parts += _columns(form, *self._agencies.columns, *self._standings.columns, *checks)
        parts += _columns(form, *self._at_one.columns)
        yield
        parts += _columns(form, *looks)
        parts += _families(form, whole)
        parts.append(end)

    def _of_process(self, form: Format) -> bytes:
        if form is Format.TEXT:
            return generate_latest(self._process)
        page: bytes = generate_openmetrics(self._process)  # type: ignore[no-untyped-call]  # prometheus_client leaves it so
        return page.removesuffix(form.end)


async def _paced(steps: Iterable[None]) -> None:
    begun = time.perf_counter()
    for _ in steps:
        if time.perf_counter() - begun > SLICE:
            await asyncio.sleep(0)
            begun = time.perf_counter()


def _families(form: Format, families: Iterable[Family | Histogram]) -> Iterator[Part]:
    return (header(family, form) + written(family) for family in families)


def _columns(form: Format, *columns: AnyColumn) -> Iterator[Part]:
    return chain.from_iterable((header(column.each.family, form), column) for column in columns)


def _plain(parts: Iterable[Part]) -> bytes:
    return b"".join(chain.from_iterable((part,) if isinstance(part, bytes) else part.texts() for part in parts))


def _zipped(parts: Iterable[Part]) -> bytes:
    runs = ((packed(part),) if isinstance(part, bytes) else part.shards() for part in parts)
    return gzipped(chain.from_iterable(runs))


def _process() -> CollectorRegistry:
    """What every Python program shows of its process."""
    held = CollectorRegistry()
    ProcessCollector(registry=held)
    PlatformCollector(registry=held)
    GCCollector(registry=held)
    return held


def page_text(store: Memory, vitals: Vitals, config: Config) -> str:
    """The page of a monitor that looked once and serves nothing, without what concerns only its process."""
    page = Page(
        store=store,
        vitals=vitals,
        config=lambda: config,
        day=lambda: day_of(config, vitals.started),
        version=installed_version(),
    )
    return page.render()[0].decode()


def installed_version() -> str:
    return version_of("npsp-monitor")


def quality(header: str, *names: str) -> float:
    """The highest q that an Accept or Accept-Encoding header gives to any of these names; 0 when it names none."""
    parts = (part.split(";") for part in header.lower().split(","))
    return max((_q(rest) for name, *rest in parts if name.strip() in names), default=0.0)


def _q(parameters: Iterable[str]) -> float:
    pairs = dict(parameter.strip().partition("=")[::2] for parameter in parameters)
    return number(pairs.get("q", "1")) or 0.0


def preferred(accept: str) -> Format:
    """OpenMetrics where the Accept header prefers it, else Prometheus's text format."""
    wanted = quality(accept, "application/openmetrics-text")
    return Format.OPENMETRICS if wanted > 0 and wanted >= quality(accept, "text/plain") else Format.TEXT
