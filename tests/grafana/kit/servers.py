"""A real Prometheus and a real VictoriaMetrics that hold the history, each in a folder of its own."""

import fcntl
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from kit.history import STEP
from kit.rules import in_turn, lines, rules
from kit.source import Source

TESTS = Path(__file__).parents[1]
FOR_EVER = "100y"  # of the history's day in 2023
# A series that ends is marked so when it is scraped, and cannot be in a history that is put in afterwards. So nothing is
# looked for before the last scrape but one.
LAST_SCRAPE = f"{STEP.total_seconds() + 1:.0f}s"


def program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{name} is missing; `make debian-packages` installs it")
        pytest.skip(f"{name} is not installed; `make debian-packages` installs it")
    return path


def stored_once(folder: Path) -> Path:
    """The folder with `prometheus` and `victoria` in it, filled by whichever worker of the session comes first."""
    programs = {name: program(name) for name in ("prometheus", "promtool", "victoria-metrics")}
    done = folder / "done"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            _store(folder, programs)
            done.touch()
    return folder


def _store(folder: Path, programs: Mapping[str, str]) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COV")}  # half the time
    environ["PYTHONPATH"] = str(TESTS)
    subprocess.run([sys.executable, "-m", "kit.history", str(folder)], cwd=TESTS.parents[1], env=environ, check=True)
    _keep(folder, programs)
    for turn in in_turn(rules()):
        with prometheus(programs["prometheus"], folder) as source:
            recorded = "".join(line for rule in turn for line in lines(rule, source))
        (folder / "recorded.om").write_text(recorded + "# EOF\n", encoding="utf-8")
        _keep(folder, programs)


def _keep(folder: Path, programs: Mapping[str, str]) -> None:
    """What is in files *.om, in both."""
    pages = sorted(folder.glob("*.om"))
    for (
        each
    ) in pages:  # one by one: of a single file every two hours between its first line and its last cost a reading
        command = [programs["promtool"], "tsdb", "create-blocks-from", "openmetrics", "--quiet", str(each)]
        subprocess.run([*command, str(folder / "prometheus")], check=True)
    with victoria(programs["victoria-metrics"], folder) as source:
        for each in pages:
            _import(source, each)
            each.unlink()  # 200 MB


def _import(source: Source, pages: Path) -> None:
    length = {"Content-Length": str(pages.stat().st_size)}
    with pages.open("rb") as body:
        urlopen(Request(f"{source.base}/api/v1/import/prometheus", data=body, headers=length), timeout=300).close()


@contextmanager
def prometheus(binary: str, folder: Path) -> Iterator[Source]:
    """On the blocks in `prometheus` of the folder."""
    (folder / "prometheus.yml").write_text("global: {}\n", encoding="utf-8")
    command = [
        *(binary, "--config.file=prometheus.yml", "--storage.tsdb.path=prometheus", "--web.listen-address=127.0.0.1:0"),
        f"--storage.tsdb.retention.time={FOR_EVER}",
        f"--query.lookback-delta={LAST_SCRAPE}",
    ]
    with _running(command, folder, "prometheus.log") as log:
        listening = r'msg="?Listening on"? address=(\S+)'
        base = "http://" + until(lambda: re.search(listening, log.read_text(encoding="utf-8")))[1]
        until(lambda: answers(f"{base}/-/ready"))
        yield Source(base)


@contextmanager
def victoria(binary: str, folder: Path) -> Iterator[Source]:
    """On the data in `victoria` of the folder."""
    # At an address of its own: a port that was free a moment ago may by now be another test's.
    with socket.create_server(("127.77.6.2", 0)) as found:
        address = f"127.77.6.2:{found.getsockname()[1]}"
    command = [
        *(binary, "-storageDataPath=victoria", f"-httpListenAddr={address}", f"-retentionPeriod={FOR_EVER}"),
        f"-search.maxStalenessInterval={LAST_SCRAPE}",
    ]
    with _running(command, folder, "victoria.log"):
        until(lambda: answers(f"http://{address}/health"))
        yield Source(f"http://{address}", more={"nocache": "1"})


@contextmanager
def _running(command: list[str], folder: Path, log: str) -> Iterator[Path]:
    path = folder / log
    with path.open("wb") as said, subprocess.Popen(command, cwd=folder, stdout=said, stderr=said) as process:
        try:
            yield path
        finally:
            process.terminate()


def answers(url: str) -> bool:
    """Prometheus listens before it can answer, and says 503 until then."""
    try:
        with urlopen(url, timeout=60):
            return True
    except (HTTPError, URLError):
        return False


def until(get, seconds: float = 90):
    """What `get` gives as soon as it gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := get():
            return found
        time.sleep(0.02)
    pytest.fail("it never came")
