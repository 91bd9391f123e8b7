"""Pages with real digits on them, as a camera, a scanner or a program would give them.

A page is a function of one digit (or several) and a random generator; the same seed makes the same page. Ink
is (rows, columns), 1 where the pen went and 0 elsewhere. MNIST's digits are enlarged smoothly and their edges
made sharp again; pen strokes are drawn with the pen of the page.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from backends.arrays import Array
from engine.data.strokes import Strokes, strokes_to_image

Random = np.random.Generator
WHITE, BLACK = (0.95, 0.94, 0.9), (0.12, 0.12, 0.15)
WIDTH, HEIGHT = 480, 360  # px, of a page
SMOOTH = 3  # times finer than its pixels is a line drawn


class Digit(NamedTuple):
    """A digit, as MNIST's picture of it or as strokes."""

    label: int
    image: Array | None = None
    strokes: Strokes | None = None

    def bare(self) -> Array:
        """The network's input where there is no page, (28, 28)."""
        return (
            strokes_to_image(self.strokes) if self.image is None and self.strokes else np.asarray(self.image)
        )


def ink_of(digit: Digit, side: int, pen: float = 0.1) -> Array:
    """Ink of a digit whose longer side is ``side`` pixels; ``pen`` is the width of strokes, as its share."""
    if digit.image is None:
        return _drawn(digit.strokes or [], side, pen)
    rows, columns = np.flatnonzero(digit.image.any(axis=1)), np.flatnonzero(digit.image.any(axis=0))
    tight = np.pad(digit.image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 1)
    scale = side / (max(tight.shape) - 2)
    size = (max(2, round(tight.shape[1] * scale)), max(2, round(tight.shape[0] * scale)))
    large = np.asarray(Image.fromarray(tight).resize(size, Image.Resampling.BICUBIC), np.float64) / 255
    ink = np.clip((large - 0.5) * max(1.0, scale / 2) + 0.5, 0, 1)
    if pen > 0.15:  # MNIST's own pen has about an eighth of the digit
        ink = ndimage.grey_dilation(np.pad(ink, side // 20), max(1, round((pen - 0.12) * side)))
    return _tight(ink)


def _drawn(strokes: Strokes, side: int, pen: float) -> Array:
    points = [np.asarray(stroke, np.float64) for stroke in strokes]
    low = np.min([each.min(axis=0) for each in points], axis=0)
    extent = max(np.max([each.max(axis=0) for each in points], axis=0) - low)
    width = max(pen * side * SMOOTH, 1.0)
    scale = max(side * SMOOTH - width, 1) / max(extent, 1e-9)
    paths = [(each - low) * scale + width for each in points]
    size = np.ceil(np.max([each.max(axis=0) for each in paths], axis=0) + width).astype(int)
    image = Image.new("L", (int(size[0]), int(size[1])))
    draw = ImageDraw.Draw(image)
    for path in paths:
        draw.line([tuple(point) for point in path], 255, round(width), joint="curve")
        for x, y in path:
            draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), 255)
    small = image.resize(
        (max(1, image.width // SMOOTH), max(1, image.height // SMOOTH)), Image.Resampling.BOX
    )
    return _tight(np.asarray(small, np.float64) / 255)


def _tight(ink: Array) -> Array:
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.1), np.flatnonzero(ink.max(axis=0) > 0.1)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def put(ink: Array, random: Random, width: int = WIDTH, height: int = HEIGHT, margin: float = 0.06) -> Array:
    """Put ink somewhere on a page."""
    page = np.zeros((height, width))
    edge = round(margin * min(width, height))
    top = random.integers(edge, max(height - edge - ink.shape[0], edge) + 1)
    left = random.integers(edge, max(width - edge - ink.shape[1], edge) + 1)
    page[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return page


def coloured(ink: Array, pen: Sequence[float] = BLACK, paper: Any = WHITE, light: Any = 1.0) -> Array:
    """Colours (rows, columns, 3) of ink on paper, under light that may differ from place to place."""
    sheet, colour = np.asarray(paper), np.asarray(pen)
    lit: Array = np.asarray(light)[..., None] * (sheet + ink[..., None] * (colour - sheet))
    return lit


def photo(colours: Array, random: Random, noise: float = 0.01) -> Image.Image:
    """A picture of 8 bits, with some noise."""
    noisy = colours + random.normal(0, noise, colours.shape) if noise else colours
    return Image.fromarray(np.round(np.clip(noisy, 0, 1) * 255).astype(np.uint8))


def _usual(digit: Digit, random: Random, pen: float = 0.1) -> Array:
    """A page whose digit has from a quarter to a half of its height."""
    return put(ink_of(digit, int(random.uniform(0.25, 0.5) * HEIGHT), pen), random)


def _places() -> tuple[Array, Array]:
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    return x, y


def an_eighth_of_the_page(digit: Digit, random: Random) -> Image.Image:
    return photo(coloured(put(ink_of(digit, WIDTH // 8), random)), random, 0)


def clean_page(digit: Digit, random: Random) -> Image.Image:
    return photo(coloured(_usual(digit, random)), random, 0)


def cut_to_the_ink(side: int) -> Callable[[Digit, Random], Image.Image]:
    return lambda digit, random: photo(coloured(ink_of(digit, side)), random, 0)


def scan(side: int, binary: bool) -> Callable[[Digit, Random], Image.Image]:
    """A digit that fills a small square, in either polarity."""

    def make(digit: Digit, random: Random) -> Image.Image:
        large = Image.fromarray((ink_of(digit, 20 * side) * 255).astype(np.uint8))
        share = side / max(large.size)
        small = large.resize([max(1, round(each * share)) for each in large.size], Image.Resampling.BOX)
        box = Image.new("L", (side, side))
        box.paste(small, ((side - small.width) // 2, (side - small.height) // 2))
        pixels = np.asarray(box) / 255
        pixels = np.where(pixels > 0.45, 1.0, 0.0) if binary else pixels / pixels.max()
        pixels = 1 - pixels if random.random() < 0.5 else pixels
        return Image.fromarray(np.round(pixels * 255).astype(np.uint8))

    return make


def framed_as_mnist(digit: Digit, random: Random) -> Image.Image:
    image = digit.bare()
    return Image.fromarray(255 - image if random.random() < 0.5 else image)


def light_on_dark(digit: Digit, random: Random) -> Image.Image:
    return photo(coloured(_usual(digit, random), (0.95, 0.95, 0.9), (0.1, 0.12, 0.1)), random)


def colour(digit: Digit, random: Random) -> Image.Image:
    """Red, green or violet ink on yellow, pink or blue paper, of which some are equally bright."""
    pens = [(0.8, 0.15, 0.15), (0.05, 0.5, 0.2), (0.45, 0.1, 0.6)]
    papers = [(0.98, 0.9, 0.5), (0.98, 0.8, 0.85), (0.7, 0.85, 0.98)]
    pen, paper = pens[random.integers(3)], papers[random.integers(3)]
    return photo(coloured(_usual(digit, random), pen, paper), random)


def alpha(digit: Digit, random: Random) -> Image.Image:
    """Black or white ink on nothing."""
    ink = (_usual(digit, random) * 255).astype(np.uint8)
    level = 0 if random.random() < 0.5 else 255
    return Image.merge("LA", (Image.new("L", (WIDTH, HEIGHT), level), Image.fromarray(ink)))


def thin_pen(digit: Digit, random: Random) -> Image.Image:
    """A line of 2 pixels, 200 high."""
    if digit.image is not None:
        return clean_page(digit, random)
    return photo(coloured(put(ink_of(digit, 200, 0.01), random)), random, 0)


def fat_pen(digit: Digit, random: Random) -> Image.Image:
    return photo(coloured(put(ink_of(digit, 200, random.uniform(0.2, 0.24)), random)), random)


def pencil(digit: Digit, random: Random) -> Image.Image:
    ink = _usual(digit, random, 0.05) * random.uniform(0.55, 1.0, (HEIGHT, WIDTH))
    return photo(coloured(ink, (0.5, 0.5, 0.52)), random, 0.015)


def chalk(digit: Digit, random: Random) -> Image.Image:
    grain = ndimage.gaussian_filter(random.random((HEIGHT, WIDTH)), 1)
    ink = _usual(digit, random, 0.12) * np.clip(0.75 + 4 * (grain - 0.5), 0.15, 1)
    smear = 0.03 * ndimage.zoom(random.random((6, 8)), (HEIGHT / 6, WIDTH / 8), order=1)
    return photo(coloured(ink, (0.9, 0.9, 0.86), (0.16, 0.26, 0.2)) + smear[..., None], random, 0.02)


def ballpoint(digit: Digit, random: Random) -> Image.Image:
    return photo(coloured(_usual(digit, random, 0.035) * 0.9, (0.15, 0.2, 0.6)), random)


def uneven_light(digit: Digit, random: Random) -> Image.Image:
    x, y = _places()
    a, b = random.uniform(-0.25, 0.25, 2)
    light = 0.75 + a * x + b * y - 0.12 * (x**2 + y**2)
    return photo(coloured(_usual(digit, random), light=np.clip(light, 0.1, 1)), random)


def _beyond(random: Random) -> Array:
    """The distance to a line across the page, as a share of half of it, negative on one side."""
    x, y = _places()
    angle = random.uniform(0, 2 * np.pi)
    distance: Array = np.cos(angle) * x + np.sin(angle) * y + random.uniform(-0.5, 0.5)
    return distance


def soft_shadow(digit: Digit, random: Random) -> Image.Image:
    light = 1 - random.uniform(0.3, 0.5) / (1 + np.exp(-8 * _beyond(random)))
    return photo(coloured(_usual(digit, random), light=light), random)


def hard_shadow(digit: Digit, random: Random) -> Image.Image:
    light = 1 - random.uniform(0.3, 0.5) * np.clip(0.5 + 100 * _beyond(random), 0, 1)
    return photo(coloured(_usual(digit, random), light=light), random)


def table_in_view(digit: Digit, random: Random) -> Image.Image:
    """The sheet ends inside the picture, at one side."""
    colours = coloured(put(ink_of(digit, int(random.uniform(0.25, 0.45) * HEIGHT)), random, margin=0.22))
    x, y = _places()
    side = [(x, y), (-x, y), (y, x), (-y, x)][random.integers(4)]
    table = side[0] + random.uniform(-0.06, 0.06) * side[1] > random.uniform(0.7, 0.9)
    wood = np.array([0.45, 0.3, 0.18]) + 0.05 * np.sin(40 * side[0] + 5 * side[1])[..., None]
    return photo(np.where(table[..., None], wood, colours), random)


def _lines(random: Random, down: bool, across: bool, spacing: float, width: float, tilt: float) -> Array:
    """Lines over the page: 1 on a line."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    x, y = x + tilt * y + random.uniform(0, spacing), y - tilt * x + random.uniform(0, spacing)
    lines = np.zeros((HEIGHT, WIDTH))
    for places, wanted in ((y, across), (x, down)):
        off = np.abs((places + spacing / 2) % spacing - spacing / 2)
        lines = np.maximum(lines, wanted * np.clip(width / 2 + 0.5 - off, 0, 1))
    return lines


def _on_lines(digit: Digit, random: Random, lines: Array, strength: float) -> Image.Image:
    paper = coloured(strength * lines, (0.45, 0.55, 0.8))
    ink = _usual(digit, random)[..., None]
    return photo(paper + ink * (np.array(BLACK) - paper), random)


def ruled(digit: Digit, random: Random) -> Image.Image:
    spacing, tilt = random.uniform(30, 60), random.uniform(-0.02, 0.02)
    return _on_lines(digit, random, _lines(random, False, True, spacing, 1.5, tilt), 0.8)


def squared(digit: Digit, random: Random) -> Image.Image:
    spacing, tilt = random.uniform(18, 36), random.uniform(-0.02, 0.02)
    return _on_lines(digit, random, _lines(random, True, True, spacing, 1.5, tilt), 0.7)


def dark_rules(digit: Digit, random: Random) -> Image.Image:
    """Rules as dark as the ink, above and below the digit and through it."""
    spacing, tilt = random.uniform(60, 110), random.uniform(-0.01, 0.01)
    return _on_lines(digit, random, _lines(random, False, True, spacing, 2, tilt) * 1.2, 1.0)


def printed_frame(digit: Digit, random: Random) -> Image.Image:
    """A box of a form around the digit, black and thin."""
    ink = ink_of(digit, int(random.uniform(0.3, 0.4) * HEIGHT), 0.08)
    gap, line = random.integers(12, 40), random.integers(1, 4)
    box = np.pad(np.pad(ink, gap), line, constant_values=1.0)
    return photo(coloured(put(box, random, margin=0.02)), random)


def jpeg_of_quality_20(digit: Digit, random: Random) -> Image.Image:
    file = io.BytesIO()
    photo(coloured(_usual(digit, random)), random).save(file, "JPEG", quality=20)
    return Image.open(file)


def blurred(digit: Digit, random: Random) -> Image.Image:
    ink = ndimage.gaussian_filter(_usual(digit, random), random.uniform(2, 4))
    return photo(coloured(ink), random)


def noisy(digit: Digit, random: Random) -> Image.Image:
    return photo(coloured(_usual(digit, random)), random, 0.08)


def rotated_by_exif(digit: Digit, random: Random) -> Image.Image:
    """As a telephone that was held upright stores it: lying, with a note how to turn it."""
    image = photo(coloured(_usual(digit, random)), random).rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    image.info["exif"] = exif.tobytes()
    return image


def tilted_page(digit: Digit, random: Random) -> Image.Image:
    """A sheet that lies askew by up to 12 degrees on a table, which shows in the corners."""
    sheet = coloured(_usual(digit, random))
    angle = random.uniform(3, 12) * random.choice([-1, 1])
    image = photo(sheet, random).rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=(105, 75, 50))
    edge = round(0.04 * WIDTH)
    return image.crop((edge, edge, image.width - edge, image.height - edge))


def one_bit(digit: Digit, random: Random) -> Image.Image:
    return Image.fromarray(((1 - _usual(digit, random)) * 255).astype(np.uint8)).convert(
        "1", dither=Image.Dither.NONE
    )


def megapixel(digit: Digit, random: Random) -> Image.Image:
    page = put(ink_of(digit, int(random.uniform(150, 400))), random, 1000, 1000)
    return photo(coloured(page), random, 0)


def twelve_megapixels(digit: Digit, random: Random) -> Image.Image:
    return photo(coloured(_usual(digit, random)), random).resize((4000, 3000), Image.Resampling.BILINEAR)


PAGES: dict[str, Callable[[Digit, Random], Image.Image]] = {
    "clean page": clean_page,
    "an eighth of the page wide": an_eighth_of_the_page,
    "cut to the ink, 64 px": cut_to_the_ink(64),
    "cut to the ink, 128 px": cut_to_the_ink(128),
    "cut to the ink, 512 px": cut_to_the_ink(512),
    "8x8, grey": scan(8, False),
    "16x16, grey": scan(16, False),
    "16x16, binary": scan(16, True),
    "28x28, framed as MNIST": framed_as_mnist,
    "light on dark": light_on_dark,
    "colour": colour,
    "alpha": alpha,
    "thin pen, 2 px": thin_pen,
    "very fat pen": fat_pen,
    "pencil": pencil,
    "chalk": chalk,
    "ballpoint": ballpoint,
    "uneven light": uneven_light,
    "soft shadow": soft_shadow,
    "hard shadow": hard_shadow,
    "table in view": table_in_view,
    "ruled": ruled,
    "squared": squared,
    "dark rules": dark_rules,
    "printed frame": printed_frame,
    "JPEG, quality 20": jpeg_of_quality_20,
    "blur": blurred,
    "noise": noisy,
    "EXIF rotation": rotated_by_exif,
    "tilted page": tilted_page,
    "1 bit": one_bit,
    "one megapixel": megapixel,
    "12 megapixels": twelve_megapixels,
}


def row_of(digits: Sequence[Digit], random: Random, column: bool = False) -> Image.Image:
    """Digits side by side, or one below the other, on a page."""
    side = int(random.uniform(0.16, 0.22) * HEIGHT)
    parts = [ink_of(digit, round(side * random.uniform(0.9, 1.1))) for digit in digits]
    along = sum(part.shape[0 if column else 1] for part in parts) + side * len(parts)
    ink = np.zeros((along, 2 * side) if column else (2 * side, along))
    at = 0
    for part in parts:
        beside = int(random.integers(0, max(1, side // 6)))
        top, left = (at, beside) if column else (beside, at)
        ink[top : top + part.shape[0], left : left + part.shape[1]] = part
        at += part.shape[0 if column else 1] + int(random.uniform(0.2, 0.5) * side)
    return photo(coloured(put(_tight(ink), random, margin=0.02)), random)
