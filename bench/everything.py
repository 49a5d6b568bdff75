"""Every measurement, one after the other: `make bench`. Prints them and writes them to bench/RESULTS.md.

Earlier days' sections of that file stay; a second run on one day takes the place of the first.
"""

import os
import platform
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from OpenSSL import SSL

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
PARTS = {  # program: heading
    "looking.py": "Looking: CPU and memory, side by side",
    "schedule.py": "The schedule at scale",
    "showing.py": "Showing 100,000 series",
    "scraping.py": "What a scrape costs, the monitor and Prometheus",
    "end_to_end.py": "From a fault to the notice",
    "accuracy.py": "Accuracy under noise",
    "told.py": "What noise is told",
    "drills.py": "Drills",
    "run.py": "The main job",
}
PACKAGES = ("uvloop", "httptools", "rtls", "aiodns", "aiohttp", "structlog")
PROGRAMS = (
    ("nginx", "-v"),
    ("prometheus-blackbox-exporter", "--version"),
    ("prometheus", "--version"),
    ("prometheus-alertmanager", "--version"),
    ("openssl", "version"),
    ("curl", "--version"),
)


def main() -> int:
    head = f"## {datetime.now(UTC).date()}\n\n{machine()}\n"
    print(head, flush=True)
    section, failed = head, []
    for program, title in PARTS.items():
        if (HERE / program).exists():
            print(f"### {title}\n", flush=True)
            told, status = ran(program)
            section += f"\n### {title}\n\n{told.strip()}\n"
            if status:
                failed.append(program)
                section += f"\n{program} ended with status {status}: not everything was measured.\n"
    RESULTS.write_text(with_section(RESULTS.read_text(encoding="utf-8"), section), encoding="utf-8")
    return 1 if failed else 0


def ran(program: str) -> tuple[str, int]:
    """What it printed, shown as it comes, and its exit status."""
    lines = []
    with subprocess.Popen([sys.executable, str(HERE / program)], stdout=subprocess.PIPE, text=True) as part:
        for line in part.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    return "".join(lines), part.returncode


def with_section(text: str, section: str) -> str:
    """The newest section comes first; one of the same day is replaced."""
    intro, *old = re.split(r"(?m)^(?=## )", text)
    day = section.partition("\n")[0]
    kept = [each for each in old if each.partition("\n")[0] != day]
    return "".join([intro, f"{section.rstrip()}\n\n", *kept])


def machine() -> str:
    return (
        f"{platform.platform()}, {processor()}, {os.cpu_count()} cores, Python {platform.python_version()} with "
        f"{ssl.OPENSSL_VERSION}, the engine with {SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode()}, `make bench`. {', '.join([*packages(), *programs()])}."
    )


def processor() -> str:
    found = re.search(r"(?m)^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def packages() -> Iterator[str]:
    for name in PACKAGES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            yield f"{name} not installed"


def programs() -> Iterator[str]:
    """What each says of itself, up to its version's number."""
    for command in PROGRAMS:
        try:
            told = subprocess.run(command, capture_output=True, check=False, text=True)
        except FileNotFoundError:
            yield f"{command[0]} not installed"
        else:
            found = re.search(r"\d+\.\d+[\w.]*", told.stdout + told.stderr)
            go = re.search(r"go version:\s+(\S+)", told.stdout)
            yield f"{command[0]} {found[0] if found else '?'}" + (f" ({go[1]})" if go else "")


if __name__ == "__main__":
    sys.exit(main())
