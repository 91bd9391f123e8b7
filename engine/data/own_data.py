"""A user's own data: an archive of images of any size, or a folder of pictures sorted by label.

A folder holds a sub-folder for each class, named after it, with picture files inside; or two folders
``train`` and ``test`` that do. Pictures of another size than 28x28 are framed as MNIST frames its digits, so
that the network that learns from them also recognizes photos and drawings.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from backends.arrays import Array
from backends.errors import shown
from engine.data.datasets import (
    DataError,
    Dataset,
    Examples,
    classes_of,
    indices_of,
    read_dataset,
    without_channel_axis,
)
from engine.data.framing import SIDE
from engine.data.photos import find_digit, images_from_pictures, read_picture

Progress = Callable[[int, int], None]


def read_own_data(path: Path, progress: Progress = lambda done, of: None) -> Dataset:
    """Read an archive (.npz) or a folder of pictures.

    Parameters
    ----------
    path : Path
        ``x_train``, ``y_train`` and, if there are any, ``x_test``, ``y_test`` in an archive; or a folder.
    progress : callable
        Called with the number of pictures read, and of how many, while a folder is read.

    Returns
    -------
    Dataset
        Its classes are the labels found; the ten digits where all labels are among them.

    Raises
    ------
    DataError, ImageError
        Nothing there, or something that cannot be used; the message names the file.
    """
    if not path.is_dir():
        return read_dataset(path, frame_pictures)
    try:
        return _read_folder(path, progress)
    except DataError as error:
        raise DataError(f"{shown(path)}: {error}") from None
    except OSError as error:
        raise DataError(f"cannot read {shown(error.filename)}: {error.strerror}") from None


def frame_pictures(pictures: Array) -> Array:
    """Frame pictures as MNIST frames its digits.

    Parameters
    ----------
    pictures : (N, rows, columns) or (N, rows, columns, 3)
        Of any size. Those of 28x28, and rows of pixels, (N, I), are left as they are.

    Returns
    -------
    (N, 28, 28) uint8
        With ink high.
    """
    pictures = without_channel_axis(pictures)
    if pictures.ndim < 3 or pictures.shape[1:] == (SIDE, SIDE) or pictures.dtype.kind not in "uif":
        return pictures
    if pictures.ndim > 4 or (pictures.ndim == 4 and pictures.shape[3] != 3):
        raise DataError(
            f"pictures are {pictures.shape}; (N, rows, columns) or (N, rows, columns, 3) is needed"
        )
    return images_from_pictures(pictures)


def _read_folder(folder: Path, progress: Progress) -> Dataset:
    sorted_apart = (folder / "train").is_dir() and (folder / "test").is_dir()
    parts = [_pictures(folder / name) for name in ("train", "test")] if sorted_apart else [_pictures(folder)]
    classes = classes_of([label for part in parts for label, _ in part])
    of = sum(map(len, parts))
    examples, done = [], 0
    for part in parts:
        images = []
        for _, path in part:
            images.append(find_digit(read_picture(path)).image)
            done += 1
            progress(done, of)
        examples.append(Examples(np.stack(images), indices_of([label for label, _ in part], classes)))
    return Dataset(folder.name, examples[0], examples[1] if sorted_apart else None, classes)


def _pictures(folder: Path) -> list[tuple[str, Path]]:
    """The picture files of each label's folder, with the label, in the order of their names."""
    labels = sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))
    found = [
        (label.name, path)
        for label in labels
        for path in sorted(label.iterdir())
        if path.is_file() and not path.name.startswith(".")
    ]
    if not found:
        raise DataError(
            f"{shown(folder.name)} has no pictures: sort them into a sub-folder for each label, such as 7/"
        )
    return found
