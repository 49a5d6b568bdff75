"""probes._revocation: an authority of the test's own, its lists and its responder, sound and in every way unsound."""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import SSL

from probes import Reason, _crl, _ocsp
from probes._links import Links, Unknown, links
from probes.tls import Probe

HANOI = "dichvucong.hanoi.gov.vn"
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
LIST, RESPONDER = "crl.example", "ocsp.example"
PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER
CERTIFIED = (LIST, RESPONDER)


@dataclass(frozen=True, kw_only=True)
class Signer:
    certificate: x509.Certificate
    key: object


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def builder(subject, key, issuer):
    return (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + 90 * DAY)
    )


def authority(text, key=None):
    key = key or ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    made = builder(text, key, text).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    made = made.add_extension(usage, critical=True).add_extension(identifier, critical=False)
    return Signer(certificate=made.sign(key, digest(key)), key=key)


def digest(key):
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def issued(signer, places=CERTIFIED, usage=ExtendedKeyUsageOID.SERVER_AUTH):
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = signer.certificate.subject.rfc4514_string().removeprefix("CN=")
    made = builder(HANOI, key, issuer).add_extension(x509.SubjectAlternativeName([x509.DNSName(HANOI)]), critical=False)
    made = made.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    made = made.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), critical=False
    )
    if places:
        point = x509.UniformResourceIdentifier(f"http://{places[0]}/list.crl")
        made = made.add_extension(
            x509.CRLDistributionPoints(
                [x509.DistributionPoint(full_name=[point], relative_name=None, reasons=None, crl_issuer=None)]
            ),
            critical=False,
        )
        responder = x509.UniformResourceIdentifier(f"http://{places[1]}/")
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, responder)
        made = made.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    return Signer(certificate=made.sign(signer.key, digest(signer.key)), key=key)


def crl(signer, revoked=(), start=NOW - DAY, end=NOW + DAY, extensions=(), issuer=None):
    made = x509.CertificateRevocationListBuilder().issuer_name((issuer or signer).certificate.subject)
    made = made.last_update(start).next_update(end)
    for each in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(each.certificate.serial_number).revocation_date(start)
        made = made.add_revoked_certificate(entry.build())
    for value, critical in extensions:
        made = made.add_extension(value, critical=critical)
    return made.sign(signer.key, digest(signer.key))


def answer(signer, leaf, issuer, status=ocsp.OCSPCertStatus.GOOD, start=NOW - DAY, end=NOW + DAY, certificates=None):
    revoked = start if status is ocsp.OCSPCertStatus.REVOKED else None
    made = ocsp.OCSPResponseBuilder().add_response(
        cert=leaf.certificate,
        issuer=issuer.certificate,
        algorithm=hashes.SHA1(),
        cert_status=status,
        this_update=start,
        next_update=end,
        revocation_time=revoked,
        revocation_reason=None,
    )
    made = made.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
    if certificates:
        made = made.certificates([each.certificate for each in certificates])
    return made.sign(signer.key, digest(signer.key)).public_bytes(DER)


ROOT, STRANGER = authority("root"), authority("stranger")
LEAF, OTHER = issued(ROOT), issued(ROOT)
LINKED = Links(leaf=LEAF.certificate, issuer=ROOT.certificate)
DELEGATE = issued(ROOT, usage=ExtendedKeyUsageOID.OCSP_SIGNING)
REVOKED = ocsp.OCSPCertStatus.REVOKED


# Lists.


def listed(made, now=NOW):
    return _crl.said(_crl.read(made.public_bytes(DER), ROOT.certificate, now), LINKED)


def test_a_list_tells_what_was_revoked():
    assert listed(crl(ROOT, revoked=[LEAF])).revoked
    assert not listed(crl(ROOT, revoked=[OTHER])).revoked
    assert listed(crl(ROOT)).until == NOW + DAY


def test_a_list_may_be_text():
    assert _crl.said(_crl.read(crl(ROOT, revoked=[LEAF]).public_bytes(PEM), ROOT.certificate, NOW), LINKED).revoked


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (crl(STRANGER), "not signed by the issuer"),
        (crl(STRANGER, issuer=ROOT), "not signed by the issuer"),
        (crl(ROOT, start=NOW - 9 * DAY, end=NOW - DAY), "not of today"),
        (crl(ROOT, start=NOW + DAY, end=NOW + 2 * DAY), "not of today"),
        (crl(ROOT, extensions=[(x509.DeltaCRLIndicator(1), True)]), "a partial one"),
        (
            crl(
                ROOT,
                extensions=[
                    (
                        x509.IssuingDistributionPoint(
                            full_name=None,
                            relative_name=None,
                            only_contains_user_certs=False,
                            only_contains_ca_certs=True,
                            only_some_reasons=None,
                            indirect_crl=False,
                            only_contains_attribute_certs=False,
                        ),
                        True,
                    )
                ],
            ),
            "of other certificates",
        ),
    ],
)
def test_a_list_that_is_not_sound_tells_nothing(made, why):
    with pytest.raises(Unknown, match=why):
        listed(made)


