"""`make stack`: what it changes in the shipped files, what it says, and that it leaves nothing behind."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
import pytest
import yaml
from stack import derive, edits, words
from stack.addresses import SHIPPED, Addresses, free
from stack.catcher import Hook
from stack.edits import GONE, Quick

ROOT = Path(__file__).parents[2]
SHIPPED_IN = {
    "prometheus": ROOT / "config" / "prometheus",
    "alertmanager": ROOT / "config" / "alertmanager",
    "provisioning": ROOT / "grafana" / "provisioning",
}
ELSEWHERE = Addresses(**{name: f"127.77.9.9:{4000 + n}" for n, (name, _) in enumerate(SHIPPED.each())})


def program(*names):
    for name in names:
        if path := shutil.which(name):
            return path
    if os.environ.get("CI") == "true":
        pytest.fail(f"{names[0]} is missing; `make debian-packages` installs it")
    return pytest.skip(f"{names[0]} is not installed; `make debian-packages` installs it")


def read(file):
    return dict(edits.leaves(yaml.safe_load(file.read_text(encoding="utf-8"))))


# -- what is changed


@pytest.mark.parametrize("quick", [None, Quick()])
@pytest.mark.parametrize("addresses", [SHIPPED, ELSEWHERE])
def test_what_differs_from_the_shipped_files_is_what_is_told_and_nothing_else(tmp_path, addresses, quick):
    changes = derive.derived(tmp_path, addresses, quick)

    for part, shipped in SHIPPED_IN.items():
        files = [file for file in sorted(shipped.rglob("*")) if file.is_file()]
        assert len(files) == len([file for file in (tmp_path / part).rglob("*") if file.is_file()])
        for file in files:
            name = f"{part}/{file.relative_to(shipped).as_posix()}"
            told = {edit.path: edit for each, edit in changes if each == name}
            if not told:
                assert (tmp_path / name).read_bytes() == file.read_bytes()
                continue
            before, after = read(file), read(tmp_path / name)
            for path in before.keys() | after.keys():
                edit = next((told[path[:n]] for n in range(len(path) + 1) if path[:n] in told), None)
                if edit is None:
                    assert after[path] == before[path], (name, path)
                else:
                    assert after.get(path) == edit.becomes, (name, path)


def test_at_the_usual_addresses_prometheus_has_its_shipped_files_byte_for_byte(tmp_path):
    derive.derived(tmp_path, SHIPPED, None)

    for file in SHIPPED_IN["prometheus"].rglob("*.yml"):
        assert (tmp_path / "prometheus" / file.relative_to(SHIPPED_IN["prometheus"])).read_bytes() == file.read_bytes()


def test_no_shipped_address_is_left_where_the_parts_listen_elsewhere(tmp_path):
    derive.derived(tmp_path, ELSEWHERE, None)
    left = [
        (file.name, value)
        for file in tmp_path.rglob("*.yml")
        if file.name != "http-sd.yml"
        for value in read(file).values()
        if isinstance(value, str) and any(address in value for _, address in SHIPPED.each())
    ]

    assert left == []


def test_all_mail_and_every_webhook_goes_to_the_stand_in_and_no_secret_is_asked_for(tmp_path):
    derive.derived(tmp_path, ELSEWHERE, None)
    made = read(tmp_path / "alertmanager" / "alertmanager.yml")
    urls = [value for path, value in made.items() if path[-1] == "url"]

    assert made["global", "smtp_smarthost"] == ELSEWHERE.mail
    assert made["global", "smtp_require_tls"] is False
    assert urls
    assert all(url.startswith(f"http://{ELSEWHERE.webhook}/") for url in urls)
    assert len(set(urls)) == len(urls)
    assert not [path for path in made if re.search("password|credentials|auth", ".".join(map(str, path)))]


def test_passwords_of_a_mail_server_are_left_out_and_tls_is_not_asked_for():
    data = {
        "global": {"smtp_smarthost": "mail.example:587", "smtp_auth_username": "u", "smtp_auth_password_file": "p"},
        "receivers": [{"email_configs": [{"to": "a@b.example", "smarthost": "x:25", "auth_password": "p"}]}],
    }
    edits.apply(data, list(edits.of_mail_and_webhooks(data, ELSEWHERE)))

    assert data["global"] == {"smtp_smarthost": ELSEWHERE.mail, "smtp_require_tls": False}
    assert data["receivers"] == [{"email_configs": [{"to": "a@b.example", "smarthost": ELSEWHERE.mail}]}]


def test_quick_makes_seconds_of_minutes_and_keeps_the_order_of_all_waits(tmp_path):
    derive.derived(tmp_path, SHIPPED, Quick())
    rules = "prometheus/rules/npsp-alerts.yml"
    shipped, made = read(ROOT / "config" / rules), read(tmp_path / rules)
    waits = [path for path in shipped if path[-1] == "for"]

    assert waits
    for path in waits:
        assert edits.seconds(made[path]) == edits.seconds(shipped[path]) / 60


@pytest.mark.parametrize(
    ("text", "length"), [("1h30m", 5400), ("500ms", 0.5), ("0", 0), ("0s", 0), ("1d", 86400), ("2w", 1209600)]
)
def test_durations_are_read_as_prometheus_reads_them(text, length):
    assert edits.seconds(text) == length


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "1h 30m", "-5m"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="is no duration"):
        edits.seconds(text)


@pytest.mark.parametrize("quick", [None, Quick()])
def test_the_real_programs_take_what_was_made(tmp_path, quick):
    derive.derived(tmp_path, ELSEWHERE, quick)
    for command in (
        (program("promtool"), "check", "config", tmp_path / "prometheus" / "prometheus.yml"),
        (program("amtool"), "check-config", tmp_path / "alertmanager" / "alertmanager.yml"),
    ):
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout + found.stderr


def test_the_scenario_is_hurried_and_otherwise_as_it_was(tmp_path):
    shipped = ROOT / "monitor" / "testbed" / "scenarios" / "june-2023.yaml"
    made = yaml.safe_load(derive.scenario(tmp_path, "june-2023").read_text(encoding="utf-8"))

    assert made.pop("monitor") == {"every": "3s", "timeout": "2s", "warm_up": "2s"}
    assert made == yaml.safe_load(shipped.read_text(encoding="utf-8"))


# -- what is told


def alert(name, status, agency=None):
    labels = {"alertname": name} | ({"agency": agency} if agency else {})
    return {
        "labels": labels,
        "status": status,
        "startsAt": "2026-11-25T12:00:00Z",
        "fingerprint": f"{name}{agency}",
    }


def test_a_notice_is_told_in_a_line_that_names_what_is_new_and_says_that_it_is_synthetic():
    teller = words.Teller()

    def line(*alerts):
        return teller.line(Hook(at=0, path="/relay", payload={"alerts": alerts}))

    first = line(alert("NpspAgencyLost", "firing", "H26"))
    second = line(alert("NpspAgencyLost", "firing", "H26"), alert("NpspAgencyLost", "firing", "G01"))
    third = line(alert("NpspAgencyLost", "resolved", "H26"))

    assert all(each.startswith("SYNTHETIC ") for each in (first, second, third))
    assert re.search(r"/relay firing: NpspAgencyLost of H26, since \d\d:\d\d:\d\d$", first)
    assert "firing (1 as before): NpspAgencyLost of G01" in second
    assert "resolved: NpspAgencyLost of H26" in third


def test_how_long_it_takes_is_worked_out_from_the_files(tmp_path):
    derive.derived(tmp_path / "shipped", SHIPPED, None)
    derive.derived(tmp_path / "quick", SHIPPED, Quick())
    shipped, quick = words.longest(tmp_path / "shipped"), words.longest(tmp_path / "quick")

    # scrape 15s, evaluation twice 30s, for 5m, group_wait 1m
    assert shipped == 15 + 2 * 30 + 300 + 60
    assert quick == 2 + 2 * 1 + 5 + 1


# -- the program itself


def options(addresses):
    return [word for name, address in addresses.each() for word in (f"--{name}", address)]


@asynccontextmanager
async def stack(*arguments, path=None):
    """`python .ci/stack` in a process of its own; whatever happens it ends."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        ROOT / ".ci" / "stack",
        *arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | ({"PATH": path} if path is not None else {}),
    )
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            running.kill()
        await running.communicate()


