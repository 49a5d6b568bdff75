"""A certificate and who signed it; what is said of whether it was taken back; and that it cannot be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

# What `cryptography` raises over the bytes of strangers.
UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


class Unknown(Exception):  # noqa: N818 - no error: the answer that there is none
    """Why it cannot be told, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The first two of a chain."""

    leaf: x509.Certificate
    issuer: x509.Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an authority said, and till when it holds."""

    revoked: bool
    until: datetime


def links(chain: Sequence[bytes]) -> Links:
    """Of a chain in DER, leaf first."""
    if len(chain) < 2:
        raise Unknown("no chain to an issuer was seen")
    try:
        leaf, issuer = (x509.load_der_x509_certificate(der) for der in chain[:2])
        leaf.verify_directly_issued_by(issuer)
    except (InvalidSignature, *UNREADABLE):
        raise Unknown("the chain cannot be read") from None
    return Links(leaf=leaf, issuer=issuer)
