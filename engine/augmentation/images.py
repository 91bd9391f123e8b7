"""Augmentation of images: one smooth warp, then pen width, blur and contrast (Simard et al. 2003).

A network that never sees the same image twice learns the digit and not the image. The results are framed as
MNIST's digits are: the ink about as large as before, its centre of mass in the middle.

Letters: n digits. Angles are in radians; an amount "±x" is drawn uniformly from -x to x.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
import numpy as np

from backends.arrays import Array
from backends.base import Backend
from backends.imaging import knots_along
from engine.augmentation.sampling import Sampler
from engine.data.framing import SIDE

# Beyond these nothing is left of a digit.
Angle = Annotated[float, msgspec.Meta(ge=0, le=3.1416)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Pixels = Annotated[float, msgspec.Meta(ge=0, le=10)]


class ImageAugmentation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How strongly images are augmented; not at all by default.

    Attributes
    ----------
    rotation : float
        ± radians.
    size : float
        ± of the logarithm of the scale, after the ink has been scaled back to its old extent.
    aspect : float
        ± of the logarithm by which the width grows and the height shrinks.
    shear : float
        ± columns for each row.
    shift : float
        ± pixels on each axis; framing undoes whole pixels, so with it 0.5 covers every place in between.
    elastic : float
        Largest standard deviation of a smooth random field, in pixels.
    width : float
        ± pixels on each side of a line, for half of the digits.
    blur : float
        Largest share of its neighbours in a pixel, for three digits in ten.
    contrast : float
        Largest logarithm of the factor by which ink is brightened.
    framed : bool
        Whether the digit is centred by its mass afterwards, as MNIST's are; else it stays where it is.
    """

    rotation: Angle = 0.0
    size: Share = 0.0
    aspect: Share = 0.0
    shear: Share = 0.0
    shift: Pixels = 0.0
    elastic: Pixels = 0.0
    width: Pixels = 0.0
    blur: Share = 0.0
    contrast: Share = 0.0
    framed: bool = True


def augment_images(
    images: Array, amounts: ImageAugmentation, random: np.random.Generator, backend: Backend
) -> Array:
    """Augment images.

    Parameters
    ----------
    images : (n, 28, 28) array of uint8
        Images framed as MNIST's are.
    amounts : ImageAugmentation
        How strongly.
    random : numpy.random.Generator
        Source of all random numbers; it advances.
    backend : Backend
        Does the arithmetic.

    Returns
    -------
    (n, 28, 28) array of uint8
        New images, framed alike where that is asked for.
    """
    sampler = Sampler(random, len(images))
    augmented = backend.imaging.warp(images, *_warp_arguments(images, amounts, sampler, backend))
    if amounts.width:
        augmented = backend.imaging.dilate_or_erode(
            augmented, sampler.symmetric(amounts.width) * sampler.bernoulli(0.5)
        )
    if amounts.blur:
        augmented = backend.imaging.blur(augmented, sampler.uniform(amounts.blur) * sampler.bernoulli(0.3))
    gain = np.exp(sampler.uniform(amounts.contrast)) / np.maximum(0.25, augmented.max(axis=(1, 2)))
    augmented *= 255 * gain[:, None, None]
    bright: Array = np.minimum(augmented, 255)
    if not amounts.framed:
        return np.rint(bright).astype(np.uint8)
    framed: Array = backend.imaging.center_by_mass(bright, SIDE)
    return framed


def _warp_arguments(
    images: Array, amounts: ImageAugmentation, sampler: Sampler, backend: Backend
) -> tuple[Array, Array, Array]:
    """The maps, shifts and knots of `warp`, from each new image to its old one."""
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
