"""How many may be under way at once, altogether and at one host, and who is next when there is no room."""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

Then = Callable[[], bool]  # takes a place that has come free; false when it is no longer wanted


class Room:
    """`places` for those under way; whoever finds none stands in line, and is served in the order of coming.

    One event loop owns it. A look may give its place back while it only waits, and stand in line again:

        room.leave()
        await ...
        await room.enter()
    """

    __slots__ = ("_line", "places", "taken")

    def __init__(self, places: int) -> None:
        self.places = places
        self.taken = 0
        self._line: deque[Then] = deque()

    @property
    def waiting(self) -> int:
        """How many stand in line; some of them may have given up."""
        return len(self._line)

    def take(self) -> bool:
        """A place at once, or none."""
        # While anyone is in line every place is taken: `leave` hands them on.
        if self.taken >= self.places:
            return False
        self.taken += 1
        return True

    def line_up(self, then: Then) -> None:
        """Call `then` as soon as there is a place, which is then its own; only after `take` has found none."""
        self._line.append(then)

    def leave(self) -> None:
        """Give a place back: to the first in line that wants it."""
        while self._line:
            if self._line.popleft()():
                return
        self.taken -= 1

    async def enter(self) -> None:
        """A place, after a wait if need be; without giving way to other tasks when there is one."""
        if self.take():
            return
        turn = asyncio.get_running_loop().create_future()
        self.line_up(partial(_called, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # called and cancelled in the same moment
                self.leave()
            raise

    async def __aenter__(self) -> Self:
        await self.enter()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()


class Rooms:
    """A room for each name, there only while someone is in it: hosts are many, those being asked are few."""

    __slots__ = ("_places", "_rooms")

    def __init__(self, places: int) -> None:
        self._places = places
        self._rooms: dict[str, Room] = {}

    def __len__(self) -> int:
        return len(self._rooms)

    def take(self, name: str) -> bool:
        room = self._rooms.get(name)
        if room is None:
            room = self._rooms[name] = Room(self._places)
        return room.take()

    def line_up(self, name: str, then: Then) -> None:
        self._rooms[name].line_up(then)

    def leave(self, name: str) -> None:
        room = self._rooms[name]
        room.leave()
        if not room.taken:
            del self._rooms[name]


def _called(turn: asyncio.Future[None]) -> bool:
    if turn.done():
        return False
    turn.set_result(None)
    return True
