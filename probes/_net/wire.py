"""A connection to one server, driven by the loop's readiness: bytes out, bytes in, and an end.

No transport, no task and no future for each step: a look waits once, for its whole errand, which takes less CPU time and,
over TLS, a seventh of the memory of asyncio's own transports while it waits (decision note 5).
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable, Sequence
from typing import Protocol

from probes import Reason
from probes._net.address import Address
from probes._net.faults import OURS, Fault, of_os_error
from probes._net.phases import Phases

_READ = 64 * 1024
_PATIENCE = 2.0  # seconds for an address when there is another one to try
_MOST_MORE = 1024 * 1024  # bytes that are said while the other side takes nothing


class Owner(Protocol):
    """Who is told what happens on a line. After `ended` or `failed` nothing more is told."""

    def connected(self) -> None: ...

    def received(self, data: bytes) -> None: ...

    def ended(self) -> None:
        """The other side sends nothing more."""

    def failed(self, error: Exception) -> None:
        """`Fault`, or an OSError of this machine's own."""


class Line(Protocol):
    """What an owner speaks on."""

    def send(self, data: bytes) -> None: ...

    def close(self) -> None:
        """May be called at any time, and again."""


class Wire:
    """A connection to the first of some addresses that answers; `patience` in seconds holds for all but the last.

    With `SOCK_DGRAM` it carries datagrams, each whole, and never ends by itself.
    """

    __slots__ = (
        "_addresses",
        "_errors",
        "_kind",
        "_loop",
        "_more",
        "_out",
        "_owner",
        "_patience",
        "_phases",
        "_reads",
        "_sock",
        "_timer",
        "_writes",
        "address",
    )

    def __init__(
        self,
        addresses: Sequence[Address],
        phases: Phases,
        *,
        kind: socket.SocketKind = socket.SOCK_STREAM,
        patience: float = _PATIENCE,
    ) -> None:
        self.address: Address | None = None  # that was connected to, or tried last
        self._addresses = addresses
        self._phases = phases
        self._kind = kind
        self._patience = patience
        self._errors: tuple[OSError, ...] = ()
        self._loop = asyncio.get_running_loop()
        self._sock: socket.socket | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._out: bytes | bytearray = b""  # what the socket did not take at once
        self._more = 0  # bytes of it that were said while it waited
        self._reads = self._writes = False  # whether the loop watches the socket for it; to ask the loop costs more

    def open(self, owner: Owner) -> None:
        self._owner = owner
        self._phases.enter("connect")
        self._try(len(self._errors))

    def pass_to(self, owner: Owner) -> None:
        """Who is told from now on."""
        self._owner = owner

    def send(self, data: bytes) -> None:
        if self._sock is None:
            return
        if self._out:
            self._out += data
            self._more += len(data)
            if self._more > _MOST_MORE:
                self._close_on(Fault(Reason.PROTOCOL, "makes us say more and more, and takes nothing of it"))
            return
        sent = self._taken(self._sock, data)
        if sent < len(data) and self._sock is not None:
            self._out = bytearray(memoryview(data)[sent:])
            self._watch(self._sock, self._writable)

    def _taken(self, sock: socket.socket, data: bytes | bytearray) -> int:
        try:
            return sock.send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            self._fail(error)
            return 0

    def close(self) -> None:
        sock, self._sock = self._sock, None
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if sock is not None:
            if self._reads:
                self._loop.remove_reader(sock)
            self._unwatch(sock)
            self._reads = False
            sock.close()

    def _try(self, index: int) -> None:
        self.address = address = self._addresses[index]
        try:
            self._sock = sock = socket.socket(address.family, self._kind | socket.SOCK_NONBLOCK)
        except OSError as error:
            self._refused(error)
            return
        code = sock.connect_ex((address.text, address.port))
        if code == 0:
            self._up(sock)
        elif code != errno.EINPROGRESS:
            self._refused(OSError(code, "connect"))
        else:
            self._watch(sock, self._settled)
            if index + 1 < len(self._addresses):
                self._timer = self._loop.call_later(self._patience, self._refused, TimeoutError(errno.ETIMEDOUT, ""))

    def _settled(self) -> None:
        """Connected, or not."""
        sock = self._sock
        if sock is None:
            return
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._refused(OSError(code, "connect"))
            return
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._up(sock)
        if self._sock is sock and not self._out:
            self._unwatch(sock)  # last: a loop that watches a socket for nothing lets go of it

    def _up(self, sock: socket.socket) -> None:
        self._loop.add_reader(sock, self._readable)
        self._reads = True
        self._owner.connected()

    def _refused(self, error: OSError) -> None:
        self.close()
        self._errors = (*self._errors, error)
        if len(self._errors) < len(self._addresses):
            self._try(len(self._errors))
        else:
            self._fail(min(reversed(self._errors), key=_says_little))

    def _readable(self) -> None:
        sock = self._sock
        if sock is None:
            return
        try:
            data = sock.recv(_READ)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._fail(error)
            return
        if data or self._kind is socket.SOCK_DGRAM:
            self._owner.received(data)
        else:
            self._loop.remove_reader(sock)
            self._reads = False
            self._owner.ended()

    def _writable(self) -> None:
        sock, out = self._sock, self._out
        if sock is None or not isinstance(out, bytearray):
            return
        del out[: self._taken(sock, out)]
        self._more = 0
        if not out and self._sock is not None:
            self._out = b""
            self._unwatch(sock)

    def _watch(self, sock: socket.socket, then: Callable[[], None]) -> None:
        self._loop.add_writer(sock, then)
        self._writes = True

    def _unwatch(self, sock: socket.socket) -> None:
        if self._writes:
            self._loop.remove_writer(sock)
            self._writes = False

    def _fail(self, error: OSError) -> None:
        self._close_on(told(error))

    def _close_on(self, error: Exception) -> None:
        self.close()
        self._owner.failed(error)


def told(error: OSError) -> Exception:
    """As a fault of the other side; as it is, where it is this machine's own."""
    with contextlib.suppress(OSError):
        return of_os_error(error)
    return error


def _says_little(error: OSError) -> int:
    """A server that refuses says more than a network that knows no way, e.g. where there is no IPv6 at all."""
    if error.errno in OURS:
        return 2
    return int(of_os_error(error).reason is Reason.UNREACHABLE)


class Knock:
    """Who only wants to know whether somebody is there."""

    __slots__ = ("answer",)

    def __init__(self) -> None:
        self.answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def connected(self) -> None:
        self._say(there=True)

    def received(self, data: bytes) -> None:
        """Nothing was asked."""

    def ended(self) -> None:
        """It was there."""

    def failed(self, error: Exception) -> None:  # noqa: ARG002 - whatever it is, nobody is there
        self._say(there=False)

    def _say(self, *, there: bool) -> None:
        if not self.answer.done():
            self.answer.set_result(there)
