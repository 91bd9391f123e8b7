"""Non-digits: random drawings of anything else, so that a network learns to reject them.

Curves, made-up symbols, lines between the nodes of a grid (as in capitals and houses), zigzags, outlines,
ticks, dashes, and digits that were spoiled: mirrored, turned, crossed out, or two at once.
"""

from __future__ import annotations

import numpy as np

from backends.arrays import Array
from backends.imaging import spline_basis
from engine.data.drawings import Drawing

STILL_DIGITS_MIRRORED = (0, 1, 8)
STILL_DIGITS_TURNED = (
    0,
    1,
    6,
    8,
    9,
)  # by a quarter; some of these become a dash or a spiral, at best unclear


def non_digits(count: int, digits: list[Drawing], random: np.random.Generator) -> list[Drawing]:
    """Make random non-digits.

    Parameters
    ----------
    count : int
        How many.
    digits : list of Drawing
        Real digits with labels, at least one; about one non-digit in eight is made by spoiling one of these.
    random : numpy.random.Generator
        Source of all random numbers; it advances.

    Returns
    -------
    list of Drawing
        Drawings without a label.
    """
    makers = [_curves, _polyline, _made_up_symbol, _grid_symbol, _zigzag, _outline, _tick, _dash]
    shares = [0.22, 0.10, 0.19, 0.15, 0.06, 0.09, 0.04, 0.02]
    made = []
    for kind in random.choice(len(makers) + 1, count, p=[*shares, 1 - sum(shares)]):
        strokes = makers[kind](random) if kind < len(makers) else _spoiled(digits, random)
        made.append(Drawing(strokes))
    return made


def _curves(random: np.random.Generator) -> list[Array]:
    """One or two smooth curves through random points, or along a random walk."""
    strokes = []
    for _ in range(random.integers(1, 3)):
        knots = int(random.integers(6, 18))
        control = random.random((knots, 2))
        if random.random() < 0.5:
            control = np.cumsum(random.normal(size=(knots, 2)), axis=0)
        along = np.linspace(0, knots - 3, 8 * knots)
        strokes.append(np.asarray(spline_basis(along, knots) @ control, np.float64))
    return strokes


def _polyline(random: np.random.Generator, corners: int | None = None) -> list[Array]:
    """Straight lines from corner to corner, sometimes back to the first."""
    points = random.random((corners or int(random.integers(4, 9)), 2))
    return [np.vstack([points, points[:1]]) if random.random() < 0.3 else points]


def _made_up_symbol(random: np.random.Generator) -> list[Array]:
    """Two to four random lines, arcs and corners, as letters and symbols are made of."""
    strokes: list[Array] = []
    for _ in range(random.integers(2, 5)):
        kind = random.random()
        if kind < 0.55:
            strokes.append(random.random((2, 2)))
        elif kind < 0.85:
            strokes.append(_arc(random))
        else:
            strokes += _polyline(random, 3)
    return strokes


def _arc(random: np.random.Generator) -> Array:
    """A part of an ellipse."""
    angle = random.uniform(0, 2 * np.pi) + np.linspace(0, random.uniform(1.5, 2 * np.pi), 24)
    arc: Array = np.stack([np.cos(angle), np.sin(angle)], axis=1) * random.uniform(0.1, 0.5, 2)
    return arc + random.random(2)


def _grid_symbol(random: np.random.Generator) -> list[Array]:
    """Lines between the nodes of a 3x3 grid with some noise: H, E, K, a house, a hash."""
    nodes = np.stack(np.meshgrid(np.arange(3.0), np.arange(3.0)), axis=-1).reshape(9, 2)
    nodes = nodes * random.uniform(0.6, 1.2, 2) + random.normal(0, 0.12, nodes.shape)
    return [
        nodes[random.choice(9, random.integers(2, 4), replace=False)] for _ in range(random.integers(3, 6))
    ]


def _zigzag(random: np.random.Generator) -> list[Array]:
    """Lines back and forth, in any direction."""
    turns = int(random.integers(4, 14))
    x = np.linspace(0, random.uniform(0.3, 2), turns)
    y = np.arange(turns) % 2 + random.normal(0, 0.15, turns)
    points = np.stack([x, y], axis=1) + random.normal(0, 0.05, (turns, 2))
    angle = random.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return [points @ turn]


def _outline(random: np.random.Generator) -> list[Array]:
    """A closed shape with three to six corners, or a star, sometimes with a line inside."""
    corners = int(random.integers(3, 7))
    angle = (np.arange(corners) + random.uniform(0, 1)) * 2 * np.pi / corners
    angle += random.normal(0, 0.15, corners)
    radius = 1 + random.normal(0, 0.12, corners)
    if corners > 3 and random.random() < 0.4:
        radius[::2] *= random.uniform(0.3, 0.7)
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius[:, None] * random.uniform(0.5, 1, 2)
    strokes = [np.vstack([points, points[:1]])]
    if random.random() < 0.3:
        strokes.append(random.uniform(-0.6, 0.6, (2, 2)))
    return strokes


def _tick(random: np.random.Generator) -> list[Array]:
    """A short line down to the right, then a long one up."""
    corner = np.array([random.uniform(0.2, 0.4), 1.0])
    start = corner - np.array([random.uniform(0.15, 0.4), random.uniform(0.15, 0.5)])
    end = corner + np.array([random.uniform(0.4, 0.9), -random.uniform(0.7, 1.1)])
    return [np.stack([start, corner, end])]


def _dash(random: np.random.Generator) -> list[Array]:
    """A nearly horizontal line."""
    return [np.array([[0.0, 0.0], [1.0, random.uniform(-0.25, 0.25)]])]


def _spoiled(digits: list[Drawing], random: np.random.Generator) -> list[Array]:
    """A real digit mirrored, turned by a quarter, with a second one beside it, or crossed out."""
    digit = digits[random.integers(len(digits))]
    strokes = [np.asarray(stroke, np.float64) for stroke in digit.strokes]
    kind = random.random()
    if kind < 0.25 and digit.label not in STILL_DIGITS_MIRRORED:
        return [stroke * [-1, 1] for stroke in strokes]
    if kind < 0.5 and digit.label not in STILL_DIGITS_TURNED:
        return [stroke[:, ::-1] * [1, -1] for stroke in strokes]
    points = np.concatenate(strokes)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    if kind < 0.75:
        other = digits[random.integers(len(digits))].strokes
        beside = np.array([random.uniform(0.7, 1.2) * max(size), random.normal(0, 0.15 * max(size))])
        return [*strokes, *(np.asarray(stroke, np.float64) + beside for stroke in other)]
    lines = [low + size * random.random((2, 2)) * 1.2 for _ in range(random.integers(2, 4))]
    return [*strokes, *lines]
