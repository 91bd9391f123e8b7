"""Augmentation of strokes, before they are drawn: as if another writer had held the pen.

Slant, proportions, tremor, longer and shorter ends, writing styles, a pen that is not lifted. Many drawings
at once, in arrays of one shape. Letters: n digits, K points of a drawing. Angles are in radians; an amount
"±x" is drawn uniformly from -x to x.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
import numpy as np

from backends.arrays import Array
from backends.base import Backend
from engine.augmentation import writing_styles
from engine.augmentation.images import Angle, Share
from engine.augmentation.sampling import Sampler
from engine.augmentation.writing_styles import STYLE_POINTS
from engine.data.drawings import Drawing
from engine.data.strokes import draw_digits, pack

POINTS = 64  # of a packed drawing; the median drawing from a tablet has 39

PenWidth = Annotated[float, msgspec.Meta(ge=0.5, le=10)]  # px; the box is 20 wide


class StrokeAugmentation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How strongly strokes are augmented; not at all by default.

    Lengths are shares of the drawing's longer side.

    Attributes
    ----------
    rotation : float
        ± radians.
    shear : float
        ± of the height, sideways.
    aspect : float
        ± of the logarithm of the width.
    elastic : float
        Largest standard deviation of a smooth random field.
    unbalance : float
        ± by which one half of the digit grows and the other shrinks.
    tremor : float
        Largest amplitude of a shaking pen.
    move : float
        ± by which each stroke is shifted, on each axis.
    resize : float
        ± of the logarithm by which each stroke is scaled.
    ends : float
        ± by which the ends of a stroke are longer or shorter.
    smooth : float
        Probability that corners are rounded.
    thin : float
        Probability that every second point is missing, as from a fast pen.
    join : float
        Probability that the pen is not lifted between the two strokes of a drawing.
    hook : float
        Probability that the tail of a nine ends in a hook.
    flag : float
        Probability that a one has a flag.
    foot : float
        Probability that a one stands on a base line.
    crossbar : float
        Probability that a seven is crossed.
    plain : float
        Probability that a crossed seven loses its bar.
    squeeze : float
        Largest logarithm by which a four is narrowed.
    pen_low : float
        Smallest width of the pen in pixels of the 28x28 image.
    pen_high : float
        Largest width of the pen in pixels of the 28x28 image.
    """

    rotation: Angle = 0.0
    shear: Share = 0.0
    aspect: Share = 0.0
    elastic: Share = 0.0
    unbalance: Share = 0.0
    tremor: Share = 0.0
    move: Share = 0.0
    resize: Share = 0.0
    ends: Share = 0.0
    smooth: Share = 0.0
    thin: Share = 0.0
    join: Share = 0.0
    hook: Share = 0.0
    flag: Share = 0.0
    foot: Share = 0.0
    crossbar: Share = 0.0
    plain: Share = 0.0
    squeeze: Share = 0.0
    pen_low: PenWidth = 2.25
    pen_high: PenWidth = 2.25

    def __post_init__(self) -> None:
        if self.pen_low > self.pen_high:
            raise ValueError(f"pen_low {self.pen_low:g} is above pen_high {self.pen_high:g}")


class PackedDrawings(msgspec.Struct, frozen=True):
    """Many drawings in arrays of one shape.

    Attributes
    ----------
    points : (n, K, 2) array of float32
        Points, the longer side scaled to 1 and the middle of the box at 0; after a drawing's own points its
        last.
    joined : (n, K - 1) array of bool
        Whether the pen was down between a point and the next.
    lengths : (n,) array of int64
        How many points are a drawing's own.
    labels : (n,) array of int8
        Digits; -1 for a non-digit.
    """

    points: Array
    joined: Array
    lengths: Array
    labels: Array

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, which: Array) -> PackedDrawings:
        return PackedDrawings(self.points[which], self.joined[which], self.lengths[which], self.labels[which])


def pack_drawings(drawings: list[Drawing]) -> PackedDrawings:
    """Pack drawings into arrays; those with more than 64 points lose some, evenly.

    Parameters
    ----------
    drawings : list of Drawing
        Drawings with at least one point each.

    Returns
    -------
    PackedDrawings
        The same drawings, in the same order.
    """
    n = len(drawings)
    points = np.zeros((n, POINTS, 2), np.float32)
    joined = np.zeros((n, POINTS - 1), bool)
    lengths = np.zeros(n, np.int64)
    for index, drawing in enumerate(drawings):
        lines = _at_most(POINTS, *pack(drawing.strokes))
        lengths[index] = length = len(lines[0])
        low, high = lines[0].min(axis=0), lines[0].max(axis=0)
        points[index, :length] = (lines[0] - (low + high) / 2) / max((high - low).max(), 1e-9)
        points[index, length:] = points[index, length - 1]
        joined[index, : length - 1] = lines[1]
    labels = np.array([-1 if drawing.label is None else drawing.label for drawing in drawings], np.int8)
    return PackedDrawings(points, joined, lengths, labels)


