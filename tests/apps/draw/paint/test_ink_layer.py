"""Ink that is kept is at any time the ink of all strokes drawn at once, and only a part of it is drawn."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.draw.paint.ink import draw_ink
from apps.draw.paint.ink_layer import InkLayer
from apps.draw.state.document import Document, PenStroke

SIDE = 120


def wander(document: Document, layer: InkLayer, seed: int, steps: int) -> None:
    """Draw, erase, undo and redo at random; look at the layer in between."""
    chance = random.Random(seed)
    for _ in range(steps):
        x, y = chance.random(), chance.random()
        kind = chance.choice("ddddeeur")
        if kind == "d":
            document.start_pen((x, y), chance.choice([0.02, 0.05, 0.1]))
        elif kind == "e":
            document.start_eraser((x, y), 0.06)
        else:
            (document.undo if kind == "u" else document.redo)()
        for _ in range(chance.randint(0, 25)):
            x, y = x + chance.gauss(0, 0.04), y + chance.gauss(0, 0.04)
            document.move((x, y))
            if chance.random() < 0.5:
                layer.update(document.strokes)
        if chance.random() < 0.7:
            document.finish()
            layer.update(document.strokes)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10**6))
def test_what_is_kept_is_what_would_be_drawn_at_once(seed: int) -> None:
    document, layer = Document(), InkLayer(SIDE)
    for step in range(3):
        wander(document, layer, seed + step, 4)
        layer.update(document.strokes)
        np.testing.assert_array_equal(layer.coverage, draw_ink(document.strokes, SIDE))


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10**6))
def test_a_layer_that_was_taken_over_goes_on_alone(seed: int) -> None:
    document, first, second = Document(), InkLayer(SIDE), InkLayer(SIDE)
    wander(document, first, seed, 4)
    document.start_pen((0.2, 0.2), 0.05)
    for x in (0.3, 0.35, 0.5):
        document.move((x, x * x))
        first.update(document.strokes)
    second.take_over(first)
    then, at_the_time = document.strokes, first.coverage.copy()
    for x in (0.6, 0.7):
        document.move((x, 0.9 - x))
        second.update(document.strokes)
    np.testing.assert_array_equal(second.coverage, draw_ink(document.strokes, SIDE))
    np.testing.assert_array_equal(first.coverage, at_the_time, "the other stays as it was")
    np.testing.assert_array_equal(first.coverage, draw_ink(then, SIDE))
    first.update(document.strokes)
    np.testing.assert_array_equal(first.coverage, second.coverage)


def test_only_the_new_end_of_a_line_is_drawn() -> None:
    layer = InkLayer(400)
    points = tuple((0.1 + i / 200, 0.5) for i in range(160))
    for count in range(1, 161, 5):
        stroke = PenStroke((points[0], *points[1:count]), 0.05)
        box = layer.update((stroke,))
        assert box is not None
        assert box.width < 60, "of 340 pixels"
    assert layer.update(layer.strokes) is None


def test_an_eraser_redraws_only_what_is_near_it() -> None:
    document, layer = Document(), InkLayer(400)
    document.start_pen((0.1, 0.5), 0.05)
    for i in range(160):
        document.move((0.1 + i / 200, 0.5))
    document.finish()
    layer.update(document.strokes)
    document.start_eraser((0.5, 0.5), 0.04)
    box = layer.update(document.strokes)
    assert box is not None
    assert box.width < 160, "of 340 pixels"
    assert box.x < 0.5 * 400 < box.right


def test_the_box_holds_all_that_changed() -> None:
    document, layer = Document(), InkLayer(SIDE)
    chance = random.Random(5)
    for _ in range(25):
        before = layer.coverage.copy()
        x, y = chance.random(), chance.random()
        (document.start_pen if chance.random() < 0.7 else document.start_eraser)((x, y), 0.05)
        for _ in range(chance.randint(0, 9)):
            x, y = x + chance.gauss(0, 0.05), y + chance.gauss(0, 0.05)
            document.move((x, y))
        box = layer.update(document.strokes)
        changed = before != layer.coverage
        if box is not None:
            changed[box.y : box.bottom, box.x : box.right] = False
        assert not changed.any()
