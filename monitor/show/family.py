"""What is shown, whatever the format: families of series."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, Generic, Literal, TypeVar

T = TypeVar("T")

Row = tuple[tuple[str, ...], float | None]  # label values and a value; None leaves the row out
Rows = Iterable[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """All series of one name. A counter's name ends in _total, an info's in _info; a value of bool counts as 0 or 1."""

    kind: Literal["gauge", "counter", "info"] = "gauge"
    name: str
    text: str  # what, and the unit
    labels: tuple[str, ...] = ()
    rows: Rows = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """How many were at most so large, for bounds that are not negative and end with +Inf; and the sum of them all."""

    kind: ClassVar[Literal["histogram"]] = "histogram"
    name: str
    text: str
    buckets: tuple[tuple[str, float], ...]
    sum: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Each(Generic[T]):
    """A family that tells of many things, of each by itself.

    `of` is what of a thing its rows come from: as long as that is equal, so are they. None: the whole of it.
    """

    family: Family  # without rows
    rows: Callable[[T], Rows]
    of: Callable[[T], object] | None = None

    def all_of(self, things: Iterable[T]) -> Rows:
        return (row for thing in things for row in self.rows(thing))
