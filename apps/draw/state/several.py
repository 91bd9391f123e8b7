"""Several digits on the canvas: which strokes belong to which, and which digit the pages show.

After a rest the drawing is divided into digits, by `engine.recognition.segment`. Digits whose strokes are all
still there stay as they are while more is drawn; what is new is predicted on its own until the next rest.
Where there is only one digit, nothing of this is seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property

from apps.draw.state.document import PenStrokes
from apps.draw.state.geometry import Point, Rectangle
from apps.draw.state.live_network import LiveNetwork
from apps.draw.state.waiting import wait_for
from backends.errors import BackendFailedError
from engine.recognition.recognize import Recognition

MOST_STROKES = 100  # a drawing with more is not a row of digits
DWELL = 0.15  # seconds that the pointer rests on a digit before it is shown: it may only be passing by
MARGIN = 0.012  # canvas units between the ink of a digit and its box


@dataclass(frozen=True, eq=False)
class Digit:
    """One of several digits: its strokes, and what they are recognized as."""

    strokes: PenStrokes
    recognition: Recognition

    @cached_property
    def box(self) -> Rectangle:
        """A rectangle around its ink, in canvas units."""
        return _around(self.strokes)


class Several:
    """The digits of a drawing, from left to right.

    Parameters
    ----------
    network : LiveNetwork, optional
        Divides the drawing and recognizes the digits; without it, a drawing is always one digit.

    Attributes
    ----------
    digits : tuple of Digit
        At least two, or none: then the drawing is one digit.
    growing : tuple of PenStroke
        Strokes that came later and are not in any of the digits yet; empty where ``digits`` is.
    chosen : int
        The digit that the pages show, where nothing is growing.
    """

    def __init__(self, network: LiveNetwork | None) -> None:
        self._network = network
        self.digits: tuple[Digit, ...] = ()
        self.growing: PenStrokes = ()
        self.chosen = 0
        self._strokes: PenStrokes = ()
        self._divided: PenStrokes | None = None  # those that `digits` was found for
        self._under: int | None = None  # the digit under the pointer
        self._choose_at: float | None = None

    @property
    def waiting(self) -> bool:
        """Whether the drawing may have several digits and is to be divided at the next rest."""
        changed = self._strokes is not self._divided
        return self._network is not None and changed and 2 <= len(self._strokes) <= MOST_STROKES

    @property
    def shown(self) -> PenStrokes:
        """The strokes that the prediction is for: what is growing, else the chosen digit, else all."""
        return self.growing or (self.digits[self.chosen].strokes if self.digits else self._strokes)

    @property
    def place(self) -> int:
        """How many digits lie to the left of what is growing."""
        left, _, right, _ = _around(self.growing)
        return sum(digit.box[0] + digit.box[2] < left + right for digit in self.digits)

    @property
    def due(self) -> float | None:
        """When the digit under the pointer will be shown; None if nothing will happen."""
        return self._choose_at

    def update(self, strokes: PenStrokes, live: bool, now: float) -> None:
        """Call it once a frame: keep the digits that are still there, and follow the pointer."""
        if strokes is not self._strokes:
            self._strokes = strokes
            drawn = set(map(id, strokes))
            kept = [each for each in self.digits if live and drawn.issuperset(map(id, each.strokes))]
            self._set(tuple(kept))
        if self._choose_at is not None and now >= self._choose_at and self._under is not None:
            self.chosen, self._choose_at = self._under, None

    def divide(self) -> None:
        """Divide the drawing now."""
        self._take(self._strokes, self._read(self._strokes))

    def dividing(self, worker: Executor | None) -> Iterator[None]:
        """Divide the drawing in the worker, as one of `Session.jobs`; without one, at once."""
        strokes = self._divided = self._strokes
        digits = yield from wait_for(worker, lambda: self._read(strokes))
        if strokes is self._strokes:
            self._take(strokes, digits)

    def forget(self) -> None:
        """The network changed: divide the drawing again."""
        self._divided = None

    def point(self, place: Point | None, now: float) -> None:
        """The pointer is at a place in canvas units, or away."""
        under = None if place is None else self._at(place)
        if under != self._under:
            self._under = under
            self._choose_at = None if under in (None, self.chosen) else now + DWELL

    def choose(self, digit: int) -> None:
        """Show this digit, counted from the left; beyond the last comes the first."""
        if self.digits:
            self.chosen, self._choose_at = digit % len(self.digits), None

    def _at(self, place: Point) -> int | None:
        """The digit whose box holds a place; where boxes overlap, the one whose middle is nearest."""
        x, y = place
        holding = [
            (abs(x - (left + right) / 2), index)
            for index, (left, top, right, bottom) in enumerate(digit.box for digit in self.digits)
            if left <= x <= right and top <= y <= bottom
        ]
        return min(holding)[1] if holding else None

    def _read(self, strokes: PenStrokes) -> tuple[Digit, ...]:
        if self._network is None:
            return ()
        try:
            found = self._network.recognize_digits([stroke.points for stroke in strokes])
        except BackendFailedError:  # the prediction of the whole drawing will say so
            return ()
        return tuple(Digit(tuple(strokes[i] for i in group), each) for group, each in found)

    def _take(self, strokes: PenStrokes, digits: tuple[Digit, ...]) -> None:
        """Show the digits of a drawing: the one that is shown already, or the one that was drawn last."""
        shown = self.shown
        self._divided = strokes
        self._set(digits)
        same = (i for i, each in enumerate(self.digits) if each.strokes == shown)
        last = (i for i, each in enumerate(self.digits) if strokes[-1] in each.strokes)
        self.chosen = next(same, next(last, 0))

    def _set(self, digits: tuple[Digit, ...]) -> None:
        self.digits = digits if len(digits) > 1 else ()
        known = {id(stroke) for digit in self.digits for stroke in digit.strokes}
        new = (stroke for stroke in self._strokes if id(stroke) not in known)
        self.growing = tuple(new) if self.digits else ()
        self.chosen = min(self.chosen, max(len(self.digits) - 1, 0))
        self._under = self._choose_at = None


def _around(strokes: PenStrokes) -> Rectangle:
    left, top, right, bottom = zip(*(stroke.box for stroke in strokes), strict=True)
    edge = max(stroke.width for stroke in strokes) / 2 + MARGIN
    corners = min(left) - edge, min(top) - edge, max(right) + edge, max(bottom) + edge
    x0, y0, x1, y1 = (min(max(corner, 0.0), 1.0) for corner in corners)
    return x0, y0, x1, y1
