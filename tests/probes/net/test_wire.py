"""Connections to real sockets on loopback."""

import asyncio
import errno
import os
import socket

import psutil
import pytest

from probes import Reason
from probes._net.address import address
from probes._net.faults import Fault
from probes._net.phases import Phases
from probes._net.wire import Wire


class Owner:
    """Waits until it is connected, or told why not."""

    def __init__(self):
        self.done = asyncio.get_running_loop().create_future()

    def connected(self):
        self.done.set_result(None)

    def failed(self, error):
        self.done.set_exception(error)


async def connect(addresses, port, **patience):
    """The address that was connected to."""
    wire, owner = Wire([address(text, port) for text in addresses], Phases(), **patience), Owner()
    try:
        wire.open(owner)
        await owner.done
        return wire.address.text
    finally:
        wire.close()


@pytest.fixture
def listening():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield sock.getsockname()[1]


async def test_the_first_address_that_answers_is_taken(listening):
    assert await connect(["127.0.0.1", "127.0.0.2"], listening) == "127.0.0.1"


async def test_an_address_that_refuses_is_passed_over(listening):
    assert await connect(["127.0.0.3", "127.255.255.255", "127.0.0.1"], listening) == "127.0.0.1"


async def test_an_address_that_is_silent_is_passed_over_when_there_is_another_one(full_port):
    with pytest.raises(Fault) as caught:
        await connect(["127.0.0.1", "127.0.0.3"], full_port, patience=0.05)
    assert caught.value.reason is Reason.REFUSED


async def test_a_silence_is_a_timeout(full_port):
    with pytest.raises(Fault) as caught:
        await connect(["127.0.0.1", "127.255.255.255"], full_port, patience=0.05)
    assert caught.value.reason is Reason.TIMEOUT_CONNECT


@pytest.mark.parametrize("addresses", [["127.255.255.255", "127.0.0.1"], ["127.0.0.1", "127.255.255.255"]])
async def test_a_server_that_refuses_says_more_than_a_network_without_a_way(addresses, free_port):
    with pytest.raises(Fault) as caught:
        await connect(addresses, free_port)
    assert caught.value.reason is Reason.REFUSED


async def test_without_any_way_the_server_is_unreachable():
    with pytest.raises(Fault) as caught:
        await connect(["127.255.255.255"], 443)
    assert caught.value.reason is Reason.UNREACHABLE


async def test_a_machine_that_has_run_out_of_sockets_blames_nobody_else(monkeypatch):
    """Running out for real would take the test's own server down with it."""

    def none_left(*_args):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(socket, "socket", none_left)
    with pytest.raises(OSError, match="Too many open files"):
        await connect(["127.0.0.1"], 443)


async def test_one_who_gives_up_leaves_no_socket_behind(full_port):
    before = psutil.Process().num_fds()
    connecting = asyncio.ensure_future(connect(["127.0.0.1"], full_port))
    await asyncio.sleep(0)
    connecting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await connecting
    assert psutil.Process().num_fds() == before


async def test_who_takes_nothing_and_makes_us_say_more_and_more_is_cut_off(listening):
    """A TLS server may ask for new keys as often as it likes, and each time it is answered."""
    wire, owner = Wire([address("127.0.0.1", listening)], Phases()), Owner()
    wire.open(owner)
    await owner.done
    owner.done = asyncio.get_running_loop().create_future()
    wire.send(bytes(50_000_000))  # a body may be as large as it wants to be
    for _ in range(1000):
        assert not owner.done.done()
        wire.send(bytes(1000))
    wire.send(bytes(100_000))
    with pytest.raises(Fault) as caught:
        await owner.done
    assert caught.value.reason is Reason.PROTOCOL
    wire.send(b"nothing comes of it")
