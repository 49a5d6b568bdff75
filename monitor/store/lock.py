"""That of several monitors on one ledger only one judges. A lock ends with whoever holds it, however that ends."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from monitor.store.ledger import LedgerError
from monitor.store.troubles import unopenable

_NOT_AVAILABLE = "55P03"  # PostgreSQL, appendix A: lock_not_available
_KEY = 0x6E707370_0002
_OTHERS = (
    "is in use by another npsp-monitor{}: two on one store would both tell of everything; end that one, or give this"
    " one a store of its own (`store` in monitor.yaml)"
)


class FileLock:
    """A file beside the ledger's, by whatever other name that is reached. SQLite's own locks are no use: whoever acks writes too."""

    def __init__(self, file: Path) -> None:
        """Raises LedgerError."""
        try:
            self._opened = os.open(f"{os.path.realpath(file)}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            raise LedgerError(unopenable(file)) from None
        try:
            fcntl.flock(self._opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._opened, 20).decode("ascii", "replace").strip()
            os.close(self._opened)
            raise LedgerError(_OTHERS.format(f" (process {holder})" if holder else "")) from None
        os.truncate(self._opened, 0)
        with suppress(OSError):  # a full disk is no reason: the number is for people
            os.pwrite(self._opened, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        os.close(self._opened)


class SessionLock:
    """PostgreSQL: what is written while serving goes by the very connection that holds the lock."""

    def __init__(self, engine: Engine) -> None:
        """Raises LedgerError, and what SQLAlchemy raises."""
        self._engine = engine
        self._connection: Connection | None = None
        self.connection()

    def connection(self) -> Connection:
        """One that holds the lock, which a lost one has taken with it. Raises LedgerError where another has it now."""
        if self._connection and not self._connection.invalidated:
            return self._connection
        self.close()
        self._connection = self._locked(self._engine.connect())
        return self._connection

    def _locked(self, connection: Connection) -> Connection:
        try:
            with connection.begin():
                # The server may not have seen yet that who held it was killed.
                connection.execute(text("SET LOCAL lock_timeout = '1s'"))
                connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _KEY})
        except DBAPIError as error:
            connection.close()
            if getattr(error.orig, "sqlstate", "") == _NOT_AVAILABLE:
                raise LedgerError(_OTHERS.format("")) from None
            raise
        return connection

    def close(self) -> None:
        if self._connection:
            self._connection.invalidate()  # not back into the pool: the lock would live on there
            self._connection.close()
            self._connection = None
