"""What people do about losses through the API: who may, what is written down, and what is refused."""

import asyncio
import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import bcrypt
import pytest

from monitor import acts
from monitor.acting import NotDone, NothingLost
from monitor.incidents import Loss
from monitor.model import Agency, Answer, Level, Standing, Verdict
from monitor.remote import PASSWORD as SECRET
from monitor.remote import USER, Entry
from monitor.remote_desk import RemoteDesk
from monitor.settings import load
from monitor.store.ledger import Batch
from monitor.store.opening import open_ledger
from monitor.store.place import Place
from monitor.stories import Memory

PASSWORD = "hunter2-đúng"
REASON = {"reason": "gọi anh Bình, đang sửa"}
WINDOW = {"agencies": ["ha noi"], "lasts": "6h", "every": "monthly", "reason": "cập nhật"}


def basic(user="an", password=PASSWORD):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.fixture
def ledger(tmp_path):
    opened = open_ledger(Place(file=tmp_path / "monitor.db"))
    yield opened
    opened.close()


@pytest.fixture
def users(tmp_path):
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    path = tmp_path / "web.yml"
    path.write_text(f'basic_auth_users: {{an: "{hashed}"}}\n', encoding="utf-8")
    return path


@pytest.fixture
def small_world(small_world):
    """With a roster, so that agencies are known by their names."""
    roster = load(Path(__file__).parents[2] / "broken" / "_base", environ={}).roster
    small_world.config = replace(small_world.config, roster=roster)
    return small_world


@pytest.fixture
async def ask(site, client, small_world, users, ledger):
    """`await ask(method, path, body, headers)` → status and text."""
    address = await site(small_world, web=users, ledger=ledger)

    async def once(method, path, body=None, headers=None):
        asked = client.request(method, f"{address}/api/v1/{path}", json=body, headers=headers or basic())
        async with asked as answer:
            return answer.status, await answer.text()

    return once


async def test_a_loss_is_taken_on_by_the_name_of_whoever_was_let_in(ask, ledger):
    status, text = await ask("PUT", "acks/ha noi", REASON)

    assert (status, json.loads(text)["by"]) == (200, "an")
    (ack,) = ledger.acks()
    assert (ack.agency, ack.by, ack.reason) == ("H26", "an", REASON["reason"])
    assert json.loads((await ask("GET", "acks"))[1]) == [json.loads(text)]
    assert await ask("DELETE", "acks/H26", REASON) == (204, "")
    assert [act["what"] for act in json.loads((await ask("GET", "audit"))[1])] == ["unack", "ack"]


async def test_the_command_takes_several_on_through_the_api_one_after_the_other(
    site, small_world, users, ledger, capsys
):
    desk = RemoteDesk(await site(small_world, web=users, ledger=ledger), Entry(environ={USER: "an", SECRET: PASSWORD}))

    await asyncio.to_thread(acts.ack, desk, ["ha noi", "H60"], "chung phần mềm")

    assert [(ack.agency, ack.by, ack.reason) for ack in ledger.acks()] == [
        (code, "an", "chung phần mềm") for code in ("H26", "H60")
    ]
    assert capsys.readouterr().err.count("is taken on by an") == 2
    with pytest.raises(NotDone, match=r"^no agency is called 'Atlantis'"):
        await asyncio.to_thread(acts.ack, desk, ["Atlantis", "H26"], "x")


async def test_who_is_connected_is_not_taken_on_by_the_api_either(ask, site, small_world, users, ledger):
    verdict = Verdict(answer=Answer.YES, since=datetime(2023, 6, 21, 7, 5, tzinfo=UTC), because=("portal",))
    agency = Agency(code="H26", name="", name_en="", level=Level.PROVINCE, counted=True)
    standing = Standing(agency=agency, merged=verdict, connected=verdict, integrated=verdict)
    lost = Memory(lost={("H60", "connected"): Loss(verdict.since, verdict.since)})
    ledger.write(Batch(at=verdict.since, standings={"H26": standing}, memory=lost))

    status, text = await ask("PUT", "acks/ha noi", REASON)
    assert status == 409
    assert text.startswith("Hà Nội (H26) is merged and connected since 21 June 2023 14:05 (time of Viet Nam): there is")
    assert text.endswith("(H60).\n")
    desk = RemoteDesk(await site(small_world, web=users, ledger=ledger), Entry(environ={USER: "an", SECRET: PASSWORD}))
    with pytest.raises(NothingLost, match=r"^Hà Nội \(H26\) is merged and connected"):
        await asyncio.to_thread(acts.ack, desk, ["H26", "H60"], "x")
    assert [(ack.agency, ack.reason) for ack in ledger.acks()] == [("H60", "x")]


