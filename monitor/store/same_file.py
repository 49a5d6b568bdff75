"""Whether a file is still the one that was opened. SQLite goes on writing to one that was deleted, and says nothing."""

from pathlib import Path

from monitor.store.ledger import LedgerError


class SameFile:
    """Made once the file is there."""

    def __init__(self, file: Path) -> None:
        """Raises OSError."""
        self._file = file
        self._identity = _identity(file)

    def check(self) -> None:
        """Raises LedgerError."""
        try:
            same = _identity(self._file) == self._identity
        except OSError as error:
            raise LedgerError(f"is not there any more ({error.strerror}); {_TO_DO}") from None
        if not same:
            raise LedgerError(f"is not the file any more that was opened; {_TO_DO}")


_TO_DO = "put back the one that it was, or restart to begin with what is there now"


def _identity(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_dev, found.st_ino
