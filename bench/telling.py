"""From fault to notice, ours beside a real chain at the same estate in the same run: `python bench/telling.py`.

Both look at the same portals with the same period and time-out, both tell after as many looks that fail one after the
other (which ours makes closer together), both tell the same local receiver. Twenty faults befall twenty agencies at random instants;
each lasts till all but the grouped line have told of it, and its end till they have told of that. `--vendor`: one family of software fails instead.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from yarl import URL

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from arrivals import Arrivals, receiving  # noqa: E402 - after the path
from chain import LINES, Aim, Chain  # noqa: E402
from figures import spread, table  # noqa: E402

from monitor import loop  # noqa: E402
from monitor.bundled import config_folder  # noqa: E402
from monitor.channels import Channel  # noqa: E402
from monitor.config import Config  # noqa: E402
from monitor.log import configure  # noqa: E402
from monitor.model import Answer  # noqa: E402
from monitor.notify import webhook  # noqa: E402
from monitor.server import Server  # noqa: E402
from monitor.service import Service  # noqa: E402
from monitor.settings import load  # noqa: E402
from monitor.store.opening import open_ledger  # noqa: E402
from monitor.store.place import Place  # noqa: E402
from monitor.testbed.estate import Estate  # noqa: E402
from monitor.testbed.faults import Fault  # noqa: E402
from monitor.testbed.overlay import pointed_at, staged  # noqa: E402
from monitor.testbed.scenario import named  # noqa: E402

TIMEOUT = 7  # seconds; ours looks again after 15 s at the soonest, and after two time-outs
PORTALS = ("portal", "portal_ministry")
WAITED = ("ours", "usual", "best")
FAULTS = (
    *(Fault.REFUSED, Fault.REFUSED, Fault.RESET, Fault.SILENT_TLS, Fault.HTTP_500, Fault.HTTP_500, Fault.HTTP_503),
    *(Fault.HTTP_503, Fault.HTTP_404, Fault.SILENT, Fault.SILENT, Fault.TRICKLE, Fault.BLANK_PAGE, Fault.BLANK_PAGE),
    *(Fault.REDIRECT_LOOP, Fault.MAINTENANCE_TEXT, Fault.TLS_EXPIRED, Fault.TLS_EXPIRED, Fault.TLS_WRONG_NAME),
    Fault.NOT_HTTP,
)


@dataclass(slots=True)
class Case:
    """One fault. Instants in seconds since 1970."""

    agency: str
    fault: Fault
    after: float  # seconds from the start of the faults
    begun: float = 0.0
    ended: float = 0.0


@dataclass(slots=True, kw_only=True)
class Scene:
    """What a run is made of."""

    estate: Estate
    service: Service
    chain: Chain
    arrivals: Arrivals
    period: int
    recovery: bool = True  # is waited for


def config_of(base: Config, estate: Estate, receiver: str, period: int) -> Config:
    led = pointed_at(base, estate.connect_to, estate.ca_file, estate.control, pace=50)
    every, timeout = timedelta(seconds=period), timedelta(seconds=TIMEOUT)
    checks = tuple(replace(each, every=every, timeout=timeout) for each in base.checks if each.name in PORTALS)
    channel = Channel(name="ours", kind="webhook", notifier=webhook.Notifier(url=URL(f"{receiver}/ours")))
    return replace(led, checks=checks, channels={"ours": channel}, listen="127.0.0.1:0")


def aims_of(config: Config) -> list[Aim]:
    """What ours looks at, as the chain is told it."""
    where = {each.host: each.to for each in config.network.connect_to}
    found = []
    for agency in config.roster.on(config.day):
        host = URL(agency.portal).host if agency.portal and agency.counted else None
        if host in where:
            found.append(Aim(agency=agency.code, host=host, address=where[host]))
    return found


# -- a run


async def settled(scene: Scene) -> list[str]:
    """Agencies that both hold to be well, once both have looked at everything; sorted."""
    await scene.arrivals.initial.wait()
    await asyncio.sleep(scene.period + 5)
    by_chain, standings = await scene.chain.well(), scene.service.store.standings
    return sorted(code for code in by_chain if standings[code].integrated.answer is Answer.YES)


def drawn(scene: Scene, well: Sequence[str], within: float, seed: int) -> list[Case]:
    """Faults on agencies, at most three of one family of software, so that none is counted as an incident."""
    draw = random.Random(seed)
    codes: list[str] = []
    families: list[object] = []
    for code in draw.sample(well, len(well)):
        family = scene.service.store.standings[code].agency.platform
        if family is None or families.count(family) < 3:
            codes.append(code)
            families.append(family)
    faults = draw.sample(FAULTS, len(FAULTS))
    cases = [Case(code, fault, draw.uniform(0, within)) for code, fault in zip(codes, faults, strict=False)]
    if len(cases) < len(FAULTS):
        raise SystemExit(f"only {len(cases)} agencies are well and unrelated; {len(FAULTS)} are needed")
    return cases


async def befall(scene: Scene, case: Case) -> None:
    await asyncio.sleep(case.after)
    limit = scene.period * 10 + 60
    case.begun = time.time()
    await scene.estate.set_fault(case.agency, case.fault)
    await scene.arrivals.all_of(((line, case.agency, True) for line in WAITED), limit)
    case.ended = time.time()
    await scene.estate.set_fault(case.agency, None)
    if scene.recovery:
        await scene.arrivals.all_of(((line, case.agency, False) for line in WAITED), limit)
    print(f"{time.time():.0f} {case} {told(scene.arrivals, case)}", file=sys.stderr, flush=True)


async def one_by_one(scene: Scene, well: Sequence[str], within: float, seed: int) -> list[Case]:
    cases = drawn(scene, well, within, seed)
    async with asyncio.TaskGroup() as group:
        for case in cases:
            group.create_task(befall(scene, case))
    return cases


async def together(scene: Scene) -> list[Case]:
    """The family of the scenario, all at one instant."""
    codes = scene.estate.members("down")
    cases = [Case(code, Fault.HTTP_503, 0.0, time.time()) for code in codes]
    limit = scene.period * 10 + 700
    await scene.estate.befall("down", Fault.HTTP_503)
    begun = scene.arrivals.notices.copy()
    await scene.arrivals.all_of(((line, code, True) for code in codes for line in LINES), limit)
    await asyncio.sleep(60)
    print(f"notices by its begin: {scene.arrivals.notices - begun}, {scene.arrivals.events}", flush=True)
    for case in cases:
        case.ended = time.time()
    await scene.estate.befall("down", None)
    await scene.arrivals.all_of(((line, code, False) for code in codes for line in LINES), limit)
    await asyncio.sleep(60)  # the incident itself is told to be over once it has been quiet for twenty minutes
    print(f"notices with its end: {scene.arrivals.notices - begun}, {scene.arrivals.events}", flush=True)
    return cases


# -- the figures


def told(arrivals: Arrivals, case: Case) -> dict[str, float | None]:
    """Seconds from fault and from recovery to each line's first notice of it."""
    found: dict[str, float | None] = {}
    for line in ("ours", *LINES):
        for down, begun in ((True, case.begun), (False, case.ended)):
            arrival = arrivals.first.get((line, case.agency, down))
            found[f"{line} {'down' if down else 'up'}"] = round(arrival.at - begun, 2) if arrival else None
    return found | parts(arrivals, case)


