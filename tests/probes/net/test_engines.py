"""rustls beside OpenSSL: it may confirm what OpenSSL has seen, and says nothing of its own."""

import asyncio
import ssl
import sys
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from yarl import URL

from monitor.testbed.authority import CertificateFault, Wish, _key_pem, _pem
from probes import Reason, Terms, TlsTerms, Trouble
from probes._net.openssl import USUAL, OpenSsl
from probes._net.route import Routes
from probes._net.rustls import Rustls
from probes._net.settings import ConnectTo

HOST = "dichvucong.hanoi.gov.vn"
START = URL(f"https://{HOST}/")


async def greets(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


@pytest.fixture
def fast(network):
    return lambda **changes: network(engine="rustls", **changes)


@pytest.fixture
def changing(serve_raw):
    """`await changing(*contexts)`: serves each connection in the next of these, and the last for ever."""

    async def start(*contexts):
        left = list(contexts)

        async def talk(reader, writer):
            context = left.pop(0) if len(left) > 1 else left[0]
            await writer.start_tls(context)
            await greets(reader, writer)

        await serve_raw(talk, HOST, tls=False, port=443)

    return start


async def facts(way, terms=None):
    """Of one look, what differs by nature left out; and who looked."""
    trip = way.trip()
    await (trip.under(terms) if terms else trip).get(START)
    found = dict(trip.facts)
    return found.pop("tls_engine", None), found


async def reason(way):
    with pytest.raises(Trouble) as caught:
        await way.trip().get(START)
    return caught.value.reason


SOUND = (CertificateFault.EXPIRING, CertificateFault.HOUR_LEFT)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_openssl_looks_first_and_rustls_from_then_on_says_the_same(serve_raw, authority, changing, fast, version):
    context = authority.context(HOST)
    context.minimum_version = context.maximum_version = version
    await changing(context)
    looks = [await facts(fast()) for _ in range(3)]
    assert [engine for engine, _ in looks] == ["openssl", "rustls", "rustls"]
    assert looks[0][1] == looks[1][1] == looks[2][1]
    assert looks[0][1]["certificate_chain_not_after"] > datetime.now(UTC).timestamp()


async def test_without_the_choice_nobody_says_who_looked(changing, authority, network):
    await changing(authority.context(HOST))
    assert (await facts(network()))[0] is None


async def test_a_new_certificate_is_first_seen_by_openssl(changing, authority, fast):
    old, new = authority.context(HOST), authority.context(HOST, "other.example")
    await changing(old, old, new)
    looks = [await facts(fast()) for _ in range(4)]
    assert [engine for engine, _ in looks] == ["openssl", "rustls", "openssl", "rustls"]
    assert "other.example" in looks[2][1]["certificate_names"]
    assert looks[2][1] == looks[3][1]


@pytest.mark.parametrize(
    ("fault", "wrong"),
    [
        (CertificateFault.EXPIRED, Reason.TLS_EXPIRED),
        (CertificateFault.WRONG_NAME, Reason.TLS_NAME),
        (CertificateFault.INCOMPLETE_CHAIN, Reason.TLS_CHAIN),
        (CertificateFault.SELF_SIGNED, Reason.TLS_SELF_SIGNED),
        (CertificateFault.UNTRUSTED_ROOT, Reason.TLS_UNTRUSTED),
        (CertificateFault.OLD_PROTOCOL, Reason.TLS_PROTOCOL),
    ],
)
async def test_a_host_that_goes_wrong_is_told_wrong_in_openssls_words(changing, authority, fast, fault, wrong):
    good = authority.context(HOST)
    await changing(good, good, authority.context(HOST, fault=fault))
    assert [(await facts(fast()))[0] for _ in range(2)] == ["openssl", "rustls"]
    assert await reason(fast()) is wrong
    assert await reason(fast()) is wrong


async def test_a_host_that_is_well_again_is_rustls_again(changing, authority, fast):
    good, bad = authority.context(HOST), authority.context(HOST, fault=CertificateFault.EXPIRED)
    each_look = [good, good, *[bad] * 12]  # each bad look asks up to three times: rustls, OpenSSL, and for evidence
    await changing(*each_look, good)
    assert [(await facts(fast()))[0] for _ in range(2)] == ["openssl", "rustls"]
    ends = []
    while len(ends) < 20 and ends[-2:] != ["openssl", "rustls"]:
        try:
            ends.append((await facts(fast()))[0])
        except Trouble as trouble:
            ends.append(trouble.reason)
    assert Reason.TLS_EXPIRED in ends
    assert ends[-2:] == ["openssl", "rustls"]


async def test_a_host_that_was_down_is_rustls_again_at_once(serve, routes, authority, fast, free_port):
    """Nobody was there to be confirmed or not: that says nothing of its TLS."""

    async def hello(_):
        return web.Response(text="xin chào")

    await serve(hello, HOST)
    up = routes.entries[HOST, 443]
    way = fast()
    assert [(await facts(way))[0] for _ in range(2)] == ["openssl", "rustls"]
    way._routes = Routes([ConnectTo(host=HOST, port=443, to=f"127.0.0.1:{free_port}")])
    assert [await reason(way) for _ in range(3)] == [Reason.REFUSED] * 3
    way._routes = Routes([ConnectTo(host=HOST, port=443, to=up)])
    assert (await facts(way))[0] == "rustls"


async def test_a_host_that_always_differs_is_left_to_openssl(changing, authority, fast):
    """Every look meets the other of two certificates; nothing can ever be confirmed."""
    one, two = authority.context(HOST), authority.context(HOST, "other.example")
    await changing(one, two, one, two, one, two, one, two)
    engines = {(await facts(fast()))[0] for _ in range(4)}
    assert engines == {"openssl"}


@pytest.mark.parametrize(
    "terms", [TlsTerms(verify=False), TlsTerms(least="TLSv1.3"), TlsTerms(server_name="other.example")], ids=str
)
async def test_terms_of_a_check_are_openssls(changing, authority, fast, terms):
    await changing(authority.context(HOST, "other.example"))
    for _ in range(3):
        assert (await facts(fast(), Terms(tls=terms)))[0] == "openssl"


async def test_a_chain_whose_root_has_expired_is_not_confirmed(changing, authority, fast):
    """rustls takes a root without a date; OpenSSL would refuse the chain from that day on."""
    await changing(authority.context(HOST))
    way = fast()
    assert [(await facts(way))[0] for _ in range(2)] == ["openssl", "rustls"]
    way.engines._rustls._now = lambda: datetime.now(UTC) + timedelta(days=36_500)
    assert (await facts(way))[0] == "openssl"


def test_a_host_that_openssl_has_not_seen_is_not_for_rustls(ca_file):
    rustls = Rustls(OpenSsl(ca_file))
    assert rustls.session(HOST, USUAL) is None


@pytest.mark.parametrize("fault", [fault for fault in CertificateFault if fault not in SOUND])
async def test_a_fault_is_told_as_if_there_were_no_other_engine(changing, authority, fast, network, fault):
    async def told(way):
        with pytest.raises(Trouble) as caught:
            await way.trip().get(START)
        return caught.value.reason, caught.value.detail, caught.value.facts

    good, bad = authority.context(HOST), authority.context(HOST, fault=fault)
    await changing(good, good, bad)
    for _ in range(2):
        await facts(fast())
    assert await told(fast()) == await told(network())


async def test_a_certificate_that_is_renewed_again_and_again_is_followed(changing, authority, fast):
    """One new certificate each two looks is nothing to be given up for."""
    first, *renewed = [authority.context(HOST) for _ in range(6)]
    # The first look at a new one takes two connections, for rustls asks and is not sure.
    await changing(first, first, *(context for context in renewed for _ in range(3)))
    engines = [(await facts(fast()))[0] for _ in range(12)]
    assert engines == ["openssl", "rustls"] * 6


async def test_a_certificate_that_was_seen_before_needs_no_openssl(changing, authority, fast):
    """Some hosts have several machines, and a certificate on each."""
    one, two = authority.context(HOST), authority.context(HOST, "other.example")
    await changing(one, one, two, two, one, two, one)
    assert [(await facts(fast()))[0] for _ in range(6)] == [
        "openssl",
        "rustls",
        "openssl",
        "rustls",
        "rustls",
        "rustls",
    ]


async def test_what_breaks_off_behind_a_good_handshake_is_not_asked_for_again(serve_raw, fast):
    """The request was made; to make it once more would be to ask twice."""
    asked = []

    async def breaks_off_the_second(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        asked.append(1)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + (b"ok" if len(asked) != 2 else b"o"))

    await serve_raw(breaks_off_the_second)
    assert (await facts(fast()))[0] == "openssl"
    assert await reason(fast()) is Reason.PROTOCOL
    assert len(asked) == 2
    assert (await facts(fast()))[0] == "rustls"


@pytest.mark.parametrize("which", ["ca_file", "certificate"])
async def test_terms_that_name_a_file_are_openssls(changing, authority, ca_file, fast, tmp_path, which):
    client = tmp_path / "client.pem"
    chain = authority._chain(("monitor.example",), Wish(fault=CertificateFault.WRONG_USAGE))
    client.write_bytes(_key_pem(authority._leaf_key) + b"".join(map(_pem, chain)))
    await changing(authority.context(HOST))
    terms = Terms(tls=TlsTerms(**{which: ca_file if which == "ca_file" else client}))
    assert [(await facts(fast()))[0] for _ in range(2)] == ["openssl", "rustls"]
    for _ in range(2):
        assert (await facts(fast(), terms))[0] == "openssl"


async def test_a_handshake_that_verifies_nothing_is_openssls(changing, authority, fast):
    await changing(authority.context(HOST))
    for _ in range(2):
        await facts(fast())
    trip = fast().trip()
    await trip.handshake(HOST, verify=False)
    assert trip.facts["tls_engine"] == "openssl"


async def test_without_its_package_the_engine_cannot_be_chosen(monkeypatch, fast, network):
    monkeypatch.setitem(sys.modules, "rtls", None)
    with pytest.raises(ImportError, match="rtls"):
        fast()
    assert network()


async def test_a_large_body_is_sent_whole_by_either_engine(serve_raw, fast):
    """rustls takes 64 kB at a time: of a body that was cut short, a server waits for the rest."""
    body, came = bytes(range(256)) * 1200, []

    async def counts(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        came.append(await reader.readexactly(len(body)) == body and b"POST" in head)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    await serve_raw(counts)
    engines = []
    for _ in range(3):
        trip = fast().trip()
        async with asyncio.timeout(60):
            await trip.ask(START, method="POST", body=body)
        engines.append(trip.facts["tls_engine"])
    assert (engines, came) == (["openssl", "rustls", "rustls"], [True] * 3)
