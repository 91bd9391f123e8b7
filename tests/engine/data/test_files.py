"""Files are read up to a limit, whatever their size is said to be."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from engine.data import files
from engine.data.archives import DataError
from engine.data.files import MEGABYTE, read_file


def test_all_bytes_up_to_the_limit_are_read(tmp_path: Path) -> None:
    content = os.urandom(3 * MEGABYTE)
    (tmp_path / "file").write_bytes(content)
    assert read_file(tmp_path / "file", DataError, 3 * MEGABYTE) == content
    with pytest.raises(DataError, match=r"file is larger than 2 MB: name another file"):
        read_file(tmp_path / "file", DataError, 3 * MEGABYTE - 1)


def test_size_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that grows while it is read, or one of the kernel."""
    (tmp_path / "small").write_bytes(b"x")
    (tmp_path / "file").write_bytes(bytes(3 * MEGABYTE))
    status = (tmp_path / "small").stat()
    monkeypatch.setattr(os, "fstat", lambda descriptor: status)
    with pytest.raises(DataError, match="larger than 1 MB"):
        read_file(tmp_path / "file", DataError, MEGABYTE)


def test_endless_file_is_left_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.BytesIO):
        reads = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.reads += 1
            assert self.reads < 5
            return bytes(MEGABYTE)

    monkeypatch.setattr(files, "open_file", lambda *_: Endless())
    with pytest.raises(DataError, match="larger than 2 MB"):
        read_file(Path("endless"), DataError, 2 * MEGABYTE)


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "no/such"])
def test_impossible_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"cannot read|there is no file") as caught:
        read_file(tmp_path / name, DataError, MEGABYTE)
    assert str(caught.value).isprintable()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "file").chmod(0)
    with pytest.raises(DataError, match=r"cannot read .*file: Permission denied"):
        read_file(tmp_path / "file", DataError, MEGABYTE)
