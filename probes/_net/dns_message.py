"""DNS messages, as far as finding a host's addresses needs them (RFC 1035, RFC 3596). Pure.

The kind `dns`, which looks at any record, uses dnspython; here a look's price is at stake, and two record types are all.
"""

import socket
from dataclasses import dataclass

A, NS, CNAME, AAAA = 1, 2, 5, 28
ROOT = b"\0"  # its name in wire format
NO_ERROR, NX_DOMAIN = 0, 3

_IN = 1
_ANSWER, _TRUNCATED, _RECURSION_DESIRED = 0x8000, 0x0200, 0x0100
_MOST_JUMPS = 32  # of compression within one name
_MOST_ALIASES = 16
_MOST_RECORDS = 256  # that are read of one answer
_SIZES = {A: (4, socket.AF_INET), AAAA: (16, socket.AF_INET6)}


class NotAnAnswer(Exception):  # noqa: N818 - no error: who asks goes on listening
    """A message that is not the answer to the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    code: int
    truncated: bool
    addresses: tuple[str, ...]  # of the name, its aliases followed


def query(number: int, name: bytes, kind: int) -> bytes:
    """A question for one record type of a name in wire format."""
    return number.to_bytes(2) + _RECURSION_DESIRED.to_bytes(2) + b"\0\1\0\0\0\0\0\0" + question(name, kind)


def question(name: bytes, kind: int) -> bytes:
    return name + kind.to_bytes(2) + _IN.to_bytes(2)


def wire_name(host: str) -> bytes:
    """`host`, ASCII and at most 253 characters, as DNS writes it, in lower case."""
    labels = host.rstrip(".").lower().encode("ascii").split(b".")
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def number_of(data: bytes) -> int:
    return int.from_bytes(data[:2])


def check(data: bytes, number: int, name: bytes, kind: int) -> int:
    """The flags of an answer to `query(number, name, kind)`, whatever it says; raises `NotAnAnswer`."""
    flags, asked = int.from_bytes(data[2:4]), question(name, kind)
    given = data[12 : 12 + len(asked)].lower()
    if data[:2] != number.to_bytes(2) or not flags & _ANSWER or data[4:6] != b"\0\1" or given != asked:
        raise NotAnAnswer
    return flags


def reply(data: bytes, number: int, name: bytes, kind: int) -> Reply:
    """The answer to `query(number, name, kind)`, of an address type; raises `NotAnAnswer`."""
    flags = check(data, number, name, kind)
    truncated = bool(flags & _TRUNCATED)
    try:
        found = () if truncated else _addresses(data, 12 + len(name) + 4, int.from_bytes(data[6:8]), name, kind)
    except (IndexError, ValueError):
        raise NotAnAnswer from None
    return Reply(code=flags & 15, truncated=truncated, addresses=found)


def _addresses(data: bytes, at: int, count: int, name: bytes, kind: int) -> tuple[str, ...]:
    aliases, found = {}, []
    size, family = _SIZES[kind]
    for _ in range(min(count, _MOST_RECORDS)):
        owner, at = _name(data, at)
        record, length = int.from_bytes(data[at : at + 2]), int.from_bytes(data[at + 8 : at + 10])
        at += 10
        if at + length > len(data):
            raise IndexError
        if record == CNAME:
            aliases[owner] = _name(data, at)[0]
        elif record == kind and length == size:
            found.append((owner, socket.inet_ntop(family, data[at : at + size])))
        at += length
    owners = _chain(name, aliases)
    return tuple(dict.fromkeys(text for owner, text in found if owner in owners))


def _chain(name: bytes, aliases: dict[bytes, bytes]) -> set[bytes]:
    """The name and what it is an alias of; a loop ends itself."""
    owners = {name}
    for _ in range(_MOST_ALIASES):
        if (name := aliases.get(name, name)) in owners:
            break
        owners.add(name)
    return owners


def _name(data: bytes, at: int) -> tuple[bytes, int]:
    """A name in lower case, and where what follows it begins. IndexError when it does not end."""
    labels, end = b"", 0
    for _ in range(_MOST_JUMPS):
        at, labels = _labels(data, at, labels)
        size = data[at]
        if size == 0:
            return labels + b"\0", end or at + 1
        end = end or at + 2
        at = int.from_bytes(data[at : at + 2]) & 0x3FFF
    raise IndexError


def _labels(data: bytes, at: int, labels: bytes) -> tuple[int, bytes]:
    """Up to the end of the name or to a pointer."""
    while 0 < (size := data[at]) < 0xC0:
        if size > 63 or len(labels) > 255:
            raise IndexError
        labels += data[at : at + 1 + size].lower()
        at += 1 + size
    return at, labels
