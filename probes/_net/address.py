"""An address to connect to, with what is told of it."""

import ipaddress
import socket
from dataclasses import dataclass

from probes import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    text: str
    port: int
    family: socket.AddressFamily

    @property
    def version(self) -> int:
        return 6 if self.family == socket.AF_INET6 else 4

    @property
    def facts(self) -> dict[str, Fact]:
        packed = socket.inet_pton(self.family, self.text.partition("%")[0])
        return {"address": self.text, "address_hash": _fnv_1a(packed), "ip_protocol": self.version}


def address(text: str, port: int) -> Address:
    return Address(text=text, port=port, family=socket.AF_INET6 if ":" in text else socket.AF_INET)


def is_address(host: str) -> bool:
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
