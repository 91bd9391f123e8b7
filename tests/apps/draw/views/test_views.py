"""Where the views put their parts, at many sizes of the window; no display is needed."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.draw.state.actions import ACTIONS, Action
from apps.draw.state.layout import FINGER, SMALLEST_SIZE, Box
from apps.draw.state.live_prediction import LivePrediction
from apps.draw.state.session import Session
from tests.apps.draw.conftest import FACTS, FakeNetwork

pytest.importorskip("pygame")

from apps.draw.views.answer import AnswerPage
from apps.draw.views.canvas import CanvasView
from apps.draw.views.headline import HeadlineView
from apps.draw.views.menu import MenuView
from apps.draw.views.table import attach_views
from apps.draw.views.tabs import FULL, TabsView
from apps.draw.views.teach import TeachView
from apps.draw.views.tools import CornerView, ToolsView
from apps.draw.views.view import View

sizes = st.tuples(st.integers(SMALLEST_SIZE[0], 5000), st.integers(SMALLEST_SIZE[1], 4000))
SESSION = Session(LivePrediction(FakeNetwork().recognize), FACTS)
attach_views(SESSION)


def arranged(size: tuple[int, int], live: bool = True) -> list[View]:
    SESSION.prediction.live = live
    SESSION.resize(size)
    return [view for view in SESSION.views if isinstance(view, View)]


def parts(view: View) -> list[Box]:
    boxes: list[Box] = []
    match view:
        case CanvasView():
            boxes = [view.area]
        case HeadlineView():
            boxes = [view.glyph, view.words]
        case AnswerPage():
            boxes = [*view.bars.rows, view.network_input.picture, view.network_input.facts]
        case ToolsView():
            boxes = [*view.buttons.values(), view.slider]
        case TabsView() | CornerView():
            boxes = list(view.buttons.values())
    return boxes


@settings(max_examples=40)
@given(sizes, st.booleans())
def test_no_two_parts_overlap_and_each_is_in_the_area_of_its_view(size: tuple[int, int], live: bool) -> None:
    views = arranged(size, live)
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


@settings(max_examples=40)
@given(sizes, st.booleans())
def test_buttons_are_large_enough_for_a_finger(size: tuple[int, int], live: bool) -> None:
    """But for tabs in a narrow window, and the ten digits of a row: those are as high as a finger."""
    boxes: dict[Action, Box] = {}
    for view in arranged(size, live):
        if isinstance(view, MenuView):
            continue
        crowded = isinstance(view, TabsView) and len(view.buttons) * FINGER >= FULL * view.area.width
        narrow = crowded or isinstance(view, TeachView)
        assert all(box.width >= (24 if narrow else FINGER) for box in view.buttons.values())
        boxes |= view.buttons
    assert all(box.height >= FINGER for box in boxes.values())
    assert {action for action in boxes if action in ACTIONS} == {
        action for action in ACTIONS if action.place is not None and action.shown(SESSION)
    }


@settings(max_examples=40)
@given(sizes)
def test_there_is_room_for_the_words_and_the_slider(size: tuple[int, int]) -> None:
    for view in arranged(size):
        unit = view.unit
        if isinstance(view, HeadlineView):
            assert view.words.width >= 250 * unit
        if isinstance(view, AnswerPage):
            assert view.network_input.facts.width >= 120 * unit
            assert view.bars.rows[0].height >= 13
            assert view.network_input.picture.height % 28 == 0
        if isinstance(view, ToolsView):
            assert view.track.width >= 100 * unit
        if isinstance(view, MenuView):
            assert all(view.panel.holds((box.x, box.y)) for box in view.buttons.values())
            assert all(box.bottom < view.panel.bottom for box in view.buttons.values())


def test_predict_has_a_button_only_where_nothing_predicts_by_itself() -> None:
    labels = {
        live: {
            a.label
            for view in arranged((1000, 640), live)
            if isinstance(view, ToolsView)
            for a in view.buttons
        }
        for live in (True, False)
    }
    assert "Predict" in labels[False]
    assert "Predict" not in labels[True]
    assert "Save" in labels[True]
