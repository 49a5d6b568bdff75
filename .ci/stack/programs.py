"""Programs of the system: where they are, started, awaited, and ended without leaving one behind."""

import asyncio
import ctypes
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout

LAST_LINES = 15
TO_BE_READY = 90.0  # seconds; the monitor's first round of looks is in it
TO_END = 15.0  # seconds, before it is killed
_PR_SET_PDEATHSIG = 1  # of Linux's prctl
_BETWEEN = 0.1  # seconds between two questions whether it is ready


class DiedError(Exception):
    """A program ended that should run; the text has its last lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """How to start one of them, and where it says that it is ready."""

    name: str
    command: Sequence[str]
    ready: str
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Running:
    name: str
    process: asyncio.subprocess.Process
    log: Path

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def died(self) -> DiedError:
        last = "\n".join(f"    {line}" for line in self.said().splitlines()[-LAST_LINES:])
        return DiedError(f"{self.name} ended with status {self.process.returncode}; its last lines:\n{last}")

    async def until_it_dies(self) -> None:
        await self.process.wait()
        raise self.died()


def found(*names: str) -> str | None:
    """The path of the first of these programs that is there."""
    return next((path for name in names if (path := shutil.which(name))), None)


@asynccontextmanager
async def started(program: Program, folder: Path) -> AsyncIterator[Running]:
    """Runs it with `folder` as its own; it is ready when this is entered, and gone when it is left."""
    log = _log(folder)
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *program.command,
            cwd=folder,
            env={**os.environ, **program.environ},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,  # Ctrl-C is for us; we end the others, one after the other
            preexec_fn=_end_with_us(),
        )
    running = Running(name=program.name, process=process, log=log)
    try:
        await _ready(running, program.ready)
        yield running
    finally:
        await asyncio.shield(_ended(process))


def _log(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "log"


async def _ready(running: Running, url: str) -> None:
    """Raises DiedError when it ends before, or is not ready in time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(TO_BE_READY), ClientSession(timeout=ClientTimeout(total=5)) as session:
            while running.process.returncode is None:
                with suppress(ClientError, TimeoutError, OSError):
                    async with session.get(url) as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(_BETWEEN)
    if running.process.returncode is None:
        last = "\n".join(f"    {line}" for line in running.said().splitlines()[-LAST_LINES:])
        raise DiedError(f"{running.name} was not ready within {TO_BE_READY:.0f} s ({url}); its last lines:\n{last}")
    raise running.died()


def _end_with_us() -> Callable[[], object] | None:
    """What has the kernel end a program when we are killed and can end nothing any more; Linux alone can."""
    if sys.platform != "linux":
        return None
    # Found here and not after the fork, where as little as possible should be done.
    return partial(ctypes.CDLL(None).prctl, _PR_SET_PDEATHSIG, int(signal.SIGTERM))


async def _ended(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), TO_END)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
