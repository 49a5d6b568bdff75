"""Which group the key exchange ran over, read from the server's part of the handshake, which is sent in the clear.

Python's `ssl` tells it only since 3.15. Formats: RFC 8446, 4.1.3 and 4.2.8 (TLS 1.3), RFC 8422, 5.4 (TLS 1.2). Pure.
"""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

_HANDSHAKE = 22
_SERVER_HELLO, _SERVER_KEY_EXCHANGE = 2, 12
_KEY_SHARE = b"\x00\x33"
_NAMED_CURVE = 3
_RANDOM = 4 + 2 + 32  # header, version and random, before the session's identifier

# https://www.iana.org/assignments/tls-parameters, "TLS Supported Groups"
_GROUPS: Final = MappingProxyType(
    {
        23: "secp256r1",
        24: "secp384r1",
        25: "secp521r1",
        29: "x25519",
        30: "x448",
        256: "ffdhe2048",
        257: "ffdhe3072",
        258: "ffdhe4096",
        4587: "SecP256r1MLKEM768",
        4588: "X25519MLKEM768",
        4589: "SecP384r1MLKEM1024",
    }
)


def group(data: bytes) -> str:
    """The group's name, or its number where it has none here; empty when these first bytes do not tell."""
    number = 0
    for kind, message in _messages(data):
        if kind == _SERVER_HELLO:
            number = _shared(message) or number  # of two hellos, the second holds
        elif kind == _SERVER_KEY_EXCHANGE and message[4:5] == bytes([_NAMED_CURVE]):
            number = int.from_bytes(message[5:7])
    return _GROUPS.get(number, str(number)) if number else ""


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Handshake messages of records that are not encrypted, each with its header of four bytes."""
    clear, at = b"".join(_records(data)), 0
    while at + 4 <= len(clear):
        end = at + 4 + int.from_bytes(clear[at + 1 : at + 4])
        yield clear[at], clear[at:end]
        at = end


def _records(data: bytes) -> Iterator[bytes]:
    at = 0
    while at + 5 <= len(data) and data[at] == _HANDSHAKE:
        end = at + 5 + int.from_bytes(data[at + 3 : at + 5])
        yield data[at + 5 : end]
        at = end


def _shared(hello: bytes) -> int:
    """The group of the key_share extension; 0 without one."""
    at = _RANDOM + 1 + int.from_bytes(hello[_RANDOM : _RANDOM + 1]) + 3  # session identifier, suite, compression
    end = at + 2 + int.from_bytes(hello[at : at + 2])
    at += 2
    while at + 4 <= end <= len(hello):
        size = int.from_bytes(hello[at + 2 : at + 4])
        if hello[at : at + 2] == _KEY_SHARE:
            return int.from_bytes(hello[at + 4 : at + 6])
        at += 4 + size
    return 0
