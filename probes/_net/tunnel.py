"""A way through an HTTP proxy: CONNECT for TLS (RFC 9110, 9.3.6), nothing but the connection for plain requests.

A proxy that fails is the monitor's trouble and not the agency's: the reason is `offline`. One that says it cannot
reach the agency (502, 503, 504) is believed.
"""

from collections.abc import Iterable

from yarl import URL

from probes import Reason
from probes._net.course import Course
from probes._net.faults import Fault
from probes._net.wire import Line, Owner

_CAP = 16 * 1024  # bytes of the proxy's answer
_END = b"\r\n\r\n"
_CANNOT_REACH = ("502", "503", "504")


class Tunnel:
    """Stands between a line to a proxy and the line's owner, till the proxy has opened the way."""

    __slots__ = ("_answer", "_course", "_line", "_open", "_owner", "_plain", "_request", "_url")

    def __init__(self, line: Line, url: URL, headers: Iterable[tuple[str, str]], course: Course) -> None:
        self._line = line
        self._url = url
        self._course = course
        self._request = _connect(url, headers)
        self._answer = b""
        self._open = False
        self._plain = url.scheme == "http"  # and nothing came yet: then what goes wrong may be the proxy's

    def belong(self, owner: Owner) -> "Tunnel":
        self._owner = owner
        return self

    def connected(self) -> None:
        if self._url.scheme == "http":
            self._begin(b"")
        else:
            self._line.send(self._request)

    def received(self, data: bytes) -> None:
        if self._plain and data[9:12] == b"407":  # the one status that only a proxy answers (RFC 9110, 15.5.8)
            self._refuse("it answered 407")
        elif self._open:
            self._plain = False
            self._owner.received(data)
        else:
            self._take(data)

    def _take(self, data: bytes) -> None:
        self._answer += data
        head, end, rest = self._answer.partition(_END)
        if end:
            self._judge(head.decode("latin-1"), rest)
        elif len(self._answer) > _CAP:
            self._refuse("it says too much")

    def ended(self) -> None:
        if self._open and not self._plain:
            self._owner.ended()
        else:
            self._refuse("it hung up")

    def failed(self, error: Exception) -> None:
        if (self._open and not self._plain) or not isinstance(error, Fault):
            self._owner.failed(error)
        else:
            self._refuse(error.detail)

    def send(self, data: bytes) -> None:
        self._line.send(data)

    def close(self) -> None:
        self._line.close()

    def _judge(self, head: str, rest: bytes) -> None:
        version, _, told = head.partition("\r\n")[0].partition(" ")
        status = told[:3]
        if not (version.startswith("HTTP/1.") and status.isdecimal()):
            self._refuse("it does not answer in HTTP")
        elif status in _CANNOT_REACH:
            self._close(Fault(Reason.UNREACHABLE, f"the proxy cannot reach it ({status})"))
        elif not status.startswith("2"):
            self._refuse(f"it answered {status}")
        else:
            self._begin(rest)

    def _begin(self, rest: bytes) -> None:
        self._open = True
        self._course.ours, self._answer = "", b""
        self._owner.connected()
        if rest:
            self._owner.received(rest)

    def _refuse(self, why: str) -> None:
        self._close(Fault(Reason.OFFLINE, f"the proxy fails: {why}"))

    def _close(self, fault: Fault) -> None:
        self._course.ours = ""
        self._line.close()
        self._owner.failed(fault)


def _connect(url: URL, headers: Iterable[tuple[str, str]]) -> bytes:
    to = f"{url.host_subcomponent}:{url.port}"
    agent = "".join(f"{name}: {value}\r\n" for name, value in headers if name == "User-Agent")
    return f"CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n{agent}\r\n".encode()
