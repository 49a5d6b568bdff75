"""Basic authentication: who is let in, and what those who are not learn."""

import asyncio
import base64
from types import MappingProxyType

import bcrypt
import pytest
from structlog.testing import capture_logs

from monitor.web import gate, passwords, serving
from monitor.web.gate import Gate
from monitor.web.guard import HEADERS
from monitor.web.passwords import Busy, Passwords, matches
from probes._secret import Secret

PASSWORD, OTHERS = "hunter2-đúng", "hunter3"


def kept(password, cost=4):
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode()


USERS = MappingProxyType({"an": kept(PASSWORD), "bình": kept(OTHERS, 5).replace("$2b$", "$2y$")})
SECRETS = {name: Secret(each) for name, each in USERS.items()}


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.fixture
def file(tmp_path):
    """A web configuration with two users."""
    path = tmp_path / "web.yml"
    lines = "".join(f'  {name}: "{each}"\n' for name, each in USERS.items())
    path.write_text(
        f"basic_auth_users:\n{lines}http_server_config:\n  headers: {{Strict-Transport-Security: max-age=60}}\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture
async def ask(site, client, small_world, file):
    """`await ask(path, **headers)` → the answer, read."""
    address = await site(small_world, web=file)

    async def once(path, method="GET", headers=None):
        async with client.request(method, address + path, headers=headers) as answer:
            return answer, await answer.text()

    return once


EVERYWHERE = (
    *("/", "/agency/H26", "/agency/none", "/metrics", "/sd", "/probe?agency=H26&check=http", "/api/v1/status"),
    *("/-/healthy", "/-/ready", "/static/page.css", "/runbooks/", "/nothing", "/api/v1/heartbeats/H26/internal"),
)


@pytest.mark.parametrize("path", EVERYWHERE)
async def test_nothing_at_all_is_reached_without_a_password(ask, path):
    answer, text = await ask(path)

    assert (answer.status, text) == (401, "a user and a password are needed\n")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="npsp-monitor", charset="UTF-8"'
    for name, value in HEADERS:
        assert answer.headers.getall(name) == [value], name
    assert answer.headers["Strict-Transport-Security"] == "max-age=60"


async def test_reloading_needs_a_password_too(ask, small_world):
    small_world.reloads.append(("an error",))

    assert (await ask("/-/reload", "POST"))[0].status == 401
    assert len(small_world.reloads) == 1
    assert (await ask("/-/reload", "POST", basic("an", PASSWORD)))[0].status == 500


@pytest.mark.parametrize(("user", "password"), [("an", PASSWORD), ("bình", OTHERS), ("bi\u0300nh", OTHERS)])
@pytest.mark.parametrize("path", ["/", "/metrics", "/sd", "/-/healthy"])
async def test_a_user_is_let_in_everywhere(ask, path, user, password):
    for _ in range(2):  # when asked first, and when known
        answer, _ = await ask(path, headers=basic(user, password))
        assert answer.status == 200


@pytest.mark.parametrize(
    "headers",
    [
        basic("an", OTHERS),
        basic("an", ""),
        basic("an", PASSWORD + "\0"),
        basic("an", PASSWORD + " "),
        basic("AN", PASSWORD),
        basic("nobody", PASSWORD),
        basic("", ""),
        basic("an", USERS["an"]),  # the hash is not the password
        {"Authorization": f"Bearer {PASSWORD}"},
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + base64.b64encode(b"an").decode()},
        {"Authorization": "Basic " + base64.b64encode(b"an:\xff\xfe").decode()},
    ],
)
async def test_who_has_no_right_password_is_not_and_nothing_is_told_of_it(ask, headers):
    with capture_logs() as logs:
        answer, text = await ask("/metrics", headers=headers)

    assert (answer.status, text) == (401, "a user and a password are needed\n")
    assert not [line for line in logs if set(line) - {"event", "log_level", "client"}]
    assert PASSWORD not in str(logs)


async def test_of_two_headers_none_counts(ask):
    twice = [*basic("an", PASSWORD).items(), *basic("an", PASSWORD).items()]

    assert (await ask("/metrics", headers=twice))[0].status == 401


async def test_a_longer_password_of_which_the_start_is_right_is_wrong():
    long = "x" * 72
    users = {"an": Secret(kept(long))}

    assert matches(users, "an", long)
    assert not matches(users, "an", long + "y")


async def test_a_heartbeat_is_asked_for_its_own_token_and_for_nothing_else(ask):
    answer, text = await ask("/api/v1/heartbeats/H26/internal", "POST", {"Authorization": "Bearer wrong"})

    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "token" in text
    assert (await ask("/api/v1/heartbeats/H26/internal/more", "POST"))[0].headers["WWW-Authenticate"] != "Bearer"
    assert (await ask("/api/v1/heartbeats/H26/internal", "POST", basic("an", PASSWORD)))[0].status == 401


