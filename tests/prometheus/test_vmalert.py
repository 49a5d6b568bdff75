"""The rules where Prometheus is VictoriaMetrics and vmalert: every one can be evaluated, before and after a loss."""

import asyncio
import os
import re
import shutil
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientError, ClientSession, web

ROOT = Path(__file__).parents[2]
GOLDEN = (ROOT / "tests" / "monitor" / "golden" / "metrics.txt").read_text(encoding="utf-8")
RULES = ROOT / "config" / "prometheus" / "rules"
LIMIT = 120  # seconds for whatever has to come; VictoriaMetrics may take ten to find a series that is new
OWN = "127.77.6.1"  # a port that was free a moment ago may by now be another test's, but not at this address
LOST = 'npsp_agency_standing{agency="H26",answer="%s",condition="connected",level="province"} %s'


def program(name):
    path = shutil.which(name)
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{name} is missing; `make debian-packages` installs it")
        pytest.skip(f"{name} is not installed; `make debian-packages` installs it")
    return path


def after_the_loss():
    page = GOLDEN
    for answer, before, after in (("yes", "1.0", "0.0"), ("no", "0.0", "1.0")):
        assert LOST % (answer, before) in page
        page = page.replace(LOST % (answer, before), LOST % (answer, after))
    return page


@asynccontextmanager
async def running(folder, *command):
    """The address at which the program listens, by what it says itself."""
    log = folder / f"{Path(command[0]).name}.log"
    with log.open("wb") as said:
        process = await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=said, stderr=said)
    try:
        found = await until(lambda: re.search(rf"http://({OWN}:\d+)/", log.read_text(encoding="utf-8")))
        yield found[1]
    finally:
        process.terminate()
        await process.wait()


async def until(get):
    """What `get` gives as soon as it gives something."""
    async with asyncio.timeout(LIMIT):
        while True:
            found = get()
            found = await found if asyncio.iscoroutine(found) else found
            if found:
                return found
            await asyncio.sleep(0.1)


@asynccontextmanager
async def monitor(pages):
    """An address whose /metrics is the last of the pages."""

    async def answer(_):
        return web.Response(text=pages[-1])

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def quick(folder):
    """The rules with seconds for minutes."""
    for file in RULES.glob("*.yml"):
        text = re.sub(r"\b(interval|for): \d+m", r"\1: 1s", file.read_text(encoding="utf-8"))
        (folder / file.name).write_text(text, encoding="utf-8")


@pytest.fixture
async def vmalert(tmp_path, free_ports):
    """`pages, rules`: what is scraped, and `await rules()`, every rule as vmalert tells of it."""
    storing, telling = free_ports
    pages = [GOLDEN]
    quick(tmp_path)
    async with AsyncExitStack() as stack:
        target = await stack.enter_async_context(monitor(pages))
        (tmp_path / "scrape.yaml").write_text(
            "{global: {scrape_interval: 1s}, scrape_configs: [{job_name: npsp-monitor, static_configs: "
            f'[{{targets: ["{target}"]}}]}}]}}',
            encoding="utf-8",
        )
        store = await stack.enter_async_context(
            running(
                tmp_path,
                program("victoria-metrics"),
                "-storageDataPath=data",
                "-promscrape.config=scrape.yaml",
                "-search.latencyOffset=1s",
                f"-httpListenAddr={OWN}:{storing}",
            )
        )
        alerting = await stack.enter_async_context(
            running(
                tmp_path,
                program("vmalert"),
                "-rule=*.yml",
                "-evaluationInterval=1s",
                f"-datasource.url=http://{store}",
                f"-remoteWrite.url=http://{store}",
                "-remoteWrite.flushInterval=100ms",
                f"-notifier.url=http://{target}",
                "-external.label=monitor_url=http://monitor.example",
                "-external.label=grafana_url=http://grafana.example",
                f"-httpListenAddr={OWN}:{telling}",
            )
        )
        session = await stack.enter_async_context(ClientSession(f"http://{alerting}"))

        async def rules():
            try:
                async with session.get("/api/v1/rules") as answer:
                    groups = (await answer.json(content_type=None))["data"]["groups"]
            except ClientError:
                return []
            return [rule for group in groups for rule in group["rules"]]

        yield pages, rules


@pytest.fixture
def free_ports(unused_tcp_port_factory):
    return unused_tcp_port_factory(), unused_tcp_port_factory()


def firing(rules, name):
    return [a for rule in rules if rule["name"] == name for a in rule.get("alerts") or () if a["state"] == "firing"]


def faults(rules):
    return {rule["name"]: rule["lastError"] for rule in rules if rule.get("lastError")}


async def test_vmalert_evaluates_every_rule_and_tells_a_loss_as_prometheus_does(vmalert):
    pages, rules = vmalert

    async def watching():
        return firing(await rules(), "NpspWatchdog") and firing(await rules(), "NpspCertificateEnds")

    await until(watching)
    pages.append(after_the_loss())

    async def lost():
        return firing(await rules(), "NpspAgencyLost")

    (alert,) = await until(lost)
    assert alert["labels"].items() >= {"agency": "H26", "condition": "connected", "severity": "warning"}.items()
    assert alert["annotations"]["summary_vi"] == "Hà Nội (H26): mất kết nối với Cổng Dịch vụ công quốc gia"
    assert alert["annotations"]["runbook_url"] == "http://monitor.example/runbooks/NpspAgencyLost"

    async def burning():
        return firing(await rules(), "NpspConnectionBudgetBurning")

    await until(burning)
    assert faults(await rules()) == {}
