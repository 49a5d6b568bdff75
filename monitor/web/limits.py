"""How often somebody may do something: so many at once, and then one more each so many seconds."""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

_MANY = 10_000  # who is remembered; more than that at once is a flood, and shares one allowance
_NOBODY = ""


class Limit:
    """An allowance of `burst` for each, which grows back by one each `apart` seconds; `clock` never goes back."""

    def __init__(self, burst: int, apart: float, clock: Callable[[], float]) -> None:
        self._spare = (burst - 1) * apart
        self._apart = apart
        self._clock = clock
        self._used: dict[str, float] = {}  # who -> when all of the allowance is back

    def wait(self, who: str) -> float:
        """Takes one of who's allowance; where there is none left takes nothing, and gives seconds until there is."""
        now = self._clock()
        who = self._remembered(who, now)
        used = max(now, self._used.get(who, now))
        late = used - now - self._spare
        if late <= 0:
            self._used[who] = used + self._apart
        return max(0.0, late)

    def _remembered(self, who: str, now: float) -> str:
        if who in self._used or len(self._used) < _MANY:
            return who
        self._used = {name: back for name, back in self._used.items() if back > now}
        return who if len(self._used) < _MANY else _NOBODY


def client(remote: str | None) -> str:
    """Who asks, by address; of IPv6 the network of 64 bits, of which one machine may have every address."""
    try:
        address = ip_address((remote or "").partition("%")[0])
    except ValueError:
        return _NOBODY
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)
