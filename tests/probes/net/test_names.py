"""Whether a certificate is for a host: held against Python's `ssl`, which lets OpenSSL compare as well."""

import contextlib
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from probes import Reason
from probes._net.faults import Fault
from probes._net.openssl import USUAL, OpenSsl

PORTAL = "portal.a.gov.vn"


def dns(*names):
    return [x509.DNSName(name) for name in names]


def address(text):
    return x509.IPAddress(ip_address(text))


CASES = {  # host, names of the certificate, whether it is for the host
    "its own name": (PORTAL, dns(PORTAL), True),
    "in capitals": (PORTAL, dns("PORTAL.A.gov.vn"), True),
    "asked for in capitals": ("PORTAL.a.gov.vn", dns(PORTAL), True),
    "one of many": (PORTAL, dns("a.vn", "b.vn", PORTAL), True),
    "another's": (PORTAL, dns("portal.b.gov.vn"), False),
    "its domain's": (PORTAL, dns("a.gov.vn"), False),
    "a wildcard": (PORTAL, dns("*.a.gov.vn"), True),
    "a wildcard for the domain itself": ("a.gov.vn", dns("*.a.gov.vn"), False),
    "a wildcard of a level above": (PORTAL, dns("*.gov.vn"), False),
    "a wildcard within a label": (PORTAL, dns("por*.a.gov.vn"), False),
    "a wildcard in the middle": (PORTAL, dns("portal.*.gov.vn"), False),
    "a wildcard over an encoded label": ("xn--abc.a.gov.vn", dns("*.a.gov.vn"), True),
    "an address written as a name beside it": (PORTAL, dns("10.0.0.1", PORTAL), True),
    "too broad a wildcard beside it": (PORTAL, dns("*.vn", PORTAL), True),
    "a bare star beside it": (PORTAL, dns("*", PORTAL), True),
    "two stars beside it": (PORTAL, dns("*.*.gov.vn", PORTAL), True),
    "an empty name beside it": (PORTAL, dns("", PORTAL), True),
    "a number beside it": (PORTAL, dns("12345", PORTAL), True),
    "a URI beside it": (PORTAL, [x509.UniformResourceIdentifier("urn:uuid:1234"), *dns(PORTAL)], True),
    "a URI with a port beside it": (PORTAL, [x509.UniformResourceIdentifier("https://x.vn:8443/"), *dns(PORTAL)], True),
    "a leading blank": (PORTAL, dns(f" {PORTAL}"), False),
    "an address": ("10.0.0.5", [address("10.0.0.5")], True),
    "an address of IPv6": ("2001:db8::5", [address("2001:db8::5")], True),
    "an address, and written as a name too": ("10.0.0.5", [address("10.0.0.5"), *dns("10.0.0.5")], True),
    "an address only written as a name": ("10.0.0.5", dns("10.0.0.5"), False),
    "another address": ("10.0.0.5", [address("10.0.0.6")], False),
    "only an address, for a name": (PORTAL, [address("10.0.0.5")], False),
    "none": (PORTAL, [], False),
}


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """`shown(names)`: a server's context with such a certificate, and a file to trust it by."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def make(names):
        file = tmp_path_factory.mktemp("named") / "own.pem"
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, PORTAL)])  # which is nobody's business
        now = datetime.now(UTC)
        built = x509.CertificateBuilder(subject, subject, key.public_key(), 7, now - timedelta(1), now + timedelta(9))
        if names:
            built = built.add_extension(x509.SubjectAlternativeName(names), critical=False)
        file.write_bytes(pem + built.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context, file

    return make


def serves(context, say, hear):
    """The server's end, for as long as the client says something."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(incoming, outgoing, server_side=True)
    while said := say():
        incoming.write(said)
        with contextlib.suppress(ssl.SSLError):
            server.do_handshake()
        if hear(outgoing.read()):
            return


def ours(context, file, host):
    """The reason; OK where the certificate is for the host. Without a file the system's roots are trusted."""
    engine = OpenSsl(file)
    session = engine.session(host, USUAL)
    session.agree(b"")
    try:
        serves(context, session.leaving, lambda data: session.agree(data) or session.refused)
        engine.read(session, USUAL)
    except Fault as fault:
        return fault.reason
    return Reason.OK


def pythons(context, file, host):
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(file)
    client.hostname_checks_common_name = False
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = client.wrap_bio(incoming, outgoing, server_hostname=host)

    def hear(data):
        incoming.write(data)
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    try:
        hear(b"")
        serves(context, outgoing.read, hear)
    except ssl.SSLCertVerificationError as error:
        return {62: Reason.TLS_NAME, 64: Reason.TLS_NAME}[error.verify_code]
    return Reason.OK


@pytest.mark.parametrize("case", CASES)
def test_a_certificate_is_for_a_host_or_not_as_openssl_has_it(shown, case):
    host, names, fitting = CASES[case]
    context, file = shown(names)

    assert ours(context, file, host) is (Reason.OK if fitting else Reason.TLS_NAME)
    assert ours(context, file, host) is pythons(context, file, host)


def test_the_systems_roots_are_trusted_where_the_system_says_they_are(shown, monkeypatch):
    """SSL_CERT_FILE is OpenSSL's own way to say so; without it, what the distribution has."""
    context, file = shown(dns(PORTAL))

    assert ours(context, None, PORTAL) is Reason.TLS_SELF_SIGNED
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    assert ours(context, None, PORTAL) is Reason.OK
