"""The conformance cases: a module of blackbox_exporter and a target, one line each. @word@ is one of the servers'."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`module` is YAML without its timeout; `host` is the name under which the target is asked."""

    name: str
    prober: str
    module: str = ""  # the inside of the prober's section
    target: str
    host: str = ""
    timeout: str = "3s"
    secrets: Mapping[str, str] = field(default_factory=dict)  # what: value

    @property
    def yaml(self) -> str:
        section = f", {self.prober}: {{{self.module}}}" if self.module else ""
        return f"{{prober: {self.prober}, timeout: {self.timeout}{section}}}"


def cases() -> tuple[Case, ...]:
    return (*_http(), *_tls(), *_tcp(), *_dns())


def named(*names: str) -> tuple[Case, ...]:
    found = {case.name: case for case in cases()}
    return tuple(found[name] for name in names)


_CA = "tls_config: {ca_file: @ca@}"
_SLOW = "500ms"


def _of(prober: str, *rows: tuple[str, str, str], **more: object) -> tuple[Case, ...]:
    return tuple(
        Case(name=name, prober=prober, module=module, target=target, **more)  # type: ignore[arg-type] # as they come
        for name, module, target in rows
    )


def _http() -> tuple[Case, ...]:
    return (*_statuses(), *_questions(), *_bodies(), *_headers(), *_redirects(), *_trouble(), *_passwords())


def _statuses() -> tuple[Case, ...]:
    return _of(
        "http",
        ("status_200", "", "http://@http@/page"),
        ("status_204", "", "http://@http@/empty"),
        ("status_299", "", "http://@unknown_status@/"),
        ("status_404", "", "http://@http@/status/404"),
        ("status_404_wanted", "valid_status_codes: [404]", "http://@http@/status/404"),
        ("status_200_not_wanted", "valid_status_codes: [404, 410]", "http://@http@/page"),
        ("status_403", "", "http://@http@/status/403"),
        ("status_500", "", "http://@http@/status/500"),
        ("status_503_wanted", "valid_status_codes: [503]", "http://@http@/status/503"),
        ("version_11", 'valid_http_versions: ["HTTP/1.1"]', "http://@http@/page"),
        ("version_11_or_2", 'valid_http_versions: ["HTTP/1.1", "HTTP/2.0"]', "http://@http@/page"),
        ("version_10", 'valid_http_versions: ["HTTP/1.0"]', "http://@old_http@/"),
        ("version_10_not_wanted", 'valid_http_versions: ["HTTP/1.1"]', "http://@old_http@/"),
        ("not_ssl_wanted", "fail_if_ssl: true", "http://@http@/page"),
        ("ssl_wanted_and_missing", "fail_if_not_ssl: true", "http://@http@/page"),
        ("family_6_falls_back", "preferred_ip_protocol: ip6", "http://@http@/page"),
        ("family_4", "preferred_ip_protocol: ip4", "http://@http@/page"),
        ("family_6_alone", "preferred_ip_protocol: ip6, ip_protocol_fallback: false", "http://@http@/page"),
    )


def _questions() -> tuple[Case, ...]:
    asked = 'headers: {Content-Type: application/json}, body: "{\\"ask\\": \\"xin chào\\"}"'
    return (
        *_of(
            "http",
            ("method_post", "method: POST", "http://@http@/needs/post"),
            ("method_put", "method: PUT", "http://@http@/needs/put"),
            ("method_get_for_post", "method: GET", "http://@http@/needs/post"),
            ("method_head", "method: HEAD", "http://@http@/page"),
            ("body_sent", f"method: POST, {asked}", "http://@http@/needs/body"),
            ("body_not_sent", "method: POST", "http://@http@/needs/body"),
            ("header_sent", "headers: {X-Asked: of synthetic services}", "http://@http@/needs/header"),
            ("header_not_sent", "", "http://@http@/needs/header"),
        ),
        *_of("http", ("host_asked_by_name", "", "http://@http@/needs/host"), host="portal.test"),
    )


