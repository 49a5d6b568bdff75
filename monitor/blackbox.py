"""The latest look under the names that blackbox_exporter gives it, so that existing dashboards and rules work.

A series appears with the first look and then stays, whether looks fail or not; only what cannot be said without an
address or a certificate is absent while there is none.
"""

from collections.abc import Iterator

from monitor.model import Result
from monitor.series import Family, figure, looked_at
from monitor.store.memory import Memory
from probes import Status

_LABELS = ("agency", "check")
_PHASES = ("resolve", "connect", "tls", "processing", "transfer")

Looks = list[tuple[tuple[str, str], Result]]


def of_looks(store: Memory) -> Iterator[Family]:
    looks = [((watch.agency.code, watch.check.name), last) for watch, last in looked_at(store)]
    yield Family(
        name="probe_success",
        text="1 if the latest look was ok; 0 if it failed or could not be made, which npsp_check_state tells apart.",
        labels=_LABELS,
        rows=[(labels, last.observation.status is Status.OK) for labels, last in looks],
    )
    yield Family(
        name="probe_duration_seconds",
        text="Seconds the latest look took.",
        labels=_LABELS,
        rows=[(labels, last.seconds) for labels, last in looks],
    )
    yield from _of_pages([(labels, last) for labels, last in looks if last.watch.check.probe.asks_pages])
    yield from _of_connections(store, looks)


def _of_pages(looks: Looks) -> Iterator[Family]:
    yield Family(
        name="probe_http_duration_seconds",
        text="Seconds the latest look spent in each phase, over all its requests; 0 for a phase not reached.",
        labels=(*_LABELS, "phase"),
        rows=[((*labels, phase), last.phases.get(phase, 0.0)) for labels, last in looks for phase in _PHASES],
    )
    for name, text, fact in (
        ("probe_http_status_code", "HTTP status of the last answer; 0 if there was none.", "http_status"),
        ("probe_http_redirects", "Redirects followed.", "redirects"),
        ("probe_http_version", "HTTP version of the last answer; 0 if there was none.", "http_version"),
    ):
        rows = [(labels, figure(last, fact) or 0.0) for labels, last in looks]
        yield Family(name=name, text=text, labels=_LABELS, rows=rows)
    yield Family(
        name="probe_http_ssl",
        text="1 if the last answer came over TLS, else 0.",
        labels=_LABELS,
        rows=[(labels, "tls_version" in last.observation.facts) for labels, last in looks],
    )


def _of_connections(store: Memory, looks: Looks) -> Iterator[Family]:
    """As last known: an alert on a certificate must not end because its server does."""
    for name, text, fact in (
        (
            "probe_ssl_earliest_cert_expiry",
            "When the first of the certificates presented ends, in seconds since 1970; absent if none was seen.",
            "certificate_earliest_not_after",
        ),
        ("probe_ip_protocol", "4 or 6; absent if there was no address.", "ip_protocol"),
        ("probe_ip_addr_hash", "FNV-1a hash of the address, to see that it changed.", "address_hash"),
    ):
        rows = [(labels, store.number(labels, fact)) for labels, _ in looks]
        yield Family(name=name, text=text, labels=_LABELS, rows=rows)
