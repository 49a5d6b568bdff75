"""The whole program as its users have it: started as a process, asked over HTTP, scraped by a real Prometheus."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import yaml
from aiohttp import ClientError, ClientSession

from monitor.bundled import config_folder
from monitor.testbed.scenario import FOLDER

FAIL = 2  # looks in a row
HEADLINE = "62/63 địa phương · 10/21 bộ, ngành"


@asynccontextmanager
async def program(*arguments, cwd=None):
    """`npsp-monitor` in a process of its own; whatever happens it ends."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "monitor",
        *map(str, arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            running.kill()
        await running.communicate()


async def until(stream, pattern, seconds=300):
    """The first line that matches, and its match."""
    async with asyncio.timeout(seconds):
        while line := (await stream.readline()).decode():
            if match := re.search(pattern, line):
                return match
    pytest.fail(f"the program ended without a line like {pattern}")


async def poll(get, wanted, seconds=300):
    """Asks again and again until the answer is as wanted."""
    last = None
    async with asyncio.timeout(seconds):
        while True:
            with suppress(ClientError, OSError):
                last = await get()
                if wanted(last):
                    return last
            await asyncio.sleep(0.05)


@pytest.fixture
async def client():
    async with ClientSession() as session:
        yield session


@pytest.fixture
def text(client):
    async def get(url):
        async with client.get(url) as answer:
            return await answer.text()

    return get


@pytest.fixture
def hurried(tmp_path):
    """The scenario of the demo, with looks every few seconds, but no more than a slow machine can make."""
    scenario = yaml.safe_load((FOLDER / "june-2023.yaml").read_text(encoding="utf-8"))
    scenario["monitor"] = {
        "every": "5s",
        "timeout": "4500ms",
        "warm_up": "4s",
        "patience": {"fail": {"looks": FAIL, "of": FAIL}, "recover": {"looks": 2, "of": 2}},
    }
    path = tmp_path / "hurried.yaml"
    path.write_text(yaml.safe_dump(scenario, allow_unicode=True), encoding="utf-8")
    return path


@pytest.fixture
def own_config(tmp_path):
    """A configuration of one's own that looks at nothing but a dead address, for `serve`."""
    folder = tmp_path / "config"
    shutil.copytree(config_folder(), folder)
    monitor = yaml.safe_load((folder / "monitor.yaml").read_text(encoding="utf-8"))
    dead = {"to": "127.255.255.255:443", "host": "*.vn"}
    monitor["network"]["connect_to"] = [{**dead, "port": 443}, {**dead, "port": 80}]
    monitor |= {"listen": "127.0.0.1:0", "warm_up": "1s"}
    (folder / "monitor.yaml").write_text(yaml.safe_dump(monitor), encoding="utf-8")
    return folder


@pytest.fixture
def prometheus(tmp_path):
    """`async with prometheus(address)`: a real Prometheus that scrapes it every second; gives its URL."""
    binary = shutil.which("prometheus")
    if binary is None:
        if os.environ.get("CI") == "true":
            pytest.fail("prometheus is missing; `make debian-packages` installs it")
        pytest.skip("prometheus is not installed; `make debian-packages` installs it")

    @asynccontextmanager
    async def scraping(address, port):
        # On an address of its own: a port that was free a moment ago may by now be another test's.
        listen = f"127.77.0.1:{port}"
        job = {"job_name": "npsp-monitor", "static_configs": [{"targets": [address]}]}
        (tmp_path / "prometheus.yml").write_text(
            yaml.safe_dump({"global": {"scrape_interval": "1s"}, "scrape_configs": [job]})
        )
        running = await asyncio.create_subprocess_exec(
            binary,
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=data",
            f"--web.listen-address={listen}",
            cwd=tmp_path,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield f"http://{listen}"
        finally:
            with suppress(ProcessLookupError):
                running.kill()
            await running.wait()

    return scraping


async def test_the_demo_shows_both_scores_to_a_real_prometheus_and_follows_a_dying_server(
    hurried, client, text, prometheus, free_port
):
    async def integrated(base):
        query = {"query": 'npsp_agencies_integrated{level="province"}'}
        async with client.get(f"{base}/api/v1/query", params=query) as answer:
            result = (await answer.json())["data"]["result"]
        return int(result[0]["value"][1]) if result else None

    async with program("demo", "--scenario", hurried, "--listen", "127.0.0.1:0") as running:
        assert await until(running.stderr, "SYNTHETIC scenario june-2023")
        address = (await until(running.stderr, r"metrics +http://(\S+)/metrics"))[1]
        control = (await until(running.stderr, r"POST (http://\S+)/hosts/H26/refused"))[1]
        await until(running.stdout, re.escape(HEADLINE))
        # Of those that decide nothing some may still be looked at for the first time.
        await poll(lambda: text(f"http://{address}/-/ready"), re.compile(r"(\d+) of \1 looked at\n").fullmatch)
        page = await text(f"http://{address}/metrics")

        assert re.search(r'^npsp_agencies_integrated{level="province"} 62.0$', page, re.MULTILINE)
        assert re.search(r'^npsp_agencies_integrated{level="ministry"} 10.0$', page, re.MULTILINE)
        assert "june-2023" in await text(f"http://{address}/")

        async with prometheus(address, free_port) as base:
            await poll(lambda: integrated(base), lambda seen: seen == 62)
            victim = await a_good_province(text, address)
            await (await client.post(f"{control}/hosts/{victim}/refused")).read()
            await poll(lambda: integrated(base), lambda seen: seen == 61)
            await (await client.post(f"{control}/hosts/{victim}/none")).read()
            await poll(lambda: integrated(base), lambda seen: seen == 62)
            await (await client.post(f"{control}/hosts/SIGNON/refused")).read()
            await poll(
                lambda: text(f"http://{address}/metrics"),
                lambda page: (
                    'npsp_check_state{agency="SIGNON",check="national_sign_on",level="national",state="failed"} 1'
                    in page
                ),
            )
            looks = await sign_on_looks(text, address)
            await poll(lambda: sign_on_looks(text, address), lambda made: made >= looks + FAIL + 3)
            # None while the latest scrape failed, as those of a busy machine may.
            assert await poll(lambda: integrated(base), lambda seen: seen is not None) == 62

        running.send_signal(signal.SIGINT)
        _, rest = await running.communicate()

    assert running.returncode == 0, rest.decode()
    assert "Traceback" not in rest.decode(), rest.decode()


async def sign_on_looks(text, address):
    """How many times the sign-on of one province was looked at."""
    page = await text(f"http://{address}/metrics")
    return float(
        re.search(r'^npsp_check_looks_total{agency="H29",check="sign_on",level="province"} (.*)$', page, re.MULTILINE)[
            1
        ]
    )


async def a_good_province(text, address):
    report = json.loads(await text(f"http://{address}/api/v1/status"))
    return next(
        each["code"]
        for each in report["agencies"]
        if each["level"] == "province" and each["integrated"]["answer"] == "yes"
    )


async def test_status_asks_the_running_demo_and_its_log_says_synthetic(hurried):
    log = ("--log-level", "info", "--log-format", "json")
    async with program(*log, "demo", "--scenario", hurried, "--listen", "127.0.0.1:0") as running:
        line = await until(running.stderr, '.*"event": "started".*')
        assert json.loads(line[0])["synthetic"] == "june-2023"
        address = (await until(running.stderr, r"page +(http://\S+)/"))[1]
        await until(running.stdout, re.escape(HEADLINE))
        async with program("status", "--server", address) as asking:
            told, _ = await asking.communicate()

        assert asking.returncode == 1
        assert told.decode().splitlines()[-1] == HEADLINE
        assert "synthetic: scenario june-2023" in told.decode()


async def test_serve_looks_answers_reloads_and_ends_when_told(own_config, text, client):
    async with program("--config", own_config, "--log-format", "json", "serve") as running:
        address = json.loads((await until(running.stderr, '.*"event": "started".*'))[0])["address"]

        assert await text(f"http://{address}/-/healthy")
        page = await text(f"http://{address}/metrics")
        assert re.search(r'^npsp_agencies{level="province"} 34.0$', page, re.MULTILINE)

        declared = own_config / "declared.yaml"
        good = declared.read_text(encoding="utf-8")
        declared.write_text("nonsense: 1\n", encoding="utf-8")
        async with client.post(f"http://{address}/-/reload") as answer:
            assert (answer.status, "config/declared.yaml:1" in await answer.text()) == (500, True)
        assert "npsp_monitor_config_last_reload_successful 0.0" in await text(f"http://{address}/metrics")

        declared.write_text(good, encoding="utf-8")
        running.send_signal(signal.SIGHUP)
        await until(running.stderr, '"event": "reloaded"')
        assert "npsp_monitor_config_last_reload_successful 1.0" in await text(f"http://{address}/metrics")

        running.send_signal(signal.SIGTERM)
        await until(running.stderr, '"event": "stopped"')
        await running.communicate()

    assert running.returncode == 0


@pytest.mark.parametrize("command", ["serve", "demo"])
async def test_a_port_that_is_taken_is_said(own_config, command):
    listener = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener, program("--config", own_config, command, "--listen", f"127.0.0.1:{port}") as running:
        _, told = await running.communicate()

    assert running.returncode == 2
    assert str(port) in told.decode()
    assert "Traceback" not in told.decode()


async def test_serve_with_a_wrong_configuration_tells_every_error_and_does_not_start(own_config):
    (own_config / "checks.yaml").write_text("portal: {probe: htp}\n", encoding="utf-8")
    async with program("--config", own_config, "serve") as running:
        _, told = await running.communicate()

    assert running.returncode == 2
    assert "config/checks.yaml:1" in told.decode()


def test_the_readmes_commands_exist():
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    makefile = (Path(__file__).parents[1] / "Makefile").read_text(encoding="utf-8")

    for target in set(re.findall(r"`?make ([a-z]+)`?", readme)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
