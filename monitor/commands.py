"""What the commands do once the command line is understood. Results go to stdout; statuses are returned."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from structlog.contextvars import bind_contextvars

from monitor import attesting, files, loop, terminal, terminal_estate
from monitor.config import Config
from monitor.drills.show import run_drills
from monitor.effective import settings_of
from monitor.importing.blackbox import as_yaml, imported
from monitor.importing.shapes import BlackboxShape
from monitor.metrics import page_text
from monitor.model import ZONE, Attestation, Check, Watch
from monitor.once import look_once
from monitor.remote import Entry, ServerError, fetch
from monitor.report import Report, day_of, report
from monitor.server import Server, warn_of_contact
from monitor.service import Service
from monitor.settings import ConfigError, load, read
from monitor.signals import stop_event
from monitor.store.ledger import Ledger
from monitor.store.opening import open_ledger
from monitor.store.place import Place, chosen
from monitor.testbed.control import control
from monitor.testbed.estate import Estate
from monitor.testbed.faults import Fault
from monitor.testbed.overlay import attestations_yaml, hurried, network_yaml, pointed_at, staged
from monitor.testbed.scenario import Scenario, checks_of, named, names
from monitor.usage import UsageError

ALL, NOT_ALL, OFFLINE = 0, 1, 3  # exit statuses; wrong usage is the command line's


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which looks were asked for; empty means all."""

    agencies: tuple[str, ...] = ()
    level: str | None = None
    checks: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        return not (self.agencies or self.level or self.checks)


def serve(load: Callable[[], Config], *, told: bool) -> None:
    """Till a signal; `told`: the address is said to a person."""
    config = load()
    ledger = open_ledger(chosen(config.store, os.environ), serving=True)

    async def run() -> None:
        server = Server(Service(config, load, ledger=ledger))

        def say(address: str) -> None:
            terminal.say(f"page {config.scheme}://{address}/   metrics {config.scheme}://{address}/metrics")

        await server.serve(stop_event(server.reload), say if told else lambda _: None)

    loop.run(run())


def probe(config: Config, choice: Choice, form: str, *, explain: bool) -> int:
    return loop.run(_probe(config, choice, form, explain=explain))


async def _probe(config: Config, choice: Choice, form: str, *, explain: bool) -> int:
    service = Service(config, lambda: config)
    warn_of_contact(config)
    try:
        codes = chosen_agencies(service, choice)
        looks = chosen_looks(service.plan(), codes, choice)
        with terminal.progress(len(looks)) as told:
            await look_once(looks, service.look, room=service.room, now=service.now, told=told)
        online = await service.online()
    finally:
        await service.close()
    found = report(service.store, config, service.now())
    if form == "prometheus":
        terminal.write(_of_part(page_text(service.store, service.vitals, config), choice))
    else:
        _show(only(found, codes, choice), form, choice, config if explain else None)
    if not online:
        terminal.say("exit status 3: no control target takes a connection, so our own way out is down")
        return OFFLINE
    return status_of(only(found, codes, choice), choice.checks)


def _of_part(page: str, choice: Choice) -> str:
    """Looks at a part of the estate say nothing of how many are integrated."""
    if choice.everything:
        return page
    scores = ("npsp_agencies_", "# HELP npsp_agencies_", "# TYPE npsp_agencies_")
    return "".join(line for line in page.splitlines(keepends=True) if not line.startswith(scores))


def _show(found: Report, form: str, choice: Choice, explained: Config | None) -> None:
    if explained is not None and form == "table":
        terminal.explain(found, lambda name: told_settings(explained.checks, name))
    terminal.show(found, form, whole=choice.everything, checks=choice.checks)


def chosen_agencies(service: Service, choice: Choice) -> frozenset[str]:
    """Codes of who was asked for. Raises UsageError for a name that nobody, or more than one, has."""
    day = service.day()
    try:
        asked = [service.config.roster.find(words, day) for words in choice.agencies]
    except LookupError as error:
        raise UsageError(str(error.args[0])) from None
    agencies = asked or service.config.roster.on(day)
    return frozenset(a.code for a in agencies if choice.level in (None, a.level))


