"""rustls as a second engine, by the package `rtls`: a look costs some 0.6 of what it does with OpenSSL (note 5).

It may only confirm. OpenSSL looks first; from then on rustls looks while the same chain is presented, and trusts nothing
but the root at which that chain ended, so that the whole chain is still verified each time. Whatever else happens, a
fault, another chain, another cipher, the connection is made once more with OpenSSL, whose word is the look's. So the
reasons and the facts are the same with both engines.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from probes import TlsTerms
from probes._net.certificate import Seen
from probes._net.openssl import USUAL, OpenSsl
from probes._net.tls import Session

_MOST_HOSTS = 100_000  # remembered
_CHANCES = 2  # for a host; one whose TLS always differs from what OpenSSL speaks is left to OpenSSL


# In OpenSSL's order, so that a server which lets the client choose comes to the same cipher with both.
_IN_ORDER = (
    *(f"TLS13_{cipher}" for cipher in ("AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256", "AES_128_GCM_SHA256")),
    *(
        f"TLS_ECDHE_{key}_WITH_{cipher}"
        for cipher in ("AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256", "AES_128_GCM_SHA256")
        for key in ("ECDSA", "RSA")
    ),
)


class Unsure(Exception):  # noqa: N818 - no error: OpenSSL is asked then
    """What OpenSSL would say cannot be told by this engine."""


class RustlsSession(Session):
    """As ever, but that `rtls` does not tell of a server's farewell, after which no more is to be waited for."""

    __slots__ = ()

    def read(self) -> bytes | None:
        data = super().read()
        return b"" if data is None and self._left() else data

    def _left(self) -> bool:
        # rustls wants to read no more after close_notify (its ConnectionCommon::wants_read)
        return not self.tls._conn.wants_read()  # type: ignore[attr-defined]  # of rtls  # noqa: SLF001 - no other way


class Rustls:
    """Speaks for OpenSSL where it has seen the same before. ImportError when `rtls` is not installed."""

    name = "rustls"

    def __init__(self, openssl: OpenSsl, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        import rtls  # noqa: PLC0415 - an optional package, wanted by configuration only

        self._rtls: Any = rtls
        self._openssl = openssl
        self._now = now
        self._contexts: dict[bytes, Any] = {}  # by root
        self._roots: dict[str, bytes] = {}  # host -> root at which its chain ended, as DER
        self._unsure: dict[str, int] = {}  # host -> how often in a row it could not be confirmed

    def session(self, host: str, terms: TlsTerms) -> Session | None:
        root = self._roots.get(host) if terms == USUAL else None
        if root is None:
            return None
        context = self._contexts.get(root)
        if context is None:
            context = self._contexts[root] = self._context(root)
        return RustlsSession(context, self._rtls.MemoryBIO, host, self.name)

    def read(self, host: str, session: Session) -> Seen:
        """What OpenSSL saw of the same; raises `Unsure`."""
        reader = self._openssl.setting(USUAL).reader
        seen = reader.known(session.tls, session.group)
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
        return next((known for known in self._contexts if known == root), root)

    def _context(self, root: bytes) -> Any:
        context = self._rtls.SSLContext(self._rtls.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=root)
        context.set_alpn_protocols(["http/1.1"])
        # Its own set_ciphers leaves those of TLS 1.3 in an order of rustls.
        context._builder.set_cipher_suites(list(_IN_ORDER))  # noqa: SLF001 - there is no other way
        return context
