"""Fresh variations of digits, so that a network learns the digit and not the picture.

Two kinds: of pictures (one smooth warp, then pen width, blur and contrast; Simard et al. 2003) and of strokes
before they are drawn (another hand: slant, proportions, tremor, other ends, a pen not lifted). All chance
comes from one generator, so that a seed repeats it; the arithmetic that costs time is the backend's.

Letters: n digits, K points of a drawing. Angles are in radians; an amount "±x" is drawn evenly from -x to x.
"""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

from backends.base import Array, Backend
from engine.drawings import Drawing
from engine.preprocessing import SIDE
from engine.strokes import draw_digits, pack

POINTS = 64  # of a packed drawing; the median one of a tablet has 39
HOOK_POINTS = 6
MIDDLE = 14.0  # where MNIST's centres of mass lie, as a pixel index


class PictureVariation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far pictures may be varied; nothing by default.

    Attributes
    ----------
    rotation : ± radians
    size : ± of the logarithm of the scale, after the ink has been scaled back to its old extent
    aspect : ± of the logarithm by which width grows and height shrinks
    shear : ± columns a row
    shift : ± pixels, on each axis
    elastic : pixels, the largest standard deviation of a smooth random field
    width : ± pixels on each side of a line, for half of the digits
    blur : the largest share of a pixel's neighbours in it, for three in ten
    contrast : the largest logarithm by which grey is raised
    """

    rotation: float = 0.0
    size: float = 0.0
    aspect: float = 0.0
    shear: float = 0.0
    shift: float = 0.0
    elastic: float = 0.0
    width: float = 0.0
    blur: float = 0.0
    contrast: float = 0.0


class StrokeVariation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far strokes may be varied; lengths are shares of the drawing's longer side. Nothing by default.

    Attributes
    ----------
    rotation, shear : ± radians; ± of the height, sideways
    aspect : ± of the logarithm of the width
    elastic : the largest standard deviation of a smooth random field
    unbalance : ± by which one half of the digit grows at the other's cost
    tremor : the largest amplitude of a shaking hand
    move, resize : ± for each stroke of several
    ends : ± by which a stroke's ends run on or stop early
    smooth, thin : how often corners are rounded; how often every second point is missing (a fast hand)
    join : how often the pen is not lifted between two strokes
    hook : how often a nine's tail ends in a hook
    squeeze : the largest logarithm by which a four is narrowed
    pen_low, pen_high : width of the pen in pixels
    """

    rotation: float = 0.0
    shear: float = 0.0
    aspect: float = 0.0
    elastic: float = 0.0
    unbalance: float = 0.0
    tremor: float = 0.0
    move: float = 0.0
    resize: float = 0.0
    ends: float = 0.0
    smooth: float = 0.0
    thin: float = 0.0
    join: float = 0.0
    hook: float = 0.0
    squeeze: float = 0.0
    pen_low: float = 2.25
    pen_high: float = 2.25


# ---- Pictures --------------------------------------------------------------------------------------


def vary_pictures(
    images: Array, variation: PictureVariation, random: np.random.Generator, backend: Backend
) -> Array:
    """Vary pictures (n, 28, 28) uint8; returns as many, of the same kind."""
    n = len(images)
    chance = _Chance(random, n)
    x, y = _looked_at(images, variation, chance)
    varied = backend.sample_bilinear(images.astype(np.float32) / 255, x, y)
    if variation.width:
        varied = backend.change_width(varied, chance.around(variation.width) * chance.happens(0.5))
    if variation.blur:
        varied = backend.soften(varied, chance.up_to(variation.blur) * chance.happens(0.3))
    gain = np.exp(chance.up_to(variation.contrast)) / np.maximum(0.25, varied.max(axis=(1, 2)))
    varied *= 255 * gain[:, None, None]
    return np.minimum(varied + np.float32(0.5), 255).astype(np.uint8)