def _bodies() -> tuple[Case, ...]:
    matches, matches_not = "fail_if_body_not_matches_regexp", "fail_if_body_matches_regexp"
    return _of(
        "http",
        ("body_matches", f"{matches}: [synthetic]", "http://@http@/page"),
        ("body_matches_missing", f"{matches}: [nowhere]", "http://@http@/page"),
        ("body_matches_one_of_two", f"{matches}: [synthetic, nowhere]", "http://@http@/page"),
        ("body_matches_groups", f'{matches}: ["dossiers [0-9]\\\\.[0-9]{{6}}"]', "http://@http@/page"),
        ("body_forbidden", f"{matches_not}: [synthetic]", "http://@http@/page"),
        ("body_forbidden_missing", f"{matches_not}: [nowhere, elsewhere]", "http://@http@/page"),
        ("body_not_read_at_404", f"{matches}: [nowhere]", "http://@http@/status/404"),
        ("body_in_any_case", f'{matches}: ["(?i)SYNTHETIC"]', "http://@http@/page"),
        ("gzip", "compression: gzip", "http://@http@/packed/gzip"),
        ("gzip_offered", "compression: gzip", "http://@http@/needs/gzip"),
        ("gzip_matches", f"compression: gzip, {matches}: [synthetic]", "http://@http@/packed/gzip"),
        ("gzip_lied", "compression: gzip", "http://@http@/packed/gzip-lied"),
        ("gzip_not_asked_for", f"{matches}: [synthetic]", "http://@http@/packed/gzip"),
        ("deflate", "compression: deflate", "http://@http@/packed/deflate"),
        ("brotli", "compression: br", "http://@http@/packed/br"),
        ("compression_identity", "compression: identity", "http://@http@/packed/identity"),
        ("size_within_limit", "body_size_limit: 100KB", "http://@http@/large"),
        ("size_beyond_limit", "body_size_limit: 10KB", "http://@http@/large"),
        ("chunked", "", "http://@chunked@/"),
        ("dated", "", "http://@http@/dated"),
        ("undated", "", "http://@http@/undated"),
        ("early_hints", "", "http://@early_hints@/"),
    )


def _headers() -> tuple[Case, ...]:
    def rule(setting: str, header: str, pattern: str, missing: str = "false") -> str:
        return f"{setting}: [{{header: {header}, regexp: {pattern}, allow_missing: {missing}}}]"

    matches, matches_not = "fail_if_header_not_matches", "fail_if_header_matches"
    return _of(
        "http",
        ("header_matches", rule(matches, "X-Portal", "synth"), "http://@http@/page"),
        ("header_matches_not", rule(matches, "X-Portal", "real"), "http://@http@/page"),
        ("header_missing", rule(matches, "X-Nowhere", "real"), "http://@http@/page"),
        ("header_missing_allowed", rule(matches, "X-Nowhere", "real", "true"), "http://@http@/page"),
        ("header_forbidden", rule(matches_not, "X-Portal", "synth"), "http://@http@/page"),
        ("header_forbidden_other", rule(matches_not, "X-Portal", "real"), "http://@http@/page"),
        ("header_forbidden_missing", rule(matches_not, "X-Nowhere", "real"), "http://@http@/page"),
        ("header_forbidden_missing_allowed", rule(matches_not, "X-Nowhere", "real", "true"), "http://@http@/page"),
    )


def _redirects() -> tuple[Case, ...]:
    off = "follow_redirects: false, valid_status_codes: [302]"
    return _of(
        "http",
        ("redirect_relative", "", "http://@http@/to/302?to=/page"),
        ("redirect_permanent", "", "http://@http@/to/308?to=/page"),
        ("redirect_absolute", "", "http://@http@/to/301?to=http://@http@/page"),
        ("redirect_three_times", "", "http://@http@/to/many/3"),
        ("redirect_ten_times", "", "http://@http@/to/many/9"),
        ("redirect_eleven_times", "", "http://@http@/to/many/10"),
        ("redirect_loop", "", "http://@http@/to/loop"),
        ("redirect_nowhere", "", "http://@http@/to/nowhere"),
        ("redirect_to_404", "", "http://@http@/to/302?to=/status/404"),
        ("redirect_not_followed", "follow_redirects: false", "http://@http@/to/302?to=/page"),
        ("redirect_not_followed_wanted", off, "http://@http@/to/302?to=/page"),
        (
            "redirect_of_old_word",
            "no_follow_redirects: true, valid_status_codes: [301]",
            "http://@http@/to/301?to=/page",
        ),
        ("redirect_of_post_303", "method: POST", "http://@http@/to/303?to=/needs/post"),
        ("redirect_of_post_307", "method: POST", "http://@http@/to/307?to=/needs/post"),
        ("redirect_of_post_302", "method: POST", "http://@http@/to/302?to=/needs/post"),
        ("redirect_to_tls", _CA, "http://@http@/to/302?to=https://@https@/page"),
        ("redirect_to_tls_wanted", f"fail_if_not_ssl: true, {_CA}", "http://@http@/to/302?to=https://@https@/page"),
        ("redirect_from_tls", _CA, "https://@https@/to/302?to=http://@http@/page"),
        ("redirect_from_tls_wanted", f"fail_if_not_ssl: true, {_CA}", "https://@https@/to/302?to=http://@http@/page"),
        ("redirect_to_refused", "", "http://@http@/to/302?to=http://@closed@/"),
    )


