"""How notices leave: connections and requests to where the operator sends them, through the guard of the house.

Not by `network.proxy`, which is the way to the agencies: a mail relay or an Alertmanager most often stands in the
operator's own network. A kind whose receiver is beyond a proxy has a setting of its own for it.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from socket import SOCK_STREAM, AddressFamily, socket
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from monitor.notify import Reach
from probes._net.address import Address
from probes._net.course import Course
from probes._net.faults import Fault
from probes._net.guard import address_fault
from probes._net.network import Network
from probes._net.settings import NetworkSettings

_PATIENCE = 5.0  # seconds for one address of several to take a connection
_IN_FLIGHT = 8  # looked up at once
_LONGEST_LINE = 8 * 1024  # bytes, of an answer's head


@contextlib.asynccontextmanager
async def reaching(
    settings: NetworkSettings, now: Callable[[], datetime], page: URL | None = None
) -> AsyncIterator[Reach]:
    """The way out of all channels, for as long as these settings hold. Raises OSError for a `ca_file` that has gone."""
    trusted = trusting(settings)
    network = Network(replace(settings, internal_hosts=("*",), in_flight=_IN_FLIGHT, proxy=None))
    way = Way(network)
    try:
        async with _session(way, trusted, settings) as http:
            yield Reach(connect=way.connect, http=http, tls=trusted, now=now, page=page)
    finally:
        await network.close()


def trusting(settings: NetworkSettings) -> ssl.SSLContext:
    """Verifies against the system's roots and those of `network.ca_file`."""
    context = ssl.create_default_context()
    if settings.ca_file:
        context.load_verify_locations(settings.ca_file)
    return context


@dataclass(frozen=True, slots=True)
class Way:
    """Connects by the name servers and the `connect_to` of the configuration."""

    network: Network

    async def connect(self, host: str, port: int) -> socket:
        """The first address that takes the connection. Raises OSError."""
        addresses = await self.addresses(host, port)
        for address in addresses[:-1]:
            with contextlib.suppress(OSError):  # TimeoutError is one
                async with asyncio.timeout(_PATIENCE):
                    return await _connected(address)
        return await _connected(addresses[-1])

    async def addresses(self, host: str, port: int) -> tuple[Address, ...]:
        try:
            return await self.network.addresses(host, port, Course(None))
        except Fault as fault:
            raise OSError(f"{host}: {fault.detail}") from None


class _Resolver(AbstractResolver):
    """For aiohttp; it does not ask where the host is an address already."""

    def __init__(self, way: Way) -> None:
        self._way = way

    async def resolve(self, host: str, port: int = 0, family: AddressFamily = AddressFamily.AF_UNSPEC) -> list[Any]:
        found = await self._way.addresses(host, port)
        return [_result(host, address) for address in found if family in (AddressFamily.AF_UNSPEC, address.family)]

    async def close(self) -> None:
        """The network is closed by who made it."""


def _result(host: str, address: Address) -> ResolveResult:
    return ResolveResult(hostname=host, host=address.text, port=address.port, family=address.family, proto=0, flags=0)


def _session(way: Way, trusted: ssl.SSLContext, settings: NetworkSettings) -> aiohttp.ClientSession:
    """One connection a request; neither cookies nor the environment's proxies, and no coding that could swell."""
    connector = aiohttp.TCPConnector(
        resolver=_Resolver(way), use_dns_cache=False, ssl=trusted, force_close=True, socket_factory=_guarded
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": _agent(settings), "Accept-Encoding": "identity"},
        auto_decompress=False,
        max_line_size=_LONGEST_LINE,
        max_field_size=_LONGEST_LINE,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),  # limits come from outside
    )


def _agent(settings: NetworkSettings) -> str:
    return f"npsp-monitor/{version('npsp-monitor')} (+{settings.contact})"


def _guarded(found: tuple[Any, ...]) -> socket:
    """The last place before a connection: what is looked at here is what is connected to. Raises OSError."""
    family, kind, protocol, _, where = found
    if fault := address_fault(where[0], internal=True):
        raise OSError(f"leads to a forbidden address: {fault}")
    made = socket(family, kind, protocol)
    made.setblocking(False)
    return made


async def _connected(address: Address) -> socket:
    where = (address.text, address.port)
    made = _guarded((address.family, SOCK_STREAM, 0, "", where))
    try:
        await asyncio.get_running_loop().sock_connect(made, where)
    except BaseException:
        made.close()
        raise
    return made
