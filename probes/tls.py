"""Is the portal's certificate good, and for how long? Chain, name, dates and version, by OpenSSL's verify codes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from probes import Certificate, Fact, Observation, Reason, Target, Trouble, Way
from probes._answer import plain
from probes._hosts import plain_host

_DAY = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A certificate that ends within `warn_days` is a fault, so that it is seen while it can still be mended."""

    asks_pages: ClassVar[bool] = False

    warn_days: int = 14
    port: int = 443  # where the portal's address names none

    def __post_init__(self) -> None:
        if self.warn_days < 0:
            raise ValueError("warn_days: must not be negative")
        if not 1 <= self.port <= 65535:
            raise ValueError("port: must be between 1 and 65535")

    def applies(self, target: Target) -> bool:
        return target.portal.scheme == "https"

    async def look(self, target: Target, way: Way) -> Observation:
        host, port = plain_host(target.portal), target.portal.explicit_port or self.port
        try:
            certificate = await way.handshake(host, port)
        except Trouble as trouble:
            if not trouble.reason.startswith("tls_"):
                raise
            return await _explained(trouble, port, way)
        return self._judge(host, certificate, datetime.now(UTC))

    def _judge(self, host: str, certificate: Certificate, now: datetime) -> Observation:
        left, end = _days_left(certificate, now), certificate.not_after.date()
        if left < self.warn_days:
            detail = (
                f"{host}: the certificate ends on {end}, in {left:.1f} days; at least {self.warn_days} were expected"
            )
            return Observation(reason=Reason.TLS_EXPIRING, detail=detail, facts=_facts(certificate, now))
        detail = f"{host}: the certificate is good till {end}, {left:.0f} days, over {certificate.version}"
        return Observation(reason=Reason.OK, detail=detail, facts=_facts(certificate, now))


async def _explained(trouble: Trouble, port: int, way: Way) -> Observation:
    """The verdict stays that of the first handshake; one without conditions may bring facts to argue with."""
    facts: dict[str, Fact] = dict(trouble.facts)
    if "certificate_names" not in facts:  # else the way out has gathered the evidence by itself
        try:
            seen = await way.handshake(trouble.host, port, verify=False)
        except Trouble as again:
            facts["second_handshake"] = again.reason.value
        else:
            facts = {**_facts(seen, datetime.now(UTC)), **facts}
    detail = f"{trouble.host}: {trouble.detail}; a certificate in order was expected"
    return Observation(reason=trouble.reason, detail=detail, facts=facts)


def _facts(certificate: Certificate, now: datetime) -> dict[str, Fact]:
    return {
        "certificate_not_before": certificate.not_before.timestamp(),
        "certificate_not_after": certificate.not_after.timestamp(),
        "certificate_earliest_not_after": certificate.earliest_not_after.timestamp(),
        "certificate_days_left": round(_days_left(certificate, now), 2),
        "certificate_subject": plain(certificate.subject),
        "certificate_issuer": plain(certificate.issuer),
        "certificate_names": plain(", ".join(certificate.names)),
        "certificates_presented": certificate.presented,
        "tls_version": certificate.version,
        "tls_cipher": certificate.cipher,
    }


def _days_left(certificate: Certificate, now: datetime) -> float:
    return (certificate.not_after - now).total_seconds() / _DAY
