"""Which looks there are to make on one day: every agency with every check that fits it. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial

from yarl import URL

from monitor.config import Config
from monitor.model import Agency, Check, Level, Watch
from probes import Target
from probes.heartbeat import Probe as Heartbeat


def watches(config: Config, day: date, agencies: Sequence[Agency] | None = None) -> tuple[Watch, ...]:
    """In the order of agencies and then of checks. An agency without a known portal can only be listened to.

    Whoever holds the agencies of the day already passes them, so that each is there once.
    """
    if agencies is None:
        agencies = config.roster.on(day)
    aim = partial(_target, national=_national_hosts(agencies), day=day)
    targets = ((agency, aim(agency)) for agency in agencies)
    return tuple(
        Watch(agency=agency, check=check, aim=aim)
        for agency, target in targets
        for check in config.checks
        if _fits(check, agency, target)
    )


def _national_hosts(agencies: Iterable[Agency]) -> frozenset[str]:
    return frozenset(host for agency in agencies if agency.level is Level.NATIONAL for host in agency.hosts)


def _target(agency: Agency, national: frozenset[str], day: date) -> Target:
    return Target(
        code=agency.code,
        name=agency.name,
        level=agency.level,
        portal=URL(agency.portal or ""),
        hosts=agency.hosts,
        former_doors=agency.former_doors,
        guessed=agency.guessed,
        platform=agency.platform,
        national_hosts=national,
        day=day,
    )


def _fits(check: Check, agency: Agency, target: Target) -> bool:
    meant = agency.level in check.levels and (not check.only or agency.code in check.only)
    if not agency.portal and not isinstance(check.probe, Heartbeat):
        return False
    return meant and check.period.holds(target.day) and check.probe.applies(target)
