"""A small estate on loopback, and the real probes before it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest

from monitor.bundled import config_folder
from monitor.commands import Choice, chosen_agencies, chosen_looks
from monitor.config import Config
from monitor.once import look_once
from monitor.service import Service
from monitor.settings import load
from monitor.testbed.estate import Estate
from monitor.testbed.overlay import hurried, pointed_at, staged
from monitor.testbed.scenario import Scenario, checks_of, named


@pytest.fixture(scope="session")
def config() -> Config:
    """The configuration that comes with the program, unmodified."""
    return load(config_folder())


@pytest.fixture
async def stage(config: Config) -> AsyncIterator[Callable[..., Any]]:
    """`await stage(scenario, **changes)` → (estate, service): a running estate and a service that looks at it."""
    async with AsyncExitStack() as stack:

        async def start(scenario: str | Scenario, **changes: Any) -> tuple[Estate, Service]:
            wanted = named(scenario) if isinstance(scenario, str) else scenario
            # A machine that is busy with other tests must not look like an agency that is slow.
            patient = {"monitor": wanted.monitor.model_copy(update={"timeout": timedelta(seconds=20)})}
            wanted = wanted.model_copy(update={**patient, **changes})
            staged_config, cast = staged(config, wanted, checks_of(wanted.name))
            estate = await stack.enter_async_context(Estate(staged_config.roster.on(wanted.day), wanted, cast))
            pace = wanted.monitor.requests_per_second
            led = pointed_at(staged_config, estate.connect_to, estate.ca_file, estate.control, pace=pace)
            set_up = hurried(led, wanted)
            service = Service(set_up, lambda: set_up)
            stack.push_async_callback(service.close)
            return estate, service

        yield start


@pytest.fixture
def round_of() -> Callable[..., Any]:
    """`await round_of(service, *agencies, times=1)`: looks at everything, or at some, so many times."""

    async def look(service: Service, *agencies: str, times: int = 1) -> None:
        choice = Choice(agencies=agencies)
        planned = service.plan()
        looks = chosen_looks(planned, chosen_agencies(service, choice), choice)
        for _ in range(times):
            await look_once(looks, service.look, room=service.room, now=service.now)

    return look
