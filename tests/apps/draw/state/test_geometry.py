"""Clipping to the canvas and erasing, held against dense samples of the lines."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from apps.draw.state.geometry import Point, clip_to_canvas, erase

near = st.floats(-1, 2).map(lambda value: round(value, 3))
points = st.tuples(near, near)
lines = st.lists(points, min_size=1, max_size=6)


def distance_to_path(point: Point, path: tuple[Point, Point]) -> float:
    a, b, p = (np.array(each, float) for each in (*path, point))
    length2 = float((b - a) @ (b - a))
    t = min(max(float((p - a) @ (b - a)) / length2, 0.0), 1.0) if length2 else 0.0
    return math.dist(p, a + t * (b - a))


def samples(line: list[Point] | tuple[Point, ...]) -> list[Point]:
    """Points along a line, close together."""
    if len(line) == 1:
        return list(line)
    t = np.linspace(0, 1, 40)[:, None]
    pieces = [np.array(start) + t * (np.array(end) - start) for start, end in pairwise(line)]
    return [(float(x), float(y)) for x, y in np.concatenate(pieces)]


@given(points, points)
def test_clipping_keeps_just_what_is_on_the_canvas(start: Point, end: Point) -> None:
    part = clip_to_canvas(start, end)
    inside = [p for p in samples([start, end]) if 0.001 < p[0] < 0.999 and 0.001 < p[1] < 0.999]
    if part is None:
        assert not inside
        return
    assert all(0 <= value <= 1 for point in part for value in point)
    assert all(distance_to_path(point, part) < 1e-6 for point in inside)
    assert all(distance_to_path(point, (start, end)) < 1e-6 for point in part)


def test_what_lies_inside_is_not_touched_by_clipping() -> None:
    assert clip_to_canvas((0.1, 0.2), (0.3, 0.4)) == ((0.1, 0.2), (0.3, 0.4))
    assert clip_to_canvas((0.5, 0.5), (0.5, 0.5)) == ((0.5, 0.5), (0.5, 0.5))


@given(lines, points, points, st.floats(0.01, 0.5))
def test_nothing_is_left_under_the_eraser_and_nothing_else_is_lost(
    line: list[Point], start: Point, end: Point, radius: float
) -> None:
    line = [point for index, point in enumerate(line) if index == 0 or point != line[index - 1]]
    path = start, end
    pieces = erase(line, path, radius)
    for piece in pieces:
        assert all(distance_to_path(point, path) > radius - 1e-5 for point in samples(piece))
    left = [pair for piece in pieces for pair in zip(piece, piece[1:] or piece, strict=False)]
    for point in samples(line):
        if distance_to_path(point, path) > radius + 1e-5:
            assert any(distance_to_path(point, (a, b)) < 1e-5 for a, b in left)


@given(lines, points, st.floats(0.01, 0.2))
def test_a_line_out_of_reach_stays_as_it_is(line: list[Point], center: Point, radius: float) -> None:
    assume(all(distance_to_path(point, (center, center)) > radius + 0.1 for point in samples(line)))
    line = [point for index, point in enumerate(line) if index == 0 or point != line[index - 1]]
    assert erase(line, (center, center), radius) == [tuple(line)]


def test_erasing_the_middle_parts_a_line() -> None:
    first, second = erase([(0.0, 0.5), (1.0, 0.5)], ((0.5, 0.0), (0.5, 1.0)), 0.1)
    np.testing.assert_allclose(first, [(0, 0.5), (0.4, 0.5)])
    np.testing.assert_allclose(second, [(0.6, 0.5), (1, 0.5)])
