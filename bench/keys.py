"""Certificate chains of the kinds met in the wild: short ECDSA, short RSA, and a long one of large RSA keys."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Made = Callable[[], Key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who holds a key and a certificate for it."""

    certificate: x509.Certificate
    key: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Files of one server, in PEM: what it presents (leaf first), its key, and the root to trust."""

    presented: Path
    key: Path
    root: bytes


def _ecdsa() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def _rsa(bits: int) -> Made:
    return lambda: rsa.generate_private_key(65537, bits)


KINDS: dict[str, tuple[Made, ...]] = {  # keys from the root to the leaf
    "ecdsa": (_ecdsa, _ecdsa, _ecdsa),
    "rsa": (_rsa(2048), _rsa(2048), _rsa(2048)),
    "long": (_rsa(4096), _rsa(4096), _rsa(4096), _rsa(4096)),
}


def chain(kind: str, host: str, folder: Path) -> Chain:
    """A chain for `host` and all below it, written to `folder`."""
    *authorities, leaf_key = [make() for make in KINDS[kind]]
    parties: list[Party] = []
    for number, key in enumerate(authorities):
        parties.append(_signed(f"bench {kind} {number}", key, parties[-1] if parties else None))
    leaf = _signed(host, leaf_key, parties[-1], names=(host, f"*.{host}"))
    presented, key_file = folder / f"{kind}.pem", folder / f"{kind}.key"
    presented.write_bytes(b"".join(_pem(party.certificate) for party in (leaf, *reversed(parties[1:]))))
    key_file.write_bytes(
        leaf_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return Chain(presented=presented, key=key_file, root=_pem(parties[0].certificate))


def _signed(name: str, key: Key, signer: Party | None, names: tuple[str, ...] = ()) -> Party:
    """By itself where there is no signer; for a server where there are names, else an authority."""
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signing = signer.key if signer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer.certificate.subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=90))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
    )
    builder = _for_a_server(builder, names) if names else _for_an_authority(builder)
    return Party(certificate=builder.sign(signing, hashes.SHA256()), key=key)


def _for_a_server(builder: x509.CertificateBuilder, names: tuple[str, ...]) -> x509.CertificateBuilder:
    return (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    )


def _for_an_authority(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    usage = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
    )
    return builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).add_extension(
        x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False),
        critical=True,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
