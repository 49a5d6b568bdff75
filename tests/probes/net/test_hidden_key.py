"""A client's key that is encrypted, where there is a terminal at which OpenSSL could ask for its password."""

import asyncio
import os
import pty
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from monitor.testbed.authority import CertificateFault, Wish, _pem

# A process that leads its session takes the first terminal it opens for its own.
START = """
import os, sys
from pathlib import Path
from probes import TlsTerms
os.open(sys.argv[1], os.O_RDWR)
terms = TlsTerms(certificate=Path(sys.argv[2]), key=Path(sys.argv[3]))
"""
ENGINE = "from probes._net.openssl import OpenSsl; OpenSsl(None).session('a.example', terms)"
SETTINGS = "from monitor.pem import files; files(terms)"


@pytest.fixture
def hidden(authority, tmp_path):
    """A certificate and its own key, which only a password opens."""
    certificate, key = tmp_path / "client.pem", tmp_path / "client.key"
    chain = authority._chain(("monitor.example",), Wish(fault=CertificateFault.WRONG_USAGE))
    certificate.write_bytes(b"".join(map(_pem, chain)))
    encrypted = BestAvailableEncryption(b"sesame")
    key.write_bytes(authority._leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encrypted))
    return certificate, key


@pytest.fixture
def terminal():
    """Its two ends, that of who sits there first."""
    ends = pty.openpty()
    yield ends
    for end in ends:
        os.close(end)


@pytest.mark.parametrize(
    ("does", "told"),
    [
        (ENGINE, b"holds no key that can be used: Password was not given"),
        (SETTINGS, b"certificate: does not make a pair with its key, which must have no password"),
    ],
    ids=("engine", "settings"),
)
async def test_who_is_given_a_key_with_a_password_says_so_and_asks_nobody_for_it(hidden, terminal, does, told):
    ours, its = terminal
    loop, prompt = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(ours, prompt.set)
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    arguments = ("-c", START + does, os.ttyname(its), *hidden)
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, start_new_session=True, **pipes)
    ended, asked = asyncio.ensure_future(process.communicate()), asyncio.ensure_future(prompt.wait())
    await asyncio.wait([ended, asked], return_when=asyncio.FIRST_COMPLETED)
    loop.remove_reader(ours)
    if not ended.done():
        process.kill()
    asked.cancel()
    said, _ = await ended
    assert not prompt.is_set(), os.read(ours, 100)
    assert told in said
    assert process.returncode == 1
