"""Read a network from another program's file: which file may be read, and which arrays make a network."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from backends.arrays import REALS, Array, Parameters
from backends.errors import ArgumentError, InkdigitsError, one_line

LARGEST_FILE = 128 * 2**20  # bytes: no smaller network fits into a model file


class ImportRefusedError(InkdigitsError):
    """A file that holds no network which inkdigits can run, or that cannot be read.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    why : str
        What is wrong with it; made one line, and cut to what a message may have.
    """

    def __init__(self, path: Path, why: str) -> None:
        start = f"cannot import {one_line(path, 60)}: "
        super().__init__(start + one_line(why, 160 - len(start)))


def check_readable(path: Path) -> Path:
    """Refuse what is no regular file, or is too large, before anything reads it.

    Parameters
    ----------
    path : pathlib.Path
        The file; a leading ``~`` is the home directory.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ImportRefusedError
        No such file, a folder, a pipe, a device, or more than 128 MB.
    """
    path = Path(os.path.expanduser(path))
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise ImportRefusedError(path, getattr(error, "strerror", None) or str(error)) from None
    if not stat.S_ISREG(status.st_mode):
        raise ImportRefusedError(path, "not a regular file")
    if status.st_size > LARGEST_FILE:
        raise ImportRefusedError(path, f"larger than {LARGEST_FILE >> 20} MB")
    return path


def parameters_from(weights: Sequence[Array], biases: Sequence[Array], path: Path) -> Parameters:
    """Make parameters of arrays from a file.

    Parameters
    ----------
    weights : sequence of (I, O) arrays
        One per layer.
    biases : sequence of (O,) arrays
        One per layer.
    path : pathlib.Path
        Where they were read, for messages.

    Returns
    -------
    Parameters
        C-contiguous copies in this machine's byte order.

    Raises
    ------
    ImportRefusedError
        No layer, shapes that do not fit each other, another dtype than float32 or float64, or a number that
        is not finite.
    """
    for name, arrays in (("weights", weights), ("biases", biases)):
        for layer, array in enumerate(arrays):
            if array.dtype.newbyteorder("=") not in REALS:
                raise ImportRefusedError(
                    path, f"{name} of layer {layer} are {array.dtype}; float32 or float64 is needed"
                )
            if not np.isfinite(array).all():
                raise ImportRefusedError(path, f"{name} of layer {layer} hold NaN or infinity")
    try:
        return Parameters(tuple(map(_own, weights)), tuple(map(_own, biases)))
    except ArgumentError as error:
        raise ImportRefusedError(path, str(error)) from None


def _own(array: Array) -> Array:
    return np.array(array, array.dtype.newbyteorder("="), order="C")
