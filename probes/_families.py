"""A look over each family of addresses, told apart: a dead IPv6 address beside a good IPv4 one is not hidden by it.

A name without an address of one family lacks nothing. That there is no way to the addresses of one family while those
of the other answer may be the monitor's own link, which may know one family only: that is `offline`, not the agency's.
Families are looked at one after the other, so an address that swallows all packets takes the rest of the look's time;
then the reason is the phase that was cut off.
"""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from probes import Fact, Observation, Reason, Status, Terms, Trouble, Way
from probes._terms import Outward, outward

Look = Callable[[Way], Coroutine[Any, Any, Observation]]
LookUnder = Callable[[Way, Terms], Coroutine[Any, Any, Observation]]  # by a way that is under the terms
_FAMILIES: tuple[Literal["4", "6"], ...] = ("4", "6")
_ABSENT = Reason.DNS_NO_ADDRESS
_SAID = {Reason.OK: "in order", Reason.DNS_NO_ADDRESS: "no address"}
_WORST = (Status.FAILED, Status.UNKNOWN, Status.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What came of one family; trouble stays trouble, so that it is blamed on its host."""

    family: str
    observation: Observation | None = None
    trouble: Trouble | None = None

    @property
    def reason(self) -> Reason:
        return self.trouble.reason if self.trouble else self.observed.reason

    @property
    def facts(self) -> Mapping[str, Fact]:
        return self.trouble.facts if self.trouble else self.observed.facts

    @property
    def observed(self) -> Observation:
        assert self.observation is not None  # noqa: S101 - there is one or the other
        return self.observation


def over(settings: Outward, way: Way, look: Look, max_body: int | None = None) -> Coroutine[Any, Any, Observation]:
    """The look, under the settings of a kind: over each family where they say both, else once."""
    return over_terms(settings, way, lambda outward, _: look(outward), max_body)


def over_terms(
    settings: Outward, way: Way, look: LookUnder, max_body: int | None = None
) -> Coroutine[Any, Any, Observation]:
    """The same for a look that goes out under changed terms besides."""
    if settings.family == "both":
        return _over_both(settings, way, look, max_body)
    terms = settings.terms(max_body=max_body)
    return look(outward(way, terms), terms)  # not awaited here: each frame of a waiting look is memory


async def _over_both(settings: Outward, way: Way, look: LookUnder, max_body: int | None) -> Observation:
    seen = [await _seen(settings.terms(family=family, max_body=max_body), way, look) for family in _FAMILIES]
    present = [each for each in seen if each.reason is not _ABSENT]
    worst = min(present or seen, key=lambda each: _WORST.index(each.reason.status))
    return _told(worst, seen, _maybe_ours(worst, present))


async def _seen(terms: Terms, way: Way, look: LookUnder) -> _Seen:
    try:
        return _Seen(family=terms.family, observation=await look(way.under(terms), terms))
    except Trouble as trouble:
        return _Seen(family=terms.family, trouble=trouble)


def _maybe_ours(worst: _Seen, present: list[_Seen]) -> bool:
    alone = any(each.reason is not Reason.UNREACHABLE for each in present)
    return worst.reason is Reason.UNREACHABLE and alone


def _told(worst: _Seen, seen: list[_Seen], ours: bool) -> Observation:  # noqa: FBT001 - private, and named by its caller
    facts = {f"ipv{each.family}": "no_address" if each.reason is _ABSENT else each.reason.value for each in seen}
    merged: dict[str, Fact] = {**_others(worst, seen), **worst.facts, **facts}
    where = _where(worst, seen)
    if worst.trouble and not ours:
        raise Trouble(worst.reason, worst.trouble.host, f"{where}{worst.trouble.detail}", **merged)
    if worst.trouble:
        detail = f"{where}{worst.trouble.host}: {worst.trouble.detail}; the monitor's own link may lack the family"
        return Observation(reason=Reason.OFFLINE, detail=detail, facts=merged)
    found = worst.observed
    return Observation(reason=found.reason, detail=f"{where}{found.detail}", facts=merged)


def _others(worst: _Seen, seen: list[_Seen]) -> dict[str, Fact]:
    """What was found over the other family, under names of its own."""
    others = [each for each in seen if each is not worst and each.reason is not _ABSENT]
    return {f"ipv{each.family}_{name}": value for each in others for name, value in each.facts.items()}


def _where(worst: _Seen, seen: list[_Seen]) -> str:
    """Which families a sentence is about."""
    alike = [each.family for each in seen if each.reason is worst.reason]
    rest = [
        f"over IPv{each.family} {_SAID.get(each.reason, each.reason.value)}"
        for each in seen
        if each.family not in alike
    ]
    return f"over IPv{' and IPv'.join(alike)} ({', '.join(rest)}): " if rest else f"over IPv{' and IPv'.join(alike)}: "
