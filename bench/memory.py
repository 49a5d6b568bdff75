"""What a look costs in memory while it waits: resident memory of a process with thousands of slow looks under way."""

import asyncio
import contextlib
import json
import select
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import psutil

from bench.contenders import blackbox, engines, expect, listening, measured, ours, probe, stock
from bench.targets import Targets

AT_ONCE = 5000
_WARM = 300
_PATIENCE = 300.0  # seconds till all of them are under way

Memory = Callable[[Targets, str], float]  # kB of one look under way at a target


def of_worker(program: list[str]) -> Memory:
    """Of a program of ours that makes looks."""

    def memory(targets: Targets, target: str) -> float:
        number = str(AT_ONCE)
        command = measured([*program, "--target", target, "--looks", number, "--in-flight", number, "--wait"])
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
            _line(worker)
            with _held(targets):
                before = _resident(worker.pid)
                _say(worker, "")
                grown = _when_held(targets, worker.pid) - before
            expect(json.loads(_line(worker)), target, AT_ONCE)
        return grown / AT_ONCE

    return memory


def of_blackbox(folder: Path, root: Path) -> Memory:
    """Of blackbox_exporter, which is asked by as many requests; their connections to it are part of the price."""

    def memory(targets: Targets, target: str) -> float:
        with blackbox(folder, root) as program, ThreadPoolExecutor(1) as pool:
            asyncio.run(listening())
            asyncio.run(probe(target, _WARM, 10))
            with _held(targets):
                before = _resident(program.pid)
                asked: Future[None] = pool.submit(asyncio.run, probe(target, AT_ONCE, AT_ONCE))
                grown = _when_held(targets, program.pid) - before
            asked.result()
        return grown / AT_ONCE

    return memory


def everyone(folder: Path, root: Path, *, with_blackbox: bool) -> dict[str, Memory]:
    found = {f"ours, {engine}": of_worker(ours(engine, root)) for engine in engines()}
    found["aiohttp"] = of_worker(stock(root))
    if with_blackbox:
        found["blackbox_exporter"] = of_blackbox(folder, root)
    return found


@contextlib.contextmanager
def _held(targets: Targets) -> Iterator[None]:
    """The slow server holds its answers; they come when this ends, however it ends."""
    _say(targets.holding, str(AT_ONCE))
    try:
        yield
    finally:
        _say(targets.holding, "go")


def _when_held(targets: Targets, pid: int) -> float:
    """kB of the process once all of its looks are under way."""
    _line(targets.holding)
    return _resident(pid)


def _resident(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 1000


def _say(program: subprocess.Popen[str], word: str) -> None:
    assert program.stdin is not None
    program.stdin.write(f"{word}\n")
    program.stdin.flush()


def _line(program: subprocess.Popen[str]) -> str:
    """The next line it prints. RuntimeError when none comes: then some look never got under way."""
    assert program.stdout is not None
    ready, _, _ = select.select([program.stdout], [], [], _PATIENCE)
    line = program.stdout.readline() if ready else ""
    if not line:
        raise RuntimeError(f"{program.args!r} says nothing: not all looks got under way")
    return line
