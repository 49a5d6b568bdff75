from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from yarl import URL

from monitor.model import Agency, Check, Level, Result, Watch
from monitor.oneshot import UNVERIFIED, last_over_tls, series_of
from probes import Observation, Reason, Target
from probes.dns import Probe as Dns
from probes.dossier_sync import Probe as DossierSync
from probes.http import Probe as Http
from probes.tcp import Probe as Tcp

WHEN = datetime(2023, 6, 21, 7, 0, tzinfo=UTC)
ADDRESS = {"ip_protocol": 4, "address_hash": 2166136261}
PAGE = {**ADDRESS, "http_status": 200, "http_version": "1.1", "redirects": 1, "body_bytes": 74, "content_length": 74}
CERTIFICATE = {
    "certificate_earliest_not_after": 1.7e9,
    "certificate_chain_not_after": 1.6e9,
    "certificate_fingerprint": "ab12",
    "certificate_serial": "0c",
    "certificate_subject": "CN=a.example",
    "certificate_issuer": "CN=b.example",
    "certificate_names": "a.example, b.example",
    "tls_version": "TLSv1.3",
    "tls_cipher": "TLS_AES_128_GCM_SHA256",
}
EVERYWHERE = {
    "probe_success",
    "probe_duration_seconds",
    "probe_timeout_seconds",
    "probe_dns_lookup_time_seconds",
    "probe_ip_protocol",
    "probe_ip_addr_hash",
    "npsp_probe_reason",
}
OF_PAGES = {
    *EVERYWHERE,
    "probe_http_duration_seconds",
    "probe_http_status_code",
    "probe_http_version",
    "probe_http_redirects",
    "probe_http_ssl",
    "probe_http_content_length",
    "probe_http_uncompressed_body_length",
    "probe_failed_due_to_regex",
}
OF_CERTIFICATES = {
    "probe_ssl_earliest_cert_expiry",
    "probe_ssl_last_chain_expiry_timestamp_seconds",
    "probe_ssl_last_chain_info",
    "probe_tls_version_info",
}
OF_DNS = {
    *EVERYWHERE,
    "probe_dns_duration_seconds",
    "probe_dns_answer_rrs",
    "probe_dns_authority_rrs",
    "probe_dns_additional_rrs",
    "probe_dns_query_succeeded",
}
OF_TALKS = {*EVERYWHERE, "probe_failed_due_to_regex", "probe_failed_due_to_bytes"}


def result_of(kind="http", probe=None, reason=Reason.OK, phases=None, **facts):
    agency = Agency(code="H26", name="Hà Nội", name_en="Hanoi", level=Level.PROVINCE, counted=True)
    check = Check(
        name="one",
        kind=kind,
        probe=probe or Http(),
        every=timedelta(minutes=5),
        timeout=timedelta(seconds=7.5),
        proves=None,
        levels=frozenset(Level),
    )
    portal = URL("https://a.example/")
    target = Target(
        code="H26",
        name="Hà Nội",
        level="province",
        portal=portal,
        hosts=frozenset({"a.example"}),
        day=date(2023, 6, 21),
    )
    return Result(
        watch=Watch(agency=agency, check=check, aim=lambda _: target),
        due=WHEN,
        started=WHEN,
        seconds=0.25,
        observation=Observation(reason=reason, facts=facts),
        phases=phases or {},
    )


def values(result):
    """Each series under its name, or under (name, its only label)."""
    found = {}
    for series in series_of(result):
        for row in series.rows:
            key = (series.name, *row.labels.values()) if len(row.labels) == 1 else series.name
            found[key] = row.value
    return found


def names(result):
    return {series.name for series in series_of(result)}


@pytest.mark.parametrize(
    ("kind", "probe", "wanted"),
    [
        ("http", Http(), OF_PAGES),
        ("tcp", Tcp(), OF_TALKS),
        ("dns", Dns(), OF_DNS),
        ("dossier_sync", DossierSync(department_types={"province": "X"}), EVERYWHERE),
    ],
)
def test_a_look_that_came_to_nothing_has_every_series_of_its_kind(kind, probe, wanted):
    assert names(result_of(kind, probe, Reason.REFUSED)) == wanted


def test_the_values_of_a_page_are_its_facts():
    found = values(result_of(phases={"resolve": 0.01, "tls": 0.02}, **PAGE, url="http://a.example/"))

    assert found["probe_success"] == 1
    assert found["probe_duration_seconds"] == 0.25
    assert found["probe_timeout_seconds"] == 7.5
    assert found["probe_dns_lookup_time_seconds"] == 0.01
    assert found["probe_http_version"] == 1.1
    assert found["probe_http_status_code"] == 200
    assert found["probe_http_redirects"] == 1
    assert found["probe_http_content_length"] == 74
    assert found["probe_http_uncompressed_body_length"] == 74
    assert found["probe_http_duration_seconds", "tls"] == 0.02
    assert found["probe_http_duration_seconds", "transfer"] == 0
    assert found["npsp_probe_reason", "ok"] == 1


