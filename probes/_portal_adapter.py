"""What the NPSP says of a dossier to an agency's own systems: the service TraCuuHoSo of the data-exchange adapter.

Seen in public source: the service, its parameter `mahoso`, that it answers with a list of results, and that a program of
the agencies takes an empty list for: the NPSP does not have the dossier. UNKNOWN is what a result is like. INFERRED is
the name of the status, TRANGTHAIHOSO: that under which the agencies send it, TrangThaiHoSo, in the capitals in which
the results of the other services were seen. INFERRED likewise is the form of a moment, which is that of those they send.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from probes import Fact, Observation, Reason, Target, Way
from probes._adapter import TAKEN, Adapter
from probes._adapter_answer import NOT_ALLOWED, Reply
from probes._documents import at, check_path, word
from probes._dossiers import stage_of
from probes._hosts import plain_host
from probes._look_up import Said, Told, check_format, check_words, moment_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalAdapter(Adapter):
    """The adapter's settings, and where things stand in a result. An error of the adapter says nothing of a dossier."""

    service: str = "TraCuuHoSo"
    code_parameter: str = "mahoso"

    status_path: str = "TRANGTHAIHOSO"  # of a result, all of which must say the same; INFERRED
    words: Mapping[str, int] = field(default_factory=dict)  # of its own for the statuses 1 to 10
    changed_path: str = ""  # of a result; none: when the status was set is not told
    changed_format: str = "%Y%m%d%H%M%S"  # of Python's strptime; INFERRED
    missing_codes: tuple[str, ...] = ()  # of an error, for: there is no such dossier. None is known

    def __post_init__(self) -> None:
        Adapter.__post_init__(self)
        if self.url is None:
            raise ValueError("url: must say where the adapter is")
        if self.family == "both":
            raise ValueError("family: must be any, 4 or 6: a dossier is looked up once")
        if not self.code_parameter or self.code_parameter in {*TAKEN, *self.parameters}:
            raise ValueError("code_parameter: must be the name of a parameter that is not sent anyway")
        if not self.status_path:
            raise ValueError("status_path: must say where the status stands in a result")
        for name in ("status_path", "changed_path"):
            check_path(name, getattr(self, name))
        check_words(self.words)
        check_format(self.changed_format)

    async def tell(self, code: str, target: Target, way: Way) -> Said | Observation:
        """What it says of one dossier, or what is wrong with its answer. Raises `Trouble`."""
        told = await self.ask(target, self.outward(way), {self.code_parameter: code})
        if isinstance(told, Reply):
            return self._told_by(told, way.now)
        return self._said(Told(), told.facts) if self._missing(told) else told

    def _missing(self, fault: Observation) -> bool:
        """Whether the code of an error says so, and not that one may not ask."""
        coded = fault.reason is Reason.RESULT_CODE and fault.facts["http_status"] not in NOT_ALLOWED
        return coded and fault.facts["result_code"] in self.missing_codes

    def _told_by(self, reply: Reply, now: datetime) -> Said | Observation:
        told = self._dossier_in(reply.results, now)
        if not told.trouble:
            return self._said(told, reply.facts)
        detail = f"to {self.service} with {told.trouble}; a dossier's status was expected"
        return reply.found(Reason.UNREADABLE, detail)

    def _said(self, told: Told, facts: Mapping[str, Fact]) -> Said:
        return Said(told=told, host=plain_host(self._base), facts=facts)

    def _dossier_in(self, results: tuple[Any, ...], now: datetime) -> Told:
        if not results:
            return Told()
        stages = {stage_of(word(at(each, self.status_path)), self.words) for each in results}
        if len(stages) > 1:
            return Told(trouble=f"{len(results)} results of which one must be it")
        told = Told(stage=stages.pop())
        if told.stage is None:
            return Told(trouble="no status that can be read")
        return replace(told, changed=self._changed(results, now))

    def _changed(self, results: tuple[Any, ...], now: datetime) -> datetime | None:
        moments = (moment_of(word(at(each, self.changed_path)), self.changed_format, now) for each in results)
        return max(filter(None, moments), default=None) if self.changed_path else None
