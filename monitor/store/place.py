"""Where the ledger is kept: a file, or a PostgreSQL database by its URL. Imports nothing heavy."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from monitor.store.ledger import LedgerError
from probes._secret import Secret

_FILE = "monitor.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One of the two."""

    file: Path | None = None  # SQLite
    url: Secret | None = None  # postgresql://…; may hold a password, so it prints as <secret>
    password: Secret | None = None  # of the URL's user, where the URL has none


def usual(environ: Mapping[str, str]) -> Place:
    """Where it is kept when the configuration says nothing: systemd's folder for it, else the user's own."""
    folders = environ.get("STATE_DIRECTORY", "").split(":")  # systemd gives several with colons between
    if folders[0]:
        return Place(file=Path(folders[0]) / _FILE)
    state = environ.get("XDG_STATE_HOME", "")
    # By its specification, what is no absolute path is to be ignored.
    home = Path(state) if Path(state).is_absolute() else Path(environ.get("HOME", "~")).expanduser() / ".local/state"
    return Place(file=home / "npsp-monitor" / _FILE)


def made(place: Place) -> Place:
    """The place that is used when nothing was said, once its folder is there; one that was named must be there.

    Raises LedgerError.
    """
    if place.file:
        folder = place.file.parent
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(
                f"{folder}: cannot be made: {error.strerror}; name a file elsewhere under `store` in monitor.yaml"
            ) from None
    return place


def made_private(file: Path) -> None:
    """One that is new is its owner's alone, and so are those that SQLite puts beside it: names and reasons are in it."""
    with suppress(OSError):  # SQLite fails at the same, and that is told
        if not file.exists():
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def chosen(place: Place | None, environ: Mapping[str, str]) -> Place:
    """The configuration's, else the usual one. Raises LedgerError."""
    return place or made(usual(environ))
