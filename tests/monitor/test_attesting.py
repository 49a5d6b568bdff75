"""The command attest, and what it makes of the file: everything that was in it stays, byte for byte."""

import os
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as some

from monitor import attesting, files
from monitor.attesting import FILE, NotAdded, addition, written
from monitor.cli import main
from monitor.model import Answer, Attestation, Condition
from monitor.settings import ConfigError, load, parse

BASE = Path(__file__).parents[1] / "broken" / "_base"
ENTRY = Attestation(
    agency="H26",
    condition=Condition.MERGED,
    answer=Answer.YES,
    since=date(2023, 2, 1),
    document="12/BC-UBND",
    issued=date(2023, 2, 15),
    issuer="Ủy ban nhân dân thành phố Hà Nội",
    url="https://hanoi.example/12",
)
OPTIONS = {
    "condition": "merged",
    "answer": "no",
    "since": "2023-02-01",
    "document": "12/BC-UBND",
    "issued": "2023-02-15",
    "issuer": "Ủy ban nhân dân thành phố Hà Nội",
}


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "config"
    shutil.copytree(BASE, made)
    return made


@pytest.fixture
def attest(folder):
    """`attest(words, **options)`: the command line; None leaves an option out."""

    def once(words="ha noi", *arguments, **options):
        told = {name: value for name, value in {**OPTIONS, **options}.items() if value is not None}
        flat = [part for name, value in told.items() for part in (f"--{name}", value)]
        return CliRunner().invoke(main, [*(arguments or ("--config", str(folder))), "attest", words, *flat])

    return once


@pytest.fixture
def add(folder):
    """`add(text, entry)` → the file's bytes after the entry was added to `text` (None: no file)."""

    def once(text, entry=ENTRY):
        path = folder / FILE
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_bytes(text.encode())
        return addition(folder, entry, lambda instead: load(folder, environ={}, instead=instead)).raw.decode()

    return once


def test_a_document_of_tomorrow_is_refused(attest, folder):
    before = (folder / FILE).read_bytes()
    done = attest(issued="2999-01-02")

    assert (done.exit_code, (folder / FILE).read_bytes()) == (2, before)
    assert "--issued 2999-01-02: is after today" in done.output


def test_what_is_not_utf_8_is_refused(add):
    with pytest.raises(NotAdded, match="document: is not UTF-8"):
        add("", replace(ENTRY, document="\udcff"))


BLOCK = """\
  condition: merged
  answer: yes
  since: 2023-02-01
  document: 12/BC-UBND
  issued: 2023-02-15
  issuer: Ủy ban nhân dân thành phố Hà Nội
  url: https://hanoi.example/12
"""
OTHER = """\
- agency: H60
  condition: merged
  answer: no   # so far
  since: 2023-01-01
  document: "1"
  issued: 2023-01-15
  issuer: 'Example'
"""


@pytest.mark.parametrize(
    ("before", "added"),
    [
        (None, "- agency: H26\n" + BLOCK),
        ("", "- agency: H26\n" + BLOCK),
        ("# only words", "\n\n- agency: H26\n" + BLOCK),
        ("# only words\n\n", "- agency: H26\n" + BLOCK),
        (OTHER, "\n- agency: H26\n" + BLOCK),
        (OTHER.rstrip("\n"), "\n\n- agency: H26\n" + BLOCK),
        (OTHER + "# the end\n", "\n- agency: H26\n" + BLOCK),
        (OTHER + OTHER.replace("H60", "G09"), "- agency: H26\n" + BLOCK),
        (OTHER + "\n" + OTHER.replace("H60", "G09"), "\n- agency: H26\n" + BLOCK),
        ("\ufeff" + OTHER, "\n- agency: H26\n" + BLOCK),
        ("---\n" + OTHER, "\n- agency: H26\n" + BLOCK),
    ],
)
def test_the_entry_comes_at_the_end_and_nothing_before_it_changes(add, before, added):
    assert add(before) == (before or "") + added


