"""One TLS connection by OpenSSL, driven as a machine of bytes by pyOpenSSL."""

from dataclasses import dataclass

from OpenSSL import SSL, crypto

from probes._net.address import is_address
from probes._net.faults import of_certificate, of_protocol
from probes._net.tls import cut

NAME = "openssl"  # of the engine
_READ = 16 * 1024  # bytes; a record holds no more
_LEAVES = 4 * 1024


@dataclass(slots=True)
class Noted:
    """What OpenSSL calls back with."""

    refused: int = 0
    stapled: bytes = b""


class OpenSslSession:
    """A handshake goes on past a chain that is refused, so that all of it can be read; what came of it is `refused`."""

    __slots__ = ("_noted", "_tls", "engine")

    def __init__(self, context: SSL.Context, host: str, *, staple: bool) -> None:
        self.engine = NAME
        self._noted = Noted()
        self._tls = tls = SSL.Connection(context, None)
        tls.set_app_data(self._noted)
        if not is_address(host):
            tls.set_tlsext_host_name(host.encode())
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
            raise of_certificate(self.refused) if self.refused else of_protocol(said(error)) from None
        return True

    def take(self, data: bytes) -> None:
        self._tls.bio_write(data)

    def read(self) -> bytes | None:
        try:
            return self._tls.recv(_READ)
        except SSL.WantReadError:
            return None
        except (SSL.ZeroReturnError, SSL.SysCallError):
            return b""  # with or without a proper farewell: many servers just hang up
        except SSL.Error as error:
            raise of_protocol(said(error)) from None

    def write(self, data: bytes) -> None:
        self._tls.sendall(data)  # a memory buffer takes everything

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


def _ders(chain: list[crypto.X509] | None) -> tuple[bytes, ...]:
    return tuple([crypto.dump_certificate(crypto.FILETYPE_ASN1, one) for one in chain or ()])


def said(error: SSL.Error) -> str:
    """The last of OpenSSL's words for it, as Python's `ssl` names it: WRONG_VERSION_NUMBER."""
    words = error.args[0][-1][2] if error.args and error.args[0] else type(error).__name__
    return str(words).upper().replace(" ", "_")
