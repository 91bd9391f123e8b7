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
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np

from backends.arrays import Array
from backends.errors import one_line, shown
from engine.data.datasets import DIGITS, DataError
from engine.data.files import MEGABYTE, read_file
from engine.data.shown import Shown
from engine.data.strokes import LARGEST_COORDINATE

LARGEST_FILE = 64 * MEGABYTE
MOST_POINTS = 1_000_000  # of a file; one takes more than 100 bytes while it is read
WAY_OUT = 'a drawing is {"strokes": [[[x, y], ...], ...]}'

Label = Annotated[int, msgspec.Meta(ge=0, le=9)]
Writer = (
    Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] | Annotated[str, msgspec.Meta(max_length=100)]
)
Coordinate = Annotated[float, msgspec.Meta(ge=-LARGEST_COORDINATE, le=LARGEST_COORDINATE)]


class Drawing(msgspec.Struct, Shown):
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
    strokes: list[list[tuple[Coordinate, Coordinate]]]
    label: Label | None = None
    writer: Writer | None = None


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
        The file is missing or too large, has neither format, or has a coordinate beyond ±1e12.
    """
    encoded = read_file(path, DataError, LARGEST_FILE)
    try:
        if encoded.lstrip()[:1] in (b"[", b"{"):
            return _parse_json(encoded)
        return _parse_unipen(encoded)
    except ValueError as error:
        raise DataError(f"{shown(path)}: {one_line(error, 100)}; {WAY_OUT}") from None


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
        raise DataError(f"{shown(path)} holds {len(drawings)} drawings; give a file with one")
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


def _parse_json(encoded: bytes) -> list[Drawing]:
    """The drawings of a JSON text: a list of them, or a single one; raises ValueError."""
    if encoded.count(b"[") > MOST_POINTS:
        raise ValueError(f"there are more than {MOST_POINTS:,} points: divide the file")
    raw: list[_DrawingInJson]
    try:
        if encoded.lstrip()[:1] == b"{":
            raw = [msgspec.json.decode(encoded, type=_DrawingInJson)]
        else:
            raw = msgspec.json.decode(encoded, type=list[_DrawingInJson])
    except UnicodeDecodeError:
        raise ValueError("holds no drawings: not UTF-8 text") from None
    except msgspec.MsgspecError as error:
        raise ValueError(str(error).replace("`", "")) from None
    except RecursionError:
        raise ValueError("brackets are nested too deeply") from None
    return [Drawing([_points(stroke) for stroke in each.strokes], each.label, each.writer) for each in raw]


def _points(stroke: list[tuple[float, float]]) -> Array:
    return np.array(stroke, np.float64).reshape(-1, 2)


def _parse_unipen(encoded: bytes) -> list[Drawing]:
    """The drawings of a UNIPEN text; raises ValueError that names the line."""
    try:
        text = encoded.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("holds no drawings: not UTF-8 text") from None
    if ".PEN_DOWN" not in text:
        raise ValueError("holds no drawings: neither JSON nor UNIPEN")
    if text.count("\n") > MOST_POINTS:
        raise ValueError(f"there are more than {MOST_POINTS:,} lines: divide the file")
    drawings: list[Drawing] = []
    stroke: list[tuple[float, float]] | None = None  # while the pen is down
    for number, line in enumerate(text.split("\n"), start=1):
        words = line.split(maxsplit=4)
        try:
            match words:
                case []:
                    pass
                case [x, y, *_] if stroke is not None and not x.startswith("."):
                    stroke.append((_coordinate(x), -_coordinate(y)))
                case [".SEGMENT", *_]:
                    drawings.append(Drawing([], label=_quoted_digit(line)))
                    stroke = None
                case [".COMMENT", label, writer, _] if drawings and label.isdigit() and writer.isdigit():
                    drawings[-1].label, drawings[-1].writer = _label(label), _writer(writer)
                case [".PEN_DOWN"]:
                    stroke = []
                    drawings[-1].strokes.append(stroke)
                case [".PEN_UP"]:
                    stroke = None
                case _:
                    pass  # who, when, which tablet
        except (ValueError, IndexError):
            raise ValueError(
                f"line {number}: {one_line(line.strip(), 40)!r} is not UNIPEN as expected"
            ) from None
    for drawing in drawings:
        drawing.strokes = [_points(each) for each in drawing.strokes]
    return drawings


def _quoted_digit(line: str) -> int | None:
    """The digit in ``.SEGMENT DIGIT ? "8"``, if there is one."""
    quoted = line.split('"', 2)
    return _label(quoted[1]) if len(quoted) > 1 and quoted[1].isdigit() else None


def _label(word: str) -> int:
    if word not in DIGITS:
        raise ValueError
    return int(word)


def _writer(word: str) -> int:
    if len(word) > 18:  # so that it fits into 64 bits
        raise ValueError
    return int(word)


def _coordinate(word: str) -> float:
    value = float(word)
    if not abs(value) <= LARGEST_COORDINATE:  # so written, NaN is refused too
        raise ValueError
    return value
