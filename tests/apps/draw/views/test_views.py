"""Where the views put their parts, at many sizes of the window; no display is needed."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.draw.state.actions import ACTIONS
from apps.draw.state.layout import FINGER, SMALLEST_SIZE, Box, arrange

pytest.importorskip("pygame")

from apps.draw.views.answer import AnswerView
from apps.draw.views.bars import BarsView
from apps.draw.views.canvas import CanvasView
from apps.draw.views.network_input import Facts, NetworkInputView
from apps.draw.views.tools import ButtonsView, ToolsView
from apps.draw.views.view import View
from apps.draw.window import make_views

sizes = st.tuples(st.integers(SMALLEST_SIZE[0], 5000), st.integers(SMALLEST_SIZE[1], 4000))


def arranged(size: tuple[int, int]) -> list[View]:
    layout = arrange(size)
    views = make_views(Facts("numpy", "model.json", None), ACTIONS)
    for view in views:
        view.arrange(layout.area(view.area_name), layout.unit)
    return views


def parts(view: View) -> list[Box]:
    boxes: list[Box] = []
    match view:
        case CanvasView():
            boxes = [view.area]
        case AnswerView():
            boxes = [view.glyph, view.words]
        case BarsView():
            boxes = list(view.rows)
        case NetworkInputView():
            boxes = [view.picture, view.facts]
        case ToolsView():
            boxes = [*view.buttons.values(), view.slider]
        case ButtonsView():
            boxes = list(view.buttons.values())
    return boxes


@given(sizes)
def test_no_two_parts_overlap_and_each_is_in_the_area_of_its_view(size: tuple[int, int]) -> None:
    views = arranged(size)
    for view in views:
        for box in parts(view):
            assert box.width > 0
            assert box.height > 0
            assert view.area.x <= box.x
            assert box.right <= view.area.right
            assert view.area.y <= box.y
            assert box.bottom <= view.area.bottom
    for one, other in combinations([box for view in views for box in parts(view)], 2):
        beside = one.right <= other.x or other.right <= one.x
        assert beside or one.bottom <= other.y or other.bottom <= one.y, (one, other)


@given(sizes)
def test_buttons_are_large_enough_for_a_finger(size: tuple[int, int]) -> None:
    rows = [view.buttons for view in arranged(size) if isinstance(view, ButtonsView)]
    assert all(min(box.width, box.height) >= FINGER for row in rows for box in row.values())
    assert {action for row in rows for action in row} == {a for a in ACTIONS if a.place is not None}


@given(sizes)
def test_there_is_room_for_the_words(size: tuple[int, int]) -> None:
    unit = arrange(size).unit
    for view in arranged(size):
        if isinstance(view, AnswerView):
            assert view.words.width >= 190 * unit
        if isinstance(view, NetworkInputView):
            assert view.facts.width >= 120
        if isinstance(view, BarsView):
            assert view.rows[0].height >= 13
