"""A world of the tests, served on loopback."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from monitor.web.serving import Site
from monitor.web.shown import Shown


@pytest.fixture
async def site() -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """`await site(world, listen="127.0.0.1:0", **changes)` serves it and gives the address, http://127.0.0.1:PORT."""
    sites: list[Site] = []

    async def serve(world: Any, listen: str = "127.0.0.1:0", **changes: Any) -> str:
        usual = {
            "store": world.store,
            "vitals": world.vitals,
            "config": lambda: world.config,
            "day": lambda: world.config.day,
            "now": lambda: world.now,
            "reload": world.reload,
        }
        sites.append(Site(Shown(**{**usual, **changes})))
        return f"http://{await sites[-1].start(listen)}"

    yield serve
    for each in sites:
        await each.stop()


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session
