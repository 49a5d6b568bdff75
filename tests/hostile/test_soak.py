"""The soak in short: looks that end in every way leave nothing behind, with each engine."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["openssl", "rustls"])
def test_two_thousand_looks_that_end_in_every_way_leave_nothing(name):
    command = [sys.executable, "bench/soak.py", "--looks", "2000", "--engine", name]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True, timeout=300)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout + ended.stderr
    for reason in ("ok", "refused", "timeout_response", "tls_expired", "too_large", "redirect_loop"):
        assert f"| {reason} |" in ended.stdout
