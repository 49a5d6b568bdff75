"""A mistake in the source, told with its place."""

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


class Mistake(Exception):  # noqa: N818 - it is one of the source, not of this program
    """What is wrong and where: `file: place: what`, put together on the way out."""

    def at(self, place: str) -> "Mistake":
        return Mistake(f"{place}: {self}")


def pick(held: Mapping[str, T], name: str, what: str) -> T:
    """An entry of presets.yaml by its name."""
    if name not in held:
        raise Mistake(f"{what}: there is no {name!r}, only {', '.join(held) or 'none'}")
    return held[name]
