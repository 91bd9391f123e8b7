"""Ten bars, always in the order 0 to 9; the best one is marked by an outline and brighter text too."""

from __future__ import annotations

import math

import numpy as np

from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import EASING, SMALL
from apps.draw.state.layout import Box, Layout
from apps.messages import percent
from engine.recognition.recognize import Recognition

LEAST = 0.005  # less than this is told faintly and has no bar


class BarsView:
    """Bars that ease to their values; without an answer they are empty at once."""

    def __init__(self) -> None:
        self._lengths = np.zeros(10)

    def advance(self, recognition: Recognition | None, seconds: float) -> bool:
        """Let time pass; returns whether the bars are still moving."""
        if recognition is None or recognition.probabilities is None:
            self._lengths[:] = 0
            return False
        gap = recognition.probabilities - self._lengths
        if np.abs(gap).max() < 0.002:
            self._lengths += gap
            return False
        self._lengths += gap * (1 - math.exp(-4 * seconds / EASING))
        return True

    def paint(self, painter: Painter, layout: Layout, recognition: Recognition | None) -> None:
        for digit, box in enumerate(layout.bars):
            probability = None
            if recognition is not None and recognition.probabilities is not None:
                probability = float(recognition.probabilities[digit])
            best = recognition is not None and recognition.digit == digit
            _paint_bar(painter, box, digit, probability, self._lengths[digit], best)


def _paint_bar(
    painter: Painter, box: Box, digit: int, probability: float | None, length: float, best: bool
) -> None:
    theme, middle = painter.theme, box.center[1]
    colour = theme.ink if best else theme.quiet
    painter.text(str(digit), SMALL, colour, (box.x, middle))
    if probability is not None:
        shade = theme.faint if probability < LEAST else colour
        painter.text(percent(probability), SMALL, shade, (box.right, middle), "right")
    start, end = box.x + painter.px(22), box.right - painter.px(52)
    height = max(6, painter.px(10))
    track = Box(start, middle - height // 2, end - start, height)
    painter.box(track, theme.raised, height / 2)
    filled = round(track.width * length)
    if probability is not None and length >= LEAST:
        bar = Box(track.x, track.y, max(filled, height), height)
        painter.box(bar, theme.accent if best else theme.quiet, height / 2)
    if best:
        edge = painter.px(3)
        around = Box(track.x - edge, track.y - edge, track.width + 2 * edge, height + 2 * edge)
        painter.outline(around, theme.accent, around.height / 2)
