"""gzip (RFC 1952) put together from pieces that were packed apart, so that what did not change is not packed again.

Each piece is a run of whole deflate blocks (RFC 1951) that refers to nothing before it. They make up one member: a
file of several members would be simpler, but curl takes only the first.
"""

import zlib
from collections.abc import Iterable

_LEVEL = 1  # higher ones take up to a third longer and save a twelfth of the size
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"  # deflate, no name, no time, the fastest level, any system
_LAST = b"\x03\x00"  # an empty block that says it is the last


def packed(text: bytes) -> bytes:
    """A run of blocks that ends on a whole byte."""
    run = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return run.compress(text) + run.flush(zlib.Z_FULL_FLUSH)


def gzipped(runs: Iterable[bytes], texts: Iterable[bytes]) -> bytes:
    """One gzip file; `runs` hold the same bytes as `texts`."""
    checksum, size = 0, 0
    for text in texts:
        checksum, size = zlib.crc32(text, checksum), size + len(text)
    return b"".join((_HEADER, *runs, _LAST, checksum.to_bytes(4, "little"), (size % 2**32).to_bytes(4, "little")))
