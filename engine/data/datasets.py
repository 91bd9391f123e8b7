"""Data sets: where they are found, and how they are checked.

A data set file is a NumPy archive in the layout of ``keras.datasets.mnist``: ``x_train``, ``y_train``,
``x_test``, ``y_test``. Nothing is ever written into another program's cache (Keras deletes a cached file
whose hash it does not like, also when it then cannot download another).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from backends.arrays import Array
from backends.errors import describe, install_hint, one_line, shown
from engine.data.archives import DataError as DataError  # for all who import it from here
from engine.data.archives import read_archive
from engine.data.framing import frame_digit

VARIABLE = "INKDIGITS_DATA"
FILE_NAME = "mnist.npz"
URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
URL_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
# Of the arrays, not of the archive (see `Dataset.sha256`): the same digits packed anew are the same digits.
MNIST_SHA256 = "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16"

LARGEST_PICTURE = 1_000_000  # numbers
LONGEST_NAME = 64  # characters of the name of a class
DIGITS = tuple("0123456789")  # the names of the classes, where a data set has no others


@dataclass(frozen=True, eq=False)
class Examples:
    """Images and their labels, checked once, here.

    Attributes
    ----------
    images : (N, rows, columns) or (N, I)
        Bytes (uint8) in 0-255, or float32 in [0, 1]; ink is high. Other integers in 0-255 become bytes, other
        floating point becomes float32.
    labels : (N,) uint8 or int64
        Which class each image shows, from 0 on.

    Raises
    ------
    DataError
        Other shapes, dtypes or ranges, or no examples at all.
    """

    images: Array
    labels: Array

    def __post_init__(self) -> None:
        images, labels = _as_pixels(np.asarray(self.images)), np.asarray(self.labels)
        if labels.dtype.kind not in "iu" or labels.shape != images.shape[:1]:
            raise DataError(
                f"labels are {labels.dtype} {labels.shape}; one integer for each of "
                f"{len(images)} images is needed"
            )
        if not len(labels):
            raise DataError("there are no examples")
        if labels.min() < 0:
            raise DataError(f"labels run from {labels.min()} to {labels.max()}; they count classes from 0")
        object.__setattr__(self, "images", images)
        object.__setattr__(self, "labels", labels.astype(np.uint8 if labels.max() < 256 else np.int64))

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, which: Array | slice) -> Examples:
        return Examples(self.images[which], self.labels[which])

    def __repr__(self) -> str:
        return f"Examples({len(self):,} images {self.images.shape[1:]} {self.images.dtype})"

    @property
    def pixels(self) -> int:
        """Pixels of an image: the inputs of a network that learns from these."""
        return int(np.prod(self.images.shape[1:]))


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training examples, and test examples that are looked at once, at the end.

    Attributes
    ----------
    name : str
        For people.
    train : Examples
        Training examples.
    test : Examples or None
        Test examples, where there are any.
    classes : tuple of str
        The name of each class; a label is an index into it.

    Raises
    ------
    DataError
        A label beyond the classes, or test images of another size than the training images.
    """

    name: str
    train: Examples
    test: Examples | None = None
    classes: tuple[str, ...] = DIGITS

    def __post_init__(self) -> None:
        if len(set(self.classes)) != len(self.classes):
            raise DataError("two classes have the same name")
        for name in self.classes:
            if not (1 <= len(name) <= LONGEST_NAME and name.isprintable()):
                raise DataError(f"a class is named {name!r:.50}; {LONGEST_NAME} printable characters at most")
        for examples in self._parts:
            if examples.labels.max() >= len(self.classes):
                low, high = examples.labels.min(), examples.labels.max()
                raise DataError(
                    f"labels run from {low} to {high}; there are {len(self.classes)} classes, from 0 on"
                )
            if examples.images.shape[1:] != self.train.images.shape[1:]:
                raise DataError(
                    f"test images are {examples.images.shape[1:]}, training images "
                    f"{self.train.images.shape[1:]}: one size is needed"
                )

    def __repr__(self) -> str:
        test = f"{len(self.test):,}" if self.test else "no"
        shape = self.train.images.shape[1:]
        return (
            f"Dataset({self.name!r}: {len(self.train):,} training and {test} test images {shape}, "
            f"{len(self.classes)} classes)"
        )

    @property
    def _parts(self) -> list[Examples]:
        return [self.train, self.test] if self.test else [self.train]

    @property
    def sha256(self) -> str:
        """A fingerprint of the images and labels themselves, however they were packed."""
        digest = hashlib.sha256()
        for examples in self._parts:
            digest.update(np.ascontiguousarray(examples.images).data)
            digest.update(np.ascontiguousarray(examples.labels).data)
        return digest.hexdigest()