def test_the_entry_is_written_in_the_style_of_the_file(add):
    deeper = "".join(f"  {line}\n" for line in OTHER.replace("- agency", "-   agency").splitlines())
    deeper = deeper.replace("\n    ", "\n      ")
    assert add(deeper).removeprefix(deeper).startswith("\n  -   agency: H26\n      condition: merged\n")

    windows = OTHER.replace("\n", "\r\n")
    assert add(windows) == windows + "\r\n" + ("- agency: H26\n" + BLOCK).replace("\n", "\r\n")

    braces = (
        "- {agency: H60, condition: merged, answer: no, since: 2023-01-01, document: 1/X, "
        "issued: 2023-01-15, issuer: Example}\n"
    )
    assert add(braces).removeprefix(braces) == (
        "- {agency: H26, condition: merged, answer: yes, since: 2023-02-01, document: 12/BC-UBND, "
        'issued: 2023-02-15, issuer: "Ủy ban, Hà Nội", url: https://hanoi.example/12}\n'
    ).replace('"Ủy ban, Hà Nội"', "Ủy ban nhân dân thành phố Hà Nội")


@pytest.mark.parametrize(
    "text", ["[]", "[{agency: H60}]", OTHER + "...\n", OTHER.replace("'Example'", "|+\n    Ex\n\n\n")]
)
def test_a_file_that_nothing_can_be_added_to_is_left_alone(add, folder, text):
    with pytest.raises((NotAdded, ConfigError)):
        add(text)
    assert (folder / FILE).read_text("utf-8") == text


LINES = some.text(some.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60)


@given(document=LINES, issuer=LINES, braces=some.booleans())
def test_whatever_the_words_are_they_are_read_as_they_were_meant_or_refused(document, issuer, braces):
    """What YAML would take for a number, a date, a truth value or a comment is put in quotes."""
    entry = replace(ENTRY, document=document, issuer=issuer)
    complaints = []
    read = parse(written(entry, attesting.Style(braces=braces)), FILE, complaints)
    wanted = attesting.fields_of(entry)

    assert complaints or {key: str(value) for key, value in read.data[0].items() if key != "answer"} == {
        key: value for key, value in wanted.items() if key != "answer"
    }


@pytest.mark.parametrize(
    "word",
    ["yes", "No", "null", "12", "1/2", "2023-01-01", "12:30", "1e3", "0x1F", "a: b", "a #b", "- a", "*a", "a,b"],
)
def test_words_that_mean_something_to_yaml_stay_words(add, folder, word):
    for braces in (False, True):
        text = written(replace(ENTRY, document=word), attesting.Style(braces=braces))
        (folder / FILE).write_text(text, encoding="utf-8")
        assert load(folder, environ={}).attestations[0].document == word


# -- the command


def test_a_document_is_added_and_what_it_changes_is_told(attest, folder):
    before = (folder / FILE).read_bytes()
    result = attest()
    after = (folder / FILE).read_bytes()

    assert result.exit_code == 0, result.output
    assert after.startswith(before)
    assert after[len(before) :].decode() in result.stdout
    assert "for H26, merged: 12/BC-UBND of 2023-02-15, Ủy ban nhân dân thành phố Hà Nội: no since 2023-02-01" in (
        result.stdout
    )
    assert "contradicts 1/BC-EXAMPLE of 2023-01-15, Example People's Committee: yes since 2023-01-01" in result.stdout
    assert "curl -X POST http://127.0.0.1:9884/-/reload" in result.stderr
    assert load(folder, environ={}).attestations[-1].answer is Answer.NO


def test_a_document_that_contradicts_nothing_says_so(attest):
    assert "nothing that is known without a look contradicts it" in attest(answer="yes").stdout


def test_a_document_against_what_is_declared_by_name_says_so(attest, folder):
    (folder / "declared.yaml").write_text(
        "- {level: province, as_of: 2023-06-21, agencies: 2, integrated: 2, source: a report, "
        "integrated_agencies: [H26, H22]}\n",
        encoding="utf-8",
    )
    told = "contradicts what is declared on 2023-06-21: that it is integrated (a report)"

    assert told in attest(answer="no").stdout
    assert told not in attest(answer="yes", document="13/BC").stdout


@pytest.mark.parametrize(
    ("since", "told"),
    [
        ("2022-01-01", "the new one is not in force: a later document holds"),
        ("2199-01-01", "the new one is not in force: it holds from 2199-01-01 on"),
    ],
)
def test_a_document_that_is_not_in_force_says_why(attest, since, told):
    assert told in attest(since=since).stdout


