"""Does the NPSP show the status that the agency shows? Dossiers that the operator names, looked up at both.

At the NPSP by a look-up, or from inside the government network by the data-exchange adapter (_portal_adapter.py).

Proves: connected. Off until the operator names codes: of dossiers of its own, or of people who agreed. Nothing is read
of an answer but the status and when it was set; a code is shown in part only, in facts and sentences alike.

That a status differs is a fault only after the legal 8 working hours, where it can be read when it was set. A distortion
seen in a province's code is noted as a fact: the statuses 5, 6 and 8 were sent to the NPSP as 9.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar

from probes import Fact, Observation, Reason, Status, Target, Trouble, Way
from probes._answer import GONE_STATUSES, Answer, blocked, plain, status_fault
from probes._dossiers import Code, agency_of, check_codes, check_one_agency, english, hidden, masked
from probes._hosts import national, own, plain_host, under
from probes._look_up import LookUp, Said, Told
from probes._parity import Side, Verdict, parity
from probes._portal_adapter import PortalAdapter
from probes._working_hours import LEGAL, between

_MOST = 5  # dossiers of one agency: each is a question to it and one to the NPSP
_LONGEST_AGE = timedelta(days=366)
_REWRITTEN, _AS = frozenset({5, 6, 8}), 9
# Of several dossiers, the worst is told.
_WORST = (
    Reason.STATUS_DIFFERS,
    Reason.STALE,
    Reason.MISSING_AT_PORTAL,
    Reason.MISSING_AT_AGENCY,
    Reason.UNREADABLE,
    Reason.NO_DATA,
    Reason.OK,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """What came of one dossier."""

    observation: Observation
    pending: bool = False

    @property
    def reason(self) -> Reason:
        return self.observation.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """`codes` may be of several agencies: at each are looked up those that begin with its identifier code."""

    asks_pages: ClassVar[bool] = True

    codes: tuple[str, ...] = ()
    agency: LookUp = field(default_factory=LookUp)
    portal: LookUp | None = None  # of the NPSP; this or the next is needed where there are codes
    portal_adapter: PortalAdapter | None = None  # then all codes are of the one agency whose password it holds

    def __post_init__(self) -> None:
        check_codes(self.codes, _MOST)
        if self.codes and not (self.portal or self.portal_adapter):
            raise ValueError("portal: must say how the look-up of the NPSP is asked: it is not known")
        if self.portal and self.portal_adapter:
            raise ValueError("portal_adapter: cannot be given beside portal")
        if self.portal and not self.portal.whole:
            raise ValueError("portal.url: must be a whole address, beginning with https:// or http://")
        if self.portal_adapter:
            check_one_agency(self.codes)
        object.__setattr__(self, "codes", tuple(map(Code, self.codes)))

    def applies(self, target: Target) -> bool:
        return bool(self._of(target))

    def _of(self, target: Target) -> tuple[str, ...]:
        return tuple(code for code in self.codes if agency_of(code) == target.code)

    async def look(self, target: Target, way: Way) -> Observation:
        findings: list[_Finding] = []
        for code in self._of(target):
            findings.append(await self._guarded(code, target, way))
            if findings[-1].reason not in _WORST:  # whoever turns us away, or is down, is not asked again
                break
        return _told(findings)

    async def _guarded(self, code: str, target: Target, way: Way) -> _Finding:
        """No trouble and no fact may show the code, which is in the address that is asked."""
        try:
            found = await self._dossier(code, target, way)
        except Trouble as trouble:
            raise Trouble(
                trouble.reason, trouble.host, hidden(trouble.detail, [code]), **_hidden(trouble.facts, code)
            ) from None
        seen = found.observation
        facts = _hidden({**seen.facts, "dossier": masked(code)}, code)
        return replace(found, observation=replace(seen, detail=plain(hidden(seen.detail, [code])), facts=facts))

    async def _dossier(self, code: str, target: Target, way: Way) -> _Finding:
        answer = await self.agency.ask(code, target, way)
        if found := _no_look_up(answer, target, self.agency.missing_statuses):
            return _Finding(observation=found)
        here = self.agency.read(answer, way.now)
        if here.trouble:
            return _Finding(observation=_unreadable(answer, here))
        there = await self._at_portal(code, target, way)
        if isinstance(there, Observation):
            return _Finding(observation=there)
        return await _compared(code, (self.agency.address(code, target.portal).host or "", here), there, way)

    async def _at_portal(self, code: str, target: Target, way: Way) -> Said | Observation:
        if self.portal_adapter:
            return await self.portal_adapter.tell(code, target, way)
        assert self.portal is not None  # noqa: S101 - there are codes
        answer = await _asked(self.portal, code, target, way)
        there = self.portal.read(answer, way.now)
        said = Said(told=there, host=answer.host, facts={"http_status": answer.page.status})
        return _portal_fault(answer, there, self.portal.missing_statuses) or said


async def _asked(portal: LookUp, code: str, target: Target, way: Way) -> Answer:
    """Trouble there is the national system's own, also where the roster does not know its host."""
    try:
        return await portal.ask(code, target, way)
    except Trouble as trouble:
        if under(trouble.host, (*target.national_hosts, *target.hosts)) or trouble.reason.status is Status.UNKNOWN:
            raise
        raise Trouble(Reason.UPSTREAM, trouble.host, f"{trouble.detail} ({trouble.reason})", **trouble.facts) from None


