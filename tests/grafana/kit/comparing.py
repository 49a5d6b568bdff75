"""Whether VictoriaMetrics answers as Prometheus does, and how exactly.

Series and values must be the same. What is let pass is VictoriaMetrics' own semantics, and no more:

- It keeps a value to some 12 significant digits: TINY.
- rate, increase and delta: Prometheus guesses what lies between the window's edges and the samples next to them;
  VictoriaMetrics takes the last sample before the window, and guesses nothing. Over the few samples of a short window
  the two differ by some part of it (OF_A_WINDOW, of the greatest value); and while a series is younger than the
  window, by anything.
"""

import math
import re
from collections.abc import Iterator, Mapping

from kit.source import Series

TINY = 1e-9
OF_A_WINDOW = 0.34
GUESSED = re.compile(r"\b(?:rate|increase|delta|irate|deriv)\(")
WINDOW = re.compile(r"\[(\d+)([smhd])\]")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

Points = Mapping[float, float]
Key = frozenset[tuple[str, str]]


def differences(query: str, ours: list[Series], theirs: list[Series]) -> list[str]:
    """In words, none where the second answer is as good as the first."""
    window = _window(query)
    one, other = _by_labels(ours), _by_labels(theirs)
    missing = [f"only Prometheus has {sorted(key)}" for key in one.keys() - other.keys()]
    more = [f"only VictoriaMetrics has {sorted(key)}" for key in other.keys() - one.keys()]
    values = [
        f"{sorted(key)} at {at:.0f}: {a} and {b}"
        for key in one.keys() & other.keys()
        for at, a, b in _pairs(one[key], other[key])
        if not _as_good(at, a, b, other[key], window)
    ]
    return [*missing, *more, *values]


def _window(query: str) -> int:
    """The longest over which something is guessed, in seconds; 0 where nothing is."""
    windows = (int(number) * SECONDS[unit] for number, unit in WINDOW.findall(query))
    return max(windows, default=0) if GUESSED.search(query) else 0


def _by_labels(series: list[Series]) -> Mapping[Key, Points]:
    return {each.key: dict(each.points) for each in series}


def _pairs(one: Points, other: Points) -> Iterator[tuple[float, float, float]]:
    for at in sorted(one.keys() | other.keys()):
        yield at, one.get(at, math.nan), other.get(at, math.nan)


def _as_good(at: float, ours: float, theirs: float, points: Points, window: int) -> bool:
    if math.isnan(ours) and math.isnan(theirs):
        return True
    if window and at - min(points) <= window:
        return True
    slack = OF_A_WINDOW * max(map(abs, points.values())) if window else 0
    return math.isclose(ours, theirs, rel_tol=TINY, abs_tol=max(slack, TINY))