def _looked_at(images: Array, variation: PictureVariation, chance: _Chance) -> tuple[Array, Array]:
    """Where each pixel of the varied pictures looks in the old ones: x and y, (n, 28, 28)."""
    forward = _linear_maps(variation, chance)
    size = np.exp(chance.around(variation.size)) * _extent(images, None) / _extent(images, forward)
    back = np.linalg.inv(forward * size[:, None, None]).astype(np.float32)
    column, row = np.meshgrid(np.arange(SIDE, dtype=np.float32), np.arange(SIDE, dtype=np.float32))
    places = np.stack([column.ravel(), row.ravel()]) - np.float32(MIDDLE)  # (2, 784)
    looked_at = back @ places + np.float32(MIDDLE)  # (n, 2, 784)
    looked_at += np.stack([chance.around(variation.shift) for _ in range(2)], axis=1)[:, :, None]
    looked_at = looked_at.reshape(-1, 2, SIDE, SIDE)
    if variation.elastic:
        field = smooth_field(chance.random, len(images))
        looked_at += chance.up_to(variation.elastic)[:, None, None, None] * field
    return np.ascontiguousarray(looked_at[:, 0]), np.ascontiguousarray(looked_at[:, 1])


def _linear_maps(variation: PictureVariation, chance: _Chance) -> Array:
    """Random matrices (n, 2, 2) of area 1: a rotation after a shear after a change of proportions."""
    angle, wide = chance.around(variation.rotation), np.exp(chance.around(variation.aspect))
    shear = chance.around(variation.shear)
    cos, sin = np.cos(angle), np.sin(angle)
    a, b, d = wide, shear / wide, 1 / wide
    rows = [[cos * a, cos * b - sin * d], [sin * a, sin * b + cos * d]]
    return np.moveaxis(np.array(rows), 2, 0)


def _extent(images: Array, maps: Array | None) -> Array:
    """The longer side of each digit's ink, (n,), after the linear maps: MNIST's digits all have 20 px.

    Only the first and the last ink pixel of each row can be the outermost.
    """
    ink = images > 64
    has_ink = ink.any(axis=2)
    first, last = ink.argmax(axis=2), SIDE - 1 - ink[:, :, ::-1].argmax(axis=2)
    x = np.concatenate([first, last], axis=1).astype(np.float32)
    y = np.broadcast_to(np.tile(np.arange(SIDE, dtype=np.float32), 2), x.shape)
    outermost = np.stack([x, y], axis=1)  # (n, 2, 56)
    if maps is not None:
        outermost = maps.astype(np.float32) @ outermost
    there = np.tile(has_ink, 2)[:, None, :]
    high = np.where(there, outermost, -1e9).max(axis=2)
    low = np.where(there, outermost, 1e9).min(axis=2)
    extent: Array = np.maximum((high - low).max(axis=1), 0) + 1
    return extent


def smooth_field(random: np.random.Generator, n: int) -> Array:
    """Random displacement fields (n, 2, 28, 28) that change slowly: variance 1, a knot every 7 pixels."""
    basis = spline_basis(np.arange(SIDE) / 7, 7)
    knots = random.standard_normal((n, 2, 7, 7), dtype=np.float32)
    return basis @ knots @ basis.T


def spline_basis(places: npt.ArrayLike, knots: int) -> Array:
    """Uniform cubic B-splines: how much each knot weighs at each place, (..., knots) float32.

    Knots lie at -1, 0, 1, ...; the weights are scaled so that knots of variance 1 give values of variance
    1 in the mean over all places.
    """
    distance = np.abs(np.asarray(places, np.float32)[..., None] - (np.arange(knots, dtype=np.float32) - 1))
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = np.maximum(2 - distance, 0) ** 3 / 6
    weights: Array = np.where(distance < 1, near, far) / np.float32(np.sqrt(0.479))
    return weights


# ---- Strokes ---------------------------------------------------------------------------------------


