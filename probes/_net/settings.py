"""Settings of the way out; the `network:` part of monitor.yaml."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from yarl import URL


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectTo:
    """Like curl's --connect-to: who asks for `host` (a name, or `*.suffix`) and `port` is led to `to`."""

    host: str
    port: int
    to: str  # ADDRESS:PORT or [ADDRESS]:PORT


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """How the monitor goes out. Sizes in bytes, times in seconds."""

    contact: str  # mail address or page of the operator, told to every host in User-Agent
    engine: Literal["openssl", "rustls"] = "openssl"  # of TLS; rustls needs the extra `fast`
    proxy: URL | None = None  # http://HOST:PORT, through which all requests go
    resolver: tuple[str, ...] = ()  # name servers as ADDRESS or ADDRESS:PORT; none: the system's
    connect_to: tuple[ConnectTo, ...] = ()
    ca_file: Path | None = None  # roots trusted beside the system's
    requests_per_second: float = 1.0  # to one host
    in_flight: int = 64  # looks at once
    max_body: int = 2 * 1024 * 1024  # after decompression
    max_headers: int = 64 * 1024
    max_redirects: int = 5
    ports: tuple[int, ...] = (80, 443)  # that a URL may name
    internal_hosts: tuple[str, ...] = ()  # names that may lead to private addresses, because they are meant to
    control: tuple[str, ...] = ()  # HOST:PORT that answer as long as our own way out works
    known_names: tuple[str, ...] = ()  # hosts that exist: where none does, our name servers do not know the internet