def dataset_from_arrays(
    images: npt.ArrayLike,
    labels: npt.ArrayLike,
    name: str = "arrays",
    classes: Sequence[object] | None = None,
) -> Dataset:
    """A data set made of arrays; all of them are training examples.

    Parameters
    ----------
    images : (N, rows, columns) or (N, I)
        Integers in 0-255 or floating point in [0, 1]; ink is high. A single channel axis is dropped.
    labels : (N,)
        Integers or strings.
    name : str
        For people.
    classes : sequence, optional
        All labels there are, in order. By default the ten digits where all labels are among them, else the
        labels found, sorted.

    Returns
    -------
    Dataset
        Without test examples.

    Raises
    ------
    DataError
        Other shapes, dtypes or ranges, or a label that is not among the classes.
    """
    known = classes_of(labels) if classes is None else tuple(map(str, classes))
    return Dataset(name, Examples(np.asarray(images), indices_of(labels, known)), None, known)


def classes_of(labels: npt.ArrayLike) -> tuple[str, ...]:
    """Find the classes of a data set from its labels.

    Parameters
    ----------
    labels : (N,)
        Integers or strings.

    Returns
    -------
    tuple of str
        The ten digits where all labels are among them, else the labels found, sorted.
    """
    found = np.unique(_as_text(np.asarray(labels)))
    names = tuple(str(each) for each in found)
    return DIGITS if found.dtype.kind != "f" and set(names) <= set(DIGITS) else names


def indices_of(labels: npt.ArrayLike, classes: tuple[str, ...]) -> Array:
    """Convert labels to indices into the classes.

    Parameters
    ----------
    labels : (N,)
        Integers or strings.
    classes : tuple of str
        The name of each class, in order.

    Returns
    -------
    (N,) array of int64
        The index of each label.

    Raises
    ------
    DataError
        A label that is not among them, or labels that are neither integers nor strings.
    """
    array = _as_text(np.asarray(labels))
    if array.dtype.kind not in "iuUb" or array.ndim != 1:
        raise DataError(f"labels are {array.dtype} {array.shape}; one integer or string per image is needed")
    index = {name: number for number, name in enumerate(classes)}
    found, which = np.unique(array, return_inverse=True)
    strange = [str(each) for each in found if str(each) not in index]
    if strange:
        raise DataError(f"the label {strange[0]!r} is not among the {len(classes)} classes")
    return np.array([index[str(each)] for each in found], np.int64)[which]


def _as_text(labels: Array) -> Array:
    """Labels of bytes as text; others as they are."""
    return labels.astype(str) if labels.dtype.kind == "S" else labels


def without_channel_axis(images: Array) -> Array:
    """Drop a single channel axis.

    Parameters
    ----------
    images : array
        (N, 1, rows, columns) or (N, rows, columns, 1) become (N, rows, columns).

    Returns
    -------
    array
        All others are left as they are.
    """
    if images.ndim == 4 and images.shape[1] == 1:
        return images[:, 0]
    return images[..., 0] if images.ndim == 4 and images.shape[3] == 1 else images


def _as_pixels(images: Array) -> Array:
    """Images as uint8 or float32, C-contiguous, without a single channel axis; raises `DataError`."""
    images = without_channel_axis(images)
    if images.ndim not in (2, 3) or 0 in images.shape[1:] or images.dtype.kind not in "uifb":
        raise DataError(f"images are {images.dtype} {images.shape}; numbers (N, rows, columns) are needed")
    if images.dtype == np.uint8 or not len(images):
        return np.ascontiguousarray(images)
    top = 1 if images.dtype.kind in "fb" else 255
    if not (images.min() >= 0 and images.max() <= top):  # so written, NaN is refused too
        raise DataError(
            f"pixels are {images.dtype} from {images.min()} to {images.max()}; integers in 0-255 or floating "
            f"point in [0, 1] are needed"
        )
    return np.ascontiguousarray(images, np.float32 if images.dtype.kind == "f" else np.uint8)


