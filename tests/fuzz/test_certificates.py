"""Certificates as no authority would issue them: read, or invalid."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes import Certificate, Reason
from probes._net.certificate import Reader
from probes._net.faults import Fault

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIXTURES = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


class Session:
    """What is asked of a TLS session whose server presented this chain."""

    version, cipher, group, refused = "TLSv1.3", "TLS_AES_128_GCM_SHA256", "x25519", 0

    def __init__(self, chain):
        self._chain = tuple(chain)

    def presented(self):
        return self._chain


@pytest.fixture(scope="module")
def good() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "dichvucong.hanoi.gov.vn")])
    names = x509.SubjectAlternativeName([x509.DNSName("dichvucong.hanoi.gov.vn"), x509.RFC822Name("a@b.example")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, NOW, NOW + timedelta(days=90))
    signed = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    return signed.public_bytes(Encoding.DER)


@pytest.fixture
def read():
    """`read(chain)`: what is made of these bytes, had a server presented them."""

    def of(chain):
        try:
            return Reader(verified=False).read(Session(chain)).certificate
        except Fault as fault:
            return fault.reason

    return of


def is_sound(found):
    if isinstance(found, Reason):
        return found is Reason.TLS_INVALID
    assert isinstance(found, Certificate)
    words = (found.subject, found.issuer, *found.names)
    return all(word.isprintable() and len(word) <= 254 for word in words) and len(found.names) <= 100


@FIXTURES
@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_certificate_is_read_or_is_invalid(good, read, damage):
    der = bytearray(good)
    for at, byte in damage:
        der[at % len(der)] = byte
    assert is_sound(read([bytes(der)]))


@FIXTURES
@given(st.lists(st.binary(max_size=200), max_size=4))
def test_any_bytes_are_no_certificate(read, chain):
    assert read(chain) is Reason.TLS_INVALID


@FIXTURES
@given(st.integers(0, 600), st.integers(0, 600))
def test_a_certificate_with_a_hole_is_read_or_is_invalid(good, read, start, size):
    assert is_sound(read([good[:start] + good[start + size :]]))


def test_the_whole_one_is_read(good, read):
    assert read([good]).names == ("dichvucong.hanoi.gov.vn",)
