"""OpenSSL by Python's `ssl`: always there, and the reference for what is wrong with a server's TLS."""

import ssl
import warnings
from dataclasses import dataclass
from pathlib import Path

from probes import TlsTerms, TlsVersion
from probes._net.certificate import Reader, Seen
from probes._net.tls import Session

_MOST_SETTINGS = 1_000  # kept; each costs some hundred kB and 20 ms to make
USUAL = TlsTerms()
READING = TlsTerms(verify=False, least="TLSv1")  # takes whatever is presented, so that it can be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    context: ssl.SSLContext
    reader: Reader


class OpenSsl:
    """One context for each setting, made when it is first needed."""

    name = "openssl"

    def __init__(self, ca_file: Path | None) -> None:
        """OSError when the CA file cannot be read."""
        self._ca_file = ca_file
        self._settings: dict[TlsTerms, Setting] = {}
        self.setting(USUAL)

    def session(self, host: str, terms: TlsTerms) -> Session:
        context = self.setting(terms).context
        return Session(context, ssl.MemoryBIO, terms.server_name or host, self.name)

    def read(self, session: Session, terms: TlsTerms) -> Seen:
        """What a session of these terms has seen; raises `Fault`."""
        return self.setting(terms).reader.read(session.tls, session.group)

    def setting(self, terms: TlsTerms) -> Setting:
        found = self._settings.get(terms)
        if found is None:
            if len(self._settings) >= _MOST_SETTINGS:
                self._settings.clear()
            found = Setting(context=self._context(terms), reader=Reader(verified=terms.verify))
            self._settings[terms] = found
        return found

    def _context(self, terms: TlsTerms) -> ssl.SSLContext:
        # Not create_default_context: its flags differ between Python's versions, and the verdict must not.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if not terms.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if _old(terms.least):
            context.set_ciphers("ALL:@SECLEVEL=0")  # signatures of TLS 1.0 and 1.1 use SHA-1
        with warnings.catch_warnings():  # the old versions are deprecated; to find who still speaks them is the point
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = _version(terms.least)
            context.maximum_version = _version(terms.most)
        context.hostname_checks_common_name = False
        context.set_alpn_protocols(["http/1.1"])
        self._trust(context, terms)
        if terms.certificate:
            context.load_cert_chain(terms.certificate, terms.key, password=_no_password)
        return context

    def _trust(self, context: ssl.SSLContext, terms: TlsTerms) -> None:
        if terms.ca_file:
            context.load_verify_locations(terms.ca_file)
            return
        if not terms.verify:
            return
        context.load_default_certs()
        if self._ca_file:
            context.load_verify_locations(self._ca_file)


def _no_password() -> str:
    """Else OpenSSL asks for it at the terminal, and waits."""
    return ""


def _old(version: TlsVersion) -> bool:
    return version in ("TLSv1", "TLSv1.1")


def _version(version: TlsVersion) -> ssl.TLSVersion:
    return ssl.TLSVersion[version.replace(".", "_")]
