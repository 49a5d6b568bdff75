"""One TLS connection by OpenSSL, driven as a machine of bytes by pyOpenSSL."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from cryptography.hazmat.bindings.openssl.binding import Binding
from OpenSSL import SSL, crypto

from probes import Reason
from probes._net.address import is_address
from probes._net.faults import Fault, of_certificate, of_protocol
from probes._net.tls import cut

NAME = "openssl"  # of the engine
_READ = 16 * 1024  # bytes; a record holds no more
_LEAVES = 4 * 1024
# X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT
_AS_BROWSERS_DO = 0x04 | 0x20


@dataclass(slots=True)
class Noted:
    """What OpenSSL calls back with, and whether the handshake is done."""

    refused: int = 0
    stapled: bytes = b""
    agreed: bool = False


class OpenSslSession:
    """A handshake goes on past a chain that is refused, so that all of it can be read; what came of it is `refused`."""

    __slots__ = ("_noted", "_tls", "_unsent", "engine")

    def __init__(
        self, context: SSL.Context, host: str, *, verify: bool, staple: bool, now: datetime | None = None
    ) -> None:
        """`now`: what certificates are held against, where that is not the system's time."""
        self.engine = NAME
        self._noted = Noted()
        self._unsent = b""
        self._tls = tls = SSL.Connection(context, None)
        tls.set_app_data(self._noted)
        if not is_address(host):
            tls.set_tlsext_host_name(host.encode())
        if verify:
            _expect(tls, host)
        if now is not None:
            _at(tls, now)
        if staple:
            tls.request_ocsp()
        tls.set_connect_state()

    @property
    def version(self) -> str:
        return self._tls.get_protocol_version_name()

    @property
    def cipher(self) -> str:
        return self._tls.get_cipher_name() or ""

    @property
    def group(self) -> str:
        return self._tls.get_group_name() or ""

    @property
    def refused(self) -> int:
        return self._noted.refused

    @property
    def stapled(self) -> bytes:
        return self._noted.stapled

    def presented(self) -> tuple[bytes, ...]:
        return _ders(self._tls.get_peer_cert_chain())

    def verified(self) -> tuple[bytes, ...]:
        return () if self.refused else _ders(self._tls.get_verified_chain())

    def agree(self, data: bytes) -> bool:
        if data:
            self._tls.bio_write(data)
        try:
            self._tls.do_handshake()
        except SSL.WantReadError:
            return False
        except (SSL.ZeroReturnError, SSL.SysCallError):
            raise cut() from None
        except SSL.Error as error:
            raise self._fault(error) from None
        self._noted.agreed = True
        return True

    def take(self, data: bytes) -> None:
        self._tls.bio_write(data)

    def read(self) -> bytes | None:
        try:
            return self._tls.recv(_READ)
        except SSL.WantReadError:
            self._push()  # what had to wait till a handshake that the server began anew was over
            return None
        except (SSL.ZeroReturnError, SSL.SysCallError):
            return b""  # with or without a proper farewell: many servers just hang up
        except SSL.Error as error:
            raise self._fault(error) from None

    def write(self, data: bytes) -> None:
        self._unsent += data
        self._push()

    def _push(self) -> None:
        if not self._unsent:
            return
        try:
            self._tls.sendall(self._unsent)  # a memory buffer takes everything
        except SSL.WantReadError:
            return
        except SSL.Error as error:
            raise self._fault(error) from None
        self._unsent = b""

    def _fault(self, error: SSL.Error) -> Fault:
        return of_certificate(self.refused) if self.refused else of_protocol(said(error))

    def leaving(self) -> bytes:
        left = piece = self._piece()
        while len(piece) == _LEAVES:
            piece = self._piece()
            left += piece
        return left

    def _piece(self) -> bytes:
        try:
            return self._tls.bio_read(_LEAVES)
        except SSL.WantReadError:
            return b""

    def farewell(self) -> bytes:
        try:
            self._tls.shutdown()
        except SSL.Error:
            return b""  # it is in no state to say goodbye
        return self.leaving()


def _expect(tls: SSL.Connection, host: str) -> None:
    """The name that the certificate must be for, by subjectAltName alone. pyOpenSSL does not pass these calls on.

    Raises `Fault` for what is no host's name, such as -a.example: then no certificate can be for it.
    """
    lib, name = Binding.lib, host.encode()
    wanted = lib.SSL_get0_param(tls._ssl)  # noqa: SLF001 - see above
    lib.X509_VERIFY_PARAM_set_hostflags(wanted, _AS_BROWSERS_DO)
    if is_address(host):
        packed = ip_address(host).packed
        done = lib.X509_VERIFY_PARAM_set1_ip(wanted, packed, len(packed))
    else:
        done = lib.X509_VERIFY_PARAM_set1_host(wanted, name, len(name))
    if done != 1:
        raise Fault(Reason.TLS_NAME, "no certificate can be for such a name")


def _at(tls: SSL.Connection, now: datetime) -> None:
    wanted = Binding.lib.SSL_get0_param(tls._ssl)  # noqa: SLF001 - as above
    Binding.lib.X509_VERIFY_PARAM_set_time(wanted, int(now.timestamp()))


def _ders(chain: list[crypto.X509] | None) -> tuple[bytes, ...]:
    return tuple([crypto.dump_certificate(crypto.FILETYPE_ASN1, one) for one in chain or ()])


def said(error: SSL.Error) -> str:
    """The last of OpenSSL's words for it, as Python's `ssl` names it: WRONG_VERSION_NUMBER."""
    words = error.args[0][-1][2] if error.args and error.args[0] else type(error).__name__
    return str(words).upper().replace(" ", "_")