def _trouble() -> tuple[Case, ...]:
    return (
        *_of(
            "http",
            ("refused", "", "http://@closed@/"),
            ("garbage", "", "http://@garbage@/"),
            ("cut_off", "", "http://@cut@/"),
            ("ends_too_early", "", "http://@short@/"),
            ("bad_chunk", "", "http://@bad_chunk@/"),
            ("two_lengths", "", "http://@two_lengths@/"),
            ("tls_spoken_to_plain", _CA, "https://@http@/page"),
            ("plain_spoken_to_tls", "", "http://@https@/page"),
        ),
        *_of("http", ("timeout_of_answer", "", "http://@http@/never"), timeout=_SLOW),
        *_of("http", ("timeout_of_body", "", "http://@http@/trickle"), timeout=_SLOW),
        *_of("http", ("timeout_of_tls", _CA, "https://@silent@/"), timeout=_SLOW),
    )


def _passwords() -> tuple[Case, ...]:
    basic = "basic_auth: {username: probe, password: s3cret}"
    client = "client_id: probe, client_secret: s3cret, scopes: [read], token_url: 'https://@tokens@/token'"
    token = f"oauth2: {{{client}, tls_config: {{ca_file: @other_ca@}}}}"
    wrong = token.replace("s3cret", "wrong")
    return (
        *_of("http", ("basic", basic, "http://@http@/needs/basic"), secrets={"password": "s3cret"}),
        *_of("http", ("basic_missing", "", "http://@http@/needs/basic")),
        *_of("http", ("bearer", "bearer_token: s3cret", "http://@http@/needs/bearer"), secrets={"token": "s3cret"}),
        *_of(
            "http",
            ("authorization", "authorization: {credentials: s3cret}", "http://@http@/needs/bearer"),
            secrets={"credentials": "s3cret"},
        ),
        *_of("http", ("oauth2", token, "http://@http@/needs/bearer"), secrets={"client secret": "s3cret"}),
        *_of("http", ("oauth2_refused", wrong, "http://@http@/needs/bearer"), secrets={"client secret": "wrong"}),
    )


def _tls() -> tuple[Case, ...]:
    named_, client = "ca_file: @ca@, server_name: @name@", "cert_file: @cert@, key_file: @key@"
    faults = ("expired", "not_yet_valid", "wrong_name", "self_signed", "incomplete_chain", "untrusted_root", "expiring")
    return (
        *_of(
            "http",
            ("tls", _CA, "https://@https@/page"),
            ("tls_wanted", f"fail_if_not_ssl: true, {_CA}", "https://@https@/page"),
            ("tls_forbidden", f"fail_if_ssl: true, {_CA}", "https://@https@/page"),
            ("tls_unknown_root", "", "https://@https@/page"),
            ("tls_not_verified", "tls_config: {insecure_skip_verify: true}", "https://@https@/page"),
            *((f"tls_{fault}", _CA, f"https://@{fault}@/page") for fault in faults),
            ("tls_expired_not_verified", "tls_config: {insecure_skip_verify: true}", "https://@expired@/page"),
            ("tls_old_protocol", _CA, "https://@old_protocol@/page"),
            ("tls_old_allowed", "tls_config: {ca_file: @ca@, min_version: TLS10}", "https://@old_protocol@/page"),
            ("tls_server_name", f"tls_config: {{{named_}}}", "https://@https@/page"),
            ("tls_other_server_name", "tls_config: {ca_file: @ca@, server_name: a.test}", "https://@https@/page"),
            ("tls_most_12", "tls_config: {ca_file: @ca@, max_version: TLS12}", "https://@https@/page"),
            ("tls_only_12", _CA, "https://@only_12@/page"),
            ("tls_least_13", "tls_config: {ca_file: @ca@, min_version: TLS13}", "https://@only_12@/page"),
            ("tls_most_12_of_13", "tls_config: {ca_file: @ca@, max_version: TLS12}", "https://@only_13@/page"),
            ("tls_client", f"tls_config: {{ca_file: @ca@, {client}}}", "https://@wants_client@/needs/client"),
            ("tls_client_missing", _CA, "https://@wants_client@/needs/client"),
        ),
        *_of("http", ("tls_by_name", _CA, "https://@https@/needs/host"), host="portal.test"),
        *_of("http", ("tls_by_wrong_name", _CA, "https://@https@/page"), host="other.test"),
    )


