"""A thousand digits augmented, as images and as strokes: a chunk of a recipe's block."""

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
from engine.training.examples import CHUNK
from engine.training.recipe import read_recipe

STAGE = read_recipe("best").stages[0]
ZIGZAG = np.array([(0, 0), (6, 0), (1, 4), (5, 5), (2, 9)], float)


@pytest.mark.parametrize("kind", ["images", "strokes"])
def test_augmentation(benchmark: Any, digits: Examples, backend: Backend, kind: str) -> None:
    benchmark.group = f"augmentation of {CHUNK} {kind}"
    images = digits.images[:CHUNK]
    along = np.linspace(0, 4, 40)  # as many points as the median drawing of a tablet
    points = np.stack([np.interp(along, range(5), ZIGZAG[:, axis]) for axis in (0, 1)], axis=1)
    drawings = pack_drawings([Drawing([points], 2)] * CHUNK)

    def augmented(by: Backend) -> Array:
        random = np.random.default_rng(0)
        if kind == "images":
            return augment_images(images, STAGE.images, random, by)
        return augment_drawings(drawings, STAGE.strokes, random, by)

    difference = np.abs(np.subtract(augmented(backend), augmented(get_backend("numpy")), dtype=int))
    assert (difference.max(axis=(1, 2)) <= 1).mean() >= 0.97  # a rounding may move a whole drawing
    benchmark(augmented, backend)
