"""How the web side is entered: over TLS or not, by whom, and with which headers more. Read from `web.config_file`."""

import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from probes._secret import Secret

Fingerprint = tuple[tuple[int, int, int] | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsServer:
    """What is spoken, and which certificates are asked for. `ciphers` are OpenSSL's names; none: its own choice."""

    cert_file: Path
    key_file: Path
    client_ca_file: Path | None = None
    clients: ssl.VerifyMode = ssl.CERT_NONE
    min_version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    max_version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    ciphers: tuple[str, ...] = ()
    server_prefers: bool = True

    @property
    def files(self) -> tuple[Path, ...]:
        return (self.cert_file, self.key_file, *((self.client_ca_file,) if self.client_ca_file else ()))

    def context(self) -> ssl.SSLContext:
        """With the files as they are now. Raises OSError, of which ssl.SSLError is one, where they do not fit."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version, context.maximum_version = self.min_version, self.max_version
        if self.ciphers:
            context.set_ciphers(":".join(self.ciphers))
        if not self.server_prefers:
            context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
        context.load_cert_chain(self.cert_file, self.key_file, password=_no_password)
        if self.client_ca_file:
            context.load_verify_locations(self.client_ca_file)
        context.verify_mode = self.clients
        return context


@dataclass(frozen=True, slots=True, kw_only=True)
class WebConfig:
    """The whole file; `users` holds bcrypt hashes by name, and whoever is in it may do everything."""

    file: Path
    seen: Fingerprint  # of the file, when it was read
    tls: TlsServer | None = None
    users: Mapping[str, Secret] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def files(self) -> tuple[Path, ...]:
        """Those that may be renewed while it is in force."""
        return (self.file, *(self.tls.files if self.tls else ()))


def fingerprint(files: Iterable[Path]) -> Fingerprint:
    """By which it is seen that one of the files has changed; None for one that is not there."""
    return tuple(_of(file) for file in files)


def _of(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _no_password() -> str:
    """Without this OpenSSL would ask for it at the terminal."""
    return ""
