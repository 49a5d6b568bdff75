"""A world of the tests, served on loopback."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, async_playwright

from monitor.inbox import Inbox
from monitor.settings import read_web
from monitor.web.callers import Bounds
from monitor.web.serving import Site
from monitor.web.shown import Shown

QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


async def no_look(*_: object) -> Any:
    """Worlds of the tests are fed by hand."""
    raise AssertionError


@pytest.fixture
def shown() -> Callable[..., Shown]:
    """`shown(world, **changes)`: the world as pages are made from it."""

    def of(world: Any, **changes: Any) -> Shown:
        usual = {
            "store": world.store,
            "vitals": world.vitals,
            "config": lambda: world.config,
            "day": lambda: world.config.day,
            "now": lambda: world.now,
            "reload": world.reload,
            "peek": no_look,
            "inbox": Inbox(lambda: world.now, lambda at: at),
        }
        return Shown(**{**usual, **changes})

    return of


@pytest.fixture
async def site(shown: Callable[..., Shown]) -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """`await site(world, listen="127.0.0.1:0", web=None, bounds=None, **changes)` serves it; gives http://127.0.0.1:PORT.

    `web` is a file of the web's configuration, at which is looked every few milliseconds. The site itself is in `site.last`.
    """
    sites: list[Site] = []

    async def serve(
        world: Any,
        listen: str = "127.0.0.1:0",
        web: Path | None = None,
        bounds: Bounds | None = None,
        **changes: Any,
    ) -> str:
        config = read_web(web, web.parent) if web else None
        sites.append(Site(shown(world, **changes), config, every=0.005, bounds=bounds))
        serve.last = sites[-1]  # type: ignore[attr-defined]  # for tests that renew it
        return f"{'https' if config and config.tls else 'http'}://{await sites[-1].start(listen)}"

    yield serve
    for each in sites:
        await each.stop()


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is missing; `make debian-packages` installs it")
        pytest.skip("chromium is not installed; `make debian-packages` installs it")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=path, args=QUIET, timeout=120_000)
        yield launched
        await launched.close()
