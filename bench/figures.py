"""Figures as rows of Markdown: medians with their spread, because machines are noisy."""

import statistics
from collections.abc import Iterable, Sequence


def spread(figures: Sequence[float], digits: int = 3) -> str:
    """The median and, where there is more than one figure, the least and the most."""
    middle = f"{statistics.median(figures):.{digits}f}"
    if len(figures) < 2:
        return middle
    return f"{middle} [{min(figures):.{digits}f}–{max(figures):.{digits}f}]"


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """How many times cheaper ours is: the median of the rounds' own ratios, since noise comes and goes by rounds."""
    return statistics.median(their / our for our, their in zip(ours, theirs, strict=True))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
