"""Taking losses on, maintenance, trial notices and the audit log, as a user of the command line meets them."""

import json
from contextlib import closing
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from monitor.cli import main
from monitor.incidents import Loss
from monitor.model import Agency, Answer, Level, Standing, Verdict
from monitor.store.ledger import Batch
from monitor.store.opening import open_ledger
from monitor.store.place import Place
from monitor.stories import Memory

NOBODY = Agency(code="H00", name="", name_en="", level=Level.PROVINCE, counted=True)

HANOI = ("ack", "ha noi", "--reason", "gọi anh Bình,  đang sửa")


@pytest.fixture
def command(tmp_path, monkeypatch):
    """`command("ack", …)`: the exit status, stdout and stderr; its store is in a folder of the test."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda _uid: SimpleNamespace(pw_name="an"))

    def run(*arguments):
        result = CliRunner().invoke(main, arguments, catch_exceptions=False)
        return result.exit_code, result.stdout, result.stderr

    return run


@pytest.fixture
def alive(tmp_path, command):
    """`alive(at)`: a monitor that served the store of `command` gave its latest sign of life."""

    def write(at):
        command("audit")  # makes the store
        (file,) = tmp_path.rglob("monitor.db")
        with closing(open_ledger(Place(file=file))) as ledger:
            ledger.write(Batch(at=at))

    return write


@pytest.fixture
def run(command, alive):
    """`command`, beside a monitor that serves its store."""
    alive(datetime.now(UTC))
    return command


def test_a_loss_is_taken_on_listed_and_given_back(run):
    assert run(*HANOI) == (0, "", "H26 is taken on by an: gọi anh Bình, đang sửa\n")
    assert "gọi anh Bình" in run("ack", "--list")[1]
    assert run("ack", "H26", "--undo", "--reason", "xong")[0] == 0
    assert run("ack", "--list") == (0, "", "nobody has taken anything on\n")


@pytest.mark.parametrize(
    "act", [HANOI, ("maintenance", "add", "H26", "--lasts", "1h", "--reason", "x"), ("maintenance", "end", "abc")]
)
def test_in_a_store_that_no_monitor_ever_served_nothing_is_done_and_that_is_said(command, tmp_path, act):
    code, out, told = command(*act)

    assert (code, out) == (2, "")
    assert told.startswith(f"no monitor has ever served this store ({tmp_path}/npsp-monitor/monitor.db)")
    assert command("audit", "--format", "json")[:2] == (0, "[]\n")
    assert command("ack", "--list", "--format", "json")[1] == "[]\n"
    assert "no monitor has ever served" in command("ack", "--list")[2]


def test_while_no_monitor_serves_the_store_it_is_done_and_that_is_said(command, alive):
    alive(datetime(2023, 6, 21, 7, 5, tzinfo=UTC))
    code, _, told = command(*HANOI)

    assert code == 0
    assert "now, the last did until 21 June 2023 14:05 (time of Viet Nam)" in told
    assert "H26 is taken on by an" in told


def test_several_are_taken_on_at_once_and_each_is_said(run):
    _, out, told = run("ack", "ha noi", "H15", "--reason", "chung phần mềm")
    assert (out, [line.split(" ")[0] for line in told.splitlines()]) == ("", ["H26", "H15"])
    assert {each["agency"] for each in json.loads(run("ack", "--list", "--format", "json")[1])} == {"H26", "H15"}
    assert run("ack", "H26", "H15", "--undo", "--reason", "xong")[0] == 0
    assert json.loads(run("ack", "--list", "--format", "json")[1]) == []


def test_of_several_those_before_a_mistake_are_taken_on_and_said(run):
    code, _, told = run("ack", "H26", "Atlantis", "H15", "--reason", "x")
    assert code == 2
    assert told.startswith("H26 is taken on by an: x\n")
    assert "Atlantis" in told
    assert [each["agency"] for each in json.loads(run("ack", "--list", "--format", "json")[1])] == ["H26"]


@pytest.fixture
def seen(tmp_path, run):
    """`seen(H26="yes", H15="no")`: the monitor has written that they are connected, or are not."""

    def write(**answers):
        at = datetime(2023, 6, 21, 7, 5, tzinfo=UTC)
        (file,) = tmp_path.rglob("monitor.db")
        with closing(open_ledger(Place(file=file))) as ledger:
            held = {
                code: Verdict(answer=Answer(answer), since=at, because=("portal",)) for code, answer in answers.items()
            }
            lost = {(code, "connected"): Loss(at, at) for code, answer in answers.items() if answer == "no"}
            standings = {
                code: Standing(agency=NOBODY, merged=verdict, connected=verdict, integrated=verdict)
                for code, verdict in held.items()
            }
            ledger.write(Batch(at=datetime.now(UTC), standings=standings, memory=Memory(lost=lost)))

    return write


def test_who_is_connected_is_not_taken_on_and_it_is_said_who_is_lost(run, seen):
    seen(H26="yes", H15="no")

    code, out, told = run("ack", "hà nội", "--reason", "x")
    assert (code, out) == (2, "")
    assert told == (
        "Hà Nội (H26) is merged and connected since 21 June 2023 14:05 (time of Viet Nam): there is nothing to take on. "
        "Lost now: Đắk Lắk (H15).\n"
    )
    assert json.loads(run("ack", "--list", "--format", "json")[1]) == []
    assert json.loads(run("audit", "--format", "json")[1]) == []


def test_of_several_who_is_well_keeps_nobody_from_being_taken_on(run, seen):
    seen(H26="yes", H15="no", H29="yes", H32="no")
    code, _, told = run("ack", "H26", "H15", "H29", "H32", "--reason", "x")

    assert code == 2
    assert [line.split(" is ")[0] for line in told.splitlines()] == [
        "H15",
        "H32",
        "Hà Nội (H26)",
        "TP. Hồ Chí Minh (H29)",
    ]
    assert {each["agency"] for each in json.loads(run("ack", "--list", "--format", "json")[1])} == {"H15", "H32"}


def test_everything_that_was_done_stands_in_the_audit_log_the_latest_first(run):
    run(*HANOI)
    run("ack", "H26", "--undo", "--reason", "xong")
    found = json.loads(run("audit", "--format", "json")[1])

    assert [(act["who"], act["what"], act["about"], act["reason"]) for act in found] == [
        ("an", "unack", "H26", "xong"),
        ("an", "ack", "H26", "gọi anh Bình, đang sửa"),
    ]
    assert all(datetime.fromisoformat(act["at"]).tzinfo for act in found)


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("ack",), 2, "AGENCY and --reason are needed"),
        (("ack", "H26"), 2, "AGENCY and --reason are needed"),
        (("ack", "Atlantis", "--reason", "x"), 2, "Atlantis"),
        (("ack", "H26", "--reason", " "), 2, "a reason is needed"),
        (("ack", "H26", "--undo", "--reason", "x"), 2, "nobody has taken H26 on"),
        (("maintenance", "add", "--lasts", "1h", "--reason", "x"), 2, "name agencies, or give --all"),
        (("maintenance", "add", "H26", "--lasts", "soon", "--reason", "x"), 2, "write it as 6h"),
        (("maintenance", "add", "H26", "--begin", "tomorrow", "--lasts", "1h", "--reason", "x"), 2, "2026-12-01 22:00"),
        (("maintenance", "add", "H26", "--zone", "Asia/Hanoi", "--lasts", "1h", "--reason", "x"), 2, "no time zone"),
        (("maintenance", "end", "abc"), 2, "no maintenance window abc; there is none"),
        (("notify", "preview", "lots"), 2, "lost"),
        (("notify", "test", "mail"), 2, "there is no channel"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_is_allowed(run, arguments, status, told):
    code, out, err = run(*arguments)

    assert (code, out) == (status, "")
    assert told in err
    assert "Traceback" not in err


def test_maintenance_is_added_listed_and_ended(run):
    assert (
        "H26" in run("maintenance", "add", "Hà Nội", "--lasts", "6h", "--every", "monthly", "--reason", "cập nhật")[2]
    )
    (window,) = json.loads(run("maintenance", "list", "--format", "json")[1])
    assert (window["agencies"], window["seconds"], window["every"], window["open"]) == (["H26"], 21600, "monthly", True)
    assert "6 h, monthly" in run("maintenance", "list")[1]
    assert run("maintenance", "end", window["id"]) == (
        0,
        "",
        f"maintenance {window['id']} has ended: what is lost is told\n",
    )
    assert json.loads(run("maintenance", "list", "--format", "json")[1]) == []


def test_maintenance_that_is_still_to_come_is_not_open(run):
    run("maintenance", "add", "--all", "--begin", "2099-01-01 22:00", "--lasts", "1h30m", "--reason", "x")
    (window,) = json.loads(run("maintenance", "list", "--format", "json")[1])

    assert (window["open"], window["agencies"], window["begin"]) == (False, [], "2099-01-01 22:00")
    assert "all agencies" in run("maintenance", "list")[1]
    assert run("maintenance", "end", window["id"])[2] == f"maintenance {window['id']} is taken out\n"
    assert [act["about"] for act in json.loads(run("audit", "--format", "json")[1])] == [
        f"{window['id']}: all agencies",
        f"{window['id']}: all agencies",
    ]


def test_a_preview_shows_a_notice_as_it_would_be_sent_in_both_languages(run):
    assert "Hà Nội (H26) mất kết nối" in run("notify", "preview", "lost")[1]
    assert "Hanoi (H26)" in run("notify", "preview", "lost", "--language", "en")[1]
    assert "<html" in run("notify", "preview", "lost", "--format", "html")[1]
    assert json.loads(run("notify", "preview", "lost", "--format", "json")[1])["synthetic"]


def test_without_notices_the_list_says_so(run):
    assert run("notify", "list") == (0, "", "no notices\n")
    assert run("notify", "list", "--pending") == (0, "", "nothing waits\n")


def test_who_has_no_name_on_this_machine_acts_by_his_number(run, monkeypatch):
    def unknown(uid):
        raise KeyError(uid)

    monkeypatch.setattr("pwd.getpwuid", unknown)
    monkeypatch.setattr("os.getuid", lambda: 54321)
    assert run(*HANOI) == (0, "", "H26 is taken on by uid 54321: gọi anh Bình, đang sửa\n")


def test_nobody_acts_by_a_name_that_he_gives_himself(run, monkeypatch):
    monkeypatch.setenv("LOGNAME", "thu-truong")
    monkeypatch.setenv("USER", "thu-truong")

    assert "is taken on by an:" in run(*HANOI)[2]