@given(st.binary(max_size=200))
@settings(max_examples=50)
def test_any_bytes_are_a_list_or_tell_nothing(body):
    with pytest.raises(Unknown):
        _crl.read(body, ROOT.certificate, NOW)


# Responders.


def told(body, now=NOW):
    return _ocsp.said(body, LINKED, now)


@pytest.mark.parametrize("signer", [ROOT, DELEGATE])
def test_a_responder_tells_whether_one_was_revoked(signer):
    certificates = [signer] if signer is DELEGATE else None

    assert told(answer(signer, LEAF, ROOT, REVOKED, certificates=certificates)).revoked
    assert not told(answer(signer, LEAF, ROOT, certificates=certificates)).revoked


def test_a_responder_may_sign_with_rsa():
    root = authority("rsa", rsa.generate_private_key(65537, 2048))
    leaf = issued(root)
    linked = Links(leaf=leaf.certificate, issuer=root.certificate)

    assert _ocsp.said(answer(root, leaf, root, REVOKED), linked, NOW).revoked


UNSOUND = {
    "stranger": (lambda: answer(STRANGER, LEAF, ROOT), "not signed by the issuer"),
    "not named": (lambda: answer(OTHER, LEAF, ROOT, certificates=[OTHER]), "not signed by the issuer"),
    "named by another": (
        lambda: answer(
            stray := issued(STRANGER, usage=ExtendedKeyUsageOID.OCSP_SIGNING), LEAF, ROOT, certificates=[stray]
        ),
        "not signed by the issuer",
    ),
    "another certificate": (lambda: answer(ROOT, OTHER, ROOT), "for another certificate"),
    "another issuer": (lambda: answer(ROOT, LEAF, STRANGER), "for another certificate"),
    "old": (lambda: answer(ROOT, LEAF, ROOT, start=NOW - 9 * DAY, end=NOW - DAY), "not of today"),
    "old, without an end": (lambda: answer(ROOT, LEAF, ROOT, start=NOW - DAY, end=None), "not of today"),
    "early": (lambda: answer(ROOT, LEAF, ROOT, start=NOW + DAY, end=NOW + 2 * DAY), "not of today"),
    "unknown": (lambda: answer(ROOT, LEAF, ROOT, ocsp.OCSPCertStatus.UNKNOWN), "does not know"),
    "busy": (
        lambda: ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER).public_bytes(DER),
        "answered try_later",
    ),
    "garbage": (lambda: b"garbage", "cannot be read"),
}


@pytest.mark.parametrize("case", UNSOUND)
def test_an_answer_that_is_not_sound_tells_nothing(case):
    body, why = UNSOUND[case]
    with pytest.raises(Unknown, match=why):
        told(body())


def test_an_answer_without_an_end_holds_for_an_hour():
    assert told(answer(ROOT, LEAF, ROOT, start=NOW, end=None)).until == NOW + timedelta(hours=1)


def test_a_key_of_a_sort_that_is_not_known_tells_nothing():
    root = authority("ed", ed25519.Ed25519PrivateKey.generate())
    leaf = issued(root)
    with pytest.raises(Unknown, match="not known here"):
        _ocsp.said(answer(root, leaf, root), Links(leaf=leaf.certificate, issuer=root.certificate), NOW)


@given(st.integers(min_value=0), st.binary(min_size=1, max_size=4))
@settings(max_examples=50)
def test_an_answer_with_other_bytes_in_it_is_sound_or_tells_nothing(at, bits):
    body = bytearray(answer(ROOT, LEAF, ROOT, REVOKED))
    place = at % len(body)
    body[place : place + len(bits)] = bits
    try:
        assert told(bytes(body)).revoked
    except Unknown as unknown:
        assert str(unknown)  # noqa: PT017 - both ways are right


def test_a_chain_that_cannot_be_followed_tells_nothing():
    leaf, root, stranger = (each.certificate.public_bytes(DER) for each in (LEAF, ROOT, STRANGER))

    assert links((leaf, root)) == LINKED
    for chain in ((), (leaf,), (leaf, stranger), (b"x", root)):
        with pytest.raises(Unknown):
            links(chain)


# The kind `tls` with all of it.


