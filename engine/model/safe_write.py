"""Write a file whole or not at all, and replace nothing but a regular file.

Every writer comes through here: models, pictures, checkpoints. A rename replaces whatever has the name, a
device as readily as a file; as root that destroys the machine's ``/dev/null``. So the name is checked twice:
by `check_writable` before any work is done for the file, and again just before the rename.

A writer that is killed leaves its temporary file. It held a lock on it, which its end released; so the next
writer in that folder knows which temporary files nobody writes any more, and removes them.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path
from typing import BinaryIO

from backends.errors import InkdigitsError

try:
    import fcntl
except ImportError:  # Windows, where nothing is locked or removed
    fcntl = None  # type: ignore[assignment]  # as the standard library's own modules do

STANDARD_STREAMS = (0, 1, 2)  # file descriptors
PREFIX = ".inkdigits."  # of temporary files


class WriteError(InkdigitsError):
    """A file that cannot be written."""


def check_writable(path: Path) -> None:
    """Refuse a path where `write_atomically` would fail, before hours are spent on what it should write.

    Temporary files that killed writers left in the folder are removed.

    Parameters
    ----------
    path : Path
        The file to be written.

    Raises
    ------
    WriteError
        The path names something that exists and is no regular file (a folder, a device, a pipe, a socket, a
        broken link), a read-only file or a standard stream of this process, or no file can be created
        beside it.
    """
    path = Path(os.path.expanduser(path))
    _check_replaceable(path)
    folder = _target(path).parent
    if not folder.is_dir():
        raise WriteError(f"cannot write {path}: there is no folder {folder}")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise WriteError(f"cannot write {path}: no file can be made in {folder}: {error.strerror}") from None
    _remove_leftovers(folder)


def other_names(path: Path) -> int:
    """How many more names a file has: hard links, which keep the old content when this name gets the new.

    Parameters
    ----------
    path : Path
        The file to be written.

    Returns
    -------
    int
        0 where there is no such file, or it has no other name.
    """
    try:
        return path.expanduser().stat().st_nlink - 1
    except (OSError, RuntimeError):  # RuntimeError: no home folder
        return 0


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file: at every moment the name holds the old file or the whole new one.

    The data are written to a file beside it and pushed to the disk; then `os.replace`, which is all or
    nothing, gives it the name. A symbolic link stays a link, and an existing file keeps its mode. Other hard
    links to the file keep the old content.

    Parameters
    ----------
    path : Path
        The file; a leading ``~`` is the user's home folder.
    data : bytes
        All of it.

    Raises
    ------
    WriteError
        As `check_writable`, or the disk is full or fails. The name then holds the old file.
    """
    path = Path(os.path.expanduser(path))
    _check_replaceable(path)
    try:
        _write_and_rename(path, data)
    except OSError as error:
        raise WriteError(f"cannot write {path}: {error.strerror}") from None
    folder = _target(path).parent
    _sync_folder(folder)
    _remove_leftovers(folder)


def _write_and_rename(path: Path, data: bytes) -> None:
    target = _target(path)
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
    file, temporary = _new_temporary(target.parent, 0o666 if mode is None else 0o600)
    try:
        with file:
            if mode is not None:
                os.chmod(temporary, mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            if fcntl is None:
                file.close()  # Windows renames no open file; elsewhere the lock is kept until it has its name
            _check_replaceable(path)  # again: it may have become something else meanwhile
            os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _new_temporary(folder: Path, mode: int) -> tuple[BinaryIO, Path]:
    """A new file, locked, and its name. The system takes the umask from the mode."""
    while True:
        name = folder / f"{PREFIX}{os.urandom(8).hex()}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        file = os.fdopen(os.open(name, flags, mode), "wb")
        try:
            _lock(file.fileno(), wait=True)
            if os.fstat(file.fileno()).st_nlink:
                return file, name
        except BaseException:
            file.close()
            name.unlink(missing_ok=True)
            raise
        file.close()  # another writer took it for a leftover, before it was locked


def _lock(descriptor: int, wait: bool) -> bool:
    """Lock a file until it is closed; False where another has locked it, or nothing can be locked."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def _remove_leftovers(folder: Path) -> None:
    """Remove the temporary files whose writers are gone."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    for path in folder.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # another's file, or one that went meanwhile
            descriptor = os.open(path, flags)
            try:
                if stat.S_ISREG(os.fstat(descriptor).st_mode) and _lock(descriptor, wait=False):
                    path.unlink()
            finally:
                os.close(descriptor)


def _check_replaceable(path: Path) -> None:
    """Refuse what exists and is no regular file; what does not exist may be created."""
    try:
        status = path.stat()
    except FileNotFoundError:
        if path.is_symlink():
            raise WriteError(
                f"cannot write {path}: it is a link to something that does not exist; name a file"
            ) from None
        return
    except OSError as error:  # a loop of links, a name that is too long, a folder that may not be entered
        raise WriteError(f"cannot write {path}: {error.strerror}") from None
    if not stat.S_ISREG(status.st_mode):
        raise WriteError(f"cannot write {path}: it is a {_kind(status.st_mode)}; name a file")
    if any(os.path.samestat(status, stream) for stream in _standard_streams()):
        raise WriteError(f"cannot write {path}: it is this program's own input or output; name another file")
    if not (status.st_mode & 0o222 and os.access(path, os.W_OK)):  # root may write all files: see the mode
        raise WriteError(f"cannot write {path}: it is read-only; make it writable, or name another file")


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "folder"
    return "pipe" if stat.S_ISFIFO(mode) else "socket" if stat.S_ISSOCK(mode) else "device"


def _standard_streams() -> list[os.stat_result]:
    """The files that the standard streams are connected to; a closed one is left out."""
    streams = []
    for descriptor in STANDARD_STREAMS:
        with contextlib.suppress(OSError):
            streams.append(os.fstat(descriptor))
    return streams


def _target(path: Path) -> Path:
    """Where a path leads, through symbolic links."""
    return Path(os.path.realpath(path))


def _sync_folder(folder: Path) -> None:
    """Push the rename itself to the disk, where folders can be opened for that (not on Windows)."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):  # some file systems cannot; the file has its name all the same
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
