"""Reading NumPy archives (.npz) that somebody else may have made.

An archive is a zip file. Its directory, the sizes it tells and the header of each array are looked at before
anything is unpacked; objects, which NumPy would unpickle, are refused.
"""

from __future__ import annotations

import os
import warnings
import zipfile
from pathlib import Path
from typing import BinaryIO

import numpy as np

from backends.arrays import Array
from backends.errors import InkdigitsError, describe, shown
from engine.data.files import MEGABYTE, open_file

LARGEST_FILE = 2048 * MEGABYTE
LARGEST_ARCHIVE = 2048 * MEGABYTE  # unpacked
# A file of at most 100 MB unpacked may be packed as tightly as it likes, a larger one 100 times at most.
TIGHTEST, LARGEST_TIGHT = 100, 100 * MEGABYTE
LARGEST_DIRECTORY = MEGABYTE  # of the zip file
PLAIN = b"\x93NUMPY\x01\x00"  # how np.savez begins an array of numbers


class DataError(InkdigitsError):
    """Data that cannot be found, read or used."""


def read_archive(
    path: Path, names: tuple[str, ...], optional: tuple[str, ...] = (), largest: int = LARGEST_ARCHIVE
) -> list[Array]:
    """Read named arrays of a NumPy archive; nothing in it is run or trusted.

    Parameters
    ----------
    path : Path
        The archive.
    names : tuple of str
        Arrays that must be there.
    optional : tuple of str
        Arrays that are read too where all of them are there.
    largest : int
        Most bytes of the arrays, unpacked.

    Returns
    -------
    list of arrays
        In the order of the names, then the optional ones where they were read.

    Raises
    ------
    DataError
        No such file, no archive, an array missing, or larger when unpacked; the message names the file.
    """
    with open_file(path, DataError, LARGEST_FILE) as file:
        try:
            with zipfile.ZipFile(_Directory(file)) as archive, warnings.catch_warnings(action="ignore"):
                sizes = {info.filename: info.file_size for info in archive.infolist()}
                missing = [name for name in names if f"{name}.npy" not in sizes]
                if missing:
                    raise _RefusedError(f"has no array {missing[0]!r}; {', '.join(names[:4])} are needed")
                if all(f"{name}.npy" in sizes for name in optional):
                    names += optional
                unpacked = sum(sizes[f"{name}.npy"] for name in names)
                packed = os.fstat(file.fileno()).st_size
                if unpacked > largest or unpacked > max(LARGEST_TIGHT, TIGHTEST * packed):
                    raise _RefusedError(f"unpacks to {unpacked / MEGABYTE:,.0f} MB, more than it may")
                return [_read_array(archive, name) for name in names]
        except _RefusedError as error:
            raise DataError(f"{shown(path)} {error}") from None
        except Exception as error:  # zipfile, the decompressors and NumPy raise many things
            why = describe(error, 100)
            raise DataError(f"{shown(path)} is not a NumPy archive (.npz) that can be read: {why}") from None


class _RefusedError(Exception):
    """The message follows the file's name."""


class _Directory:
    """A zip file of which no enormous part is read at once, such as a directory of millions of files."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1, /) -> bytes:
        most = LARGEST_DIRECTORY + 1
        content = self._file.read(min(size, most) if size >= 0 else most)
        if len(content) == most:
            raise _RefusedError("is a zip file with too large a directory: save it anew with np.savez")
        return content


def _read_array(archive: zipfile.ZipFile, name: str) -> Array:
    with archive.open(f"{name}.npy") as member:
        start = member.read(len(PLAIN))
    if start != PLAIN:
        raise _RefusedError(f"has no plain array {name!r}: save it anew with np.savez")
    with archive.open(f"{name}.npy") as member:
        array: Array = np.lib.format.read_array(member, allow_pickle=False)
        return array
