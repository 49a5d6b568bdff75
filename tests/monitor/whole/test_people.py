"""What people do about losses, by command line and by HTTP, while the monitor runs."""

import asyncio
import json
import os
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import ClientSession, encode_basic_auth

from monitor.settings import read_web
from probes import Reason

ASKED = timedelta(seconds=5)  # how often the running monitor asks what people have done
PASSWORD = "một mật khẩu của bài thử"


@pytest.fixture
def command(place):
    """`await command("ack", …)`: the command as it is typed, on the ledger of the running monitor; what it writes."""

    async def run(*arguments):
        ran = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "monitor",
            *arguments,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "STATE_DIRECTORY": str(place.file.parent)},
        )
        out, err = await asyncio.wait_for(ran.communicate(), 120)
        assert ran.returncode == 0, err.decode()
        return out.decode()

    return run


async def lose(lives):
    lives.probe.wrong["H26"] = Reason.HTTP_5XX
    await lives.tick()


async def tens(lives, number):
    for _ in range(number):
        await lives.tick(timedelta(minutes=10))


async def test_who_takes_a_loss_on_by_command_is_not_reminded_until_it_is_back_and_lost_again(lives, command):
    await lose(lives)
    await command("ack", "ha noi", "--reason", "gọi anh Bình, đang sửa")
    await lives.tick(ASKED)
    await tens(lives, 7)
    acknowledged = lives.duty.events
    del lives.probe.wrong["H26"]
    await tens(lives, 2)
    taken_on = json.loads(await command("ack", "--list", "--format", "json"))
    await lose(lives)
    await tens(lives, 3)

    assert acknowledged == ["initial", "lost"]
    assert taken_on == []
    assert lives.duty.events == ["initial", "lost", "restored", "lost", "still_lost"]
    assert [(act.what, act.about, act.reason) for act in lives.ledger.acts()] == [
        ("ack", "H26", "gọi anh Bình, đang sửa")
    ]


async def test_who_takes_a_loss_back_by_command_is_reminded_again(lives, command):
    await lose(lives)
    await command("ack", "H26", "--reason", "x")
    await lives.tick(ASKED)
    await tens(lives, 4)
    await command("ack", "H26", "--undo", "--reason", "nhầm tỉnh")
    await lives.tick(ASKED)
    await lives.tick()

    assert lives.duty.events == ["initial", "lost", "still_lost"]
    assert [act.what for act in lives.ledger.acts()] == ["unack", "ack"]


async def test_maintenance_by_command_holds_what_happens_and_its_end_tells_what_is_still_true(lives, command):
    await command("maintenance", "add", "H26", "--lasts", "6h", "--reason", "nâng cấp")
    await lives.tick(ASKED)
    await lose(lives)
    began = lives.clock.at
    await tens(lives, 6)
    held = lives.duty.events
    (window,) = json.loads(await command("maintenance", "list", "--format", "json"))
    await command("maintenance", "end", window["id"])
    await lives.tick(ASKED)
    await lives.tick()

    assert (held, window["agencies"], window["reason"]) == (["initial"], ["H26"], "nâng cấp")
    assert lives.duty.events == ["initial", "lost"]
    assert [(each.agency, each.since) for each in lives.duty.came[-1].entries] == [("H26", began)]
    assert [(act.what, act.about) for act in lives.ledger.acts()] == [
        ("maintenance_end", f"{window['id']}: H26"),
        ("maintenance_add", f"{window['id']}: H26"),
    ]


async def test_maintenance_and_what_was_taken_on_hold_from_the_first_decision_after_a_restart(lives, command):
    await lose(lives)
    await command("ack", "H26", "--reason", "x")
    await command("maintenance", "add", "H29", "--lasts", "6h", "--reason", "x")
    await lives.tick(ASKED)
    lives.probe.wrong["H29"] = Reason.HTTP_5XX
    await lives.tick()
    await lives.end()
    lives.clock.at += timedelta(hours=1)
    await lives.begin()
    await lives.look()
    await lives.decide()
    await lives.tick()

    assert lives.duty.events == ["initial", "lost", "silent"]


