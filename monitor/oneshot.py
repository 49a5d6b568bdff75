"""One look under the names and with the values that blackbox_exporter's /probe gives it. Pure: from a result to series.

What it has at every probe of a kind is there at every look of that kind, 0 where nothing is known. Of certificates there
is what was seen, of refused ones too: the other tool goes silent about a certificate as soon as it has expired.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from monitor.model import Result
from probes import Fact, Status

UNVERIFIED = -62135596800.0  # Go's zero time: what the other tool says where no chain was verified
HTTP_PHASES = ("resolve", "connect", "tls", "processing", "transfer")
_DNS_PHASES = {"resolve": ("resolve",), "connect": ("connect", "tls"), "request": ("processing", "transfer")}
LABEL = "expect_"  # facts of this prefix are what a dialogue was told to read out

_FIGURES_OF_PAGES = (
    ("probe_http_status_code", "HTTP status of the last answer; 0 if there was none.", "http_status"),
    ("probe_http_redirects", "Redirects followed.", "redirects"),
    ("probe_http_version", "HTTP version of the last answer; 0 if there was none.", "http_version"),
    ("probe_http_uncompressed_body_length", "Size of the body in bytes, after decompression.", "body_bytes"),
    ("probe_failed_due_to_regex", "1 if a pattern made the look fail, else 0.", "failed_due_to_regex"),
)
_FIGURES_OF_NAMES = (
    ("probe_dns_answer_rrs", "Records in the answer section.", "dns_answer_rrs"),
    ("probe_dns_authority_rrs", "Records in the authority section.", "dns_authority_rrs"),
    ("probe_dns_additional_rrs", "Records in the additional section.", "dns_additional_rrs"),
    ("probe_dns_query_succeeded", "1 if the name server answered, else 0.", "dns_query_succeeded"),
)
_FIGURES_OF_TALKS = (
    ("probe_failed_due_to_regex", "1 if a pattern made the look fail, else 0.", "failed_due_to_regex"),
    ("probe_failed_due_to_bytes", "1 if other bytes than expected came, else 0.", "failed_due_to_bytes"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    value: float
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The rows of one gauge; all have the same labels."""

    name: str
    text: str
    rows: tuple[Row, ...]


def series_of(result: Result) -> tuple[Series, ...]:
    """All there is to say of one look. `timeout` of its check is the limit it was made under."""
    return (*_of_any(result), *_of_its_kind(result), *_of_certificates(result))


def last_over_tls(result: Result) -> bool:
    """Whether the last answer came over TLS; a look ends at another scheme than it began with where it was led there."""
    facts = result.observation.facts
    if not facts.get("http_status"):
        return False
    url = str(facts.get("url", ""))
    return url.startswith("https:") if url else "tls_version" in facts


def _of_any(result: Result) -> Iterator[Series]:
    facts, seen = result.observation.facts, result.observation
    yield _one("probe_success", "1 if the look was ok, else 0.", seen.status is Status.OK)
    yield _one("probe_duration_seconds", "Seconds the look took.", result.seconds)
    limit = result.watch.check.timeout.total_seconds()
    yield _one("probe_timeout_seconds", "Seconds the look might have taken.", limit)
    yield _one("probe_dns_lookup_time_seconds", "Seconds resolving took.", result.phases.get("resolve", 0.0))
    yield _one("probe_ip_protocol", "4 or 6; 0 if there was no address.", _figure(facts, "ip_protocol"))
    text = "FNV-1a hash of the address, to see that it changed; 0 if there was none."
    yield _one("probe_ip_addr_hash", text, _figure(facts, "address_hash"))
    text = "1, with the reason of the look; the other tool has no such series."
    yield _one("npsp_probe_reason", text, 1, reason=str(seen.reason))


def _of_its_kind(result: Result) -> Iterator[Series]:
    check = result.watch.check
    if check.kind == "dns":
        yield from _of_names(result)
    elif check.kind in ("tcp", "tls"):
        yield from _of_talks(result)
    elif check.probe.asks_pages:
        yield from _of_pages(result)


