"""How well digits are read from pictures: pages of many kinds, made of real digits, printed as a table.

    python -m benchmarks.pages                                # 200 pictures of each kind
    python -m benchmarks.pages --failures failures.png        # and the pictures that were misread
    python -m benchmarks.pages "hard shadow" ruled --count 50

Half of the digits are MNIST's training digits, half pen strokes of the 30 writers, drawn with the pen of the
page; both are in the folder INKDIGITS_DATA. The shipped network knows them, so that what is measured is the
reading of pictures, not of handwriting: "of bare" is the share of what it reads of the same digits without a
page around them. Time is the processor's, from the decoded picture to the network's input.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.paper import PAGES, Digit, row_of
from engine import Network
from engine.data.datasets import load_mnist
from engine.data.drawings import read_drawings
from engine.data.photos import find_digits, read_picture

TILE = 160  # px, of a failure on a sheet
ROWS = {"2 digits": (2, False), "3 digits": (3, False), "4 digits": (4, False), "column of 3": (3, True)}


class Page(NamedTuple):
    """A picture, its label, and whether the network reads its bare digits."""

    picture: Image.Image
    label: str
    bare: bool


class Failure(NamedTuple):
    """A picture that was misread, as what, and the network's input."""

    name: str
    page: Page
    read: str
    images: list[np.ndarray]


def digits_of(folder: Path, count: int, random: np.random.Generator) -> list[Digit]:
    """Digits of both kinds, in turn."""
    train = load_mnist().train
    drawings = [each for each in read_drawings(folder / "pen_strokes_dev.json") if each.label is not None]
    digits = []
    both = random.permutation(len(train))[:count], random.permutation(len(drawings))[:count]
    for index, other in zip(*both, strict=True):
        digits.append(Digit(int(train.labels[index]), image=train.images[index]))
        digits.append(Digit(drawings[other].label, strokes=drawings[other].strokes))
    return digits[:count]


def pages_of(name: str, digits: Sequence[Digit], reads: np.ndarray) -> Iterator[Page]:
    """The pictures of one kind, seeded by its name."""
    random = np.random.default_rng(zlib.crc32(name.encode()))
    for start, digit in enumerate(digits):
        if name in PAGES:
            yield Page(PAGES[name](digit, random), str(digit.label), bool(reads[start]))
            continue
        count, column = ROWS[name]
        chosen = [(start + step) % len(digits) for step in range(count)]
        label = "".join(str(digits[each].label) for each in chosen)
        yield Page(
            row_of([digits[each] for each in chosen], random, column), label, bool(reads[chosen].all())
        )


def read(page: Page, network: Network) -> tuple[str, list[np.ndarray], float]:
    """What is read from a picture, the network's inputs, and seconds of the processor's time."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.png")
        save(page.picture, path)
        colours = read_picture(path)
    started = time.process_time()
    found = find_digits(colours)
    seconds = time.process_time() - started
    images = [each.image for each in found]
    return "".join(str(digit) for digit in network.predict(np.stack(images))), images, seconds


def save(picture: Image.Image, path: Path) -> None:
    """As a PNG, with its EXIF data."""
    exif = picture.info.get("exif")
    picture.save(path, **({"exif": exif} if exif else {}))


def main() -> None:
    """Read pictures of every kind, and print how many were read right."""
    arguments = _parser().parse_args()
    folder = Path(os.environ["INKDIGITS_DATA"])
    digits = digits_of(folder, arguments.count, np.random.default_rng(arguments.seed))
    network = Network.load(backend="numba")
    reads = network.predict(np.stack([digit.bare() for digit in digits])) == [each.label for each in digits]
    print(f"bare digits: {100 * reads.mean():.1f} %\n")
    print("| kind | read, % | of bare, % | ms |\n|---|---|---|---|")
    failures: list[Failure] = []
    shares = []
    for name in arguments.kinds or [*PAGES, *ROWS]:
        right, bare, seconds = 0, 0, []
        for page in pages_of(name, digits, reads):
            answer, images, took = read(page, network)
            right, bare = right + (answer == page.label), bare + page.bare
            seconds.append(took)
            if answer != page.label and page.bare:
                failures.append(Failure(name, page, answer, images))
        shares.append(right / max(bare, 1))
        cells = f"{100 * right / len(digits):.1f} | {100 * shares[-1]:.1f} | {1000 * np.median(seconds):.1f}"
        print(f"| {name} | {cells} |", flush=True)
    print(f"\nmean of bare: {100 * np.mean(shares):.2f} %, least {100 * min(shares):.1f} %")
    if arguments.failures:
        draw_failures(failures, arguments.failures)


def draw_failures(failures: Sequence[Failure], path: Path) -> None:
    """A sheet of the pictures that were misread, each with the network's inputs beside it."""
    across = 6
    sheet = Image.new("RGB", (across * 2 * TILE, max(-(-len(failures) // across), 1) * (TILE + 16)), "white")
    draw = ImageDraw.Draw(sheet)
    for number, failure in enumerate(failures):
        x, y = number % across * 2 * TILE, number // across * (TILE + 16)
        picture = failure.page.picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, (200, 220, 255, 255))
        picture = Image.alpha_composite(white, picture).convert("RGB")
        picture.thumbnail((TILE, TILE))
        sheet.paste(picture, (x, y + 14))
        for place, image in enumerate(failure.images[:4]):
            small = Image.fromarray(255 - image).resize((TILE // 2 - 6,) * 2, Image.Resampling.NEAREST)
            sheet.paste(small, (x + TILE + place % 2 * TILE // 2, y + 14 + place // 2 * TILE // 2))
        draw.text((x, y), f"{failure.name}: {failure.page.label}, read {failure.read}", "black")
    sheet.save(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.pages", description=__doc__.split("\n")[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help="all kinds by default")
    parser.add_argument("--count", type=int, default=200, help="pictures of each kind (default: 200)")
    parser.add_argument("--seed", type=int, default=1, help="default: 1")
    parser.add_argument("--failures", type=Path, help="draw the pictures that were misread here")
    return parser


if __name__ == "__main__":
    main()
