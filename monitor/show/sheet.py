"""Lines that are kept between scrapes: those of a thing are written again only when the thing is another one.

Between two scrapes few looks are made and fewer find anything new. A scrape asks of each thing whether it is still the
same object, writes what is not, and joins the rest.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

from monitor.show.family import Each
from monitor.show.packing import packed
from monitor.show.text import Pen

T = TypeVar("T")

SHARD = 64  # things whose lines are packed together


class Column(Generic[T]):
    """The lines of one family: those of each thing apart, and packed by the shard as far as they are up to date."""

    def __init__(self, each: Each[T]) -> None:
        self.each = each
        self._pen = Pen(each.family.name, each.family.labels)
        self._pieces: list[bytes] = []
        self._packed: list[bytes | None] = []

    def resize(self, things: int) -> None:
        self._pieces = [b""] * things
        self._packed = [None] * -(-things // SHARD)

    def write(self, place: int, thing: T) -> None:
        piece = self._pen.write(self.each.rows(thing))
        if piece != self._pieces[place]:
            self._pieces[place] = piece
            self._packed[place // SHARD] = None

    def text(self) -> bytes:
        return b"".join(self._pieces)

    def shards(self) -> Iterator[bytes]:
        """The same packed; what was packed before is taken as it is."""
        for number, shard in enumerate(self._packed):
            yield shard or self._pack(number)

    def _pack(self, number: int) -> bytes:
        self._packed[number] = shard = packed(b"".join(self._pieces[number * SHARD : (number + 1) * SHARD]))
        return shard


class Sheet(Generic[T]):
    """All families that tell of the same things."""

    def __init__(self, each: Sequence[Each[T]]) -> None:
        self.columns = [Column(one) for one in each]
        self._by_source = {
            of: [column for column in self.columns if column.each.of is of] for of in {one.of for one in each}
        }
        self._things: list[T | None] = []

    def renew(self, things: Sequence[T]) -> Iterator[None]:
        """Bring the lines up to date. Whoever runs it may pause at every step, if nobody reads meanwhile."""
        if len(things) != len(self._things):
            self._things = [None] * len(things)
            for column in self.columns:
                column.resize(len(things))
        for start in range(0, len(things), SHARD):
            for place, thing in enumerate(things[start : start + SHARD], start):
                if thing is not self._things[place]:
                    self._write(place, thing)
                    yield
            yield

    def _write(self, place: int, thing: T) -> None:
        before = self._things[place]
        for of, columns in self._by_source.items():
            if before is None or of is None or of(before) != of(thing):
                for column in columns:
                    column.write(place, thing)
        self._things[place] = thing


AnyColumn = Column[Any]
