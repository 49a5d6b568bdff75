"""Reading the certificates of a session: those that were presented, and the chain that was verified."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from probes import Certificate, Fact, Reason
from probes._net.faults import Fault, printable
from probes._net.tls import Session

_MOST_NAMES = 100  # kept of one certificate
_LONGEST_NAMES = 1000  # characters of all of them in a fact
_MOST_KNOWN = 10_000  # chains kept; then they are read anew

Chain = tuple[bytes, bool]  # digest of what was presented; whether it was accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was presented and spoken in one handshake."""

    certificate: Certificate
    facts: Mapping[str, Fact]


class Reader:
    """Reads the sessions of one TLS setting; a chain that was read before costs a look-up."""

    def __init__(self, *, verified: bool) -> None:
        self._verified = verified
        self._known: dict[tuple[Chain, str, str, str], Seen] = {}
        self._chains: dict[Chain, Certificate] = {}

    def read(self, session: Session) -> Seen:
        """Raises `Fault` when the certificates cannot be read."""
        ders = session.presented()
        chain = _chain(ders, session)
        if chain not in self._chains:
            self._learn(chain, ders, session)
        return self._seen(chain, session)

    def known(self, session: Session) -> Seen | None:
        """The same of a chain that was read before; for an engine that does not tell which chain it verified."""
        chain = _chain(session.presented(), session)
        return self._seen(chain, session) if chain in self._chains else None

    def _seen(self, chain: Chain, session: Session) -> Seen:
        key = (chain, session.version, session.cipher, session.group)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = _spoken(self._chains[chain], session)
        return found

    def _learn(self, chain: Chain, ders: Sequence[bytes], session: Session) -> None:
        path = session.verified() if self._verified else ()
        try:
            with warnings.catch_warnings():  # of what is odd in a stranger's certificate
                warnings.simplefilter("ignore")
                certificate = _certificate(ders, path)
        except Exception:  # noqa: BLE001 - cryptography has many errors for what a hostile certificate may hold
            raise Fault(Reason.TLS_INVALID, "the certificate cannot be read") from None
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
            self._chains.clear()
        self._chains[chain] = certificate


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


def _chain(ders: Sequence[bytes], session: Session) -> Chain:
    return sha256(b"".join(ders)).digest(), not session.refused


def _spoken(certificate: Certificate, session: Session) -> Seen:
    told = replace(certificate, version=session.version, cipher=session.cipher, group=session.group)
    return Seen(certificate=told, facts=facts(told))


def _certificate(ders: Sequence[bytes], path: Sequence[bytes]) -> Certificate:
    """But for what was spoken."""
    sent = [x509.load_der_x509_certificate(der) for der in ders]
    used = [x509.load_der_x509_certificate(der) for der in path]
    leaf = sent[0]
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
        version="",
        cipher="",
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
