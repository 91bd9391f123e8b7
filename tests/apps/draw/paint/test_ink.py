"""The ink for the eye: smooth, joined, and the same however it came about."""

from __future__ import annotations

import numpy as np

from apps.draw.paint.ink import draw_ink, smooth
from apps.draw.state.document import PenStroke

SIDE = 200


def ring(steps: int) -> PenStroke:
    turn = np.linspace(0, 2 * np.pi, steps)
    return PenStroke(tuple((0.5 + 0.3 * np.cos(a), 0.5 + 0.3 * np.sin(a)) for a in turn), 0.1)


def test_a_straight_line_is_as_wide_as_its_brush() -> None:
    ink = draw_ink((PenStroke(((0.1, 0.5), (0.9, 0.5)), 0.1),), SIDE)
    across = ink[:, SIDE // 2] / 255
    assert abs(across.sum() - 0.1 * SIDE) < 0.05
    assert (across[91:109] == 1).all()


def test_a_dot_is_round() -> None:
    ink = draw_ink((PenStroke(((0.5, 0.5),), 0.2),), SIDE) / 255
    assert abs(ink.sum() - np.pi * (0.1 * SIDE) ** 2) < 5
    np.testing.assert_array_equal(ink, ink.T)


def test_edges_are_soft() -> None:
    ink = draw_ink((PenStroke(((0.1, 0.2), (0.9, 0.7)), 0.05),), SIDE)
    assert ((ink > 0) & (ink < 255)).sum() > 100


def test_few_points_make_a_smooth_curve() -> None:
    """A ring of 20 points deviates from a true one by less than a polygon's corners would."""
    ink = draw_ink((ring(20),), SIDE) / 255
    y, x = np.mgrid[0:SIDE, 0:SIDE] + 0.5
    radius = (ink * np.hypot(x - 100, y - 100)).sum() / ink.sum()
    assert abs(radius - 60) < 1.2
    turned = np.rot90(ink)
    assert np.abs(ink - turned).mean() < 0.02


def test_a_line_has_no_gaps_however_fast_it_was_drawn() -> None:
    ink = draw_ink((PenStroke(((0.05, 0.05), (0.95, 0.4), (0.05, 0.95)), 0.02),), SIDE)
    rows_with_ink = np.any(ink > 200, axis=1)
    assert rows_with_ink[12:188].all()


def test_crossing_lines_do_not_add_up() -> None:
    one, other = PenStroke(((0.1, 0.5), (0.9, 0.5)), 0.1), PenStroke(((0.5, 0.1), (0.5, 0.9)), 0.1)
    both = draw_ink((one, other), SIDE)
    np.testing.assert_array_equal(both, np.maximum(draw_ink((one,), SIDE), draw_ink((other,), SIDE)))


def test_ink_beyond_the_edge_is_cut_off() -> None:
    ink = draw_ink((PenStroke(((0.0, 0.0), (1.0, 1.0)), 0.3),), SIDE)
    assert ink.shape == (SIDE, SIDE)
    assert ink[0, 0] == ink[-1, -1] == 255


def test_smoothing_keeps_both_ends_and_short_lines() -> None:
    line = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 30.0], [0.0, 40.0]])
    curve = smooth(line)
    np.testing.assert_array_equal(curve[[0, -1]], line[[0, -1]])
    np.testing.assert_array_equal(smooth(line[:2]), line[:2])
    np.testing.assert_array_equal(smooth(line[:1]), line[:1])
