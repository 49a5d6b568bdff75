"""Alertmanager's example: who is told, what is held back, and what people read; by a real Alertmanager."""

import asyncio
import email
import email.policy
import os
import re
import shutil
import subprocess
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from itertools import groupby
from pathlib import Path

import pytest
import yaml
from aiohttp import ClientSession, web

FOLDER = Path(__file__).parents[2] / "config" / "alertmanager"
FILE = FOLDER / "alertmanager.yml"
LIMIT = 60  # seconds for whatever has to come
ZONE = timezone(timedelta(hours=7))  # of Viet Nam
SHORTLY = timedelta(minutes=1)
SECRET = "a-secret-of-this-test"


def program(*names):
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{names[0]} is missing; `make debian-packages` installs it")
        pytest.skip(f"{names[0]} is not installed; `make debian-packages` installs it")
    return path


def amtool(*arguments):
    found = subprocess.run([program("amtool"), *arguments], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout.strip()


def test_amtool_takes_the_example():
    assert "SUCCESS" in amtool("check-config", str(FILE))


BOTH = "home-affairs,operators"


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ("alertname=NpspAgencyLost level=province severity=warning condition=connected", BOTH),
        ("alertname=NpspAgencyLost level=ministry severity=warning condition=merged", BOTH),
        ("alertname=NpspNationalSystemDown level=national severity=critical incident=national/NPSP", BOTH),
        ("alertname=NpspIncident level=national severity=critical incident=platform/igate", BOTH),
        ("alertname=NpspScoreFell level=province severity=warning", BOTH),
        ("alertname=NpspAgencyUnstable level=province severity=warning condition=connected", BOTH),
        ("alertname=NpspFiguresExplained level=province severity=none", "nobody"),
        ("alertname=NpspConflict level=ministry severity=warning condition=merged", BOTH),
        ("alertname=NpspSyncCollapsed level=province severity=warning", BOTH),
        ("alertname=NpspConnectionBudgetBurning level=province severity=critical speed=fast", BOTH),
        ("alertname=NpspCertificateEnds level=province severity=warning within=14d", BOTH),
        ("alertname=NpspCertificateEnds level=province severity=info within=30d", "operators"),
        ("alertname=NpspLookStale level=province severity=warning check=portal", "operators"),
        ("alertname=NpspMonitorBlind level=province severity=warning", "operators"),
        ("alertname=NpspMonitorDown level=monitor severity=critical scope=all", "operators"),
        ("alertname=NpspReloadFailed level=monitor severity=warning", "operators"),
        ("alertname=NpspNoticesStuck level=monitor severity=warning", "operators"),
        ("alertname=SomethingElse", "operators"),
        ("alertname=NpspWatchdog level=monitor severity=none", "dead-mans-switch"),
    ],
)
def test_who_is_told(labels, receiver):
    assert amtool("config", "routes", "test", f"--config.file={FILE}", *labels.split()) == receiver


def test_every_address_is_one_that_cannot_exist_and_every_secret_is_in_a_file():
    text = FILE.read_text(encoding="utf-8")
    hosts = {*re.findall(r"@([\w.-]+)", text), *re.findall(r"https?://([\w.-]+)", text)}
    assert hosts
    assert all(host.endswith((".example", ".invalid")) for host in hosts), hosts
    assert not re.search(r"^\s*(\w*password|credentials|bearer_token|\w*secret)\s*:", text, re.MULTILINE)


# ---- a real Alertmanager


class Mailbox:
    """What an SMTP server was given; it takes everything, and knows no more than Alertmanager says to it."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def talk(self, reader, writer):
        writer.write(b"220 mailbox\r\n")
        while line := await reader.readline():
            word = line[:4].upper().strip()
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                raw = await reader.readuntil(b"\r\n.\r\n")
                self.mails.append(email.message_from_bytes(raw[:-5], policy=email.policy.default))
            writer.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                break
        writer.close()


class Hooks:
    """What webhooks were given, by the path of their address."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict]] = []
        self.tokens: set[str] = set()

    async def take(self, request):
        self.tokens.add(request.headers.get("Authorization", ""))
        self.got.append((request.path, await request.json()))
        return web.Response()


