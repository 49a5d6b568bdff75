"""Takes connections, over TLS or not. What it goes by may be another at any time, and holds from the next one on."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from time import monotonic
from typing import Final

import structlog

from monitor.web.callers import Bounds, Caller, Crowd
from monitor.web.limits import Limit, client

_AGAIN_SECONDS: Final = 0.1  # until the next try, where the system could not give a connection
_TOLD_EVERY: Final = 60.0  # seconds from one line of the log to the next of the same

log = structlog.get_logger()


class Entrance:
    """`make` gives the connection's protocol; `tls` is None where plain HTTP is spoken."""

    def __init__(self, bounds: Bounds, make: Callable[[Crowd, str], Caller]) -> None:
        self.tls: ssl.SSLContext | None = None
        self._make = make
        self._told = Limit(1, _TOLD_EVERY, monotonic)
        self.crowd = Crowd(bounds, self._tell)
        self._coming: set[asyncio.Task[None]] = set()
        self._taking: list[asyncio.Task[None]] = []

    def open(self, listening: list[socket.socket]) -> None:
        """From now on; the sockets stay the caller's."""
        self._taking = [asyncio.create_task(self._take(each)) for each in listening]

    async def close(self) -> None:
        for each in self._taking:
            each.cancel()
        self.crowd.send_off()
        await asyncio.gather(*self._taking, *self._coming, return_exceptions=True)

    async def _take(self, listening: socket.socket) -> None:
        listening.setblocking(False)
        while True:
            try:
                line, address = await asyncio.get_running_loop().sock_accept(listening)
            except ConnectionAbortedError:  # gone again already
                continue
            except OSError as error:
                if not self._told.wait("system"):
                    log.warning("connection_not_taken", error=str(error))
                await asyncio.sleep(_AGAIN_SECONDS)
            else:
                self._let_in(line, client(address[0]))

    def _let_in(self, line: socket.socket, who: str) -> None:
        if not self.crowd.room_for(who):
            line.close()
            return
        caller = self._make(self.crowd, who)
        self.crowd.enter(caller)
        coming = asyncio.create_task(self._connect(line, caller))
        self._coming.add(coming)
        coming.add_done_callback(self._coming.discard)

    async def _connect(self, line: socket.socket, caller: Caller) -> None:
        try:
            await caller.connect(line, self.tls)
        except OSError as error:  # of which those of TLS are, and those of time
            log.debug("not_connected", client=caller.who, error=type(error).__name__)
        except Exception:
            log.exception("not_connected", client=caller.who)

    def _tell(self, who: str) -> None:
        if not self._told.wait(who):
            log.warning("too_many_connections", client=who, all=len(self.crowd), most=self.crowd.bounds.most)
