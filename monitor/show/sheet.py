"""Lines that are kept between scrapes: those of a thing are written again only when the thing is another one.

Between two scrapes few looks are made and fewer find anything new. A scrape asks of each thing whether it is still the
same object, writes what is not, and joins the rest.

Lines are kept in runs, and each run once: packed where packed ones were asked for last, which takes a tenth of the
memory, else plain. An object for the lines of each thing would take half as much again as the lines.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any, Generic, TypeVar

from monitor.show.family import Each
from monitor.show.packing import Packed, packed, unpacked
from monitor.show.text import Pen

T = TypeVar("T")

SHARD = 128  # things whose lines make up a run


class Column(Generic[T]):
    """The lines of one family."""

    def __init__(self, each: Each[T]) -> None:
        self.each = each
        self._pen = Pen(each.family.name, each.family.labels)
        self._runs: list[bytes | Packed] = []
        self._lengths: list[bytes] = []  # by run, of the lines of each of its things

    def resize(self, things: int) -> None:
        runs = -(-things // SHARD)
        self._runs = [b""] * runs
        self._lengths = [_same(array("I", bytes(4 * SHARD)).tobytes())] * runs

    def write(self, number: int, things: Mapping[int, T], *, pack: bool) -> None:
        """Some things of a run anew, by their places in it and in their order.

        It is packed at once, where that is wanted: a whole page of plain runs would be more than all that is kept.
        """
        lines = {place: self._pen.write(self.each.rows(thing)) for place, thing in things.items()}
        before, lengths = self._plain(number), array("I", self._lengths[number])
        text = _spliced(before, lengths, lines)
        for place, line in lines.items():  # also where the text is the same: a line may have moved to another thing
            lengths[place] = len(line)
        self._lengths[number] = _same(lengths.tobytes())
        if text != before:
            self._runs[number] = packed(text) if pack else text

    def _plain(self, number: int) -> bytes:
        run = self._runs[number]
        return unpacked(run) if isinstance(run, Packed) else run

    def texts(self) -> Iterator[bytes]:
        """All lines, run by run."""
        for number in range(len(self._runs)):
            self._runs[number] = text = self._plain(number)
            yield text

    def shards(self) -> Iterator[Packed]:
        """The same packed; what was packed before is taken as it is."""
        for number, run in enumerate(self._runs):
            self._runs[number] = shard = run if isinstance(run, Packed) else packed(run)
            yield shard


def _spliced(text: bytes, lengths: Sequence[int], lines: Mapping[int, bytes]) -> bytes:
    starts = list(accumulate(lengths, initial=0))
    done, pieces = 0, list[bytes]()
    for place, line in lines.items():
        pieces += (text[done : starts[place]], line)
        done = starts[place + 1]
    return b"".join((*pieces, text[done:]))


@lru_cache(512)
def _same(lengths: bytes) -> bytes:
    """One object for equal ones: most lines of a family are as long as those of the next thing."""
    return lengths


class Sheet(Generic[T]):
    """All families that tell of the same things."""

    def __init__(self, each: Sequence[Each[T]]) -> None:
        self.columns = [Column(one) for one in each]
        self._by_source = {
            of: [column for column in self.columns if column.each.of is of] for of in {one.of for one in each}
        }
        self._things: list[T | None] = []

    def renew(self, things: Sequence[T], *, pack: bool = False) -> Iterator[None]:
        """Bring the lines up to date, to be read packed or plain.

        Whoever runs it may pause at every step, if nobody reads meanwhile.
        """
        if len(things) != len(self._things):
            self._things = [None] * len(things)
            for column in self.columns:
                column.resize(len(things))
        for start in range(0, len(things), SHARD):
            now, before = things[start : start + SHARD], self._things[start : start + SHARD]
            new = {place: thing for place, thing in enumerate(now) if thing is not before[place]}
            if new:
                self._things[start : start + SHARD] = [None] * len(now)  # who is broken off midway must begin anew
                yield from self._write(start // SHARD, new, before, pack=pack)
                self._things[start : start + SHARD] = now
            yield

    def _write(self, number: int, new: Mapping[int, T], before: Sequence[T | None], *, pack: bool) -> Iterator[None]:
        for of, columns in self._by_source.items():
            told = {place: thing for place, thing in new.items() if _differ(before[place], thing, of)}
            for column in columns if told else ():
                column.write(number, told, pack=pack)
                yield


def _differ(before: T | None, thing: T, of: Any) -> bool:
    return before is None or of is None or of(before) != of(thing)


AnyColumn = Column[Any]