async def test_a_body_is_taken_as_curl_sends_it(site, client, small_world, users, ledger):
    address = await site(small_world, web=users, ledger=ledger)
    form = {**basic(), "Content-Type": "application/x-www-form-urlencoded"}
    async with client.put(f"{address}/api/v1/acks/H26", data=json.dumps(REASON), headers=form) as answer:
        assert answer.status == 200
    assert [ack.agency for ack in ledger.acks()] == ["H26"]


async def test_maintenance_is_opened_and_ended(ask, ledger):
    status, text = await ask("POST", "maintenance", WINDOW)

    assert (status, json.loads(text)["agencies"]) == (201, ["H26"])
    (window,) = ledger.windows()
    assert (window.every, window.by) == ("monthly", "an")
    assert [each["id"] for each in json.loads((await ask("GET", "maintenance"))[1])] == [window.id]
    assert await ask("DELETE", f"maintenance/{window.id}", REASON) == (204, "")
    assert ledger.windows() == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("PUT", "acks/H26", {}, 400, "reason: Field required"),
        ("PUT", "acks/H26", {"reason": " "}, 400, "a reason is needed"),
        ("PUT", "acks/H26", {"reason": "x", "by": "someone else"}, 400, "by: Extra inputs"),
        ("PUT", "acks/Atlantis", REASON, 400, "Atlantis"),
        ("DELETE", "acks/H26", REASON, 400, "nobody has taken H26 on"),
        ("POST", "maintenance", {**WINDOW, "zone": "Asia/Hanoi"}, 400, "no time zone"),
        ("POST", "maintenance", {**WINDOW, "lasts": "soon"}, 400, "lasts: must be a duration"),
        ("DELETE", "maintenance/abc", REASON, 400, "no maintenance window abc"),
        ("PUT", "acks/H26", {"reason": "x" * 5000}, 413, "at most 4096 bytes"),
    ],
)
async def test_what_cannot_be_done_is_said(ask, method, path, body, status, told):
    code, text = await ask(method, path, body)

    assert code == status
    assert told in text


async def test_nobody_acts_without_the_right_password(ask, ledger):
    assert (await ask("PUT", "acks/H26", REASON, basic(password="wrong")))[0] == 401
    assert ledger.acks() == []


async def test_a_web_page_cannot_act_for_whoever_looks_at_it(ask, ledger):
    status, _ = await ask("PUT", "acks/H26", REASON, {**basic(), "Origin": "https://evil.example"})

    assert status == 403
    assert ledger.acks() == []


async def test_where_nobody_is_known_by_name_nobody_acts_and_everybody_reads(site, client, small_world, ledger):
    address = await site(small_world, ledger=ledger)
    async with client.put(f"{address}/api/v1/acks/H26", json=REASON, headers=basic()) as answer:
        assert answer.status == 403
        assert "web.config_file" in await answer.text()
    async with client.get(f"{address}/api/v1/acks") as answer:
        assert (answer.status, await answer.json()) == (200, [])
    assert ledger.acks() == []


async def test_without_a_store_there_is_nothing_to_act_on(site, client, small_world):
    address = await site(small_world)
    async with client.get(f"{address}/api/v1/acks") as answer:
        assert answer.status == 404
        assert "no store" in await answer.text()


async def test_what_waits_is_listed(ask):
    assert await ask("GET", "notices?pending=true") == (200, "[]")
    assert await ask("GET", "notices?channel=mail") == (200, "[]")
