"""From a picture of one digit (a photo, a scan, a file) to the 28x28 image that is the network's input."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backends.arrays import Array
from engine.data.framing import SIDE, frame_digit
from engine.data.pictures import ImageError as ImageError  # for all who import it from here
from engine.data.pictures import open_picture

LARGEST_SIDE = 256  # px; a larger picture is shrunk to this first: the digit will be 20
EVEN_BELOW = 64  # px; a smaller picture is no photo, and its background is taken to be even
NOISE = 6.0  # standard deviations of the background within which a pixel belongs to it
FAINT = 0.25  # on a noisy background, pixels fainter than this share of the ink belong to it too
SPECK = 0.03  # a component with less than this share of the largest one's ink is dirt


@dataclass(frozen=True)
class FoundDigit:
    """A digit found in a picture.

    Attributes
    ----------
    image : (28, 28) array of uint8
        The network's input; blank when nothing stands out from the background.
    box : tuple of float
        Left, top, right and bottom of the ink, as shares of the picture's width or height.
    dark_on_light : bool
        Whether the ink is darker than the background.
    """

    image: Array
    box: tuple[float, float, float, float]
    dark_on_light: bool


def read_picture(path: Path) -> Array:
    """Read a picture file.

    The picture is rotated as its EXIF data say and shrunk until its longer side has at most 256 pixels.
    Transparent parts become white.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    (rows, columns, 3) array of float64
        Colours in [0, 1].

    Raises
    ------
    ImageError
        Pillow is not installed, or the file is missing, damaged, too large or no picture.
    """
    picture = open_picture(path, 2 * LARGEST_SIDE)
    picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    from PIL import Image

    white = Image.new("RGBA", picture.size, "white")
    return np.asarray(Image.alpha_composite(white, picture).convert("RGB"), np.float64) / 255


def find_digit(picture: Array) -> FoundDigit:
    """Separate ink from background, and frame the ink as MNIST does.

    The background is estimated from the rim of the picture, also under uneven light. Ink is whatever differs
    from it in colour: the darker pixels or the lighter ones, whichever differ more in all.

    Parameters
    ----------
    picture : (rows, columns) or (rows, columns, 3) array
        Grey levels or colours in [0, 1].

    Returns
    -------
    FoundDigit
        The digit, framed, and where it was found.
    """
    colours = picture.reshape(*picture.shape[:2], -1).astype(np.float64)
    difference = colours - np.stack([_background(channel) for channel in np.moveaxis(colours, 2, 0)], axis=2)
    strength = np.sqrt((difference**2).mean(axis=2))
    noise = NOISE * np.sqrt((strength[_rim(strength.shape)] ** 2).mean()) if _is_photo(strength) else 0.0
    brightness = difference.mean(axis=2)
    darker = np.where((brightness < 0) & (strength > noise), strength, 0)
    lighter = np.where((brightness > 0) & (strength > noise), strength, 0)
    dark_on_light = bool(darker.sum() >= lighter.sum())
    ink = darker if dark_on_light else lighter
    if noise and ink.any():
        ink[ink < FAINT * np.percentile(ink[ink > 0], 90)] = 0
        ink = _without_specks(ink)
    return FoundDigit(frame_digit(ink), _box(ink), dark_on_light)


def images_from_pictures(pictures: Array) -> Array:
    """Find and frame the digits in many pictures of one size.

    Parameters
    ----------
    pictures : (N, rows, columns) or (N, rows, columns, 3) array
        Bytes from 0 to 255, or numbers from 0 to 1; if one is above 1, all are divided by the largest.

    Returns
    -------
    (N, 28, 28) array of uint8
        Inputs for a network.
    """
    top = 255 if pictures.dtype == np.uint8 else max(1.0, float(pictures.max(initial=0)))
    found = [find_digit(picture / top).image for picture in pictures]
    return np.stack(found) if found else np.zeros((0, SIDE, SIDE), np.uint8)


def _is_photo(channel: Array) -> bool:
    return bool(max(channel.shape) >= EVEN_BELOW)


def _rim(shape: tuple[int, ...]) -> Array:
    """A mask of the outer tenth of a picture, one pixel at least."""
    rows, columns = shape
    width = max(1, round(0.1 * min(shape)))
    rim = np.ones(shape, bool)
    rim[width : rows - width, width : columns - width] = False
    return rim


def _background(channel: Array) -> Array:
    """The background everywhere: a quadratic surface through the rim, or the rim's median if even.

    Digits may touch the rim, so points far off the surface are left out and the surface is fitted again.
    """
    rim = _rim(channel.shape)
    if not _is_photo(channel):
        return np.full(channel.shape, np.median(channel[rim]))
    y, x = np.meshgrid(*(np.linspace(-1, 1, side) for side in channel.shape), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    values, at = channel[rim], terms[rim]
    keep = np.abs(values - np.median(values)) <= 3 * _deviation(values) + 0.1
    coefficients = np.zeros(terms.shape[-1])
    for _ in range(3):
        coefficients, *_ = np.linalg.lstsq(at[keep], values[keep], rcond=None)
        off = np.abs(values - at @ coefficients)
        keep = off <= 3 * _deviation(off[keep]) + 1e-6
    surface: Array = terms @ coefficients
    return surface


def _deviation(values: Array) -> float:
    """A robust standard deviation, from the median absolute deviation: a few outliers do not change it."""
    return float(1.4826 * np.median(np.abs(values - np.median(values))))


def _without_specks(ink: Array) -> Array:
    """The ink without dirt: connected components with far less ink than the largest are dropped."""
    labels = np.where(ink > 0, np.arange(1, ink.size + 1).reshape(ink.shape), 0)
    while True:  # every pixel takes its neighbours' largest label, until each component has one
        spread = labels
        for axis in (0, 1):
            spread = np.maximum(spread, np.maximum(_shifted(spread, 1, axis), _shifted(spread, -1, axis)))
        spread = np.where(ink > 0, spread, 0)
        spread = np.where(ink > 0, spread.ravel()[spread - 1], 0)  # and that of the pixel it came from
        if np.array_equal(spread, labels):
            break
        labels = spread
    weights = np.bincount(labels.ravel(), ink.ravel())
    return np.where(weights[labels] >= SPECK * weights.max(), ink, 0)


def _shifted(labels: Array, by: int, axis: int) -> Array:
    """Labels shifted by one pixel, with zeros from outside."""
    moved = np.roll(labels, by, axis)
    np.moveaxis(moved, axis, 0)[0 if by > 0 else -1] = 0
    return moved


def _box(ink: Array) -> tuple[float, float, float, float]:
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return 0.0, 0.0, 1.0, 1.0
    height, width = ink.shape
    return columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height
