"""Alerts as real Alertmanagers take them, also when they are killed, forget everything, or are not there."""

import asyncio
import json
import os
import re
import shutil
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from monitor.incidents import Cause, Incident, Loss, Sharing
from monitor.model import Condition, Level
from monitor.notice import Event, Move, Severity
from monitor.notify import NotifyError, Refresher, alertmanager
from monitor.notify._alerts import Links, alerts_of, latest_of_each
from monitor.notify.alertmanager import Notifier
from monitor.saying.samples import samples
from monitor.saying.subject import headings
from monitor.saying.voice import Voice
from monitor.still import Known, open_on
from monitor.stories import Kind, Memory, Story, Subject
from monitor.words import Language
from probes._secret import Secret

ROOT = Path(__file__).parents[3]
LIMIT = 30  # seconds for whatever has to come
LASTS = timedelta(minutes=15)
CONFIG = """
route: {{receiver: hook, group_by: [alertname], group_wait: 100ms, group_interval: 200ms, repeat_interval: 1h}}
receivers: [{{name: hook, webhook_configs: [{{url: "{hook}", send_resolved: true}}]}}]
"""


def program():
    found = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("alertmanager is missing; `make debian-packages` installs it")
        pytest.skip("alertmanager is not installed; `make debian-packages` installs it")
    return found


async def until(get):
    """What `get` gives as soon as it gives something."""
    async with asyncio.timeout(LIMIT):
        while True:
            found = get()
            if found := await found if asyncio.iscoroutine(found) else found:
                return found
            await asyncio.sleep(0.05)


class Hook:
    """What Alertmanager told people, in order: (fingerprint, status).

    A busy one tells of a group when only the first of its alerts came in, and then of all again: so what was told of each
    is asked for, and not how often.
    """

    def __init__(self):
        self.got = []

    def firing(self, after=0):
        """Of what it told, but for the first `after`."""
        return {fingerprint for fingerprint, status in self.got[after:] if status == "firing"}

    async def take(self, request):
        body = await request.json()
        self.got += [(each["fingerprint"], each["status"]) for each in body["alerts"]]
        return web.Response()


class Manager:
    """A real Alertmanager that can be ended and started again at the same address."""

    def __init__(self, folder, hook):
        self.folder, self.port, self.running = folder, 0, None
        folder.mkdir(exist_ok=True)
        (folder / "alertmanager.yml").write_text(CONFIG.format(hook=hook), encoding="utf-8")

    @property
    def url(self):
        return URL(f"http://127.0.0.1:{self.port}")

    async def start(self):
        log = self.folder / "log"
        with log.open("wb") as said:
            self.running = await asyncio.create_subprocess_exec(
                *(program(), "--config.file=alertmanager.yml", "--storage.path=data", "--cluster.listen-address="),
                f"--web.listen-address=127.0.0.1:{self.port}",
                cwd=self.folder,
                stdout=said,
                stderr=said,
            )
        listening = r'msg="Listening on" (?:\w+=\S+ )*?address=127\.0\.0\.1:(\d+)'
        self.port = int((await until(lambda: re.search(listening, log.read_text(encoding="utf-8"))))[1])
        async with aiohttp.ClientSession() as session:
            await until(lambda: self._ready(session))

    async def _ready(self, session):
        with suppress(aiohttp.ClientError):
            async with session.get(self.url / "-/ready") as answer:
                return answer.status == 200

    async def stop(self):
        """In an orderly way, which writes down whom it told."""
        self.running.terminate()
        await self.running.wait()

    async def kill(self):
        self.running.kill()
        await self.running.wait()

    def forget(self):
        shutil.rmtree(self.folder / "data")

    async def alerts(self):
        async with aiohttp.ClientSession() as session, session.get(self.url / "api/v2/alerts") as answer:
            return await answer.json()

    async def fingerprints(self):
        return {each["fingerprint"] for each in await self.alerts()}


