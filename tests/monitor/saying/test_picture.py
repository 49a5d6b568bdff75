"""The picture of the scores, read back from the PNG."""

import os
import zlib
from pathlib import Path
from struct import unpack

from monitor.model import Level
from monitor.notice import Event, Move
from monitor.saying.picture import ROW, WIDTH, picture
from monitor.saying.samples import samples

GOLDEN = Path(__file__).parent / "golden" / "scores.png"
GREEN, AMBER, RED = 1, 2, 3


def chunks(png):
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    found, at = {}, 8
    while at < len(png):
        length, kind = unpack(">I4s", png[at : at + 8])
        data = png[at + 8 : at + 8 + length]
        assert unpack(">I", png[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + data)
        found[kind.decode()] = data
        at += 12 + length
    return found


def pixels(png):
    """Rows of colours by number; each row begins with how it is filtered, which is not at all."""
    raw = zlib.decompress(chunks(png)["IDAT"])
    rows = [raw[at : at + WIDTH + 1] for at in range(0, len(raw), WIDTH + 1)]
    assert {row[0] for row in rows} == {0}
    return [row[1:] for row in rows]


def bar(move):
    """Pixels of each colour across the middle of a bar."""
    row = pixels(picture((move,)))[ROW // 2]
    return {colour: row.count(colour) for colour in (GREEN, AMBER, RED)}


def move(yes, of, unknown=0):
    return Move(level=Level.PROVINCE, before=(yes, of), after=(yes, of), unknown=unknown)


def test_it_looks_as_it_was_agreed():
    """To write it anew after a wanted change: GOLDEN=write. The pixels are compared: zlib may pack them otherwise."""
    png = picture(samples()[Event.LOST].moves)
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.write_bytes(png)
    golden = GOLDEN.read_bytes()

    assert pixels(png) == pixels(golden)
    assert [chunks(png)[kind] for kind in ("IHDR", "PLTE")] == [chunks(golden)[kind] for kind in ("IHDR", "PLTE")]
    assert unpack(">II", chunks(png)["IHDR"][:8]) == (WIDTH, 2 * ROW)


def test_bars_are_as_long_as_the_parts_are_many():
    half = bar(move(10, 20, unknown=5))

    assert abs(half[GREEN] - 2 * half[AMBER]) <= 8
    assert abs(half[AMBER] - half[RED]) <= 8
    assert bar(move(63, 63))[RED] == bar(move(63, 63))[AMBER] == 0
    assert bar(move(0, 63))[GREEN] == 0


def test_one_agency_that_is_missing_can_be_seen():
    assert bar(move(62, 63))[RED] >= 4


def test_no_score_breaks_it():
    for odd in (move(0, 0), move(70, 63), move(62, 63, unknown=90), move(99999, 99999)):
        assert len(pixels(picture((odd,)))) == ROW
    assert len(pixels(picture(()))) == ROW
