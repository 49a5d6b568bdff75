"""What the modules of every prober share: addresses, TLS, secrets, and the notes on what means something else here."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from monitor.importing.shapes import FamilyShape, GoTlsShape

Settings = dict[str, Any]

_VERSIONS = {"TLS10": "TLSv1", "TLS11": "TLSv1.1", "TLS12": "TLSv1.2", "TLS13": "TLSv1.3"}


@dataclass(frozen=True, slots=True)
class Notes:
    """What has to be said of one module to whoever imports it."""

    module: str
    said: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.said.append(text)

    def lost(self, name: str, why: str, *, given: object) -> None:
        """For a setting without a counterpart, where it is given."""
        if given:
            self.say(f"{name} has no counterpart: {why}")

    def secret(self, what: str) -> str:
        """A reference to the environment in place of a secret, which is never copied."""
        name = re.sub(r"[^A-Z0-9]+", "_", f"BLACKBOX_{self.module}_{what}".upper())
        self.say(f"the {what} is not copied: put it into the environment as {name}")
        return f"${{env:{name}}}"

    def secret_file(self, what: str, path: str) -> str:
        self.say(
            f"the {what} is read from {path}, where it has to be one line; relative paths are from the config folder"
        )
        return f"${{file:{path}}}"

    def either(self, what: str, text: str, path: str) -> str | None:
        """The reference for a secret that stands in the file or in one of its own; none where it is not given."""
        if path:
            return self.secret_file(what, path)
        return self.secret(what) if text else None


def family(shape: FamilyShape, notes: Notes) -> Settings:
    notes.lost("source_ip_address", "the system chooses the address that is asked from", given=shape.source_ip_address)
    wanted = shape.preferred_ip_protocol.removeprefix("ip")
    return {"family": wanted, "fallback": shape.ip_protocol_fallback}


def tls(shape: GoTlsShape, notes: Notes) -> Settings:
    """The key `tls` with what differs from the default, or nothing."""
    for name in ("ca", "cert", "key"):
        notes.lost(
            f"tls_config.{name}", "certificates and keys stand in files of their own", given=getattr(shape, name)
        )
    settings: Settings = {"verify": False} if shape.insecure_skip_verify else {}
    settings |= {
        ours: value
        for ours, value in (
            ("server_name", shape.server_name),
            ("ca_file", shape.ca_file),
            ("certificate", shape.cert_file),
            ("key", shape.key_file),
            ("least", _VERSIONS.get(shape.min_version or "")),
            ("most", _VERSIONS.get(shape.max_version or "")),
        )
        if value
    }
    return {"tls": settings} if settings else {}


def rhythm(timeout: timedelta | None, notes: Notes) -> Settings:
    """How often, which the other tool leaves to Prometheus, and for how long."""
    if timeout is None:
        notes.say("no timeout: the other tool takes what Prometheus leaves it; 30s is put here")
    seconds = (timeout or timedelta(seconds=30)).total_seconds()
    every = 60 if seconds < 60 else 2 * seconds
    return {"every": _duration(every), "timeout": _duration(seconds), "proves": "nothing"}


def _duration(seconds: float) -> str:
    return f"{seconds:.0f}s" if seconds == int(seconds) else f"{seconds * 1000:.0f}ms"
