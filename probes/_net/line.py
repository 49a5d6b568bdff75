"""A connection to one server: bytes out, bytes in, with or without TLS.

TLS runs over memory buffers and not over asyncio's transports: the handshake can then be timed apart from connecting,
its errors keep OpenSSL's codes, and a slow look costs a tenth of the memory.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Sequence

from probes import Reason
from probes._net.faults import OURS, Fault, of_os_error, of_tls_error

_READ = 64 * 1024
_PATIENCE = 2.0  # seconds for an address when there is another one to try


class Line:
    """A connected socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._loop = asyncio.get_running_loop()

    async def send(self, data: bytes) -> None:
        await self._loop.sock_sendall(self._sock, data)

    async def receive(self) -> bytes:
        """The next bytes; empty when the server has ended."""
        return await self._loop.sock_recv(self._sock, _READ)

    def close(self) -> None:
        self._sock.close()


class SecureLine(Line):
    """TLS over a connected socket; call `handshake` first. Raises `Fault` for TLS, OSError for the socket."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, host: str) -> None:
        super().__init__(sock)
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    async def handshake(self) -> None:
        try:
            while not self._agreed():
                await self._flush()
                await self._fill()
            await self._flush()
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError):
            raise Fault(Reason.RESET, "the connection was cut in the TLS handshake", tls_error="cut") from None
        except ssl.SSLError as error:
            self._flush_now()  # the alert, so that the server's log can tell its side
            raise of_tls_error(error) from None

    def _agreed(self) -> bool:
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    async def send(self, data: bytes) -> None:
        self.tls.write(data)  # a memory buffer takes everything
        await self._flush()

    async def receive(self) -> bytes:
        while True:
            try:
                return self.tls.read(_READ)
            except ssl.SSLWantReadError:
                await self._flush()  # an answer to a key update
                await self._fill()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""  # with or without a proper farewell: many servers just hang up
            except ssl.SSLError as error:
                raise of_tls_error(error) from None

    def close(self) -> None:
        with contextlib.suppress(ssl.SSLError, ValueError):
            self.tls.unwrap()
        self._flush_now()
        super().close()

    async def _fill(self) -> None:
        data = await super().receive()
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await super().send(self._outgoing.read())

    def _flush_now(self) -> None:
        """A few last bytes, if the socket takes them at once."""
        with contextlib.suppress(OSError):
            self._sock.send(self._outgoing.read())


async def connect(addresses: Sequence[str], port: int, patience: float = _PATIENCE) -> tuple[socket.socket, str]:
    """The first of the addresses that answers; `patience` in seconds holds for all but the last. Raises `Fault`."""
    errors: list[OSError] = []
    for rest, address in enumerate(addresses, 1 - len(addresses)):
        try:
            async with asyncio.timeout(patience if rest else None):
                return await _connect(address, port), address
        except OSError as error:  # includes the TimeoutError of our own patience
            errors.append(error)
    raise of_os_error(min(reversed(errors), key=_says_little))


async def _connect(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return sock


def _says_little(error: OSError) -> int:
    """A server that refuses says more than a network that knows no way, e.g. where there is no IPv6 at all."""
    if error.errno in OURS:
        return 2
    return int(of_os_error(error).reason is Reason.UNREACHABLE)
