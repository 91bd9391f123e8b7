"""Zip files of arrays that are damaged, hostile, or of another kind."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.bad_files.cases import Bad


def data() -> dict[str, Any]:
    """The arrays of a good data set."""
    images = np.arange(4 * 28 * 28).reshape(4, 28, 28).astype(np.uint8)
    return {"x_train": images, "y_train": np.arange(4), "x_test": images[:2], "y_test": np.arange(2)}


def npy(array: Any) -> bytes:
    """An array as NumPy saves it."""
    file = io.BytesIO()
    np.save(file, np.asarray(array), allow_pickle=True)
    return file.getvalue()


def header(text: str, body: bytes = b"") -> bytes:
    """An array with any header."""
    encoded = text.encode("latin-1")
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(encoded)) + encoded + body


def archive(arrays: dict[str, Any], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A zip file of arrays; bytes stand for themselves."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as zipped, warnings.catch_warnings(action="ignore"):
        for name, value in arrays.items():
            zipped.writestr(f"{name}.npy", value if isinstance(value, bytes) else npy(value))
    return file.getvalue()


def bad_archives(arrays: dict[str, Any], name: str) -> Iterator[Bad]:
    """Archives that are wrong whatever they hold; one array of theirs is changed."""
    whole = archive(arrays)
    damaged = "can be read|no plain array"
    for part in range(1, 15):
        yield Bad(f"cut after {part}/15", whole[: len(whole) * part // 15], damaged)
    for method in (1, 2, 6, 8, 9, 12, 14, 19, 93, 95, 97, 99, 65535):
        other = whole.replace(
            b"PK\1\2\x14\3\x14\0\0\0\0\0", b"PK\1\2\x14\3\x14\0\0\0" + struct.pack("<H", method)
        )
        other = other.replace(b"PK\3\4\x14\0\0\0\0\0", b"PK\3\4\x14\0\0\0" + struct.pack("<H", method))
        yield Bad(f"compression {method}", other, damaged)
    for flag in (1, 0x41, 0x2001):
        encrypted = whole.replace(b"PK\1\2\x14\3\x14\0\0\0", b"PK\1\2\x14\3\x14\0" + struct.pack("<H", flag))
        yield Bad(
            f"encrypted {flag:x}",
            encrypted.replace(b"PK\3\4\x14\0\0\0", b"PK\3\4\x14\0" + struct.pack("<H", flag)),
            damaged,
        )
    headers = {
        "nested": "[" * 5000,
        "nested tuples": "{'descr': " + "(" * 3000,
        "no dictionary": "1",
        "a name": "__import__('os').system('touch here')",
        "no keys": "{}",
        "negative": "{'descr': '|u1', 'fortran_order': False, 'shape': (-1,)}",
        "10^18": "{'descr': '|u1', 'fortran_order': False, 'shape': (10**18,)}",
        "enormous": "{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000000000000,)}",
        "too many axes": "{'descr': '|u1', 'fortran_order': False, 'shape': (" + "1," * 99 + ")}",
        "an object": "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
        "no type": "{'descr': 'nothing', 'fortran_order': False, 'shape': (1,)}",
        "floats": "{'descr': '<f8', 'fortran_order': False, 'shape': (1.5,)}",
        "a date": "{'descr': '<M8[x]', 'fortran_order': False, 'shape': (1,)}",
        "escapes": "{'\\x1b[2J': '\\d', 'shape': ()}",
        "cut": "{'descr': '|u1', 'fortran",
        "long": " " * 20_000,
        "Python 2": "{'descr': '|u1', 'fortran_order': False, 'shape': (1L,)}",
    }
    for what, text in headers.items():
        yield Bad(f"header {what}", archive({**arrays, name: header(text)}), damaged)
    for start in (
        b"\x93NUMPY\2\0\xff\xff\xff\x7f",
        b"\x93NUMPY\3\0",
        b"\x93NUMPY\1\1",
        b"",
        b"\x80\4K\1.",
        b"x" * 99,
    ):
        yield Bad(f"array {start!r:.20}", archive({**arrays, name: start}), "no plain array")
    yield Bad("a pickle", archive({**arrays, name: np.array([object], dtype=object)}), "Object arrays")
    for missing in list(arrays)[:2]:
        less = {each: value for each, value in arrays.items() if each != missing}
        yield Bad(f"without {missing}", archive(less), f"has no array '{missing}'")
    yield Bad("100,000 files", crowded(), "too large a directory")
    size = struct.pack("<I", len(npy(arrays[name])))
    directory = whole.index(b"PK\1\2")
    yield Bad(
        "a bomb", whole[:directory] + whole[directory:].replace(size, b"\xff\xff\xff\x7f"), "more than it may"
    )
    for content in (b"hello", b"PK", b"PK\5\6" + bytes(18), bytes(500), npy(arrays[name])):
        yield Bad(f"{content!r:.20}", content, "can be read|has no array")
    yield Bad("empty", b"", "is empty")


def crowded(entries: int = 100_000) -> bytes:
    """A zip file whose directory tells of many files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr("a" * 60, b"")
    entry = file.getvalue()[file.getvalue().index(b"PK\1\2") : file.getvalue().index(b"PK\5\6")]
    size = len(entry) * entries
    return entry * entries + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 65535, 65535, size, 0, 0)