@asynccontextmanager
async def reached(lives):
    """`await call(method, path, body, password)` at the running monitor's address: status and answer."""
    address = await lives.server._site.start("127.0.0.1:0")

    async with ClientSession(f"http://{address}") as session:

        async def call(method, path, body=None, password=PASSWORD):
            headers = {"Authorization": encode_basic_auth("an", password)} if password else {}
            async with session.request(method, f"/api/v1/{path}", json=body, headers=headers) as answer:
                return answer.status, await answer.text()

        yield call


@pytest.fixture
def users(tmp_path):
    """A web configuration with the user `an`."""
    hashed = subprocess.run(
        [
            sys.executable,
            "-c",
            "import bcrypt, sys; print(bcrypt.hashpw(sys.argv[1].encode(), bcrypt.gensalt(4)).decode())",
            PASSWORD,
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    (tmp_path / "web.yml").write_text(f"basic_auth_users: {{an: {hashed}}}\n")
    return read_web(tmp_path / "web.yml", tmp_path)


@pytest.fixture
async def with_users(lives, users):
    await lives.end()
    lives.config = replace(lives.config, web=users)
    await lives.begin()
    await lives.tick()
    return lives


async def test_a_user_does_the_same_over_http_and_it_stands_in_the_audit_log_under_his_name(with_users):
    lives = with_users
    async with reached(lives) as call:
        await lose(lives)
        taken = await call("PUT", "acks/H26", {"reason": "đang sửa"})
        await lives.tick(ASKED)
        await tens(lives, 7)
        acknowledged = lives.duty.events
        opened = await call("POST", "maintenance", {"agencies": ["H29"], "lasts": "6h", "reason": "nâng cấp"})
        await lives.tick(ASKED)
        lives.probe.wrong["H29"] = Reason.HTTP_5XX
        await tens(lives, 2)
        held = lives.duty.events
        closed = await call("DELETE", f"maintenance/{json.loads(opened[1])['id']}", {"reason": "xong"})
        await lives.tick(ASKED)
        await lives.tick()
        undone = await call("DELETE", "acks/H26", {"reason": "nhầm"})
        await lives.tick(ASKED)
        await lives.tick()
        audit = json.loads((await call("GET", "audit"))[1])

    assert [status for status, _ in (taken, opened, closed, undone)] == [200, 201, 204, 204]
    assert acknowledged == held == ["initial", "lost"]
    assert lives.duty.events == ["initial", "lost", "lost", "still_lost"]
    assert [(act["who"], act["what"], act["reason"]) for act in audit] == [
        ("an", "unack", "nhầm"),
        ("an", "maintenance_end", "xong"),
        ("an", "maintenance_add", "nâng cấp"),
        ("an", "ack", "đang sửa"),
    ]


DOING = [
    ("PUT", "acks/H26", {"reason": "x"}),
    ("DELETE", "acks/H26", {"reason": "x"}),
    ("POST", "maintenance", {"lasts": "1h", "reason": "x"}),
    ("DELETE", "maintenance/a", {"reason": "x"}),
]


async def test_a_wrong_password_does_nothing_and_reads_nothing(with_users):
    async with reached(with_users) as call:
        tried = [await call(*each, password="wrong") for each in DOING] + [await call("GET", "audit", password="wrong")]
        unknown = await call("GET", "audit", password="")

    assert {status for status, _ in (*tried, unknown)} <= {401, 429}
    assert (tried[0][0], unknown[0]) == (401, 401)
    assert with_users.ledger.acts() == with_users.ledger.acks() == with_users.ledger.windows() == []


async def test_where_nobody_is_known_by_name_everybody_may_read_and_nobody_act(lives):
    async with reached(lives) as call:
        tried = [(await call(*each))[0] for each in DOING]
        read = (await call("GET", "acks"))[0]

    assert (tried, read) == ([403] * 4, 200)
    assert lives.ledger.acts() == lives.ledger.acks() == lives.ledger.windows() == []
