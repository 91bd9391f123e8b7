"""The prediction for the drawing, kept up to date.

The network runs at most once a frame, and only when the points changed. A prediction never outlives the
drawing that it was made for, but for this: of a drawing with very many points, which takes longer than a
frame, the last prediction is kept while a worker makes the next.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future

from apps.draw.state.document import PenStrokes
from backends.errors import BackendFailedError
from engine.data.strokes import Strokes
from engine.recognition.recognize import Recognition

MANY_POINTS = 1500  # a drawing with more is recognized by the worker, if there is one


class LivePrediction:
    """Recognizes a drawing whenever it changed.

    Parameters
    ----------
    recognize : callable
        Makes a `Recognition` of strokes that are lists of points; it never sees the width of the brush.
    live : bool
        Whether to predict while drawing; otherwise only `run` predicts.
    needed : float
        The probability at which the network's decision rule accepts a digit.
    clock : callable, optional
        Returns the time in seconds; without it, predictions are not timed.
    worker : Executor, optional
        Recognizes drawings with many points, one at a time. Without it, all is done at once.

    Attributes
    ----------
    recognition : Recognition or None
        Of the drawing as it is now; None where there is no prediction for it.
    failure : str or None
        Why there is none, where the backend failed; it is asked again when the points change.
    milliseconds : float or None
        How long this prediction took; None where there is none, or for an empty canvas.
    clock : callable or None
        As given.
    """

    def __init__(
        self,
        recognize: Callable[[Strokes], Recognition],
        live: bool = True,
        *,
        needed: float = 0.0,
        clock: Callable[[], float] | None = None,
        worker: Executor | None = None,
    ) -> None:
        self._recognize = recognize
        self.clock = clock
        self._worker = worker
        self.live = live
        self.needed = needed
        self.recognition: Recognition | None = None
        self.failure: str | None = None
        self.milliseconds: float | None = None
        self._strokes: PenStrokes | None = None  # those that `recognition` is for
        self._pending: tuple[PenStrokes, Future[None]] | None = None
        self._stale = False

    @property
    def strokes(self) -> PenStrokes | None:
        """Those that `recognition` is for; None where it is for something that was not drawn."""
        return self._strokes

    @property
    def pending(self) -> bool:
        """Whether the worker is at it."""
        return self._pending is not None

    def update(self, strokes: PenStrokes) -> None:
        """Drop the prediction if the points changed, and predict again if live. Call it once a frame."""
        if self._pending is not None:
            if not self._pending[1].done():
                return
            self._pending[1].result()  # raises what `_run` did not expect, as it does without a worker
            self._pending = None
        if self._stale:
            self._strokes, self._stale = None, False
        if self._strokes is None or not _same_points(strokes, self._strokes):
            if self.live and self._worker is not None and sum(len(s.points) for s in strokes) > MANY_POINTS:
                self._pending = strokes, self._worker.submit(self._run, strokes)
                return
            self._strokes = strokes
            self.recognition = self.failure = self.milliseconds = None
        if self.recognition is None and self.failure is None and (self.live or not strokes):
            self._run(strokes)

    def run(self, strokes: PenStrokes) -> None:
        """Predict now, live or not."""
        if self._pending is not None:
            self._pending[1].result()
            self._pending = None
        self._run(strokes)

    def show(self, recognition: Recognition | None, failure: str | None = None) -> None:
        """Show what is recognized in something else than the drawing, until the next update."""
        if self._pending is not None:
            self._pending[1].result()
            self._pending = None
        self._strokes, self.milliseconds = None, None
        self.recognition, self.failure = recognition, failure

    def forget(self) -> None:
        """The network changed: predict again at the next update, whatever is drawn."""
        self._stale = True

    def toggle_live(self) -> None:
        """Predict while drawing, or not any more."""
        self.live = not self.live

    def _run(self, strokes: PenStrokes) -> None:
        started = self.clock() if self.clock else 0.0
        recognition = failure = None
        try:
            recognition = self._recognize([stroke.points for stroke in strokes])
        except BackendFailedError as error:  # the drawing must survive it
            failure = str(error)
        took = (self.clock() - started) * 1000 if self.clock and strokes else None
        self._strokes, self.recognition, self.failure, self.milliseconds = strokes, recognition, failure, took


def _same_points(one: PenStrokes, other: PenStrokes) -> bool:
    return one is other or [stroke.points for stroke in one] == [stroke.points for stroke in other]
