"""The operator's configuration as a scenario changes it: the files stay as they are. Pure, but for `write_files`."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

from yarl import URL

from monitor.build import patience_of
from monitor.config import Config
from monitor.model import Attestation, Check
from monitor.roster import Door, Entry, Roster
from monitor.testbed.cast import Cast, attestations, draw
from monitor.testbed.scenario import Scenario
from probes import Probe
from probes._net.settings import ConnectTo

CONTACT = "npsp-monitor-testbed@monitor.example"


def door_of(code: str) -> URL:
    """The made-up former door of an agency; the name is one that cannot exist."""
    return URL(f"https://motcua.{code.lower()}.example/")


def staged(config: Config, scenario: Scenario) -> tuple[Config, Cast]:
    """The configuration on the scenario's day with its made-up documents and doors, and who plays what."""
    agencies = config.roster.on(scenario.day)
    cast = draw(scenario, agencies)
    changed = replace(
        config,
        roster=Roster(entries=tuple(_with_door(entry, cast) for entry in config.roster.entries)),
        checks=tuple(_hurried(check, scenario) for check in config.checks),
        attestations=attestations(scenario, cast, agencies),
        patience=patience_of(scenario.monitor.patience),
        warm_up=scenario.monitor.warm_up,
        day=scenario.day,
        synthetic=scenario.name,
    )
    return changed, cast


def pointed_at(
    config: Config, scenario: Scenario, connect_to: Sequence[ConnectTo], ca_file: Path, control: str
) -> Config:
    """The configuration with the network of a running estate."""
    network = replace(
        config.network,
        contact=CONTACT,
        resolver=(),
        connect_to=tuple(connect_to),
        ca_file=ca_file,
        control=(control,),
        requests_per_second=scenario.monitor.requests_per_second,
    )
    return replace(config, network=network)


def _with_door(entry: Entry, cast: Cast) -> Entry:
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


def network_yaml(connect_to: Sequence[ConnectTo], ca_file: Path, control: str) -> str:
    """The `network:` part of a monitor.yaml that leads to a running estate."""
    routes = "".join(f'    - {{host: "{each.host}", port: {each.port}, to: "{each.to}"}}\n' for each in connect_to)
    return (
        "# SYNTHETIC: leads the names of the real estate to the emulated one on this machine, while that runs.\n"
        "# Put it in the place of `network:` in the monitor.yaml of a configuration of your own.\n"
        "network:\n"
        f"  contact: {CONTACT}\n"
        f"  ca_file: {ca_file}\n"
        f'  control: ["{control}"]\n'
        "  requests_per_second: 50\n"
        f"  connect_to:\n{routes}"
    )