def _at_most(count: int, points: Array, joined: Array) -> tuple[Array, Array]:
    """Lines with at most ``count`` points, spread evenly over the old ones; the ends of strokes stay."""
    if len(points) <= count:
        return points, joined
    lifted = np.flatnonzero(~joined)
    ends = np.unique(np.concatenate([[0], lifted, lifted + 1, [len(points) - 1]]))[:count]
    others = np.setdiff1d(np.arange(len(points)), ends)
    spread = others[np.linspace(0, len(others) - 1, count - len(ends)).astype(np.intp)]
    kept = np.union1d(ends, spread)
    return points[kept], ~np.isin(kept[:-1], lifted)


def augment_drawings(
    drawings: PackedDrawings, amounts: StrokeAugmentation, random: np.random.Generator, backend: Backend
) -> Array:
    """Augment drawings, and draw them as MNIST frames its digits.

    Parameters
    ----------
    drawings : PackedDrawings
        The drawings, n of them; not changed.
    amounts : StrokeAugmentation
        How strongly.
    random : numpy.random.Generator
        Source of all random numbers; it advances.
    backend : Backend
        Does the arithmetic.

    Returns
    -------
    (n, 28, 28) array of uint8
        Images, ink = 255.
    """
    sampler = Sampler(random, len(drawings))
    points, joined, lengths = _with_writing_styles(drawings, amounts, sampler)
    points = _augment_each_stroke(points, joined, amounts, sampler)
    points = _augment_whole(points, drawings.labels, amounts, sampler, backend)
    # A fast pen or a slow tablet: every second point falls on the one before, unless a stroke ends there.
    missing = sampler.bernoulli(amounts.thin)[:, None] & joined[:, :-1] & joined[:, 1:]
    missing[:, 1::2] = False
    points[:, 1:-1][missing] = points[:, :-2][missing]
    joined = joined | (sampler.bernoulli(amounts.join)[:, None] & _lifted_once(joined, lengths))
    points = _ended(points, lengths)
    spread = amounts.pen_high - amounts.pen_low
    return draw_digits(points, joined, amounts.pen_low + sampler.uniform(spread), backend)


def _with_writing_styles(
    drawings: PackedDrawings, amounts: StrokeAugmentation, sampler: Sampler
) -> tuple[Array, Array, Array]:
    """Some of the digits with a writing style added or taken away."""
    points, joined, lengths = drawings.points.copy(), drawings.joined.copy(), drawings.lengths.copy()
    lifted = _lifted_once(joined, lengths)
    plain = (drawings.labels == 7) & lifted.any(axis=1) & sampler.bernoulli(amounts.plain)
    lengths[plain] = lifted[plain].argmax(axis=1) + 1  # a crossbar is a stroke of its own, the last
    points = _ended(points, lengths)
    one_stroke = ~_lifted(joined, lengths).any(axis=1)
    for label, often, add, without_lifting in (
        (9, amounts.hook, writing_styles.hook, True),
        (1, amounts.flag, writing_styles.flag, False),
        (1, amounts.foot, writing_styles.foot, False),
        (7, amounts.crossbar, writing_styles.crossbar, False),
    ):
        room = lengths + STYLE_POINTS <= points.shape[1]
        can = (drawings.labels == label) & room & (one_stroke | without_lifting)
        which = np.flatnonzero(can & sampler.bernoulli(often))
        how_far = sampler.random.random((2, len(which), 1), dtype=np.float32)
        added = np.stack(add(points[which], lengths[which], how_far), axis=2)
        for step in range(STYLE_POINTS):
            points[which, lengths[which] + step] = added[:, step]
            joined[which, lengths[which] + step - 1] = step > 0 or without_lifting
        lengths[which] += STYLE_POINTS
    return points, joined, lengths