@asynccontextmanager
async def serving(handler):
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield URL(f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()


@pytest.fixture
async def hook():
    return Hook()


@pytest.fixture
async def managers(tmp_path, hook):
    """Two, of which neither knows of the other."""
    async with serving(hook.take) as address:
        both = [Manager(tmp_path / name, address) for name in ("a", "b")]
        try:
            for each in both:
                await each.start()
            yield both
        finally:
            for each in both:
                if each.running and each.running.returncode is None:
                    await each.kill()


@pytest.fixture
async def manager(managers):
    return managers[0]


@pytest.fixture
def dead(unused_tcp_port_factory):
    return URL(f"http://127.0.0.1:{unused_tcp_port_factory()}")


def story_of(entry, severity=Severity.CRITICAL):
    return Story(since=entry.since, severity=severity, told_at=entry.since, on=frozenset({"duty"}))


def remembered(*entries):
    """What alerting remembers after a loss of these was told."""
    return Memory(
        stories={Subject(kind=Kind.LOSS, value=each.agency): story_of(each) for each in entries},
        lost={
            (each.agency, condition): Loss(each.since, each.since) for each in entries for condition in each.conditions
        },
    )


def still(memory, *entries):
    return open_on("duty", memory, Known(agencies={each.agency: each for each in entries}), datetime.now(UTC))


async def test_a_loss_fires_and_its_end_resolves_it(manager, hook, notice, message, reach):
    notifier = Notifier(urls=(manager.url,))

    await notifier.send(message(notice(Event.LOST, "H26")), reach)
    (fingerprint, status), *rest = await until(lambda: hook.got)
    await notifier.send(message(notice(Event.RESTORED, "H26")), reach)
    await until(lambda: len(hook.got) > 1)

    assert (status, rest) == ("firing", [])
    assert hook.got[1:] == [(fingerprint, "resolved")]


async def test_every_instance_is_told(managers, notice, message, reach, warnings):
    await Notifier(urls=tuple(each.url for each in managers)).send(message(notice(Event.LOST, "H26", "G09")), reach)

    first, second = [await each.fingerprints() for each in managers]
    assert len(first) == 2
    assert first == second
    assert warnings == []


async def test_one_dead_instance_is_named_and_holds_nothing_up(managers, notice, message, reach, warnings):
    alive, dead = managers
    await dead.kill()

    await Notifier(urls=(dead.url, alive.url)).send(message(notice()), reach)

    assert len(await alive.fingerprints()) == 1
    assert [f"{dead.url.host}:{dead.url.port}" in warning for warning in warnings] == [True]


async def test_an_instance_that_hangs_is_named_and_holds_nothing_up(
    manager, notice, message, reach, warnings, monkeypatch
):
    monkeypatch.setattr(alertmanager, "_GRACE", 0.05)
    never = asyncio.Event()

    async def hang(_):
        await never.wait()

    async with serving(hang) as hanging:
        await Notifier(urls=(hanging, manager.url)).send(message(notice()), reach)
        never.set()

    assert len(await manager.fingerprints()) == 1
    assert warnings == [f"{hanging} does not answer"]


async def test_without_any_instance_it_is_tried_again(dead, notice, message, reach):
    with pytest.raises(NotifyError, match=rf"^127\.0\.0\.1:{dead.port}: Connection refused$") as raised:
        await Notifier(urls=(dead,)).send(message(notice()), reach)

    assert not raised.value.permanent


async def test_what_is_open_is_told_again_to_one_that_forgot_it_all(manager, hook, entry, notice, message, reach):
    lost = entry("H26"), entry("G09", conditions=tuple(Condition))
    notifier = Notifier(urls=(manager.url,))
    await notifier.send(message(notice(entries=lost)), reach)
    before = await manager.fingerprints()

    await manager.kill()
    manager.forget()
    await manager.start()
    assert await manager.fingerprints() == set()
    told = len(hook.got)
    await notifier.refresh(still(remembered(*lost), *lost), reach)

    assert await manager.fingerprints() == before
    assert len(before) == 3
    await until(lambda: hook.firing(after=told) == before)


async def test_one_that_kept_its_data_tells_nobody_again_and_tells_the_end(
    manager, hook, entry, notice, message, reach
):
    lost = entry("H26")
    notifier = Notifier(urls=(manager.url,))
    await notifier.send(message(notice(entries=(lost,))), reach)
    await until(lambda: hook.got)

    await manager.stop()
    over = notice(Event.RESTORED, entries=(replace(lost, until=datetime.now(UTC)),))
    with pytest.raises(NotifyError):
        await notifier.send(message(over), reach)
    await manager.start()
    await notifier.refresh([*still(remembered(lost), lost)], reach)
    await notifier.refresh([over], reach)
    await until(lambda: len(hook.got) > 1)

    assert [status for _, status in hook.got] == ["firing", "resolved"]


async def test_an_end_that_was_taken_and_not_told_is_told_when_it_is_said_again(
    manager, hook, entry, notice, message, reach
):
    """Alertmanager writes down whom it told, and no alert: one that ends while it restarts would be lost."""
    lost = entry("H26")
    over = notice(Event.RESTORED, entries=(replace(lost, until=datetime.now(UTC)),))
    notifier = Notifier(urls=(manager.url,))
    await notifier.send(message(notice(entries=(lost,))), reach)
    await until(lambda: hook.got)

    await manager.stop()
    await manager.start()
    assert await manager.fingerprints() == set()
    await notifier.refresh([over], reach)
    await until(lambda: len(hook.got) > 1)

    assert [status for _, status in hook.got] == ["firing", "resolved"]


async def test_after_our_own_restart_an_alert_is_the_same(manager, hook, entry, notice, message, reach):
    lost = entry("H26", conditions=tuple(Condition))
    await Notifier(urls=(manager.url,)).send(message(notice(entries=(lost,), severity=Severity.WARNING)), reach)
    before = await manager.fingerprints()
    await until(lambda: hook.firing() == before)

    known_anew = replace(lost, because=("other",), reasons=("timeout_connect",), detail="other words")
    memory = Memory(
        stories={Subject(kind=Kind.LOSS, value="H26"): story_of(lost)},
        lost=remembered(lost).lost,
    )
    await Notifier(urls=(manager.url,)).refresh(still(memory, known_anew), reach)

    assert await manager.fingerprints() == before
    assert len(before) == 2
    assert {status for _, status in hook.got} == {"firing"}


async def test_what_a_real_one_is_told_is_all_there(manager, entry, notice, message, reach):
    since = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    notifier = Notifier(urls=(manager.url,), grafana=URL("https://grafana.example/"))
    one = notice(entries=(entry("H26", since=since),), synthetic="june-2023")

    await notifier.send(message(one), replace(reach, page=URL("https://monitor.example/")))
    (alert,) = await manager.alerts()

    assert alert["labels"] == {
        "alertname": "NpspAgencyLost",
        "agency": "H26",
        "level": "province",
        "condition": "connected",
        "severity": "warning",
        "event": "lost",
    }
    assert alert["annotations"]["summary_vi"] == (
        "[DỮ LIỆU MÔ PHỎNG] Hà Nội (H26): mất kết nối với Cổng Dịch vụ công quốc gia"
    )
    assert alert["annotations"]["summary"] == (
        "[SYNTHETIC] Hanoi (H26): no longer connected to the National Public Service Portal"
    )
    assert "Căn cứ: đăng nhập một lần: hệ thống đăng nhập một lần" in alert["annotations"]["description_vi"]
    assert alert["annotations"]["runbook_url"] == "https://monitor.example/runbooks/NpspAgencyLost"
    assert alert["annotations"]["evidence_url"] == "https://monitor.example/agency/H26"
    assert alert["annotations"]["dashboard_url"] == "https://grafana.example/d/npsp-agency-vi?var-agency=H26"
    assert alert["generatorURL"] == "https://monitor.example/agency/H26"
    assert datetime.fromisoformat(alert["startsAt"]) == since
    ends = datetime.fromisoformat(alert["endsAt"])
    assert timedelta(minutes=14) < ends - datetime.now(UTC) <= LASTS


async def test_a_thousand_alerts_at_once_are_taken(manager, entry, notice, message, reach):
    entries = tuple(entry(f"S{number:04}") for number in range(1_201))

    await Notifier(urls=(manager.url,)).send(message(notice(entries=entries)), reach)

    assert len(await manager.fingerprints()) == 1_201


async def test_every_notice_is_taken_by_a_real_one(manager, every_notice, message, reach):
    for each in every_notice:
        await Notifier(urls=(manager.url,)).send(message(each), reach)

    taken = {each["labels"]["alertname"] for each in await manager.alerts()}
    assert {"NpspTest", "NpspScoreFell", "NpspNoticesStuck", "NpspMonitorSilent"} <= taken


# ---- what is made of notices, without a server


def labels_of(notices):
    now = datetime.now(UTC)
    return [alert.labels for notice in notices for alert in alerts_of(notice, Links(), now, LASTS)]


def test_labels_hold_codes_and_words_and_never_text(every_notice):
    found = labels_of(every_notice)

    assert found
    for labels in found:
        assert all(re.fullmatch(r"[A-Za-z0-9_./-]{1,60}", value) for value in labels.values()), labels


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        ({Event.LOST, Event.STILL_LOST, Event.UNSTABLE}, Event.RESTORED),
        ({Event.INCIDENT, Event.STILL_DOWN}, Event.ENDED),
        ({Event.CONFLICT}, Event.CONFLICT_OVER),
        ({Event.CERTIFICATE}, Event.CERTIFICATE_RENEWED),
        ({Event.BLIND}, Event.SIGHTED),
    ],
)
def test_an_end_has_the_labels_of_its_beginning(every_notice, begins, ends):
    by_event = {each.event: each for each in every_notice}
    over = alerts_of(by_event[ends], Links(), datetime.now(UTC), LASTS)

    assert not any(alert.firing for alert in over)
    for event in begins:
        open_now = alerts_of(by_event[event], Links(), datetime.now(UTC), LASTS)
        assert all(alert.firing for alert in open_now)
        assert [alert.labels for alert in open_now] == [alert.labels for alert in over]


