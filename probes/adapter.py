"""Does the data-exchange adapter let the agency in, and answer it? A login and one call that reads. Proves: connected.

For use inside the government network, with the agency's own credentials (see _adapter.py, also for what is INFERRED).
One check is for one agency (`only`), whose password it holds. An answer counts only with something in it.
"""

from dataclasses import dataclass
from typing import ClassVar

from probes import Observation, Reason, Target, Way
from probes._adapter import Adapter
from probes._adapter_answer import Reply
from probes._families import over


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Adapter):
    """Without a `url` there is nothing to look at."""

    asks_pages: ClassVar[bool] = False

    def applies(self, target: Target) -> bool:  # noqa: ARG002 - the key `only` says for whom it is
        return self.url is not None

    async def look(self, target: Target, way: Way) -> Observation:
        return await over(self, way, lambda outward: self._look(target, outward))

    async def _look(self, target: Target, way: Way) -> Observation:
        told = await self.ask(target, way, {})
        return self._judged(told) if isinstance(told, Reply) else told

    def _judged(self, reply: Reply) -> Observation:
        entries = sum(map(bool, reply.results))
        if not entries:
            return reply.found(Reason.EMPTY_RESULT, f"to {self.service} with nothing; a list was expected")
        return reply.found(Reason.OK, f"to {self.service} with {entries} entries, as expected", results=entries)
