"""Framing: every input is framed exactly as MNIST framed its digits."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backends.arrays import Array
from backends.imaging import center_by_mass
from engine.data.datasets import Dataset
from engine.data.framing import frame_digit, resampling


def test_mnist_is_a_fixed_point(mnist: Dataset) -> None:
    images = mnist.test.images[:2000]
    same = sum(np.array_equal(frame_digit(image), image) for image in images)
    assert same >= 1999  # one digit in five thousand has an ink box of 19 px


def test_any_size_of_a_digit_is_framed_alike(mnist: Dataset) -> None:
    for image in mnist.test.images[:50]:
        large = np.kron(image, np.ones((4, 4)))
        np.testing.assert_array_equal(frame_digit(large), image)


@settings(deadline=None)
@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20))).filter(lambda ink: ink.any()))
def test_centre_of_mass_comes_to_the_middle(box: Array) -> None:
    ink = np.rint(box.astype(float) * (255 / box.max() if box.max() < 254 else 1))
    for axis in (0, 1):
        side = box.shape[axis]
        mass = ink.sum(axis=1 - axis) @ (np.arange(side) + 0.5) / ink.sum()
        first = np.floor(28 / 2 + 1 - mass)
        assume(0 <= first <= 28 - side)  # else the edge cuts some of the ink off
    framed = center_by_mass(box[None], 28)[0].astype(float)
    assert framed.sum() == ink.sum()
    assert framed.max() >= 254
    for axis in (0, 1):
        centre = framed.sum(axis=1 - axis) @ np.arange(28) / framed.sum()
        assert 13.5 - 1e-9 < centre <= 14.5 + 1e-9


@settings(deadline=None)
@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 60), st.integers(1, 60))).filter(lambda ink: ink.any()))
def test_any_ink_is_framed(ink: Array) -> None:
    framed = frame_digit(ink)
    assert framed.shape == (28, 28)
    assert framed.dtype == np.uint8
    assert framed.any()


def test_no_ink_gives_a_blank_image() -> None:
    assert not frame_digit(np.zeros((50, 40))).any()
    assert not center_by_mass(np.zeros((1, 0, 0)), 28).any()


def test_heavy_side_is_cut_off_rather_than_wrapped() -> None:
    ink = np.zeros((20, 20))
    ink[:, 0] = 255
    ink[10] = 20
    framed = center_by_mass(ink[None], 28)[0]
    assert not framed[:, :13].any()


@settings(deadline=None)
@given(st.integers(1, 50), st.integers(1, 50))
def test_resampling_keeps_grey_levels(source: int, target: int) -> None:
    matrix = resampling(source, target)
    assert (matrix >= 0).all()
    assert matrix.shape == (target, source)
    np.testing.assert_allclose(matrix.sum(axis=1), 1)