def test_each_level_that_cannot_be_answered_is_an_alert_and_ends_by_itself(notice):
    moves = tuple(
        Move(level=level, before=(1, 10), after=(1, 10), unknown=unknown)
        for level, unknown in ((Level.PROVINCE, 4), (Level.MINISTRY, 6))
    )
    blind = notice(Event.BLIND, entries=(), levels=(Level.MINISTRY, Level.PROVINCE), moves=moves, share=0.6)
    sighted = replace(blind, event=Event.SIGHTED, levels=(Level.PROVINCE,))
    now = datetime.now(UTC)
    told = [each for one in (sighted, blind) for each in alerts_of(one, Links(), now, LASTS)]

    assert [(each.labels["level"], each.firing) for each in told] == [
        ("province", False),
        ("ministry", True),
        ("province", True),
    ]
    assert told[0].labels == told[2].labels
    assert [each.annotations["summary_vi"] for each in told[1:]] == [
        "Không đủ số liệu về bộ, ngành: 60% không xác định",
        "Không đủ số liệu về địa phương: 40% không xác định",
    ]


@pytest.mark.parametrize("event", [Event.BLIND, Event.SILENT, Event.UNDELIVERED, Event.TEST])
def test_what_is_told_of_the_monitor_itself_is_said_as_mail_says_it(event):
    one = samples()[event]
    (alert,) = alerts_of(replace(one, synthetic=None), Links(), one.at, LASTS)

    for language, name in ((Language.VI, "summary_vi"), (Language.EN, "summary")):
        assert alert.annotations[name] == next(headings(one, Voice(language=language)))


