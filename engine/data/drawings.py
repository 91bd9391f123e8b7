"""Files of drawings: strokes with their labels, as JSON or in the UNIPEN format.

JSON: ``[{"label": 8, "strokes": [[[x, y], ...], ...]}, ...]``, x to the right, y down, in any unit. The label
may be null (the drawing is a non-digit) or missing (unknown); ``writer`` identifies the writer; other keys
are ignored.

UNIPEN (Guyon et al. 1994), as the original form of "Pen-Based Recognition of Handwritten Digits" (Alpaydin
and Alimoglu 1998, UCI) uses it: ``.SEGMENT DIGIT ? "8"`` and ``.COMMENT label writer number`` begin a
drawing, points follow ``.PEN_DOWN``, and y goes up.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np

from backends.arrays import Array
from engine.data.datasets import DataError

LARGEST_FILE = 512 * 2**20  # bytes

Label = Annotated[int, msgspec.Meta(ge=0, le=9)]


class Drawing(msgspec.Struct):
    """Strokes, and what is known of them.

    Attributes
    ----------
    strokes : list of (K, 2) arrays of float64
        The points of each stroke, x to the right, y down, in any unit.
    label : int, optional
        The digit, 0 to 9; None for a non-digit, or where it is unknown.
    writer : int or str, optional
        Who wrote it.
    """

    strokes: list[Any]
    label: Label | None = None
    writer: int | str | None = None


class _DrawingInJson(msgspec.Struct):
    strokes: list[list[tuple[float, float]]]
    label: Label | None = None
    writer: int | str | None = None


def read_drawings(path: Path) -> list[Drawing]:
    """Read a file of drawings, whether JSON or UNIPEN.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    list of Drawing
        The drawings in the order of the file.

    Raises
    ------
    DataError
        The file is missing, has neither format, or has a point that is not finite.
    """
    text = _read_text(path)
    if text.lstrip()[:1] in ("[", "{"):
        return [_checked(each, path, index) for index, each in enumerate(_decode(text, path))]
    if ".PEN_DOWN" in text:
        return _parse_unipen(text, path)
    raise DataError(f"{path} holds no drawings: neither a JSON list nor UNIPEN")


def read_drawing(path: Path) -> Drawing:
    """Read a file with one drawing: a JSON object with strokes, or a list of one.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    Drawing
        The drawing.

    Raises
    ------
    DataError
        The file does not hold exactly one drawing, or `read_drawings` cannot read it.
    """
    drawings = read_drawings(path)
    if len(drawings) != 1:
        raise DataError(f"{path} holds {len(drawings)} drawings; give a file with one")
    return drawings[0]


def drawings_sha256(drawings: Sequence[Drawing]) -> str:
    """Hash the strokes and labels, independently of the file they came from.

    Parameters
    ----------
    drawings : sequence of Drawing
        Drawings, whose order matters.

    Returns
    -------
    str
        SHA-256 in hexadecimal.
    """
    digest = hashlib.sha256()
    for drawing in drawings:
        digest.update(f"{drawing.label} {len(drawing.strokes)}".encode())
        for stroke in drawing.strokes:
            digest.update(np.ascontiguousarray(stroke, np.float64).tobytes())
    return digest.hexdigest()


def _read_text(path: Path) -> str:
    try:
        if not path.is_file():
            raise DataError(f"there is no file {path}")
        if path.stat().st_size > LARGEST_FILE:
            raise DataError(f"{path} is larger than {LARGEST_FILE >> 20} MB: refused")
        return path.read_text("utf-8")
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path} holds no drawings: not UTF-8 text") from None


def _decode(text: str, path: Path) -> list[_DrawingInJson]:
    """The drawings of a JSON text: a list of them, or a single one."""
    try:
        if text.lstrip()[0] == "{":
            return [msgspec.json.decode(text, type=_DrawingInJson)]
        return msgspec.json.decode(text, type=list[_DrawingInJson])
    except msgspec.MsgspecError as error:
        raise DataError(f"{path}: {error}") from None


def _checked(raw: _DrawingInJson, path: Path, index: int) -> Drawing:
    strokes = [_points(stroke) for stroke in raw.strokes]
    if not all(np.isfinite(stroke).all() for stroke in strokes):
        raise DataError(f"{path}: drawing {index} has a point that is not finite")
    return Drawing(strokes, raw.label, raw.writer)


def _points(stroke: Any) -> Array:
    return np.array(stroke, np.float64).reshape(-1, 2)


def _parse_unipen(text: str, path: Path) -> list[Drawing]:
    drawings: list[Drawing] = []
    stroke: list[tuple[float, float]] | None = None  # while the pen is down
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        try:
            match words:
                case []:
                    pass
                case [".SEGMENT", *_]:
                    drawings.append(Drawing([], label=_quoted_digit(line)))
                    stroke = None
                case [".COMMENT", label, writer, _] if drawings and label.isdigit() and writer.isdigit():
                    drawings[-1].label, drawings[-1].writer = int(label), int(writer)
                case [".PEN_DOWN"]:
                    stroke = []
                    drawings[-1].strokes.append(stroke)
                case [".PEN_UP"]:
                    stroke = None
                case [keyword, *_] if keyword.startswith("."):
                    pass  # who, when, which tablet
                case [x, y, *_] if stroke is not None:
                    stroke.append((_coordinate(x), -_coordinate(y)))
        except (ValueError, IndexError):
            raise DataError(f"{path}, line {number}: {line.strip()!r} is not UNIPEN as expected") from None
    for drawing in drawings:
        drawing.strokes = [_points(each) for each in drawing.strokes]
    return drawings


def _quoted_digit(line: str) -> int | None:
    """The digit in ``.SEGMENT DIGIT ? "8"``, if there is one."""
    quoted = line.split('"')
    return int(quoted[1]) if len(quoted) > 1 and quoted[1].isdigit() else None


def _coordinate(word: str) -> float:
    value = float(word)
    if not math.isfinite(value):
        raise ValueError
    return value
