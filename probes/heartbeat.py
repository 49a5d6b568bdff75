"""Does a system that nobody can look at from outside still say that it is well? It pushes, the monitor listens.

The push is `POST /api/v1/heartbeats/AGENCY/CHECK` with the agency's token (docs/api.md). A push triggers nothing by itself:
the next look sees it, `every` after the look before at the latest. It is evidence of the system that pushes, and of
nothing else; `proves` says what that is worth.

Silence counts only while somebody listened: not before the monitor's start, nor while its machine was suspended or its
own way out was down. Till the period is over from then on, a system that has not yet pushed is awaited, which is unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from probes import Fact, Heard, Observation, Reason, Target, Way
from probes._secret import Secret

_SHORTEST = 20  # characters of a token, which is drawn and never thought up: openssl rand -hex 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    asks_pages: ClassVar[bool] = False

    within: timedelta = timedelta(minutes=15)  # how long silence may last: the agreed period, and some grace
    tokens: Mapping[str, Secret] = field(default_factory=dict)  # by agency; only these have the check

    def __post_init__(self) -> None:
        seen: set[Secret] = set()
        for code, token in self.tokens.items():
            if not (len(token.reveal()) >= _SHORTEST and token.reveal().isascii() and " " not in token.reveal()):
                raise ValueError(f"tokens.{code}: must be at least {_SHORTEST} ASCII characters without a space")
            if token in seen:
                raise ValueError(f"tokens.{code}: is the token of another agency too; each has its own")
            seen.add(token)

    def applies(self, target: Target) -> bool:
        return target.code in self.tokens

    async def look(self, target: Target, way: Way) -> Observation:  # noqa: ARG002 - of the contract
        heard, now = way.heard, way.now
        if heard.at is None or now - heard.at > self.within:
            return self._silent(heard, now)
        if heard.failure is None:
            return Observation(reason=Reason.OK, detail=f"{_told(heard, now)}: it is well", facts=_facts(heard, now))
        detail = f"{_told(heard, now)}: it has failed" + (f" ({heard.failure})" if heard.failure else "")
        return Observation(reason=Reason.HEARTBEAT_FAILED, detail=detail, facts=_facts(heard, now))

    def _silent(self, heard: Heard, now: datetime) -> Observation:
        listening = now - max(heard.since, heard.at or heard.since)
        reason = Reason.HEARTBEAT_MISSING if listening > self.within else Reason.HEARTBEAT_AWAITED
        since = f"since {heard.since:%Y-%m-%d %H:%M:%S} UTC, when listening began"
        told = f"no push {since}" if heard.at is None else _told(heard, now)
        detail = f"{told}; one each {_seconds(self.within)} s was expected"
        return Observation(reason=reason, detail=detail, facts=_facts(heard, now))


def _told(heard: Heard, now: datetime) -> str:
    return f"the latest push came {_seconds(now - (heard.at or now))} s ago"


def _facts(heard: Heard, now: datetime) -> dict[str, Fact]:
    """`heartbeats` so far; `heartbeat_age` of the latest and `listening`, for how long, in seconds."""
    facts: dict[str, Fact] = {"heartbeats": heard.count, "listening": _seconds(now - heard.since)}
    return facts if heard.at is None else {**facts, "heartbeat_age": _seconds(now - heard.at)}


def _seconds(length: timedelta) -> int:
    """A clock that was set back in between makes no negative age."""
    return max(0, round(length.total_seconds()))
