"""Machine code on disk, in a folder that only its user can write: the files are pickles, which run anything.

No file there ends a program. What is damaged, or cannot be read or written, is compiled again, and one line
says which folder to delete.
"""
# mypy: ignore-errors

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile, NullCache

from backends.errors import one_line

DIGEST_BYTES = hashlib.sha256().digest_size
LONGEST = 300  # characters of a message, which has to name a whole path


def cache_of(function: Callable[..., Any], source_stamp: object) -> Any:
    """Where a function's machine code is kept: the first of Numba's folders that is private and writable.

    ``source_stamp`` stays the same for as long as the machine code is good.
    """
    try:
        return _Cache(function, source_stamp)
    except RuntimeError:  # "no locator available"
        return _NoCache()


def tell_problems(listener: Callable[[str], None]) -> None:
    """Call listener(line) where a folder cannot be used; without a listener, Python warns."""
    _told.listener = listener


class _Told:
    """What has been said: of each folder once."""

    def __init__(self) -> None:
        self.listener = lambda line: warnings.warn(line, RuntimeWarning, stacklevel=2)
        self.folders = set()

    def tell(self, folder, problem):
        if folder not in self.folders:
            self.folders.add(folder)
            self.listener(one_line(f"numba: {problem}", LONGEST))


_told = _Told()
_refused: dict[str, str] = {}  # folder: why


def _why_not_private(path):
    """What is wrong with a file or folder that others can write; None where it is this user's alone."""
    if hasattr(os, "geteuid"):  # Windows has no owners of this kind
        status = Path(path).stat()
        if status.st_uid != os.geteuid():
            return "belongs to somebody else"
        if status.st_mode & 0o022:
            return "can be written by others"
    return None


def _in_private_folder(locator: Any) -> Any:
    """One of the classes by which Numba finds a folder, made to pass over those that others can write."""

    class Private(locator):
        def ensure_cache_path(self):
            path = self.get_cache_path()
            Path(path).mkdir(mode=0o700, parents=True, exist_ok=True)
            if why := _why_not_private(path):
                _refused[path] = why
                raise PermissionError(why)
            super().ensure_cache_path()

    return Private


class _Places(CompileResultCacheImpl):
    _locator_classes = tuple(map(_in_private_folder, CompileResultCacheImpl._locator_classes))


class _NoCache(NullCache):
    def load_overload(self, sig, target_context):
        if _refused:
            folder, why = next(iter(_refused.items()))
            _told.tell(folder, f"compiling at every start: {folder} {why}; delete it")
        else:
            _told.tell(None, "compiling at every start: set NUMBA_CACHE_DIR to a folder that can be written")


class _Cache(FunctionCache):
    _impl_class = _Places

    def __init__(self, function, source_stamp):
        super().__init__(function)
        # With the version: another Numba's files are left alone, and are not taken for damaged ones.
        name = f"{self._impl.filename_base}-numba{numba.__version__}"
        self._cache_file = _CheckedFiles(self._cache_path, name, source_stamp)

    def load_overload(self, sig, target_context):
        for folder, why in _refused.items():
            if folder.startswith(numba.config.CACHE_DIR or "\0"):  # the user's choice: others are passed over
                _told.tell(folder, f"not using {folder}, which {why}; delete it")
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:  # a damaged pickle may raise anything
            self._tell(error)
            with contextlib.suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig, data):
        try:
            super().save_overload(sig, data)
        except OSError as error:
            self._tell(error)

    def _tell(self, error):
        why = one_line(getattr(error, "strerror", None) or error, 80)
        _told.tell(self._cache_path, f"compiled again, not taken from {self._cache_path} ({why}); delete it")


class _CheckedFiles(IndexDataCacheFile):
    """Numba's files with a digest in front: code with a wrong bit would crash or give wrong numbers."""

    def _dump(self, obj: object) -> bytes:
        data = super()._dump(obj)
        return hashlib.sha256(data).digest() + data

    def _load(self, path):
        file = Path(path)
        if why := _why_not_private(file):
            raise PermissionError(f"{file.name} {why}")
        content = file.read_bytes()
        digest, data = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
        if hashlib.sha256(data).digest() != digest:
            raise ValueError(f"{file.name} is damaged")
        return pickle.loads(data)

    def _save_index(self, overloads):
        with self._open_for_write(self._index_path) as file:
            file.write(self._dump((self._source_stamp, overloads)))

    def _load_index(self):
        try:
            source_stamp, overloads = self._load(self._index_path)
        except FileNotFoundError:
            return {}
        return overloads if source_stamp == self._source_stamp else {}

    def _load_data(self, name):
        return self._load(self._data_path(name))
