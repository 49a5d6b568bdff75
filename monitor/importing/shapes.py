"""What a configuration file of blackbox_exporter may hold, up to its version 0.27; for the import.

A section that has no counterpart here at all (icmp, grpc, unix, websocket) may hold anything: its module is left out.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from monitor.fields import Duration, Shape

Family = Literal["ip4", "ip6"]
GoTls = Literal["TLS10", "TLS11", "TLS12", "TLS13"]
Texts = tuple[str, ...]
Number = Annotated[int, Field(ge=0)]


class GoTlsShape(Shape):
    insecure_skip_verify: bool = False
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    server_name: str = ""
    min_version: GoTls | None = None
    max_version: GoTls | None = None
    ca: str = ""
    cert: str = ""
    key: str = ""


class BasicAuthShape(Shape):
    username: str = ""
    username_file: str = ""
    password: str = ""
    password_file: str = ""


class AuthorizationShape(Shape):
    type: str = "Bearer"
    credentials: str = ""
    credentials_file: str = ""


class ProxyShape(Shape):
    proxy_url: str = ""
    no_proxy: str = ""
    proxy_from_environment: bool = False
    proxy_connect_header: dict[str, Texts] = Field(default_factory=dict)


class OAuth2Shape(ProxyShape):
    client_id: str = ""
    client_secret: str = ""
    client_secret_file: str = ""
    scopes: Texts = ()
    token_url: str = ""
    endpoint_params: dict[str, str] = Field(default_factory=dict)
    tls_config: GoTlsShape = GoTlsShape()


class HttpHeaderShape(Shape):
    values: Texts = ()
    secrets: Texts = ()
    files: Texts = ()


class HeaderMatchShape(Shape):
    header: str
    regexp: str
    allow_missing: bool = False


class FamilyShape(Shape):
    preferred_ip_protocol: Family = "ip6"
    ip_protocol_fallback: bool = True
    source_ip_address: str = ""


class HttpShape(FamilyShape, ProxyShape):
    valid_status_codes: tuple[int, ...] = ()
    valid_http_versions: Texts = ()
    skip_resolve_phase_with_proxy: bool = False
    no_follow_redirects: bool | None = None
    follow_redirects: bool | None = None
    fail_if_ssl: bool = False
    fail_if_not_ssl: bool = False
    method: str = ""
    headers: dict[str, str] = Field(default_factory=dict)
    body: str = ""
    body_file: str = ""
    compression: str = ""
    body_size_limit: str | int = 0
    fail_if_body_matches_regexp: Texts = ()
    fail_if_body_not_matches_regexp: Texts = ()
    fail_if_body_json_matches_cel: str = ""
    fail_if_body_json_not_matches_cel: str = ""
    fail_if_header_matches: tuple[HeaderMatchShape, ...] = ()
    fail_if_header_not_matches: tuple[HeaderMatchShape, ...] = ()
    enable_http2: bool = True
    enable_http3: bool = False
    basic_auth: BasicAuthShape | None = None
    authorization: AuthorizationShape | None = None
    oauth2: OAuth2Shape | None = None
    bearer_token: str = ""
    bearer_token_file: str = ""
    tls_config: GoTlsShape = GoTlsShape()
    http_headers: dict[str, HttpHeaderShape] = Field(default_factory=dict)


class LabelShape(Shape):
    name: str
    value: str


class StepShape(Shape):
    expect: str = ""
    expect_bytes: str = ""
    labels: tuple[LabelShape, ...] = ()
    send: str = ""
    starttls: bool = False


class TcpShape(FamilyShape):
    query_response: tuple[StepShape, ...] = ()
    tls: bool = False
    tls_config: GoTlsShape = GoTlsShape()


class RecordsShape(Shape):
    fail_if_matches_regexp: Texts = ()
    fail_if_all_match_regexp: Texts = ()
    fail_if_not_matches_regexp: Texts = ()
    fail_if_none_matches_regexp: Texts = ()


class DnsShape(FamilyShape):
    transport_protocol: Literal["udp", "tcp"] = "udp"
    dns_over_tls: bool = False
    tls_config: GoTlsShape = GoTlsShape()
    query_name: str
    query_type: str = "ANY"
    query_class: str = "IN"
    recursion_desired: bool = True
    valid_rcodes: Texts = ()
    validate_answer_rrs: RecordsShape = RecordsShape()
    validate_authority_rrs: RecordsShape = RecordsShape()
    validate_additional_rrs: RecordsShape = RecordsShape()


class ModuleShape(Shape):
    prober: Literal["http", "tcp", "dns", "icmp", "grpc", "unix", "websocket"]
    timeout: Duration | None = None
    http: HttpShape = HttpShape()
    tcp: TcpShape = TcpShape()
    dns: DnsShape | None = None
    icmp: Any = None
    grpc: Any = None
    unix: Any = None
    websocket: Any = None


class BlackboxShape(Shape):
    """The whole file."""

    modules: dict[str, ModuleShape]
