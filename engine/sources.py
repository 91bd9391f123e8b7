"""What the project can learn from: where each data set is, how it is fetched, its licence, how to cite it."""

from __future__ import annotations

import importlib.util
import os
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from backends.errors import describe, install_hint
from engine.data import datasets
from engine.data.datasets import VARIABLE, DataError, cache_folder, download, download_mnist, find_mnist
from engine.data.drawings import Drawing, drawings_sha256, read_drawings
from engine.model.safe_write import write_atomically

PEN_STROKES = "pen-strokes.json"  # in the cache
PEN_STROKES_DEV = "pen_strokes_dev.json"  # in the folder that INKDIGITS_DATA names
# The archive of the UCI Machine Learning Repository, the file in it, and `drawings_sha256` of its drawings in
# the unit square: what the card of the shipped model says that it was trained on.
PEN_STROKES_URL = (
    "https://archive.ics.uci.edu/static/public/81/pen+based+recognition+of+handwritten+digits.zip"
)
PEN_STROKES_FILE = "pendigits-orig.tra.Z"
PEN_STROKES_SHA256 = "470f2eca39628dbde10098600e4d71c0db75f71fd65d98b2934e63ac9ec2688f"
BOX = 500  # side of the box that each digit was written in, in units of the tablet
LARGEST_PART = 8 * 2**20  # bytes of PEN_STROKES_FILE; it has less than one million

Progress = Callable[[], Any]


@dataclass(frozen=True)
class Source:
    """A data set.

    Attributes
    ----------
    name : str
        For the command line.
    what : str
        What it holds.
    download : float
        Megabytes to fetch; 0 where nothing has to be fetched.
    address : str
        Where it comes from.
    licence : str
        Under which it may be used.
    citation : str
        How to cite it.
    use : str
        A command that learns from it; FILE stands for its path.
    find : callable
        Returns its path, or None where it is not on this machine.
    fetch : callable
        Downloads it and returns its path; is given something that makes a progress bar, or None.
    """

    name: str
    what: str
    download: float
    address: str
    licence: str
    citation: str
    use: str
    find: Callable[[], Path | None]
    fetch: Callable[[Progress | None], Path]


def get(name: str, progress: Progress | None = None) -> Path:
    """Find a data set, or fetch it.

    Parameters
    ----------
    name : str
        One of `SOURCES`.
    progress : callable, optional
        Makes a progress bar for a download, an object such as tqdm's.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DataError
        It is not here and cannot be fetched; the message says what to do.
    """
    source = SOURCES[name]
    return source.find() or source.fetch(progress)


def _find_mnist() -> Path | None:
    found = find_mnist()
    return found[0] if found else None


def _find_pen_strokes() -> Path | None:
    """The file in the folder that ``INKDIGITS_DATA`` names or in the cache, if it is whole and unchanged."""
    folder = os.environ.get(VARIABLE)
    mine = [Path(folder).expanduser() / PEN_STROKES_DEV] if folder else []
    for path in (*mine, cache_folder() / PEN_STROKES):
        try:
            if drawings_sha256(read_drawings(path)) == PEN_STROKES_SHA256:
                return path
        except DataError:
            continue
    return None


def _fetch_pen_strokes(progress: Progress | None) -> Path:
    """Download the archive, take the strokes of the 30 writers out of it, check them, keep them as JSON."""
    try:
        import pooch  # noqa: F401  # these are needed below; better known before than after the download
        import unlzw3  # noqa: F401
    except ImportError:
        raise DataError(f"fetching the pen strokes needs packages: {install_hint('train')}") from None
    with tempfile.TemporaryDirectory() as folder:
        try:
            # Without a hash of the archive, which may be packed anew: its drawings are checked below.
            archive = download(PEN_STROKES_URL, None, Path(folder) / "archive.zip", progress)
        except Exception as error:
            why = describe(error, 70)
            raise DataError(
                f"the pen strokes could not be downloaded; inkdigits data tells from where: {why}"
            ) from None
        drawings = _unpack_pen_strokes(archive, Path(folder))
    if drawings_sha256(drawings) != PEN_STROKES_SHA256:
        raise DataError(f"what {PEN_STROKES_URL[:40]}... holds is not what the shipped model was trained on")
    path = cache_folder() / PEN_STROKES
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, msgspec.json.encode(_as_json(drawings)))
    return path


def _unpack_pen_strokes(archive: Path, folder: Path) -> list[Drawing]:
    """The drawings of the archive, in the unit square; `folder` is for temporary files."""
    from unlzw3 import unlzw

    unpacked = folder / "pendigits-orig.tra"
    try:
        with zipfile.ZipFile(archive) as parts:
            if parts.getinfo(PEN_STROKES_FILE).file_size > LARGEST_PART:
                raise ValueError(f"{PEN_STROKES_FILE} is too large")
            unpacked.write_bytes(unlzw(parts.read(PEN_STROKES_FILE)))
        drawings = read_drawings(unpacked)
    except Exception as error:  # of zipfile, zlib or unlzw3, which share no base
        raise DataError(f"the archive of the pen strokes is damaged: {describe(error, 110)}") from None
    for drawing in drawings:
        # `read_drawings` turned y upside down: it runs from -BOX at the top to 0.
        drawing.strokes = [(stroke + np.array([0, BOX])) / BOX for stroke in drawing.strokes]
    return drawings


def _as_json(drawings: Sequence[Drawing]) -> list[dict[str, Any]]:
    return [
        {
            "label": each.label,
            "writer": each.writer,
            "strokes": [stroke.tolist() for stroke in each.strokes],
        }
        for each in drawings
    ]


def _find_digits8x8() -> Path | None:
    """The file inside scikit-learn."""
    spec = importlib.util.find_spec("sklearn")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "datasets" / "data" / "digits.csv.gz"
    return path if path.is_file() else None


def _fetch_digits8x8(progress: Progress | None) -> Path:
    raise DataError(f"digits8x8 comes with scikit-learn: {install_hint('digits8x8')}")


SOURCES = {
    each.name: each
    for each in (
        Source(
            "mnist",
            "70,000 images of 28x28 pixels, 10,000 of them to test on",
            11.5,
            datasets.URL,
            "CC BY-SA 3.0",
            "Y. LeCun, C. Cortes, C. J. C. Burges: The MNIST database of handwritten digits, 1998",
            "inkdigits train",
            _find_mnist,
            download_mnist,
        ),
        Source(
            "pen-strokes",
            "7,494 digits as strokes of a pen, by 30 writers",
            1.7,
            PEN_STROKES_URL,
            "CC BY 4.0",
            "E. Alpaydin, F. Alimoglu: Pen-Based Recognition of Handwritten Digits, UCI Machine Learning "
            "Repository, 1998, https://doi.org/10.24432/C5MG6K",
            "inkdigits train --recipe best --strokes FILE",
            _find_pen_strokes,
            _fetch_pen_strokes,
        ),
        Source(
            "digits8x8",
            "1,797 images of 8x8 pixels, which come with scikit-learn",
            0,
            "https://scikit-learn.org/stable/modules/generated/sklearn.datasets.load_digits.html",
            "CC BY 4.0",
            "E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning "
            "Repository, 1998, https://doi.org/10.24432/C50P49",
            "inkdigits train --dataset digits8x8",
            _find_digits8x8,
            _fetch_digits8x8,
        ),
    )
}
