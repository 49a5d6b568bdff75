"""From a host name to its addresses, by the system's resolver or by configured name servers."""

import asyncio
import re
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import aiodns
import dns.resolver
from pycares import errno as ares

from probes import Reason
from probes._net.faults import Fault

_NAME = re.compile(r"(?=.{1,253}\.?$)([a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?", re.ASCII | re.IGNORECASE)
_TRIES = 3
_PATIENCE = 2.0  # seconds for the first try of each name server

_SYSTEM = {
    socket.EAI_NONAME: (Reason.DNS_NO_NAME, "the name does not exist"),
    socket.EAI_NODATA: (Reason.DNS_NO_ADDRESS, "the name has no address"),
}
_SERVERS = {
    ares.ARES_ENOTFOUND: (Reason.DNS_NO_NAME, "the name does not exist"),
    ares.ARES_ENODATA: (Reason.DNS_NO_ADDRESS, "the name has no address"),
    ares.ARES_ETIMEOUT: (Reason.TIMEOUT_RESOLVE, "the name servers did not answer"),
}


class Resolver(Protocol):
    async def addresses(self, host: str) -> tuple[str, ...]:
        """At least one address, best first; raises `Fault`."""

    async def close(self) -> None: ...


class SystemResolver:
    """getaddrinfo, which honours /etc/hosts; in threads of its own, so that slow names do not hold up other work."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="resolve")

    async def addresses(self, host: str) -> tuple[str, ...]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._threads, _getaddrinfo, host)
        except socket.gaierror as error:
            reason, detail = _SYSTEM.get(error.errno or 0, (Reason.DNS_TROUBLE, "name resolution failed"))
            raise Fault(reason, detail) from None
        return _distinct(found)

    async def close(self) -> None:
        # A thread inside getaddrinfo cannot be interrupted; it ends by the system's own limit.
        self._threads.shutdown(wait=False, cancel_futures=True)


class NameServers:
    """DNS only, asked of the configured servers; /etc/hosts and search domains play no part."""

    def __init__(self, servers: Sequence[str]) -> None:
        self._resolver = aiodns.DNSResolver(servers, timeout=_PATIENCE, tries=_TRIES, lookups="b", domains=[])

    async def addresses(self, host: str) -> tuple[str, ...]:
        try:
            found = await self._resolver.getaddrinfo(host, type=socket.SOCK_STREAM)
        except aiodns.error.DNSError as error:
            reason, detail = _SERVERS.get(error.args[0], (Reason.DNS_TROUBLE, "the name servers fail or refuse"))
            raise Fault(reason, detail) from None
        return _distinct([_text(node.addr[0]) for node in found.nodes])

    async def close(self) -> None:
        await self._resolver.close()


def of_the_system() -> tuple[str, ...]:
    """The system's name servers, as ADDRESS; none where it names none."""
    try:
        return tuple(map(str, dns.resolver.Resolver().nameservers))
    except dns.resolver.NoResolverConfiguration:
        return ()


def check(host: str) -> None:
    """Raises `Fault` when no such name can exist."""
    if not _NAME.fullmatch(host):
        raise Fault(Reason.DNS_NO_NAME, "not a possible host name")


def _getaddrinfo(host: str) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


def _distinct(addresses: list[str]) -> tuple[str, ...]:
    if not addresses:
        raise Fault(Reason.DNS_NO_ADDRESS, "the name has no address")
    return tuple(dict.fromkeys(addresses))


def _text(address: str | bytes) -> str:
    return address.decode() if isinstance(address, bytes) else address
