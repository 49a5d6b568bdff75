"""`GET /probe`: one look, now, that leaves no trace; told in blackbox_exporter's names, or step by step."""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from monitor.effective import one_line, settings_of
from monitor.metrics import preferred
from monitor.model import Result, Watch
from monitor.oneshot import Series, series_of
from monitor.show.text import Format
from monitor.web.guard import Handler, from_a_browser
from monitor.web.shown import Shown

OFFSET: Final = timedelta(seconds=0.5)  # of Prometheus's patience, for the way back
_HEADER: Final = "X-Prometheus-Scrape-Timeout-Seconds"
_WAIT: Final = timedelta(minutes=2)  # for room and for a polite turn, where whoever asks names no limit
_MOST_LISTED: Final = 100


class Refused(Exception):  # noqa: N818 - like Trouble, it is an answer and no fault of ours
    """Why there is no look."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a request asks for."""

    watch: Watch
    patience: timedelta | None  # of whoever asks; none was named
    debug: bool

    @property
    def limit(self) -> timedelta:
        """For the look itself, so that its answer is back in time."""
        usual = self.watch.check.timeout
        return min(usual, max(self.patience - OFFSET, self.patience / 2)) if self.patience else usual


def probe(shown: Shown) -> Handler:
    """The handler; a request that goes away takes its look with it."""
    turns: dict[str, asyncio.Lock] = {}  # by agency: not many slots of its host are taken before the schedule's looks

    async def answer(request: web.Request) -> web.Response:
        if from_a_browser(request):
            raise web.HTTPForbidden
        try:
            wanted = wanted_of(request.query, request.headers.get(_HEADER), shown.store.watches)
            turn = turns.setdefault(wanted.watch.agency.code, asyncio.Lock())
            result = await _looked(shown, wanted, turn)
        except Refused as refused:
            return web.Response(status=refused.status, text=f"{refused.text}\n")
        if wanted.debug:
            return web.Response(text="\n".join(_told(result)))
        return _exposed(result, ",".join(request.headers.getall("Accept", [])))

    return answer


async def _looked(shown: Shown, wanted: Wanted, turn: asyncio.Lock) -> Result:
    """The look, unless room or the host's turn do not come in time."""
    seconds = (wanted.patience or wanted.limit + _WAIT).total_seconds()
    try:
        async with asyncio.timeout(seconds), turn:
            return await shown.peek(wanted.watch, wanted.limit)
    except TimeoutError:
        text = f"no look within {seconds:g} s: too much is under way, or the host was only just asked"
        raise Refused(503, text) from None


# -- what is asked for


def wanted_of(query: Mapping[str, str], header: str | None, watches: tuple[Watch, ...]) -> Wanted:
    """Raises Refused with what is possible."""
    agency, check = query.get("agency", ""), _check_asked(query)
    return Wanted(
        watch=_watch(agency, check, watches),
        patience=_patience(header),
        debug=query.get("debug") == "true",
    )


def _check_asked(query: Mapping[str, str]) -> str:
    check, module = query.get("check", ""), query.get("module", "")
    if check and module and check != module:
        raise Refused(400, "check and module mean the same and say different things; give one of them")
    return check or module


def _watch(agency: str, check: str, watches: tuple[Watch, ...]) -> Watch:
    if "" in (agency, check):
        raise Refused(400, "/probe?agency=CODE&check=NAME: both are needed")
    found = next((each for each in watches if each.check.name == check and each.agency.code == agency), None)
    if found is None:
        raise Refused(404, _what_there_is(agency, check, watches))
    return found


def _what_there_is(agency: str, check: str, watches: tuple[Watch, ...]) -> str:
    agencies, checks = {each.agency.code for each in watches}, {each.check.name for each in watches}
    if agency not in agencies:
        return f"no such agency; there are {_listed(agencies)}"
    if check not in checks:
        return f"no such check; there are {_listed(checks)}"
    its = {each.check.name for each in watches if each.agency.code == agency}
    return f"this check does not look at {agency}; these do: {_listed(its)}"


def _listed(names: set[str]) -> str:
    first = sorted(names)[:_MOST_LISTED]
    return ", ".join(first) + (f" and {len(names) - len(first)} more" if len(names) > len(first) else "")


def _patience(header: str | None) -> timedelta | None:
    if header is None:
        return None
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,9})?", header) or not float(header):
        raise Refused(400, f"{_HEADER} must be a number of seconds above 0")
    return timedelta(seconds=float(header))


# -- what is answered


class _Once:
    """A collector of the series of one look."""

    def __init__(self, series: tuple[Series, ...]) -> None:
        self._series = series

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for each in self._series:
            names = tuple(each.rows[0].labels)
            family = GaugeMetricFamily(each.name, each.text, labels=names)
            for row in each.rows:
                family.add_metric([row.labels[name] for name in names], row.value)
            yield family


def _exposed(result: Result, accept: str) -> web.Response:
    form = preferred(accept)
    encode = generate_openmetrics if form is Format.OPENMETRICS else generate_latest
    return web.Response(body=_text(result, encode), headers={"Content-Type": form.value, "Vary": "Accept"})


def _text(result: Result, encode: Callable[[CollectorRegistry], bytes]) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(series_of(result)))
    return encode(registry)


def _told(result: Result) -> Iterator[str]:
    """The look step by step, for a person."""
    seen, check = result.observation, result.watch.check
    yield f"{result.watch.agency.code} {result.watch.agency.name}: {check.name}"
    yield "\nSteps, with seconds over all requests of the look:"
    yield from (f"  {phase:<10} {seconds:.6f}" for phase, seconds in result.phases.items())
    yield f"  {'in all':<10} {result.seconds:.6f} of {check.timeout.total_seconds():g}"
    yield f"\nFound: {seen.status} {seen.reason}"
    yield f"  {seen.detail}"
    yield "\nFacts:"
    yield from (f"  {name}: {one_line(value)}" for name, value in sorted(seen.facts.items()))
    yield "\nSettings:"
    yield from (f"  {name}: {value}" for name, value in settings_of(check))
    yield "\nMetrics:"
    yield _text(result, generate_latest).decode()
