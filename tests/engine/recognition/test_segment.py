"""Strokes to digits, in any order and direction."""

from __future__ import annotations

import json
from itertools import chain, permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.rows import rows_of
from engine import Network, recognize_digits, segment
from engine.data.drawings import Drawing, read_drawings
from engine.recognition.recognize import State

TWO = [(1, 2), (2, 0), (5, 0), (6, 2), (4, 5), (0, 9), (6, 9)]
TURN = np.linspace(0, 2 * np.pi, 30)
ZERO = np.stack([3 + 3 * np.sin(TURN), 4.5 - 4.5 * np.cos(TURN)], axis=1)
SEVEN = [(0, 0), (6, 0), (2, 9)]
FOUR_HOOK, FOUR_BAR = [(2, 0), (0, 5), (5.5, 5)], [(4.5, 0), (4.5, 9)]


def at(x: float, stroke: Any) -> list[tuple[float, float]]:
    return [(float(each[0]) + x, float(each[1])) for each in stroke]


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.load()


def read(network: Network, strokes: Any) -> str:
    return "".join(
        "?" if each.digit is None else str(each.digit) for each in recognize_digits(network, strokes)
    )


def test_row_is_read_in_any_order_and_direction_of_the_strokes(network: Network) -> None:
    row = [at(0, TWO), at(9, ZERO), at(18, TWO), at(27, FOUR_HOOK), at(27, FOUR_BAR)]
    orders = list(permutations(range(5)))[::24]
    for number, order in enumerate(orders):
        strokes = [row[i][::-1] if (number >> i) & 1 else row[i] for i in order]
        assert read(network, strokes) == "2024"
        digits = segment(network, strokes)
        assert [sorted(order[i] for i in digit) for digit in digits] == [[0], [1], [2], [3, 4]]


def test_unit_and_place_do_not_matter(network: Network) -> None:
    row = [at(0, SEVEN), at(8, ZERO)]
    for scale, shift in ((0.01, 0), (1000, -5000)):
        assert read(network, [np.array(stroke) * scale + shift for stroke in row]) == "70"


def test_one_digit_stays_one(network: Network) -> None:
    apart: Any = [[(2, 0), (0, 5), (4, 5)], [(4.3, 1), (4.3, 9)]]  # a 4 whose bar stands beside its hook
    assert segment(network, apart) == [[0, 1]]
    crossed: Any = [SEVEN, [(1, 5), (5, 5)]]
    assert segment(network, crossed) == [[0, 1]]


def test_network_decides_where_the_gap_does_not(network: Network) -> None:
    """The same gap within a 4 (above), and between two digits."""
    assert read(network, [at(0, ZERO), at(6.3, SEVEN)]) == "07"
    assert read(network, [at(0, TWO), at(6.3, ZERO), at(12.6, TWO)]) == "202"


def test_a_long_and_flat_drawing_takes_no_time(network: Network) -> None:
    """Points along its strokes, measured by its height, would be too many for any memory."""
    flat: Any = [[(0, 0), (1e9, 1e-9)], [(2e9, 0), (3e9, 1e-9)]]
    assert sorted(chain.from_iterable(segment(network, flat))) == [0, 1]


def test_two_lines_side_by_side_are_eleven(network: Network) -> None:
    assert read(network, [[(0, 0), (0, 9)], [(4, 0), (4, 9)]]) == "11"


def test_stray_touches_change_nothing_and_belong_somewhere(network: Network) -> None:
    row: Any = [[(4, 4)], at(0, TWO), [(20, 3), (20.1, 3)], at(9, ZERO), []]
    assert read(network, row) == "20"
    assert segment(network, row) == [[0, 1], [2, 3]]


def test_nothing_drawn(network: Network) -> None:
    nothing: list[Any] = [[], [[]]]
    for strokes in nothing:
        assert segment(network, strokes) == []
        assert [each.state for each in recognize_digits(network, strokes)] == [State.EMPTY]
    assert segment(network, [[(3, 3)]]) == [[0]]


def test_long_rows_do_not_ask_the_network() -> None:
    """Every way to divide 300 strokes would take it seconds."""
    lines = [[(10.0 * i, 0), (10.0 * i, 5)] for i in range(300)]
    silent: Any = None
    assert segment(silent, lines) == [[i] for i in range(300)]


@pytest.mark.parametrize("index", [223, 830, 1542, 4301, 6540])
def test_a_real_4_whose_strokes_nearly_touch_stays_one(
    network: Network, pen_strokes: list[Drawing], index: int
) -> None:
    """Each of its two strokes looks like a 1."""
    assert pen_strokes[index].label == 4
    assert segment(network, pen_strokes[index].strokes) == [[0, 1]]


def test_real_digits_that_are_apart_are_divided_though_their_boxes_overlap(
    network: Network, pen_strokes: list[Drawing]
) -> None:
    """Rows that lean by 17 degrees, among them those in which gaps between boxes, or none, mislead."""
    rows = list(rows_of(pen_strokes, each=10, random=np.random.default_rng(0), slant=0.3))
    for index in (90, 133, 143, 266, 277, 278):
        assert segment(network, rows[index].strokes) == rows[index].digits


@pytest.mark.slow
def test_rows_of_real_digits(network: Network, pen_strokes: list[Drawing]) -> None:
    rows = list(rows_of(pen_strokes, each=1, random=np.random.default_rng(0)))
    assert len(rows) == 30
    right = [read(network, row.strokes) == row.label for row in rows]
    assert np.mean(right) >= 0.97


@pytest.mark.slow
def test_real_single_digits_stay_whole(network: Network, pen_strokes: list[Drawing]) -> None:
    several = [each for each in pen_strokes if len(each.strokes) > 1][::20]
    assert np.mean([len(segment(network, each.strokes)) == 1 for each in several]) >= 0.97


def test_json_of_a_row_can_be_read_back(network: Network, tmp_path: Path) -> None:
    (tmp_path / "row.json").write_text(json.dumps({"strokes": [at(0, SEVEN), at(9, SEVEN)]}))
    assert read(network, read_drawings(tmp_path / "row.json")[0].strokes) == "77"
