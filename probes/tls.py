"""Is the portal's certificate good, and for how long? Chain, name, dates and version, by OpenSSL's verify codes.

As options: whether it was revoked, and whether an old protocol is still spoken beside a good one.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from probes import Certificate, Fact, Observation, Reason, Target, Terms, TlsTerms, Trouble, Way
from probes._answer import plain
from probes._families import over_terms
from probes._hosts import plain_host
from probes._revocation import Method, revocation
from probes._terms import Outward

_DAY = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Outward):
    """A certificate that ends within `warn_days` is a fault, so that it is seen while it can still be mended."""

    asks_pages: ClassVar[bool] = False

    warn_days: int = 14
    port: int = 443  # where the portal's address names none
    revocation: Method = "none"
    refuse_old: bool = False  # TLS 1.0 and 1.1, tried with a second handshake

    def __post_init__(self) -> None:
        Outward.__post_init__(self)
        if self.warn_days < 0:
            raise ValueError("warn_days: must not be negative")
        if not 1 <= self.port <= 65535:
            raise ValueError("port: must be between 1 and 65535")

    def applies(self, target: Target) -> bool:
        return target.portal.scheme == "https"

    async def look(self, target: Target, way: Way) -> Observation:
        return await over_terms(self, way, lambda outward, terms: self._look(target, outward, terms))

    async def _look(self, target: Target, way: Way, terms: Terms) -> Observation:
        host, port = plain_host(target.portal), target.portal.explicit_port or self.port
        try:
            staple = self.revocation == "stapled"
            certificate = await (way.under(replace(terms, staple=True)) if staple else way).handshake(host, port)
        except Trouble as trouble:
            if not trouble.reason.startswith("tls_"):
                raise
            return await _explained(trouble, port, way)
        facts = await revocation(self.revocation, certificate, way)
        if self.refuse_old:
            facts["tls_old"] = await _old(host, port, way.under(replace(terms, tls=_only_old(self.tls))))
        found = self._judge(host, certificate, way.now, facts)
        return replace(found, facts={**found.facts, **facts})

    def _judge(self, host: str, certificate: Certificate, now: datetime, more: dict[str, Fact]) -> Observation:
        """The graver fault first."""
        facts, left, end = _facts(certificate, now), _days_left(certificate, now), certificate.not_after.date()
        if more.get("revocation") == "revoked":
            detail = f"{host}: the certificate was revoked by its issuer; one that holds was expected"
            return Observation(reason=Reason.TLS_REVOKED, detail=detail, facts=facts)
        if str(more.get("tls_old", "")).startswith("TLS"):
            detail = f"{host}: still speaks {more['tls_old']}; nothing older than TLSv1.2 was expected"
            return Observation(reason=Reason.TLS_WEAK, detail=detail, facts=facts)
        if left < self.warn_days:
            detail = (
                f"{host}: the certificate ends on {end}, in {left:.1f} days; at least {self.warn_days} were expected"
            )
            return Observation(reason=Reason.TLS_EXPIRING, detail=detail, facts=facts)
        detail = f"{host}: the certificate is good till {end}, {left:.0f} days, over {certificate.version}"
        return Observation(reason=Reason.OK, detail=detail, facts=facts)


def _only_old(tls: TlsTerms) -> TlsTerms:
    return replace(tls, verify=False, least="TLSv1", most="TLSv1.1")


async def _old(host: str, port: int, way: Way) -> str:
    """The old version that was agreed on; refused, as it should be; or unknown."""
    try:
        return (await way.handshake(host, port)).version
    except Trouble as trouble:
        refused = trouble.reason.startswith("tls_") or trouble.reason is Reason.RESET
        return "refused" if refused else "unknown"


async def _explained(trouble: Trouble, port: int, way: Way) -> Observation:
    """The verdict stays that of the first handshake; one without conditions may bring facts to argue with."""
    facts: dict[str, Fact] = dict(trouble.facts)
    if "certificate_names" not in facts:  # else the way out has gathered the evidence by itself
        try:
            seen = await way.handshake(trouble.host, port, verify=False)
        except Trouble as again:
            facts["second_handshake"] = again.reason.value
        else:
            facts = {**_facts(seen, way.now), **facts}
    detail = f"{trouble.host}: {trouble.detail}; a certificate in order was expected"
    return Observation(reason=trouble.reason, detail=detail, facts=facts)


def _facts(certificate: Certificate, now: datetime) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        "certificate_not_before": certificate.not_before.timestamp(),
        "certificate_not_after": certificate.not_after.timestamp(),
        "certificate_earliest_not_after": certificate.earliest_not_after.timestamp(),
        "certificate_days_left": round(_days_left(certificate, now), 2),
        "certificate_subject": plain(certificate.subject),
        "certificate_issuer": plain(certificate.issuer),
        "certificate_names": plain(", ".join(certificate.names)),
        "certificate_serial": certificate.serial,
        "certificate_fingerprint": certificate.fingerprint,
        "certificates_presented": certificate.presented,
        "tls_version": certificate.version,
        "tls_cipher": certificate.cipher,
    }
    if certificate.chain_not_after:
        facts["certificate_chain_not_after"] = certificate.chain_not_after.timestamp()
    if certificate.group:
        facts["tls_group"] = certificate.group
    return facts


def _days_left(certificate: Certificate, now: datetime) -> float:
    return (certificate.not_after - now).total_seconds() / _DAY