def _tcp() -> tuple[Case, ...]:
    talk = 'query_response: [{expect: "^220 ([a-z.]+)", send: "HELLO $1"}, {expect: "HELLO portal.test"}, {send: QUIT}]'
    mail = (
        'query_response: [{expect: "^220 ", send: "EHLO probe"}, {expect: "^250-STARTTLS", send: STARTTLS}, '
        '{expect: "^220 ", starttls: true}, {send: "EHLO probe"}, {expect: "^250 in secret"}], '
    )
    return (
        *_of(
            "tcp",
            ("tcp_connects", "", "@greets@"),
            ("tcp_refused", "", "@closed@"),
            ("tcp_expects", 'query_response: [{expect: "^220 "}]', "@greets@"),
            ("tcp_talks", talk, "@greets@"),
            ("tcp_says_other", 'query_response: [{send: QUIT}, {expect: "^500 "}]', "@greets@"),
            ("tcp_tls", f"tls: true, {_CA}", "@greets_tls@"),
            ("tcp_tls_talks", f'tls: true, {_CA}, query_response: [{{expect: "^220 "}}]', "@greets_tls@"),
            ("tcp_tls_unknown_root", "tls: true", "@greets_tls@"),
            ("tcp_tls_not_verified", "tls: true, tls_config: {insecure_skip_verify: true}", "@greets_tls@"),
            ("tcp_tls_spoken_to_plain", f"tls: true, {_CA}", "@greets@"),
            ("tcp_starttls", mail + _CA, "@mail@"),
            ("tcp_starttls_expired", mail + _CA, "@mail_expired@"),
        ),
        *_of("tcp", ("tcp_timeout", 'query_response: [{expect: "^220 "}]', "@silent@"), timeout=_SLOW),
    )


def _dns() -> tuple[Case, ...]:
    def ask(name: str, kind: str = "A", more: str = "") -> str:
        return f"query_name: {name}.synthetic.test, query_type: {kind}" + (f", {more}" if more else "")

    def rule(kind: str, pattern: str, section: str = "answer") -> str:
        return f'validate_{section}_rrs: {{{kind}: ["{pattern}"]}}'

    rules = (
        ("fail_if_matches_regexp", r"192\\.0\\.2\\.2"),
        ("fail_if_all_match_regexp", r"192\\.0\\.2"),
        ("fail_if_not_matches_regexp", r"192\\.0\\.2\\.2"),
        ("fail_if_none_matches_regexp", "198"),
    )
    return (
        *_of(
            "dns",
            ("dns_a", ask("portal"), "@names@"),
            ("dns_two", ask("two"), "@names@"),
            ("dns_empty", ask("empty"), "@names@"),
            ("dns_alias", ask("alias"), "@names@"),
            ("dns_soa", ask("portal", "SOA"), "@names@"),
            ("dns_soa_missing", ask("nobody", "SOA"), "@names@"),
            ("dns_mx", ask("portal", "MX"), "@names@"),
            ("dns_nxdomain", ask("nobody"), "@names@"),
            ("dns_nxdomain_wanted", ask("nobody", more="valid_rcodes: [NXDOMAIN]"), "@names@"),
            ("dns_servfail", ask("broken"), "@names@"),
            ("dns_refused", ask("refused"), "@names@"),
            ("dns_sections", ask("delegated"), "@names@"),
            ("dns_no_recursion", ask("portal", more="recursion_desired: false"), "@names@"),
            ("dns_over_tcp", ask("portal", more="transport_protocol: tcp"), "@names@"),
            ("dns_truncated", ask("long", "TXT"), "@names@"),
            ("dns_long_over_tcp", ask("long", "TXT", "transport_protocol: tcp"), "@names@"),
            ("dns_nobody_there", ask("portal"), "@closed@"),
            *((f"dns_{kind}", ask("two", more=rule(kind, pattern)), "@names@") for kind, pattern in rules),
            ("dns_not_all_match", ask("two", more=rule("fail_if_all_match_regexp", r"2\\.2$")), "@names@"),
            ("dns_none_matches_well", ask("two", more=rule("fail_if_none_matches_regexp", r"2\\.2$")), "@names@"),
            ("dns_matches_well", ask("two", more=rule("fail_if_matches_regexp", "198")), "@names@"),
            ("dns_authority", ask("delegated", more=rule("fail_if_matches_regexp", "ns1", "authority")), "@names@"),
            (
                "dns_additional",
                ask("delegated", more=rule("fail_if_not_matches_regexp", "53$", "additional")),
                "@names@",
            ),
            ("dns_records_of_empty", ask("empty", more=rule("fail_if_none_matches_regexp", "192")), "@names@"),
            ("dns_records_of_empty_all", ask("empty", more=rule("fail_if_all_match_regexp", "192")), "@names@"),
        ),
        *_of("dns", ("dns_tcp_timeout", ask("portal", more="transport_protocol: tcp"), "@silent@"), timeout=_SLOW),
    )