def chosen_looks(planned: Sequence[Watch], codes: frozenset[str], choice: Choice) -> tuple[Watch, ...]:
    """The looks asked for, and those at the national systems that they depend on."""
    names = {watch.check.name for watch in planned}
    if wrong := sorted(set(choice.checks) - names):
        raise UsageError(f"no check {', '.join(wrong)}; there are {', '.join(sorted(names))}")
    asked = [w for w in planned if w.agency.code in codes and (not choice.checks or w.check.name in choice.checks)]
    needed = {code for watch in asked for code in watch.check.depends_on}
    return tuple(w for w in planned if w in asked or w.agency.code in needed)


def only(found: Report, codes: frozenset[str], choice: Choice) -> Report:
    """The report on those who were asked for."""
    if choice.everything:
        return found
    return {**found, "agencies": [each for each in found["agencies"] if each["code"] in codes]}


def told_settings(checks: Sequence[Check], name: str) -> str:
    """A check's effective settings in one line; secrets are hidden."""
    check = next(each for each in checks if each.name == name)
    return ", ".join(f"{key}={value}" for key, value in settings_of(check))


def status_of(found: Report, checks: Sequence[str] = ()) -> int:
    """0 when everyone who counts, or who was asked for, is integrated, or every look that was asked for is well.

    A national system is not integrated with anything: it is well when it is connected.
    """
    if checks:
        states = {check["state"] for each in found["agencies"] for check in each["checks"] if check["name"] in checks}
        return ALL if states == {"ok"} else NOT_ALL
    counted = [each for each in found["agencies"] if each["counted"]] or found["agencies"]
    answers = {held["answer"] if (held := each["integrated"] or each["connected"]) else "unknown" for each in counted}
    return ALL if answers == {"yes"} else NOT_ALL


def status(server: str, form: str, ca_file: Path | None) -> int:
    try:
        found = loop.run(fetch(server, Entry(ca_file=ca_file, environ=os.environ)))
    except ServerError as error:
        raise UsageError(str(error)) from None
    terminal.show(found, form)
    return status_of(found)


def agencies(config: Config, level: str | None, as_of: date | None, form: str) -> None:
    on = as_of or datetime.now(ZONE).date()
    terminal.show_roster(on, [each for each in config.roster.on(on) if level in (None, each.level)], form)


def attest(folder: Path, words: str, entry: Attestation) -> None:
    """Add a document on the agency that `words` mean, and tell what it changes. Raises UsageError, ConfigError, OSError."""
    config = load(folder)
    if entry.issued > (today := datetime.now(ZONE).date()):
        raise UsageError(f"--issued {entry.issued}: is after today, {today}. Nothing was written.")
    try:
        entry = replace(entry, agency=config.roster.find(words, entry.since).code)
    except LookupError as error:
        raise UsageError(str(error.args[0])) from None
    try:
        with files.held(folder):
            added = attesting.addition(folder, entry, lambda instead: load(folder, instead=instead))
            files.replace(folder / attesting.FILE, added.raw)
    except attesting.NotAdded as error:
        raise UsageError(f"{error}\nNothing was written.") from None
    except ConfigError as error:
        raise ConfigError((*error.from_here(), "nothing was written")) from None
    terminal.write(f"added to {folder / attesting.FILE}:\n\n{added.text}\n")
    terminal.write("".join(f"{line}\n" for line in attesting.told(added, day_of(added.config, datetime.now(ZONE)))))
    terminal.say(
        f"a running monitor takes it by SIGHUP, or: curl -X POST {added.config.scheme}://{added.config.listen}/-/reload"
    )


def import_blackbox(file: Path, output: Path | None) -> None:
    modules = imported(read(file, BlackboxShape))
    text = as_yaml(modules, file.name)
    if output is None:
        terminal.write(text)
    else:
        with output.open("x", encoding="utf-8") as opened:  # never over another
            opened.write(text)
    for each in modules:
        for note in each.notes:
            terminal.say(f"{each.module}: {note}")


# -- the emulated estate


def list_scenarios() -> None:
    terminal.show_scenarios(
        (each.name, each.day, ", ".join(map(str, each.modes)), each.about.en) for each in map(named, names())
    )


def list_faults() -> None:
    terminal.show_faults((fault.value, fault.layer.value, fault.about) for fault in Fault)


