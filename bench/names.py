"""The bench's name server, a program: every name of a target leads to the target's address; there is no IPv6."""

import socket
import sys

_A = 1
_OK = bytes([0x84, 0x00])  # an authoritative answer, no error
_BUFFER = 8 << 20  # thousands of looks may ask at once


def reply(query: bytes, zone: dict[bytes, bytes]) -> bytes:
    """To a query of one question, whose second label from the left is the target's: h7.TARGET.bench.example."""
    first = query[12]
    second = query[14 + first : 14 + first + query[13 + first]]
    end = query.index(0, 12) + 5
    head, question = query[:2] + _OK + b"\0\1", query[12:end]
    address = zone.get(second.lower())
    if address is None or query[end - 3] != _A:
        return head + bytes(6) + question
    return head + b"\0\1\0\0\0\0" + question + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + address


def main() -> None:
    """`names.py TARGET=ADDRESS…`"""
    pairs = (argument.partition("=") for argument in sys.argv[1:])
    zone = {target.encode(): socket.inet_aton(address) for target, _, address in pairs}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        sock.bind(("127.0.0.1", 53))
        print("listening", flush=True)
        while True:
            query, asker = sock.recvfrom(4096)
            sock.sendto(reply(query, zone), asker)


if __name__ == "__main__":
    main()