def _augment_each_stroke(
    points: Array, joined: Array, amounts: StrokeAugmentation, sampler: Sampler
) -> Array:
    """Each stroke on its own: its size and place, its corners, its ends."""
    n, k, _ = points.shape
    stroke = np.zeros((n, k), np.intp)
    stroke[:, 1:] = np.cumsum(~joined, axis=1)
    flat = (stroke + k * np.arange(n)[:, None]).ravel()
    count = np.maximum(np.bincount(flat, minlength=n * k), 1)
    for axis in (0, 1):
        values = points[:, :, axis]
        mean = (np.bincount(flat, values.ravel(), minlength=n * k) / count).astype(np.float32)[flat]
        if axis == 0:
            grow = np.exp(sampler.symmetric(amounts.resize, k)).ravel()[flat].reshape(n, k)
        move = (sampler.symmetric(amounts.move, k)).ravel()[flat].reshape(n, k)
        mean = mean.reshape(n, k)
        points[:, :, axis] = mean + (values - mean) * grow + move
    inner = (joined[:, :-1] & joined[:, 1:] & sampler.bernoulli(amounts.smooth)[:, None])[:, :, None]
    mean = points[:, 1:-1] / 2 + (points[:, :-2] + points[:, 2:]) / 4
    points[:, 1:-1] = np.where(inner, mean, points[:, 1:-1])
    _move_ends(points, joined, amounts, sampler)
    return points


def _move_ends(points: Array, joined: Array, amounts: StrokeAugmentation, sampler: Sampler) -> None:
    """Make the ends of strokes longer or shorter, in the direction they have. Changes points."""
    down = np.pad(joined, ((0, 0), (1, 1)))
    begins, ends = ~down[:, :-1] & down[:, 1:], down[:, :-1] & ~down[:, 1:]
    for at, inward in ((begins, 2), (ends, -2)):
        which, place = np.nonzero(at)
        inner = np.clip(place + inward, 0, points.shape[1] - 1)
        outward = points[which, place] - points[which, inner]
        length = np.maximum(np.hypot(outward[:, 0], outward[:, 1]), 1e-6)
        amount = np.maximum(sampler.symmetric(amounts.ends, points.shape[1])[which, place], -0.9 * length)
        points[which, place] += outward * (amount / length)[:, None]


def _augment_whole(
    points: Array, labels: Array, amounts: StrokeAugmentation, sampler: Sampler, backend: Backend
) -> Array:
    """The drawing as a whole: bent, unbalanced, slanted, turned, shaken."""
    if amounts.elastic:
        amount = sampler.uniform(amounts.elastic)
        points = points + amount[:, None, None] * _bend(points, sampler, backend)
    x, y = points[:, :, 0], points[:, :, 1]
    x = x + sampler.symmetric(amounts.unbalance)[:, None] * (x**2 - 0.25)
    y = y + sampler.symmetric(amounts.unbalance)[:, None] * (y**2 - 0.25)
    wide = np.exp(sampler.symmetric(amounts.aspect) - (labels == 4) * sampler.uniform(amounts.squeeze))
    x = x * wide[:, None] + y * sampler.symmetric(amounts.shear)[:, None]
    angle = sampler.symmetric(amounts.rotation)[:, None]
    x, y = np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y
    tremor = amounts.tremor * sampler.uniform(1)[:, None] ** 2
    pace = (0.5 + sampler.uniform(1.5))[:, None] * np.arange(points.shape[1], dtype=np.float32)
    x = x + tremor * np.sin(pace + sampler.uniform(2 * np.pi)[:, None])
    y = y + tremor * np.sin(np.float32(1.3) * pace + sampler.uniform(2 * np.pi)[:, None])
    return np.stack([x, y], axis=2)


def _bend(points: Array, sampler: Sampler, backend: Backend) -> Array:
    """A smooth random field of variance 1 at the points, (n, K, 2): a knot every third of the drawing."""
    knots = sampler.random.standard_normal((len(points), 2, 6, 6), dtype=np.float32)
    field: Array = backend.imaging.spline_field(np.clip((points + np.float32(0.5)) * 3, 0, 3), knots)
    return field


def _ended(points: Array, lengths: Array) -> Array:
    """The points, with each drawing's last own point repeated to the end."""
    beyond = np.arange(points.shape[1]) >= lengths[:, None]
    last = points[np.arange(len(points)), lengths - 1]
    return np.where(beyond[:, :, None], last[:, None, :], points)


def _lifted(joined: Array, lengths: Array) -> Array:
    """Where the pen was lifted within drawings, (n, K - 1)."""
    lifted: Array = ~joined & (np.arange(joined.shape[1]) < lengths[:, None] - 1)
    return lifted


def _lifted_once(joined: Array, lengths: Array) -> Array:
    """The same, for drawings of exactly two strokes only."""
    lifted = _lifted(joined, lengths)
    once: Array = lifted & (lifted.sum(axis=1, keepdims=True) == 1)
    return once
