"""Augmented strokes: changed by each amount, the same for a seed and on every backend."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from backends import Backend, get_backend
from backends.arrays import Array
from engine.augmentation.strokes import (
    POINTS,
    PackedDrawings,
    StrokeAugmentation,
    augment_drawings,
    pack_drawings,
)
from engine.data.drawings import Drawing
from engine.data.strokes import strokes_to_image
from tests.engine.augmentation.amounts import EVERY_STROKE_AMOUNT


def augmented(
    drawings: PackedDrawings, amounts: StrokeAugmentation, backend: Backend, seed: int = 0
) -> Array:
    return augment_drawings(drawings, amounts, np.random.default_rng(seed), backend)


def changed(drawings: PackedDrawings, **amounts: float) -> list[bool]:
    """Which of the drawings look different with these amounts."""
    numpy = get_backend("numpy")
    plain = augmented(drawings, StrokeAugmentation(), numpy)
    different: list[bool] = (
        (plain != augmented(drawings, StrokeAugmentation(**amounts), numpy)).any(axis=(1, 2)).tolist()
    )
    return different


def test_no_augmentation_draws_the_strokes_as_they_are(
    digits: list[Drawing], packed: PackedDrawings, backend: Backend
) -> None:
    for image, digit in zip(augmented(packed, StrokeAugmentation(), backend), digits, strict=True):
        # Packed points are float32, so a pixel may be rounded the other way.
        np.testing.assert_allclose(image.astype(int), strokes_to_image(digit.strokes), atol=1)


def test_long_drawings_keep_their_shape() -> None:
    angle = np.linspace(0, 6, 900)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    packed = pack_drawings([Drawing([ring], 0)])
    assert packed.points.shape == (1, POINTS, 2)
    drawn = augmented(packed, StrokeAugmentation(), get_backend("numpy"))[0]
    # 64 points leave out 14 of 900 at a time; the chord lies inside the arc by its sagitta, and a line that
    # is off by one pixel changes 255 grey levels.
    radius, step = 10.0, 15 * 6 / 899
    sagitta = radius * (1 - np.cos(step / 2))
    assert np.abs(drawn.astype(int) - strokes_to_image([ring])).max() <= 255 * sagitta + 1


@pytest.mark.parametrize(
    "amount",
    ["rotation", "shear", "aspect", "elastic", "unbalance", "tremor", "resize", "move", "ends"],
)
def test_each_amount_changes_every_drawing(packed: PackedDrawings, amount: str) -> None:
    fours = packed[np.ones(20, int)]  # of two strokes, so that one can move against the other
    assert changed(fours, **{amount: 0.5}) == [True] * 20


@pytest.mark.parametrize("probability", ["smooth", "thin", "join"])
def test_each_probability_changes_all_or_none(packed: PackedDrawings, probability: str) -> None:
    fours = packed[np.ones(20, int)]
    assert changed(fours, **{probability: 1.0}) == [True] * 20
    assert changed(fours, **{probability: 0.0}) == [False] * 20


def test_pen_has_a_width_between_the_two(packed: PackedDrawings) -> None:
    numpy = get_backend("numpy")
    thin, between, thick = (
        augmented(packed, StrokeAugmentation(pen_low=low, pen_high=high), numpy).sum(axis=(1, 2))
        for low, high in ((1.7, 1.7), (1.7, 3.2), (3.2, 3.2))
    )
    assert (thin < between).all()
    assert (between < thick).all()


def test_squeeze_narrows_fours_only(packed: PackedDrawings) -> None:
    assert changed(packed, squeeze=0.5) == [False, True, False]


def test_strokes_are_joined_in_drawings_of_two(packed: PackedDrawings) -> None:
    assert changed(packed, join=1.0) == [False, True, False]
    numpy = get_backend("numpy")
    plain, joined = (augmented(packed, StrokeAugmentation(join=p), numpy)[1] for p in (0.0, 1.0))
    assert joined.sum() > plain.sum()  # the line between the strokes is drawn too


def test_seed_repeats_the_bits(packed: PackedDrawings, backend: Backend) -> None:
    drawings = packed[np.arange(50) % len(packed)]
    first = augmented(drawings, EVERY_STROKE_AMOUNT, backend)
    np.testing.assert_array_equal(first, augmented(drawings, EVERY_STROKE_AMOUNT, backend))
    assert (first != augmented(drawings, EVERY_STROKE_AMOUNT, backend, seed=1)).any()


def test_backends_agree(packed: PackedDrawings) -> None:
    pytest.importorskip("numba")
    drawings = packed[np.arange(100) % len(packed)]
    ours, theirs = (
        augmented(drawings, EVERY_STROKE_AMOUNT, get_backend(name)) for name in ("numpy", "numba")
    )
    for one, other in zip(ours, theirs, strict=True):
        # Equal within a grey level, or shifted by a pixel: rounding may tip a centre of mass over an edge.
        shifts = [np.roll(other, (y, x), axis=(0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
        assert min(np.abs(one.astype(int) - shifted).max() for shifted in shifts) <= 1


@dataclass
class Spread:
    """Width of the ink in pixels, above and below its middle row."""

    above: int
    below: int

    @classmethod
    def of(cls, image: Array) -> Spread:
        rows, columns = np.nonzero(image)
        above = rows < rows.mean()
        return cls(int(np.ptp(columns[above])), int(np.ptp(columns[~above])))


class TestWritingStyles:
    """Drawings: a one, a seven, a crossed seven, a four, a nine."""

    @pytest.fixture
    def styled(self, digits: list[Drawing]) -> PackedDrawings:
        seven, four, nine = digits
        one = Drawing([np.array([[0.0, 0.0], [0.0, 9.0]])], 1)
        crossed = Drawing([*seven.strokes, np.array([[2.0, 5.0], [7.0, 5.0]])], 7)
        return pack_drawings([one, seven, crossed, four, nine])

    def test_flags_and_feet_are_for_ones(self, styled: PackedDrawings) -> None:
        assert changed(styled, flag=1.0) == [True, False, False, False, False]
        assert changed(styled, foot=1.0) == [True, False, False, False, False]

    def test_flag_is_at_the_top_and_foot_at_the_bottom(self, styled: PackedDrawings) -> None:
        numpy = get_backend("numpy")
        flagged, footed = (
            Spread.of(augmented(styled, amounts, numpy)[0])
            for amounts in (StrokeAugmentation(flag=1.0), StrokeAugmentation(foot=1.0))
        )
        assert flagged.above > flagged.below
        assert footed.below > footed.above

    def test_uncrossed_sevens_get_a_crossbar(self, styled: PackedDrawings) -> None:
        assert changed(styled, crossbar=1.0) == [False, True, False, False, False]

    def test_crossed_sevens_lose_theirs(self, styled: PackedDrawings) -> None:
        assert changed(styled, plain=1.0) == [False, False, True, False, False]
        numpy = get_backend("numpy")
        without_bar = augmented(styled, StrokeAugmentation(plain=1.0), numpy)[2]
        np.testing.assert_array_equal(without_bar, augmented(styled, StrokeAugmentation(), numpy)[1])

    def test_hooks_are_for_nines(self, styled: PackedDrawings) -> None:
        assert changed(styled, hook=1.0) == [False, False, False, False, True]
