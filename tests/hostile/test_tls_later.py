"""What a server may try once TLS has begun: a worse chain, a handshake anew, words after its farewell."""

import asyncio
import contextlib
import ssl
import subprocess
import sys

import pytest
from OpenSSL import SSL
from yarl import URL

from monitor.testbed.authority import CertificateFault, Wish, _key_pem, _pem
from probes import Reason, Terms, TlsTerms, Trouble

HOST = "dichvucong.hanoi.gov.vn"
START = URL(f"https://{HOST}/")
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
WRONG = {CertificateFault.EXPIRED: Reason.TLS_EXPIRED, CertificateFault.WRONG_NAME: Reason.TLS_NAME}
NO_RESUMPTION_ON_RENEGOTIATION = 1 << 16


@pytest.fixture
def client_certificate(authority, tmp_path):
    file = tmp_path / "client.pem"
    chain = authority._chain(("monitor.example",), Wish(fault=CertificateFault.WRONG_USAGE))
    file.write_bytes(_key_pem(authority._leaf_key) + b"".join(map(_pem, chain)))
    return file


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("fault", [None, *WRONG])
async def test_a_certificate_of_ours_is_shown_to_nobody_who_is_refused(
    serve_raw, authority, ca_file, network, wait_until, client_certificate, version, fault
):
    shown, begun, ended = [], [], []

    async def asks_for_one(reader, writer):
        begun.append(1)
        context = authority.context(HOST, fault=fault)
        context.minimum_version = context.maximum_version = version
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(ca_file)
        tls, incoming, outgoing = memory(context)
        with contextlib.suppress(ssl.SSLError):
            while (data := await reader.read(65536)) and not shaken(tls, incoming, data):
                writer.write(outgoing.read())
        with contextlib.suppress(ValueError):  # of a handshake that is not done
            shown.append(tls.getpeercert())
        ended.append(1)

    await serve_raw(asks_for_one, tls=False, port=443)
    trip = network().trip().under(Terms(tls=TlsTerms(certificate=client_certificate)))
    with contextlib.suppress(Trouble):
        await trip.handshake(HOST)
    if fault is None:
        await wait_until(lambda: shown and shown[0])
    else:
        assert trip.troubles == (WRONG[fault],)
        await wait_until(lambda: begun and len(ended) == len(begun))
        assert not any(shown)


def memory(context):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    return context.wrap_bio(incoming, outgoing, server_side=True), incoming, outgoing


def shaken(tls, incoming, data):
    incoming.write(data)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


@pytest.mark.parametrize("then", ["cuts", "stalls"])
async def test_of_a_refused_chain_the_verdict_does_not_wait_for_the_servers_last_word(
    serve_raw, authority, network, cut_off, then
):
    """In TLS 1.2 the certificate comes a round before the handshake is done."""

    async def half_a_handshake(reader, writer):
        context = authority.context(HOST, fault=CertificateFault.EXPIRED)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        tls, incoming, outgoing = memory(context)
        shaken(tls, incoming, await reader.read(65536))
        writer.write(outgoing.read())
        if then == "stalls":
            await reader.read(-1)

    await serve_raw(half_a_handshake, tls=False, port=443)
    with pytest.raises(Trouble) as caught:
        await asyncio.wait_for(network().trip().get(START), 60)
    assert caught.value.reason is Reason.TLS_EXPIRED
    assert caught.value.facts["certificate_not_after"] > 0


# A handshake that the server begins anew (TLS 1.2). Python's own server cannot, OpenSSL's can.


class Renewing:
    """Answers STARTTLS; then says `hello` and begins TLS anew, perhaps as another, and keeps what it is told."""

    def __init__(self, authority, worse):
        self._first, self._then = of(authority, None), of(authority, worse)
        self.told = b""

    async def serve(self, reader, writer):
        await reader.readuntil(b"\r\n")
        writer.write(b"220 go\r\n")
        tls = SSL.Connection(self._first, None)
        tls.set_accept_state()
        while not done(tls):
            writer.write(leaving(tls))
            tls.bio_write(await reader.read(65536))
        tls.set_context(self._then)
        tls.send(b"hello")
        tls.renegotiate()
        done(tls)
        writer.write(leaving(tls))
        while data := await reader.read(65536):
            tls.bio_write(data)
            with contextlib.suppress(SSL.Error):
                self.told += tls.recv(1000)
            writer.write(leaving(tls))


