"""What `web.config_file` may hold: the web configuration of Prometheus's exporter-toolkit, as far as it can be kept here.

What cannot is refused and never passed over: whoever writes it counts on it.
"""

import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema, model_validator

from monitor.fields import CertificateFile, Shape, wrong
from monitor.pem import PemFile
from monitor.validate import unknown
from monitor.web_config import Fingerprint, TlsServer, WebConfig
from probes._secret import Secret

_CLIENTS: Final = MappingProxyType(
    {
        "NoClientCert": ssl.CERT_NONE,
        "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
        "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
    }
)
_UNVERIFIED: Final = ("RequestClientCert", "RequireAnyClientCert", "RequireClientCert")
_VERSIONS: Final = MappingProxyType({"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3})
_SUITES: Final = (
    MappingProxyType(  # Go's names of TLS 1.2's suites -> OpenSSL's; those of TLS 1.3 cannot be chosen in Go either
        {
            f"TLS_ECDHE_{key}_WITH_{go}": f"ECDHE-{key}-{openssl}"
            for key in ("ECDSA", "RSA")
            for go, openssl in (
                ("AES_128_GCM_SHA256", "AES128-GCM-SHA256"),
                ("AES_256_GCM_SHA384", "AES256-GCM-SHA384"),
                ("CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305"),
            )
        }
    )
)
# Values that may be given; None: any. The pages' own Content-Security-Policy cannot be loosened.
_HEADERS: Final[Mapping[str, tuple[str, ...] | None]] = MappingProxyType(
    {
        "Strict-Transport-Security": None,
        "X-Content-Type-Options": ("nosniff",),
        "X-Frame-Options": ("deny",),
        "X-XSS-Protection": None,
    }
)
# A password of cost 13 takes some half a second of a core, one of 14 a second: whoever guesses once a second would keep
# everybody out who is not known yet. Salt and digest end in bits that are always 0: where they are not, one letter is wrong.
HASH: Final = r"^\$2[aby]\$(0[4-9]|1[0-3])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$"

_TOO_DEAR: Final = r"\$2[aby]\$(1[4-9]|[23][0-9])\$"


def _client_auth(word: str) -> str:
    if word in _UNVERIFIED:
        raise wrong(f"{word} takes certificates that nobody verified; allowed: {', '.join(_CLIENTS)}")
    if word not in _CLIENTS:
        raise wrong(unknown(word, tuple(_CLIENTS), "word"))
    return word


def _suite(name: str) -> str:
    if name not in _SUITES:
        raise wrong(unknown(name, tuple(_SUITES), "cipher suite"))
    return name


def _no_http2(asked: bool) -> bool:  # noqa: FBT001 - a validator takes the value
    if asked:
        raise wrong("HTTP/2 is not spoken here; allowed: false")
    return asked


def _header(name: str) -> str:
    if name not in _HEADERS:
        raise wrong(unknown(name, tuple(_HEADERS), "header"))
    return name


def _values(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        allowed = _HEADERS[name]
        if allowed and value not in allowed:
            raise wrong(f"{name} must be {' or '.join(allowed)}")
        if not value.isascii() or not value.isprintable() or not value.strip():
            raise wrong(f"{name} must be printable ASCII on one line")
    return headers


def _user(name: str) -> str:
    if not name.strip() or ":" in name:
        raise wrong("the name of a user must not be empty nor hold a colon")
    return name


def _hash(value: Any) -> Secret:
    """No message may show a value: it may be a password that was not hashed."""
    if isinstance(value, str) and re.match(_TOO_DEAR, value):
        raise wrong("its cost is too high: each try would keep others waiting for a second and more; allowed: 4 to 13")
    if not isinstance(value, str) or not re.fullmatch(HASH, value):
        raise wrong("must be a bcrypt hash of cost 4 to 13, such as `htpasswd -nBC 10 NAME` prints after the colon")
    return Secret(value)


class TlsServerShape(Shape):
    cert_file: PemFile
    key_file: PemFile
    client_ca_file: CertificateFile | None = None
    client_auth_type: Annotated[str, AfterValidator(_client_auth), WithJsonSchema({"enum": list(_CLIENTS)})] = (
        "NoClientCert"
    )
    min_version: Literal["TLS12", "TLS13"] = "TLS12"
    max_version: Literal["TLS12", "TLS13"] = "TLS13"
    cipher_suites: tuple[Annotated[str, AfterValidator(_suite), WithJsonSchema({"enum": list(_SUITES)})], ...] = ()
    prefer_server_cipher_suites: bool = True

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        verifying = self.client_auth_type != "NoClientCert"
        if self.client_ca_file and not verifying:
            raise wrong("client_ca_file without client_auth_type would verify nobody; give both or neither")
        if verifying and not self.client_ca_file:
            raise wrong(f"client_auth_type {self.client_auth_type} needs client_ca_file, against which to verify")
        if self.min_version > self.max_version:
            raise wrong("min_version is above max_version")
        _loadable(tls_of(self))
        return self


def _loadable(tls: TlsServer) -> None:
    try:
        tls.context()
    except OSError:
        raise wrong("cert_file does not make a pair with key_file, which must have no password") from None


class HttpServerShape(Shape):
    http2: Annotated[bool, AfterValidator(_no_http2), WithJsonSchema({"const": False})] = False
    headers: Annotated[dict[Annotated[str, AfterValidator(_header)], str], AfterValidator(_values)] = Field(
        default_factory=dict
    )


class WebShape(Shape):
    tls_server_config: TlsServerShape | None = None
    http_server_config: HttpServerShape = HttpServerShape()
    basic_auth_users: dict[
        Annotated[str, AfterValidator(_user)],
        Annotated[Secret, PlainValidator(_hash), WithJsonSchema({"type": "string", "pattern": HASH})],
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        """A file that somebody is just writing is empty for an instant, and must not open the doors."""
        if not (self.tls_server_config or self.basic_auth_users or self.http_server_config.headers):
            raise wrong("holds nothing; allowed: tls_server_config, basic_auth_users, http_server_config")
        return self


def tls_of(shape: TlsServerShape) -> TlsServer:
    return TlsServer(
        cert_file=shape.cert_file,
        key_file=shape.key_file,
        client_ca_file=shape.client_ca_file,
        clients=_CLIENTS[shape.client_auth_type],
        min_version=_VERSIONS[shape.min_version],
        max_version=_VERSIONS[shape.max_version],
        ciphers=tuple(_SUITES[each] for each in shape.cipher_suites),
        server_prefers=shape.prefer_server_cipher_suites,
    )


def web_of(file: Path, seen: Fingerprint, shape: WebShape) -> WebConfig:
    return WebConfig(
        file=file,
        seen=seen,
        tls=tls_of(shape.tls_server_config) if shape.tls_server_config else None,
        users=shape.basic_auth_users,
        headers=shape.http_server_config.headers,
    )
