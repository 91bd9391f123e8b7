"""Digits to learn from: where they are found, and the one check that they are what they should be.

A data set file is a NumPy archive in the layout of ``keras.datasets.mnist``: ``x_train``, ``y_train``,
``x_test``, ``y_test``. Nothing is ever written into another program's cache (Keras deletes a cached file
whose hash it does not like, also when it then cannot download another).
"""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backends.arrays import Array
from backends.errors import InkdigitsError, install_hint
from engine.data.framing import SIDE, frame_digit

VARIABLE = "INKDIGITS_DATA"
FILE_NAME = "mnist.npz"
URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
URL_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
# Of the arrays, not of the archive (see `Dataset.sha256`): the same digits packed anew are the same digits.
MNIST_SHA256 = "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16"
LARGEST_ARCHIVE = 2**30  # bytes, unpacked
LONGEST_MESSAGE = 160  # characters


class DataError(InkdigitsError):
    """Data that cannot be found, read or used."""


@dataclass(frozen=True)
class Examples:
    """Pictures of digits and what they show; checked here, once, so that nothing later has to.

    Attributes
    ----------
    images : (N, 28, 28) uint8, ink = 255
    labels : (N,) uint8, 0-9
    """

    images: Array
    labels: Array

    def __post_init__(self) -> None:
        images, labels = self.images, self.labels
        if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
            raise DataError(f"images are {images.dtype} {images.shape}; uint8 (N, 28, 28) is needed")
        if labels.dtype.kind not in "iu" or labels.shape != images.shape[:1]:
            raise DataError(
                f"labels are {labels.dtype} {labels.shape}; one integer for each of "
                f"{len(images)} images is needed"
            )
        if not len(labels):
            raise DataError("there are no examples")
        if labels.min() < 0 or labels.max() > 9:
            raise DataError(f"labels run from {labels.min()} to {labels.max()}; digits are 0 to 9")
        object.__setattr__(self, "images", np.ascontiguousarray(images))
        object.__setattr__(self, "labels", labels.astype(np.uint8))

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, which: Array | slice) -> Examples:
        return Examples(self.images[which], self.labels[which])


@dataclass(frozen=True)
class Dataset:
    """Examples to learn from, and others to be judged by, once."""

    name: str
    train: Examples
    test: Examples

    @property
    def sha256(self) -> str:
        """A fingerprint of the digits themselves, however they were packed."""
        digest = hashlib.sha256()
        for examples in (self.train, self.test):
            digest.update(examples.images.tobytes())
            digest.update(examples.labels.tobytes())
        return digest.hexdigest()


def load_mnist(path: Path | None = None, progress: Callable[[], Any] | None = None) -> Dataset:
    """MNIST: 60,000 digits to learn from and 10,000 to be judged by (LeCun, Cortes, Burges).

    Parameters
    ----------
    path : a file of the user's own; else looked for in the folder that ``INKDIGITS_DATA`` names, in the
        project's cache and in Keras's; else downloaded into the project's cache
    progress : makes a progress bar for the download (an object such as tqdm's), when there is one

    Raises
    ------
    DataError
        Nothing found and no way to download, or a file that is not what it should be.
    """
    if path is not None:
        return read_dataset(path)
    if folder := os.environ.get(VARIABLE):
        mine = Path(os.path.expanduser(folder)) / FILE_NAME
        if mine.is_file():
            return read_dataset(mine)
    for cached in (_cache_folder() / FILE_NAME, _keras_cache_folder() / FILE_NAME):
        dataset = _read_cached(cached)
        if dataset is not None:
            return dataset
    return read_dataset(_download(_cache_folder(), progress))


def load_mnist_from_keras() -> Dataset:
    """MNIST by Keras's own loader, into its own cache; needs TensorFlow."""
    try:
        from keras.datasets import mnist
    except ImportError as error:
        raise DataError(f"Keras cannot be used here ({error}): {install_hint('tensorflow')}") from None
    try:
        (x_train, y_train), (x_test, y_test) = mnist.load_data()
    except Exception as error:  # Keras raises a bare Exception when it cannot download
        raise DataError(f"Keras could not load MNIST: {error}") from None
    return Dataset("mnist", Examples(x_train, y_train), Examples(x_test, y_test))


