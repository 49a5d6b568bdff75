"""Reading what a server presented, by servers in memory."""

import contextlib
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from probes import Reason
from probes._net.certificate import Reader
from probes._net.faults import Fault
from probes._net.openssl import READING, OpenSsl


def hands_shaken(server_context):
    """The client's end of a handshake that never leaves memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = OpenSsl(None).session("a.example", READING)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    while not client.agree(to_client.read()):
        to_server.write(client.leaving())
        with contextlib.suppress(ssl.SSLWantReadError):
            server.do_handshake()
    return client


def read(client):
    return Reader(verified=False).read(client).certificate


def context_of(tmp_path, *extensions, subject="a"):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key(), serial_number=1)
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    file = tmp_path / "server.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_a_certificate_without_names_has_none(tmp_path):
    assert read(hands_shaken(context_of(tmp_path))).names == ()


def test_of_very_many_names_a_hundred_are_kept(tmp_path):
    names = x509.SubjectAlternativeName([x509.DNSName(f"a{n}.example") for n in range(150)])
    assert len(read(hands_shaken(context_of(tmp_path, names))).names) == 100


def test_a_subject_with_control_characters_cannot_reach_a_log(tmp_path):
    found = read(hands_shaken(context_of(tmp_path, subject="a\n\x1b[31m")))
    assert found.subject.isprintable()


def test_an_extension_that_cannot_be_read_is_a_fault_of_the_certificate(tmp_path):
    broken = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), b"\x30\x04\x82\x02\xff\xff")
    with pytest.raises(Fault) as caught:
        read(hands_shaken(context_of(tmp_path, broken)))
    assert caught.value.reason is Reason.TLS_INVALID
