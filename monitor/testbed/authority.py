"""The testbed's own certificate authority: sound certificates, and every fault the monitor has to tell apart."""

import ipaddress
import ssl
import tempfile
import warnings
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)


class CertificateFault(StrEnum):
    """What can be wrong with a server's certificate or its TLS."""

    EXPIRED = "expired"  # since a day ago
    NOT_YET_VALID = "not_yet_valid"  # from tomorrow
    WRONG_NAME = "wrong_name"
    INCOMPLETE_CHAIN = "incomplete_chain"  # the intermediate is not sent
    SELF_SIGNED = "self_signed"
    UNTRUSTED_ROOT = "untrusted_root"  # a whole chain, to a root nobody trusts
    WRONG_USAGE = "wrong_usage"  # for clients, not for servers
    OLD_PROTOCOL = "old_protocol"  # a sound certificate over TLS 1.0 and 1.1 only
    EXPIRING = "expiring"  # sound for five more days
    HOUR_LEFT = "hour_left"  # sound for one more hour


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signer:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class _Validity:
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a certificate is to be like."""

    fault: CertificateFault | None = None
    issuer: int = 0  # number of the intermediate
    at: datetime = field(default_factory=lambda: datetime.now(UTC))  # from which its validity is counted


class Authority:
    """A root, its intermediate, and server contexts for any names; keys are made once and shared."""

    def __init__(self, now: datetime) -> None:
        """`now` is aware: validity is counted from it."""
        self._now = now
        self._root = _root("npsp-monitor synthetic root", _long(now))
        self._stranger = _root("npsp-monitor synthetic root nobody trusts", _long(now))
        self._intermediates = [_intermediate(self._root, _long(now))]
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())

    @property
    def root_pem(self) -> bytes:
        """The one certificate to trust."""
        return _pem(self._root.certificate)

    def context(
        self, *names: str, fault: CertificateFault | None = None, issuer: int = 0, at: datetime | None = None
    ) -> ssl.SSLContext:
        """A server's context with a certificate for these names (DNS names or addresses).

        `issuer` is the number of the intermediate that signs it; validity is counted from `at`, else from the start.
        """
        chain = self._chain(names, Wish(fault=fault, issuer=issuer, at=at or self._now))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if fault is CertificateFault.OLD_PROTOCOL:
            _only_old_tls(context)
        self._load(context, chain)
        return context

    def _chain(self, names: tuple[str, ...], wish: Wish) -> tuple[x509.Certificate, ...]:
        leaf = self._leaf(names, wish)
        match wish.fault:
            case CertificateFault.SELF_SIGNED | CertificateFault.INCOMPLETE_CHAIN:
                return (leaf,)
            case CertificateFault.UNTRUSTED_ROOT:
                return (leaf, self._stranger.certificate)
            case _:
                return (leaf, self._intermediate(wish.issuer).certificate)

    def _intermediate(self, number: int) -> _Signer:
        while len(self._intermediates) <= number:
            name = f"npsp-monitor synthetic intermediate {len(self._intermediates)}"
            self._intermediates.append(_intermediate(self._root, _long(self._now), name))
        return self._intermediates[number]

    def _leaf(self, names: tuple[str, ...], wish: Wish) -> x509.Certificate:
        fault = wish.fault
        if fault is CertificateFault.WRONG_NAME:
            names = ("somewhere-else.example",)
        usage = ExtendedKeyUsageOID.SERVER_AUTH
        if fault is CertificateFault.WRONG_USAGE:
            usage = ExtendedKeyUsageOID.CLIENT_AUTH
        subject = _name(names[0][:64])
        builder = (
            _builder(subject, self._leaf_key.public_key(), _validity(wish))
            .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        )
        return _sign(builder, self._signer(subject, wish))

    def _signer(self, subject: x509.Name, wish: Wish) -> "_Signer | _Self":
        if wish.fault is CertificateFault.SELF_SIGNED:
            return _Self(subject=subject, key=self._leaf_key)
        return self._stranger if wish.fault is CertificateFault.UNTRUSTED_ROOT else self._intermediate(wish.issuer)

    def _load(self, context: ssl.SSLContext, chain: tuple[x509.Certificate, ...]) -> None:
        """Python takes certificates from files only; this one is gone as soon as it has been read."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(_key_pem(self._leaf_key) + b"".join(_pem(one) for one in chain))
            file.flush()
            context.load_cert_chain(file.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Self:
    """Who signs a certificate of one's own."""

    subject: x509.Name
    key: ec.EllipticCurvePrivateKey


def _validity(wish: Wish) -> _Validity:
    now = wish.at
    match wish.fault:
        case CertificateFault.EXPIRED:
            return _Validity(start=now - 90 * DAY, end=now - DAY)
        case CertificateFault.NOT_YET_VALID:
            return _Validity(start=now + DAY, end=now + 90 * DAY)
        case CertificateFault.EXPIRING:
            return _Validity(start=now - 85 * DAY, end=now + 5 * DAY)
        case CertificateFault.HOUR_LEFT:
            return _Validity(start=now - 85 * DAY, end=now + timedelta(hours=1))
        case _:
            return _Validity(start=now - DAY, end=now + 90 * DAY)


def _long(now: datetime) -> _Validity:
    return _Validity(start=now - 365 * DAY, end=now + 3650 * DAY)


def _root(name: str, validity: _Validity) -> _Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    return _Signer(certificate=_authority(subject, key, _Self(subject=subject, key=key), validity), key=key)


def _intermediate(root: _Signer, validity: _Validity, name: str = "npsp-monitor synthetic intermediate") -> _Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    return _Signer(certificate=_authority(subject, key, root, validity), key=key)


def _authority(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, signer: _Signer | _Self, validity: _Validity
) -> x509.Certificate:
    builder = (
        _builder(subject, key.public_key(), validity)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_signs_certificates(), critical=True)
    )
    return _sign(builder, signer)


def _signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
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


def _builder(subject: x509.Name, key: ec.EllipticCurvePublicKey, validity: _Validity) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.start)
        .not_valid_after(validity.end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _sign(builder: x509.CertificateBuilder, signer: _Signer | _Self) -> x509.Certificate:
    issuer = signer.subject if isinstance(signer, _Self) else signer.certificate.subject
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key())
    return builder.issuer_name(issuer).add_extension(identifier, critical=False).sign(signer.key, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "synthetic"), x509.NameAttribute(NameOID.COMMON_NAME, text)]
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _only_old_tls(context: ssl.SSLContext) -> None:
    context.set_ciphers("ALL:@SECLEVEL=0")  # signatures of TLS 1.0 and 1.1 use SHA-1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # being old is what this one is for
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
