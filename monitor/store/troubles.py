"""What went wrong with the database, in words that say where, what, and what to do. No message holds a password."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from monitor.store.ledger import LedgerError

BUSY = 15.0  # seconds that one waits for other processes' transactions: SQLite lets nobody queue, who asks at the right moment is next

_SQLITE = {
    sqlite3.SQLITE_FULL: "the disk is full, or the file may not grow any further: make room; it is tried again",
    sqlite3.SQLITE_IOERR: "the disk fails or is full ({}): look at the disk and the system's log",
    sqlite3.SQLITE_BUSY: f"is locked: another program has held it for more than {BUSY:g} s; end that program",
    sqlite3.SQLITE_LOCKED: "is locked by another connection of this program",
    sqlite3.SQLITE_NOTADB: "is no SQLite database: name another file under `store` in monitor.yaml, or move it away",
    sqlite3.SQLITE_CORRUPT: "is damaged ({}): put a copy of it back, or move it away to begin anew",
    sqlite3.SQLITE_READONLY: "cannot be written ({}): give the user who runs npsp-monitor the right to write there",
}


@contextmanager
def told(where: str, file: Path | None = None) -> Iterator[None]:
    """Whatever the database says comes out as a LedgerError about `where`."""
    try:
        yield
    except LedgerError as error:
        raise LedgerError(f"{where}: {error}") from None
    except DBAPIError as error:
        raise LedgerError(f"{where}: {_of_database(error.orig, file)}") from None
    except SQLAlchemyError as error:
        raise LedgerError(f"{where}: {type(error).__name__}: {error}") from None


def _of_database(error: BaseException | None, file: Path | None) -> str:
    code = getattr(error, "sqlite_errorcode", None)
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if code is None:
        return first
    if code & 0xFF == sqlite3.SQLITE_CANTOPEN and file:
        return unopenable(file)
    return _SQLITE.get(code & 0xFF, "{}").format(first)


def unopenable(file: Path) -> str:
    """Why a file cannot be opened for writing. SQLite itself says that it cannot, and no more."""
    try:
        return _unopenable(file)
    except OSError as error:  # one may not even look into its folder
        return _refused(error)


def _unopenable(file: Path) -> str:
    if not file.parent.is_dir():
        return f"the folder {file.parent} is not there: make it, or name another file under `store` in monitor.yaml"
    if file.is_dir():
        return "is a folder: name a file in it under `store` in monitor.yaml"
    return _refusal(file)


def _refusal(file: Path) -> str:
    """What the system says to one who opens it for writing; of a file that is not there, to one who makes one."""
    there = file.exists()
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        return _refused(error)
    if not there:
        file.unlink()
    return "can be opened, but not the files beside it (-wal, -shm, .lock): look at who owns them and at the folder's rights"


def _refused(error: OSError) -> str:
    if error.errno == errno.EROFS:
        return "lies on a disk that can only be read: name a file elsewhere under `store` in monitor.yaml"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "cannot be written: give the user who runs npsp-monitor the right to write the file and its folder"
    return f"cannot be opened: {error.strerror}"
