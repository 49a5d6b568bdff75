"""The latest look under the names that blackbox_exporter gives it, so that existing dashboards and rules work.

A series appears with the first look and then stays, whether looks fail or not; only what cannot be said without an
address or a certificate is absent while there is none.
"""

from collections.abc import Callable

from monitor.series import number
from monitor.show.family import Each, Family, Rows
from monitor.store.seen import Seen
from probes import Status

_LABELS = ("agency", "check")
_PHASES = ("resolve", "connect", "tls", "processing", "transfer")

Value = Callable[[Seen], float | None]


def _figure(seen: Seen, fact: str) -> float | None:
    """A fact of the latest look as a number; None where there is none."""
    value = seen.facts.get(fact)
    return number(value.removeprefix("HTTP/")) if isinstance(value, str) else value


def _asks_pages(seen: Seen) -> bool:
    return seen.by is not None and seen.by.check.probe.asks_pages


def _success(seen: Seen) -> Rows:
    return [(seen.watch.key, seen.reason.status is Status.OK)] if seen.numbers else ()


def _duration(seen: Seen) -> Rows:
    return [(seen.watch.key, seen.times().took)] if seen.numbers else ()


def _page(name: str, text: str, value: Value) -> Each[Seen]:
    """Of the facts of latest looks at pages."""

    def rows(seen: Seen) -> Rows:
        return [(seen.watch.key, value(seen))] if _asks_pages(seen) else ()

    return Each(family=Family(name=name, text=text, labels=_LABELS), rows=rows, of=_facts)


def _connection(name: str, text: str, fact: str) -> Each[Seen]:
    """Of what is known, from whichever look: an alert on a certificate must not end because its server does."""

    def rows(seen: Seen) -> Rows:
        return [(seen.watch.key, seen.known.number(fact))]

    return Each(family=Family(name=name, text=text, labels=_LABELS), rows=rows, of=_facts)


def _facts(seen: Seen) -> object:
    return seen.facts, seen.known, seen.by, seen.watch


def _phases(seen: Seen) -> Rows:
    if not _asks_pages(seen):
        return ()
    key, took = seen.watch.key, seen.in_phases()
    return [((*key, phase), took.get(phase, 0.0)) for phase in _PHASES]


OF_LOOKS: tuple[Each[Seen], ...] = (
    Each(
        family=Family(
            name="probe_success",
            text="1 if the latest look was ok; 0 if it failed or could not be made, which npsp_check_state tells apart.",
            labels=_LABELS,
        ),
        rows=_success,
        of=lambda seen: (bool(seen.numbers), seen.reason, seen.watch),
    ),
    Each(
        family=Family(name="probe_duration_seconds", text="Seconds the latest look took.", labels=_LABELS),
        rows=_duration,
    ),
    Each(
        family=Family(
            name="probe_http_duration_seconds",
            text="Seconds the latest look spent in each phase, over all its requests; 0 for a phase not reached.",
            labels=(*_LABELS, "phase"),
        ),
        rows=_phases,
    ),
    _page(
        "probe_http_status_code",
        "HTTP status of the last answer; 0 if there was none.",
        lambda seen: _figure(seen, "http_status") or 0.0,
    ),
    _page("probe_http_redirects", "Redirects followed.", lambda seen: _figure(seen, "redirects") or 0.0),
    _page(
        "probe_http_version",
        "HTTP version of the last answer; 0 if there was none.",
        lambda seen: _figure(seen, "http_version") or 0.0,
    ),
    _page(
        "probe_http_ssl", "1 if the last answer came over TLS, else 0.", lambda seen: "tls_version" in seen.facts.names
    ),
    _connection(
        "probe_ssl_earliest_cert_expiry",
        "When the first of the certificates presented ends, in seconds since 1970; absent if none was seen.",
        "certificate_earliest_not_after",
    ),
    _connection("probe_ip_protocol", "4 or 6; absent if there was no address.", "ip_protocol"),
    _connection("probe_ip_addr_hash", "FNV-1a hash of the address, to see that it changed.", "address_hash"),
)
