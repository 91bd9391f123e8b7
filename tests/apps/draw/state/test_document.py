"""The document: every change can be undone, and the eraser splits strokes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.draw.state.document import Document, PenStrokes
from apps.draw.state.geometry import Point

WIDTH = 0.04


def draw(document: Document, *points: Point) -> None:
    document.start_pen(points[0], WIDTH)
    for point in points[1:]:
        document.move(point)
    document.finish()


def erase(document: Document, *points: Point) -> None:
    document.start_eraser(points[0], 0.05)
    for point in points[1:]:
        document.move(point)
    document.finish()


def line(document: Document) -> None:
    draw(document, (0.1, 0.5), (0.5, 0.5), (0.9, 0.5))


def test_a_moving_pen_leaves_one_joined_stroke() -> None:
    document = Document()
    line(document)
    assert [stroke.points for stroke in document.strokes] == [((0.1, 0.5), (0.5, 0.5), (0.9, 0.5))]


def test_an_unfinished_stroke_is_part_of_the_document() -> None:
    document = Document()
    document.start_pen((0.1, 0.1), WIDTH)
    document.move((0.2, 0.2))
    assert document.strokes[0].points == ((0.1, 0.1), (0.2, 0.2))
    assert document.busy


def test_a_tap_leaves_a_dot() -> None:
    document = Document()
    draw(document, (0.3, 0.3))
    assert document.strokes[0].points == ((0.3, 0.3),)


def test_ink_ends_at_the_edge_and_goes_on_where_the_pen_comes_back() -> None:
    document = Document()
    draw(document, (0.5, 0.5), (1.5, 0.5), (1.5, 0.7), (0.5, 0.7))
    assert [stroke.points for stroke in document.strokes] == [
        ((0.5, 0.5), (1.0, 0.5)),
        ((1.0, 0.7), (0.5, 0.7)),
    ]
    document.undo()
    assert document.empty, "one movement of the pen is one change"


def test_the_eraser_splits_a_stroke() -> None:
    document = Document()
    line(document)
    erase(document, (0.5, 0.3), (0.5, 0.7))
    left, right = document.strokes
    assert left.points[-1] == pytest.approx((0.5 - 0.05 - WIDTH / 2, 0.5))
    assert right.points[0] == pytest.approx((0.5 + 0.05 + WIDTH / 2, 0.5))
    assert left.width == right.width == WIDTH


def test_the_eraser_leaves_untouched_strokes_alone() -> None:
    document = Document()
    line(document)
    draw(document, (0.1, 0.9), (0.9, 0.9))
    second = document.strokes[1]
    erase(document, (0.5, 0.4), (0.5, 0.6))
    assert document.strokes[-1] is second


def test_erasing_empty_paper_is_no_change() -> None:
    document = Document()
    line(document)
    erase(document, (0.1, 0.1), (0.2, 0.1))
    document.undo()
    assert document.empty


CHANGES: dict[str, Callable[[Document], None]] = {
    "draw": line,
    "dot": lambda document: draw(document, (0.2, 0.2)),
    "erase": lambda document: erase(document, (0.5, 0.4), (0.5, 0.6)),
    "clear": Document.clear,
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_undone_and_redone(change: str) -> None:
    document = Document()
    line(document)
    before = document.strokes
    CHANGES[change](document)
    after = document.strokes
    assert after != before
    document.undo()
    assert document.strokes == before
    document.redo()
    assert document.strokes == after


@given(st.lists(st.sampled_from([*CHANGES, "undo", "redo"]), max_size=30))
def test_undo_and_redo_move_through_the_history(steps: list[str]) -> None:
    document = Document()
    history: list[PenStrokes] = [()]
    place = 0
    for step in steps:
        if step == "undo":
            assert document.can_undo == (place > 0)
            document.undo()
            place = max(place - 1, 0)
        elif step == "redo":
            assert document.can_redo == (place < len(history) - 1)
            document.redo()
            place = min(place + 1, len(history) - 1)
        else:
            CHANGES[step](document)
            if document.strokes != history[place]:
                history[place + 1 :] = [document.strokes]
                place += 1
        assert document.strokes == history[place]


def test_undo_in_the_middle_of_a_stroke_takes_it_back() -> None:
    document = Document()
    document.start_pen((0.1, 0.1), WIDTH)
    document.move((0.5, 0.5))
    document.undo()
    assert document.empty
    document.move((0.9, 0.9))
    assert document.empty, "the pen is lifted until it is put down again"


def test_a_new_change_drops_what_was_undone() -> None:
    document = Document()
    line(document)
    document.undo()
    draw(document, (0.2, 0.2))
    assert not document.can_redo
