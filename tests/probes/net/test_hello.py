"""Reading the group of a key exchange from what servers send in the clear."""

import contextlib
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes._net import hello
from probes._net.openssl import READING, OpenSsl


def first_bytes(server):
    """What the server sends in a handshake that never leaves memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = OpenSsl(None).setting(READING).context.wrap_bio(to_client, to_server, server_hostname="a.example")
    serving = server.wrap_bio(to_server, to_client, server_side=True)
    sent = b""
    for _ in range(3):
        for end in (client, serving):
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()
            if end is serving and (data := to_client.read()):
                sent += data
                to_client.write(data)
    assert client.version() == serving.version()
    return sent


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(
    ("curve", "name"), [("prime256v1", "secp256r1"), ("secp384r1", "secp384r1"), ("X25519", "x25519")]
)
def test_the_group_is_told_by_its_name(authority, version, curve, name):
    """In TLS 1.3 a group the client did not guess costs another round, of which the second hello tells the group."""
    context = authority.context("a.example")
    context.minimum_version = context.maximum_version = version
    context.set_ecdh_curve(curve)
    assert hello.group(first_bytes(context)) == name


@pytest.mark.parametrize(
    "data", [b"", b"HTTP/1.1 400 Bad\r\n", b"\x15\x03\x03\x00\x02\x02\x28", b"\x16\x03\x03\x00\x01\x02"]
)
def test_what_is_no_hello_tells_nothing(data):
    assert hello.group(data) == ""


@given(st.binary())
def test_no_bytes_are_an_error(data):
    hello.group(b"\x16\x03\x03" + len(data).to_bytes(2) + data)
    hello.group(data)
