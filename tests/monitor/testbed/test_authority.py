"""The testbed's certificates, shown to Python's own verification."""

import contextlib
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from monitor.testbed.authority import Authority, CertificateFault

NOW = datetime.now(UTC)
CODES = {
    CertificateFault.EXPIRED: 10,
    CertificateFault.NOT_YET_VALID: 9,
    CertificateFault.WRONG_NAME: 62,
    CertificateFault.INCOMPLETE_CHAIN: 20,
    CertificateFault.SELF_SIGNED: 18,
    CertificateFault.UNTRUSTED_ROOT: 19,
    CertificateFault.WRONG_USAGE: 26,
}


def verify(authority, server_context, name="a.example", minimum=ssl.TLSVersion.TLSv1_2):
    """A handshake that never leaves memory; the client's end of it."""
    trusting = ssl.create_default_context(cadata=authority.root_pem.decode())
    trusting.minimum_version = minimum
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(to_client, to_server, server_hostname=name)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    for end in (client, server, client):
        with contextlib.suppress(ssl.SSLWantReadError):
            end.do_handshake()
    return client


@pytest.mark.parametrize("name", ["a.example", "b.example", "127.0.0.1"])
def test_a_certificate_is_sound_for_each_of_its_names(authority, name):
    context = authority.context("a.example", "b.example", "127.0.0.1")
    assert verify(authority, context, name).version() == "TLSv1.3"


@pytest.mark.parametrize(("fault", "code"), CODES.items())
def test_each_fault_is_what_openssl_calls_it(authority, fault, code):
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        verify(authority, authority.context("a.example", fault=fault))
    assert caught.value.verify_code == code


def test_old_protocol_shares_no_version_with_a_client_of_today(authority):
    with pytest.raises(ssl.SSLError) as caught:
        verify(authority, authority.context("a.example", fault=CertificateFault.OLD_PROTOCOL))
    assert not isinstance(caught.value, ssl.SSLCertVerificationError)


def test_expiring_is_sound_for_five_more_days(authority):
    client = verify(authority, authority.context("a.example", fault=CertificateFault.EXPIRING))
    leaf = x509.load_der_x509_certificate(client.getpeercert(binary_form=True))
    assert timedelta(days=4) < leaf.not_valid_after_utc - NOW < timedelta(days=6)


def test_every_certificate_says_that_it_is_synthetic(authority):
    client = verify(authority, authority.context("a.example"))
    leaf = x509.load_der_x509_certificate(client.getpeercert(binary_form=True))
    assert "O=synthetic" in leaf.subject.rfc4514_string()
    assert "synthetic" in leaf.issuer.rfc4514_string()


def test_another_authority_is_another_root(authority):
    assert Authority(NOW).root_pem != authority.root_pem
