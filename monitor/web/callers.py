"""Whoever is connected: how many may be, and how long a connection may go without asking anything.

Each holds a descriptor, of which the looks need some too, and nothing of this asks for a password first.
"""

import asyncio
import resource
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

import structlog
from aiohttp import web

from monitor.web.guard import Handler

_MOST: Final = 512  # Prometheus holds one, a browser six, a reverse proxy some dozens

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Of connections; times in seconds."""

    most: int
    each: int  # of one client: an address, of IPv6 a network of 64 bits
    head: float = 20.0  # for the handshake of TLS, and again for a request's first line and headers
    kept: float = 75.0  # from an answer to the next request; Prometheus comes each minute or sooner
    taking: float = 300.0  # for taking an answer that does not go out at once


def usual() -> Bounds:
    """A quarter of the descriptors that the process may have; half of that for one client."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    most = _MOST if soft == resource.RLIM_INFINITY else min(_MOST, max(8, soft // 4))
    return Bounds(most=most, each=most // 2)


class Caller(web.RequestHandler):
    """One connection, from when it is taken. It asks, or is idle; who has never asked anything goes first."""

    __slots__ = (
        *("_asking", "_bounds", "_crowd", "_ended", "_heading", "_line", "_mark", "_shaking", "_timer"),
        *("asked", "since", "who"),
    )

    def __init__(
        self, server: web.Server, crowd: "Crowd", who: str, mark: Callable[[web.StreamResponse], None]
    ) -> None:
        """`mark` gives an answer the headers that every one has."""
        loop = asyncio.get_running_loop()
        super().__init__(server, loop=loop, keepalive_timeout=crowd.bounds.kept, access_log=None)  # type: ignore[arg-type]  # None: none is kept, as for AppRunner
        self.who = who
        self.asked = False  # anything yet
        self.since = self._loop.time()  # when it came, or had its last answer
        self._mark = mark
        self._crowd = crowd
        self._bounds = crowd.bounds
        self._asking = False
        self._heading = True  # a request has begun to come
        self._ended = False
        self._line: asyncio.Transport | None = None
        self._shaking: asyncio.Task[Any] | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> bool:
        return self._asking or self.writing_paused

    @property
    def connected(self) -> bool:
        """Also while what is left to send goes out."""
        return self._line is not None

    def end(self) -> None:
        """At once, whatever is under way."""
        self._ended = True
        self._crowd.left(self)
        if self._line:
            self._line.abort()
        elif self._shaking:
            self._shaking.cancel()

    async def connect(self, line: socket.socket, tls: ssl.SSLContext | None) -> None:
        """Raises OSError where there is no agreement on TLS, or not in time."""
        if self._ended:
            line.close()
            return
        self._shaking, within = asyncio.current_task(), self._bounds.head if tls else None
        try:
            await self._loop.connect_accepted_socket(lambda: self, line, ssl=tls, ssl_handshake_timeout=within)
        finally:
            self._shaking = None
            if not self.connected:
                self._crowd.left(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._line = cast(asyncio.Transport, transport)
        if self._ended:  # just as its handshake came to an end
            self._line.abort()
            return
        super().connection_made(transport)
        self._within(self._bounds.head)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._line = None
        self._within(None)
        self._crowd.left(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if data and not self._heading:
            self._heading = True
            if not self.busy:
                self._within(self._bounds.head)
        super().data_received(data)

    def heard(self) -> None:
        """A request's head is there."""
        self.asked = self._asking = True
        self._within(None)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        # What aiohttp answers before our middlewares are reached repeats what was asked.
        answer = self._plain(resp.status) if isinstance(resp, web.HTTPException) else resp
        try:
            return await super().finish_response(request, answer, start_time)
        finally:
            self._asking = self._heading = False
            self._rest()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._within(self._bounds.taking)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._within(None)
        if not self._asking:
            self._rest()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's own, which repeats what was sent
    ) -> web.StreamResponse:
        """What could not be understood as a request, and what went wrong where nothing else has caught it."""
        if status >= 500:
            log.error("page_failed", path=request.path, exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun already")
        answer = self._plain(status)
        answer.force_close()
        return answer

    def _plain(self, status: int) -> web.Response:
        answer = web.Response(status=status, text=f"{status}\n")
        self._mark(answer)
        return answer

    def _rest(self) -> None:
        """After an answer. aiohttp closes in time what it can; what still hangs on then is cut off."""
        self.since = self._loop.time()
        if self._line and not self.writing_paused:
            self._within(self._bounds.kept + self._bounds.head)

    def _within(self, seconds: float | None) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None if seconds is None else self._loop.call_later(seconds, self.end)


class Crowd:
    """Everybody connected; `tell` is told by whom there are too many, as often as it happens."""

    def __init__(self, bounds: Bounds, tell: Callable[[str], None]) -> None:
        self.bounds = bounds
        self._tell = tell
        self._inside: dict[Caller, None] = {}

    def __len__(self) -> int:
        return len(self._inside)

    def room_for(self, who: str) -> bool:
        """Whether one more may come; where there are too many, the oldest idle one is ended for it, of who's own first.

        One that never asked anything goes before one that did: a flood of such does not end Prometheus's.
        """
        own = [each for each in self._inside if each.who == who]
        if len(own) < self.bounds.each and len(self._inside) < self.bounds.most:
            return True
        self._tell(who)
        among = own if len(own) >= self.bounds.each else self._inside
        idle = [each for each in among if not each.busy]
        if idle:
            min(idle, key=lambda each: (each.asked, each.since)).end()
        return bool(idle)

    def send_off(self) -> None:
        """Whoever is not quite in yet."""
        for each in [each for each in self._inside if not each.connected]:
            each.end()

    def enter(self, caller: Caller) -> None:
        self._inside[caller] = None

    def left(self, caller: Caller) -> None:
        self._inside.pop(caller, None)


@web.middleware
async def heard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The first of all middlewares: a request that is reached by it has come."""
    if isinstance(request.protocol, Caller):
        request.protocol.heard()
    return await handler(request)
