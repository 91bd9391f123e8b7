"""Writing a file: whole or not at all, and over nothing but a regular file."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.model import safe_write
from engine.model.safe_write import WriteError, check_writable, other_names, write_atomically


def make_device(path: Path) -> None:
    try:
        os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 3))  # another null device, never the real one
    except PermissionError:
        pytest.skip("devices can be made by root only")


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(os.path.relpath(path))  # the address of a socket may not be long


SPECIAL: dict[str, tuple[Callable[[Path], Any], str]] = {
    "device": (make_device, "it is a device"),
    "pipe": (os.mkfifo, "it is a pipe"),
    "socket": (make_socket, "it is a socket"),
    "folder": (Path.mkdir, "it is a folder"),
    "broken link": (lambda path: path.symlink_to("nowhere"), "link to something that does not exist"),
    "loop of links": (lambda path: path.symlink_to(path), "symbolic links"),
}


@pytest.mark.parametrize("through_a_link", [False, True])
@pytest.mark.parametrize(("make", "message"), SPECIAL.values(), ids=SPECIAL.keys())
def test_what_is_no_regular_file_is_refused_and_left_alone(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Path], Any],
    message: str,
    through_a_link: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    path = special = tmp_path / "special"
    make(special)
    before = special.lstat()
    if through_a_link:
        path = tmp_path / "link"
        path.symlink_to(special)
    for write in (check_writable, lambda path: write_atomically(path, b"new")):
        with pytest.raises(WriteError, match=message):
            write(path)
        assert os.path.samestat(special.lstat(), before)
        assert stat.S_IFMT(special.lstat().st_mode) == stat.S_IFMT(before.st_mode)


def test_what_became_a_pipe_meanwhile_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    fsync = os.fsync

    def slow_fsync(file: int) -> None:  # the last call before the second check
        os.mkfifo(path)
        fsync(file)

    monkeypatch.setattr(os, "fsync", slow_fsync)
    with pytest.raises(WriteError, match="it is a pipe"):
        write_atomically(path, b"new")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    assert path.is_fifo()


def test_a_standard_stream_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "output").open("w") as file:
        monkeypatch.setattr(safe_write, "STANDARD_STREAMS", (file.fileno(), 987654))
        with pytest.raises(WriteError, match="own input or output"):
            check_writable(Path(f"/dev/fd/{file.fileno()}"))
        with pytest.raises(WriteError, match="own input or output"):
            check_writable(tmp_path / "output")


def test_unwritable_places_are_refused_beforehand(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="there is no folder"):
        check_writable(tmp_path / "none" / "file")
    with pytest.raises(WriteError, match="too long"):
        check_writable(tmp_path / ("x" * 300))
    check_writable(tmp_path / "file")
    assert not list(tmp_path.iterdir())


def test_read_only_folder_is_refused_beforehand() -> None:
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        if root:  # who may write anywhere
            os.seteuid(65534)
        try:
            with pytest.raises(WriteError, match=r"no file can be made in .*: Permission denied"):
                check_writable(Path(folder) / "file")
        finally:
            if root:
                os.seteuid(0)


CALLS = ["open", "fdopen", "fstat", "chmod", "fsync", "replace"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_failing_write_leaves_the_old_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, failure: BaseException
) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def fail(*args: Any, **options: Any) -> None:
        raise failure

    with monkeypatch.context() as patched:
        patched.setattr(os, call, fail)
        with pytest.raises((WriteError, KeyboardInterrupt)):
            write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    check_writable(path)  # removes what a failure this early leaves
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_folder_that_cannot_be_synced_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file has its name by then."""
    fsync = os.fsync

    def of_files_only(file: int) -> None:
        if stat.S_ISDIR(os.fstat(file).st_mode):
            raise OSError(22, "Invalid argument")
        fsync(file)

    monkeypatch.setattr(os, "fsync", of_files_only)
    write_atomically(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


def test_mode_and_link_are_kept(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    write_atomically(real, b"old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert real.read_bytes() == b"new"


def test_new_file_follows_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_atomically(tmp_path / "file", b"new")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


def test_umask_is_left_alone_and_nobody_reads_a_private_file_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Setting the umask, if only to read it, would change the mode of another thread's files."""
    path = tmp_path / "file"
    modes: list[int] = []
    write_atomically(path, b"old")
    path.chmod(0o600)
    fsync = os.fsync

    def look(file: int) -> None:
        modes.append(stat.S_IMODE(os.fstat(file).st_mode))
        fsync(file)

    def fail(mask: int) -> int:
        raise AssertionError

    monkeypatch.setattr(os, "fsync", look)
    monkeypatch.setattr(os, "umask", fail)
    write_atomically(path, b"new")
    assert modes[0] == stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("write", [check_writable, lambda path: write_atomically(path, b"new")])
def test_read_only_file_is_refused_for_root_too(tmp_path: Path, write: Callable[[Path], None]) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(WriteError, match="it is read-only; make it writable, or name another file"):
        write(path)
    assert path.read_bytes() == b"old"


def test_other_hard_links_are_counted_and_keep_the_old_content(tmp_path: Path) -> None:
    path, other = tmp_path / "file", tmp_path / "other"
    assert other_names(path) == 0
    path.write_bytes(b"old")
    other.hardlink_to(path)
    assert other_names(path) == 1
    write_atomically(path, b"new")
    assert (path.read_bytes(), other.read_bytes()) == (b"new", b"old")


WRITER = """
import os, sys, time
from pathlib import Path
from engine.model.safe_write import write_atomically
os.fsync = lambda file: (print("writing", flush=True), time.sleep(60))
write_atomically(Path(sys.argv[1]), b"new")
"""


def test_temporary_file_of_a_killed_writer_is_removed_and_of_a_living_one_kept(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path / "file")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"writing\n"
        write_atomically(tmp_path / "another", b"new")
        kept = {each.name for each in tmp_path.iterdir()} - {"another"}
        writer.kill()
    assert [each.startswith(".inkdigits.") for each in kept] == [True]
    check_writable(tmp_path / "file")
    assert [each.name for each in tmp_path.iterdir()] == ["another"]


def test_temporary_file_is_kept_until_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace

    def slow_replace(source: Path, target: Path) -> None:
        check_writable(tmp_path / "another")  # as another process would, which then sweeps
        replace(source, target)

    monkeypatch.setattr(os, "replace", slow_replace)
    write_atomically(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


def test_temporary_file_that_is_taken_for_a_leftover_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its creation and its lock it looks like one."""
    fdopen = os.fdopen
    taken: list[Path] = []

    def removed(*arguments: Any) -> Any:
        if not taken:
            taken.extend(tmp_path.iterdir())
            taken[0].unlink()
        return fdopen(*arguments)

    monkeypatch.setattr(os, "fdopen", removed)
    write_atomically(tmp_path / "file", b"new")
    assert taken
    assert (tmp_path / "file").read_bytes() == b"new"


def test_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    check_writable(Path("~/file"))
    write_atomically(Path("~/file"), b"new")
    assert (tmp_path / "file").read_bytes() == b"new"
