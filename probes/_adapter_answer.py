"""What may be told of an answer of the national data-exchange adapter, and which answers are none of its own. Pure.

The password, the session and what else was sent can come back in any place of an answer. So of its facts only those are
told whose words are not the server's own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from probes import Fact, Observation, Reason
from probes._answer import REFUSALS, Answer, blocked, status_fault
from probes._envelope import envelope
from probes._exchange import came_through, exchange_fault

NOT_ALLOWED = (401, 403)  # with the envelope it is the adapter that says so, without it a firewall
_TOLD = frozenset({"http_status", "url", "firewall", "error_type", "hop"})

Shown = Callable[[str], str]  # a short word as it may be told; see _discreet.py


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A call that succeeded, with a list of results, which may hold nothing."""

    answer: Answer = field(repr=False)
    results: tuple[Any, ...] = field(repr=False)
    facts: Mapping[str, Fact]  # of the answer, service, result_code, and renewed where a session had ended

    def found(self, reason: Reason, detail: str, **facts: Fact) -> Observation:
        return found(self.answer, reason, detail, **self.facts, **facts)


def not_spoken(answer: Answer, shown: Shown) -> Observation | None:
    """What is no word of the adapter's: the exchange failed, a firewall answered, or a page came instead."""
    if fault := exchange_fault(answer, shown):
        return _plain(fault)
    page = answer.page
    if envelope(page) is not None and (answer.good or page.status in NOT_ALLOWED):
        return None
    said = f"{answer.host} answered {page.status} without the adapter's envelope; one was expected"
    if page.status >= 400 and came_through(page):
        return _plain(answer.found(Reason.PROVIDER_ERROR, f"{said}, by no fault of the exchange"))
    if page.status not in REFUSALS and page.location is not None:
        return _plain(status_fault(answer) or answer.found(Reason.UNREADABLE, said))
    return _plain(blocked(answer) or status_fault(answer) or answer.found(Reason.UNREADABLE, said))


def found(answer: Answer, reason: Reason, detail: str, **facts: Fact) -> Observation:
    said = f"{answer.host} answered {answer.page.status} {detail}"
    return Observation(reason=reason, detail=said, facts={**bare(answer.facts), **facts})


def bare(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """Without what only the server chose, such as where it leads: it may hold what was sent to it."""
    return {name: value for name, value in facts.items() if name in _TOLD}


def _plain(fault: Observation) -> Observation:
    return replace(fault, facts=bare(fault.facts))
