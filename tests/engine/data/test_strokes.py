"""Drawings: the image depends on the shape that was drawn and on nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backends import imaging
from backends.errors import ArgumentError
from engine.data.strokes import FINEST_STEP, PEN_WIDTH, pack, placement, strokes_to_image

coordinate = st.floats(-100, 100, allow_nan=False)
stroke = st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=12)
drawing = st.lists(stroke, min_size=1, max_size=4)

Points = list[list[tuple[float, float]]]

SEVEN = [[(0.1, 0.1), (0.7, 0.1), (0.3, 0.9)], [(0.25, 0.5), (0.6, 0.5)]]


def test_no_stroke_gives_a_blank_image() -> None:
    assert not strokes_to_image([]).any()
    assert not strokes_to_image([[], []]).any()


def test_a_seven_looks_like_one() -> None:
    image = strokes_to_image(SEVEN)
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    assert rows[-1] - rows[0] + 1 == 20  # the longer side
    assert 15 <= columns[-1] - columns[0] + 1 <= 19
    assert image.max() == 255
    assert (image[rows[0] + 1] > 0).sum() >= 14  # the bar on top
    assert (image[rows[-1] - 1] > 0).sum() <= 5  # the foot


@given(drawing, st.floats(0.1, 10), coordinate, coordinate)
@settings(deadline=None)
def test_size_and_place_do_not_matter(strokes: Points, scale: float, right: float, down: float) -> None:
    parts = [np.concatenate([np.array(each) for each in strokes]), *(np.array(each) for each in strokes)]
    # A speck beside coordinates of 100: its shape is lost in rounding. A dot has none to lose.
    whole, *each_stroke = (np.ptp(part, axis=0).max() for part in parts)
    assume(whole >= 1e-3 and all(extent == 0 or extent >= 1e-3 for extent in each_stroke))
    moved = [[(scale * x + right, scale * y + down) for x, y in each] for each in strokes]
    difference = strokes_to_image(strokes).astype(int) - strokes_to_image(moved)
    # A drawing whose mass lies on the edge between two places may fall either way.
    assert np.abs(difference).max() <= 1 or _shifted_by_a_pixel(strokes, moved)


def _shifted_by_a_pixel(first: Points, second: Points) -> bool:
    a, b = strokes_to_image(first).astype(int), strokes_to_image(second).astype(int)
    shifts = [np.roll(b, (y, x), axis=(0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return any(np.abs(a - shifted).max() <= 1 for shifted in shifts)


@pytest.mark.parametrize("points", [10, 100, 10_000])
def test_density_of_points_does_not_matter(points: int) -> None:
    corners = np.array(SEVEN[0])
    t = np.linspace(0, 1, points)
    place = np.concatenate([t[t <= 0.5] * 2, 1 + (t[t > 0.5] - 0.5) * 2])
    dense = np.stack([np.interp(place, [0, 1, 2], corners[:, axis]) for axis in (0, 1)], axis=1)
    with_corner = np.insert(dense, np.searchsorted(place, 1), corners[1], axis=0)
    difference = strokes_to_image([with_corner]).astype(int) - strokes_to_image([corners])
    assert np.abs(difference).max() <= 255 * FINEST_STEP  # as far as a corner may be off


@pytest.mark.parametrize("strokes", [[[(3, 4)]], [[(3, 4), (3, 4)]], [[(3, 4)], [(3, 4)]], [[], [(3, 4)]]])
def test_a_dot_is_a_dot(strokes: Points) -> None:
    image = strokes_to_image(strokes)
    assert 4 <= (image > 0).sum() <= 16
    assert image[14, 14] == 255


@pytest.mark.parametrize("line", [[(0, 0), (0, 5)], [(0, 0), (5, 0)], [(-1e6, 2), (1e6, 2)]])
def test_a_straight_line_is_20_pixels_long(line: list[tuple[float, float]]) -> None:
    ink = strokes_to_image([line]) > 0
    assert max(ink.any(axis=0).sum(), ink.any(axis=1).sum()) == 20
    assert min(ink.any(axis=0).sum(), ink.any(axis=1).sum()) <= 4


def test_pen_is_as_wide_as_asked() -> None:
    widths = [
        (strokes_to_image([[(0, 0), (0, 9)]], pen_width=pen) / 255).sum() / 20 for pen in (2.0, 3.0, 4.0)
    ]
    assert np.diff(widths) == pytest.approx([1, 1], abs=0.1)


@pytest.mark.parametrize("size", [5e-324, 1e-308, 1e-200, 1e-13, 1e-9, 1.0, 1e9, 1e12])
def test_drawings_of_any_size_are_drawn_or_are_a_dot(size: float) -> None:
    image = strokes_to_image([[(0, 0), (size, 0), (0, size)]])
    rows, columns = np.nonzero(image)
    assert np.ptp(rows) == np.ptp(columns)
    assert np.ptp(rows) + 1 == (20 if size > 1e-12 else 3)


@pytest.mark.parametrize(
    "point",
    [(np.nan, 0), (0, np.inf), (1e308, 0), (0, -1e13), (1, 2, 3), (1,), ("a", "b"), (1j, 0), (None, 0)],
)
def test_points_that_are_none_are_refused(point: Any) -> None:
    with pytest.raises(ArgumentError, match=r"strokes\[1\]"):
        strokes_to_image([[(0, 0)], [point]])


@settings(max_examples=50)
@given(drawing)
def test_lines_that_are_placed_make_the_image(strokes: Points) -> None:
    """Drawn where `placement` says, they give the same pixels, wherever the centre of mass moved them."""
    place, lines = placement(strokes), pack(strokes)
    points = lines.points * place.scale + (place.x, place.y)
    drawn = imaging.draw_lines(points[None], lines.joined[None], np.array([PEN_WIDTH]), 28, 28)[0]
    image = strokes_to_image(strokes)
    assert np.abs(np.rint(drawn * 255 / drawn.max()) - image).max() <= 1


def test_a_drawing_without_a_point_has_no_place() -> None:
    with pytest.raises(ArgumentError, match="draw something first"):
        placement([[]])
