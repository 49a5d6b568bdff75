"""A dialogue in bytes with one server: `probes.Talk` over a wire."""

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Callable, Iterator
from typing import Literal

from probes import Certificate, Reason, Trouble
from probes._net.connection import Connection
from probes._net.course import Course
from probes._net.faults import Fault
from probes._net.tls import Secure, cut
from probes._net.wire import Line, Wire

_MOST = 1024 * 1024  # bytes that wait to be read; a server that sends more is cut off
_KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


class Dialogue:
    """An owner of a wire that a coroutine reads and writes. `ours`: the server is of the operator's own choice."""

    def __init__(self, connection: Connection, course: Course, *, ours: bool) -> None:
        self._connection = connection
        self._course = course
        self._ours = ours
        self._line: Line | None = None
        self._wire: Wire | None = None
        self._came: deque[bytes] = deque()
        self._waiting = 0  # bytes
        self._up = self._over = False
        self._error: Exception | None = None
        self._wake: asyncio.Future[None] | None = None

    async def open(self, port: int, transport: Literal["tcp", "udp"]) -> None:
        self._course.host = self._connection.host
        self._course.ours = f"{self._connection.host}, which is ours" if self._ours else ""
        with self._troubles():
            if not self._ours:
                await self._connection.turn()
            addresses = await self._connection.resolve(port, guarded=not self._ours)
            self._line = self._wire = Wire(addresses, self._course.phases, kind=_KINDS[transport])
            self._wire.open(self)
            self._course.note(addresses[0].facts)
            await self._until(lambda: self._up)
            if self._wire.address:
                self._course.note(self._wire.address.facts)
        self._course.phases.leave()

    async def send(self, data: bytes) -> None:
        with self._troubles():
            self._check()
            self._course.phases.enter("processing")
            if self._line:
                self._line.send(data)

    async def receive(self) -> bytes:
        with self._troubles():
            self._course.phases.enter("processing")
            await self._until(lambda: bool(self._came) or self._over)
        self._course.phases.leave()
        if not self._came:
            return b""
        data = self._came.popleft()
        self._waiting -= len(data)
        return data

    async def start_tls(self) -> Certificate:
        """What came in the clear and was not read is dropped: it must not pass for something said in secret."""
        wire = self._wire
        if wire is None or self._line is not wire:
            raise RuntimeError("there is no connection in the clear")
        self._came.clear()
        self._waiting, self._up = 0, False
        connection = self._connection
        with self._troubles():
            secure = Secure(wire, connection.session(), connection.agreed, self._course.phases).belong(self)
            self._line = secure
            wire.pass_to(secure)
            self._check()
            if self._over:
                raise cut()
            secure.connected()
            await self._until(lambda: self._up)
        self._course.phases.leave()
        return connection.certificate

    def over(self) -> None:
        """It has come to an end of its own; one that is cut off stays known, for `timeout_trouble`."""
        self._course.ours = ""
        self._course.phases.leave()

    def close(self) -> None:
        self._course.phases.halt()
        if self._line:
            self._line.close()

    # -- for the line

    def connected(self) -> None:
        self._up = True
        self._awake()

    def received(self, data: bytes) -> None:
        self._came.append(data)
        self._waiting += len(data)
        if self._waiting > _MOST:
            self.failed(Fault(Reason.TOO_LARGE, f"said more than {_MOST} bytes that nobody asked for"))
        self._awake()

    def ended(self) -> None:
        self._over = True
        self._awake()

    def failed(self, error: Exception) -> None:
        self._error = error
        if self._line:
            self._line.close()
        self._awake()

    # -- inside

    async def _until(self, so: Callable[[], bool]) -> None:
        while not so():
            self._check()
            self._wake = asyncio.get_running_loop().create_future()
            await self._wake

    def _check(self) -> None:
        if self._error:
            raise self._error

    def _awake(self) -> None:
        if self._wake and not self._wake.done():
            self._wake.set_result(None)

    @contextlib.contextmanager
    def _troubles(self) -> Iterator[None]:
        try:
            yield
        except Fault as fault:
            self._course.phases.leave()
            if self._ours:
                raise Trouble(Reason.OFFLINE, self._course.host, f"{self._course.ours}: {fault.detail}") from None
            raise self._course.trouble(fault) from None