class PackedDrawings(msgspec.Struct, frozen=True):
    """Many drawings in arrays of one shape.

    Attributes
    ----------
    points : (n, K, 2) float32, longer side 1, the box's middle at 0; after a drawing's own points its last
    joined : (n, K - 1) bool, whether the pen was down between a point and the next
    lengths : (n,) how many points are a drawing's own
    labels : (n,) uint8
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
    """Drawings with labels, packed; those with more than 64 points lose some between the others."""
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
    labels = np.array([drawing.label for drawing in drawings], np.uint8)
    return PackedDrawings(points, joined, lengths, labels)


def _at_most(count: int, points: Array, joined: Array) -> tuple[Array, Array]:
    """Lines with at most so many points, spread evenly over the old ones; the ends of strokes stay."""
    if len(points) <= count:
        return points, joined
    lifted = np.flatnonzero(~joined)
    ends = np.unique(np.concatenate([[0], lifted, lifted + 1, [len(points) - 1]]))[:count]
    others = np.setdiff1d(np.arange(len(points)), ends)
    spread = others[np.linspace(0, len(others) - 1, count - len(ends)).astype(np.intp)]
    kept = np.union1d(ends, spread)
    return points[kept], ~np.isin(kept[:-1], lifted)


def vary_drawings(
    drawings: PackedDrawings, variation: StrokeVariation, random: np.random.Generator, backend: Backend
) -> Array:
    """Vary drawings and draw them: (n, 28, 28) uint8."""
    chance = _Chance(random, len(drawings))
    points, joined, lengths = _with_hooks(drawings, variation, chance)
    points = _vary_each_stroke(points, joined, variation, chance)
    points = _vary_whole(points, drawings.labels, variation, chance)
    # A fast hand or a slow tablet: every second point falls on the one before, unless a stroke ends there.
    missing = chance.happens(variation.thin)[:, None] & joined[:, :-1] & joined[:, 1:]
    missing[:, 1::2] = False
    points[:, 1:-1][missing] = points[:, :-2][missing]
    joined = joined | (chance.happens(variation.join)[:, None] & _lifted_once(joined, lengths))
    beyond = np.arange(points.shape[1]) >= lengths[:, None]
    last = points[np.arange(len(points)), lengths - 1]
    points = np.where(beyond[:, :, None], last[:, None, :], points)
    spread = variation.pen_high - variation.pen_low
    return draw_digits(points, joined, variation.pen_low + chance.up_to(spread), backend)


def _with_hooks(
    drawings: PackedDrawings, variation: StrokeVariation, chance: _Chance
) -> tuple[Array, Array, Array]:
    """Some nines whose tail ends in a hook to the left: a habit that is easily read as a three."""
    points, joined, lengths = drawings.points.copy(), drawings.joined.copy(), drawings.lengths.copy()
    room = lengths + HOOK_POINTS <= points.shape[1]
    hooked = np.flatnonzero((drawings.labels == 9) & room & chance.happens(variation.hook))
    width, height = 0.15 + chance.up_to(0.45)[hooked], -0.05 + chance.up_to(0.25)[hooked]
    end = points[hooked, lengths[hooked] - 1]
    for step in range(HOOK_POINTS):
        t = (step + 1) / HOOK_POINTS * np.pi / 2
        x = end[:, 0] - width * np.sin(t)
        y = end[:, 1] - height * (1 - np.cos(t)) + 0.06 * np.sin(2 * t)
        points[hooked, lengths[hooked] + step] = np.stack([x, y], axis=1)
        joined[hooked, lengths[hooked] + step - 1] = True
    lengths[hooked] += HOOK_POINTS
    return points, joined, lengths


def _vary_each_stroke(points: Array, joined: Array, variation: StrokeVariation, chance: _Chance) -> Array:
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
            grow = np.exp(chance.around(variation.resize, k)).ravel()[flat].reshape(n, k)
        move = (chance.around(variation.move, k)).ravel()[flat].reshape(n, k)
        mean = mean.reshape(n, k)
        points[:, :, axis] = mean + (values - mean) * grow + move
    inner = (joined[:, :-1] & joined[:, 1:] & chance.happens(variation.smooth)[:, None])[:, :, None]
    mean = points[:, 1:-1] / 2 + (points[:, :-2] + points[:, 2:]) / 4
    points[:, 1:-1] = np.where(inner, mean, points[:, 1:-1])
    _move_ends(points, joined, variation, chance)
    return points


def _move_ends(points: Array, joined: Array, variation: StrokeVariation, chance: _Chance) -> None:
    """Let strokes begin earlier or later, and end so, in the direction they have. Changes points."""
    down = np.pad(joined, ((0, 0), (1, 1)))
    begins, ends = ~down[:, :-1] & down[:, 1:], down[:, :-1] & ~down[:, 1:]
    for at, inward in ((begins, 2), (ends, -2)):
        which, place = np.nonzero(at)
        inner = np.clip(place + inward, 0, points.shape[1] - 1)
        outward = points[which, place] - points[which, inner]
        length = np.maximum(np.hypot(outward[:, 0], outward[:, 1]), 1e-6)
        amount = np.maximum(chance.around(variation.ends, points.shape[1])[which, place], -0.9 * length)
        points[which, place] += outward * (amount / length)[:, None]


def _vary_whole(points: Array, labels: Array, variation: StrokeVariation, chance: _Chance) -> Array:
    """The drawing as a whole: bent, unbalanced, slanted, turned, shaken."""
    if variation.elastic:
        amount = chance.up_to(variation.elastic)
        points = points + amount[:, None, None] * _field_at(points, chance.random)
    x, y = points[:, :, 0], points[:, :, 1]
    x = x + chance.around(variation.unbalance)[:, None] * (x**2 - 0.25)
    y = y + chance.around(variation.unbalance)[:, None] * (y**2 - 0.25)
    wide = np.exp(chance.around(variation.aspect) - (labels == 4) * chance.up_to(variation.squeeze))
    x = x * wide[:, None] + y * chance.around(variation.shear)[:, None]
    angle = chance.around(variation.rotation)[:, None]
    x, y = np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y
    tremor = variation.tremor * chance.up_to(1)[:, None] ** 2
    pace = (0.5 + chance.up_to(1.5))[:, None] * np.arange(points.shape[1], dtype=np.float32)
    x = x + tremor * np.sin(pace + chance.up_to(2 * np.pi)[:, None])
    y = y + tremor * np.sin(np.float32(1.3) * pace + chance.up_to(2 * np.pi)[:, None])
    return np.stack([x, y], axis=2)


def _field_at(points: Array, random: np.random.Generator) -> Array:
    """A smooth random field of variance 1 at the points, (n, K, 2): a knot every third of the drawing."""
    places = np.clip((points + np.float32(0.5)) * 3, 0, 3)
    across, down = spline_basis(places[:, :, 0], 6), spline_basis(places[:, :, 1], 6)  # (n, K, 6)
    knots = random.standard_normal((2, len(points), 6, 6), dtype=np.float32)
    return np.stack([((down @ each) * across).sum(axis=2) for each in knots], axis=2)


def _lifted_once(joined: Array, lengths: Array) -> Array:
    """Where the pen was lifted in drawings of just two strokes, (n, K - 1)."""
    lifted = ~joined & (np.arange(joined.shape[1]) < lengths[:, None] - 1)
    once: Array = lifted & (lifted.sum(axis=1, keepdims=True) == 1)
    return once


class _Chance:
    """Random numbers for n digits, float32."""

    def __init__(self, random: np.random.Generator, n: int) -> None:
        self.random = random
        self.n = n

    def up_to(self, most: float) -> Array:
        """Evenly from 0 to most, (n,)."""
        return self.random.random(self.n, dtype=np.float32) * np.float32(most)

    def around(self, most: float, each: int | None = None) -> Array:
        """Evenly from -most to most, (n,), or (n, each)."""
        shape = self.n if each is None else (self.n, each)
        return (self.random.random(shape, dtype=np.float32) * 2 - 1) * np.float32(most)

    def happens(self, share: float) -> Array:
        """True for that share of the digits, (n,) bool."""
        return self.random.random(self.n, dtype=np.float32) < share