def load_mnist(path: Path | None = None, progress: Callable[[], Any] | None = None) -> Dataset:
    """MNIST: 60,000 training and 10,000 test digits (LeCun, Cortes, Burges).

    Parameters
    ----------
    path : Path, optional
        A file of the user's own. By default MNIST is read from the folder that ``INKDIGITS_DATA`` names.
        Without that, it is looked for in the project's cache and in Keras's, and else downloaded into the
        project's.
    progress : callable, optional
        Makes a progress bar for the download, an object such as tqdm's.

    Returns
    -------
    Dataset
        Named "mnist", or as by `read_dataset` where the file is the user's own.

    Raises
    ------
    DataError
        Nothing found and no way to download, or a file that is not what it should be.
    """
    if path is not None:
        return read_dataset(path)
    found = find_mnist()
    return found[1] if found else read_dataset(download_mnist(progress))


def find_mnist() -> tuple[Path, Dataset] | None:
    """Find MNIST on this machine: in the folder that ``INKDIGITS_DATA`` names, or in a cache.

    Returns
    -------
    (Path, Dataset) or None
        The file and what is in it; None where there is none.

    Raises
    ------
    DataError
        The file in the folder that ``INKDIGITS_DATA`` names cannot be used.
    """
    if folder := os.environ.get(VARIABLE):
        mine = Path(os.path.expanduser(folder)) / FILE_NAME
        if not mine.exists():
            raise DataError(
                f"{VARIABLE} names {shown(folder)}, without a {FILE_NAME}: correct it or unset it"
            )
        return mine, read_dataset(mine)
    for cached in (cache_folder() / FILE_NAME, _keras_cache_folder() / FILE_NAME):
        dataset = _read_cached(cached)
        if dataset is not None:
            return cached, dataset
    return None


