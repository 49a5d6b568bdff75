"""One virtual host's port on loopback: open, closed and open again, with or without TLS, well behaved or not."""

import asyncio
import logging
import os
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from typing import cast

from aiohttp import web

from monitor.testbed.faults import Fault

LOOPBACK = "127.0.0.1"
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_BACKLOG = 64
_SHUTDOWN = 1.0  # seconds that a TLS goodbye may take
_KEEP_ALIVE = 5.0  # an idle TLS connection costs 300 kB
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 s


class Listener:
    """A fixed port. A second socket that never listens holds it, so that a closed port stays ours and really refuses."""

    def __init__(self, handler: Handler, at: str = LOOPBACK) -> None:
        """`at` is an address of loopback: 127.0.0.0/8 holds many."""
        self._handler = handler
        self._at = at
        self._holder = _bound(at, 0)
        self.port: int = self._holder.getsockname()[1]
        self._web: web.Server | None = None
        self._mute: set[asyncio.Transport] = set()
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        return f"{self._at}:{self.port}"

    async def open(self, tls: ssl.SSLContext | None, fault: Fault | None = None) -> None:
        """Listen; OSError, naming the port, when it cannot be had back."""
        await self.close()
        if fault is Fault.REFUSED:
            return
        loop = asyncio.get_running_loop()
        rude = _RUDE.get(fault) if fault else None
        if rude is not None:
            self._server = await loop.create_server(
                lambda: rude(self._mute), sock=_bound(self._at, self.port), backlog=_BACKLOG
            )
            return
        self._web = _web_server(self._handler)
        plain = tls is None or fault is Fault.NOT_TLS
        self._server = await loop.create_server(
            self._web,
            sock=_bound(self._at, self.port),
            backlog=_BACKLOG,
            ssl=None if plain else tls,
            ssl_shutdown_timeout=None if plain else _SHUTDOWN,
        )

    async def close(self) -> None:
        """Stop listening and cut what is connected; the port stays ours."""
        if self._server is not None:
            self._server.close()
        cut = list(self._mute)
        if self._web is not None:
            cut += [each.transport for each in self._web.connections if each.transport is not None]
        for transport in cut:
            transport.abort()
        if self._web is not None:
            await self._web.shutdown(_SHUTDOWN)
        self._server = self._web = None
        await asyncio.sleep(0)  # lets the transports close their sockets

    async def end(self) -> None:
        """Close for good and give the port back."""
        await self.close()
        self._holder.close()


def _bound(at: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setblocking(False)
        sock.bind((at, port))
    except OSError as error:
        sock.close()
        raise OSError(error.errno, f"the testbed cannot have port {port} (back): {error.strerror}") from error
    return sock


def _web_server(handler: Handler) -> web.Server:
    return web.Server(
        handler,
        handler_cancellation=True,  # who waits for ever must end with his visitor
        access_log=None,
        keepalive_timeout=_KEEP_ALIVE,
        logger=logging.getLogger("monitor.testbed"),
    )


class _Silent(asyncio.Protocol):
    """Takes the connection and whatever comes, and says nothing."""

    def __init__(self, held: set[asyncio.Transport]) -> None:
        self._held = held

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by its methods alone
        self._held.add(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._held.discard(self._transport)


class _Reset(_Silent):
    """Cuts the connection at the first byte, with RST and not with FIN."""

    def data_received(self, data: bytes) -> None:  # noqa: ARG002 - asyncio's signature
        # A copy of the descriptor: what uvloop gives as the socket takes no options.
        with socket.socket(fileno=os.dup(self._transport.get_extra_info("socket").fileno())) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._transport.abort()


_RUDE: dict[Fault, type[_Silent]] = {Fault.SILENT_TLS: _Silent, Fault.RESET: _Reset}
