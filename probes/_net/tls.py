"""TLS over a line, without a socket of its own, so that its handshake is timed by itself and keeps its error's code.

An engine makes sessions, each one TLS connection as a machine of bytes. OpenSSL is always there and is the reference
for every cause; another engine may stand in for it where it can say the same (rustls.py).
"""

from collections.abc import Callable
from typing import Protocol

from probes import Reason
from probes._net.faults import Fault
from probes._net.phases import Phases
from probes._net.wire import Line, Owner

_MOST_OF_HANDSHAKE = 256 * 1024  # bytes; the longest chains are some 30 kB


class Session(Protocol):
    """One TLS connection. What it tells of itself is known once `agree` has said yes."""

    engine: str  # whose it is, told as the fact `tls_engine`

    @property
    def version(self) -> str:
        """Such as TLSv1.3."""

    @property
    def cipher(self) -> str:
        """By OpenSSL's name."""

    @property
    def group(self) -> str:
        """Of the key exchange; empty where it cannot be told."""

    @property
    def refused(self) -> int:
        """What the chain is refused for (X509_V_ERR_*); 0 where it is in order or nothing is verified."""

    @property
    def stapled(self) -> bytes:
        """The OCSP answer that came along; empty where none was asked for, or given."""

    def presented(self) -> tuple[bytes, ...]:
        """The chain as it was sent, leaf first, as DER."""

    def verified(self) -> tuple[bytes, ...]:
        """The chain that was built and verified, from the leaf to the root, as DER; empty where that is not told."""

    def agree(self, data: bytes) -> bool:
        """Take what came; whether the handshake is done. Raises `Fault`."""

    def take(self, data: bytes) -> None: ...

    def read(self) -> bytes | None:
        """What came, decrypted; empty at the end, None when there is nothing yet. Raises `Fault`."""

    def write(self, data: bytes) -> None:
        """Raises `Fault`."""

    def leaving(self) -> bytes:
        """What is to be sent."""

    def farewell(self) -> bytes:
        """The last of what is to be sent."""


class Secure:
    """Stands between a line and its owner, and speaks TLS for both."""

    __slots__ = ("_agreed", "_came", "_done", "_ended", "_line", "_owner", "_phases", "_session")

    def __init__(self, line: Line, session: Session, agreed: Callable[[Session], None], phases: Phases) -> None:
        self._line = line
        self._session = session
        self._agreed = agreed  # told once, when the handshake is done or the chain is refused; may raise `Fault`
        self._phases = phases
        self._came = 0  # bytes of the handshake
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
        if self._ended:
            return
        try:
            self._session.write(data)
            self._flush()
        except Fault as fault:
            self.failed(fault)

    def close(self) -> None:
        if self._done and not self._ended:
            self._ended = True
            self._line.send(self._session.farewell())
        self._line.close()

    def _shake(self, data: bytes) -> None:
        try:
            self._done = self._agree(data)
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

    def _agree(self, data: bytes) -> bool:
        self._came += len(data)
        if self._came > _MOST_OF_HANDSHAKE:
            raise Fault(Reason.TLS_PROTOCOL, "says too much before TLS is agreed on", tls_error="TOO_MUCH")
        done = self._session.agree(data)
        if done or self._session.refused:  # a verdict need not wait till the server has had its last word
            self._agreed(self._session)
        return done

    def _pass_on(self) -> None:
        try:
            while not self._ended and (data := self._session.read()) is not None:
                if not data:
                    self.ended()
                    return
                self._owner.received(data)
            if not self._ended:
                self._flush()  # an answer to a key update
        except Fault as fault:
            self.failed(fault)

    def _flush(self) -> None:
        if data := self._session.leaving():
            self._line.send(data)


def cut() -> Fault:
    return Fault(Reason.RESET, "the connection was cut in the TLS handshake", tls_error="cut")
