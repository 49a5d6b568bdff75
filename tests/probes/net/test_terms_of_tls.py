"""TLS as a check wants it: certificates of the client, another name, other roots, other versions."""

import contextlib
import ssl
from pathlib import Path

import pytest
from yarl import URL

from monitor.testbed.authority import Authority, CertificateFault, Wish, _key_pem, _pem
from probes import Reason, Terms, TlsTerms, Trouble
from probes._text import text_of

HOST = "dichvucong.hanoi.gov.vn"
OTHER = "other.example"
START = URL(f"https://{HOST}/")
VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


class Served:
    """One connection's TLS on the server's side. Unlike asyncio's, it says why before it hangs up, as servers do."""

    def __init__(self, context, reader, writer):
        self._reader, self._writer = reader, writer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    async def do(self, step):
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self._writer.write(self._outgoing.read())
                if not (data := await self._reader.read(65536)):
                    raise ConnectionResetError from None
                self._incoming.write(data)
            else:
                return done
            finally:
                self._writer.write(self._outgoing.read())

    async def answer(self):
        await self.do(self.tls.do_handshake)
        await self.do(lambda: self.tls.read(65536))
        await self.do(lambda: self.tls.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
        return self.tls.getpeercert()


@pytest.fixture
def stand(serve_raw):
    """`await stand(context)`: a page at HOST behind this TLS. The list holds the certificate of each client let in."""

    async def start(context):
        async def talk(reader, writer):
            with contextlib.suppress(ssl.SSLError):  # they do not agree
                met.append(await Served(context, reader, writer).answer())
            await writer.drain()
            await reader.read(-1)  # whoever hangs up on words he has not read takes back his own

        met = []
        await serve_raw(talk, HOST, tls=False, port=443)
        return met

    return start


def only(context, version):
    context.minimum_version = context.maximum_version = version
    return context


async def got(way, **terms):
    """The facts of a look that went well under these terms."""
    trip = way.trip()
    assert text_of(await trip.under(Terms(tls=TlsTerms(**terms))).get(START)) == "ok"
    return trip.facts


async def trouble(way, **terms):
    with pytest.raises(Trouble) as caught:
        await way.trip().under(Terms(tls=TlsTerms(**terms))).get(START)
    assert caught.value.host == HOST
    return caught.value


# -- a server that wants to know who asks


@pytest.fixture
def ours(authority, tmp_path):
    """A certificate for clients, and its key."""
    certificate, key = tmp_path / "client.pem", tmp_path / "client.key"
    certificate.write_bytes(
        b"".join(map(_pem, authority._chain(("monitor.example",), Wish(fault=CertificateFault.WRONG_USAGE))))
    )
    key.write_bytes(_key_pem(authority._leaf_key))
    return certificate, key


@pytest.fixture(params=VERSIONS)
async def wants_ours(request, stand, authority, ca_file):
    context = only(authority.context(HOST), VERSIONS[request.param])
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ca_file)
    await stand(context)
    return request.param


async def test_who_shows_a_certificate_is_let_in(wants_ours, network, ours):
    certificate, key = ours
    assert (await got(network(), certificate=certificate, key=key))["tls_version"] == wants_ours


async def test_the_key_may_stand_beside_its_certificate(wants_ours, network, ours, tmp_path):
    both = tmp_path / "both.pem"
    both.write_bytes(b"".join(path.read_bytes() for path in ours))
    assert await got(network(), certificate=both)


async def test_who_shows_none_is_turned_away(wants_ours, network):
    assert (await trouble(network())).reason is Reason.TLS_PROTOCOL


async def test_a_certificate_of_an_authority_the_server_does_not_know_is_turned_away(
    wants_ours, authority, network, tmp_path
):
    stranger = Authority(authority._now)
    path = tmp_path / "stranger.pem"
    chain = stranger._chain(("monitor.example",), Wish(fault=CertificateFault.WRONG_USAGE))
    path.write_bytes(_key_pem(stranger._leaf_key) + b"".join(map(_pem, chain)))
    assert (await trouble(network(), certificate=path)).reason is Reason.TLS_PROTOCOL


@pytest.mark.parametrize("missing", ["certificate", "key", "ca_file"])
async def test_a_file_that_is_not_there_blames_nobody_else(stand, authority, network, ours, missing):
    await stand(authority.context(HOST))
    files = dict(zip(("certificate", "key"), ours, strict=True)) | {missing: Path("/nowhere/file.pem")}
    with pytest.raises(FileNotFoundError):
        await network().trip().under(Terms(tls=TlsTerms(**files))).get(START)


async def test_a_key_of_another_certificate_blames_nobody_else(stand, authority, network, ours, tmp_path):
    await stand(authority.context(HOST))
    other = tmp_path / "other.key"
    other.write_bytes(_key_pem(Authority(authority._now)._leaf_key))
    with pytest.raises(OSError, match="KEY_VALUES_MISMATCH"):
        await network().trip().under(Terms(tls=TlsTerms(certificate=ours[0], key=other))).get(START)


