"""The scores as a picture for mail: a bar for each level, and its figure as on a scoreboard.

Drawn and written here, without a library and a font: rectangles are all there is, and a PNG of them is a header, a
palette and packed rows (PNG specification, third edition, 5.6, 11.2). Whatever has to be read stands in the HTML too.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from struct import pack
from typing import Final

from monitor.notice import Move

WIDTH: Final = 1200  # twice as wide as it is shown
ROW: Final = 120
_EDGE: Final = 24
_BAR: Final = 420  # where bars begin
_BOARD, _YES, _UNKNOWN, _NO, _DIGIT = range(5)
# The board is dark in light mail and in dark mail. Between green, amber and red the lightness differs too.
_PALETTE: Final = bytes.fromhex("1f293334d399fde68af87171f9fafb")
_SEGMENTS: Final = ("abcdef", "bc", "abdeg", "abcdg", "bcfg", "acdfg", "acdefg", "abc", "abcdefg", "abcdfg")
_PLACES: Final = {  # of a digit: left, top, width, height in parts of 12 by 20
    "a": (0, 0, 12, 3),
    "b": (9, 0, 3, 10),
    "c": (9, 10, 3, 10),
    "d": (0, 17, 12, 3),
    "e": (0, 10, 3, 10),
    "f": (0, 0, 3, 10),
    "g": (0, 8, 12, 3),
}
_UNIT: Final = 4  # pixels of such a part


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    left: int
    top: int
    width: int
    height: int
    colour: int


def picture(moves: Sequence[Move]) -> bytes:
    """A PNG, the same for the same scores."""
    boxes = [box for place, move in enumerate(moves) for box in _row(move, place * ROW)]
    return _png(_painted(boxes, ROW * max(len(moves), 1)))


def _row(move: Move, top: int) -> Iterator[Box]:
    yield from _figure(f"{move.after[0]}/{move.after[1]}", top + 20)
    whole = WIDTH - _EDGE - _BAR
    yes, of = move.after
    counts = ((yes, _YES), (move.unknown, _UNKNOWN), (of - yes - move.unknown, _NO))
    begun = 0
    for count, colour in counts:
        left, right = (_along(n, of, whole) for n in (begun, begun + max(count, 0)))
        begun += max(count, 0)
        if right > left:
            yield Box(left=_BAR + left, top=top + 34, width=max(right - left - 4, 4), height=52, colour=colour)


def _along(n: int, of: int, whole: int) -> int:
    return min(n, of) * whole // of if of else 0


def _figure(text: str, top: int) -> Iterator[Box]:
    """From the left edge; what does not fit in front of the bar is made smaller."""
    step = min(16 * _UNIT, (_BAR - 2 * _EDGE) // len(text))
    unit = max(step // 16, 1)
    for place, letter in enumerate(text):
        left = _EDGE + place * step
        yield from _slash(left, top, unit) if letter == "/" else _digit(int(letter), left, top, unit)


def _digit(digit: int, left: int, top: int, unit: int) -> Iterator[Box]:
    for segment in _SEGMENTS[digit]:
        x, y, width, height = (part * unit for part in _PLACES[segment])
        x -= 4 * unit if digit == 1 else 0  # it stands in the middle
        yield Box(left=left + x, top=top + y, width=width, height=height, colour=_DIGIT)


def _slash(left: int, top: int, unit: int) -> Iterator[Box]:
    """A pixel to the left every two rows."""
    for y in range(20 * unit):
        x = 9 * unit - y // 2
        yield Box(left=left + max(x, 0), top=top + y, width=3 * unit, height=1, colour=_DIGIT)


def _painted(boxes: Iterable[Box], height: int) -> list[bytearray]:
    rows = [bytearray([_BOARD]) * WIDTH for _ in range(height)]
    for box in boxes:
        for row in rows[box.top : box.top + box.height]:
            right = min(box.left + box.width, WIDTH)
            row[box.left : right] = bytes([box.colour]) * (right - box.left)
    return rows


def _png(rows: Sequence[bytes | bytearray]) -> bytes:
    """One byte a pixel, an index to the palette; every row is unfiltered."""
    header = pack(">IIBBBBB", WIDTH, len(rows), 8, 3, 0, 0, 0)
    packed = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    chunks = ((b"IHDR", header), (b"PLTE", _PALETTE), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))
