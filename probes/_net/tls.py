"""TLS over a line, without a socket of its own, so that its handshake is timed by itself and keeps its error's code.

An engine makes sessions, which look like `ssl.SSLObject`. OpenSSL is always there and is the reference for every cause;
another engine may stand in for it where it can say the same (rustls.py).
"""

import contextlib
import ssl
from collections.abc import Callable
from typing import Any, Protocol

from probes import Reason, TlsTerms
from probes._net import hello
from probes._net.faults import Fault, of_tls_error
from probes._net.phases import Phases
from probes._net.wire import Line, Owner

_READ = 64 * 1024
_KEPT = 64 * 1024  # bytes of a handshake that are looked through for its group
_MOST_OF_HANDSHAKE = 256 * 1024  # the longest chains are some 30 kB
_CUT = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError)


class Engine(Protocol):
    """Who makes sessions. `name` is told as the fact `tls_engine`."""

    name: str

    def session(self, host: str, terms: TlsTerms) -> "Session | None":
        """A new session; None when this engine cannot speak so. OSError when a file of the terms cannot be read."""


class Session:
    """One TLS connection as a machine of bytes; `memory` makes the engine's buffers, `tls` is its SSLObject."""

    __slots__ = ("_incoming", "_outgoing", "_start", "engine", "group", "tls")

    def __init__(self, context: Any, memory: Callable[[], Any], host: str, engine: str) -> None:
        self.engine = engine
        self.group = ""  # of the key exchange; empty where it cannot be told
        self._incoming = memory()
        self._outgoing = memory()
        self._start = bytearray()  # of what the server sent, till the handshake is done
        self.tls: ssl.SSLObject = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    def agree(self, data: bytes) -> bool:
        """Take what came; whether the handshake is done. Raises `Fault`."""
        if data:
            self._take_start(data)
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except _CUT:
            raise cut() from None
        except ssl.SSLError as error:
            raise of_tls_error(error) from None
        self.group, self._start = hello.group(bytes(self._start[:_KEPT])), bytearray()
        return True

    def _take_start(self, data: bytes) -> None:
        self._start += data
        if len(self._start) > _MOST_OF_HANDSHAKE:
            raise Fault(Reason.TLS_PROTOCOL, "says too much before TLS is agreed on", tls_error="TOO_MUCH")
        self._incoming.write(data)

    def take(self, data: bytes) -> None:
        self._incoming.write(data)

    def read(self) -> bytes | None:
        """What came, decrypted; empty at the end, None when there is nothing yet. Raises `Fault`."""
        try:
            return self.tls.read(_READ)
        except ssl.SSLWantReadError:
            return None
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""  # with or without a proper farewell: many servers just hang up
        except ssl.SSLError as error:
            raise of_tls_error(error) from None

    def write(self, data: bytes) -> None:
        self.tls.write(data)  # a memory buffer takes everything

    def leaving(self) -> bytes:
        """What is to be sent."""
        return bytes(self._outgoing.read()) if self._outgoing.pending else b""

    def farewell(self) -> bytes:
        with contextlib.suppress(ssl.SSLError, ValueError):
            self.tls.unwrap()
        return self.leaving()


class Secure:
    """Stands between a line and its owner, and speaks TLS for both."""

    __slots__ = ("_agreed", "_done", "_ended", "_line", "_owner", "_phases", "_session")

    def __init__(self, line: Line, session: Session, agreed: Callable[[Session], None], phases: Phases) -> None:
        self._line = line
        self._session = session
        self._agreed = agreed  # told once, when the handshake is done; may raise `Fault`
        self._phases = phases
        self._done = False
        self._ended = False

    def belong(self, owner: Owner) -> "Secure":
        self._owner = owner
        return self

    # -- for the line

    def connected(self) -> None:
        self._phases.enter("tls")
        self._shake(b"")

    def received(self, data: bytes) -> None:
        if not self._done:
            self._shake(data)
            return
        self._session.take(data)
        self._pass_on()

    def ended(self) -> None:
        if not self._done:
            self.failed(cut())
        elif not self._ended:
            self._ended = True
            self._owner.ended()

    def failed(self, error: Exception) -> None:
        self.close()
        reset = isinstance(error, Fault) and error.reason is Reason.RESET
        self._owner.failed(cut() if reset and not self._done and self._phases.current == "tls" else error)

    # -- for the owner

    def send(self, data: bytes) -> None:
        if not self._ended:
            self._session.write(data)
            self._flush()

    def close(self) -> None:
        if self._done and not self._ended:
            self._ended = True
            self._line.send(self._session.farewell())
        self._line.close()

    def _shake(self, data: bytes) -> None:
        try:
            self._done = self._session.agree(data)
            if self._done:
                self._agreed(self._session)
        except Exception as error:  # noqa: BLE001 - whatever it is, the owner is told
            self._flush()  # the alert, so that the server's log can tell its side
            self.failed(error)
            return
        if not self._done:
            self._flush()
            return
        self._owner.connected()  # what it has to say goes out with the last of the handshake
        self._flush()
        self._pass_on()

    def _pass_on(self) -> None:
        try:
            while not self._ended and (data := self._session.read()) is not None:
                if not data:
                    self.ended()
                    return
                self._owner.received(data)
            self._flush()  # an answer to a key update
        except Fault as fault:
            self.failed(fault)

    def _flush(self) -> None:
        if data := self._session.leaving():
            self._line.send(data)


def cut() -> Fault:
    return Fault(Reason.RESET, "the connection was cut in the TLS handshake", tls_error="cut")