async def test_a_certificate_is_not_shown_where_it_is_not_meant(stand, authority, ca_file, network, ours):
    """Another request of the same look shows nothing of it."""
    context = authority.context(HOST)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(ca_file)
    met = await stand(context)
    certificate, key = ours
    trip = network().trip()
    await trip.under(Terms(tls=TlsTerms(certificate=certificate, key=key))).get(START)
    await trip.get(START)
    assert [bool(one) for one in met] == [True, False]


# -- another name


async def test_another_name_is_asked_for_and_checked(stand, authority, network):
    names = []
    context = authority.context(OTHER)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    await stand(context)
    assert (await got(network(), server_name=OTHER))["certificate_names"] == OTHER
    assert names == [OTHER]


async def test_the_hosts_own_name_does_not_do_then(stand, authority, network):
    await stand(authority.context(HOST))
    assert (await trouble(network(), server_name=OTHER)).reason is Reason.TLS_NAME


async def test_evidence_is_gathered_under_the_same_name(stand, authority, network):
    """A server of many names shows each its own certificate."""
    here, there = authority.context(HOST), authority.context(OTHER, fault=CertificateFault.EXPIRED)

    def choose(sock, name, _context):
        sock.context = there if name == OTHER else here

    here.sni_callback = choose
    await stand(here)
    found = await trouble(network(), server_name=OTHER)
    assert (found.reason, found.facts["certificate_names"]) == (Reason.TLS_EXPIRED, OTHER)


async def test_that_no_name_fits_is_no_matter_where_nothing_is_verified(stand, authority, network):
    await stand(authority.context(OTHER, fault=CertificateFault.EXPIRED))
    found = await got(network(), verify=False)
    assert found["certificate_names"] == OTHER
    assert "certificate_chain_not_after" not in found


# -- other roots


async def test_roots_of_its_own_are_trusted(stand, authority, network, ca_file):
    await stand(authority.context(HOST))
    way = network(ca_file=None)
    assert (await trouble(way)).reason is Reason.TLS_CHAIN
    assert (await got(way, ca_file=ca_file))["certificate_chain_not_after"]


async def test_no_other_roots_are_trusted_beside_them(stand, authority, network, tmp_path):
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(Authority(authority._now).root_pem)
    await stand(authority.context(HOST))
    assert (await trouble(network(), ca_file=stranger)).reason is Reason.TLS_CHAIN
    assert await got(network())


# -- other versions


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_newest_of_what_both_speak_is_spoken(stand, authority, network, version):
    await stand(only(authority.context(HOST), VERSIONS[version]))
    assert (await got(network()))["tls_version"] == version


async def test_nothing_newer_is_spoken_than_is_wanted(stand, authority, network):
    await stand(authority.context(HOST))
    assert (await got(network(), most="TLSv1.2"))["tls_version"] == "TLSv1.2"


async def test_nothing_older_is_spoken_than_is_wanted(stand, authority, network):
    await stand(only(authority.context(HOST), VERSIONS["TLSv1.2"]))
    found = await trouble(network(), least="TLSv1.3")
    assert (found.reason, found.facts["tls_version"]) == (Reason.TLS_PROTOCOL, "TLSv1.2")


async def test_a_server_that_only_speaks_newer_is_not_met_by_who_wants_older(stand, authority, network):
    await stand(only(authority.context(HOST), VERSIONS["TLSv1.3"]))
    assert (await trouble(network(), most="TLSv1.2")).reason is Reason.TLS_PROTOCOL


@pytest.mark.parametrize("most", ["TLSv1.1", "TLSv1.3"])
async def test_old_versions_are_spoken_where_they_are_wanted(stand, authority, network, most):
    await stand(authority.context(HOST, fault=CertificateFault.OLD_PROTOCOL))
    assert (await got(network(), least="TLSv1", most=most))["tls_version"] == "TLSv1.1"


async def test_old_versions_are_verified_as_well(stand, authority, network):
    context = authority.context(OTHER, fault=CertificateFault.OLD_PROTOCOL)
    await stand(context)
    assert (await trouble(network(), least="TLSv1")).reason is Reason.TLS_NAME


# -- terms and the look


async def test_each_part_of_a_look_keeps_to_its_own_terms(stand, authority, network):
    await stand(authority.context(HOST, fault=CertificateFault.EXPIRED))
    trip = network().trip()
    careless = trip.under(Terms(tls=TlsTerms(verify=False)))
    assert text_of(await careless.get(START)) == "ok"
    with pytest.raises(Trouble) as caught:
        await trip.get(START)
    assert caught.value.reason is Reason.TLS_EXPIRED
    assert text_of(await careless.get(START)) == "ok"


async def test_a_context_is_made_once_for_equal_terms(stand, authority, network):
    await stand(authority.context(HOST))
    way = network()
    await got(way, most="TLSv1.2")
    engine = way.engines._openssl
    assert engine.setting(TlsTerms(most="TLSv1.2")) is engine.setting(TlsTerms(most="TLSv1.2"))
