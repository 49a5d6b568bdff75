"""The history, and the two real servers that hold it."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode leaves it out, and `kit` is here

from kit.servers import program, prometheus, stored_once, victoria
from kit.source import Source


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the history is kept, made once for all workers of the session."""
    if "HISTORY" in os.environ:  # while one works on dashboards: a folder that outlives the session
        return stored_once(Path(os.environ["HISTORY"]))
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "history"
    shared.mkdir(exist_ok=True)
    return stored_once(shared)


@pytest.fixture(scope="session")
def of_prometheus(stored: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    folder = tmp_path_factory.mktemp("prometheus")
    shutil.copytree(stored / "prometheus", folder / "prometheus")
    with prometheus(program("prometheus"), folder) as source:
        yield source


@pytest.fixture(scope="session")
def of_victoria(stored: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    folder = tmp_path_factory.mktemp("victoria")
    shutil.copytree(stored / "victoria", folder / "victoria")
    with victoria(program("victoria-metrics"), folder) as source:
        yield source