def load_mnist_from_keras() -> Dataset:
    """MNIST by Keras's own loader, into its own cache.

    Returns
    -------
    Dataset
        Named "mnist".

    Raises
    ------
    DataError
        Keras or TensorFlow is not installed, or the download failed.
    """
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
    """1,797 real digits of 8x8 pixels that come with scikit-learn, framed like MNIST: no download.

    They are the test part of the UCI set "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak
    1998). Every fifth digit is a test example.

    Returns
    -------
    Dataset
        Named "digits8x8".

    Raises
    ------
    DataError
        The package scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise DataError(f"digits8x8 comes with scikit-learn: {install_hint('digits8x8')}") from None
    bunch = load_digits()
    digits = Examples(np.stack([frame_digit(image) for image in bunch.images]), bunch.target)
    held_out = np.arange(len(digits)) % 5 == 4
    return Dataset("digits8x8", digits[~held_out], digits[held_out])


def read_dataset(path: Path, prepare: Callable[[Array], Array] = lambda images: images) -> Dataset:
    """Read an archive with x_train and y_train, and x_test and y_test if it has them.

    The images may have any size, but all the same; labels are integers or strings.

    Parameters
    ----------
    path : Path
        The archive.
    prepare : callable
        Applied to each array of images first.

    Returns
    -------
    Dataset
        Named after the file; MNIST itself, whatever the file's name, is named "mnist".

    Raises
    ------
    DataError
        As `read_archive`, `Examples` and `Dataset`; the message names the file.
    """
    arrays = read_archive(path, ("x_train", "y_train"), ("x_test", "y_test"))
    try:
        for images, labels in zip(arrays[::2], arrays[1::2], strict=True):
            _check_pictures(images)
            _check_labels(labels, len(images))
        classes = classes_of(np.concatenate(arrays[1::2]))
        parts = [
            Examples(prepare(x), indices_of(y, classes))
            for x, y in zip(arrays[::2], arrays[1::2], strict=True)
        ]
        dataset = Dataset(path.name, parts[0], parts[1] if len(parts) > 1 else None, classes)
    except (DataError, ValueError, TypeError) as error:
        raise DataError(f"{shown(path)}: {one_line(error)}") from None
    return replace(dataset, name="mnist") if dataset.sha256 == MNIST_SHA256 else dataset


def read_examples(path: Path) -> tuple[Array, Array]:
    """Read test pictures and labels, x_test and y_test; the pictures may have any size.

    Parameters
    ----------
    path : Path
        The archive.

    Returns
    -------
    pictures : (N, rows, columns) or (N, rows, columns, 3) array
        Finite numbers, as they are in the file.
    labels : array
        One for each, as they are in the file.

    Raises
    ------
    DataError
        As `read_archive`; or the pictures are not numbers (N, rows, columns) or (N, rows, columns, 3), or
        there is not one integer or string for each. The message names the file.
    """
    pictures, labels = read_archive(path, ("x_test", "y_test"))
    try:
        _check_pictures(pictures)
        _check_labels(labels, len(pictures))
    except DataError as error:
        raise DataError(f"{shown(path)}: {error}") from None
    return without_channel_axis(pictures), labels


def _check_pictures(pictures: Array) -> None:
    """Refuse what can be no pictures, before anything is computed; raises `DataError`."""
    plain = without_channel_axis(pictures)
    colours = plain.ndim == 4 and plain.shape[3] == 3
    if not (plain.ndim in (2, 3) or colours) or plain.dtype.kind not in "uifb" or 0 in plain.shape[1:]:
        raise DataError(f"images are {_kind(plain)}; numbers (N, rows, columns) are needed")
    if not len(plain):
        raise DataError("there are no examples")
    if plain[0].size > LARGEST_PICTURE:
        raise DataError(f"pictures have more than {LARGEST_PICTURE:,} numbers each: make them smaller")
    if plain.dtype.kind == "f" and not np.isfinite(plain).all():
        raise DataError("there are pixels that are not finite")


def _kind(array: Array) -> str:
    return f"{one_line(array.dtype, 20)} {one_line(array.shape, 60)}"


def _check_labels(labels: Array, count: int) -> None:
    """Refuse what can be no labels of ``count`` pictures, before they are sorted; raises `DataError`."""
    longest = 4 * LONGEST_NAME  # bytes: NumPy keeps text in four a character
    if labels.shape != (count,) or labels.dtype.kind not in "iuUSb" or labels.dtype.itemsize > longest:
        raise DataError(
            f"labels are {_kind(labels)}; one integer or string for each of {count} images is needed"
        )


def _read_cached(path: Path) -> Dataset | None:
    """MNIST from a cache, or None where the cache has not got it, whole and unchanged."""
    try:
        dataset = read_dataset(path)
    except DataError:
        return None
    return dataset if dataset.name == "mnist" else None


def cache_folder() -> Path:
    """Where downloaded data are kept.

    Returns
    -------
    Path
        The user's cache folder for inkdigits; it may not exist yet.
    """
    try:
        import platformdirs
    except ImportError:  # it comes with pooch, without which nothing was ever put there
        return Path.home() / ".cache" / "inkdigits"
    return Path(platformdirs.user_cache_dir("inkdigits"))


def _keras_cache_folder() -> Path:
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets"


def download_mnist(progress: Callable[[], Any] | None = None) -> Path:
    """Download the file that Keras uses into the cache; its hash is checked before anything opens it.

    Parameters
    ----------
    progress : callable, optional
        As for `load_mnist`.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DataError
        The packages that download are not installed, or the download failed.
    """
    ways_out = f"give --data FILE.npz, {VARIABLE}=FOLDER with {FILE_NAME} or, to train, --dataset digits8x8"
    try:
        import pooch  # noqa: F401  # needed below; an ImportError there would say less
    except ImportError:
        raise DataError(f"{install_hint('train')} to download MNIST, or {ways_out}") from None
    try:
        return download(URL, URL_SHA256, cache_folder() / FILE_NAME, progress)
    except Exception as error:
        said = f"{ways_out}: MNIST could not be downloaded: {describe(error)}"
        raise DataError(one_line(said)) from error


def download(address: str, sha256: str | None, path: Path, progress: Callable[[], Any] | None) -> Path:
    """Download a file; pooch, which the extra "train" installs, does it.

    Parameters
    ----------
    address : str
        Where it is.
    sha256 : str or None
        Of its content, checked before the file gets its name; None for content that may change.
    path : Path
        Where to put it.
    progress : callable, optional
        As for `load_mnist`.

    Returns
    -------
    Path
        The same path.

    Raises
    ------
    Exception
        Whatever requests, urllib3 or pooch raise: they share no base.
    """
    import pooch

    pooch.get_logger().setLevel("ERROR")
    downloader = pooch.HTTPDownloader(progressbar=progress() if progress else False, timeout=30)
    return Path(pooch.retrieve(address, sha256, path.name, path.parent, downloader=downloader))