@pytest.mark.parametrize("event", [Event.DAILY, Event.WEEKLY, Event.INITIAL, Event.CAUGHT_UP])
async def test_a_digest_is_for_reading_and_no_alert(event, notice, message, reach, dead):
    assert alerts_of(notice(event), Links(), datetime.now(UTC), LASTS) == ()

    await Notifier(urls=(dead,)).send(message(notice(event)), reach)  # nothing to tell, so nobody is asked


def test_who_holds_still_is_over_only_if_it_is_back(entry, notice):
    back, lost = entry("H26", until=datetime.now(UTC)), entry("H57")

    alerts = alerts_of(notice(Event.STEADY, entries=(back, lost)), Links(), datetime.now(UTC), LASTS)

    assert {alert.labels["agency"]: alert.firing for alert in alerts} == {"H26": False, "H57": True}


def test_who_is_lost_anew_is_not_ended_by_what_was_over_before(entry, notice):
    before = notice(Event.RESTORED, entries=(entry("H26", until=datetime.now(UTC)),))
    alerts = [each for one in (notice(Event.LOST), before) for each in alerts_of(one, Links(), one.at, LASTS)]

    assert [alert.firing for alert in latest_of_each(alerts)] == [True]


def test_an_end_before_the_beginning_is_no_alert_that_is_refused(entry, notice):
    one = entry("H26", until=datetime(2020, 1, 1, tzinfo=UTC))
    (alert,) = alerts_of(notice(Event.RESTORED, entries=(one,)), Links(), datetime.now(UTC), LASTS)

    assert alert.posted()["endsAt"] == alert.posted()["startsAt"]


def test_names_with_a_runbook_have_one(every_notice):
    links = Links(page=URL("https://monitor.example/"))
    found = {
        alert.annotations.get("runbook_url", "")
        for each in every_notice
        for alert in alerts_of(each, links, datetime.now(UTC), LASTS)
    }

    for url in found - {""}:
        assert (ROOT / "docs" / "runbooks" / f"{url.rpartition('/')[2]}.md").is_file(), url