@pytest.mark.parametrize("reason", [Reason.HTTP_5XX, Reason.BLOCKED])
def test_success_is_ok_alone_and_the_reason_tells_the_rest_apart(reason):
    found = values(result_of(reason=reason))

    assert found["probe_success"] == 0
    assert found["npsp_probe_reason", str(reason)] == 1


def test_a_status_without_a_body_has_no_length_to_tell():
    assert values(result_of(http_status=204, content_length=-1))["probe_http_content_length"] == 0
    assert values(result_of(http_status=200, content_length=-1))["probe_http_content_length"] == -1


def test_last_modified_is_there_when_it_was_told():
    assert values(result_of(last_modified=1.6e9))["probe_http_last_modified_timestamp_seconds"] == 1.6e9


def test_a_certificate_is_told_in_full():
    result = result_of(**PAGE, **CERTIFICATE, url="https://a.example/")
    info = next(series for series in series_of(result) if series.name == "probe_ssl_last_chain_info").rows[0].labels

    assert names(result) == OF_PAGES | OF_CERTIFICATES | {"probe_tls_cipher_info"}
    assert values(result)["probe_ssl_earliest_cert_expiry"] == 1.7e9
    assert values(result)["probe_ssl_last_chain_expiry_timestamp_seconds"] == 1.6e9
    assert values(result)["probe_http_ssl"] == 1
    assert info == {
        "fingerprint_sha256": "ab12",
        "subject": "CN=a.example",
        "issuer": "CN=b.example",
        "subjectalternative": "a.example,b.example",
        "serialnumber": "0c",
    }


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("TLSv1", "TLS 1.0"), ("TLSv1.1", "TLS 1.1"), ("TLSv1.2", "TLS 1.2"), ("TLSv1.3", "TLS 1.3")],
)
def test_versions_of_tls_are_written_as_go_writes_them(ours, theirs):
    facts = {**PAGE, **CERTIFICATE, "tls_version": ours}

    assert values(result_of(**facts))["probe_tls_version_info", theirs] == 1


def test_a_refused_certificate_is_shown_and_its_chain_is_not_verified():
    facts = {name: value for name, value in CERTIFICATE.items() if name != "certificate_chain_not_after"}
    found = values(result_of(reason=Reason.TLS_EXPIRED, **facts))

    assert found["probe_ssl_earliest_cert_expiry"] == 1.7e9
    assert found["probe_ssl_last_chain_expiry_timestamp_seconds"] == UNVERIFIED
    assert found["probe_http_ssl"] == 0  # there was no answer over it


def test_an_answer_in_the_open_after_tls_has_no_certificate():
    result = result_of(**PAGE, **CERTIFICATE, url="http://a.example/")

    assert names(result) == OF_PAGES
    assert values(result)["probe_http_ssl"] == 0


def test_without_its_url_an_answer_came_over_tls_when_tls_was_spoken():
    assert last_over_tls(result_of(**PAGE, **CERTIFICATE))
    assert not last_over_tls(result_of(**PAGE))


def test_a_name_server_has_the_phases_of_a_query():
    phases = {"resolve": 1.0, "connect": 2.0, "tls": 3.0, "processing": 4.0, "transfer": 5.0}
    result = result_of("dns", Dns(), phases=phases, dns_answer_rrs=2, dns_query_succeeded=1, dns_serial=2023062101)
    found = values(result)

    assert found["probe_dns_duration_seconds", "resolve"] == 1
    assert found["probe_dns_duration_seconds", "connect"] == 5
    assert found["probe_dns_duration_seconds", "request"] == 9
    assert found["probe_dns_answer_rrs"] == 2
    assert found["probe_dns_serial"] == 2023062101


def test_what_a_dialogue_read_out_becomes_labels():
    result = result_of("tcp", Tcp(), expect_version="1.4.2", expect_host="a.example")
    info = next(series for series in series_of(result) if series.name == "probe_expect_info")

    assert dict(info.rows[0].labels) == {"version": "1.4.2", "host": "a.example"}


def test_a_version_that_is_no_number_counts_as_none():
    assert values(result_of(http_status=200, http_version="x"))["probe_http_version"] == 0


def test_every_series_has_rows_of_the_same_labels():
    result = result_of(**PAGE, **CERTIFICATE)
    for series in (*series_of(result), *series_of(replace(result, phases={"tls": 1.0}))):
        assert len({tuple(row.labels) for row in series.rows}) == 1
