"""Which names are led elsewhere by configuration, like curl's --connect-to. Pure."""

from collections.abc import Iterable, Iterator

from probes._net.settings import ConnectTo

Endpoint = tuple[str, int]


class Routes:
    """Matches a host and port to the configured address; the most specific name wins."""

    def __init__(self, entries: Iterable[ConnectTo]) -> None:
        self._to = {(_plain(one.host), one.port): endpoint(one.to) for one in entries}

    def find(self, host: str, port: int) -> Endpoint | None:
        """Address and port to connect to instead, if any."""
        if not self._to:
            return None
        for pattern in patterns(_plain(host)):
            if found := self._to.get((pattern, port)):
                return found
        return None


def endpoint(text: str) -> Endpoint:
    """`HOST:PORT` or `[ADDRESS]:PORT`; ValueError otherwise."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError(f"{text!r} is not ADDRESS:PORT")
    return host, int(port)


def patterns(host: str) -> Iterator[str]:
    """The name itself, then *.suffix from the longest to the shortest, then * for every name."""
    yield host
    while "." in host:
        host = host.partition(".")[2]
        yield f"*.{host}"
    yield "*"


def _plain(host: str) -> str:
    return host.lower().rstrip(".")
