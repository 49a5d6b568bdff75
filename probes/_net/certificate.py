"""Reading the certificates that a server presented."""

import ssl
import sys
from collections.abc import Sequence

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from probes import Certificate, Fact, Reason
from probes._net.faults import Fault, printable

_MOST_NAMES = 100  # kept of one certificate


def presented(tls: ssl.SSLObject) -> tuple[bytes, ...]:
    """The chain as it was sent, leaf first, as DER. The one place that knows how to ask for it."""
    if sys.version_info >= (3, 13):
        return tuple(tls.get_unverified_chain())
    # The same call before it was public: https://docs.python.org/3/library/ssl.html#ssl.SSLSocket.get_unverified_chain
    chain = tls._sslobj.get_unverified_chain()  # type: ignore[attr-defined]  # no stub  # noqa: SLF001 - see above
    return tuple(ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in chain or ())


def read(tls: ssl.SSLObject) -> Certificate:
    """What was presented and what was spoken; raises `Fault` when the certificates cannot be read."""
    try:
        chain = [x509.load_der_x509_certificate(der) for der in presented(tls)]
        return _certificate(chain, tls)
    except (ValueError, IndexError, x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType):
        raise Fault(Reason.TLS_INVALID, "the certificate cannot be read") from None


def facts(certificate: Certificate) -> dict[str, Fact]:
    """The evidence of one certificate, under the names that the metrics read."""
    return {
        "certificate_not_before": certificate.not_before.timestamp(),
        "certificate_not_after": certificate.not_after.timestamp(),
        "certificate_earliest_not_after": certificate.earliest_not_after.timestamp(),
        "certificate_subject": certificate.subject,
        "certificate_issuer": certificate.issuer,
        "certificates_presented": certificate.presented,
        "tls_version": certificate.version,
        "tls_cipher": certificate.cipher,
    }


def _certificate(chain: Sequence[x509.Certificate], tls: ssl.SSLObject) -> Certificate:
    leaf = chain[0]
    cipher = tls.cipher()
    return Certificate(
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        earliest_not_after=min(one.not_valid_after_utc for one in chain),
        subject=printable(leaf.subject.rfc4514_string()),
        issuer=printable(leaf.issuer.rfc4514_string()),
        names=_names(leaf),
        presented=len(chain),
        version=tls.version() or "",
        cipher=cipher[0] if cipher else "",
    )


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = leaf.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    except x509.ExtensionNotFound:
        return ()
    assert isinstance(extension.value, x509.SubjectAlternativeName)  # noqa: S101 - tells mypy what the OID means
    names = extension.value.get_values_for_type(x509.DNSName)
    return tuple(printable(name, 253) for name in names[:_MOST_NAMES])