async def until(running, pattern):
    """The first line like that, and all lines before."""
    told = ""
    async with asyncio.timeout(90):
        while line := (await running.stdout.readline()).decode():
            told += line
            if re.search(pattern, line):
                return told
    pytest.fail(f"it ended without a line like {pattern}:\n{told}")


async def ended(running):
    """Its exit status and the rest of what it said."""
    async with asyncio.timeout(60):
        rest, _ = await running.communicate()
    return running.returncode, rest.decode()


def family(running):
    return psutil.Process(running.pid).children(recursive=True)


def folders(family):
    return {part.cwd().split("/run/")[0] for part in family if "npsp-stack-" in part.cwd()}


@pytest.fixture
def real():
    program("prometheus")
    program("prometheus-alertmanager", "alertmanager")


@pytest.mark.usefixtures("real")
@pytest.mark.parametrize(("number", "host"), [(signal.SIGINT, "127.77.8.1"), (signal.SIGTERM, "127.77.8.8")])
async def test_a_signal_ends_every_program_and_removes_what_was_written(number, host):
    async with stack(*options(free(host)), "--quick") as running:
        told = await until(running, "Ctrl-C ends")
        parts = family(running)
        written = folders(parts)
        running.send_signal(number)
        status, rest = await ended(running)

    assert (status, rest.splitlines()[-1]) == (0, "ended")
    assert len(parts) >= 3
    assert len(written) == 1
    assert not [part for part in parts if part.is_running()]
    assert not any(map(os.path.exists, written))
    assert re.search(r"curl -X POST http://127\.0\.0\.1:\d+/hosts/H26/refused", told)
    assert "SYNTHETIC" in told
    for name in ("mailbox", "webhook", "npsp-monitor", "alertmanager", "prometheus"):
        assert re.search(rf"^{name} +(?:http|smtp)://{re.escape(host)}:\d+$", told, re.MULTILINE)


