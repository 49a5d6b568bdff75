"""Cookies within one look: sent back to the very host that set them, and forgotten with the look."""

from collections.abc import Iterable

_MOST = 50  # of one host
_LONGEST = 4096  # name and value


class Jar:
    """What each host asked to be told again. Paths and expiry dates play no part in the seconds of a look."""

    def __init__(self) -> None:
        self._cookies: dict[str, dict[str, str]] = {}

    def take(self, host: str, lines: Iterable[str]) -> None:
        """The values of a host's set-cookie headers."""
        mine = self._cookies.setdefault(host, {})
        for line in lines:
            pair, _, attributes = line.partition(";")
            name, equals, value = pair.strip().partition("=")
            if not (equals and name) or len(pair) > _LONGEST:
                continue
            if "max-age=0" in attributes.lower().replace(" ", "").split(";"):
                mine.pop(name, None)
            elif name in mine or len(mine) < _MOST:
                mine[name] = value

    def header(self, host: str) -> str:
        """The value of the cookie header for this host; empty when there is none."""
        return "; ".join(f"{name}={value}" for name, value in self._cookies.get(host, {}).items())
