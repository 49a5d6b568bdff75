"""The command line: checks first, starts, tells, waits for a signal or a death, ends everything."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from stack import words
from stack.addresses import SHIPPED, Addresses, split
from stack.edits import Quick
from stack.lineup import Plan, grafana, in_the_way, up
from stack.programs import DiedError, Running

ABOUT = "The demo with Prometheus, Alertmanager and a made-up mailbox around it, and Grafana where it is on PATH; Ctrl-C ends it."
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CLEAN, DIED, CANNOT_START = 0, 1, 2  # exit statuses


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _asked(arguments)
    addresses = Addresses(**{name: getattr(asked, name) for name, _ in SHIPPED.each()})
    if obstacles := list(in_the_way(addresses)):
        for line in obstacles:
            print(f"stack: {line}", file=sys.stderr)
        return CANNOT_START
    teller = words.Teller()
    plan = Plan(
        addresses=addresses,
        quick=Quick() if asked.quick else None,
        scenario=asked.scenario,
        tell=lambda what: say(teller.line(what)),
        ready=lambda name, address: say(f"{name:<13} {address}"),
    )
    try:
        with TemporaryDirectory(prefix="npsp-stack-") as folder:
            asyncio.run(_till_a_signal(plan, Path(folder)))
    except DiedError as error:
        print(f"stack: {error}", file=sys.stderr)
        return DIED
    say("ended")
    return CLEAN


def say(line: str) -> None:
    print(line, flush=True)


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python .ci/stack", description=ABOUT, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    quick = "sooner looks, scrapes and rules, and minutes of `for`, group_wait and group_interval become seconds"
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--scenario", default="june-2023", help="of the demo; `npsp-monitor testbed --list` has them")
    for name, usual in SHIPPED.each():
        parser.add_argument(f"--{name}", default=usual, type=_address, metavar="ADDRESS:PORT", help="where it listens")
    return parser.parse_args(arguments)


def _address(text: str) -> str:
    try:
        split(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


async def _till_a_signal(plan: Plan, folder: Path) -> None:
    """Returns after a signal, at whatever moment it comes; raises DiedError."""
    work = asyncio.ensure_future(_run(plan, folder))
    loop = asyncio.get_running_loop()
    for each in SIGNALS:
        loop.add_signal_handler(each, work.cancel)
    with suppress(asyncio.CancelledError):
        await work


async def _run(plan: Plan, folder: Path) -> None:
    say("starting; the monitor looks at everything once before it is ready")
    async with up(plan, folder) as stack:
        if grafana() is None:
            say("grafana       not on PATH; grafana/ and its provisioning were not run")
        for line in words.introduction(stack, folder, quick=plan.quick is not None):
            say(line)
        await _first_death(stack.running)


async def _first_death(running: Sequence[Running]) -> None:
    watching = [asyncio.ensure_future(each.until_it_dies()) for each in running]
    try:
        await asyncio.gather(*watching)
    finally:
        for each in watching:
            each.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
