"""An address to connect to, with what is told of it."""

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

from probes import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    text: str
    port: int
    family: socket.AddressFamily
    facts: Mapping[str, Fact] = field(repr=False, compare=False)


def address(text: str, port: int) -> Address:
    """ValueError when the text is no address, as one that configuration names may be a host's name."""
    version, family = (6, socket.AF_INET6) if ":" in text else (4, socket.AF_INET)
    return Address(text=text, port=port, family=family, facts=_facts(text, version, family))


def _facts(text: str, version: int, family: socket.AddressFamily) -> dict[str, Fact]:
    try:
        packed = socket.inet_pton(family, text.partition("%")[0])
    except OSError:
        raise ValueError(f"{text!r} is not an address") from None
    return {"address": text, "address_hash": _fnv_1a(packed), "ip_protocol": version, "network": _network(packed)}


def _network(packed: bytes) -> str:
    """The neighbourhood: IPv4 /24, IPv6 /48, as much as is usually routed apart (RFC 7454, 6.1.3); no host is named."""
    if len(packed) == 4:
        return f"{socket.inet_ntop(socket.AF_INET, packed[:3] + bytes(1))}/24"
    return f"{socket.inet_ntop(socket.AF_INET6, packed[:6] + bytes(10))}/48"


def is_address(host: str) -> bool:
    if not (host[-1:].isdigit() or ":" in host):
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _fnv_1a(data: bytes) -> int:
    """FNV-1a, 32 bits, of the packed address, as blackbox_exporter computes it."""
    value = 0x811C9DC5
    for byte in data:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value
