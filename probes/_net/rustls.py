"""rustls as a second engine, by the package `rtls`: a look costs some half of what it does with OpenSSL (note 5).

It may only confirm. OpenSSL looks first; from then on rustls looks while the same chain is presented, and trusts nothing
but the root at which that chain ended, so that the whole chain is still verified each time. Whatever else happens, a
fault or another chain, the connection is made once more with OpenSSL, whose word is the look's. So the reasons and the
facts are the same with both engines, as far as a server agrees on the same cipher and group: both offer the ciphers in
the same order, but rustls offers ML-KEM too.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from probes import TlsTerms
from probes._net import hello
from probes._net.certificate import Seen
from probes._net.faults import of_protocol
from probes._net.openssl import USUAL, OpenSsl
from probes._net.tls import Session

_READ = 64 * 1024
_START = 4 * 1024  # bytes of a handshake that are looked through for its group
_MOST_HOSTS = 100_000  # remembered
_CHANCES = 2  # for a host; one whose chain always differs is left to OpenSSL


# In OpenSSL's order, so that a server which lets the client choose comes to the same cipher with both.
_CIPHERS: Final = MappingProxyType(
    {
        **{
            f"TLS13_{name}": f"TLS_{name}"
            for name in ("AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256", "AES_128_GCM_SHA256")
        },
        **{
            f"TLS_ECDHE_{key}_WITH_{name}": f"ECDHE-{key}-{short}"
            for name, short in (
                ("AES_256_GCM_SHA384", "AES256-GCM-SHA384"),
                ("CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305"),
                ("AES_128_GCM_SHA256", "AES128-GCM-SHA256"),
            )
            for key in ("ECDSA", "RSA")
        },
    }
)
_VERSIONS: Final = MappingProxyType({0x0303: "TLSv1.2", 0x0304: "TLSv1.3"})


class Unsure(Exception):  # noqa: N818 - no error: OpenSSL is asked then
    """What OpenSSL would say cannot be told by this engine."""


class RustlsSession:
    """Drives the connection object of `rtls` itself: its buffers in Python are a tenth of a handshake's price."""

    __slots__ = ("_came", "_connection", "_error", "_ready", "_start", "engine", "group", "refused", "stapled")

    def __init__(self, connection: Any, error: type[Exception]) -> None:
        self.engine = Rustls.name
        self.group = ""
        self.refused = 0  # a chain it refuses is a fault of the handshake
        self.stapled = b""  # rtls does not tell it
        self._connection = connection
        self._error = error
        self._start = b""
        self._came = b""
        self._ready = b""  # to be sent

    @property
    def version(self) -> str:
        return _VERSIONS.get(self._connection.protocol_version(), "")

    @property
    def cipher(self) -> str:
        return _CIPHERS.get(self._connection.negotiated_cipher_suite(), "")

    def presented(self) -> tuple[bytes, ...]:
        return tuple(self._connection.peer_certificates() or ())

    def verified(self) -> tuple[bytes, ...]:
        return ()

    def agree(self, data: bytes) -> bool:
        if len(self._start) < _START:
            self._start += data
        self._came += data
        try:
            while self._came and self._connection.is_handshaking():
                self._feed()
        except self._error as error:
            raise of_protocol(str(error)) from None
        if self._connection.is_handshaking():
            return False
        self.group, self._start = hello.group(self._start), b""
        return True

    def _feed(self) -> None:
        """It takes a record or so at a time; and nothing after a farewell, so that there is no use in waiting for it."""
        taken = self._connection.read_tls(self._came)
        self._came = self._came[taken:] if taken else b""
        self._connection.process_new_packets()

    def take(self, data: bytes) -> None:
        self._came += data

    def read(self) -> bytes | None:
        # Not its decrypt_incoming, which never comes back when something follows a farewell.
        connection = self._connection
        try:
            while not (said := connection.read_plaintext(_READ)) and self._came:
                self._feed()
        except self._error as error:
            raise of_protocol(str(error)) from None
        if said:
            return bytes(said)
        # rustls wants to read no more after close_notify (its ConnectionCommon::wants_read)
        return None if connection.wants_read() else b""

    def write(self, data: bytes) -> None:
        """It takes 64 kB at a time, and more when what it made of them has been taken away."""
        try:
            while data:
                data = data[self._connection.write_plaintext(data) :]
                self._ready += self._made()
        except self._error as error:
            raise of_protocol(str(error)) from None

    def leaving(self) -> bytes:
        ready, self._ready = self._ready, b""
        return ready + self._made()

    def _made(self) -> bytes:
        made = b""
        while self._connection.wants_write() and (piece := self._connection.write_tls()):
            made += piece
        return made

    def farewell(self) -> bytes:
        self._connection.send_close_notify()
        return self.leaving()


class Rustls:
    """Speaks for OpenSSL where it has seen the same before. ImportError when `rtls` is not installed."""

    name = "rustls"

    def __init__(self, openssl: OpenSsl, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        import rtls  # noqa: PLC0415 - an optional package, wanted by configuration only

        self._rtls: Any = rtls
        self._openssl = openssl
        self._now = now
        self._builders: dict[bytes, Any] = {}  # by root
        self._roots: dict[str, bytes] = {}  # host -> root at which its chain ended, as DER
        self._unsure: dict[str, int] = {}  # host -> how often in a row it could not be confirmed

    def session(self, host: str, terms: TlsTerms) -> RustlsSession | None:
        root = self._roots.get(host) if terms == USUAL else None
        if root is None:
            return None
        builder = self._builders.get(root)
        if builder is None:
            builder = self._builders[root] = self._builder(root)
        try:
            connection = builder.build_client_connection(host)
        except self._rtls.SSLError:  # a name that it takes for none, such as -a.example
            self._roots.pop(host)
            self._unsure[host] = _CHANCES
            return None
        return RustlsSession(connection, self._rtls.SSLError)

    def read(self, host: str, session: Session) -> Seen:
        """What OpenSSL saw of the same; raises `Unsure`."""
        seen = self._openssl.setting(USUAL).reader.known(session)
        # A root has no date for rustls, and one for OpenSSL.
        if seen is None or not seen.certificate.chain_not_after or seen.certificate.chain_not_after <= self._now():
            raise Unsure
        self._unsure.pop(host, None)
        return seen

    def learn(self, host: str, seen: Seen, terms: TlsTerms) -> None:
        """OpenSSL found this host in order."""
        given_up = self._unsure.get(host, 0) >= _CHANCES
        if terms != USUAL or not seen.certificate.chain_not_after or given_up:
            return
        if len(self._roots) >= _MOST_HOSTS:
            self._roots.clear()
            self._unsure.clear()
        self._roots[host] = self._shared(seen.certificate.chain[-1])

    def forget(self, host: str) -> None:
        """It could not be confirmed."""
        self._roots.pop(host, None)
        self._unsure[host] = self._unsure.get(host, 0) + 1

    def clear(self, host: str) -> None:
        self._unsure.pop(host, None)

    def _shared(self, root: bytes) -> bytes:
        """The same bytes for all hosts under one root."""
        return next((known for known in self._builders if known == root), root)

    def _builder(self, root: bytes) -> Any:
        context = self._rtls.SSLContext(self._rtls.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=root)
        context.set_alpn_protocols(["http/1.1"])
        builder = context._builder  # noqa: SLF001 - rtls has no public way to a connection without its buffers
        # Its own set_ciphers leaves those of TLS 1.3 in an order of rustls.
        builder.set_cipher_suites(list(_CIPHERS))
        return builder
