"""Variations: as far as they are asked to go, the same for a seed, the same on every backend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backends import Backend, get_backend
from engine.augmentation.images import ImageAugmentation, augment_images
from engine.augmentation.non_digits import non_digits
from engine.augmentation.strokes import (
    POINTS,
    PackedDrawings,
    StrokeAugmentation,
    augment_drawings,
    pack_drawings,
)
from engine.data.datasets import Dataset
from engine.data.drawings import Drawing
from engine.data.strokes import strokes_to_image

FAR = ImageAugmentation(
    rotation=0.2, size=0.1, aspect=0.1, shear=0.2, shift=1, elastic=1.5, width=0.5, blur=0.5, contrast=0.3
)
FAR_STROKES = StrokeAugmentation(
    rotation=0.2, shear=0.5, aspect=0.3, elastic=0.08, unbalance=0.2, tremor=0.01, move=0.05, resize=0.1,
    ends=0.3, smooth=0.3, thin=0.3, join=0.5, hook=0.5, squeeze=0.5, pen_low=1.7, pen_high=3.2,
)  # fmt: skip


def drawing(label: int, *strokes: Any) -> Drawing:
    return Drawing([np.array(stroke, float) for stroke in strokes], label)


@pytest.fixture
def packed() -> PackedDrawings:
    turn = np.linspace(0, 6, 40)
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    tail = np.array([[1.0, 0.0], [1.0, 1.0], [0.9, 2.5]])
    return pack_drawings(
        [
            drawing(7, [(0, 0), (6, 0), (3, 9)]),
            drawing(4, [(0, 0), (0, 4), (5, 4)], [(4, 0), (4, 9)]),
            drawing(9, np.concatenate([ring, tail])),
            drawing(0, np.stack([np.cos(np.linspace(0, 6, 900)), np.sin(np.linspace(0, 6, 900))], axis=1)),
        ]
    )


def test_no_variation_changes_no_picture(tiny: Dataset, backend: Backend) -> None:
    images = tiny.train.images[:50]
    varied = augment_images(images, ImageAugmentation(), np.random.default_rng(0), backend)
    np.testing.assert_allclose(varied.astype(int), images, atol=1)


def test_no_variation_draws_what_was_drawn(packed: PackedDrawings, backend: Backend) -> None:
    drawn = augment_drawings(packed, StrokeAugmentation(), np.random.default_rng(0), backend)
    expected = strokes_to_image([[(0, 0), (6, 0), (3, 9)]])
    np.testing.assert_allclose(drawn[0].astype(int), expected, atol=1)


def test_long_drawings_keep_their_shape(packed: PackedDrawings) -> None:
    assert packed.points.shape == (4, POINTS, 2)
    turn = np.linspace(0, 6, 900)
    expected = strokes_to_image([np.stack([np.cos(turn), np.sin(turn)], axis=1)])
    drawn = augment_drawings(packed, StrokeAugmentation(), np.random.default_rng(0), get_backend("numpy"))
    assert np.abs(drawn[3].astype(int) - expected).max() < 32


@pytest.mark.parametrize("kind", ["pictures", "strokes"])
def test_seed_repeats_and_backends_agree(tiny: Dataset, packed: PackedDrawings, kind: str) -> None:
    def varied(name: str, seed: int) -> Any:
        random, backend = np.random.default_rng(seed), get_backend(name)
        if kind == "pictures":
            return augment_images(tiny.train.images[:100], FAR, random, backend)
        return augment_drawings(packed[np.arange(100) % 4], FAR_STROKES, random, backend)

    first = varied("numpy", 0)
    np.testing.assert_array_equal(first, varied("numpy", 0))
    assert (first != varied("numpy", 1)).any()
    pytest.importorskip("numba")
    np.testing.assert_array_equal(varied("numba", 0), varied("numba", 0))
    difference = np.abs(first.astype(int) - varied("numba", 0))
    # A rounding may tip a drawing's centre of mass over the edge between two places.
    assert np.mean(difference.max(axis=(1, 2)) <= 1) >= 0.97


def test_varied_pictures_keep_mnists_frame(mnist: Dataset, backend: Backend) -> None:
    images = mnist.train.images[:200]
    still = ImageAugmentation(rotation=0.3, shear=0.3, aspect=0.2)
    varied = augment_images(images, still, np.random.default_rng(0), backend)
    for after in varied:
        rows, columns = np.flatnonzero((after > 64).any(axis=1)), np.flatnonzero((after > 64).any(axis=0))
        assert 17 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 22
        assert after.max() >= 250
        mass = (
            after.sum(axis=1) @ np.arange(28) / after.sum(),
            after.sum(axis=0) @ np.arange(28) / after.sum(),
        )
        assert all(13.5 < at <= 14.5 for at in mass)
    assert 0.85 < varied.sum() / images.sum() < 1.15


@pytest.mark.parametrize(
    "amount", ["rotation", "shear", "aspect", "elastic", "tremor", "ends", "unbalance", "thin", "smooth"]
)
def test_each_variation_of_strokes_does_something(packed: PackedDrawings, amount: str) -> None:
    variation = StrokeAugmentation(**{amount: 0.5})
    many = packed[np.zeros(20, int) + 1]
    numpy = get_backend("numpy")
    plain = augment_drawings(many, StrokeAugmentation(), np.random.default_rng(0), numpy)
    varied = augment_drawings(many, variation, np.random.default_rng(0), numpy)
    assert (plain != varied).any(axis=(1, 2)).mean() > 0.3


def test_hook_is_for_nines_and_joins_for_pairs_of_strokes(packed: PackedDrawings) -> None:
    numpy = get_backend("numpy")
    plain = augment_drawings(packed, StrokeAugmentation(), np.random.default_rng(0), numpy)
    hooked = augment_drawings(packed, StrokeAugmentation(hook=1.0), np.random.default_rng(0), numpy)
    assert (plain != hooked).any(axis=(1, 2)).tolist() == [False, False, True, False]
    joined = augment_drawings(packed, StrokeAugmentation(join=1.0), np.random.default_rng(0), numpy)
    assert (plain != joined).any(axis=(1, 2)).tolist() == [False, True, False, False]
    assert joined[1].sum() > plain[1].sum()


def test_scribbles_are_of_many_kinds_and_repeat() -> None:
    digits = [drawing(7, [(0, 0), (6, 0), (3, 9)]), drawing(4, [(0, 0), (0, 4), (5, 4)], [(4, 0), (4, 9)])]
    made = non_digits(300, digits, np.random.default_rng(0))
    again = non_digits(300, digits, np.random.default_rng(0))
    images = [strokes_to_image(each.strokes) for each in made]
    np.testing.assert_array_equal(images, [strokes_to_image(each.strokes) for each in again])
    assert all(image.any() for image in images)
    assert all(each.label is None for each in made)
    assert len({len(each.strokes) for each in made}) >= 4


def test_habits_are_for_the_digits_that_have_them() -> None:
    stick = drawing(1, [(0, 0), (0, 9)])
    bare = drawing(7, [(0, 0), (6, 0), (3, 9)])
    crossed = drawing(7, [(0, 0), (6, 0), (3, 9)], [(2, 5), (7, 5)])
    packed = pack_drawings([stick, bare, crossed, drawing(4, [(0, 0), (0, 4), (5, 4)], [(4, 0), (4, 9)])])
    numpy = get_backend("numpy")

    def drawn(**habits: float) -> Any:
        return augment_drawings(packed, StrokeAugmentation(**habits), np.random.default_rng(0), numpy)

    def changed(**habits: float) -> Any:
        return (drawn() != drawn(**habits)).any(axis=(1, 2)).tolist()

    assert changed(flag=1.0) == [True, False, False, False]
    assert changed(foot=1.0) == [True, False, False, False]
    assert changed(crossbar=1.0) == [False, True, False, False]  # one that is crossed gets no second bar
    assert changed(plain=1.0) == [False, False, True, False]
    np.testing.assert_array_equal(drawn(plain=1.0)[2], drawn()[1])

    def spread(image: Any) -> tuple[int, int]:
        """How wide the upper and the lower half of the ink are."""
        rows, columns = np.nonzero(image > 128)
        upper = rows < rows.mean()
        return np.ptp(columns[upper]), np.ptp(columns[~upper])

    assert np.subtract(*spread(drawn(flag=1.0)[0])) > 2
    assert np.subtract(*spread(drawn(foot=1.0)[0])) < -2
