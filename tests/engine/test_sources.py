"""Data sets to fetch: from a server on this machine, in the layout that UCI's archive has."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

from engine import sources
from engine.data.datasets import DataError
from engine.data.drawings import Drawing, drawings_sha256, read_drawings
from engine.model.model_file import load_model, shipped_model_path

pytest.importorskip("pooch")
pytest.importorskip("unlzw3")

DRAWINGS = [
    Drawing([np.array([[0.534, 0.334], [0.534, 0.328]])], 8, 12),
    Drawing([np.array([[0.1, 0.976]]), np.array([[0.088, 0.102], [0.2, 0.3], [0.4, 0.5]])], 4, 26),
]


def unipen(drawings: list[Drawing]) -> str:
    """Drawings in the unit square as UCI has them: whole numbers, 500 to a side, y up."""
    lines = [" .INCLUDE dene.doc", ".X_DIM 500", ""]
    for number, drawing in enumerate(drawings):
        strokes = "0" if len(drawing.strokes) == 1 else f"0-{len(drawing.strokes) - 1}"
        lines += [f'.SEGMENT DIGIT {strokes} ? "{drawing.label}"']
        lines += [f".COMMENT {drawing.label} {drawing.writer} {number}"]
        for stroke in drawing.strokes:
            points = np.rint(stroke * 500).astype(int)
            lines += [".PEN_DOWN", *(f" {x:3} {500 - y:3}" for x, y in points), ".PEN_UP", ".DT 100"]
        lines.append("")
    return "\n".join(lines)


def compress(data: bytes) -> bytes:
    """What Unix's compress writes, though no smaller: each byte is a code, and the codes' width grows."""
    out, width, last = bytearray(b"\x1f\x9d\x10"), 9, 255
    bits = count = 0
    for position, byte in enumerate(data):
        bits |= byte << count
        count += width
        last += position > 0  # the reader learns one more code with each but the first
        if last >= (1 << width) - 1 and width < 16:
            size = -(-count // (8 * width)) * width  # codes are written in groups of eight
            out += bits.to_bytes(size, "little")
            width, bits, count = width + 1, 0, 0
    return bytes(out) + bits.to_bytes(-(-count // 8), "little")


def archive(text: str, name: str = sources.PEN_STROKES_FILE) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("pendigits-orig.names", "1. Title of Database")
        parts.writestr(name, compress(text.encode()))
    return packed.getvalue()


@pytest.fixture
def served(web: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that UCI's address leads to, and an empty cache; the hash is that of DRAWINGS."""
    folder, address = web
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sources, "PEN_STROKES_SHA256", drawings_sha256(DRAWINGS))
    monkeypatch.setattr(sources, "PEN_STROKES_URL", f"{address}/uci.zip")
    return folder / "uci.zip"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where the strokes are kept."""
    return tmp_path / "cache" / "inkdigits" / "pen-strokes.json"


def test_the_hash_is_that_on_the_shipped_card() -> None:
    _, card = load_model(shipped_model_path())
    assert card.training["drawings_sha256"] == sources.PEN_STROKES_SHA256


def test_pen_strokes_are_fetched_once_checked_and_kept(served: Path, kept: Path) -> None:
    served.write_bytes(archive(unipen(DRAWINGS)))
    assert sources.get("pen-strokes") == kept
    drawings = read_drawings(kept)
    assert drawings_sha256(drawings) == drawings_sha256(DRAWINGS)
    assert [each.writer for each in drawings] == [12, 26]
    served.unlink()
    assert sources.get("pen-strokes") == kept  # from the cache
    kept.write_text(kept.read_text().replace("0.334", "0.335"))
    with pytest.raises(DataError, match="could not be downloaded"):
        sources.get("pen-strokes")  # what has changed in the cache is not believed


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "could not be downloaded; inkdigits data tells from where: HTTPError: 404"),
        (b"<html>", "archive of the pen strokes is damaged: BadZipFile"),
        (archive(unipen(DRAWINGS), "pendigits.tra"), "damaged: KeyError"),
        (archive(unipen(DRAWINGS[:1])), "is not what the shipped model was trained on"),
        (archive(unipen(DRAWINGS[::-1])), "is not what the shipped model was trained on"),
        (archive("nothing"), "holds no drawings"),
    ],
)
def test_anything_else_is_refused_and_not_kept(
    served: Path, kept: Path, content: bytes | None, message: str
) -> None:
    if content is not None:
        served.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        sources.get("pen-strokes")
    assert len(str(caught.value)) <= 160
    assert not kept.exists()


def test_large_parts_are_not_unpacked(served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served.write_bytes(archive(unipen(DRAWINGS)))
    monkeypatch.setattr(sources, "LARGEST_PART", 100)
    with pytest.raises(DataError, match="is too large"):
        sources.get("pen-strokes")


def test_without_the_packages_it_says_what_to_install(served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "unlzw3", None)
    with pytest.raises(DataError, match=r"pip install 'inkdigits\[train\]'"):
        sources.get("pen-strokes")


@pytest.mark.skipif(shutil.which("gzip") is None, reason="there is no gzip here")
def test_our_compressed_files_are_those_of_unix() -> None:
    for data in (b"", b"a", bytes(range(256)) * 20):
        done = subprocess.run(["gzip", "-dc"], input=compress(data), capture_output=True, check=True)
        assert done.stdout == data
