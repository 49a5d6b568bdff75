"""The command line as a user meets it, before an emulated estate that runs beside it."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from monitor.bundled import config_folder
from monitor.cli import main
from monitor.testbed.faults import Fault

ROOT = Path(__file__).parents[2]
JUNE = ("--as-of", "2023-06-21")
COMMANDS = (
    "serve",
    "probe",
    "status",
    "agencies",
    "check-config",
    "attest",
    "import-blackbox",
    "init",
    "demo",
    "testbed",
)
QUIET = """\
name: quiet
about: {vi: yên tĩnh, en: nothing happens}
synthetic: true
day: 2023-06-21
seed: 1
expect: {province: 63/63, ministry: 20/21}
attested: {}
"""
PAPER = """\
- {agency: H26, condition: merged, answer: yes, since: 2023-01-01, document: 1/SYNTHETIC, issued: 2023-01-01, \
issuer: Example, synthetic: true}
- {agency: H27, condition: merged, answer: yes, since: 2023-01-01, document: 2/SYNTHETIC, issued: 2023-01-01, \
issuer: Example, synthetic: true}
"""
SECRET = "hunter2-never-shown"


@pytest.fixture(scope="module")
def estate(tmp_path_factory):
    """`npsp-monitor testbed --write` in a process of its own; gives its folder."""
    folder = tmp_path_factory.mktemp("estate")
    (folder / "quiet.yaml").write_text(QUIET, encoding="utf-8")
    command = [sys.executable, "-m", "monitor", "testbed", "--scenario", folder / "quiet.yaml", "--write", folder]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=folder) as program:
        told = [program.stderr.readline() for _ in range(3)]
        assert "for a monitor of your own" in told[1], told
        yield folder
        program.terminate()
        program.stderr.close()


@pytest.fixture
def config(estate, tmp_path):
    """The configuration that comes with the program, led to the estate by the file the testbed wrote."""
    folder = tmp_path / "config"
    shutil.copytree(config_folder(), folder)
    monitor = yaml.safe_load((folder / "monitor.yaml").read_text(encoding="utf-8"))
    network = yaml.safe_load((estate / "network.yaml").read_text(encoding="utf-8"))["network"]
    (folder / "monitor.yaml").write_text(yaml.safe_dump({**monitor, "network": network}), encoding="utf-8")
    (folder / "attestations.yaml").write_text(PAPER, encoding="utf-8")
    return folder


@pytest.fixture
def run(config):
    """`run(*arguments)`: the command line on that configuration."""

    def once(*arguments, folder=config, **env):
        return CliRunner().invoke(main, ["--config", str(folder), *map(str, arguments)], env=env)

    return once


def add_check(folder, **check):
    with (folder / "checks.yaml").open("a", encoding="utf-8") as file:
        file.write("\n" + yaml.safe_dump({"extra": {"probe": "http", "every": "5m", "timeout": "5s", **check}}))


# -- help and usage


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command):
    told = CliRunner().invoke(main, [command, "--help"])

    assert told.exit_code == 0
    assert len(told.output.split("Options:")[0]) > 80


def test_help_imports_nothing_that_is_slow():
    code = (
        "import sys; from monitor.cli import main\n"
        "try: main(['probe', '--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'aiohttp', 'pydantic', 'apscheduler', 'rich', 'cryptography', 'yaml'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.splitlines()[-1] == "[]"


def test_the_version_is_told():
    assert re.fullmatch(r".*version \d+\.\d+\.\d+\n", CliRunner().invoke(main, ["--version"]).output)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("probe", "nowhere", *JUNE), "no agency is called 'nowhere' on 2023-06-21"),
        (("probe", "bac", *JUNE), "'bac' may mean: "),
        (("probe", "H26", "--check", "portl", *JUNE), "no check portl; there are certificate, "),
        (("probe", "--as-of", "21/6/2023"), "'21/6/2023' is not a day; write it as 2023-06-21"),
        (("serve", "--listen", "nonsense"), "'nonsense' is not ADDRESS:PORT; write it as 127.0.0.1:9884"),
        (("serve", "--listen", "127.0.0.1:99999"), "is not ADDRESS:PORT"),
        (("demo", "--scenario", "june"), "no scenario 'june'; there are "),
        (("testbed", "--scenario", "june"), "no scenario 'june'; there are "),
        (("status", "--server", "http://127.0.0.1:1"), "no monitor answers at http://127.0.0.1:1"),
        (("status", "--server", "nonsense"), "no monitor answers at nonsense"),
    ],
)
def test_a_mistake_ends_with_a_sentence_and_status_2(run, arguments, told):
    result = run(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr
    assert "Traceback" not in result.stderr


# -- probe


@pytest.mark.parametrize("words", ["H26", "ha noi", "Hà Nội", unicodedata.normalize("NFD", "Hà Nội"), "hanoi"])
def test_one_agency_is_asked_for_as_people_type_its_name(run, words):
    result = run("probe", words, *JUNE)

    assert result.exit_code == 0, result.output
    assert "Hà Nội" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("1/1 cơ quan")


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (("--level", "national"), 0, "5/5 hệ thống quốc gia"),
        (("NPSP",), 0, "1/1 hệ thống quốc gia"),
        (("--check", "portal"), 0, "63/63 lượt kiểm tra"),
        (("--check", "national_pages", "--check", "certificate", "--level", "national"), 0, "2/2 lượt kiểm tra"),
        (("H28", "--check", "sign_on", "--check", "portal"), 0, "2/2 lượt kiểm tra"),  # though H28 has no document
        (("H26", "--check", "national_pages"), 1, "0/0 lượt kiểm tra"),  # nothing was looked at
        (("H28",), 1, "0/1 cơ quan"),
    ],
)
def test_the_status_is_0_when_all_that_was_asked_for_is_well(run, arguments, status, line):
    result = run("probe", *arguments, *JUNE)

    assert result.exit_code == status, result.output
    assert result.stdout.splitlines()[-1].startswith(line)


def test_explain_tells_what_was_looked_at_what_was_seen_and_why(run):
    result = run("probe", "Hà Nội", "--explain", *JUNE)

    assert "https://dichvucong.hanoi.gov.vn" in result.stdout
    assert "merged: yes since 1/1/2023 00:00" in result.stdout
    assert "decided by document 1/SYNTHETIC" in result.stdout
    for part in (
        "portal (http, proves connected): ok",
        "seen: ",
        "took: ",
        "tls ",
        "http_status: 200",
        "every=300s",
    ):
        assert part in result.stdout, part
    assert "national_sign_on" not in result.stdout  # looked at because the check needs it, and not asked for


def test_the_whole_estate_ends_with_the_score(run):
    result = run("probe", *JUNE)
    lines = result.stdout.splitlines()

    assert result.exit_code == 1
    assert lines[-1] == "2/63 địa phương · 0/21 bộ, ngành"  # two have a document, nobody else is known to be merged
    assert sum("Hà Giang" in line for line in lines) == 1


def test_those_who_are_missing_come_first_then_the_unknown_then_the_rest(run, config):
    add_check(config, proves="connected", only=["H27"], expect=["không có ở đây"])
    result = run("probe", "H26", "H27", "H28", *JUNE)
    codes = [line[:3] for line in result.stdout.splitlines() if re.match(r"H\d\d ", line)]

    assert codes == ["H27", "H28", "H26"]
    assert result.exit_code == 1
    assert "extra text_missing" in result.stdout


def test_json_follows_its_schema_and_says_the_same_as_the_table(run):
    result = run("probe", "H26", "--format", "json", *JUNE)
    report = json.loads(result.stdout)
    schema = json.loads((ROOT / "monitor" / "web" / "status.schema.json").read_text(encoding="utf-8"))

    Draft202012Validator(schema).validate(report)
    assert [(a["code"], a["integrated"]["answer"]) for a in report["agencies"]] == [("H26", "yes")]
    assert report["as_of"] == "2023-06-21"


def test_jsonl_gives_an_agency_a_line(run):
    result = run("probe", "H26", "H27", "--format", "jsonl", *JUNE)

    assert [json.loads(line)["code"] for line in result.stdout.splitlines()] == ["H26", "H27"]


def test_prometheus_format_is_the_page_that_would_be_scraped(run):
    result = run("probe", "H26", "--format", "prometheus", *JUNE)

    assert "npsp_agencies_integrated" not in result.stdout  # one province says nothing of how many
    assert (
        'npsp_agency_standing{agency="H26",answer="yes",condition="integrated",level="province"} 1.0' in result.stdout
    )


def test_one_check_alone_is_made_with_what_it_depends_on(run):
    result = run("--log-level", "debug", "--log-format", "json", "probe", "H26", "--check", "sign_on", *JUNE)
    told = [json.loads(line) for line in result.stderr.splitlines()]
    looks = [line for line in told if line["event"] == "look"]

    assert {(each["agency"], each["check"]) for each in looks} == {
        ("H26", "sign_on"),
        ("SIGNON", "national_sign_on"),
        ("SIGNON", "national_certificate"),
    }


def test_who_asks_without_saying_who_he_is_is_told_so(run, config):
    monitor = yaml.safe_load((config / "monitor.yaml").read_text(encoding="utf-8"))
    monitor["network"]["contact"] = "ops@monitor.example"
    (config / "monitor.yaml").write_text(yaml.safe_dump(monitor), encoding="utf-8")

    assert "contact_is_a_placeholder" in run("probe", "H26", *JUNE).stderr
    checked = run("check-config")
    assert checked.exit_code == 0
    assert "network.contact is a placeholder" in checked.stderr

    monitor["network"]["contact"] = "ops@monitor.gov.vn"
    (config / "monitor.yaml").write_text(yaml.safe_dump(monitor), encoding="utf-8")
    assert run("check-config").stderr == ""


def test_a_broken_link_of_our_own_has_a_status_of_its_own(run, config, free_port):
    monitor = yaml.safe_load((config / "monitor.yaml").read_text(encoding="utf-8"))
    dead = f"127.0.0.1:{free_port}"
    monitor["network"] |= {"control": [dead], "connect_to": [{"host": "*.vn", "port": 443, "to": dead}]}
    (config / "monitor.yaml").write_text(yaml.safe_dump(monitor), encoding="utf-8")
    result = run("probe", "H26", *JUNE)

    assert result.exit_code == 3
    assert "offline" in result.stdout
    assert "refused" not in result.stdout


def test_a_secret_is_shown_nowhere(run, config):
    add_check(config, only=["H26"], headers={"X-Token": "${env:NPSP_TOKEN}"}, expect=["không có ở đây"])
    for more in (("--explain",), ("--format", "json"), ("--format", "prometheus"), ()):
        result = run("--log-level", "debug", "probe", "H26", *JUNE, *more, NPSP_TOKEN=SECRET)
        assert "extra" in result.output
        assert SECRET not in result.output
    assert "<secret>" in run("probe", "H26", "--explain", *JUNE, NPSP_TOKEN=SECRET).stdout


# -- the rest


@pytest.mark.parametrize(
    ("day", "counted", "line"),
    [
        ("2023-06-21", 63 + 21, "21/6/2023: 63 địa phương · 21 bộ, ngành"),
        ("2026-01-01", 34 + 17, "1/1/2026: 34 địa phương · 17 bộ, ngành"),
    ],
)
def test_the_roster_is_that_of_the_day(run, day, counted, line):
    table = run("agencies", "--as-of", day)
    report = json.loads(run("agencies", "--as-of", day, "--format", "json").stdout)

    assert table.stdout.splitlines()[-1] == line
    assert report["as_of"] == day
    assert sum(agency["counted"] for agency in report["agencies"]) == counted


def test_the_roster_of_a_level_leaves_out_the_others(run):
    report = json.loads(run("agencies", "--level", "national", "--format", "json").stdout)

    assert {agency["level"] for agency in report["agencies"]} == {"national"}


def test_a_good_configuration_is_called_well(run):
    result = run("check-config")

    assert (result.exit_code, "config: well" in result.stdout) == (0, True)


def test_a_broken_configuration_is_told_with_every_file_and_line(run, config):
    add_check(config, evry="5m")
    with (config / "declared.yaml").open("a", encoding="utf-8") as file:
        file.write("\n- nonsense\n")
    result = run("check-config")

    assert result.exit_code == 2
    assert re.search(rf"^{config}/checks.yaml:\d+: .*did you mean.*every", result.stderr, re.MULTILINE)
    assert re.search(rf"^{config}/declared.yaml:\d+: ", result.stderr, re.MULTILINE)


def test_the_configuration_of_the_folder_one_is_in_comes_before_the_bundled(config, monkeypatch):
    monkeypatch.chdir(config.parent)
    (config / "checks.yaml").write_text("nonsense: true\n", encoding="utf-8")

    assert CliRunner().invoke(main, ["check-config"]).exit_code == 2


def test_a_folder_called_config_is_never_passed_over_for_the_bundled_one(tmp_path, monkeypatch):
    (tmp_path / "config").mkdir()
    monkeypatch.chdir(tmp_path)

    assert CliRunner().invoke(main, ["check-config"]).exit_code == 2


def test_the_bundled_configuration_serves_where_there_is_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert CliRunner().invoke(main, ["check-config"]).exit_code == 0


def test_the_starter_files_are_written_once(tmp_path):
    first = CliRunner().invoke(main, ["init", str(tmp_path / "new")])
    again = CliRunner().invoke(main, ["init", str(tmp_path / "new")])
    checked = CliRunner().invoke(main, ["--config", str(tmp_path / "new" / "config"), "check-config"])

    assert (first.exit_code, again.exit_code, checked.exit_code) == (0, 2, 0)
    assert "never overwrites" in again.stderr
    assert "probe" in (tmp_path / "new" / "schemas" / "checks.schema.json").read_text(encoding="utf-8")


def test_the_scenarios_are_listed(run):
    result = run("testbed", "--list")

    assert result.exit_code == 0
    assert {"june-2023", "today"} <= {line.split()[0] for line in result.stdout.splitlines()}


def test_the_faults_that_a_scenario_may_name_are_listed(run):
    result = run("testbed", "--faults")

    assert result.exit_code == 0
    assert {line.split()[0] for line in result.stdout.splitlines()[1:]} == set(Fault)


def test_on_a_terminal_there_is_colour_and_a_bar_and_no_color_takes_the_colour_away(config):
    """A real pseudo-terminal, since that is what decides."""

    def shown(**env):
        leader, follower = pty.openpty()
        command = [sys.executable, "-m", "monitor", "--config", config, "probe", "H26", "H27", *JUNE]
        with subprocess.Popen(
            command, stdout=follower, stderr=follower, env={**os.environ, "TERM": "xterm-256color", **env}
        ) as program:
            os.close(follower)
            text = b""
            try:
                while data := os.read(leader, 4096):
                    text += data
            except OSError:
                pass  # the other end was closed: that is how a pseudo-terminal ends
            os.close(leader)
        assert program.returncode == 0
        return text.decode()

    coloured = shown()
    assert "\x1b[32myes" in coloured
    assert "looking" in coloured
    assert "\x1b[32m" not in shown(NO_COLOR="1")


@pytest.mark.parametrize("given", ["here/config", "./here/config", "{}/here/config"])
def test_a_mistake_is_told_with_a_path_that_can_be_opened_from_where_one_stands(tmp_path, monkeypatch, given):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "tests" / "broken" / "_base", tmp_path / "here" / "config")
    (tmp_path / "here" / "config" / "checks.yaml").write_text("portal: {probe: htp}\n", encoding="utf-8")
    told = CliRunner().invoke(main, ["--config", given.format(tmp_path), "check-config"]).stderr

    assert told.startswith(f"{Path(given.format(tmp_path))}/checks.yaml:1: ")
    assert all(Path(line.split(":", 1)[0]).is_file() for line in told.splitlines())
