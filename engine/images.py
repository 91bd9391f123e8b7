"""From a picture file of one digit to the 28x28 picture that the network reads."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from backends.base import Array, InkdigitsError
from engine.preprocessing import frame_digit

LARGEST_SIDE = 1000  # px; a larger picture is shrunk first
NOISE = 6.0  # paper varies: what is closer to it than this many of its own deviations is paper


class ImageError(InkdigitsError):
    """A picture that cannot be read, or has nothing on it."""


def read_picture(path: Path) -> Array:
    """A picture file as grey values, (rows, columns) float64 in [0, 1], white = 1.

    Transparent parts count as white. Raises `ImageError`.
    """
    try:
        from PIL import Image, ImageOps
    except ImportError:
        raise ImageError("reading pictures needs Pillow: pip install pillow") from None
    try:
        # A picture so large that Pillow warns of it is refused; what it holds is not worth the memory.
        with warnings.catch_warnings(action="error"), Image.open(path) as file:
            file.draft("L", (LARGEST_SIDE, LARGEST_SIDE))
            picture = ImageOps.exif_transpose(file).convert("RGBA")
    except FileNotFoundError:
        raise ImageError(f"there is no file {path}") from None
    except Exception as error:  # damaged files raise many things
        raise ImageError(f"{path} is not a picture that can be read: {error}") from None
    picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    white = Image.new("RGBA", picture.size, "white")
    grey = Image.alpha_composite(white, picture).convert("L")
    return np.asarray(grey, np.float64) / 255


def picture_to_image(grey: Array) -> Array:
    """A grey picture of one digit as the network reads it.

    Most of a picture is paper, so the median tells what paper looks like; ink is what differs from it, to
    whichever side differs more.

    Parameters
    ----------
    grey : (rows, columns) in [0, 1]

    Returns
    -------
    (28, 28) uint8; blank when nothing stands out from the paper
    """
    difference = grey - np.median(grey)
    deviation = 1.4826 * np.median(np.abs(difference))  # the standard one, but for what is not paper
    difference[np.abs(difference) <= NOISE * deviation] = 0
    darker, lighter = np.maximum(-difference, 0), np.maximum(difference, 0)
    return frame_digit(darker if darker.sum() > lighter.sum() else lighter)
