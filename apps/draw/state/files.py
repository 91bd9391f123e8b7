"""Drawings as files: saved, opened, and kept from one session to the next.

A drawing is JSON that `inkdigits predict` reads: ``strokes`` in canvas units, and the ``widths`` of the
brush, which only people see. Beside it lies a picture of it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from apps.draw.state.document import PenStroke, PenStrokes
from apps.draw.state.geometry import Point, rectangle_of
from backends.errors import InkdigitsError
from engine.data.drawings import LARGEST_FILE, read_drawing
from engine.data.files import read_file
from engine.model.network import Network
from engine.model.safe_write import write_atomically

USUAL_WIDTH = 0.045  # of the brush, for a file that does not say
MARGIN = 0.12  # canvas units around a drawing whose unit is another
LARGEST = 1e9  # coordinate
RECENT = 8  # drawings that can be opened with a key


@dataclass(frozen=True)
class Saved:
    """A saved drawing."""

    path: Path
    strokes: PenStrokes


class Files(Protocol):
    """What a session needs of files."""

    def save(self, strokes: PenStrokes) -> str: ...

    def save_network(self, network: Network) -> str: ...

    def open(self, path: Path) -> PenStrokes: ...

    def recent(self) -> list[Saved]: ...

    def keep(self, strokes: PenStrokes) -> None: ...

    def last(self) -> PenStrokes: ...


class Folders:
    """Drawings in two folders.

    Parameters
    ----------
    saved : Path
        Where drawings are saved; made when the first one is.
    data : Path
        Where the last session's drawing is kept.
    picture : callable
        Makes a PNG of strokes.
    """

    def __init__(self, saved: Path, data: Path, picture: Callable[[PenStrokes], bytes]) -> None:
        self._saved, self._data, self._picture = saved, data, picture

    def save(self, strokes: PenStrokes) -> str:
        """Save a drawing and its picture under the next free number; returns where, in short."""
        path = self._next("drawing")
        write_atomically(path, as_json(strokes))
        write_atomically(path.with_suffix(".png"), self._picture(strokes))
        return _in_short(path)

    def save_network(self, network: Network) -> str:
        """Save a network under the next free number; returns where, in short. No file is replaced."""
        path = self._next("network")
        network.save(path)
        return _in_short(path)

    def _next(self, kind: str) -> Path:
        """A name that no file has yet, in the folder, which is made if it is not there."""
        _make(self._saved)
        number = max((_number(path, kind) for path in self._saved.glob(f"{kind}-*.json")), default=0) + 1
        return self._saved / f"{kind}-{number:03}.json"

    def open(self, path: Path) -> PenStrokes:
        """Read a drawing."""
        return from_json(path)

    def recent(self) -> list[Saved]:
        """The drawings that were saved last, the newest first; files that cannot be read are left out."""
        found = []
        for path in sorted(self._saved.glob("drawing-*.json"), key=_number, reverse=True):
            try:
                found.append(Saved(path, from_json(path)))
            except InkdigitsError:
                continue
            if len(found) == RECENT:
                break
        return found

    def keep(self, strokes: PenStrokes) -> None:
        """Keep a drawing for the next session."""
        _make(self._data)
        write_atomically(self._data / "last-drawing.json", as_json(strokes))

    def last(self) -> PenStrokes:
        """The drawing of the last session."""
        path = self._data / "last-drawing.json"
        if not path.exists():
            raise InkdigitsError("nothing was drawn in an earlier session")
        return from_json(path)


def as_json(strokes: PenStrokes) -> bytes:
    """A drawing as JSON."""
    content = {"strokes": [s.points for s in strokes], "widths": [s.width for s in strokes]}
    return json.dumps(content).encode()


def from_json(path: Path) -> PenStrokes:
    """Read a file with one drawing; one in another unit than the canvas's is scaled to the middle of it.

    Raises
    ------
    InkdigitsError
        The file holds no drawing.
    """
    drawing = read_drawing(path)
    lines: list[list[Point]] = [[(float(x), float(y)) for x, y in stroke] for stroke in drawing.strokes]
    lines = [line for line in lines if line]
    if not lines:
        raise InkdigitsError(f"{path} holds a drawing without a point")
    if max(abs(each) for line in lines for point in line for each in point) > LARGEST:
        raise InkdigitsError(f"{path} holds a drawing with a coordinate beyond {LARGEST:.0e}")
    if not all(0 <= each <= 1 for line in lines for point in line for each in point):
        lines = to_canvas(lines)
    widths = _widths(path, len(lines))
    return tuple(PenStroke(tuple(line), width) for line, width in zip(lines, widths, strict=True))


def _widths(path: Path, count: int) -> list[float]:
    """The brush's widths that this program has written; the usual one where others wrote the file."""
    try:
        content = json.loads(read_file(path, InkdigitsError, LARGEST_FILE))
        widths = [float(width) for width in content["widths"]]
    except (InkdigitsError, ValueError, KeyError, TypeError, RecursionError, OverflowError):
        widths = []
    good = len(widths) == count and all(0 < width <= 1 and math.isfinite(width) for width in widths)
    return widths if good else [USUAL_WIDTH] * count


def to_canvas(lines: list[list[Point]]) -> list[list[Point]]:
    """Scale lines of any unit to the middle of the canvas."""
    left, top, right, bottom = rectangle_of([point for line in lines for point in line])
    scale = (1 - 2 * MARGIN) / max(right - left, bottom - top, 1e-12)
    x0, y0 = (left + right) / 2 - 0.5 / scale, (top + bottom) / 2 - 0.5 / scale
    return [[(_inside((x - x0) * scale), _inside((y - y0) * scale)) for x, y in line] for line in lines]


def _inside(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def _number(path: Path, kind: str = "drawing") -> int:
    digits = path.stem.removeprefix(f"{kind}-")
    return int(digits) if digits.isdecimal() and len(digits) < 10 else 0


def _in_short(path: Path) -> str:
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InkdigitsError(f"cannot make the folder {folder}: {error.strerror}") from None
