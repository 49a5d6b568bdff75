"""Reading the certificates of a session: those that were presented, and the chain that was verified."""

import ssl
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from probes import Certificate, Fact, Reason
from probes._net.faults import Fault, printable

_MOST_NAMES = 100  # kept of one certificate
_LONGEST_NAMES = 1000  # characters of all of them in a fact
_MOST_KNOWN = 10_000  # chains kept; then they are read anew

Key = tuple[bytes, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was presented and spoken in one handshake."""

    certificate: Certificate
    facts: Mapping[str, Fact]


class Reader:
    """Reads the sessions of one TLS setting; a chain that was read before costs a look-up."""

    def __init__(self, *, verified: bool) -> None:
        self._verified = verified
        self._known: dict[Key, Seen] = {}

    def read(self, tls: ssl.SSLObject, group: str) -> Seen:
        """Raises `Fault` when the certificates cannot be read."""
        ders = presented(tls)
        key = _key(ders, tls, group)
        found = self._known.get(key)
        if found is None:
            found = self._read(ders, tls, group)
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[key] = found
        return found

    def known(self, tls: ssl.SSLObject, group: str) -> Seen | None:
        """What was read of the same chain, spoken likewise; for an engine that does not tell which chain it verified."""
        return self._known.get(_key(presented(tls), tls, group))

    def _read(self, ders: Sequence[bytes], tls: ssl.SSLObject, group: str) -> Seen:
        path = verified(tls) if self._verified else ()
        try:
            with warnings.catch_warnings():  # of what is odd in a stranger's certificate
                warnings.simplefilter("ignore")
                certificate = _certificate(ders, path, tls, group)
        except Exception:  # noqa: BLE001 - cryptography has many errors for what a hostile certificate may hold
            raise Fault(Reason.TLS_INVALID, "the certificate cannot be read") from None
        return Seen(certificate=certificate, facts=facts(certificate))


def presented(tls: ssl.SSLObject) -> tuple[bytes, ...]:
    """The chain as it was sent, leaf first, as DER."""
    return _chain(tls, "get_unverified_chain")


def verified(tls: ssl.SSLObject) -> tuple[bytes, ...]:
    """The chain that was built and verified, from the leaf to the root, as DER."""
    return _chain(tls, "get_verified_chain")


def facts(certificate: Certificate) -> dict[str, Fact]:
    """The evidence of one certificate, under the names that the metrics read."""
    told: dict[str, Fact] = {
        "certificate_not_before": certificate.not_before.timestamp(),
        "certificate_not_after": certificate.not_after.timestamp(),
        "certificate_earliest_not_after": certificate.earliest_not_after.timestamp(),
        "certificate_subject": certificate.subject,
        "certificate_issuer": certificate.issuer,
        "certificate_names": ", ".join(certificate.names)[:_LONGEST_NAMES],
        "certificate_serial": certificate.serial,
        "certificate_fingerprint": certificate.fingerprint,
        "certificates_presented": certificate.presented,
        "tls_version": certificate.version,
        "tls_cipher": certificate.cipher,
    }
    if certificate.chain_not_after:
        told["certificate_chain_not_after"] = certificate.chain_not_after.timestamp()
    if certificate.group:
        told["tls_group"] = certificate.group
    return told


def _chain(tls: ssl.SSLObject, which: str) -> tuple[bytes, ...]:
    """The one place that knows how to ask for it: public since 3.13, the same call of the object inside before that."""
    if sys.version_info >= (3, 13) and (public := getattr(tls, which, None)):
        return tuple(map(_der, public()))
    inside: Callable[[], Sequence[Any] | None] = getattr(tls._sslobj, which)  # type: ignore[attr-defined]  # no stub  # noqa: SLF001 - see above
    return tuple(map(_der, inside() or ()))


def _der(certificate: Any) -> bytes:
    if isinstance(certificate, bytes):
        return certificate
    if type(certificate).__module__ == "_ssl":
        return bytes(certificate.public_bytes(_DER))
    return bytes(certificate.public_bytes())


_DER = 2  # X509_FILETYPE_ASN1, https://docs.openssl.org/3.0/man3/SSL_CTX_use_certificate/


def _key(ders: Sequence[bytes], tls: ssl.SSLObject, group: str) -> Key:
    cipher = tls.cipher()
    return (sha256(b"".join(ders)).digest(), tls.version() or "", cipher[0] if cipher else "", group)


def _certificate(ders: Sequence[bytes], path: Sequence[bytes], tls: ssl.SSLObject, group: str) -> Certificate:
    sent = [x509.load_der_x509_certificate(der) for der in ders]
    used = [x509.load_der_x509_certificate(der) for der in path]
    leaf, cipher = sent[0], tls.cipher()
    return Certificate(
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        earliest_not_after=min(one.not_valid_after_utc for one in sent),
        chain_not_after=min((one.not_valid_after_utc for one in used), default=None),
        subject=printable(leaf.subject.rfc4514_string()),
        issuer=printable(leaf.issuer.rfc4514_string()),
        serial=f"{leaf.serial_number:x}",
        fingerprint=sha256(ders[0]).hexdigest(),
        names=_names(leaf),
        presented=len(sent),
        version=tls.version() or "",
        cipher=cipher[0] if cipher else "",
        group=group,
        chain=tuple(path or ders),
    )


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = leaf.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    except x509.ExtensionNotFound:
        return ()
    assert isinstance(extension.value, x509.SubjectAlternativeName)  # noqa: S101 - tells mypy what the OID means
    names = extension.value.get_values_for_type(x509.DNSName)
    return tuple(printable(name, 253) for name in names[:_MOST_NAMES])
