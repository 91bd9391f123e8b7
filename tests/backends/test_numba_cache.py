"""The compiled code's files: nothing of other people's is run, and nothing there ends a program."""

from __future__ import annotations

import errno
import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("numba")

import numba
from numba.core.caching import CompileResultCacheImpl

from backends.numba_backend import cache, compiler
from backends.numba_backend.compiler import jit

pytestmark = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
IN_TREE: Any = CompileResultCacheImpl._locator_classes[1]
needs_owners = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owner here")


def double(x: float) -> float:
    return 2 * x


def tripled(x: float) -> float:
    return 3 * x


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place that is asked for."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(cache._Places, "_locator_classes", cache._Places._locator_classes[:1])
    jit(double)  # makes it
    (made,) = (tmp_path / "cache").iterdir()
    return made


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The lines that were said."""
    lines: list[str] = []
    monkeypatch.setattr(cache, "_told", cache._Told())
    monkeypatch.setattr(cache, "_refused", {})
    cache.tell_problems(lines.append)
    yield lines
    for line in lines:
        assert line.startswith("numba: ")
        assert line.isprintable()
        assert len(line) <= 300


def hits(function: Callable[[float], float] = double) -> int:
    """Run a function as a new process would; how often its machine code was taken from the disk."""
    compiled = jit(function)
    assert compiled(1.5) == function(1.5)
    return sum(compiled.stats.cache_hits.values())


def test_machine_code_is_kept_in_a_folder_of_ones_own(folder: Path, said: list[str]) -> None:
    assert [hits(), hits()] == [0, 1]
    assert not said
    assert folder.stat().st_mode & 0o077 == 0 or not hasattr(os, "geteuid")


class Evil:
    """A pickle that leaves a trace where it is read."""

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self._trace),)


def plant(folder: Path, trace: Path) -> None:
    """Exchange every file by one that runs something, with all that is right around it."""
    assert hits() == 0
    for path in folder.iterdir():
        path.write_bytes(b"")
    checked: Any = cache._CheckedFiles(str(folder), "any", 0)
    for path in folder.iterdir():
        path.write_bytes(checked._dump(Evil(trace)))


@needs_owners
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_that_others_can_write_is_refused(
    folder: Path, said: list[str], tmp_path: Path, mode: int
) -> None:
    plant(folder, tmp_path / "trace")
    folder.chmod(mode)
    assert [hits(), hits(tripled)] == [0, 0]
    assert not (tmp_path / "trace").exists()
    assert said == [f"numba: compiling at every start: {folder} can be written by others; delete it"]


@needs_owners
def test_a_folder_of_somebody_elses_is_refused(
    folder: Path, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(folder, tmp_path / "trace")
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    assert hits() == 0
    assert not (tmp_path / "trace").exists()
    assert said == [f"numba: compiling at every start: {folder} belongs to somebody else; delete it"]


@needs_owners
def test_a_file_that_others_could_write_is_refused(folder: Path, said: list[str], tmp_path: Path) -> None:
    """From the time when the folder was open to them."""
    plant(folder, tmp_path / "trace")
    for path in folder.iterdir():
        path.chmod(0o666)
    assert hits() == 0
    assert not (tmp_path / "trace").exists()
    assert len(said) == 1
    assert f"{folder} (" in said[0]


def test_planted_files_would_run(folder: Path, said: list[str], tmp_path: Path) -> None:
    """Or the tests above would show nothing: in a folder of one's own, they are believed."""
    plant(folder, tmp_path / "trace")
    hits()
    assert (tmp_path / "trace").exists()


@needs_owners
def test_the_next_folder_is_taken_where_one_is_refused(
    tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a word, unless the user named the folder."""
    shared, own = tmp_path / "shared", tmp_path / "own"
    shared.mkdir()

    def place(path: Path) -> Any:
        class Place(IN_TREE):  # type: ignore[misc]  # Numba has no types
            def get_cache_path(self) -> str:
                return str(path)

        return cache._in_private_folder(Place)

    shared.chmod(0o777)
    monkeypatch.setattr(cache._Places, "_locator_classes", [place(shared), place(own)])
    assert [hits(), hits()] == [0, 1]
    assert not said
    assert list(own.iterdir())
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(shared))
    assert hits() == 1
    assert said == [f"numba: not using {shared}, which can be written by others; delete it"]


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
        lambda data: os.urandom(len(data)),
        lambda data: pickle.dumps("something else"),
    ],
    ids=["empty", "one byte short", "half", "one bit", "random", "another pickle"],
)
def test_damaged_files_are_compiled_again(
    folder: Path, said: list[str], kind: str, damage: Callable[[bytes], bytes]
) -> None:
    assert hits() == 0
    (path,) = folder.glob(f"*.{kind}")
    path.write_bytes(damage(path.read_bytes()))
    assert hits() == 0
    assert said == [f"numba: compiled again, not taken from {folder} ({path.name} is damaged); delete it"]
    assert hits() == 1  # the new files are good


def test_a_data_file_that_is_gone_is_made_again(folder: Path, said: list[str]) -> None:
    assert hits() == 0
    for path in folder.glob("*.nbc"):
        path.unlink()
    assert [hits(), hits()] == [0, 1]
    assert not said


def test_machine_code_of_an_older_source_is_not_used(
    folder: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever file of the package has changed."""
    assert hits() == 0
    monkeypatch.setattr(compiler, "SOURCE_STAMP", ((0.0, 0),))
    assert [hits(), hits()] == [0, 1]
    assert not said


def test_a_full_disk_ends_nothing(folder: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))  # every longer write fails
        assert [hits(), hits(tripled)] == [0, 0]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    why = os.strerror(errno.EFBIG)
    assert said == [f"numba: compiled again, not taken from {folder} ({why}); delete it"]
    assert not list(folder.glob("*.tmp.*"))
    assert [hits(), hits()] == [0, 1]


def test_no_place_at_all_ends_nothing(folder: Path, said: list[str], tmp_path: Path) -> None:
    numba.config.CACHE_DIR = str(tmp_path / "file")
    (tmp_path / "file").write_text("where a folder should be")
    assert [hits(), hits()] == [0, 0]
    assert said == ["numba: compiling at every start: set NUMBA_CACHE_DIR to a folder that can be written"]


def test_without_a_listener_python_warns(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_told", cache._Told())
    monkeypatch.setattr(cache, "_refused", {})
    assert hits() == 0
    for path in folder.iterdir():
        path.write_bytes(b"")
    with pytest.warns(RuntimeWarning, match="is damaged"):
        hits()
