"""Fresh variations of pictures: one smooth warp, then pen width, blur and contrast (Simard et al. 2003).

A network that never sees the same picture twice learns the digit and not the picture. What comes out is
framed as MNIST's digits are: the ink about as large as before, its centre of mass in the middle.

Letters: n digits. Angles are in radians; an amount "±x" is drawn evenly from -x to x.
"""

from __future__ import annotations

import msgspec
import numpy as np

from backends.arrays import Array
from backends.base import Backend
from backends.imaging import knots_along
from engine.augmentation.sampling import Sampler
from engine.data.framing import SIDE


class ImageAugmentation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far pictures may be varied; nothing by default.

    Attributes
    ----------
    rotation : ± radians
    size : ± of the logarithm of the scale, after the ink has been scaled back to its old extent
    aspect : ± of the logarithm by which width grows and height shrinks
    shear : ± columns a row
    shift : ± pixels, on each axis; whole pixels are undone by the framing, so 0.5 is any place in between
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


def augment_images(
    images: Array, amounts: ImageAugmentation, random: np.random.Generator, backend: Backend
) -> Array:
    """Vary pictures (n, 28, 28) uint8; returns as many, of the same kind."""
    n = len(images)
    sampler = Sampler(random, n)
    varied = backend.imaging.warp(images, *_looked_at(images, amounts, sampler, backend))
    if amounts.width:
        varied = backend.imaging.dilate_or_erode(
            varied, sampler.symmetric(amounts.width) * sampler.bernoulli(0.5)
        )
    if amounts.blur:
        varied = backend.imaging.blur(varied, sampler.uniform(amounts.blur) * sampler.bernoulli(0.3))
    gain = np.exp(sampler.uniform(amounts.contrast)) / np.maximum(0.25, varied.max(axis=(1, 2)))
    varied *= 255 * gain[:, None, None]
    framed: Array = backend.imaging.center_by_mass(np.minimum(varied, 255), SIDE)
    return framed


def _looked_at(
    images: Array, amounts: ImageAugmentation, sampler: Sampler, backend: Backend
) -> tuple[Array, Array, Array]:
    """Where each pixel of the new pictures looks in the old ones, for `Backend.warp`: maps, shifts, knots."""
    forward = _linear_maps(amounts, sampler)
    same = np.tile(np.eye(2, dtype=np.float32), (len(images), 1, 1))
    size = np.exp(sampler.symmetric(amounts.size))
    size *= backend.imaging.ink_extent(images, same) / backend.imaging.ink_extent(images, forward)
    maps = np.linalg.inv(forward * size[:, None, None])
    shifts = np.stack([sampler.symmetric(amounts.shift) for _ in range(2)], axis=1)
    side = knots_along(SIDE)
    knots = sampler.random.standard_normal((len(images), 2, side, side), dtype=np.float32)
    return maps, shifts, knots * sampler.uniform(amounts.elastic)[:, None, None, None]


def _linear_maps(amounts: ImageAugmentation, sampler: Sampler) -> Array:
    """Random matrices (n, 2, 2) of area 1: a rotation after a shear after a change of proportions."""
    angle, wide = sampler.symmetric(amounts.rotation), np.exp(sampler.symmetric(amounts.aspect))
    shear = sampler.symmetric(amounts.shear)
    cos, sin = np.cos(angle), np.sin(angle)
    a, b, d = wide, shear / wide, 1 / wide
    rows = [[cos * a, cos * b - sin * d], [sin * a, sin * b + cos * d]]
    return np.ascontiguousarray(np.moveaxis(np.array(rows), 2, 0))
