"""The generator of the dashboards: its output is current, its mistakes are told with file and key, its words are ours."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from monitor import words
from monitor.incidents import Sharing
from monitor.model import Answer, Level
from monitor.words import Language
from probes import Reason, Status

ROOT = Path(__file__).parents[2]
GENERATOR = ROOT / ".ci" / "grafana"
RULES = ROOT / "config" / "prometheus" / "rules" / "npsp-words.yml"
WORDS = yaml.safe_load((GENERATOR / "words.yaml").read_text(encoding="utf-8"))


def run(*arguments):
    return subprocess.run(
        [sys.executable, str(GENERATOR), *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def source(tmp_path):
    """A copy of the source that a test may spoil."""
    shutil.copytree(GENERATOR, tmp_path / "source", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return tmp_path / "source"


def test_the_dashboards_are_what_their_source_gives():
    looked = run("--check")

    assert (looked.returncode, looked.stderr) == (0, "")


def test_the_same_source_gives_the_same_files_and_only_those(tmp_path):
    output = tmp_path / "dashboards"
    output.mkdir()
    (output / "old.json").write_text("{}", encoding="utf-8")
    assert run("--output", output, "--rules", tmp_path / "rules").returncode == 0

    assert (tmp_path / "rules" / RULES.name).read_text(encoding="utf-8") == RULES.read_text(encoding="utf-8")
    made = {path.name: path.read_text(encoding="utf-8") for path in output.iterdir()}
    there = {p.name: p.read_text(encoding="utf-8") for p in (ROOT / "grafana" / "dashboards").iterdir()}
    assert made == there


def test_a_changed_a_missing_and_a_left_over_file_are_named(tmp_path):
    output = tmp_path / "dashboards"
    shutil.copytree(ROOT / "grafana" / "dashboards", output)
    (output / "agency.vi.json").write_text("{}", encoding="utf-8")
    (output / "agency.en.json").unlink()
    (output / "old.json").write_text("{}", encoding="utf-8")
    looked = run("--check", "--output", output)

    assert looked.returncode == 1
    assert [line.split()[0] for line in looked.stderr.splitlines()] == ["old.json", "agency.vi.json", "agency.en.json"]
    assert (output / "old.json").exists(), "looking changes nothing"


def test_words_of_alerts_that_are_not_those_of_the_source_are_named(tmp_path):
    rules = tmp_path / "rules"
    shutil.copytree(RULES.parent, rules)
    text = (rules / RULES.name).read_text(encoding="utf-8")
    (rules / RULES.name).write_text(text.replace("tường lửa", "bức tường"), encoding="utf-8")
    looked = run("--check", "--rules", rules)

    assert (looked.returncode, looked.stderr) == (1, f"{RULES.name} is not what its source gives: `make grafana`\n")


def replaced(file, old, new) -> Callable[[Path], object]:
    def spoil(source):
        text = (source / file).read_text(encoding="utf-8")
        assert old in text
        (source / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


def added(file, text) -> Callable[[Path], object]:
    def spoil(source):
        with (source / file).open("a", encoding="utf-8") as open_file:
            open_file.write(text)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (
            replaced("dashboards/agency.yaml", "        unit: days", "        units: days"),
            "agency.yaml: rows.0.panels.certificate.units: Extra inputs are not permitted",
        ),
        (
            replaced("dashboards/agency.yaml", "unit: days", "unit: weeks"),
            "agency.yaml: certificate: unit: there is no ",
        ),
        (
            replaced("dashboards/agency.yaml", "thresholds: certificate", "thresholds: x"),
            "agency.yaml: certificate: thres",
        ),
        (
            replaced("dashboards/agency.yaml", "mapping: conflict", "mapping: quarrel"),
            "agency.yaml: conflict: mapping: ",
        ),
        (
            replaced("dashboards/agency.yaml", "kind: stacked", "kind: heaped"),
            "agency.yaml: phases: kind: there is no 'h",
        ),
        (replaced("dashboards/agency.yaml", "size: [4, 5]", "size: [25, 5]"), "agency.yaml: standing or reasons or "),
        (replaced("dashboards/agency.yaml", "empty: empty.ratio", "empty: empty.rat"), "has no entry empty.rat"),
        (
            replaced("dashboards/agency.yaml", "rename: [phase]", "rename: [phases]"),
            "agency.yaml: phases: words.yaml has",
        ),
        (replaced("dashboards/agency.yaml", "columns:", "sort: {by: column.since}\n        columns:"), None),
        (
            replaced("dashboards/agency.yaml", "      - name: ratio\n", "      - name: certificate\n"),
            "agency.yaml: names that give the same id or stand twice",
        ),
        (
            replaced("dashboards/exchange.yaml", "<<code_national>>", "<<code>>"),
            "exchange.yaml: national_over_time: part",
        ),
        (replaced("dashboards/exchange.yaml", "[national]", "[nation]"), "exchange.yaml: shared panel: there is no "),
        (
            replaced("dashboards/agencies.yaml", '"yes": answer.yes', "yes: answer.yes"),
            "agencies.yaml: line 12: the key 'yes' needs quotation marks",
        ),
        (
            replaced("dashboards/agencies.yaml", "  - name: platform\n", "  - name: platform\n    name: platform\n"),
            "agencies.yaml: line 9: name stands here for the second time",
        ),
        (
            replaced("dashboards/agencies.yaml", "    several: true", "    several: true\n    query: up"),
            "either a query",
        ),
        (replaced("dashboards/agencies.yaml", "time: now-7d", "time: [now-7d"), "agencies.yaml: while parsing"),
        (replaced("presets.yaml", "exchange, monitor]", "exchange]"), "presets.yaml: order: names"),
        (added("words.yaml", "spare: {vi: thừa, en: spare}\n"), "words.yaml: no dashboard uses spare"),
        (added("words.yaml", "spare: {vi: thừa}\n"), "words.yaml: spare"),
        (
            replaced("words.yaml", "held: {vi: có, en: holds}", "held: {vi: holds, en: holds}"),
            "words.yaml: held: the same",
        ),
        (
            replaced("words.yaml", "held: {vi: có, en: holds}", 'held: {vi: " ", en: holds}'),
            "words.yaml: held: a text is",
        ),
        (replaced("words.yaml", "held: {vi: có", "held: {vi: co\u0301"), "words.yaml: held: not in Unicode's NFC"),
    ],
)
def test_a_mistake_in_the_source_is_told_with_file_and_key(source, tmp_path, spoil, told):
    spoil(source)
    wrote = run("--source", source, "--output", tmp_path / "dashboards", "--rules", tmp_path / "rules")

    if told is None:  # not a mistake
        assert wrote.returncode == 0, wrote.stderr
        return
    assert (wrote.returncode, wrote.stdout) == (2, "")
    assert told in wrote.stderr
    assert wrote.stderr.count("\n") == 1
    assert not (tmp_path / "dashboards").exists()
    assert not (tmp_path / "rules").exists()


def said(key):
    """Vietnamese and English of an entry."""
    held = WORDS[key]
    return (held, held) if isinstance(held, str) else (held["vi"], held["en"])


def both(tell):
    return tell(Language.VI), tell(Language.EN)


def under(prefix):
    return {key.removeprefix(f"{prefix}.") for key in WORDS if key.startswith(f"{prefix}.")}


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_said_as_everywhere_in_the_house(reason):
    assert said(f"reason.{reason.value}") == both(lambda language: words.word(reason, language))


def test_there_are_words_for_every_reason_and_for_no_other():
    assert under("reason") == {*(reason.value for reason in Reason), "document", "no_evidence"}
    assert said("reason.document") == both(lambda language: words.phrase("document", language, name="").strip())
    assert said("reason.no_evidence") == both(lambda language: words.phrase("no_evidence", language))


@pytest.mark.parametrize(
    ("prefix", "members", "tell"),
    [
        ("answer", Answer, words.word),
        ("state", Status, words.word),
        ("level", Level, words.one_of),
        ("levels", (Level.PROVINCE, Level.MINISTRY), words.word),
        ("condition", ("integrated", "merged", "connected"), words.phrase),
        ("phase", ("resolve", "connect", "tls", "processing", "transfer"), words.phrase),
    ],
)
def test_the_words_of_the_house_are_not_said_in_two_ways(prefix, members, tell):
    assert under(prefix) == {str(member) for member in members}
    for member in members:
        assert said(f"{prefix}.{member}") == both(lambda language, member=member: tell(member, language))


def test_a_check_is_called_by_what_its_kind_looks_at():
    checks = yaml.safe_load((ROOT / "config" / "checks.yaml").read_text(encoding="utf-8"))
    kinds = dict.fromkeys(words._KINDS) | {name: check["probe"] for name, check in checks.items()}
    assert under("check") == set(kinds)
    for name, kind in kinds.items():
        assert said(f"check.{name}") == both(lambda language, kind=kind or name: words.kind(kind, language))


def test_there_are_words_for_everything_that_agencies_may_share():
    assert under("sharing") == {sharing.value for sharing in Sharing}


@pytest.mark.parametrize(
    ("key", "phrase"),
    [
        ("column.agency", "agency"),
        ("column.code", "code"),
        ("column.level", "level"),
        ("column.since", "since"),
        ("column.condition", "condition"),
        ("column.check", "check"),
        ("column.state", "state"),
        ("column.answer", "answer"),
        ("link.other_language", "other_language"),
        ("overview.missing.title", "missing"),
        ("overview.unknown.title", "unknowns"),
        ("overview.short", "back"),
    ],
)
def test_what_the_status_page_says_too_is_said_the_same(key, phrase):
    assert said(key) == both(lambda language: words.phrase(phrase, language))
