"""Content codings: gzip, deflate and br, with the cap after decompression."""

import zlib
from typing import Protocol

import brotli

from probes import Reason
from probes._net.faults import Fault

_GZIP = 16 + zlib.MAX_WBITS
_MOST_MEMBERS = 16  # of one gzip body; each costs time, also when it holds nothing
_GZIP_MAGIC = b"\x1f\x8b"
_TOO_LARGE = "the body is beyond the cap of {} bytes"


class Body:
    """Collects a body as it comes; raises `Fault` as soon as it is too large or not what its coding says."""

    def __init__(self, coding: str, cap: int) -> None:
        coding = coding.strip().lower()
        self._unpack = _unpacker(coding)
        self._cap = cap
        self._bytes = bytearray()

    def feed(self, data: bytes) -> None:
        if self._unpack:
            try:
                data = self._unpack.feed(data, self._cap - len(self._bytes) + 1)
            except (zlib.error, brotli.error):
                raise Fault(Reason.PROTOCOL, "the body is not what its content coding says") from None
        self._bytes += data
        if len(self._bytes) > self._cap:
            raise Fault(Reason.TOO_LARGE, _TOO_LARGE.format(self._cap))

    def end(self) -> bytes:
        """The whole body."""
        if self._unpack and not self._unpack.whole:
            raise Fault(Reason.PROTOCOL, "the compressed body ended too early")
        return bytes(self._bytes)


class _Unpack(Protocol):
    @property
    def whole(self) -> bool:
        """Whether what came so far is a whole body."""

    def feed(self, data: bytes, most: int) -> bytes:
        """At most `most` bytes; what is beyond them is lost, for the caller then gives up."""


def _unpacker(coding: str) -> _Unpack | None:
    match coding:
        case "" | "identity":
            return None
        case "gzip" | "x-gzip":
            return _Unpacker(_GZIP)
        case "deflate":
            return _Deflated()
        case "br":
            return _Brotli()
    raise Fault(Reason.PROTOCOL, "a content coding that was not offered")


class _Unpacker:
    """zlib with a limit to what comes out, so that a small bomb stays small."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._zlib = zlib.decompressobj(window)
        self._fed = False
        self._members = 1

    @property
    def whole(self) -> bool:
        return self._zlib.eof or not self._fed

    def feed(self, data: bytes, most: int) -> bytes:
        """At most `most` bytes; what is beyond them is lost, for the caller then gives up."""
        out = b""
        while data and len(out) < most:
            if self._zlib.eof and not self._again(data):
                break
            self._fed = True
            out += self._zlib.decompress(data, most - len(out))
            data = self._zlib.unused_data
        return out

    def _again(self, data: bytes) -> bool:
        """A gzip file may have several members; anything else after the end is padding."""
        if self._window != _GZIP or not data.startswith(_GZIP_MAGIC):
            return False
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise zlib.error("too many members")
        self._zlib = zlib.decompressobj(self._window)
        return True


class _Deflated(_Unpacker):
    """`deflate` is the zlib format (RFC 9110, 8.4.1.2), but some servers send it bare: the first two bytes tell."""

    def __init__(self) -> None:
        super().__init__(zlib.MAX_WBITS)
        self._start = b""

    def feed(self, data: bytes, most: int) -> bytes:
        if not self._fed:
            self._start += data
            if len(self._start) < 2:
                return b""
            data = self._start
            if not _is_zlib(data):
                self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)
        return super().feed(data, most)

    @property
    def whole(self) -> bool:
        return self._zlib.eof or not self._start


class _Brotli:
    """RFC 7932; a body is one stream, and nothing may follow it."""

    def __init__(self) -> None:
        self._brotli = brotli.Decompressor()
        self._fed = False

    @property
    def whole(self) -> bool:
        return not self._fed or bool(self._brotli.is_finished())

    def feed(self, data: bytes, most: int) -> bytes:
        self._fed = self._fed or bool(data)
        out = b""
        while len(out) < most and not self._brotli.is_finished():
            piece: bytes = self._brotli.process(data, output_buffer_limit=most - len(out))
            data = b""
            if not piece and self._brotli.can_accept_more_data():
                break
            out += piece
        return out[:most]


def _is_zlib(start: bytes) -> bool:
    """The header of RFC 1950: method 8, and a multiple of 31."""
    return start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