@asynccontextmanager
async def local(hooks, mailbox):
    """Addresses of a web server and of a mail server."""
    runner = web.ServerRunner(web.Server(hooks.take), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server = await asyncio.start_server(mailbox.talk, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{runner.addresses[0][1]}", f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()
        await runner.cleanup()


def here(folder, hook, smtp):
    """The example with its addresses on this machine, and less patience."""
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    (folder / "secrets").mkdir()
    text = re.sub(r"https://[\w.]+(/[\w-]+)", rf"http://{hook}\1", FILE.read_text(encoding="utf-8"))
    config = yaml.safe_load(text.replace("127.0.0.1:25", smtp))
    config["route"] |= {"group_wait": "1s", "group_interval": "1s"}
    for receiver in config["receivers"]:
        for each in receiver.get("webhook_configs", ()):
            each["url"] += f"/{receiver['name']}"
            (folder / each["http_config"]["authorization"]["credentials_file"]).write_text(SECRET, encoding="utf-8")
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(config), encoding="utf-8")


async def until(get):
    """What `get` gives as soon as it gives something."""
    async with asyncio.timeout(LIMIT):
        while True:
            found = get()
            found = await found if asyncio.iscoroutine(found) else found
            if found:
                return found
            await asyncio.sleep(0.05)


@pytest.fixture
def hooks():
    return Hooks()


@pytest.fixture
def mailbox():
    return Mailbox()


@pytest.fixture
async def manager(tmp_path, hooks, mailbox):
    """`session`, at a running Alertmanager with the example's configuration."""
    binary, log = program("prometheus-alertmanager", "alertmanager"), tmp_path / "log"
    async with local(hooks, mailbox) as (hook, smtp):
        here(tmp_path, hook, smtp)
        command = [binary, "--config.file=alertmanager.yml", "--storage.path=data", "--cluster.listen-address="]
        with log.open("wb") as said:
            running = await asyncio.create_subprocess_exec(
                *command, "--web.listen-address=127.0.0.1:0", cwd=tmp_path, stdout=said, stderr=said
            )
        try:
            listening = r'msg="Listening on" (?:\w+=\S+ )*?address=(\S+)'
            found = await until(lambda: re.search(listening, log.read_text(encoding="utf-8")))
            async with ClientSession(f"http://{found[1]}") as session:
                yield session
        finally:
            running.terminate()
            await running.wait()


def alert(name, **labels):
    words = {"vi": "Hà Nội (H26): mất kết nối <&>", "en": "Hanoi (H26): no longer connected <&>"}
    return {
        "labels": {"alertname": name, "severity": "warning", **labels},
        "annotations": {
            "summary_vi": words["vi"],
            "summary": words["en"],
            "description_vi": "Căn cứ: trang của cổng – máy chủ báo lỗi (HTTP 5xx).",
            "description": "Decided by: portal's page – the server reports an error (HTTP 5xx).",
            "runbook_url": f"http://127.0.0.1:9884/runbooks/{name}",
            "dashboard_url": "http://127.0.0.1:3000/d/npsp-agency-vi?var-agency=H26",
            "dashboard_url_en": "http://127.0.0.1:3000/d/npsp-agency-en?var-agency=H26",
        },
    }


async def post(manager, *alerts, began=None, ended=None):
    """Alerts that begin about now, or are said to have begun then.

    Who began longer ago than the others are waited for is told at once and alone: on a machine that is busy that may be
    so of the first of those that come together, and therefore they begin a little later.
    """
    began = began or datetime.now(ZONE) + SHORTLY
    times = {"startsAt": began.isoformat(), **({"endsAt": ended.isoformat()} if ended else {})}
    async with manager.post("/api/v2/alerts", json=[each | times for each in alerts]) as answer:
        assert answer.status == 200, await answer.text()


async def held_back(manager):
    """The labels of the alerts that are inhibited."""
    async with manager.get("/api/v2/alerts") as answer:
        return [each["labels"] for each in await answer.json() if each["status"]["inhibitedBy"]]


CAUSES = {
    "figures explained": alert("NpspFiguresExplained", level="province", severity="none"),
    "incident": alert("NpspIncident", level="province", incident="level/province", sharing="level"),
    "incident of no level": alert("NpspIncident", level="national", incident="network/1a2b3c4d", sharing="network"),
    "national system": alert("NpspNationalSystemDown", level="national", agency="NPSP", incident="national/NPSP"),
    "down": alert("NpspMonitorDown", level="monitor", scope="all"),
    "one down": alert("NpspMonitorDown", level="monitor", scope="one", instance="a:9884"),
    "offline": alert("NpspMonitorOffline", level="monitor", scope="all"),
    "stuck": alert("NpspMonitorStuck", level="monitor", scope="all"),
    "certificate": alert("NpspCertificateEnds", level="province", agency="H26", within="7d"),
    "fast": alert("NpspConnectionBudgetBurning", level="province", speed="fast"),
}
TARGETS = {
    "lost with its level": alert("NpspAgencyLost", level="province", agency="H26", incident="level/province"),
    "lost with its network": alert("NpspAgencyLost", level="ministry", agency="G09", incident="network/1a2b3c4d"),
    "lost with NPSP": alert("NpspAgencyLost", level="province", agency="H27", incident="national/NPSP"),
    "lost alone": alert("NpspAgencyLost", level="province", agency="H57"),
    "lost too": alert("NpspAgencyLost", level="province", agency="H01"),
    "score": alert("NpspScoreFell", level="province"),
    "score of ministries": alert("NpspScoreFell", level="ministry"),
    "blind": alert("NpspMonitorBlind", level="province"),
    "notices": alert("NpspNoticesStuck", level="monitor", instance="a:9884", channel="log"),
    "reload": alert("NpspReloadFailed", level="monitor", instance="a:9884"),
    "ends in 14 days": alert("NpspCertificateEnds", level="province", agency="H26", within="14d"),
    "another's end": alert("NpspCertificateEnds", level="province", agency="H57", within="30d"),
    "slow": alert("NpspConnectionBudgetBurning", level="province", speed="slow"),
}
OF_AGENCIES = set(TARGETS) - {"notices", "reload"}


@pytest.mark.parametrize(
    ("cause", "held"),
    [
        ("incident", {"lost with its level"}),
        ("incident of no level", {"lost with its network"}),
        ("national system", {"lost with NPSP"}),
        ("figures explained", {"score", "slow"}),
        ("down", OF_AGENCIES),
        ("offline", OF_AGENCIES | {"notices"}),
        ("stuck", OF_AGENCIES | {"notices"}),
        ("certificate", {"ends in 14 days"}),
        ("fast", {"slow"}),
    ],
)
async def test_what_explains_others_holds_them_back_and_nothing_else(manager, cause, held):
    expected = {name: TARGETS[name]["labels"] for name in held}
    await post(manager, CAUSES[cause], *TARGETS.values())

    async def as_expected():
        found = await held_back(manager)
        return {name for name, each in TARGETS.items() if each["labels"] in found} == expected.keys()

    await until(as_expected)
    assert CAUSES[cause]["labels"] not in await held_back(manager)


async def test_one_of_several_monitors_holds_nothing_back(manager, hooks):
    await post(manager, CAUSES["one down"], TARGETS["lost alone"])

    await until(lambda: hooks.got)
    assert await held_back(manager) == []


async def test_an_outage_of_84_agencies_is_one_message(manager, hooks):
    codes = [f"H{n:02d}" for n in range(1, 64)] + [f"G{n:02d}" for n in range(1, 22)]
    lost = [
        alert("NpspAgencyLost", level="province", agency=code, condition="connected", incident="national/NPSP")
        for code in codes
    ]
    await post(manager, CAUSES["national system"], *lost)
    await until(lambda: hooks.got)
    # Who is lost alone comes later, in a message of its own; by then the 84 would have come.
    await post(manager, TARGETS["lost alone"])
    await until(lambda: len(hooks.got) > 1)

    told = [[each["labels"]["agency"] for each in message["alerts"]] for _, message in hooks.got]
    assert told == [["NPSP"], ["H57"]]


async def test_what_no_incident_explains_is_one_message_for_each_alert_and_level(manager, hooks):
    lost = [alert("NpspAgencyLost", level="province", agency=f"H{n:02d}") for n in range(1, 6)]
    await post(manager, *lost, alert("NpspAgencyLost", level="ministry", agency="G09"))
    await until(lambda: len(hooks.got) > 1)

    assert sorted(len(message["alerts"]) for _, message in hooks.got) == [1, 5]
    assert hooks.tokens == {f"Bearer {SECRET}"}


async def test_the_watchdog_goes_to_the_dead_mans_switch_alone(manager, hooks, mailbox):
    await post(manager, alert("NpspWatchdog", level="monitor", severity="none"))
    await until(lambda: hooks.got)

    assert [path.rpartition("/")[2] for path, _ in hooks.got] == ["dead-mans-switch"]
    assert mailbox.mails == []


def to(mailbox, who):
    """The mails to this receiver."""
    return [mail for mail in mailbox.mails if mail["To"].startswith(f"{who}@")]


async def test_the_operators_are_told_what_home_affairs_is_told_and_nobody_is_told_twice(manager, hooks, mailbox):
    await post(manager, TARGETS["lost alone"])
    await until(lambda: hooks.got and to(mailbox, "home-affairs") and to(mailbox, "operators"))
    # Later ones come in mails of their own; by then a second mail of the first would have come.
    await post(manager, TARGETS["reload"], TARGETS["score"], began=datetime(2026, 11, 24, 23, 30, tzinfo=ZONE))
    await until(lambda: len(to(mailbox, "operators")) > 2 and len(to(mailbox, "home-affairs")) > 1)

    pages = [re.findall(r"runbooks/(\w+)", parts(mail)["text/plain"]) for mail in to(mailbox, "operators")]
    assert sorted(pages) == [["NpspAgencyLost"], ["NpspReloadFailed"], ["NpspScoreFell"]]
    pages = [re.findall(r"runbooks/(\w+)", parts(mail)["text/plain"]) for mail in to(mailbox, "home-affairs")]
    assert sorted(pages) == [["NpspAgencyLost"], ["NpspScoreFell"]]


async def test_what_only_holds_others_back_is_told_to_nobody(manager, hooks, mailbox):
    await post(manager, CAUSES["figures explained"], TARGETS["reload"])
    await until(lambda: mailbox.mails)

    assert [re.findall(r"runbooks/(\w+)", parts(mail)["text/plain"]) for mail in mailbox.mails] == [
        ["NpspReloadFailed"]
    ]
    assert hooks.got == []


def parts(mail):
    return {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}


async def test_a_mail_says_it_in_both_languages_as_text_and_as_a_page(manager, mailbox):
    began = datetime.now(ZONE) + SHORTLY
    await post(manager, TARGETS["lost alone"], TARGETS["lost too"], began=began)
    mail = (await until(lambda: to(mailbox, "home-affairs")))[0]

    assert mail["To"] == "home-affairs@agency.example"
    assert mail["Subject"] == (
        "[NPSP] Hà Nội (H26): mất kết nối <&> (tổng số cảnh báo: 2) / Hanoi (H26): no longer connected <&> (2 alerts)"
    )
    text, page = parts(mail)["text/plain"], parts(mail)["text/html"]
    for said in (text, page):
        assert f"Từ {began:%H:%M ngày %d/%m/%Y} (giờ Việt Nam)" in said
        assert f"Since {began:%H:%M} on {began.day} {began:%B %Y} (time of Viet Nam)" in said
        assert "Căn cứ: trang của cổng – máy chủ báo lỗi (HTTP 5xx)." in said
        assert "http://127.0.0.1:9884/runbooks/NpspAgencyLost" in said
    assert text.count("Hà Nội (H26): mất kết nối <&>") == 2
    assert "Hà Nội (H26): mất kết nối &lt;&amp;&gt;" in page
    for kind, said in (("vi", "Biểu đồ"), ("en", "Dashboard")):
        assert f"{said}: http://127.0.0.1:3000/d/npsp-agency-{kind}?var-agency=H26" in text
        part = page[page.index(f'<p lang="{kind}">') :].partition("</p>")[0]
        assert re.findall(r'href="([^"]+)">([^<]+)<', part) == [
            (f"http://127.0.0.1:3000/d/npsp-agency-{kind}?var-agency=H26", said)
        ]


async def test_a_mail_says_that_an_alert_ended_and_not_that_all_is_well(manager, mailbox):
    began = datetime(2026, 11, 24, 23, 30, tzinfo=ZONE)
    ended = began + timedelta(hours=2)
    await post(manager, TARGETS["lost alone"], began=began)
    await until(lambda: to(mailbox, "home-affairs"))
    await post(manager, TARGETS["lost alone"], began=began, ended=ended)
    mail = (await until(lambda: to(mailbox, "home-affairs")[1:]))[0]

    assert mail["Subject"].startswith("[NPSP] Đã kết thúc: Hà Nội (H26): mất kết nối <&> / Ended: Hanoi")
    text, page = parts(mail)["text/plain"], parts(mail)["text/html"]
    assert "Từ 23:30 ngày 24/11/2026 (giờ Việt Nam) đến 01:30 ngày 25/11/2026" in text
    assert "Since 23:30 on 24 November 2026 (time of Viet Nam) until 01:30 on 25 November 2026" in text
    assert "Điều kiện cảnh báo không còn." in page


def test_the_table_of_targets_names_nothing_twice():
    labels = sorted(tuple(sorted(each["labels"].items())) for each in (*CAUSES.values(), *TARGETS.values()))
    assert all(len(list(same)) == 1 for _, same in groupby(labels))
