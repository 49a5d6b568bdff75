"""The TLS engines of one network: OpenSSL, and rustls where it is wanted and can say the same."""

from collections.abc import Callable
from datetime import datetime

from probes import Fact, Terms, TlsTerms
from probes._net.certificate import Seen
from probes._net.openssl import OpenSsl
from probes._net.rustls import Rustls
from probes._net.settings import NetworkSettings
from probes._net.tls import Session


class Engines:
    """Which engine looks at a host, and what is remembered of it for the other. ImportError without the extra `fast`."""

    def __init__(self, settings: NetworkSettings, now: Callable[[], datetime] | None = None) -> None:
        """`now` is a clock to hold certificates against, where that is not the system's; rustls knows none but that."""
        self._openssl = OpenSsl(settings.ca_file, now)
        self._rustls = Rustls(self._openssl) if settings.engine == "rustls" and now is None else None

    def session(self, host: str, terms: Terms) -> Session:
        return self._openssl.session(host, terms.tls, staple=terms.staple)

    def fast(self, host: str, terms: Terms) -> Session | None:
        """None where only OpenSSL will do."""
        return self._rustls.session(host, terms.tls) if self._rustls and not terms.staple else None

    def doubt(self, host: str) -> None:
        """The fast one could not confirm this host."""
        if self._rustls:
            self._rustls.forget(host)

    def clear(self, host: str) -> None:
        """It was right not to: OpenSSL refused this host too."""
        if self._rustls:
            self._rustls.clear(host)

    def seen(self, host: str, session: Session, terms: TlsTerms) -> Seen:
        """What a session saw when its handshake was done; raises `Fault`, or `Unsure`."""
        rustls = self._rustls
        if rustls and session.engine == rustls.name:
            return rustls.read(host, session)
        seen = self._openssl.read(session, terms)
        if rustls:
            rustls.learn(host, seen, terms)
        return seen

    def facts(self, session: Session) -> dict[str, Fact]:
        """Which engine looked, where there is a choice."""
        return {"tls_engine": session.engine} if self._rustls else {}
