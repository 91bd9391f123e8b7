"""Framing and drawing to the letter: what a changed number would change, on inputs that are done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data.framing import BOX, SIDE, frame_digit, resampling
from engine.data.strokes import draw_digits, extent, pack, strokes_to_image


def test_shrinking_takes_the_mean_and_enlarging_interpolates() -> None:
    assert resampling(3, 2).tolist() == [[2 / 3, pytest.approx(1 / 3), 0], [0, pytest.approx(1 / 3), 2 / 3]]
    assert resampling(2, 4).tolist() == [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]]
    assert resampling(1, 3).tolist() == [[1], [1], [1]]
    assert resampling(3, 3).tolist() == np.eye(3).tolist()


def test_a_digit_is_cut_out_scaled_and_centred() -> None:
    ink = np.zeros((50, 60))
    ink[4:44, 9:29] = 3  # 40 by 20 becomes 20 by 10
    framed = frame_digit(ink)
    assert framed.shape == (SIDE, SIDE) == (28, 28)
    rows, columns = np.flatnonzero(framed.any(axis=1)), np.flatnonzero(framed.any(axis=0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (5, 24, 10, 19)
    assert (framed[5:25, 10:20] == 255).all()


def test_a_hair_is_one_pixel_wide() -> None:
    ink = np.zeros((90, 3))
    ink[:, 1] = 1
    framed = frame_digit(ink)
    assert (framed > 0).sum() == 20
    assert framed[5:25, 14].all()


def test_both_ends_of_a_stroke_are_kept() -> None:
    """However near the last point is to the one before; others that are too near are dropped."""
    lines = pack([[(0, 0), (0, 0.01), (0, 5.02), (0, 5.03), (0, 20), (10.01, 20), (10.02, 20)]])
    assert lines.points.tolist() == [[0, 0], [0, 5.02], [0, 20], [10.01, 20], [10.02, 20]]
    assert lines.joined.tolist() == [True] * 4


def test_points_are_thinned_by_a_twentieth_of_a_pixel() -> None:
    """Of 20 pixels, along the stroke: a drawing of 20 units has one point in each 0.05."""
    fine = [(0.0, y / 100) for y in range(2001)]
    assert 390 <= len(pack([fine]).points) <= 402


def test_strays_are_dropped_and_others_are_not() -> None:
    """A stroke below 8 % of the largest one is a touch of the pen."""
    line = [(0, 0), (0, 100)]
    assert len(pack([line, [(50, 0), (50, 7.9)]]).points) == 2
    kept = pack([line, [(50, 0), (50, 8.0)]])
    assert kept.points.tolist() == [[0, 0], [0, 100], [50, 0], [50, 8]]
    assert kept.joined.tolist() == [True, False, True]


def test_a_dot_is_joined_to_itself() -> None:
    dot = pack([[], [(3, 4)]])
    assert dot.points.tolist() == [[3, 4], [3, 4]]
    assert dot.joined.tolist() == [True]
    nothing = pack([[]])
    assert (nothing.points.shape, nothing.joined.shape) == ((0, 2), (0,))


def test_extent_is_the_longer_side() -> None:
    assert extent(np.array([[1, 1], [4, 2], [2, 9]])) == 8


def test_ink_fills_the_box_pen_and_all() -> None:
    """A square of lines: 20 pixels each way, with the pen's half on either side."""
    square = [[(0, 0), (9, 0), (9, 9), (0, 9), (0, 0)]]
    image = strokes_to_image(square, pen_width=2.0)
    ink = image > 0
    assert (ink.any(axis=0).sum(), ink.any(axis=1).sum()) == (BOX, BOX) == (20, 20)
    assert (image == image.T).all()
    assert (image[5:7, 7:23] == 255).all()  # the outermost rows are covered whole
    assert not image[7:23, 7:23].any()


def test_the_usual_pen_is_2_25_pixels_wide() -> None:
    image = strokes_to_image([[(0, 0), (0, 9)]])
    assert image[14].sum() / 255 == pytest.approx(2.25, abs=0.01)


def test_each_drawing_has_its_own_pen() -> None:
    points = np.array([[[0.0, 0.0], [0.0, 9.0]]] * 2)
    thin, thick = draw_digits(points, np.ones((2, 1), bool), np.array([2.0, 4.0]))
    assert [(image[14] / 255).sum() for image in (thin, thick)] == pytest.approx([2, 4])
    assert [np.count_nonzero(image.any(axis=1)) for image in (thin, thick)] == [20, 20]
