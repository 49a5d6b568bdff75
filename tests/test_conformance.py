"""Some of the cases of `make conformance`, which runs them all against a real blackbox_exporter."""

import asyncio
import importlib
import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench"
CASES = (
    "status_200",
    "status_404_wanted",
    "body_forbidden",
    "header_missing_allowed",
    "redirect_relative",
    "redirect_not_followed_wanted",
    "basic",
    "gzip_matches",
    "timeout_of_answer",
    "tls_not_verified",
    "tls_expired",
    "tcp_talks",
    "dns_two",
    "dns_nxdomain",
)


@pytest.fixture
def bench(monkeypatch):
    """`bench("conformance")` → the module; the bench is no package."""
    monkeypatch.syspath_prepend(BENCH)
    return importlib.import_module


@pytest.fixture
def real():
    if shutil.which("prometheus-blackbox-exporter") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("prometheus-blackbox-exporter is missing; `make debian-packages` installs it")
        pytest.skip("prometheus-blackbox-exporter is not installed; `make debian-packages` installs it")


async def test_both_say_the_same_or_there_is_a_reason(bench, real):
    conformance, cases = bench("conformance"), bench("conformance_cases")
    outcomes = await conformance.compare(cases.named(*CASES))

    assert [
        (outcome.case.name, each.series, each.theirs, each.ours)
        for outcome in outcomes
        for each in outcome.differences
        if each.reason is None
    ] == []
    assert len(outcomes) == len(CASES)


def test_every_case_has_a_name_of_its_own_that_a_check_can_have(bench):
    names = [case.name for case in bench("conformance_cases").cases()]

    assert [name for name, times in Counter(names).items() if times > 1] == []
    assert max(map(len, names)) <= 40
    assert len(names) >= 60


def test_every_case_of_the_table_stands_in_the_document_and_none_without_a_reason(bench):
    text = (BENCH.parent / "docs" / "conformance.md").read_text(encoding="utf-8")
    names = [case.name for case in bench("conformance_cases").cases()]

    assert [name for name in names if f"| {name} |" not in text] == []
    assert "UNEXPLAINED" not in text


def test_a_difference_is_found_where_there_is_one(bench):
    conformance, (case,) = bench("conformance"), bench("conformance_cases").named("status_200")
    theirs = {"probe_success": 1.0, "probe_duration_seconds": 0.1, "probe_http_ssl": 0.0}
    outcome = conformance._outcome(case, theirs, {"probe_success": 0.0, "probe_duration_seconds": 0.2})

    assert [(each.series, each.theirs, each.ours) for each in outcome.differences] == [
        ("probe_http_ssl", 0.0, None),
        ("probe_success", 1.0, 0.0),
    ]
    assert not outcome.explained


def test_the_module_file_is_one_that_the_other_tool_takes(bench, real, tmp_path):
    conformance, cases = bench("conformance"), bench("conformance_cases")
    words = dict.fromkeys(("http", "https", "tokens", "ca", "other_ca", "cert", "key", "name"), "127.0.0.1:1")
    file = conformance._module_file(tmp_path, cases.cases(), words)

    asyncio.run(conformance._taken(conformance.BINARY, file))