@pytest.fixture
def roots(tmp_path):
    path = tmp_path / "roots.pem"
    path.write_bytes(ROOT.certificate.public_bytes(PEM))
    return path


@pytest.fixture
async def portal(routes, tmp_path):
    """`await portal(leaf)`: a server that shows this certificate."""
    servers = []

    async def start(leaf):
        key = leaf.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file = tmp_path / "leaf.pem"
        file.write_bytes(key + leaf.certificate.public_bytes(PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
        servers.append(server)
        routes.add(HANOI, 443, f"127.0.0.1:{server.sockets[0].getsockname()[1]}")

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.fixture
def asked(serve):
    """`await asked(host, body, status=200)`: whoever asks the host gets this; what was asked so far."""

    async def start(host, *bodies, status=200):
        requests, left = [], list(bodies)

        async def handler(request):
            requests.append((request.method, request.path, await request.read()))
            return web.Response(body=left.pop(0) if len(left) > 1 else left[0], status=status)

        await serve(handler, host, tls=False)
        return requests

    return start


@pytest.mark.parametrize("revoked", [False, True])
async def test_a_list_decides_and_is_had_once_for_all_looks(portal, asked, look, target, roots, revoked):
    await portal(LEAF)
    requests = await asked(LIST, crl(ROOT, revoked=[LEAF] if revoked else []).public_bytes(DER))
    observations = [(await look(Probe(revocation="crl"), target(), ca_file=roots))[0] for _ in range(3)]

    assert {each.reason for each in observations} == {Reason.TLS_REVOKED if revoked else Reason.OK}
    assert observations[0].facts["revocation"] == ("revoked" if revoked else "good")
    assert requests == [("GET", "/list.crl", b"")]


@pytest.mark.parametrize("revoked", [False, True])
async def test_a_responder_decides_and_is_asked_once_for_all_looks(portal, asked, look, target, roots, revoked):
    await portal(LEAF)
    status = REVOKED if revoked else ocsp.OCSPCertStatus.GOOD
    requests = await asked(RESPONDER, answer(ROOT, LEAF, ROOT, status))
    observations = [(await look(Probe(revocation="ocsp"), target(), ca_file=roots))[0] for _ in range(3)]

    assert {each.reason for each in observations} == {Reason.TLS_REVOKED if revoked else Reason.OK}
    assert [(method, path) for method, path, _ in requests] == [("POST", "/")]
    assert ocsp.load_der_ocsp_request(requests[0][2]).serial_number == LEAF.certificate.serial_number


@pytest.mark.parametrize(
    ("method", "body", "status", "why"),
    [
        ("crl", b"garbage", 200, "the list cannot be read"),
        ("crl", b"", 404, "crl.example answered 404"),
        ("ocsp", b"garbage", 200, "cannot be read"),
        ("ocsp", b"", 500, "ocsp.example answered 500"),
    ],
)
async def test_an_authority_that_does_not_answer_well_is_a_fact_and_no_verdict(
    portal, asked, look, target, roots, *, method, body, status, why
):
    await portal(LEAF)
    await asked(LIST if method == "crl" else RESPONDER, body, status=status)
    observation, trip = await look(Probe(revocation=method), target(), ca_file=roots)

    assert observation.reason is Reason.OK
    assert observation.facts["revocation"] == "unknown"
    assert why in observation.facts["revocation_detail"]
    assert trip.troubles == ()


@pytest.mark.parametrize("method", ["crl", "ocsp"])
async def test_an_authority_that_is_not_there_is_a_fact_and_no_verdict(
    portal, look, target, roots, routes, free_port, method
):
    await portal(LEAF)
    for host in (LIST, RESPONDER):
        routes.add(host, 80, f"127.0.0.1:{free_port}")
    observation, trip = await look(Probe(revocation=method), target(), ca_file=roots)

    assert observation.reason is Reason.OK
    assert "connection refused" in observation.facts["revocation_detail"]
    assert trip.troubles == ()


@pytest.mark.parametrize("method", ["crl", "ocsp"])
async def test_the_guard_stands_before_an_authority_too(portal, look, target, roots, method):
    await portal(issued(ROOT, places=("169.254.169.254", "169.254.169.254")))
    observation, _ = await look(Probe(revocation=method), target(), ca_file=roots)

    assert observation.reason is Reason.OK
    assert "forbidden" in observation.facts["revocation_detail"]


@pytest.mark.parametrize("method", ["crl", "ocsp"])
async def test_a_certificate_that_names_nobody_to_ask_is_not_known_of(portal, look, target, roots, method):
    await portal(issued(ROOT, places=()))
    observation, _ = await look(Probe(revocation=method), target(), ca_file=roots)

    assert "on the web" in observation.facts["revocation_detail"]


async def test_a_list_that_has_ended_meanwhile_is_had_again(portal, asked, look, target, roots, monkeypatch):
    """By a clock that is set forward."""
    await portal(LEAF)
    later = NOW + 3 * DAY
    first, second = crl(ROOT), crl(ROOT, revoked=[LEAF], start=NOW, end=NOW + 9 * DAY)
    requests = await asked(LIST, first.public_bytes(DER), second.public_bytes(DER))
    before, _ = await look(Probe(revocation="crl"), target(), ca_file=roots)

    monkeypatch.setattr("probes._net.trip.Trip.now", later)
    after = [(await look(Probe(revocation="crl"), target(), ca_file=roots))[0].reason for _ in range(2)]

    assert before.reason is Reason.OK
    assert after == [Reason.TLS_REVOKED, Reason.TLS_REVOKED]
    assert len(requests) == 2


async def test_where_nothing_is_wanted_nobody_is_asked(portal, look, target, roots):
    await portal(LEAF)
    observation, _ = await look(Probe(), target(), ca_file=roots)

    assert "revocation" not in observation.facts


async def test_what_is_revoked_weighs_more_than_what_ends_soon(portal, asked, look, target, roots):
    await portal(LEAF)
    await asked(LIST, crl(ROOT, revoked=[LEAF]).public_bytes(DER))

    assert (await look(Probe(warn_days=3650), target(), ca_file=roots))[0].reason is Reason.TLS_EXPIRING
    both = Probe(warn_days=3650, revocation="crl")
    assert (await look(both, target(), ca_file=roots))[0].reason is Reason.TLS_REVOKED


# The answer that a server staples to its handshake. Python's own server cannot, OpenSSL's can.


class Stapling:
    """A server that staples these bytes; how often it was asked to."""

    def __init__(self, leaf, stapled):
        self.asked = 0
        self._context = SSL.Context(SSL.TLS_SERVER_METHOD)
        self._context.use_certificate(leaf.certificate)
        self._context.use_privatekey(leaf.key)
        self._context.set_ocsp_server_callback(self._staple)
        self._stapled = stapled

    def _staple(self, *_):
        self.asked += 1
        return self._stapled

    async def serve(self, reader, writer):
        tls = SSL.Connection(self._context, None)
        tls.set_accept_state()
        while data := await reader.read(65536):
            tls.bio_write(data)
            with contextlib.suppress(SSL.Error):
                tls.do_handshake()
            with contextlib.suppress(SSL.Error):
                writer.write(tls.bio_read(65536))
        writer.close()


@pytest.fixture
async def staples(routes):
    """`await staples(bytes)`: the portal's server, with this answer at hand."""
    servers = []

    async def start(stapled):
        stapling = Stapling(LEAF, stapled)
        server = await asyncio.start_server(stapling.serve, "127.0.0.1", 0)
        servers.append(server)
        routes.add(HANOI, 443, f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
        return stapling

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    ("stapled", "reason", "said", "why"),
    [
        (answer(ROOT, LEAF, ROOT), Reason.OK, "good", None),
        (answer(ROOT, LEAF, ROOT, REVOKED), Reason.TLS_REVOKED, "revoked", None),
        (answer(STRANGER, LEAF, ROOT, REVOKED), Reason.OK, "unknown", "not signed by the issuer"),
        (answer(ROOT, LEAF, ROOT, end=NOW - DAY / 2), Reason.OK, "unknown", "not of today"),
        (b"", Reason.OK, "unknown", "staples no answer"),
    ],
)
async def test_what_a_server_staples_decides_where_it_is_sound(
    staples, look, target, roots, stapled, reason, said, why
):
    server = await staples(stapled)
    observation, _ = await look(Probe(revocation="stapled"), target(), ca_file=roots)

    assert (observation.reason, observation.facts["revocation"]) == (reason, said)
    assert (why or "") in str(observation.facts.get("revocation_detail", ""))
    assert server.asked == 1


async def test_who_asks_for_no_stapled_answer_gets_none(staples, look, target, roots):
    server = await staples(answer(ROOT, LEAF, ROOT, REVOKED))

    assert (await look(Probe(), target(), ca_file=roots))[0].reason is Reason.OK
    assert server.asked == 0


async def test_the_fast_engine_leaves_stapled_answers_to_openssl(staples, look, target, roots):
    await staples(answer(ROOT, LEAF, ROOT))
    for _ in range(3):
        observation, trip = await look(Probe(revocation="stapled"), target(), ca_file=roots, engine="rustls")
        assert (observation.facts["revocation"], trip.facts["tls_engine"]) == ("good", "openssl")
