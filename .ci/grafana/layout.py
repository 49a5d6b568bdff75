"""Where panels stand: from left to right in lines of 24 columns, as text does."""

from collections.abc import Iterable, Iterator

from mistake import Mistake

WIDTH = 24
Place = dict[str, int]


def flowed(sizes: Iterable[tuple[int, int]], top: int) -> Iterator[Place]:
    """Places for panels of these widths and heights, from the line `top` on."""
    x, y, tallest = 0, top, 0
    for width, height in sizes:
        if not (0 < width <= WIDTH and height > 0):
            raise Mistake(f"size: {width} × {height} does not fit a line of {WIDTH}")
        if x + width > WIDTH:
            x, y, tallest = 0, y + tallest, 0
        yield {"x": x, "y": y, "w": width, "h": height}
        x, tallest = x + width, max(tallest, height)


def below(places: Iterable[Place], top: int) -> int:
    """The first line under all of them."""
    return max((place["y"] + place["h"] for place in places), default=top)
