"""What agencies' systems push: the latest of each, in memory. It outlives a reload, not the process.

Not safe for threads: one event loop owns it.
"""

import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from secrets import token_bytes

from monitor.model import Watch
from probes import Heard
from probes._secret import Secret
from probes.heartbeat import Probe as Heartbeat

Key = tuple[str, str]  # agency code, check name


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """Who is at the door: the token is one of the agency's, and it is for this check."""

    agency: bool
    check: bool


def doors_of(watches: tuple[Watch, ...]) -> dict[Key, Secret]:
    """The token for every agency and check that is pushed."""
    return {
        watch.key: watch.check.probe.tokens[watch.agency.code]
        for watch in watches
        if isinstance(watch.check.probe, Heartbeat)
    }


class Inbox:
    """Listens from the moment a door is there; `now` is UTC, `awake` since when the process runs without a gap."""

    def __init__(self, now: Callable[[], datetime], awake: Callable[[datetime], datetime]) -> None:
        self._now = now
        self._awake = awake
        self._deaf = now()  # nothing could be heard before
        self._heard: dict[Key, Heard] = {}
        self._tokens: dict[str, dict[str, bytes]] = {}  # by check and agency: digests, all of one length
        self._decoy = token_bytes(32)

    def listen(self, doors: Mapping[Key, Secret]) -> None:
        """Open these doors and no others; what was heard at those that stay is kept."""
        fresh = Heard(since=self._now())
        self._heard = {key: self._heard.get(key, fresh) for key in doors}
        self._tokens = {}
        for (agency, check), token in doors.items():
            self._tokens.setdefault(check, {})[agency] = _digest(token.reveal())

    def knock(self, agency: str, check: str, token: str) -> Knock:
        """Whose token it is. As much is compared for an agency that there is not as for one there is."""
        found = dict(self._matches(agency, _digest(token)))
        return Knock(agency=any(found.values()), check=found.get(check, False))

    def _matches(self, agency: str, digest: bytes) -> Iterator[tuple[str, bool]]:
        for check, tokens in self._tokens.items():
            held = tokens.get(agency)
            yield check, hmac.compare_digest(held or self._decoy, digest) and held is not None

    def knows(self, agency: str, check: str) -> bool:
        return (agency, check) in self._heard

    def push(self, key: Key, failure: str | None = None) -> None:
        """Take a push at a door that is open; `failure` in the system's own words, none: it is well."""
        before = self._heard[key]
        self._heard[key] = replace(before, at=self._now(), failure=failure, count=before.count + 1)

    def deafened(self) -> None:
        """Our own link was down till now: silence until here says nothing."""
        self._deaf = self._now()

    def heard(self, key: Key) -> Heard | None:
        """What was pushed; None where nothing is listened for."""
        heard = self._heard.get(key)
        if heard is None:
            return None
        since = max(heard.since, self._deaf, self._awake(self._now()))
        return heard if since == heard.since else replace(heard, since=since)


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogateescape")).digest()
