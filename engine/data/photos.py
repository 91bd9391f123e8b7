"""From a picture (a photo, a scan, a file) to the digits in it, each as the 28x28 image that a network takes.

Ink is separated from paper (`engine.data.ink`); frames and dirt are dropped (`engine.data.marks`); pieces are
put together to digits, and each digit is framed as MNIST frames its own. Pictures under 64 pixels are no
photos: their paper is even, and one digit fills them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from backends.arrays import Array
from engine.data.framing import SIDE, frame_digit
from engine.data.ink import Ink, ink_of_photo, ink_on_even_paper, is_dark_on_light
from engine.data.pictures import ImageError as ImageError  # for all who import it from here
from engine.data.pictures import open_picture

if TYPE_CHECKING:
    from engine.data.marks import Box

LARGEST_SIDE = 256  # px; a larger picture is shrunk to this first: the digit will be 20
EVEN_BELOW = 64  # px; a smaller picture is no photo, and its paper is taken to be even
EDGE = 0.12  # of the strongest ink: weaker ink beside a line is not its soft edge
SPECK = 0.03  # of the ink of the largest piece: a piece with less is dirt
PIECE = 0.4  # of a digit's height: what is smaller may be a piece of it
NEAR = 0.35  # of a digit's longer side: a piece of it is no further away
SMALLEST = 0.45  # of the largest digit: another digit is no smaller
HALF = 0.5  # of the strength within a line: where the line ends
THIN, USUAL, FAT = 0.07, 0.11, 0.19  # widths of a pen, in the longer side of a digit


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
    Transparent parts become white, or black where what is drawn is light.

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

    pixels = np.asarray(picture)
    drawn = pixels[pixels[..., 3] > 127, :3]
    light_on_nothing = pixels[..., 3].min() < 128 and drawn.size and drawn.mean() > 127
    behind = Image.new("RGBA", picture.size, "black" if light_on_nothing else "white")
    return np.asarray(Image.alpha_composite(behind, picture).convert("RGB"), np.float64) / 255


def find_digit(picture: Array) -> FoundDigit:
    """Find the one digit of a picture; of several, the largest.

    Parameters
    ----------
    picture : (rows, columns) or (rows, columns, 3) array
        Grey levels or colours in [0, 1].

    Returns
    -------
    FoundDigit
        The digit, framed, and where it was found.
    """
    return max(find_digits(picture), key=lambda found: _area(found.box))


def find_digits(picture: Array) -> list[FoundDigit]:
    """Find all digits of a picture.

    Parameters
    ----------
    picture : (rows, columns) or (rows, columns, 3) array
        Grey levels or colours in [0, 1].

    Returns
    -------
    list of FoundDigit
        In reading order: row by row, each from left to right; at least one, blank where nothing is found.
    """
    colours = picture.reshape(*picture.shape[:2], -1).astype(np.float64)
    if max(colours.shape[:2]) < EVEN_BELOW:
        return [_small_digit(colours, is_dark_on_light(colours[None]))]
    ink = ink_of_photo(colours)
    found = [
        FoundDigit(frame_digit(_usual_pen(digit)), _box(digit > HALF), ink.dark_on_light)
        for digit in _in_reading_order(_digits_of(ink))
    ]
    return found or [FoundDigit(np.zeros((SIDE, SIDE), np.uint8), (0.0, 0.0, 1.0, 1.0), ink.dark_on_light)]


def images_from_pictures(pictures: Array) -> Array:
    """Find and frame the digits in many pictures of one size.

    Whether ink is dark or light is decided once for all of them, where they are too small for photos.

    Parameters
    ----------
    pictures : (N, rows, columns) or (N, rows, columns, 3) array
        Bytes from 0 to 255, or numbers from 0 to 1; if one is above 1, all are divided by the largest.

    Returns
    -------
    (N, 28, 28) array of uint8
        Inputs for a network.
    """
    if not len(pictures):
        return np.zeros((0, SIDE, SIDE), np.uint8)
    top = 255 if pictures.dtype == np.uint8 else max(1.0, float(pictures.max(initial=0)))
    colours = pictures.reshape(*pictures.shape[:3], -1)
    if max(colours.shape[1:3]) >= EVEN_BELOW:
        return np.stack([find_digit(picture / top).image for picture in colours])
    dark_on_light = is_dark_on_light(colours / top)
    return np.stack([_small_digit(picture / top, dark_on_light).image for picture in colours])


def _small_digit(colours: Array, dark_on_light: bool) -> FoundDigit:
    """The digit of a small picture: all that is darker, or lighter, than its paper."""
    ink = ink_on_even_paper(colours, dark_on_light)
    return FoundDigit(frame_digit(ink), _box(ink), dark_on_light)


# ---- Several digits -------------------------------------------------------------------------------------


def _digits_of(ink: Ink) -> list[Array]:
    """The ink of each digit alone, from 0 to 1, on pages as large as the picture."""
    if not ink.peak or not ink.sure.any():
        return []
    from scipy import ndimage

    from engine.data.marks import AT_CORNERS, grown, is_frame, is_printed_line

    labels, count = ndimage.label(grown(ink.sure, 1), AT_CORNERS)
    labels *= ink.sure  # pieces go on over gaps of two pixels, as chalk leaves them
    boxes = ndimage.find_objects(labels)
    weights = np.bincount(labels.ravel(), ink.strength.ravel(), count + 1)[1:]

    def piece(index: int) -> Array:
        own: Array = labels[boxes[index]] == index + 1
        return own

    kept = [index for index in range(count) if weights[index] >= SPECK * weights.max()]
    for index in list(kept):
        if is_frame(piece(index), boxes[index], [boxes[other] for other in kept if other != index]):
            kept.remove(index)
    heaviest = max(kept, key=lambda index: float(weights[index]))
    written = piece(heaviest)
    kept = [each for each in kept if each == heaviest or not is_printed_line(piece(each), written)]
    digits = []
    for group in _put_together([boxes[index] for index in kept]):
        own = np.isin(labels, [kept[place] + 1 for place in group])
        others = ink.other | (ink.sure & ~own)
        edges = grown(own, 2) & ~others & (ink.strength > EDGE * ink.peak)
        digits.append(np.where(edges, np.minimum(ink.strength / ink.peak, 1), 0))
    return digits


def _put_together(boxes: list[Box]) -> list[list[int]]:
    """Which pieces make a digit: each large one begins one, and a small one joins the nearest of them."""
    from engine.data.marks import size_of

    sides = [max(size_of(box)) for box in boxes]
    groups: list[list[int]] = []
    for index in sorted(range(len(boxes)), key=lambda index: -sides[index]):
        height, width = size_of(boxes[index])
        gaps = []
        for group in groups:
            tall, wide = size_of(boxes[group[0]])
            small = height < PIECE * tall or (width < PIECE * tall and height < 0.6 * tall and wide > width)
            gap = _gap(boxes[index], boxes[group[0]])
            gaps.append(gap if gap < 0 or (small and gap < NEAR * max(tall, wide)) else np.inf)
        if gaps and min(gaps) < np.inf:
            groups[int(np.argmin(gaps))].append(index)
        else:
            groups.append([index])
    least = SMALLEST * max(sides, default=0)
    return [group for group in groups if sides[group[0]] >= least]


def _gap(one: Box, other: Box) -> float:
    """The distance between two boxes; negative where the smaller lies mostly over the other."""
    between = [max(a.start, b.start) - min(a.stop, b.stop) for a, b in zip(one, other, strict=True)]
    shorter = [min(a.stop - a.start, b.stop - b.start) for a, b in zip(one, other, strict=True)]
    if all(-gap > 0.5 * side for gap, side in zip(between, shorter, strict=True)):
        return -1.0
    return float(np.hypot(*np.maximum(between, 0)))


def _in_reading_order(digits: list[Array]) -> list[Array]:
    """Row by row from the top, each from left to right; a row is what overlaps its first digit by half."""
    from engine.data.marks import pixels_of

    boxes = [pixels_of(digit > 0) for digit in digits]
    rest, ordered = sorted(range(len(digits)), key=lambda index: boxes[index][0].start), []
    while rest:
        first = boxes[rest[0]][0]
        row = []
        for index in rest:
            here = boxes[index][0]
            common = min(first.stop, here.stop) - max(first.start, here.start)
            if common > 0.5 * min(first.stop - first.start, here.stop - here.start):
                row.append(index)
        ordered += sorted(row, key=lambda index: boxes[index][1].start)
        rest = [index for index in rest if index not in row]
    return [digits[index] for index in ordered]


def _usual_pen(ink: Array) -> Array:
    """Ink as if it were written with a usual pen: shrunk, a thin line would be grey, a fat one closed."""
    from scipy import ndimage

    from engine.data.marks import pen_width, pixels_of, size_of

    box = pixels_of(ink > 0)
    side = max(size_of(box))
    cut = np.pad(ink[box], max(2, round(0.1 * side)))
    if not (cut > 0.5).any():
        return cut
    width = pen_width(cut > 0.5) / side
    if width < THIN:
        return np.asarray(ndimage.grey_dilation(cut, footprint=_disc(round((USUAL - width) * side) + 1)))
    if width > FAT:
        return np.asarray(ndimage.grey_erosion(cut, footprint=_disc(round((width - FAT) * side) + 1)))
    return cut


def _disc(diameter: int) -> Array:
    """A round mask."""
    y, x = np.mgrid[: max(diameter, 2), : max(diameter, 2)] - (max(diameter, 2) - 1) / 2
    disc: Array = np.hypot(x, y) <= max(diameter, 2) / 2
    return disc


def _box(ink: Array) -> tuple[float, float, float, float]:
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return 0.0, 0.0, 1.0, 1.0
    height, width = ink.shape
    return columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height


def _area(box: tuple[float, float, float, float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