# ---- what an instance may answer


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(400, True), (401, True), (404, True), (301, True), (429, False), (500, False), (503, False)],
)
async def test_an_answer_says_whether_to_try_again(status, permanent, notice, message, reach):
    async def answer(_):
        return web.Response(status=status, headers={"Retry-After": "7"}, text="s3cret of theirs")

    async with serving(answer) as url:
        with pytest.raises(NotifyError, match=f"answers {status}") as raised:
            await Notifier(urls=(url,)).send(message(notice()), reach)

    assert (raised.value.permanent, raised.value.after) == (permanent, 7)
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120), ("Tue, 01 Dec 2026 08:02:00 GMT", 120), ("Tue, 01 Dec 2026 07:00:00 GMT", 0), ("soon", None)],
)
async def test_who_asks_for_a_pause_is_heard(header, seconds, notice, message, reach):
    async def answer(_):
        return web.Response(status=503, headers={"Retry-After": header})

    then = replace(reach, now=lambda: datetime(2026, 12, 1, 8, 0, tzinfo=UTC))
    async with serving(answer) as url:
        with pytest.raises(NotifyError, match="answers 503") as raised:
            await Notifier(urls=(url,)).send(message(notice()), then)

    assert raised.value.after == seconds


async def test_of_one_that_hangs_no_path_and_no_password_is_named(
    manager, notice, message, reach, warnings, monkeypatch
):
    monkeypatch.setattr(alertmanager, "_GRACE", 0.05)
    never = asyncio.Event()

    async def hang(_):
        await never.wait()

    async with serving(hang) as hanging:
        hidden = hanging.with_user("npsp").with_password("p4ss") / "only-ours-to-know"
        await Notifier(urls=(hidden, manager.url)).send(message(notice()), reach)
        never.set()

    assert warnings == [f"{hanging} does not answer"]


async def test_it_is_tried_again_while_one_of_them_may_take_it(dead, notice, message, reach):
    async def refuse(_):
        return web.Response(status=400)

    async with serving(refuse) as url:
        with pytest.raises(NotifyError) as raised:
            await Notifier(urls=(url, dead)).send(message(notice()), reach)

    assert not raised.value.permanent
    for each in (url, dead):
        assert f"{each.host}:{each.port}" in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "header"),
    [
        ({"token": Secret("t0ken")}, "Bearer t0ken"),
        ({"user": "npsp", "password": Secret("p4ss")}, "Basic bnBzcDpwNHNz"),
        ({}, None),
    ],
)
async def test_credentials_are_sent_and_never_shown(settings, header, notice, message, reach):
    seen = []

    async def refuse(request):
        seen.append((request.path, request.headers.get("Authorization"), json.loads(await request.text())))
        return web.Response(status=403)

    async with serving(refuse) as url:
        notifier = Notifier(urls=(url / "prefix",), **settings)
        with pytest.raises(NotifyError) as raised:
            await notifier.send(message(notice()), reach)

    assert [(path, sent) for path, sent, _ in seen] == [("/prefix/api/v2/alerts", header)]
    assert not {"t0ken", "p4ss"} & set(re.split(r"\W", f"{raised.value} {notifier!r}"))


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"urls": ()}, "urls: must name"),
        ({"user": "npsp"}, "go together"),
        ({"password": Secret("x")}, "go together"),
        ({"user": "npsp", "password": Secret("x"), "token": Secret("y")}, "token: either"),
        ({"lasts": timedelta(minutes=1)}, "lasts: must be at least 3m"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings, problem):
    with pytest.raises(ValueError, match=problem):
        Notifier(**{"urls": (URL("http://127.0.0.1:9093"),), **settings})


def test_it_is_one_that_wants_to_be_told_again():
    assert isinstance(Notifier(urls=(URL("http://127.0.0.1:9093"),)), Refresher)


def test_an_incident_that_goes_on_is_told_again_with_how_many_are_down_now(entry):
    cause = Cause(sharing=Sharing.NATIONAL, value="NPSP")
    began = datetime.now(UTC)
    memory = Memory(
        stories={Subject(kind=Kind.INCIDENT, value="national NPSP"): story_of(entry("NPSP", since=began))},
        incidents=(Incident(cause=cause, since=began, down=frozenset({"H26", "H57"}), of=63),),
    )
    known = Known(agencies={}, systems={"NPSP": ("Cổng Dịch vụ công quốc gia", "NPSP")})

    (one,) = open_on("duty", memory, known, began)

    assert (one.event, one.groups[0].down, one.groups[0].name) == (Event.STILL_DOWN, 2, "Cổng Dịch vụ công quốc gia")


def test_a_score_that_fell_names_who_is_no_longer_counted(notice, entry):
    moves = (Move(level=Level.PROVINCE, before=(62, 63), after=(61, 63)),)
    fell, rose = entry("H57", reasons=("refused",)), replace(entry("H01"), conditions=())
    one = notice(Event.SCORE, entries=(fell, rose), moves=moves)
    (alert,) = alerts_of(one, Links(), one.at, LASTS)

    assert fell.name in alert.annotations["description_vi"]
    assert "H57" in alert.annotations["description"]
    assert "H01" not in alert.annotations["description"]