def _of_pages(result: Result) -> Iterator[Series]:
    facts = result.observation.facts
    for name, text, fact in _FIGURES_OF_PAGES:
        yield _one(name, text, _figure(facts, fact))
    text = "Content-Length of the last answer in bytes; -1 if it told none."
    yield _one("probe_http_content_length", text, _length(facts))
    yield _one("probe_http_ssl", "1 if the last answer came over TLS, else 0.", last_over_tls(result))
    spent = {phase: result.phases.get(phase, 0.0) for phase in HTTP_PHASES}
    yield _phases("probe_http_duration_seconds", "Seconds in each phase, over all requests of the look.", spent)
    if "last_modified" in facts:
        text = "Last-Modified of the last answer, in seconds since 1970."
        yield _one("probe_http_last_modified_timestamp_seconds", text, _figure(facts, "last_modified"))


def _length(facts: Mapping[str, Fact]) -> float:
    """An answer that cannot have a body (RFC 9110, 6.4.1) has none of length 0, whether it says so or not."""
    return 0.0 if facts.get("http_status") in (204, 304) else _figure(facts, "content_length")


def _of_names(result: Result) -> Iterator[Series]:
    facts = result.observation.facts
    for name, text, fact in _FIGURES_OF_NAMES:
        yield _one(name, text, _figure(facts, fact))
    spent = {name: sum(result.phases.get(part, 0.0) for part in parts) for name, parts in _DNS_PHASES.items()}
    yield _phases("probe_dns_duration_seconds", "Seconds in each phase of the query.", spent)
    if "dns_serial" in facts:
        yield _one("probe_dns_serial", "Serial of the zone.", _figure(facts, "dns_serial"))


def _of_talks(result: Result) -> Iterator[Series]:
    facts = result.observation.facts
    for name, text, fact in _FIGURES_OF_TALKS:
        yield _one(name, text, _figure(facts, fact))
    labels = {name.removeprefix(LABEL): str(value) for name, value in facts.items() if name.startswith(LABEL)}
    if labels:
        yield _one("probe_expect_info", "1, with what was read out of the dialogue.", 1, **labels)


def _of_certificates(result: Result) -> Iterator[Series]:
    facts = result.observation.facts
    if "certificate_earliest_not_after" not in facts or _ended_in_the_open(result):
        return
    text = "When the first of the certificates presented ends, in seconds since 1970."
    yield _one("probe_ssl_earliest_cert_expiry", text, _figure(facts, "certificate_earliest_not_after"))
    text = "When the chain that was verified ends, in seconds since 1970; far below 0 if none was."
    verified = _figure(facts, "certificate_chain_not_after", UNVERIFIED)
    yield _one("probe_ssl_last_chain_expiry_timestamp_seconds", text, verified)
    yield _one("probe_ssl_last_chain_info", "1, with the leaf certificate.", 1, **_leaf(facts))
    version = str(facts.get("tls_version", "")).replace("TLSv1", "TLS 1")
    version = "TLS 1.0" if version == "TLS 1" else version
    yield _one("probe_tls_version_info", "1, with the version of TLS.", 1, version=version)
    if result.watch.check.probe.asks_pages:
        yield _one("probe_tls_cipher_info", "1, with the cipher.", 1, cipher=str(facts.get("tls_cipher", "")))


def _ended_in_the_open(result: Result) -> bool:
    """Led from TLS to an answer without: a certificate seen on the way is not that of the answer."""
    return bool(result.observation.facts.get("http_status")) and not last_over_tls(result)


def _leaf(facts: Mapping[str, Fact]) -> dict[str, str]:
    names = str(facts.get("certificate_names", "")).split(",")
    return {
        "fingerprint_sha256": str(facts.get("certificate_fingerprint", "")),
        "subject": str(facts.get("certificate_subject", "")),
        "issuer": str(facts.get("certificate_issuer", "")),
        "subjectalternative": ",".join(name.strip() for name in names),
        "serialnumber": str(facts.get("certificate_serial", "")),
    }


def _one(name: str, text: str, value: float, **labels: str) -> Series:
    return Series(name=name, text=text, rows=(Row(value=float(value), labels=labels),))


def _phases(name: str, text: str, spent: Mapping[str, float]) -> Series:
    rows = tuple(Row(value=seconds, labels={"phase": phase}) for phase, seconds in spent.items())
    return Series(name=name, text=text, rows=rows)


def _figure(facts: Mapping[str, Fact], name: str, otherwise: float = 0.0) -> float:
    """A fact as a number; versions are numbers in words."""
    try:
        return float(facts.get(name, otherwise))
    except ValueError:
        return otherwise
