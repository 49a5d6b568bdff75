"""OpenSSL: always there, and the reference for what is wrong with a server's TLS.

By pyOpenSSL, over the OpenSSL that `cryptography` brings: newer than the system's, two thirds of its price, and the same
wherever the monitor runs (note 7).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.bindings.openssl.binding import Binding
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL, crypto

from probes import TlsTerms, TlsVersion
from probes._net.certificate import Reader, Seen, facts
from probes._net.faults import Fault, of_certificate
from probes._net.openssl_session import NAME, Noted, OpenSslSession, said
from probes._net.tls import Session

_MOST_SETTINGS = 1_000  # kept; each costs some hundred kB and 20 ms to make
# What Python's `ssl` offers: forward secret where it can be, nothing that is broken.
_CIPHERS = b"@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM"
_OLD_CIPHERS = b"ALL:@SECLEVEL=0"  # signatures of TLS 1.0 and 1.1 use SHA-1
# Every server knows one of these. A share for ML-KEM costs an eighth of a handshake, and makes a hello that some
# networks swallow.
_GROUPS = b"X25519:P-256:P-384:P-521:X448"
_VERSIONS: dict[TlsVersion, int] = {
    "TLSv1": SSL.TLS1_VERSION,
    "TLSv1.1": SSL.TLS1_1_VERSION,
    "TLSv1.2": SSL.TLS1_2_VERSION,
    "TLSv1.3": SSL.TLS1_3_VERSION,
}
USUAL = TlsTerms()
READING = TlsTerms(verify=False, least="TLSv1")  # takes whatever is presented, so that it can be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    context: SSL.Context
    reader: Reader


class OpenSsl:
    """One context for each setting, made when it is first needed."""

    name = NAME

    def __init__(self, ca_file: Path | None, now: Callable[[], datetime] | None = None) -> None:
        """`now`: a clock for certificates; None is the system's. OSError when the CA file cannot be read."""
        self._now = now
        self._ca_file = ca_file
        self._settings: dict[TlsTerms, Setting] = {}
        self.setting(USUAL)

    def session(self, host: str, terms: TlsTerms, *, staple: bool = False) -> OpenSslSession:
        """A new one; OSError when a file of the terms cannot be read, `Fault` when no certificate can be for the host."""
        name, context = (terms.server_name or host).rstrip("."), self.setting(terms).context
        return OpenSslSession(context, name, verify=terms.verify, staple=staple, now=self._now and self._now())

    def read(self, session: Session, terms: TlsTerms) -> Seen:
        """What a session of these terms has seen; raises `Fault`, with the certificate's facts."""
        seen = self.setting(terms).reader.read(session)
        if session.refused:
            fault = of_certificate(session.refused)
            raise Fault(fault.reason, fault.detail, **facts(seen.certificate), **fault.facts)
        return seen

    def setting(self, terms: TlsTerms) -> Setting:
        found = self._settings.get(terms)
        if found is None:
            if len(self._settings) >= _MOST_SETTINGS:
                self._settings.clear()
            found = Setting(context=self._context(terms), reader=Reader(verified=terms.verify))
            self._settings[terms] = found
        return found

    def _context(self, terms: TlsTerms) -> SSL.Context:
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(_VERSIONS[terms.least])
        context.set_max_proto_version(_VERSIONS[terms.most])
        context.set_cipher_list(_OLD_CIPHERS if terms.least in ("TLSv1", "TLSv1.1") else _CIPHERS)
        _set_groups(context, _GROUPS)
        context.set_mode(SSL.MODE_RELEASE_BUFFERS)
        context.set_alpn_protos([b"http/1.1"])
        context.set_ocsp_client_callback(_note_stapled)
        if terms.verify:
            # Who shows a certificate of the monitor's shows it to nobody whose own is refused.
            context.set_verify(SSL.VERIFY_PEER, _verdict(goes_on=terms.certificate is None))
        try:
            self._load(context, terms)
        except SSL.Error as error:
            raise OSError(f"the files of a TLS setting cannot be used ({said(error)})") from None
        return context

    def _load(self, context: SSL.Context, terms: TlsTerms) -> None:
        if terms.ca_file:
            context.load_verify_locations(_readable(terms.ca_file))
        elif terms.verify:
            context.set_default_verify_paths()
            if self._ca_file:
                context.load_verify_locations(_readable(self._ca_file))
        if terms.certificate:
            context.use_certificate_chain_file(_readable(terms.certificate))
            _use_key(context, terms.key or terms.certificate)
            context.check_privatekey()


def _verdict(*, goes_on: bool) -> Callable[[SSL.Connection, crypto.X509, int, int, int], bool]:
    def verdict(tls: SSL.Connection, _: crypto.X509, code: int, _depth: int, ok: int) -> bool:
        noted: Noted = tls.get_app_data()
        if not ok and not noted.refused:
            noted.refused = code
        return bool(ok) or (goes_on and not noted.agreed)  # what comes after may be no worse than what was agreed on

    return verdict


def _note_stapled(tls: SSL.Connection, stapled: bytes, _: object) -> bool:
    """It is read by who asked for it; what it says breaks off no handshake."""
    noted: Noted = tls.get_app_data()
    noted.stapled = stapled
    return True


def _set_groups(context: SSL.Context, groups: bytes) -> None:
    # OpenSSL has a call for it, which pyOpenSSL does not pass on.
    if Binding.lib.SSL_CTX_set1_curves_list(context._context, groups) != 1:  # noqa: SLF001 - see above
        raise RuntimeError("OpenSSL does not know the usual groups")


def _readable(file: Path) -> str:
    """OpenSSL does not say which of its files is missing."""
    file.open("rb").close()
    return str(file)


def _use_key(context: SSL.Context, file: Path) -> None:
    """OpenSSL itself would ask for an encrypted one's password at the terminal, and wait."""
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
        context.use_privatekey(key)  # type: ignore[arg-type]  # of another kind is a TypeError
    except (ValueError, TypeError) as error:
        raise OSError(f"{file} holds no key that can be used: {error}") from None
