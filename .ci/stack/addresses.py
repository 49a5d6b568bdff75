"""Who listens where. The defaults are the ones the shipped files name, so that nothing in them has to change."""

import errno
import socket
from collections.abc import Iterator
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """ADDRESS:PORT of each part."""

    monitor: str = "127.0.0.1:9884"
    prometheus: str = "127.0.0.1:9090"
    alertmanager: str = "127.0.0.1:9093"
    grafana: str = "127.0.0.1:3000"
    mail: str = "127.0.0.1:2525"  # SMTP of the catcher
    webhook: str = "127.0.0.1:9096"  # HTTP of the catcher

    def each(self) -> Iterator[tuple[str, str]]:
        return ((field.name, getattr(self, field.name)) for field in fields(self))


SHIPPED = Addresses()


def split(address: str) -> tuple[str, int]:
    """Raises ValueError."""
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isdecimal()):
        raise ValueError(f"{address!r}: want ADDRESS:PORT")
    return host.strip("[]"), int(port)


def busy(address: str) -> str | None:
    """Why nobody can listen there, in words; None where one can."""
    host, port = split(address)
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except OSError as error:
            return "another program listens there" if error.errno == errno.EADDRINUSE else str(error.strerror)
    return None


def free(host: str) -> Addresses:
    """Ports of this loopback address at which nobody listens now; best an address that nobody else uses."""
    names = [field.name for field in fields(Addresses)]
    socks = [socket.create_server((host, 0)) for _ in names]
    ports = [sock.getsockname()[1] for sock in socks]
    for sock in socks:
        sock.close()
    return Addresses(**{name: f"{host}:{port}" for name, port in zip(names, ports, strict=True)})