@pytest.mark.parametrize(
    ("words", "options", "told"),
    [
        ("nowhere", {}, "no agency is called 'nowhere' on 2023-02-01"),
        ("H60", {"since": "2023-13-01"}, "is not a day"),
        ("signon", {}, "must be a province or a ministry: national systems are never counted"),
        ("ha noi", {"document": "1/BC-EXAMPLE"}, "1/BC-EXAMPLE is there already for H26, merged"),
        ("ha noi", {"document": "1/bc-example", "answer": "yes"}, "is there already for H26, merged"),
        ("ha noi", {"issuer": "two\nlines"}, "issuer: must be one line"),
        ("ha noi", {"issuer": "a\u202eb"}, "U+202E is not allowed in a file"),
        ("ha noi", {"issuer": " "}, "issuer: must not be empty"),
        ("ha noi", {"url": "ftp://hanoi.example"}, "url: must be a URL with http or https"),
        ("ha noi", {"url": "https://user:pass@hanoi.example"}, "url: must hold neither a user"),
        ("ha noi", {"condition": "integrated"}, "'integrated' is not one of 'merged', 'connected'"),
        ("ha noi", {"answer": "unknown"}, "'unknown' is not one of 'yes', 'no'"),
        ("ha noi", {"document": None}, "Missing option '--document'"),
    ],
)
def test_a_mistake_ends_with_a_sentence_and_nothing_is_written(attest, folder, words, options, told):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    result = attest(words, **options)

    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_configuration_that_is_not_well_is_not_added_to(attest, folder):
    before = (folder / FILE).read_bytes()
    (folder / "checks.yaml").write_text("nonsense: true\n", encoding="utf-8")
    result = attest()

    assert result.exit_code == 2
    assert "config/checks.yaml:1: " in result.stderr
    assert (folder / FILE).read_bytes() == before


def test_the_configuration_that_comes_with_the_program_is_not_added_to(attest, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path.parent)
    result = attest("ha noi", "--log-format", "console")

    assert result.exit_code == 2
    assert "no configuration of your own: --config DIR names it, `npsp-monitor init DIR` writes one" in result.stderr


def test_a_folder_that_is_not_there_is_told(attest):
    result = attest("ha noi", "--config", "/nowhere")

    assert result.exit_code == 2
    assert "does not exist" in result.stderr


# -- how it is written


def test_the_permissions_stay_and_a_link_stays_a_link(attest, folder, tmp_path):
    real = tmp_path / "papers.yaml"
    (folder / FILE).replace(real)
    (folder / FILE).symlink_to(real)
    real.chmod(0o640)

    assert attest().exit_code == 0
    assert (folder / FILE).is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert b"12/BC-UBND" in real.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config", "papers.yaml"]


def test_a_new_file_may_be_read_as_others_are(attest, folder):
    (folder / FILE).unlink()
    assert attest().exit_code == 0
    (folder / "usual").touch()

    assert (folder / FILE).stat().st_mode == (folder / "usual").stat().st_mode


def test_a_disk_that_is_full_leaves_the_file_as_it_was(attest, folder, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    before = (folder / FILE).read_bytes()
    monkeypatch.setattr(files.os, "fsync", full)
    result = attest()

    assert result.exit_code == 2
    assert "No space left on device" in result.stderr
    assert (folder / FILE).read_bytes() == before
    assert not list(folder.glob(".*"))


def test_a_file_that_may_not_be_written_is_told(folder, monkeypatch):
    monkeypatch.setattr(files.os, "access", lambda *_: False)  # tests may run as root, who may do anything
    with pytest.raises(PermissionError, match="may not be written"):
        files.replace(folder / FILE, b"")


def test_of_many_at_once_none_is_lost(folder):
    def command(number):
        options = {**OPTIONS, "document": f"{number}/X"}
        flat = [part for name, value in options.items() for part in (f"--{name}", value)]
        return [sys.executable, "-m", "monitor", "--config", str(folder), "attest", "H26", *flat]

    running = [subprocess.Popen(command(n), stdout=subprocess.DEVNULL, env=os.environ) for n in range(4)]

    assert [each.wait(180) for each in running] == [0] * 4
    assert {a.document for a in load(folder, environ={}).attestations} == {
        "1/BC-EXAMPLE",
        *(f"{n}/X" for n in range(4)),
    }
