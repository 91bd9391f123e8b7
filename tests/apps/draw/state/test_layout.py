"""The areas of the views at many sizes of the window."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from apps.draw.state.layout import FINGER, FIRST_SIZE, SIDE, SMALLEST_SIZE, Box, Layout, arrange

sizes = st.tuples(st.integers(SMALLEST_SIZE[0], 5000), st.integers(SMALLEST_SIZE[1], 4000))


def areas(layout: Layout) -> list[Box]:
    return [
        layout.canvas,
        layout.tools,
        layout.tabs,
        layout.corner,
        layout.headline,
        layout.page,
        layout.teach,
    ]


@given(sizes)
def test_no_two_areas_overlap_and_none_leaves_the_window(size: tuple[int, int]) -> None:
    layout = arrange(size)
    for box in areas(layout):
        assert box.width > 0
        assert box.height > 0
        assert box.x >= 0
        assert box.y >= 0
        assert box.right <= size[0]
        assert box.bottom <= size[1]
    for one, other in combinations(areas(layout), 2):
        beside = one.right <= other.x or other.right <= one.x
        assert beside or one.bottom <= other.y or other.bottom <= one.y, (one, other)


@given(sizes)
def test_rows_of_buttons_are_high_enough_for_a_finger(size: tuple[int, int]) -> None:
    layout = arrange(size)
    assert min(layout.tools.height, layout.tabs.height, layout.corner.height, layout.teach.height) >= FINGER


@given(sizes)
def test_the_grid_has_whole_pixels_a_cell(size: tuple[int, int]) -> None:
    layout = arrange(size)
    assert layout.canvas.width == layout.canvas.height
    assert layout.canvas.width % SIDE == 0


def test_the_canvas_takes_more_than_half_of_the_first_window() -> None:
    assert arrange(FIRST_SIZE).canvas.width > FIRST_SIZE[0] / 2


def test_a_window_that_is_too_small_is_cut_off_not_squeezed() -> None:
    assert arrange((10, 10)) == arrange(SMALLEST_SIZE)


def test_everything_grows_with_the_window() -> None:
    small, large = arrange(FIRST_SIZE), arrange((2 * FIRST_SIZE[0], 2 * FIRST_SIZE[1]))
    for one, other in zip(areas(small), areas(large), strict=True):
        assert other.width >= 1.8 * one.width


def test_a_high_window_has_its_column_below_and_a_larger_canvas() -> None:
    layout = arrange((900, 1300))
    assert layout.tabs.y > layout.tools.bottom
    assert layout.canvas.width > 650
    assert layout.page.width > 800


@given(sizes)
def test_there_is_room_for_a_page(size: tuple[int, int]) -> None:
    layout = arrange(size)
    assert layout.page.width >= 290 * layout.unit
    assert layout.page.height >= 200 * layout.unit
