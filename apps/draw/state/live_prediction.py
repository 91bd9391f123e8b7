"""What the network makes of the drawing, kept up to date.

`LivePrediction` reads at most once a frame, and only when the points changed. An answer never outlives the
drawing that it was given for.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from apps.draw.state.document import Strokes
from apps.draw.state.geometry import Point
from engine.recognition.recognize import Recognition

Points = list[tuple[Point, ...]]


class LivePrediction:
    """Reads a drawing whenever it changed.

    Parameters
    ----------
    recognize : makes a `Recognition` of lists of points; the brush's width never gets this far

    Attributes
    ----------
    live : read while drawing; else the canvas is read on demand, and nothing is said of a changed drawing
    recognition : of the drawing as it is now; None where it has not been read
    milliseconds : that the last reading took
    """

    def __init__(self, recognize: Callable[[Points], Recognition], live: bool = True) -> None:
        self._recognize = recognize
        self.live = live
        self.recognition: Recognition | None = None
        self.milliseconds: float | None = None
        self._seen: Points | None = None

    def update(self, strokes: Strokes) -> None:
        """To be called once a frame: forgets the answer if the points changed, and reads if it may."""
        points = [stroke.points for stroke in strokes]
        if points != self._seen:
            self._seen = points
            self.recognition = None
        if self.recognition is None and (self.live or not points):
            self.read(strokes)

    def read(self, strokes: Strokes) -> None:
        """Read now, asked or not."""
        self._seen = [stroke.points for stroke in strokes]
        started = time.perf_counter()
        self.recognition = self._recognize(self._seen)
        self.milliseconds = (time.perf_counter() - started) * 1000 if self._seen else None

    def switch_live(self) -> None:
        """Read while drawing, or not any more."""
        self.live = not self.live
