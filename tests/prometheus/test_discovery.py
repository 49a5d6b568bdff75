"""A real Prometheus finds its targets by /sd and has /probe look at them; plain, and over TLS with a password."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import aiohttp
import bcrypt
import pytest
import yaml

from monitor.bundled import config_folder
from monitor.server import shown
from monitor.service import Service
from monitor.settings import load, read_web
from monitor.web.serving import Site

ROOT = Path(__file__).parents[2]
PASSWORD = "hunter2"
CHECKS = ("certificate", "portal_closed")
TARGETS = {("H26", "certificate"), ("H26", "portal_closed")}


@pytest.fixture
def program():
    """`program("prometheus")`: its path."""

    def find(name):
        path = shutil.which(name)
        if path is None:
            if os.environ.get("CI") == "true":
                pytest.fail(f"{name} is missing; `make debian-packages` installs it")
            pytest.skip(f"{name} is not installed; `make debian-packages` installs it")
        return path

    return find


@pytest.fixture
async def monitor(serve, routes, ca_file):
    """`await monitor(web=None)`: the real configuration's certificate and portal checks at one emulated portal; address."""
    sites, services = [], []

    async def page(_):
        return aiohttp.web.Response(
            text="<html lang=vi><body>Cổng dịch vụ công</body></html>", content_type="text/html"
        )

    async def start(web=None):
        await serve(page)
        real = load(config_folder())
        network = replace(
            real.network,
            connect_to=routes.connect_to,
            ca_file=ca_file,
            requests_per_second=1000,
            control=("127.0.0.1:9",),
        )
        checks = tuple(replace(each, only=frozenset({"H26"})) for each in real.checks if each.name in CHECKS)
        service = Service(replace(real, network=network, checks=checks), lambda: real)
        services.append(service)
        service.plan()

        async def reload():
            return ()

        config = read_web(web, web.parent) if web else None
        sites.append(Site(shown(service, reload), config))
        return await sites[-1].start("127.0.0.1:0")

    yield start
    for each in sites:
        await each.stop()
    for each in services:
        await each.close()


@contextlib.asynccontextmanager
async def scraping(binary, folder, job):
    """A real Prometheus with one job; gives its URL."""
    # A look has half a second less than that.
    config = {"global": {"scrape_interval": "3s"}, "scrape_configs": [{"job_name": "npsp-probe", **job}]}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    command = [binary, "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--web.listen-address=127.0.0.1:0"]
    with (folder / "log").open("wb") as said, subprocess.Popen(command, cwd=folder, stderr=said) as running:  # noqa: ASYNC220 - it starts at once
        try:

            async def listening():
                found = re.search(r'msg="?Listening on"? address=(\S+)', (folder / "log").read_text(encoding="utf-8"))
                return found and f"http://{found[1]}"

            yield await until(listening)
        finally:
            running.terminate()


async def until(get):
    async with asyncio.timeout(60):
        while not (found := await get()):  # noqa: ASYNC110 - what comes is in another process
            await asyncio.sleep(0.1)
    return found


async def asked(base, path):
    """The data of an answer; None while there is none."""
    with contextlib.suppress(aiohttp.ClientError):
        async with aiohttp.ClientSession() as session, session.get(base + path) as answer:
            if answer.status == 200:
                return json.loads(await answer.text())["data"]
    return None


async def scraped(base):
    """Agency and check → discovered labels and labels, once all targets are up."""
    data = await asked(base, "/api/v1/targets")
    targets = data["activeTargets"] if data else []
    if targets and all(each["health"] == "up" for each in targets):
        return {(each["labels"]["agency"], each["labels"]["check"]): each for each in targets}
    return None


async def results(base):
    data = await asked(base, "/api/v1/query?query=probe_success")
    return data and len(data["result"]) == len(TARGETS) and data["result"]


async def test_targets_are_discovered_and_looked_at(program, monitor, tmp_path):
    address = await monitor()
    job = {"http_sd_configs": [{"url": f"http://{address}/sd?level=province&check=portal_closed&check=certificate"}]}
    async with scraping(program("prometheus"), tmp_path, job) as base:
        targets = await until(lambda: scraped(base))
        found = await until(lambda: results(base))

    assert set(targets) == TARGETS
    portal = targets["H26", "portal_closed"]
    assert portal["scrapeUrl"] == f"http://{address}/probe?agency=H26&check=portal_closed"
    assert portal["discoveredLabels"]["__meta_npsp_name"] == "Hà Nội"
    assert portal["discoveredLabels"]["__meta_npsp_portal"].startswith("https://dichvucong.hanoi.gov.vn")
    assert portal["labels"] == {
        "agency": "H26",
        "check": "portal_closed",
        "level": "province",
        "instance": address,
        "job": "npsp-probe",
    }
    values = {(each["metric"]["agency"], each["metric"]["check"]): each["value"][1] for each in found}
    assert values == {("H26", "certificate"): "1", ("H26", "portal_closed"): "0"}  # the page is none of a closed portal


async def test_over_tls_and_with_a_password_too_in_the_rhythm_of_each_check(program, monitor, tmp_path, ca_file, issue):
    issue(tmp_path, "server")
    kept = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    (tmp_path / "web.yml").write_text(
        "tls_server_config: {cert_file: server.crt, key_file: server.key}\n"
        f"basic_auth_users: {{prometheus: '{kept}'}}\n"
    )
    entry = {
        "basic_auth": {"username": "prometheus", "password": PASSWORD},
        "tls_config": {"ca_file": str(ca_file)},
    }
    address = await monitor(tmp_path / "web.yml")
    rhythm = [{"source_labels": ["__meta_npsp_every"], "target_label": "__scrape_interval__"}]
    job = {**entry, "http_sd_configs": [{"url": f"https://{address}/sd", **entry}], "relabel_configs": rhythm}
    async with scraping(program("prometheus"), tmp_path, job) as base:

        async def discovered():
            data = await asked(base, "/api/v1/targets")
            return data and data["activeTargets"]

        targets = await until(discovered)

    assert {each["scrapeInterval"] for each in targets} == {"5m"}
    assert {each["scrapeUrl"].partition("?")[0] for each in targets} == {f"https://{address}/probe"}


def test_promtool_takes_the_example_of_a_web_configuration(program, tmp_path, issue):
    issue(tmp_path, "server")
    (tmp_path / "web.yml").write_bytes((config_folder() / "web.yml.example").read_bytes())
    command = [program("promtool"), "check", "web-config", str(tmp_path / "web.yml")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)

    assert found.returncode == 0, found.stdout + found.stderr
    taken = read_web(tmp_path / "web.yml", tmp_path)
    assert (set(taken.users), taken.tls is not None) == ({"prometheus", "operator"}, True)


DOCUMENTS = [ROOT / "docs" / name for name in ("api.md", "operations.md")]
JOBS = [
    job
    for path in DOCUMENTS
    for job in re.findall(r"```yaml\n(- job_name: .*?)```", path.read_text("utf-8"), re.DOTALL)
]


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.split()[2])
def test_promtool_takes_the_jobs_of_the_documents(program, tmp_path, job):
    job = re.sub(r"/etc/prometheus/[\w.-]+", lambda found: str(tmp_path / Path(found[0]).name), job)
    for name in ("npsp-root.pem", "npsp-password"):
        (tmp_path / name).write_text("x")
    (tmp_path / "prometheus.yml").write_text(f"scrape_configs:\n{job}", encoding="utf-8")
    command = [program("promtool"), "check", "config", str(tmp_path / "prometheus.yml")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)

    assert found.returncode == 0, found.stdout + found.stderr