def _no_look_up(answer: Answer, target: Target, missing: tuple[int, ...]) -> Observation | None:
    """What is wrong with the agency's answer before it is read."""
    said = f"{answer.host} answered {answer.page.status}"
    if found := blocked(answer):
        return found
    to = answer.leads_to
    if to is not None and not own(to, target) and plain_host(to) != answer.host:
        # A closed portal leads to the NPSP, a guarded look-up to the sign-on: neither says anything of the dossier.
        reason = Reason.NOT_VISIBLE if national(to, target) else Reason.LEADS_ELSEWHERE
        return answer.found(reason, f"{said} and leads to {plain_host(to)}; a dossier's status was expected")
    if answer.page.status in missing:
        return None
    if answer.page.status in GONE_STATUSES:  # perhaps it is elsewhere: where look-ups are is not known
        return answer.found(Reason.UNREADABLE, f"{said}; a look-up of dossiers was expected")
    return status_fault(answer)


def _unreadable(answer: Answer, told: Told) -> Observation:
    scripted = answer.html.blank and answer.html.scripts
    detail = f"{answer.host} answered {answer.page.status} with {told.trouble}; a dossier's status was expected"
    return answer.found(Reason.NOT_VISIBLE if scripted else Reason.UNREADABLE, detail)


def _portal_fault(answer: Answer, told: Told, missing: tuple[int, ...]) -> Observation | None:
    """Whatever is wrong with the answer of the NPSP, it is no fault of the agency."""
    if found := blocked(answer):
        return found
    status = answer.page.status
    if status not in missing and not answer.good:
        return answer.found(Reason.UPSTREAM, f"{answer.host} answered {status}; a dossier's status was expected")
    if told.failed:
        detail = f"{answer.host} answered {status} with {told.trouble}; a dossier's status was expected"
        return answer.found(Reason.UPSTREAM, detail)
    return _unreadable(answer, told) if told.trouble else None


async def _compared(code: str, agency: tuple[str, Told], portal: Said, way: Way) -> _Finding:
    host, here = agency
    one, other = await _side(here, way.now), await _side(portal.told, way.now)
    verdict = parity(one, other)
    facts: dict[str, Fact] = {**portal.facts, **_facts(one, other)}
    detail = f"{host} shows dossier {masked(code)} as {_name(one)}, {portal.host} as {_name(other)}; {_expected(verdict, one, other)}"
    return _Finding(observation=Observation(reason=verdict.reason, detail=detail, facts=facts), pending=verdict.pending)


async def _side(told: Told, now: datetime) -> Side:
    if told.changed is None:
        return Side(stage=told.stage)
    # In a thread, since the first question brings in the calendar: a tenth of a second.
    age = await asyncio.to_thread(between, max(told.changed, now - _LONGEST_AGE), now)
    return Side(stage=told.stage, age=age)


def _facts(agency: Side, portal: Side) -> dict[str, Fact]:
    facts: dict[str, Fact | None] = {
        "status_agency": agency.stage,
        "status_portal": portal.stage,
        "working_hours_agency": _hours(agency),
        "working_hours_portal": _hours(portal),
        "distortion": "rewritten_as_processed" if agency.stage in _REWRITTEN and portal.stage == _AS else None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _hours(side: Side) -> float | None:
    return None if side.age is None else round(side.age / timedelta(hours=1), 2)


def _name(side: Side) -> str:
    return "not known" if side.stage is None else f"{side.stage} ({english(side.stage)})"


def _expected(verdict: Verdict, agency: Side, portal: Side) -> str:
    if verdict.reason is Reason.OK and not verdict.pending:
        return "as expected"
    hours = _hours(portal if agency.stage is None else agency)
    if verdict.reason is Reason.NO_DATA or hours is None:
        return "the same was expected"
    allowed = f"{LEGAL / timedelta(hours=1):g}"
    if verdict.pending:
        return f"the same is expected within {allowed} working hours, of which {hours:g} are over"
    return f"the same was expected within {allowed} working hours, and {hours:g} are over"


def _told(findings: list[_Finding]) -> Observation:
    """The worst of them, and how many there were."""
    stopped = findings[-1].reason not in _WORST
    worst = findings[-1] if stopped else min(findings, key=lambda found: _WORST.index(found.reason))
    counts = Counter(found.reason for found in findings)
    facts: dict[str, Fact] = {
        **worst.observation.facts,
        "dossiers": len(findings),
        "dossiers_ok": counts[Reason.OK],
        "dossiers_pending": sum(found.pending for found in findings),
    }
    return replace(worst.observation, facts=facts)


def _hidden(facts: Mapping[str, Fact], code: str) -> dict[str, Fact]:
    return {name: hidden(value, [code]) if isinstance(value, str) else value for name, value in facts.items()}
