"""Measures what the main job costs on this machine: `make bench`. Nothing here is asserted: machines are noisy.

Every figure is the median of some rounds with its spread. CPU time is of the process measured alone.
"""

import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from monitor import loop  # noqa: E402
from monitor.bundled import config_folder  # noqa: E402 - after the path
from monitor.commands import Choice, chosen_agencies, chosen_looks  # noqa: E402
from monitor.log import configure  # noqa: E402
from monitor.metrics import page_text  # noqa: E402
from monitor.once import look_once  # noqa: E402
from monitor.service import Service  # noqa: E402
from monitor.settings import load  # noqa: E402
from monitor.testbed.estate import Estate  # noqa: E402
from monitor.testbed.overlay import hurried, pointed_at, staged  # noqa: E402
from monitor.testbed.scenario import named  # noqa: E402

PROGRAM = (sys.executable, "-m", "monitor")


def row(what: str, unit: str, figures: list[float], digits: int = 2) -> None:
    spread = f"{min(figures):.{digits}f}–{max(figures):.{digits}f}"
    print(f"| {what} | {statistics.median(figures):.{digits}f} {unit} | {spread} | {len(figures)} |", flush=True)


def rounds(number: int, once: Callable[[], float]) -> list[float]:
    return [once() for _ in range(number)]


def help_cpu(command: str) -> float:
    """Milliseconds of CPU of one `--help`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*PROGRAM, command, "--help"], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def testbed() -> tuple[float, float]:
    """Seconds from exec to the estate's being there, and MB of its process."""
    start = time.perf_counter()
    with subprocess.Popen([*PROGRAM, "testbed"], stderr=subprocess.PIPE, text=True) as program:
        program.stderr.readline()
        seconds = time.perf_counter() - start
        memory = psutil.Process(program.pid).memory_info().rss / 1e6
        program.terminate()
        program.stderr.close()
    return seconds, memory


def demo() -> float:
    """Seconds from exec to the headline."""
    start = time.perf_counter()
    command = [*PROGRAM, "demo", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as program:
        for line in program.stdout:
            if re.fullmatch(r"62/63 .* · 10/21 .*\n", line):
                break
        seconds = time.perf_counter() - start
        program.terminate()
        program.stdout.close()
    return seconds


async def whole_rounds(number: int) -> tuple[list[float], list[float], list[float], int]:
    """Wall seconds and CPU ms a look of rounds over the whole estate (servers included), ms of a scrape, looks."""
    config, scenario = load(config_folder()), named("june-2023")
    changed, cast = staged(config, scenario)
    async with Estate(changed.roster.on(scenario.day), scenario, cast) as estate:
        pace = scenario.monitor.requests_per_second
        led = pointed_at(changed, estate.connect_to, estate.ca_file, estate.control, pace=pace)
        set_up = hurried(led, scenario)
        service = Service(set_up, lambda: set_up)
        looks = chosen_looks(service.plan(), chosen_agencies(service, Choice()), Choice())
        wall, cpu, scrape = [], [], []
        for _ in range(number):
            begun, used = time.perf_counter(), time.process_time()
            await look_once(looks, service.look, room=service.room, now=service.now)
            wall.append(time.perf_counter() - begun)
            cpu.append(1000 * (time.process_time() - used) / len(looks))
            begun = time.perf_counter()
            page_text(service.store, service.vitals, set_up)
            scrape.append(1000 * (time.perf_counter() - begun))
        await service.close()
    return wall, cpu, scrape, len(looks)


def loading() -> float:
    start = time.perf_counter()
    load(config_folder())
    return 1000 * (time.perf_counter() - start)


def main() -> None:
    configure("console", "error")
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, `make bench`\n")
    print("| what | median | spread | rounds |\n|---|---|---|---|")
    row("`probe --help`, CPU", "ms", rounds(9, lambda: help_cpu("probe")), 0)
    row("configuration of the real estate read", "ms", rounds(9, loading), 1)
    beds = [testbed() for _ in range(5)]
    row("testbed, from exec until all hosts listen", "s", [seconds for seconds, _ in beds])
    row("testbed, resident memory", "MB", [memory for _, memory in beds], 0)
    row("demo, from exec to 62/63 and 10/21", "s", rounds(3, demo), 1)
    wall, cpu, scrape, looks = loop.run(whole_rounds(7))
    row(f"all {looks} looks once, 64 at a time, estate in the same process", "s", wall)
    row("the same, CPU a look, the estate's servers included", "ms", cpu)
    row("/metrics of the whole estate, text, every line written anew", "ms", scrape, 1)


if __name__ == "__main__":
    main()