@pytest.mark.usefixtures("real")
async def test_a_signal_while_it_starts_ends_it_as_well():
    async with stack(*options(free("127.77.8.2"))) as running:
        await until(running, "^webhook")
        running.send_signal(signal.SIGTERM)
        status, rest = await ended(running)

    assert (status, rest.splitlines()[-1]) == (0, "ended")


@pytest.mark.usefixtures("real")
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a program that its parent is gone")
async def test_also_when_it_is_killed_nothing_runs_on():
    async with stack(*options(free("127.77.8.7")), "--quick") as running:
        await until(running, "Ctrl-C ends")
        parts = family(running)
        written = folders(parts)
        running.kill()
        await running.wait()
        gone, alive = await asyncio.to_thread(psutil.wait_procs, parts, timeout=60)
    for folder in written:
        shutil.rmtree(folder)  # a killed program removes nothing

    assert (len(gone), alive) == (len(parts), [])


@pytest.mark.usefixtures("real")
async def test_when_one_dies_all_end_and_its_last_lines_are_shown():
    async with stack(*options(free("127.77.8.3")), "--quick") as running:
        await until(running, "Ctrl-C ends")
        parts = family(running)
        (victim,) = [part for part in parts if "alertmanager" in part.name()]
        victim.kill()
        status, rest = await ended(running)

    assert status == 1
    assert "alertmanager ended with status -9; its last lines:" in rest
    assert "msg=" in rest
    assert "Traceback" not in rest
    assert not [part for part in parts if part.is_running()]


@pytest.mark.usefixtures("real")
async def test_ports_that_are_taken_are_said_before_anything_starts():
    addresses = free("127.77.8.4")
    with socket.create_server(("127.77.8.4", int(addresses.prometheus.rpartition(":")[2]))):
        async with stack(*options(addresses)) as running:
            status, rest = await ended(running)

    assert status == 2
    assert rest.splitlines() == [
        f"stack: {addresses.prometheus}, for prometheus: another program listens there (--prometheus ADDRESS:PORT takes another)"
    ]


async def test_programs_that_are_missing_are_said_with_what_installs_them(tmp_path):
    async with stack(*options(free("127.77.8.5")), path=str(tmp_path)) as running:
        status, rest = await ended(running)

    assert status == 2
    assert len(re.findall("is not on PATH: `make debian-packages` installs it", rest)) == 2


async def test_an_address_that_is_none_is_refused():
    async with stack("--prometheus", "9090") as running:
        status, rest = await ended(running)

    assert status == 2
    assert "want ADDRESS:PORT" in rest


# Not Grafana: it says how it was started, and answers where Grafana would.
STAND_IN = """#!{python}
import http.server, json, os, sys
print(json.dumps([sys.argv[1:], {{k: v for k, v in os.environ.items() if k.startswith("GF_")}}]), flush=True)
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/api/health" else 404)
        self.end_headers()
address = os.environ["GF_SERVER_HTTP_ADDR"], int(os.environ["GF_SERVER_HTTP_PORT"])
http.server.HTTPServer(address, Health).serve_forever()
"""


def grafanas(folder):
    """What the stand-in was started with, and what it would find: arguments, environment, data source, dashboards."""
    arguments, environ = json.loads(Path(folder, "run", "grafana", "log").read_text(encoding="utf-8").splitlines()[0])
    provisioning = Path(environ["GF_PATHS_PROVISIONING"])
    source = read(provisioning / "datasources" / "prometheus.yml")["datasources", 0, "url"]
    path = read(provisioning / "dashboards" / "npsp.yml")["providers", 0, "options", "path"]
    return arguments, environ, source, list(Path(path).glob("*.json"))


@pytest.mark.usefixtures("real")
async def test_where_grafana_is_there_it_is_started_on_our_provisioning_and_dashboards(tmp_path):
    """With a stand-in: no Grafana could be had where this was written."""
    path = tmp_path / "grafana"
    path.write_text(STAND_IN.format(python=sys.executable), encoding="utf-8")
    path.chmod(0o755)
    addresses = free("127.77.8.6")
    async with stack(*options(addresses), "--quick", path=f"{tmp_path}:{os.environ['PATH']}") as running:
        told = await until(running, "Ctrl-C ends")
        (folder,) = folders(family(running))
        arguments, environ, source, dashboards = grafanas(folder)
        running.send_signal(signal.SIGTERM)
        status, _ = await ended(running)

    assert status == 0
    assert arguments[0] == "server"
    assert f"http://{addresses.grafana}" in told
    assert source == f"http://{addresses.prometheus}"
    assert dashboards
    assert environ["GF_PATHS_DATA"].startswith(folder)


def test_an_edit_says_what_becomes_of_what():
    edit = edits.Edit(path=("a", 0, "b"), was="x", becomes=GONE)

    assert str(edit) == "a.0.b: x → left out"
