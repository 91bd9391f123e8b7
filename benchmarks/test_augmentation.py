"""Fresh variations of a thousand digits, as pictures and as strokes: what a recipe makes in one go."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backends import Backend, get_backend
from backends.arrays import Array
from engine.augmentation.images import augment_images
from engine.augmentation.strokes import augment_drawings, pack_drawings
from engine.data.datasets import Examples
from engine.data.drawings import Drawing
from engine.training.examples import AT_ONCE
from engine.training.recipe import read_recipe

STAGE = read_recipe("best").stages[0]
ZIGZAG = np.array([(0, 0), (6, 0), (1, 4), (5, 5), (2, 9)], float)


@pytest.mark.parametrize("kind", ["pictures", "strokes"])
def test_variation(benchmark: Any, digits: Examples, backend: Backend, kind: str) -> None:
    benchmark.group = f"variation of {AT_ONCE} {kind}"
    images = digits.images[:AT_ONCE]
    along = np.linspace(0, 4, 40)  # as many points as the median drawing of a tablet
    points = np.stack([np.interp(along, range(5), ZIGZAG[:, axis]) for axis in (0, 1)], axis=1)
    drawings = pack_drawings([Drawing([points], 2)] * AT_ONCE)

    def varied(by: Backend) -> Array:
        random = np.random.default_rng(0)
        if kind == "pictures":
            return augment_images(images, STAGE.pictures, random, by)
        return augment_drawings(drawings, STAGE.strokes, random, by)

    difference = np.abs(np.subtract(varied(backend), varied(get_backend("numpy")), dtype=int))
    assert (difference.max(axis=(1, 2)) <= 1).mean() >= 0.97  # a rounding may move a whole drawing
    benchmark(varied, backend)
