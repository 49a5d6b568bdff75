"""HTTP/1: one request's bytes, and one answer parsed as its bytes come, with caps on everything."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import httptools
from yarl import URL

from probes import Fact, Reason
from probes._net.coding import Body
from probes._net.faults import Fault

_PROTOCOL = b"HTTP/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    version: str  # 1.0 or 1.1
    headers: Mapping[str, str]  # names in lower case; of a repeated header the last, set-cookie left out
    fields: tuple[tuple[str, str], ...] = field(repr=False)  # every header as it came
    body: bytes = field(repr=False)

    @property
    def told_length(self) -> int:
        """Bytes of the body as the server told them; -1 when it did not."""
        told = self.headers.get("content-length", "")
        return int(told) if told.isascii() and told.isdecimal() and len(told) < _LONGEST_LENGTH else -1

    @property
    def cookies(self) -> tuple[str, ...]:
        """Values of set-cookie."""
        return tuple(value for name, value in self.fields if name == "set-cookie")


_BREAKS = re.compile(r"[\r\n\0]")
_LONGEST_LENGTH = 19  # digits of a number of bytes
_TELL_LENGTH = frozenset({"POST", "PUT", "PATCH"})  # also when it is none (RFC 9110, 8.6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of one host; `headers` are the probe's own and win over the usual ones."""

    method: str
    url: URL
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    def written(self, usual: Iterable[tuple[str, str]], cookies: str, through: str = "") -> bytes:
        """The request's bytes; `through` a proxy the whole URL is named.

        ValueError when a header could be mistaken for two.
        """
        told = [*self._merged(usual), *([("Cookie", cookies)] if cookies else [])]
        if self.body or self.method in _TELL_LENGTH:
            told.append(("Content-Length", str(len(self.body))))
        lines = [f"{name}: {value}" for name, value in told]
        text = "\r\n".join((f"{self.method} {through}{self.url.raw_path_qs or '/'} HTTP/1.1", *lines, "", ""))
        if text.count("\n") != len(lines) + 2 or text.count("\r") != len(lines) + 2 or "\0" in text:
            raise ValueError(f"the header {_broken(told)!r} has a line break in it")
        return text.encode() + self.body

    def _merged(self, usual: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
        host = ("Host", self.url.host_port_subcomponent or "")
        if not self.headers:
            return (host, *usual)
        given = {name.lower() for name in self.headers}
        return (*((name, value) for name, value in (host, *usual) if name.lower() not in given), *self.headers.items())


def _broken(headers: Iterable[tuple[str, str]]) -> str:
    return next((name for name, value in headers if _BREAKS.search(name + value)), "")


class Parser:
    """Feed it what comes until `done`, then take `answer()`; raises `Fault`.

    The parser's callbacks (`on_...`) are httptools'. Interim answers (1xx) are passed over; what comes after the answer
    is ignored, for the connection is closed then.
    """

    def __init__(self, *, max_headers: int, max_body: int, head: bool = False) -> None:
        self.done = False
        self._head = head  # asked with HEAD: there is no body, whatever the headers say
        self._parser = httptools.HttpResponseParser(self)
        # A line that ends in a bare LF is shown by every browser, and cannot mislead one who asks once and hangs up.
        self._parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True)
        self._max_headers = max_headers
        self._max_body = max_body
        self._start = b""
        self._fault: Fault | None = None
        self._headers: list[tuple[str, str]] = []
        self._header_bytes = 0  # of all headers, interim answers and trailers included
        self._idle_bytes = 0  # since the body last grew: headers, chunk sizes, extensions
        self._body: Body | None = None
        self._status = 0
        self._version = ""

    def feed(self, data: bytes) -> None:
        self._begins_as_http(data)
        self._idle_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if self._fault:
                raise self._fault from None
            if not self.done:
                raise Fault(Reason.PROTOCOL, f"not HTTP/1 ({error})") from None
        if not self.done and self._idle_bytes > self._max_headers:
            raise self._too_large()

    def end(self) -> None:
        """The server has hung up: right only for a body that lasts until then."""
        if self.done:
            return
        if self._body is None:
            raise Fault(Reason.PROTOCOL, "hung up before the headers were whole")
        if not self._lasts_until_close():
            raise Fault(Reason.PROTOCOL, "hung up before the body was whole")
        self.done = True

    def answer(self) -> Answer:
        assert self._body is not None  # noqa: S101 - there is one when it is done
        return Answer(
            status=self._status,
            version=self._version,
            headers={name: value for name, value in self._headers if name != "set-cookie"},
            fields=tuple(self._headers),
            body=self._body.end(),
        )

    @property
    def facts(self) -> dict[str, Fact]:
        """As soon as the headers are whole."""
        return {"http_status": self._status, "http_version": float(self._version)} if self._status else {}

    def on_message_begin(self) -> None:
        if not self.done:
            self._headers.clear()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.done:
            return
        self._header_bytes += len(name) + len(value) + 4
        if self._header_bytes > self._max_headers:
            self._stop(self._too_large())
        if self._body is None:  # else a trailer, which nobody asked for
            self._headers.append((name.lower().decode("latin-1"), _decoded(value)))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self.done or 100 <= status < 200:
            return
        try:
            self._check(status, self._parser.get_http_version())
            self._body = Body("" if self._head else self._header("content-encoding"), self._max_body)
        except Fault as fault:
            self._stop(fault)
        self.done = self._head

    def on_body(self, data: bytes) -> None:
        if self.done or self._body is None:
            return
        self._idle_bytes = 0
        try:
            self._body.feed(data)
        except Fault as fault:
            self._stop(fault)

    def on_message_complete(self) -> None:
        self.done = self._body is not None

    def _check(self, status: int, version: str) -> None:
        if not 200 <= status < 600:
            raise Fault(Reason.PROTOCOL, f"status {status} does not exist")
        if version not in ("1.0", "1.1"):
            raise Fault(Reason.PROTOCOL, "not HTTP/1")
        self._status, self._version = status, version
        if self._header("transfer-encoding").lower() not in ("", "chunked"):
            raise Fault(Reason.PROTOCOL, "a transfer coding that was not offered")

    def _begins_as_http(self, data: bytes) -> None:
        """The parser would take RTSP as well."""
        if len(self._start) < len(_PROTOCOL):
            self._start += data[: len(_PROTOCOL) - len(self._start)]
            if not _PROTOCOL.startswith(self._start):
                raise Fault(Reason.PROTOCOL, "not HTTP")

    def _stop(self, fault: Fault) -> None:
        """The only way out of a callback is an error; httptools wraps it, so it is kept aside."""
        self._fault = fault
        raise fault

    def _too_large(self) -> Fault:
        return Fault(Reason.TOO_LARGE, f"the headers are beyond the cap of {self._max_headers} bytes")

    def _lasts_until_close(self) -> bool:
        return not (self._header("content-length") or self._header("transfer-encoding"))

    def _header(self, name: str) -> str:
        return ", ".join([value for header, value in self._headers if header == name])


def _decoded(value: bytes) -> str:
    """Headers are ASCII by the book, UTF-8 or Latin-1 in life."""
    try:
        return value.decode().strip()
    except UnicodeDecodeError:
        return value.decode("latin-1").strip()
