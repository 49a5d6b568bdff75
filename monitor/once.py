"""Looks at everything once, now, by the same way as the schedule: what the command line shows is what is served."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from monitor.model import Level, Result, Watch
from monitor.room import Room

Look = Callable[[Watch, datetime], Awaitable[Result]]


async def look_once(
    watches: Sequence[Watch],
    look: Look,
    *,
    room: Room,
    now: Callable[[], datetime],
    told: Callable[[Result], None] = lambda _: None,
) -> None:
    """National systems first, so that agencies are not blamed for them; then the rest, as `room` allows."""

    async def one(watch: Watch) -> None:
        async with room:
            told(await look(watch, now()))

    national = [watch for watch in watches if watch.agency.level is Level.NATIONAL]
    others = [watch for watch in watches if watch.agency.level is not Level.NATIONAL]
    for part in (national, others):
        async with asyncio.TaskGroup() as group:
            for watch in part:
                group.create_task(one(watch))
