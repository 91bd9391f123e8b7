"""The drawing as a document: every action can be undone, the eraser parts strokes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.draw.state.document import Drawing, Strokes
from apps.draw.state.geometry import Point

WIDTH = 0.04


def draw(drawing: Drawing, *points: Point) -> None:
    drawing.start_pen(points[0], WIDTH)
    for point in points[1:]:
        drawing.move(point)
    drawing.finish()


def rub(drawing: Drawing, *points: Point) -> None:
    drawing.start_eraser(points[0], 0.05)
    for point in points[1:]:
        drawing.move(point)
    drawing.finish()


def line(drawing: Drawing) -> None:
    draw(drawing, (0.1, 0.5), (0.5, 0.5), (0.9, 0.5))


def test_a_moving_pen_leaves_one_joined_stroke() -> None:
    drawing = Drawing()
    line(drawing)
    assert [stroke.points for stroke in drawing.strokes] == [((0.1, 0.5), (0.5, 0.5), (0.9, 0.5))]


def test_a_stroke_is_there_while_it_is_drawn() -> None:
    drawing = Drawing()
    drawing.start_pen((0.1, 0.1), WIDTH)
    drawing.move((0.2, 0.2))
    assert drawing.strokes[0].points == ((0.1, 0.1), (0.2, 0.2))
    assert drawing.busy


def test_a_tap_leaves_a_dot() -> None:
    drawing = Drawing()
    draw(drawing, (0.3, 0.3))
    assert drawing.strokes[0].points == ((0.3, 0.3),)


def test_ink_ends_at_the_edge_and_goes_on_where_the_pen_comes_back() -> None:
    drawing = Drawing()
    draw(drawing, (0.5, 0.5), (1.5, 0.5), (1.5, 0.7), (0.5, 0.7))
    assert [stroke.points for stroke in drawing.strokes] == [
        ((0.5, 0.5), (1.0, 0.5)),
        ((1.0, 0.7), (0.5, 0.7)),
    ]
    drawing.undo()
    assert drawing.empty, "one movement of the pen is one action"


def test_the_eraser_parts_a_stroke() -> None:
    drawing = Drawing()
    line(drawing)
    rub(drawing, (0.5, 0.3), (0.5, 0.7))
    left, right = drawing.strokes
    assert left.points[-1] == pytest.approx((0.5 - 0.05 - WIDTH / 2, 0.5))
    assert right.points[0] == pytest.approx((0.5 + 0.05 + WIDTH / 2, 0.5))
    assert left.width == right.width == WIDTH


def test_the_eraser_leaves_untouched_strokes_alone() -> None:
    drawing = Drawing()
    line(drawing)
    draw(drawing, (0.1, 0.9), (0.9, 0.9))
    second = drawing.strokes[1]
    rub(drawing, (0.5, 0.4), (0.5, 0.6))
    assert drawing.strokes[-1] is second


def test_rubbing_empty_paper_is_no_action() -> None:
    drawing = Drawing()
    line(drawing)
    rub(drawing, (0.1, 0.1), (0.2, 0.1))
    drawing.undo()
    assert drawing.empty


ACTIONS: dict[str, Callable[[Drawing], None]] = {
    "draw": line,
    "dot": lambda drawing: draw(drawing, (0.2, 0.2)),
    "erase": lambda drawing: rub(drawing, (0.5, 0.4), (0.5, 0.6)),
    "clear": Drawing.clear,
}


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_is_undone_and_redone(action: str) -> None:
    drawing = Drawing()
    line(drawing)
    before = drawing.strokes
    ACTIONS[action](drawing)
    after = drawing.strokes
    assert after != before
    drawing.undo()
    assert drawing.strokes == before
    drawing.redo()
    assert drawing.strokes == after


@given(st.lists(st.sampled_from([*ACTIONS, "undo", "redo"]), max_size=30))
def test_undo_and_redo_walk_through_all_that_was_there(steps: list[str]) -> None:
    drawing = Drawing()
    history: list[Strokes] = [()]
    place = 0
    for step in steps:
        if step == "undo":
            assert drawing.can_undo == (place > 0)
            drawing.undo()
            place = max(place - 1, 0)
        elif step == "redo":
            assert drawing.can_redo == (place < len(history) - 1)
            drawing.redo()
            place = min(place + 1, len(history) - 1)
        else:
            ACTIONS[step](drawing)
            if drawing.strokes != history[place]:
                history[place + 1 :] = [drawing.strokes]
                place += 1
        assert drawing.strokes == history[place]


def test_undo_in_the_middle_of_a_stroke_takes_it_back() -> None:
    drawing = Drawing()
    drawing.start_pen((0.1, 0.1), WIDTH)
    drawing.move((0.5, 0.5))
    drawing.undo()
    assert drawing.empty
    drawing.move((0.9, 0.9))
    assert drawing.empty, "the pen is lifted until it is put down again"


def test_a_new_action_forgets_what_was_undone() -> None:
    drawing = Drawing()
    line(drawing)
    drawing.undo()
    draw(drawing, (0.2, 0.2))
    assert not drawing.can_redo