def load_digits8x8() -> Dataset:
    """1,797 real digits of 8x8 pixels that scikit-learn carries, framed like MNIST: no download.

    Of the UCI set "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak 1998), its test part.
    Every fifth digit is kept for judging.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise DataError(f"digits8x8 comes with scikit-learn: {install_hint('digits8x8')}") from None
    bunch = load_digits()
    digits = Examples(np.stack([frame_digit(image) for image in bunch.images]), bunch.target)
    judged = np.arange(len(digits)) % 5 == 4
    return Dataset("digits8x8", digits[~judged], digits[judged])


def read_dataset(path: Path) -> Dataset:
    """Read an archive with x_train, y_train, x_test and y_test; named after the file.

    The real MNIST, under whatever name, is called "mnist".
    """
    arrays = read_archive(path, ("x_train", "y_train", "x_test", "y_test"))
    x_train, y_train, x_test, y_test = arrays
    try:
        dataset = Dataset(path.name, Examples(x_train, y_train), Examples(x_test, y_test))
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    if dataset.sha256 == MNIST_SHA256:
        return Dataset("mnist", dataset.train, dataset.test)
    return dataset


def read_examples(path: Path) -> tuple[Array, Array]:
    """Read the pictures and labels to judge by, x_test and y_test; the pictures may have any size.

    Raises
    ------
    DataError
        As `read_archive`; or the pictures are not numbers (N, rows, columns), or (N, rows, columns, 3).
    """
    pictures, labels = read_archive(path, ("x_test", "y_test"))
    if pictures.ndim not in (3, 4) or pictures.dtype.kind not in "uif" or 0 in pictures.shape[1:]:
        raise DataError(
            f"{path}: x_test is {pictures.dtype} {pictures.shape}; numbers (N, rows, columns) are needed"
        )
    if not np.isfinite(pictures).all():
        raise DataError(f"{path}: x_test has pixels that are not finite")
    return pictures, labels


def read_archive(path: Path, names: tuple[str, ...]) -> list[Array]:
    """Read named arrays of a NumPy archive, which may be anything: nothing in it is run or believed.

    Raises
    ------
    DataError
        No such file, no archive, an array missing, or more than 1 GB when unpacked.
    """
    try:
        if not path.is_file():
            raise DataError(f"there is no file {path}")
        with zipfile.ZipFile(path) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
        missing = [name for name in names if f"{name}.npy" not in sizes]
        if missing:
            raise DataError(f"{path} has no array {missing[0]!r}; {', '.join(names)} are needed")
        if sum(sizes[f"{name}.npy"] for name in names) > LARGEST_ARCHIVE:
            raise DataError(f"{path} unpacks to more than {LARGEST_ARCHIVE >> 30} GB: refused")
        with np.load(path, allow_pickle=False) as arrays:
            return [arrays[name] for name in names]
    except (OSError, ValueError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path} is not a NumPy archive (.npz) that can be read: {error}") from None


def _read_cached(path: Path) -> Dataset | None:
    """MNIST from a cache, or None where the cache has not got it, whole and unchanged."""
    try:
        dataset = read_dataset(path)
    except DataError:
        return None
    return dataset if dataset.name == "mnist" else None


def _cache_folder() -> Path:
    try:
        import platformdirs
    except ImportError:  # it comes with pooch, without which nothing was ever put there
        return Path.home() / ".cache" / "inkdigits"
    return Path(platformdirs.user_cache_dir("inkdigits"))


def _keras_cache_folder() -> Path:
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets"


def _download(folder: Path, progress: Callable[[], Any] | None) -> Path:
    """Fetch the file that Keras uses; its hash is checked before anything reads it."""
    ways_out = f"give --data FILE.npz, {VARIABLE}=FOLDER with {FILE_NAME}, or train with --dataset digits8x8"
    try:
        import pooch
    except ImportError:
        raise DataError(f"{install_hint('train')} to download MNIST, or {ways_out}") from None
    pooch.get_logger().setLevel("ERROR")
    downloader = pooch.HTTPDownloader(progressbar=progress() if progress else False, timeout=30)
    try:
        return Path(pooch.retrieve(URL, URL_SHA256, FILE_NAME, folder, downloader=downloader))
    except Exception as error:  # of requests, urllib3 or pooch, which share no base
        why = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise DataError(f"{ways_out}: MNIST could not be downloaded: {why}"[:LONGEST_MESSAGE]) from error
