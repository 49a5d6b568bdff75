"""A reload is whole or not at all: whichever file is spoilt after it was found right, everything goes on as before."""

import asyncio
from contextlib import closing
from dataclasses import replace

import pytest
from aiohttp import ClientSession
from structlog.testing import capture_logs

from monitor.bundled import config_folder
from monitor.channels import Channel
from monitor.notify.file import Notifier as File
from monitor.server import Server
from monitor.service import Service
from monitor.settings import load, read_web
from monitor.store.opening import open_ledger
from monitor.store.place import Place
from probes._net.settings import ConnectTo


@pytest.fixture
def config():
    """The real configuration, with every name led to where nothing is."""
    dead = [ConnectTo(host="*.vn", port=port, to="127.255.255.255:1") for port in (80, 443)]
    real = load(config_folder())
    return replace(real, listen="127.0.0.1:0", network=replace(real.network, connect_to=tuple(dead)))


@pytest.fixture
async def running(config, tmp_path):
    """A server with a store, where it listens, and what it reads at its next reload."""
    wanted, stop, serving = [config], asyncio.Event(), asyncio.get_running_loop().create_future()
    with closing(open_ledger(Place(file=tmp_path / "monitor.db"), serving=True)) as ledger:
        server = Server(Service(config, lambda: wanted[-1], ledger=ledger))
        with capture_logs() as logs:
            task = asyncio.ensure_future(server.serve(stop, serving.set_result))
            await asyncio.wait({task, serving}, return_when=asyncio.FIRST_COMPLETED)
        yield server, next(line["address"] for line in logs if line["event"] == "started"), wanted.append
        stop.set()
        await asyncio.wait_for(task, 20)


@pytest.fixture
def other(config, tmp_path, issue, ca_file):
    """Everything in it is another: who is let in, by which network, and who is told."""
    issue(tmp_path, "server")
    (tmp_path / "web.yml").write_text("tls_server_config: {cert_file: server.crt, key_file: server.key}\n")
    own = tmp_path / "own-ca.pem"
    own.write_bytes(ca_file.read_bytes())
    return replace(
        config,
        web=read_web(tmp_path / "web.yml", tmp_path),
        network=replace(config.network, ca_file=own, requests_per_second=2.0),
        channels={"new": Channel(name="new", kind="file", notifier=File(path=tmp_path / "notices.jsonl"))},
    )


def held(server):
    """What a configuration decides."""
    post, service = server._post, server.service
    names = set(post.deliverers._runs), set(post._office.channels), set(service.alerts.channels)
    return service.config, service._network, post._office.reach.http, names, server._site.config


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [("own-ca.pem", "network.ca_file"), ("server.key", "the certificates of web.config_file")],
)
@pytest.mark.parametrize("how", ["gone", "rubbish"])
async def test_a_file_that_is_spoilt_meanwhile_changes_nothing_at_all(running, other, tmp_path, spoilt, said, how):
    server, address, read = running
    before = held(server)
    (tmp_path / spoilt).unlink() if how == "gone" else (tmp_path / spoilt).write_text("rubbish")
    read(other)
    (error,) = await server.reload()

    assert error.startswith(f"{said} cannot be used: ")
    assert held(server) == before
    assert not server.service.vitals.reload_ok
    async with ClientSession() as client, client.get(f"http://{address}/-/healthy") as answer:
        assert answer.status == 200


async def test_what_is_right_is_gone_by_as_a_whole(running, other):
    server, _, read = running
    before = held(server)
    read(other)
    assert await server.reload() == ()

    after = held(server)
    assert [one for one, two in zip(before, after, strict=True) if one == two] == []
    assert after[3] == ({"new"}, {"new"}, {"new"})