def of(authority, fault):
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(NO_RESUMPTION_ON_RENEGOTIATION)
    leaf, *others = authority._chain(("other.example" if fault else HOST,), Wish(fault=fault))
    context.use_certificate(leaf)
    for other in others:
        context.add_extra_chain_cert(other)
    context.use_privatekey(authority._leaf_key)
    return context


def done(tls):
    try:
        tls.do_handshake()
    except SSL.WantReadError:
        return False
    return True


def leaving(tls):
    try:
        return tls.bio_read(65536)
    except SSL.WantReadError:
        return b""


async def confided(way, talk_on):
    async with asyncio.timeout(60), way.trip().talk(HOST, 443) as talk:
        await talk.send(b"STARTTLS\r\n")
        assert await talk.receive() == b"220 go\r\n"
        await talk.start_tls()
        assert await talk.receive() == b"hello"
        await talk.send(b"PASSWORD secret\r\n")
        await talk_on(talk)


async def test_a_secret_waits_till_a_handshake_that_was_begun_anew_is_done(serve_raw, authority, network, wait_until):
    server = Renewing(authority, None)
    await serve_raw(server.serve, tls=False, port=443)

    async def heard(_):
        await wait_until(lambda: server.told == b"PASSWORD secret\r\n")

    await confided(network(), heard)


@pytest.mark.parametrize("fault", [CertificateFault.EXPIRED, CertificateFault.UNTRUSTED_ROOT])
async def test_who_begins_anew_with_a_chain_that_is_refused_is_told_nothing(serve_raw, authority, network, fault):
    server = Renewing(authority, fault)
    await serve_raw(server.serve, tls=False, port=443)

    async def more(talk):
        await talk.receive()

    with pytest.raises(Trouble) as caught:
        await confided(network(), more)
    assert caught.value.reason.startswith("tls_")
    assert server.told == b""


# In a process of its own: where it is wrong, rustls or a loop of ours never comes back.
AFTER_FAREWELL = """
import ssl, sys
from datetime import UTC, datetime
from pathlib import Path
from monitor.testbed.authority import Authority
from probes._net.faults import Fault
from probes._net.openssl import USUAL, OpenSsl
from probes._net.rustls import Rustls

version, rest = sys.argv[1], bytes.fromhex(sys.argv[2]) * int(sys.argv[3])
authority = Authority(datetime.now(UTC))
rustls = Rustls(OpenSsl(None))
rustls._roots["a.example"] = ssl.PEM_cert_to_DER_cert(authority.root_pem.decode())
client = rustls.session("a.example", USUAL)
context = authority.context("a.example")
context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
server, said, shaken = context.wrap_bio(incoming, outgoing, server_side=True), b"", False
try:
    client.agree(b"")
    while not shaken:
        incoming.write(client.leaving())
        try:
            server.do_handshake()
            shaken = True
        except ssl.SSLWantReadError:
            client.agree(outgoing.read())
    server.write(b"HTTP/1.1 200 OK")
    try:
        server.unwrap()
    except ssl.SSLError:
        pass
    last = outgoing.read() + rest
    if version == "TLSv1_2":
        client.agree(last)
    else:
        client.take(last)
    for _ in range(5):
        said += client.read() or b""
except Fault as fault:
    said += fault.reason.encode()
print(said.decode())
"""


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize(
    ("record", "times"),
    [("170303002061" + "61" * 31, 300), ("17030340" + "00" * 16385, 4), ("ff" * 1000, 60)],
    ids=["small", "large", "rubbish"],
)
def test_words_after_a_farewell_hold_up_nobody(version, record, times):
    ended = subprocess.run(
        [sys.executable, "-c", AFTER_FAREWELL, version, record, str(times)],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("HTTP/1.1 200 OK")


@pytest.mark.parametrize("host", ["-a.example", "a-.example"])
async def test_no_certificate_can_be_for_what_is_no_hosts_name(serve_raw, network, host):
    await serve_raw(lambda *_: None, host, tls=False, port=443)
    way = network()
    for _ in range(3):
        with pytest.raises(Trouble) as caught:
            await way.trip().get(URL(f"https://{host}/"))
        assert caught.value.reason is Reason.TLS_NAME


async def test_a_host_that_rustls_takes_for_none_is_openssls(serve_raw, network):
    async def greets(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    await serve_raw(greets, "x.123")
    way = network()
    for _ in range(3):
        trip = way.trip()
        assert (await trip.get(URL("https://x.123/"))).status == 200
        assert trip.facts.get("tls_engine", "openssl") == "openssl"
