"""The way out of one process."""

import asyncio
import socket

import pytest

from probes import Reason, Trouble
from probes._net.network import Network
from probes._net.settings import ConnectTo, NetworkSettings


@pytest.fixture
def listening():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield sock.getsockname()[1]


async def test_without_control_targets_the_way_out_is_taken_to_work(network):
    assert await network().online()


async def test_one_control_target_that_answers_is_enough(network, listening, free_port):
    assert await network(control=(f"127.0.0.1:{free_port}", f"127.0.0.1:{listening}")).online()


async def test_without_any_that_answers_the_way_out_is_down(network, free_port):
    assert not await network(control=(f"127.0.0.1:{free_port}", f"no..name:{free_port}")).online()


async def test_a_control_target_goes_by_connect_to_as_well(network, listening):
    routed = ConnectTo(host="control.example", port=443, to=f"127.0.0.1:{listening}")
    assert await network(control=("control.example:443",), connect_to=(routed,)).online()


@pytest.mark.parametrize(
    ("names", "known"), [((), True), (("nobody.example",), False), (("nobody.example", "inside.example"), True)]
)
async def test_name_servers_that_know_no_name_that_exists_do_not_know_the_internet(network, name_server, names, known):
    assert await network(resolver=(name_server,), known_names=names).names_known() is known


async def test_the_answer_is_kept_for_a_while(network, wait_until):
    asked = []
    server = await asyncio.start_server(lambda _reader, writer: (asked.append(1), writer.close()), "127.0.0.1", 0)
    way = network(control=(f"127.0.0.1:{server.sockets[0].getsockname()[1]}",))
    assert [await way.online() for _ in range(3)] == [True] * 3
    await wait_until(lambda: asked)
    server.close()
    await server.wait_closed()
    assert await way.online()
    assert asked == [1]


async def test_the_answer_is_not_older_than_the_trouble_it_is_asked_about_by_more_than_a_second():
    """What works no more is missed then: a look that failed meanwhile is not blamed on the agency."""
    now = [1000.0]
    with socket.create_server(("127.0.0.1", 0)) as server:
        control = (f"127.0.0.1:{server.getsockname()[1]}",)
        way = Network(NetworkSettings(contact="ops@monitor.example", control=control), lambda: now[0])
        assert await way.online()
    now[0] += 0.75
    kept = await way.online()
    now[0] += 0.25
    missed = not await way.online()
    await way.close()
    assert (kept, missed) == (True, True)


@pytest.mark.parametrize(
    "changes", [{"control": ("nowhere",)}, {"connect_to": (ConnectTo(host="a", port=443, to="b"),)}]
)
async def test_what_is_not_address_and_port_is_said_at_the_start(network, changes):
    with pytest.raises(ValueError, match="is not ADDRESS:PORT"):
        network(**changes)


async def test_a_ca_file_that_is_not_there_is_said_at_the_start(network, tmp_path):
    with pytest.raises(FileNotFoundError):
        network(ca_file=tmp_path / "missing.pem")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "10.1.2.3", "localhost", "127.1", "2130706433"])
async def test_no_way_of_writing_this_machine_gets_past_the_guard(network, host):
    with pytest.raises(Trouble) as caught:
        await network().trip().handshake(host)
    assert caught.value.reason in (Reason.FORBIDDEN_ADDRESS, Reason.DNS_NO_NAME)


@pytest.mark.parametrize("host", ["", "a b", "x" * 70, "a..b", ".gov.vn"])
async def test_a_host_that_cannot_be_has_no_name_not_even_by_connect_to(network, routes, host):
    routes.add("*", 443, "127.0.0.1:1")
    with pytest.raises(Trouble) as caught:
        await network().trip().handshake(host)
    assert caught.value.reason in (Reason.DNS_NO_NAME, Reason.FORBIDDEN_URL)


async def test_the_monitor_says_who_it_is(network):
    agent = dict(network().headers)["User-Agent"]
    assert agent.startswith("npsp-monitor/")
    assert agent.endswith(" (+ops@monitor.example)")
