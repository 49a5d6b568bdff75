"""Shows the series to Prometheus. They are read at each scrape, so what is gone from the store leaves none behind.

Looks are made on a schedule of the monitor's own, because it also tells people and reports; a scrape causes none.
"""

import gzip as gzip_file
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from importlib.metadata import version
from itertools import accumulate

from prometheus_client import CollectorRegistry, GCCollector, Metric, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST as CONTENT_TYPE_OPENMETRICS
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector

from monitor.blackbox import of_looks
from monitor.config import Config
from monitor.report import day_of
from monitor.series import Family, declared, number, of_monitor, of_store
from monitor.store.memory import Memory
from monitor.vitals import Vitals


class StoreCollector(Collector):
    """Everything of the store, the declared figures and the monitor's health.

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

    def collect(self) -> Iterator[Metric]:
        yield from map(_metric, self._families())
        yield _lag(self._vitals)

    def _families(self) -> Iterator[Family]:
        config = self._config()
        yield from of_store(self._store)
        yield from of_looks(self._store)
        yield from declared(config, self._day())
        yield from of_monitor(self._store, self._vitals, config, self._version)


class Taken(Collector):
    """What a collector gave at one instant, so that it can be written out later, by another thread."""

    def __init__(self, collector: Collector) -> None:
        self._metrics = tuple(collector.collect())

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def registry(collector: Collector) -> CollectorRegistry:
    """The collector, and what every Python program shows of its process."""
    held = CollectorRegistry()
    held.register(collector)
    ProcessCollector(registry=held)
    PlatformCollector(registry=held)
    GCCollector(registry=held)
    return held


def render(collector: Collector, accept: str = "", *, gzip: bool = False) -> tuple[bytes, str]:
    """The page and its content type: OpenMetrics where the Accept header prefers it, else Prometheus's text format."""
    if _prefers_openmetrics(accept):
        body, content_type = _openmetrics(collector), CONTENT_TYPE_OPENMETRICS
    else:
        body, content_type = generate_latest(collector), CONTENT_TYPE_PLAIN_0_0_4
    return gzip_file.compress(body, compresslevel=3, mtime=0) if gzip else body, content_type


def _openmetrics(collector: Collector) -> bytes:
    page: bytes = generate_openmetrics(collector)  # type: ignore[no-untyped-call]  # prometheus_client leaves it so
    return page


def page_text(store: Memory, vitals: Vitals, config: Config) -> str:
    """The page of a monitor that looked once and serves nothing, without what concerns only its process."""
    collector = StoreCollector(
        store=store,
        vitals=vitals,
        config=lambda: config,
        day=lambda: day_of(config, vitals.started),
        version=installed_version(),
    )
    return render(collector)[0].decode()


def installed_version() -> str:
    return version("npsp-monitor")


def quality(header: str, *names: str) -> float:
    """The highest q that an Accept or Accept-Encoding header gives to any of these names; 0 when it names none."""
    parts = (part.split(";") for part in header.lower().split(","))
    return max((_q(rest) for name, *rest in parts if name.strip() in names), default=0.0)


def _q(parameters: Iterable[str]) -> float:
    pairs = dict(parameter.strip().partition("=")[::2] for parameter in parameters)
    return number(pairs.get("q", "1")) or 0.0


def _prefers_openmetrics(accept: str) -> bool:
    wanted = quality(accept, "application/openmetrics-text")
    return wanted > 0 and wanted >= quality(accept, "text/plain")


def _metric(family: Family) -> Metric:
    rows = ((labels, float(value)) for labels, value in family.rows if value is not None)
    if family.kind == "info":
        info = InfoMetricFamily(family.name.removesuffix("_info"), family.text)
        for labels, _ in rows:
            info.add_metric((), dict(zip(family.labels, labels, strict=True)))
        return info
    shape = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    metric = shape(family.name, family.text, labels=family.labels)
    for labels, value in rows:
        metric.add_metric(labels, value)
    return metric


def _lag(vitals: Vitals) -> Metric:
    metric = HistogramMetricFamily("npsp_monitor_schedule_lag_seconds", "Seconds from a look's due time to its start.")
    bounds = (*map(str, vitals.lag_buckets), "+Inf")
    metric.add_metric((), list(zip(bounds, accumulate(vitals.lag_counts), strict=True)), vitals.lag_sum)
    return metric