def parts(arrivals: Arrivals, case: Case) -> dict[str, float | None]:
    """Where ours spends it: till a look found it, till that was sure and decided to be told, till it arrived."""
    found = {}
    for down, begun in ((True, case.begun), (False, case.ended)):
        if (arrival := arrivals.first.get(("ours", case.agency, down))) and arrival.found:
            found_at, decided = (datetime.fromisoformat(each).timestamp() for each in (arrival.found, arrival.decided))
            word = "down" if down else "up"
            found |= {f"found {word}": round(found_at - begun, 2), f"decided {word}": round(decided - found_at, 2)}
            found |= {f"delivered {word}": round(arrival.at - decided, 3)}
    return found


def say(rows: Sequence[dict[str, float | None]]) -> None:
    lines = []
    for line in ("ours", *LINES):
        cells = [line]
        for word in ("down", "up"):
            figures = [each for row in rows if (each := row[f"{line} {word}"]) is not None]
            ratios = [
                row[f"{line} {word}"] / row[f"ours {word}"]
                for row in rows
                if row[f"{line} {word}"] and row[f"ours {word}"]
            ]  # type: ignore[operator]
            cells += [spread(figures, 0) if figures else "–", f"{len(figures)} of {len(rows)}"]
            cells += [spread(ratios, 2) if ratios else "–"]
        lines.append(cells)
    head = ("line", "fault to notice, s", "told", "× ours", "recovery to notice, s", "told", "× ours")
    print(table(head, lines))
    where = []
    for part in ("found", "decided", "delivered"):
        found = {w: [each for row in rows if (each := row.get(f"{part} {w}")) is not None] for w in ("down", "up")}
        where.append([part, *(spread(each, 2) if each else "–" for each in found.values())])
    print(table(("of ours: till it had, s", "fault", "recovery"), where), flush=True)


async def run(options: argparse.Namespace, folder: Path) -> None:
    scenario = named("vendor-outage" if options.vendor else "june-2023")
    base, cast = staged(load(config_folder()), scenario)
    arrivals = Arrivals()
    async with Estate(base.roster.on(scenario.day), scenario, cast) as estate, receiving(arrivals) as receiver:
        config = config_of(base, estate, receiver, options.period)
        ledger = open_ledger(Place(file=folder / "monitor.db"), serving=True)
        service = Service(config, lambda: config, ledger=ledger)
        looks = config.patience.fail.looks
        chain = Chain(
            folder, aims_of(config), estate.ca_file, receiver, period=options.period, timeout=TIMEOUT, looks=looks
        )
        stop = asyncio.Event()
        async with chain, asyncio.TaskGroup() as group:
            group.create_task(Server(service).serve(stop))
            scene = Scene(
                estate=estate,
                service=service,
                chain=chain,
                arrivals=arrivals,
                period=options.period,
                recovery=not options.faults_only,
            )
            well = await settled(scene)
            print(f"{len(well)} of {len(aims_of(config))} portals are well by both", flush=True)
            cases = await (together(scene) if options.vendor else one_by_one(scene, well, options.within, options.seed))
            rows = [told(arrivals, case) for case in cases]
            options.out.write_text(
                json.dumps([[c.agency, c.fault, r] for c, r in zip(cases, rows, strict=True)], indent=1)
            )
            say(rows)
            print(f"notices: {dict(arrivals.notices)}; ours: {dict(arrivals.events)}", flush=True)
            stop.set()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--period", type=int, default=60, help="seconds between probes")
    parser.add_argument("--within", type=float, default=1200, help="seconds in which the faults begin")
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--faults-only", action="store_true", help="do not wait till recoveries are told")
    parser.add_argument("--vendor", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("telling.json"))
    options = parser.parse_args()
    configure("json", "warning")
    with TemporaryDirectory(prefix="npsp-bench-") as folder:
        loop.run(run(options, Path(folder)))


if __name__ == "__main__":
    main()
