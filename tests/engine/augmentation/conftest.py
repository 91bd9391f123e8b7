"""Drawings and helpers that the tests of augmentation share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from backends.arrays import Array
from engine.augmentation.strokes import PackedDrawings, pack_drawings
from engine.data.drawings import Drawing

SEVEN = [[(0, 0), (6, 0), (3, 9)]]
FOUR = [[(0, 0), (0, 4), (5, 4)], [(4, 0), (4, 9)]]
NINE_RING = np.linspace(0, 6, 40)


def drawing(label: int, strokes: Sequence[Sequence[tuple[float, float]]] | Sequence[Array]) -> Drawing:
    return Drawing([np.array(stroke, float) for stroke in strokes], label)


@pytest.fixture
def digits() -> list[Drawing]:
    """A seven of one stroke, a four of two, and a nine of one."""
    ring = np.stack([np.cos(NINE_RING), np.sin(NINE_RING)], axis=1)
    tail = np.array([[1.0, 0.0], [1.0, 1.0], [0.9, 2.5]])
    return [drawing(7, SEVEN), drawing(4, FOUR), drawing(9, [np.concatenate([ring, tail])])]


@pytest.fixture
def packed(digits: list[Drawing]) -> PackedDrawings:
    return pack_drawings(digits)
