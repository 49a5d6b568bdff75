"""The operator's configuration as a scenario changes it: the files stay as they are. Pure, but for `write_files`."""

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

from yarl import URL

from monitor.build import patience_of
from monitor.config import Config
from monitor.model import Attestation, Check, Level
from monitor.roster import Door, Entry, Roster
from monitor.testbed.cast import Cast, attestations, draw
from monitor.testbed.scenario import Drill, Scenario, ScenarioError
from probes import Probe
from probes._net.settings import ConnectTo

_WARM_UP = timedelta(minutes=1)  # at most, of a drill
CONTACT = "npsp-monitor-testbed@monitor.example"


def door_of(code: str) -> URL:
    """The made-up former door of an agency; the name is one that cannot exist."""
    return URL(f"https://motcua.{code.lower()}.example/")


def staged(config: Config, scenario: Scenario, extra: Sequence[Check] = ()) -> tuple[Config, Cast]:
    """The configuration on the scenario's day with its made-up documents and doors, and who plays what.

    `extra` are the scenario's own checks; one with the name of another takes its place.
    """
    agencies = config.roster.on(scenario.day)
    cast = draw(scenario, agencies)
    checks = {check.name: check for check in (*config.checks, *extra)}
    _check_codes(scenario, extra, config.roster)
    changed = replace(
        config,
        roster=Roster(entries=tuple(_made_up(entry, scenario, cast) for entry in _present(config.roster, cast))),
        checks=tuple(checks.values()),
        attestations=attestations(scenario, cast, [a for a in agencies if _is_present(a.code, a.level, cast)]),
        day=scenario.day,
        synthetic=scenario.name,
    )
    return changed, cast


def _check_codes(scenario: Scenario, extra: Iterable[Check], roster: Roster) -> None:
    """Raises ScenarioError for a check of its own that is for nobody, or needs nothing that there is."""
    known = {entry.code for entry in roster.entries}
    for check in extra:
        if absent := sorted({*check.only, *check.depends_on} - known):
            raise ScenarioError(
                f"scenario {scenario.name}: checks.{check.name}: nobody has the code {', '.join(absent)}"
            )


def hurried(config: Config, scenario: Scenario) -> Config:
    """So that something is to be seen within seconds, by a real clock."""
    return replace(
        config,
        checks=tuple(_hurried(check, scenario) for check in config.checks),
        patience=patience_of(scenario.monitor.patience),
        warm_up=scenario.monitor.warm_up,
    )


def at_drill(config: Config, drill: Drill) -> Config:
    """For a fast clock, which tells the day too: looks end by a real one."""
    checks = tuple(replace(check, timeout=drill.timeout) for check in config.checks)
    return replace(config, checks=checks, day=None, warm_up=min(config.warm_up, _WARM_UP))


def _present(roster: Roster, cast: Cast) -> tuple[Entry, ...]:
    return tuple(entry for entry in roster.entries if _is_present(entry.code, entry.level, cast))


def _is_present(code: str, level: Level, cast: Cast) -> bool:
    return cast.present is None or level is Level.NATIONAL or code in cast.present


def pointed_at(config: Config, connect_to: Sequence[ConnectTo], ca_file: Path, control: str, *, pace: float) -> Config:
    """The configuration with the network of a running estate; `pace`: requests a second to a host."""
    network = replace(
        config.network,
        contact=CONTACT,
        resolver=(),
        connect_to=tuple(connect_to),
        ca_file=ca_file,
        control=(control,),
        requests_per_second=pace,
    )
    return replace(config, network=network)


def _made_up(entry: Entry, scenario: Scenario, cast: Cast) -> Entry:
    platforms = {code: h.platform for h in scenario.hosting if h.platform for code in cast.groups.get(h.who, (h.who,))}
    entry = replace(entry, platform=platforms.get(entry.code, entry.platform))
    if entry.code not in cast.doors:
        return entry
    door = Door(url=door_of(entry.code), evidence="synthetic")
    return replace(entry, former_doors=(*entry.former_doors, door))


def _hurried(check: Check, scenario: Scenario) -> Check:
    every, timeout = scenario.monitor.every, scenario.monitor.timeout
    return replace(check, every=every, timeout=timeout, probe=_fresh(check.probe, every))


def _fresh(probe: Probe, every: timedelta) -> Probe:
    """What a probe keeps for a while must not outlast the shorter period."""
    if "max_age" not in {field.name for field in fields(probe)}:  # type: ignore[arg-type]  # every kind is a dataclass
        return probe
    hurried: Probe = replace(probe, max_age=max(1, int(every.total_seconds() / 2)))  # type: ignore[type-var]  # as above
    return hurried


def attestations_yaml(papers: Sequence[Attestation]) -> str:
    """The scenario's documents as an attestations.yaml."""
    lines = (
        f"- {{agency: {p.agency}, condition: {p.condition}, answer: {p.answer}, since: {p.since}, "
        f"document: {p.document}, issued: {p.issued}, issuer: {p.issuer}, synthetic: true}}\n"
        for p in papers
    )
    return "# SYNTHETIC: made-up documents, for a drill only.\n" + "".join(lines)


def network_yaml(connect_to: Sequence[ConnectTo], ca_file: Path, control: str, scenario: str) -> str:
    """The `network:` part of a monitor.yaml that leads to a running estate, and the word that all of it is synthetic."""
    routes = "".join(f'    - {{host: "{each.host}", port: {each.port}, to: "{each.to}"}}\n' for each in connect_to)
    return (
        "# SYNTHETIC: leads the names of the real estate to the emulated one on this machine, while that runs.\n"
        "# Put it in the place of `network:` in the monitor.yaml of a configuration of your own.\n"
        f"synthetic: {scenario}\n"
        "network:\n"
        f"  contact: {CONTACT}\n"
        f"  ca_file: {ca_file}\n"
        f'  control: ["{control}"]\n'
        "  requests_per_second: 50\n"
        f"  connect_to:\n{routes}"
    )