def test_the_same_work_is_done_whoever_is_asked_for(monkeypatch):
    """Users may have hashes of different costs: every cost is tried once, for a user, for another and for nobody."""
    tried, check = [], bcrypt.checkpw
    monkeypatch.setattr(passwords.bcrypt, "checkpw", lambda word, each: tried.append(each[:7]) or check(word, each))
    for user in ("an", "bình", "nobody"):
        tried.clear()
        matches(SECRETS, user, "x" * 100)
        assert [each[4:6] for each in tried] == [b"04", b"05"]


async def test_who_was_right_is_known_and_no_longer_once_the_hash_is_another():
    found = Passwords()
    assert not found.known(SECRETS, "an", PASSWORD)
    assert await found.right(SECRETS, "an", PASSWORD)

    assert found.known(SECRETS, "an", PASSWORD)
    assert not found.known(SECRETS, "an", OTHERS)
    assert not found.known({"an": Secret(kept("new"))}, "an", PASSWORD)
    assert not found.known({}, "an", PASSWORD)
    assert PASSWORD not in str(vars(found))
    found.close()


async def test_who_was_wrong_is_not_remembered_and_of_who_was_right_the_latest(monkeypatch):
    monkeypatch.setattr(passwords, "MOST_KNOWN", 2)
    found, users = Passwords(), dict.fromkeys(("a", "b", "c"), SECRETS["an"])
    assert not await found.right(users, "a", "wrong")
    assert not found._known
    for name in users:
        assert await found.right(users, name, PASSWORD)

    assert [found.known(users, name, PASSWORD) for name in users] == [False, True, True]
    found.close()


async def test_no_more_wait_than_can_be_heard(monkeypatch):
    """And who gave up does not hold a place for ever."""
    monkeypatch.setattr(passwords, "MOST_WAITING", 2)
    found, users = Passwords(), {"an": Secret(kept(PASSWORD, 10))}
    two = [asyncio.ensure_future(found.right(users, "an", PASSWORD)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await found.right(users, "an", PASSWORD)
    two[1].cancel()

    assert await two[0]
    assert await found.right(users, "an", PASSWORD)
    found.close()


@pytest.fixture
async def guess(site, client, small_world, file, monkeypatch):
    """`await guess(user, password)` → status and what else may be told; no allowance grows back."""
    monkeypatch.setattr(serving, "Gate", lambda config: Gate(config, clock=lambda: 0.0))
    address = await site(small_world, web=file)

    async def once(user, password):
        async with client.get(address + "/-/healthy", headers=basic(user, password)) as answer:
            return answer.status, answer.headers.get("Retry-After")

    return once


async def test_guessing_at_a_name_is_slowed_down_and_shuts_out_neither_who_is_known_nor_other_names(guess):
    assert await guess("an", PASSWORD) == (200, None)
    found = [await guess("an", f"guess {n}") for n in range(gate.TRIES[0] + 5)]

    assert found == [(401, None)] * (gate.TRIES[0] - 1) + [(429, "1")] * 6
    assert await guess("an", PASSWORD) == (200, None)
    assert await guess("bình", OTHERS) == (200, None)  # whom nobody knew yet, from the same address


async def test_guessing_at_many_names_is_slowed_down_too_and_tells_not_which_there_are(guess):
    names = [f"name {n}" for n in range(gate.TRIES_OF_ALL[0] + 5)]
    found = [await guess(name, "guess") for name in names]

    assert found == [(401, None)] * gate.TRIES_OF_ALL[0] + [(429, "1")] * 5
    assert await guess("an", "guess") == await guess("nobody", "guess") == (429, "1")


async def test_a_name_that_there_is_not_is_slowed_down_as_one_that_there_is(guess):
    here, nowhere = [[await guess(name, f"guess {n}") for n in range(gate.TRIES[0] + 2)] for name in ("an", "nobody")]

    assert here == nowhere
    assert here[-1] == (429, "1")


async def test_one_client_does_not_take_every_place(monkeypatch):
    monkeypatch.setattr(passwords, "MOST_OF_ONE", 2)
    found, users = Passwords(), {"an": Secret(kept(PASSWORD, 8))}
    guesses = [asyncio.ensure_future(found.right(users, "an", "guess", who="a")) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await found.right(users, "an", PASSWORD, who="a")

    assert await found.right(users, "an", PASSWORD, who="b")
    assert await asyncio.gather(*guesses) == [False, False]
    assert await found.right(users, "an", PASSWORD, who="a")
    found.close()


async def test_the_loop_goes_on_while_a_password_is_looked_at(ask, file):
    """Of cost 12, which takes a good quarter of a second."""
    turns = 0

    async def turning():
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    beside = asyncio.ensure_future(turning())
    found = Passwords()
    assert await found.right({"an": Secret(kept(PASSWORD, 12))}, "an", PASSWORD)
    beside.cancel()
    found.close()

    assert turns > 100


async def test_without_users_everybody_is_let_in_and_the_headers_hold(site, client, small_world, tmp_path):
    file = tmp_path / "web.yml"
    file.write_text("http_server_config: {headers: {X-Frame-Options: deny, X-XSS-Protection: '0'}}")
    async with client.get(await site(small_world, web=file)) as answer:
        assert answer.status == 200
        assert answer.headers.getall("X-Frame-Options") == ["deny"]
        assert answer.headers["X-XSS-Protection"] == "0"
