"""gzip (RFC 1952) put together from pieces that were packed apart, so that what did not change is not packed again.

Each piece is a run of whole deflate blocks (RFC 1951) that refers to nothing before it. They make up one member: a
file of several members would be simpler, but curl takes only the first.
"""

import zlib
from collections.abc import Iterable
from typing import NamedTuple

_LEVEL = 1  # higher ones take up to a third longer and save a twelfth of the size
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"  # deflate, no name, no time, the fastest level, any system
_LAST = b"\x03\x00"  # an empty block that says it is the last


class Packed(NamedTuple):
    """A text as blocks that end on a whole byte; nothing else need be kept of it."""

    blocks: bytes
    size: int  # of the text
    check: int  # what the text does to the checksum of what stands before it, beyond what as many zeros would do


def packed(text: bytes) -> Packed:
    run = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    blocks = run.compress(text) + run.flush(zlib.Z_FULL_FLUSH)
    return Packed(blocks, len(text), zlib.crc32(text) ^ zlib.crc32(bytes(len(text))))


def unpacked(piece: Packed) -> bytes:
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(piece.blocks)


def gzipped(pieces: Iterable[Packed]) -> bytes:
    """One gzip file of their texts, one after the other."""
    runs, checksum, size = [_HEADER], 0, 0
    for piece in pieces:
        runs.append(piece.blocks)
        size += piece.size
        # CRC-32 is linear: so the checksum of the whole comes from those of the pieces, without their texts.
        checksum = zlib.crc32(bytes(piece.size), checksum) ^ piece.check
    return b"".join((*runs, _LAST, checksum.to_bytes(4, "little"), (size % 2**32).to_bytes(4, "little")))
