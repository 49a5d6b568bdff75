"""The unit for systemd: that systemd understands it, and how much it leaves to a fault."""

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.server import GRACE

ROOT = Path(__file__).parents[1]
UNIT = ROOT / "config" / "systemd" / "npsp-monitor.service"
PROGRAM = "/opt/npsp-monitor/venv/bin/npsp-monitor"
TEXT = UNIT.read_text(encoding="utf-8")
EXPOSURE = 20  # tenths, of 100: what is left is mostly that the monitor reaches the network


@pytest.fixture
def analyze(tmp_path):
    """`analyze(*arguments)` → what systemd says of the unit, with the program where it is on this machine."""
    path = shutil.which("systemd-analyze")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("systemd-analyze is missing; `make debian-packages` installs it")
        pytest.skip("systemd-analyze is not installed; `make debian-packages` installs it")
    here = tmp_path / UNIT.name
    here.write_text(TEXT.replace(PROGRAM, str(Path(sys.executable).with_name("npsp-monitor"))), encoding="utf-8")

    def once(*arguments):
        return subprocess.run([path, *arguments, here], capture_output=True, text=True, check=False, timeout=60)

    return once


def test_systemd_understands_every_line(analyze):
    found = analyze("verify", "--man=no")

    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_a_line_that_systemd_does_not_understand_would_be_found(analyze, tmp_path):
    path = tmp_path / UNIT.name
    path.write_text(path.read_text().replace("ProtectHome=yes", "ProtectHome=maybe\nProtectHoome=yes"))

    assert "ProtectHoome" in analyze("verify", "--man=no").stderr


def test_little_is_left_to_a_fault(analyze):
    found = analyze("security", "--no-pager", "--offline=true", f"--threshold={EXPOSURE}")

    assert found.returncode == 0, found.stdout


def test_it_runs_the_program_as_documented():
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read_string(TEXT)
    service = unit["Service"]

    assert service["ExecStart"] == f"{PROGRAM} --config /etc/npsp-monitor/config --log-format json serve"
    assert "PYTHONSAFEPATH=1" in service["Environment"].split()
    assert int(service["TimeoutStopSec"].removesuffix("s")) > 4 * GRACE.total_seconds()


def test_the_guide_to_installing_it_names_the_same_places():
    guide = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    places = set(re.findall(r"/opt/[\w/-]+|/etc/npsp-monitor/\w+|/run/credentials/npsp-monitor\.service", TEXT))

    assert len(places) >= 4
    assert [place for place in sorted(places) if place not in guide] == []


def test_what_it_remembers_has_a_folder_that_outlives_its_user():
    assert "\nStateDirectory=npsp-monitor\nStateDirectoryMode=0700\n" in TEXT


def test_no_group_is_called_as_the_user_that_systemd_makes():
    """With DynamicUser=yes and no User= that is the unit; systemd refuses it where a group has the name (systemd.exec)."""
    guide = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    groups = re.findall(r"(?:groupadd --system|Group=) ?([\w-]+)", guide + TEXT)

    assert "DynamicUser=yes" in TEXT
    assert len(groups) >= 2
    assert UNIT.stem not in groups


def test_a_configuration_with_a_mistake_is_not_started_again_and_again(tmp_path):
    """The status is what the program really ends with; systemd counts all others as failures to start again after."""
    (tmp_path / "monitor.yaml").write_text("listen: nonsense\n")
    program = Path(sys.executable).with_name("npsp-monitor")
    ended = subprocess.run([program, "--config", tmp_path, "serve"], capture_output=True, check=False, timeout=60)

    assert f"RestartPreventExitStatus={ended.returncode}\n" in TEXT
    assert ended.returncode != 0