def drill(config: Config, asked: Sequence[str], form: str) -> int:
    """The named drills, or all; 0 when everything came out as expected."""
    chosen = [(name, _scenario(name)) for name in asked or names()]
    if without := [name for name, scenario in chosen if asked and scenario.drill is None]:
        raise UsageError(f"{', '.join(without)}: says nothing of what must come out; `drill:` in its file is for that")
    return run_drills(config, [(name, scenario) for name, scenario in chosen if scenario.drill], form)


def testbed(config: Config, name: str, folder: Path | None) -> None:
    loop.run(_testbed(config, name, scenario_named(name), folder))


async def _testbed(config: Config, name: str, scenario: Scenario, folder: Path | None) -> None:
    stop = stop_event()
    staged_config, cast = staged(config, scenario, checks_of(name))
    async with Estate(staged_config.roster.on(scenario.day), scenario, cast) as estate, control(estate) as address:
        terminal.say(f"synthetic estate {scenario.name}: {len(estate.connect_to)} hosts; faults: http://{address}/")
        if folder is not None:
            write_drill(folder, estate, staged_config.attestations)
            terminal.say(f"for a monitor of your own: {folder}/network.yaml (in place of `network:` in monitor.yaml)")
            if cast.doors:
                terminal.say(
                    f"{len(cast.doors)} made-up former doors are in no file of yours: what is behind them is not seen,"
                    " so more may count as merged"
                )
            terminal.say(
                f"and {folder}/attestations.yaml (in place of its own); then probe --as-of {scenario.day}; "
                "serve goes by the roster and rules of today, as --scenario today does"
            )
        terminal_estate.say_how_to_break(address, name)
        async with beside(estate.play()):
            await stop.wait()


def demo(load: Callable[[], Config], name: str) -> None:
    with thrown_away() as ledger:
        loop.run(_demo(load, name, scenario_named(name), ledger))


@contextmanager
def thrown_away() -> Iterator[Ledger]:
    """A ledger that is gone with what it was for: of a demonstration nothing is to be left."""
    with TemporaryDirectory(prefix="npsp-monitor-") as folder:
        yield open_ledger(Place(file=Path(folder) / "monitor.db"), serving=True)


async def _demo(load: Callable[[], Config], name: str, scenario: Scenario, ledger: Ledger) -> None:
    extra = checks_of(name)
    staged_config, cast = staged(load(), scenario, extra)
    async with Estate(staged_config.roster.on(scenario.day), scenario, cast) as estate, control(estate) as address:

        def with_estate() -> Config:
            config, _ = staged(load(), scenario, extra)
            pace = scenario.monitor.requests_per_second
            led = pointed_at(config, estate.connect_to, estate.ca_file, estate.control, pace=pace)
            return hurried(led, scenario)

        def told(where: str) -> None:
            terminal_estate.say_demo(f"{staged_config.scheme}://{where}", address, scenario.name, scenario.about.en)

        service = Service(with_estate(), with_estate, ledger=ledger)
        server = Server(service)
        async with beside(estate.play(), terminal.follow_scores(service.store)):
            await server.serve(stop_event(), told)


@asynccontextmanager
async def beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs some work beside the body and ends it with the body; what went wrong in it is raised."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for each in ended:
        if isinstance(each, Exception):
            raise each


def scenario_named(name: str) -> Scenario:
    """The scenario; from now on every line of the log says that it is synthetic. Raises UsageError."""
    scenario = _scenario(name)
    bind_contextvars(synthetic=scenario.name)
    return scenario


def _scenario(name: str) -> Scenario:
    try:
        return named(name)
    except LookupError as error:
        raise UsageError(str(error.args[0])) from None


def write_drill(folder: Path, estate: Estate, papers: Sequence[Attestation]) -> None:
    """What a monitor of one's own needs: the root, the `network:` part of its monitor.yaml, and the documents."""
    folder.mkdir(parents=True, exist_ok=True)
    root = folder / estate.ca_file.name
    root.write_bytes(estate.ca_file.read_bytes())
    text = network_yaml(estate.connect_to, root.resolve(), estate.control, estate.scenario.name)
    (folder / "network.yaml").write_text(text, encoding="utf-8")
    (folder / "attestations.yaml").write_text(attestations_yaml(papers), encoding="utf-8")
