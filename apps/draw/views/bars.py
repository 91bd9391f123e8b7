"""Ten bars, always in the order 0 to 9; an outline and brighter text mark the answer too."""

from __future__ import annotations

import math
from collections.abc import Hashable

import numpy as np

from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import EASING, SMALL
from apps.draw.state.layout import Box
from apps.draw.state.session import Session
from apps.draw.views.view import View
from apps.messages import percent
from backends.arrays import Array
from engine.recognition.recognize import State

LEAST = 0.005  # a smaller probability has no bar, and is not written
DONE = 0.002  # a smaller change is made at once


class BarsView(View):
    """Bars that ease to the probabilities; without a prediction they are empty at once.

    Attributes
    ----------
    rows, tracks : tuple of Box
        For each digit, from 0 to 9: its row, and the part of it that a probability of 1 fills.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lengths = np.zeros(10)

    def arrange(self, area: Box, unit: float, session: Session) -> None:
        super().arrange(area, unit, session)
        step = min(self.px(24), (area.height - self.px(18)) // 10)
        first, high = area.y + self.px(18), max(6, self.px(12))
        self.rows = tuple(Box(area.x, first + digit * step, area.width, step) for digit in range(10))
        start, width = area.x + self.px(22), area.width - self.px(22 + 46)
        self.tracks = tuple(Box(start, row.center[1] - high // 2, width, high) for row in self.rows)

    def looks(self, session: Session) -> Hashable:
        probabilities, best = _shown(session)
        self._ease(probabilities, None if session.calm else session.elapsed)
        return probabilities.tobytes(), self._lengths.tobytes(), best

    def paint(self, painter: Painter, session: Session) -> None:
        probabilities, best = _shown(session)
        for digit in range(10):
            self._paint_row(painter, digit, float(probabilities[digit]), best == digit)
        self._paint_threshold(painter, session.prediction.needed)

    def _ease(self, probabilities: Array, seconds: float | None) -> None:
        if not probabilities.any():
            self._lengths[:] = 0
        change = probabilities - self._lengths
        self.animating = seconds is not None and bool(np.abs(change).max() >= DONE)
        self._lengths += change * (1 - math.exp(-4 * (seconds or 0) / EASING)) if self.animating else change

    def _paint_row(self, painter: Painter, digit: int, probability: float, best: bool) -> None:
        theme, row, track = painter.theme, self.rows[digit], self.tracks[digit]
        colour, middle = theme.ink if best else theme.quiet, row.center[1]
        painter.text(str(digit), SMALL, colour, (row.x, middle))
        painter.box(track, theme.button, 6)
        filled = round(track.width * self._lengths[digit])
        if probability >= LEAST:
            painter.text(percent(probability), SMALL, colour, (row.right, middle), "right")
            painter.box(track._replace(width=max(filled, 2)), theme.accent if best else theme.quiet, 6)
        if best:
            edge = self.px(3)
            around = Box(track.x - edge, track.y - edge, track.width + 2 * edge, track.height + 2 * edge)
            painter.outline(around, theme.accent, 9)

    def _paint_threshold(self, painter: Painter, needed: float) -> None:
        """The line that a bar must reach to be the answer."""
        if not needed:
            return
        first, last = self.tracks[0], self.tracks[-1]
        x = first.x + round(first.width * needed)
        top = self.rows[0].y - self.px(3)
        painter.fill(Box(x, top, max(1, self.px(1)), last.bottom + self.px(4) - top), painter.theme.edge)
        text = f"{percent(needed)} needed"
        painter.text(text, SMALL, painter.theme.quiet, (x + self.px(2), top - self.px(8)), "right")


def _shown(session: Session) -> tuple[Array, int | None]:
    """The probabilities that the bars show, all 0 where there are none, and which bar is the answer.

    A drawing that is too small has none: they would contradict the verdict.
    """
    recognition = session.prediction.recognition
    if recognition is None or recognition.probabilities is None or recognition.state is State.TOO_SMALL:
        return np.zeros(10), None
    best = recognition.digit if session.words.certain else None
    return recognition.probabilities, best
