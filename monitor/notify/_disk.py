"""What the operating system says when it will not write, as an error of a notifier; and writing that is whole or not at all."""

import contextlib
import errno
import fcntl
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

from monitor.notify import NotifyError
from monitor.notify._aside import Attempt

# Somebody has to change the configuration or the machine before these pass, and is told so at once. What is not here may
# pass by itself: a full disk, a folder that is not mounted yet, a file system that was turned read-only.
_FOR_GOOD: Final = frozenset(
    {errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL, errno.ENXIO}
)

# There are none on FAT, on some shares and on some of FUSE; or the name is taken, perhaps with nothing in it.
_NO_LINK: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EEXIST})

_LOCK_AGAIN: Final = 0.05  # seconds


def trouble(error: OSError, place: str) -> NotifyError:
    """`place`: the setting's value, which is what the operator can change."""
    why = error.strerror or type(error).__name__
    return NotifyError(f"{place} cannot be written: {why}", permanent=error.errno in _FOR_GOOD)


def append(path: Path, raw: bytes, mode: int, attempt: Attempt) -> None:
    """Add `raw` to the end of a file, all of it or nothing; `mode` of one that is new. Raises OSError.

    The file is opened anew each time, so that it may be renamed meanwhile by whatever rotates logs. What was given up
    while it waited, or hung, adds nothing: the next try does.
    """
    descriptor = _opened(path, mode)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "is not a plain file")
        if _locked(descriptor, attempt):
            _whole(descriptor, raw, attempt)
    finally:
        os.close(descriptor)


def _opened(path: Path, mode: int) -> int:
    """To be read too, where that is allowed."""
    flags = os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK  # does not wait for a pipe's reader
    try:
        return os.open(path, flags | os.O_RDWR, mode)
    except PermissionError:
        return os.open(path, flags | os.O_WRONLY, mode)


def _locked(descriptor: int, attempt: Attempt) -> bool:
    """Wait for others who append whole lines. False: it was given up before."""
    while not attempt.given_up:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            attempt.rest(_LOCK_AGAIN)
        else:
            return True
    return False


def _whole(descriptor: int, raw: bytes, attempt: Attempt) -> None:
    before = os.fstat(descriptor).st_size
    raw = raw if _ends_a_line(descriptor, before) else b"\n" + raw
    try:
        write(descriptor, raw)
        os.fsync(descriptor)
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, before)
        raise
    if not attempt.end() and os.fstat(descriptor).st_size == before + len(raw):
        os.ftruncate(descriptor, before)


def _ends_a_line(descriptor: int, size: int) -> bool:
    """Whoever was killed while he wrote left half of one, and what comes behind it would be as little to be read."""
    try:
        return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
    except OSError:  # it may be written only
        return True


def write(descriptor: int, raw: bytes) -> None:
    """All of it: a disk that fills up takes a part, and says at the next that it is full."""
    while raw:
        raw = raw[os.write(descriptor, raw) :]


def create(path: Path, raw: bytes, mode: int) -> bool:
    """A new file with `raw` in it, whole or not at all; False where one of that name is there already. Raises OSError."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with contextlib.suppress(PermissionError):  # it is ours: a file system that holds no rights, such as FAT
                os.fchmod(file.fileno(), mode)
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        return _named(Path(name), path)
    finally:
        Path(name).unlink(missing_ok=True)


def there(path: Path) -> bool:
    """Whether `create` has nothing left to do. A name with nothing in it is one that it took, and was killed."""
    return path.exists() and path.stat().st_size > 0


def _named(made: Path, path: Path) -> bool:
    """A link takes no other file's place, which a rename would."""
    try:
        os.link(made, path)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        if not _taken(path):
            return False
        made.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True


def _taken(path: Path) -> bool:
    """Where there are no links a name is taken first, with nothing in it: who renames onto that replaces nobody's file."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return not there(path)
    return True
