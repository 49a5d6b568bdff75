"""A list of revoked certificates (RFC 5280, 5), read and verified. Pure: the time is passed in."""

from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from probes._links import UNREADABLE, Links, Said, Unknown


def places(leaf: x509.Certificate) -> list[str]:
    """Where a certificate says its list is."""
    try:
        points = leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return []
    names = [name for point in points for name in point.full_name or ()]
    return [name.value for name in names if isinstance(name, x509.UniformResourceIdentifier)]


def read(body: bytes, issuer: x509.Certificate, now: datetime) -> x509.CertificateRevocationList:
    """The list in DER or PEM; raises `Unknown` when it is not whole, not the issuer's, or not of today."""
    try:
        load = x509.load_pem_x509_crl if body.lstrip().startswith(b"-----BEGIN") else x509.load_der_x509_crl
        crl = load(body)
        signed = crl.issuer == issuer.subject and crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]  # a key of another sort is a TypeError
        _check_scope(crl)
    except UNREADABLE:
        raise Unknown("the list cannot be read") from None
    if not signed:
        raise Unknown("the list is not signed by the issuer")
    if crl.next_update_utc is None or not crl.last_update_utc <= now < crl.next_update_utc:
        raise Unknown("the list is not of today")
    return crl


def said(crl: x509.CertificateRevocationList, links: Links) -> Said:
    entry = crl.get_revoked_certificate_by_serial_number(links.leaf.serial_number)
    end = crl.next_update_utc
    assert end is not None  # noqa: S101 - no other passes `read`
    return Said(revoked=entry is not None, until=end)


def _check_scope(crl: x509.CertificateRevocationList) -> None:
    """A list of some reasons, of other certificates or of changes only says nothing where it is silent."""
    for extension in crl.extensions:
        scope = extension.value
        if isinstance(scope, x509.IssuingDistributionPoint):
            others = scope.only_contains_ca_certs or scope.only_contains_attribute_certs
            if others or scope.only_some_reasons or scope.indirect_crl:
                raise Unknown("the list is of other certificates")
        elif extension.oid == ExtensionOID.DELTA_CRL_INDICATOR or extension.critical:
            raise Unknown("the list is a partial one")
