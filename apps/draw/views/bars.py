"""Ten bars, always in the order 0 to 9; an outline and brighter text mark the best one too."""

from __future__ import annotations

import math

import numpy as np

from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import EASING, SMALL
from apps.draw.state.layout import Box
from apps.draw.state.session import Session
from apps.draw.views.view import View
from apps.messages import percent
from engine.recognition.recognize import Recognition

LEAST = 0.005  # a smaller probability is written faintly and has no bar
DONE = 0.002  # a smaller change is made at once


class BarsView(View):
    """Bars that ease to the probabilities; without a prediction they are empty at once.

    Attributes
    ----------
    rows : tuple of Box
        One for each digit, from 0 to 9.
    """

    area_name = "bars"

    def __init__(self) -> None:
        super().__init__()
        self._lengths = np.zeros(10)

    def arrange(self, area: Box, unit: float) -> None:
        super().arrange(area, unit)
        height = self.px(20)
        first = area.y + max(0, (area.height - 10 * height) // 2)
        self.rows = tuple(Box(area.x, first + digit * height, area.width, height) for digit in range(10))

    def paint(self, painter: Painter, session: Session) -> None:
        recognition = session.prediction.recognition
        self._ease(recognition, session.elapsed)
        for digit, row in enumerate(self.rows):
            probability = None
            if recognition is not None and recognition.probabilities is not None:
                probability = float(recognition.probabilities[digit])
            best = recognition is not None and recognition.digit == digit
            _paint_row(painter, row, digit, probability, self._lengths[digit], best)

    def _ease(self, recognition: Recognition | None, seconds: float) -> None:
        self.animating = False
        if recognition is None or recognition.probabilities is None:
            self._lengths[:] = 0
            return
        change = recognition.probabilities - self._lengths
        self.animating = bool(np.abs(change).max() >= DONE)
        self._lengths += change * (1 - math.exp(-4 * seconds / EASING)) if self.animating else change


def _paint_row(
    painter: Painter, row: Box, digit: int, probability: float | None, length: float, best: bool
) -> None:
    theme, middle = painter.theme, row.center[1]
    colour = theme.ink if best else theme.quiet
    painter.text(str(digit), SMALL, colour, (row.x, middle))
    if probability is not None:
        shade = theme.faint if probability < LEAST else colour
        painter.text(percent(probability), SMALL, shade, (row.right, middle), "right")
    start, end = row.x + painter.px(22), row.right - painter.px(52)
    height = max(6, painter.px(10))
    track = Box(start, middle - height // 2, end - start, height)
    painter.box(track, theme.button, height / 2)
    filled = round(track.width * length)
    if probability is not None and length >= LEAST:
        bar = Box(track.x, track.y, max(filled, height), height)
        painter.box(bar, theme.accent if best else theme.quiet, height / 2)
    if best:
        edge = painter.px(3)
        around = Box(track.x - edge, track.y - edge, track.width + 2 * edge, height + 2 * edge)
        painter.outline(around, theme.accent, around.height / 2)
