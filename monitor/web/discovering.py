"""`GET /sd`: who can be looked at through /probe, for Prometheus's HTTP service discovery.

Heartbeats are left out: their looks ask nobody and only read what was pushed, which /metrics tells already.
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from aiohttp import web

from monitor.model import Level, Watch
from monitor.web.guard import Handler
from monitor.web.packing import gzipped_if_wanted
from monitor.web.shown import Shown
from probes.heartbeat import Probe as Heartbeat

_HOST: Final = re.compile(r"(?:\[[0-9a-fA-F:.]{2,45}\]|(?!-)[A-Za-z0-9._-]{1,253})(?::([0-9]{1,5}))?")
_FILTERS: Final = ("level", "check")
_UNITS: Final = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms"))


class Refused(Exception):  # noqa: N818 - like Trouble, it is an answer and no fault of ours
    """Why there is no list: an empty one would make Prometheus drop its targets."""


def discovery(shown: Shown) -> Handler:
    """The handler. The whole list each time, as of now."""

    async def answer(request: web.Request) -> web.Response:
        asked = tuple(each for each in shown.store.watches if not isinstance(each.check.probe, Heartbeat))
        # A check that looks at nobody today is none that there is not: its list is empty.
        checks = {each.name for each in shown.config().checks if not isinstance(each.probe, Heartbeat)}
        try:
            chosen = tuple(chosen_of(tuple(request.query.items()), asked, checks | {each.check.name for each in asked}))
        except Refused as refused:
            return web.Response(status=400, text=f"{refused}\n")
        target = address_of(request)
        groups = [group(each, target, secure=request.secure) for each in chosen]
        response = web.json_response(text=json.dumps(groups, ensure_ascii=False))
        response.headers["Vary"] = "Host, Accept-Encoding"
        return gzipped_if_wanted(request, response)

    return answer


def chosen_of(query: Sequence[tuple[str, str]], watches: tuple[Watch, ...], checks: set[str]) -> Iterator[Watch]:
    """Those that every filter lets through; one that is given twice lets either through. Raises Refused."""
    if strange := sorted({name for name, _ in query} - set(_FILTERS)):
        raise Refused(f"unknown parameter {_quoted(strange[0])}; allowed: {', '.join(_FILTERS)}")
    levels = _wanted(query, "level", {level.value for level in Level})
    names = _wanted(query, "check", checks)
    return (each for each in watches if each.agency.level.value in levels and each.check.name in names)


def _wanted(query: Sequence[tuple[str, str]], name: str, allowed: set[str]) -> set[str]:
    given = {value for key, value in query if key == name}
    if strange := sorted(given - allowed):
        raise Refused(f"no {name} {_quoted(strange[0])}; there are {', '.join(sorted(allowed))}")
    return given or allowed


def _quoted(text: str) -> str:
    return json.dumps(text[:60])


def address_of(request: web.Request) -> str:
    """By which whoever asks reaches the monitor, as its Host header says; else where it listens."""
    given = request.headers.getall("Host", [])
    match = _HOST.fullmatch(given[0]) if len(given) == 1 else None
    if match and (match[1] is None or 0 < int(match[1]) <= 65535):
        return match[0]
    host, port = request.transport.get_extra_info("sockname")[:2] if request.transport else ("127.0.0.1", 9884)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def group(watch: Watch, target: str, *, secure: bool) -> dict[str, Any]:
    """One target. Labels with two underscores are for relabelling, and gone afterwards."""
    agency, check = watch.agency, watch.check
    labels = {
        "__metrics_path__": "/probe",
        "__param_agency": agency.code,
        "__param_check": check.name,
        "agency": agency.code,
        "check": check.name,
        "level": agency.level.value,
        "__meta_npsp_agency": agency.code,
        "__meta_npsp_name": agency.name,
        "__meta_npsp_check": check.name,
        "__meta_npsp_kind": check.kind,
        "__meta_npsp_level": agency.level.value,
        "__meta_npsp_platform": agency.platform or "",
        "__meta_npsp_portal": agency.portal or "",
        "__meta_npsp_every": _duration(check.every),
        "__meta_npsp_timeout": _duration(check.timeout),
    }
    return {"targets": [target], "labels": labels | ({"__scheme__": "https"} if secure else {})}


def _duration(length: timedelta) -> str:
    """As Prometheus writes them, in the largest unit that fits."""
    milliseconds = length // timedelta(milliseconds=1)
    size, unit = next((size, unit) for size, unit in _UNITS if milliseconds % size == 0)
    return f"{milliseconds // size}{unit}"
