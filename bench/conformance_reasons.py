"""Why we differ from blackbox_exporter where we do. A difference that none of these covers fails `make conformance`."""

import re
from collections.abc import Callable
from dataclasses import dataclass

Value = float | None  # None: there is no such series


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Covers what differs in `series` (a pattern for its whole text) of `cases` (likewise) and is `so`."""

    word: str
    text: str
    series: str = ".*"
    cases: str = ".*"
    everywhere: bool = False  # in every case, so that no row need say it
    so: Callable[[Value, Value], bool] = lambda theirs, ours: True  # noqa: ARG005 - any two values


def _new_here(theirs: Value, ours: Value) -> bool:
    return theirs is None and ours is not None


def _without_there(theirs: Value, ours: Value) -> bool:
    """Nothing there where something is here."""
    return not theirs and ours is not None


def _lost_here(theirs: Value, ours: Value) -> bool:
    return theirs is not None and not ours


_TIMED_OUT_OR_BENT = "gzip_lied|size_beyond_limit|ends_too_early|bad_chunk|timeout_of_body"

REASONS = (
    Reason(
        word="newer series",
        text="`probe_timeout_seconds`, `probe_tls_cipher_info` and `probe_failed_due_to_bytes` came with later versions "
        "of blackbox_exporter than the one compared with; so did the label `serialnumber`, which is left out of the comparison.",
        everywhere=True,
        series=r"probe_timeout_seconds|probe_tls_cipher_info\{.*\}|probe_failed_due_to_bytes",
        so=_new_here,
    ),
    Reason(
        word="certificate shown",
        text="When TLS is refused, or no answer comes through it, the series of the certificate are absent there: an "
        "alert on its end goes silent just when it has ended. Here what was presented is shown.",
        series=r"probe_ssl_.*|probe_tls_version_info.*",
        cases="tls_.*|tcp_(tls|starttls)_.*",
        so=_new_here,
    ),
    Reason(
        word="phases always there",
        text="Without an address of the wanted family no phase but `resolve` is there; here all five are, as 0.",
        series="probe_http_duration_seconds.*",
        cases="family_6_alone",
        so=_new_here,
    ),
    Reason(
        word="codings",
        text="Here gzip, deflate and br are offered with every request and unpacked as Content-Encoding says, as browsers "
        "do it. There nothing is offered, and all that comes is unpacked by the setting `compression` alone.",
        cases="gzip_offered|gzip_not_asked_for",
    ),
    Reason(
        word="broken answer",
        text="An answer that breaks off, is beyond the limit or not what its coding says is told by its reason "
        "(`npsp_probe_reason`: protocol, too_large, timeout_body); its status, version and size are 0.",
        series="probe_http_(status_code|version|content_length|uncompressed_body_length)",
        cases=_TIMED_OUT_OR_BENT,
        so=_lost_here,
    ),
    Reason(
        word="redirects counted",
        text="There a redirect counts that is not followed, by setting or because it is one too many; here only those "
        "that are followed do, and a loop ends when it comes back to where it was.",
        series="probe_http_redirects",
        cases="redirect_(not_followed.*|of_old_word|loop|eleven_times)",
    ),
    Reason(
        word="last host",
        text="Address and status are of the last host that was asked or answered; there the address is the first host's, "
        "and the status 0 when the last request failed.",
        series="probe_ip_addr_hash|probe_http_(status_code|version|content_length)",
        cases="redirect_to_refused",
    ),
    Reason(
        word="token first",
        text="A token is asked for before the host is: when there is none, the host has no address yet.",
        series="probe_ip_.*",
        cases="oauth2_refused",
        so=_lost_here,
    ),
    Reason(
        word="no serial",
        text="Where the answer has no SOA record there is no `probe_dns_serial`; there it is 0.",
        series="probe_dns_serial",
        cases="dns_soa_missing",
        so=_lost_here,
    ),
    Reason(
        word="cut short",
        text="There a UDP answer that was cut short is taken for the whole (RFC 7766 wants it asked again over TCP), so "
        "that records are missing from it; here it is asked again.",
        series="probe_dns_.*_rrs",
        cases="dns_truncated",
        so=_without_there,
    ),
    Reason(
        word="fail_if_all_match",
        text="There `fail_if_all_match_regexp` fails when *not* all records match, and passes when all do, the "
        "opposite of its documentation. Here it means what its name says.",
        series="probe_success",
        cases="dns_fail_if_all_match_regexp|dns_not_all_match",
    ),
)


def reason_for(case: str, series: str, theirs: Value, ours: Value) -> Reason | None:
    """The first that covers it."""
    for reason in REASONS:
        if re.fullmatch(reason.cases, case) and re.fullmatch(reason.series, series) and reason.so(theirs, ours):
            return reason
    return None
