"""Write a file whole or not at all, and replace nothing but a regular file.

Every writer comes through here: models, pictures, checkpoints. A rename replaces whatever has the name, a
device as readily as a file; as root that destroys the machine's ``/dev/null``. So the name is checked twice:
by `check_writable` before any work is done for the file, and again just before the rename.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from backends.errors import InkdigitsError

STANDARD_STREAMS = (0, 1, 2)  # file descriptors


class WriteError(InkdigitsError):
    """A file that cannot be written."""


def check_writable(path: Path) -> None:
    """Refuse a path where `write_atomically` would fail, before hours are spent on what it should write.

    Parameters
    ----------
    path : Path
        The file to be written.

    Raises
    ------
    WriteError
        The path names something that exists and is no regular file (a folder, a device, a pipe, a socket, a
        broken link) or a standard stream of this process, or no file can be created beside it.
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


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file: at every moment the name holds the old file or the whole new one.

    The data are written to a file beside it and pushed to the disk; then `os.replace`, which is all or
    nothing, gives it the name. A symbolic link stays a link, and an existing file keeps its mode.

    Parameters
    ----------
    path : Path
        The file; a leading ``~`` is the user's home folder.
    data : bytes
        All of it.

    Raises
    ------
    WriteError
        As `check_writable`, or the disk is full or fails.
    """
    path = Path(os.path.expanduser(path))
    _check_replaceable(path)
    try:
        _write_and_rename(path, data)
    except OSError as error:
        raise WriteError(f"cannot write {path}: {error.strerror}") from None


def _write_and_rename(path: Path, data: bytes) -> None:
    target = _target(path)
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask()
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".inkdigits.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        _check_replaceable(path)  # again: it may have become something else meanwhile
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


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


def _umask() -> int:
    """The permissions that new files do not get; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
