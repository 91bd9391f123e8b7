"""Augmented images: framed as before, changed by each amount, the same for a seed and on every backend."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from backends import Backend, get_backend, imaging
from backends.arrays import Array
from engine.augmentation.images import ImageAugmentation, augment_images
from engine.data.datasets import Dataset
from tests.engine.augmentation.amounts import EVERY_IMAGE_AMOUNT


def augmented(images: Array, amounts: ImageAugmentation, backend: Backend, seed: int = 0) -> Array:
    return augment_images(images, amounts, np.random.default_rng(seed), backend)


def test_no_augmentation_changes_nothing(tiny: Dataset, backend: Backend) -> None:
    images = tiny.train.images[:50]
    np.testing.assert_array_equal(augmented(images, ImageAugmentation(), backend), images)


@pytest.mark.parametrize(
    ("amount", "share"),
    [
        ("rotation", 1.0),
        ("size", 1.0),
        ("aspect", 1.0),
        ("shear", 1.0),
        ("shift", 1.0),
        ("elastic", 1.0),
        ("width", 0.5),
        ("blur", 0.3),
        ("contrast", 1.0),
    ],
)
def test_each_amount_changes_its_share_of_the_images(tiny: Dataset, amount: str, share: float) -> None:
    images = tiny.train.images[:400]
    amounts = msgspec.structs.replace(ImageAugmentation(), **{amount: 0.8})
    after = augmented(images, amounts, get_backend("numpy"))
    changed = (after != images).any(axis=(1, 2)).mean()
    # A binomial share of 400 lies within four of its standard deviations but once in 16,000 seeds. An image
    # whose amount is drawn close to 0 stays as it was: one in fifty at the most.
    assert share - 0.02 - 4 * np.sqrt(share * (1 - share) / 400) <= changed
    assert changed <= share + 4 * np.sqrt(share * (1 - share) / 400)


def test_linear_maps_keep_extent_and_frame(tiny: Dataset, backend: Backend) -> None:
    images = tiny.train.images[:200]
    linear = ImageAugmentation(rotation=0.3, shear=0.3, aspect=0.2)
    after = augmented(images, linear, backend)
    identity = np.tile(np.eye(2, dtype=np.float32), (len(images), 1, 1))
    extents = [imaging.ink_extent(each, identity) for each in (images, after)]
    assert np.abs(np.subtract(*extents)).max() <= 2  # interpolation blurs an edge by one pixel, at both ends
    assert (after.max(axis=(1, 2)) == 255).all()
    for axis in (1, 2):
        mass = after.sum(axis=axis) @ np.arange(28) / after.sum(axis=(1, 2))
        assert ((mass > 13.5) & (mass <= 14.5)).all()  # as in every image of MNIST


def test_framing_can_be_left_out(tiny: Dataset, backend: Backend) -> None:
    """Then a digit stays where it was shifted to: up to 3 pixels from where its centre of mass was."""
    images = tiny.train.images[:200]
    moved = augmented(images, ImageAugmentation(shift=3, framed=False), backend)
    assert moved.dtype == np.uint8
    for axis in (1, 2):
        was, now = (
            each.sum(axis=axis, dtype=float) @ np.arange(28) / each.sum(axis=(1, 2))
            for each in (images, moved)
        )
        far = np.abs(now - was)
        assert far.max() <= 3.1
        assert far.mean() == pytest.approx(1.5, abs=0.25), "even between -3 and 3"
    still = augmented(images, ImageAugmentation(framed=False), backend)
    assert np.abs(still.astype(int) - images).max() <= 1


def test_seed_repeats_the_bits(tiny: Dataset, backend: Backend) -> None:
    images = tiny.train.images[:50]
    first = augmented(images, EVERY_IMAGE_AMOUNT, backend)
    np.testing.assert_array_equal(first, augmented(images, EVERY_IMAGE_AMOUNT, backend))
    assert (first != augmented(images, EVERY_IMAGE_AMOUNT, backend, seed=1)).any()


def test_backends_agree(tiny: Dataset) -> None:
    pytest.importorskip("numba")
    images = tiny.train.images[:100]
    ours, theirs = (augmented(images, EVERY_IMAGE_AMOUNT, get_backend(name)) for name in ("numpy", "numba"))
    for one, other in zip(ours, theirs, strict=True):
        assert_equal_up_to_framing(one, other)


def assert_equal_up_to_framing(one: Array, other: Array) -> None:
    """Equal within a grey level, or shifted by a pixel: rounding may tip a centre of mass over an edge."""
    shifts = [np.roll(other, (y, x), axis=(0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    assert min(np.abs(one.astype(int) - shifted).max() for shifted in shifts) <= 1
