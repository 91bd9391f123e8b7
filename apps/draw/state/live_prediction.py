"""The prediction for the drawing, kept up to date.

The network runs at most once a frame, and only when the points changed. A prediction never outlives the
drawing that it was made for.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from apps.draw.state.document import PenStrokes
from backends.errors import BackendFailedError
from engine.data.strokes import Strokes
from engine.recognition.recognize import Recognition


class LivePrediction:
    """Recognizes a drawing whenever it changed.

    Parameters
    ----------
    recognize : callable
        Makes a `Recognition` of strokes that are lists of points; it never sees the width of the brush.
    live : bool
        Whether to predict while drawing; otherwise only `run` predicts.
    clock : callable
        Returns the time in seconds.

    Attributes
    ----------
    recognition : Recognition or None
        Of the drawing as it is now; None where there is no prediction for it.
    failure : str or None
        Why there is none, where the backend failed; it is asked again when the points change.
    milliseconds : float or None
        How long the last prediction took; None for an empty canvas.
    """

    def __init__(
        self,
        recognize: Callable[[Strokes], Recognition],
        live: bool = True,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._recognize = recognize
        self._clock = clock
        self.live = live
        self.recognition: Recognition | None = None
        self.failure: str | None = None
        self.milliseconds: float | None = None
        self._points: Strokes | None = None

    def update(self, strokes: PenStrokes) -> None:
        """Drop the prediction if the points changed, and predict again if live. Call it once a frame."""
        points = _points(strokes)
        if points != self._points:
            self._points = points
            self.recognition = self.failure = None
        if self.recognition is None and self.failure is None and (self.live or not points):
            self.run(strokes)

    def run(self, strokes: PenStrokes) -> None:
        """Predict now, live or not."""
        self._points = _points(strokes)
        started = self._clock()
        self.recognition = self.failure = None
        try:
            self.recognition = self._recognize(self._points)
        except BackendFailedError as error:  # the drawing must survive it
            self.failure = str(error)
        self.milliseconds = (self._clock() - started) * 1000 if self._points else None

    def toggle_live(self) -> None:
        """Predict while drawing, or not any more."""
        self.live = not self.live


def _points(strokes: PenStrokes) -> Strokes:
    return [stroke.points for stroke in strokes]
