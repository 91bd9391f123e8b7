"""A small chart: one curve over the digits learned from, on a scale of powers of ten."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pygame

from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import SMALL, Colour
from apps.draw.state.geometry import Point
from apps.draw.state.layout import Box

Scale = Callable[[float], float]
COLUMNS = 120  # in which points are averaged: the curve is as smooth in a large window as in a small one
FIRST_DIGITS = 4000  # the least range of the horizontal axis, so that the first points do not race across
TITLE, LABELS = 20, 34  # px above the plot for the title, left of it for the labels


def loss_height(loss: float) -> float:
    """How high a loss is in the chart, from 0 at 0.01 to 1 at 4."""
    return _inside(math.log(max(loss, 1e-9) / 0.01) / math.log(4 / 0.01))


def accuracy_height(accuracy: float) -> float:
    """How high an accuracy is in the chart: each tenfold drop of the errors is as high as any other."""
    return _inside(math.log10(max(1 - accuracy, 1e-9)) / math.log10(0.003))


def plot_area(box: Box, px: Callable[[float], int]) -> Box:
    """Where the curve is, in the box of the chart."""
    left, top = box.x + px(LABELS), box.y + px(TITLE)
    return Box(left, top, box.right - left, box.bottom - top)


def curve(points: Sequence[tuple[int, float]], plot: Box, height: Scale) -> list[Point]:
    """Where the curve goes, in pixels; of points in the same column, their mean."""
    if not points:
        return []
    values = np.array(points, np.float64)
    columns = np.rint(values[:, 0] / max(FIRST_DIGITS, values[-1, 0]) * COLUMNS).astype(int)
    found, which = np.unique(columns, return_inverse=True)
    means = np.bincount(which, values[:, 1]) / np.bincount(which)
    across, high = (plot.width - 3) / COLUMNS, plot.height - 3
    return [
        (plot.x + 1 + round(x * across), plot.y + 1 + high * (1 - height(float(y))))
        for x, y in zip(found, means, strict=True)
    ]


def paint_chart(
    painter: Painter,
    box: Box,
    title: str,
    points: Sequence[tuple[int, float]],
    height: Scale,
    marks: dict[str, float],
    words: Callable[[float], str],
    colour: Colour,
) -> None:
    """Paint a chart with its title, the last value, and a labelled line at each mark."""
    theme, plot, middle = painter.theme, plot_area(box, painter.px), box.y + painter.px(8)
    painter.text(title, SMALL, theme.quiet, (box.x, middle))
    if points:
        painter.text(words(points[-1][1]), SMALL, theme.ink, (box.right, middle), "right")
    painter.fill(plot, theme.paper)
    for label, value in marks.items():
        y = plot.y + round(plot.height * (1 - height(value)))
        painter.fill(Box(plot.x, y, plot.width, 1), theme.line)
        painter.text(label, SMALL, theme.quiet, (plot.x - painter.px(5), y), "right")
    places = curve(points, plot, height)
    width = max(1, painter.px(1.6))
    if len(places) > 1:
        pygame.draw.lines(painter.surface, colour, False, places, width)
        pygame.draw.aalines(painter.surface, colour, False, places)
    if places:
        pygame.draw.aacircle(painter.surface, colour, places[-1], painter.px(3))
    painter.touched.append(pygame.Rect(box))


def _inside(share: float) -> float:
    return min(max(share, 0.0), 1.0)
