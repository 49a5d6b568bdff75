"""Where the monitor may go: the web's schemes and ports, and addresses of the public internet. Pure.

A hostile or broken portal can redirect or resolve to anything; without this the monitor could be led to look at its own
host, at the network it stands in, or at a cloud's metadata service.
"""

import ipaddress
from collections.abc import Collection

from yarl import URL

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_GLOBAL_UNICAST_6 = ipaddress.IPv6Network("2000::/3")
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")  # NAT64, RFC 6052: the last 32 bits are an IPv4 address
_COMPATIBLE = ipaddress.IPv6Network("::/96")  # deprecated by RFC 4291, still understood by some stacks
# Never meant, not even for a host that may be internal: addresses that only a machine's own cloud answers on.
_METADATA = (
    ipaddress.ip_network("169.254.0.0/16"),  # AWS, Azure, Google and most others; link-local anyway
    ipaddress.ip_network("100.100.100.200/32"),  # Alibaba
    ipaddress.ip_network("168.63.129.16/32"),  # Azure's wire server, from a public block
    ipaddress.ip_network("192.0.0.192/32"),  # Oracle
    ipaddress.ip_network("fd00:ec2::/32"),  # AWS
    ipaddress.ip_network("fe80::/10"),
)


def url_fault(url: URL, ports: Collection[int]) -> str:
    """Why this URL must not be asked; empty when it may be."""
    if url.scheme not in ("http", "https"):
        return f"scheme {url.scheme[:20] or '(none)'} is not the web's"
    if not url.raw_host:
        return "the URL names no host"
    if url.port not in ports:
        return f"port {url.port} is not the web's"
    return ""


def name_fault(host: str) -> str:
    """Why a proxy must not be asked for this name, which it will resolve itself; empty when it may be."""
    if "." not in host.rstrip("."):
        return "the name is of no public domain"
    # What resolvers take for an address: 127.1, 0x7f.1 (inet_aton)
    return "the name is a number" if host.rstrip(".").rpartition(".")[2][:1].isdigit() else ""


def address_fault(text: str, *, internal: bool = False) -> str:
    """Why this address must not be asked; empty when it may be. `internal` also lets private addresses through."""
    if "%" in text:
        return "an address with a zone is for this machine's own links"
    try:
        address = _unwrapped(ipaddress.ip_address(text))
    except ValueError:
        return "not an address"
    if any(address.version == network.version and address in network for network in _METADATA):
        return f"{address} is a link-local or metadata address"
    if address.is_multicast or address.is_unspecified:
        return f"{address} is not one host's address"
    if internal or _public(address):
        return ""
    return f"{address} is not on the public internet"


def _public(address: _Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_UNICAST_6:
        return False
    return address.is_global and not address.is_reserved


def _unwrapped(address: _Address) -> _Address:
    """The IPv4 address inside an IPv6 one, where it is only a wrapping."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address in _TRANSLATED or (address in _COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
