"""Cookies within one look: sent back to the very host that set them, and forgotten with the look."""

from collections.abc import Iterable

from yarl import URL

_MOST = 50  # of one host
_LONGEST = 4096  # name and value


class Jar:
    """What each host asked to be told again. Paths and expiry dates play no part in the seconds of a look."""

    __slots__ = ("_cookies",)

    def __init__(self) -> None:
        self._cookies: dict[str, dict[str, tuple[str, bool]]] | None = None  # host -> name -> value, only over TLS

    def take(self, url: URL, lines: Iterable[str]) -> None:
        """The values of set-cookie headers in the answer to this URL."""
        for line in lines:
            pair, _, rest = line.partition(";")
            name, equals, value = pair.strip().partition("=")
            if equals and name and len(pair) <= _LONGEST:
                self._keep(url, name, value, rest.lower().replace(" ", "").split(";"))

    def header(self, url: URL) -> str:
        """The value of the cookie header for this URL; empty when there is none."""
        if self._cookies is None:
            return ""
        mine = self._cookies.get(url.raw_host or "", {})
        told = [(name, value) for name, (value, secure) in mine.items() if not secure or url.scheme == "https"]
        return "; ".join(f"{name}={value}" for name, value in told)

    def _keep(self, url: URL, name: str, value: str, attributes: list[str]) -> None:
        self._cookies = self._cookies or {}
        mine = self._cookies.setdefault(url.raw_host or "", {})
        secure = "secure" in attributes
        if "max-age=0" in attributes:
            mine.pop(name, None)
        elif (name in mine or len(mine) < _MOST) and (not secure or url.scheme == "https"):  # RFC 6265bis, 5.7
            mine[name] = (value, secure)
