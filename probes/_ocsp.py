"""A question to an OCSP responder (RFC 6960) and its answer, read and verified. Pure: the time is passed in."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from probes._links import UNREADABLE, Links, Said, Unknown

_SKEW = timedelta(minutes=5)  # that a responder's clock may be ahead of ours
_USUAL = timedelta(hours=1)  # that an answer holds which names no end


def places(leaf: x509.Certificate) -> list[str]:
    """Where a certificate says its responder is."""
    try:
        told = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return []
    names = [each.access_location for each in told if each.access_method == AuthorityInformationAccessOID.OCSP]
    return [name.value for name in names if isinstance(name, x509.UniformResourceIdentifier)]


def question(links: Links) -> bytes:
    """SHA-1 names the issuer, no more: it is what every responder knows (RFC 5019, 2.1.1)."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(links.leaf, links.issuer, hashes.SHA1())  # noqa: S303 - see above
    return builder.build().public_bytes(Encoding.DER)


def said(body: bytes, links: Links, now: datetime) -> Said:
    """Raises `Unknown` when the answer is not whole, not for this certificate, not signed as it must be or not of today."""
    try:
        answer = ocsp.load_der_ocsp_response(body)
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise Unknown(f"the responder answered {answer.response_status.name.lower()}")
        _check_signature(answer, links.issuer, now)
        return _said(_single(answer, links), now)
    except (InvalidSignature, *UNREADABLE):
        raise Unknown("the responder's answer cannot be read or verified") from None


def _said(single: ocsp.OCSPSingleResponse, now: datetime) -> Said:
    until = single.next_update_utc or single.this_update_utc + _USUAL
    if not single.this_update_utc - _SKEW <= now < until:
        raise Unknown("the responder's answer is not of today")
    if single.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        raise Unknown("the responder does not know the certificate")
    return Said(revoked=single.certificate_status is ocsp.OCSPCertStatus.REVOKED, until=until)


def _single(answer: ocsp.OCSPResponse, links: Links) -> ocsp.OCSPSingleResponse:
    """The part of an answer that is of this certificate."""
    asked = ocsp.load_der_ocsp_request(question(links))
    mine = (asked.serial_number, asked.issuer_name_hash, asked.issuer_key_hash)
    for single in answer.responses:
        if (single.serial_number, single.issuer_name_hash, single.issuer_key_hash) == mine:
            return single
    raise Unknown("the responder's answer is for another certificate")


def _check_signature(answer: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime) -> None:
    """By the issuer, or by whom the issuer has named for that with a certificate (RFC 6960, 4.2.2.2)."""
    digest = answer.signature_hash_algorithm
    if digest is None:
        raise Unknown("the responder signs in a way that is not known here")
    for signer in _signers(answer, issuer, now):
        try:
            _verify(signer.public_key(), answer.signature, answer.tbs_response_bytes, digest)
        except InvalidSignature:
            continue
        return
    raise Unknown("the responder's answer is not signed by the issuer")


def _signers(answer: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime) -> Iterator[x509.Certificate]:
    yield issuer
    for each in answer.certificates[:3]:
        if _is_named(each, issuer) and each.not_valid_before_utc <= now < each.not_valid_after_utc:
            yield each


def _is_named(signer: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        signer.verify_directly_issued_by(issuer)
        usage = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (InvalidSignature, x509.ExtensionNotFound, *UNREADABLE):
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in usage


def _verify(key: CertificatePublicKeyTypes, signature: bytes, signed: bytes, digest: hashes.HashAlgorithm) -> None:
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, signed, padding.PKCS1v15(), digest)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, ec.ECDSA(digest))
    else:
        raise Unknown("the responder signs in a way that is not known here")
