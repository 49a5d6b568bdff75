"""From a host name to its addresses, by the system's resolver or by configured name servers."""

import asyncio
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import dns.resolver

from probes import Reason
from probes._net.faults import Fault

_NAME = re.compile(r"(?=.{1,253}\.?$)([a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?", re.ASCII | re.IGNORECASE)

_SYSTEM = {
    socket.EAI_NONAME: (Reason.DNS_NO_NAME, "the name does not exist"),
    socket.EAI_NODATA: (Reason.DNS_NO_ADDRESS, "the name has no address"),
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
