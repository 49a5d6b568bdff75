"""Is there one door only? Every former door of the agency is gone, or leads to the one system. Proves: merged.

Former doors are the addresses of the old portal and of the old one-stop system. A door that still serves pages of its
own is the visible sign that two systems are run, or are run again, side by side.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

from yarl import URL

from probes import Fact, Observation, Reason, Target, Trouble, Way
from probes._answer import GONE, GONE_STATUSES, Answer, blocked, closed, plain, visit
from probes._hosts import national, own, plain_host, within


class Finding(Enum):
    """What one door came to, the weightiest first; one door decides for all."""

    OPEN = Reason.SECOND_DOOR_OPEN
    BLOCKED = Reason.BLOCKED
    UNCLEAR = Reason.DOOR_UNCLEAR
    CLOSED = Reason.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    url: URL
    finding: Finding
    said: str  # what it answered, in words
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return plain_host(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Has no settings: what the former doors are stands with each agency."""

    asks_pages: ClassVar[bool] = True

    def applies(self, target: Target) -> bool:
        return bool(target.former_doors)

    async def look(self, target: Target, way: Way) -> Observation:
        doors = [await _try(url, target, way) for url in target.former_doors]
        return _judge(doors)


async def _try(url: URL, target: Target, way: Way) -> Door:
    try:
        answer = await visit(way, url, follow=lambda to: _same_door(to, target))
    except Trouble as trouble:
        # A name that was only ever guessed may never have been a door: that it leads nowhere is no evidence.
        gone = trouble.reason in GONE and plain_host(url) not in target.guessed
        finding = Finding.CLOSED if gone else Finding.UNCLEAR
        return Door(url=url, finding=finding, said=f"{trouble.reason} ({plain(trouble.detail)})")
    return _tried(url, answer, target)


def _same_door(to: URL, target: Target) -> bool:
    """Within the former doors, unless the agency's system of today lives on that very name: then it leads there."""
    today = {*target.hosts, plain_host(target.portal)}
    return within(to, map(plain_host, target.former_doors)) and plain_host(to) not in today


def _tried(url: URL, answer: Answer, target: Target) -> Door:
    status, to = answer.page.status, answer.leads_to
    facts = {"retry_after": wait} if (wait := answer.facts.get("retry_after")) else {}
    if to is not None:
        right = own(to, target) or national(to, target)
        finding = Finding.CLOSED if right else Finding.UNCLEAR
        return Door(url=url, finding=finding, said=f"{status}, leads to {plain_host(to)}")
    if status in GONE_STATUSES:
        return Door(url=url, finding=Finding.CLOSED, said=str(status))
    if blocked(answer):
        return Door(url=url, finding=Finding.BLOCKED, said=str(status), facts=facts)
    if closed(answer):
        return Door(url=url, finding=Finding.UNCLEAR, said=f"{status} with a notice of maintenance")
    if answer.good and not answer.html.blank:
        return Door(url=url, finding=Finding.OPEN, said=f"{status} with pages of its own")
    return Door(url=url, finding=Finding.UNCLEAR, said=f"{status} without a page" if answer.good else str(status))


def _judge(doors: list[Door]) -> Observation:
    finding = next(finding for finding in Finding if any(door.finding is finding for door in doors))
    deciding = [door for door in doors if door.finding is finding]
    facts: dict[str, Fact] = {key: value for door in deciding for key, value in door.facts.items()}
    facts |= {"doors": len(doors), "answers": "; ".join(f"{door.host} {door.said}" for door in doors)}
    facts |= {f"doors_{one.name.lower()}": _hosts(doors, one) for one in Finding if _hosts(doors, one)}
    return Observation(reason=finding.value, detail=_sentence(finding, deciding), facts=facts)


def _sentence(finding: Finding, deciding: list[Door]) -> str:
    said = "; ".join(f"{door.host} answered {door.said}" for door in deciding)
    expected = "to be gone, or to lead to the one system"
    return {
        Finding.OPEN: f"former door still open: {said}; it was expected {expected}",
        Finding.BLOCKED: f"former door turns the monitor away: {said}; it was expected {expected}",
        Finding.UNCLEAR: f"former door neither opens nor leads on: {said}; it was expected {expected}",
        Finding.CLOSED: f"every former door is gone or leads to the one system: {said}",
    }[finding]


def _hosts(doors: Iterable[Door], finding: Finding) -> str:
    return ", ".join(door.host for door in doors if door.finding is finding)
