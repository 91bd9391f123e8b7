"""How many rows of digits are read right: 2 to 6 drawings of one writer side by side; and single digits.

    python -m benchmarks.rows --networks /tmp/networks      # networks that have not seen the writer
    python -m benchmarks.rows --lever /tmp/levers/best-128-64-1.json --each 50     # at the full length
    python -m benchmarks.rows                               # the shipped one, which has

Gaps between the ink of neighbours are drawn uniformly from 15 to 60 % of the height; the drawings keep their
sizes, stand a little too high or too low, and their strokes come in any order and direction. FOLDER holds the
networks of `python -m benchmarks.teaching`; a lever is one network of `python -m benchmarks.levers`, and six
writers are left then. The drawings are those in the folder INKDIGITS_DATA.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from backends.arrays import Array
from benchmarks.levers import WRITERS
from engine import Network, recognize_digits, segment
from engine.data.drawings import Drawing, read_drawings
from engine.recognition.metrics import wilson_interval
from engine.training.cross_validation import split_by_writer

GAPS = {"natural": (0.15, 0.6), "narrow": (0.05, 0.3)}
UNEVEN = 0.08  # standard deviation of the digits' height over the line, as a share of a digit's height


class Row(NamedTuple):
    """Digits side by side: whose, their strokes in any order, which digit each stroke is of, the answer."""

    writer: str
    strokes: list[Array]
    digits: list[list[int]]
    label: str


def rows_of(
    drawings: Sequence[Drawing],
    each: int,
    random: np.random.Generator,
    gaps: tuple[float, float] = GAPS["natural"],
    slant: float = 0.0,
) -> Iterator[Row]:
    """Make rows of random drawings, ``each`` of every writer."""
    for writer in sorted({str(drawing.writer) for drawing in drawings}, key=int):
        mine = [drawing for drawing in drawings if str(drawing.writer) == writer]
        for _ in range(each):
            chosen = random.choice(len(mine), random.integers(2, 7), replace=False)
            yield _row(writer, [mine[i] for i in chosen], gaps, slant, random)


def _row(
    writer: str,
    drawings: list[Drawing],
    gaps: tuple[float, float],
    slant: float,
    random: np.random.Generator,
) -> Row:
    points = [np.concatenate(drawing.strokes) for drawing in drawings]
    height = float(np.median([np.ptp(each[:, 1]) for each in points]))
    strokes: list[Array] = []
    owners: list[int] = []
    left = 0.0
    for number, (drawing, ink) in enumerate(zip(drawings, points, strict=True)):
        shift = [left - ink[:, 0].min(), random.normal(0, UNEVEN * height) - ink[:, 1].mean()]
        for stroke in drawing.strokes:
            moved = (stroke + shift) @ np.array([[1, 0], [-slant, 1]])
            strokes.append(moved[::-1] if random.random() < 0.5 else moved)
            owners.append(number)
        left += np.ptp(ink[:, 0]) + random.uniform(*gaps) * height
    order = random.permutation(len(strokes))
    digits = [[i for i, o in enumerate(order) if owners[o] == number] for number in range(len(drawings))]
    label = "".join(str(drawing.label) for drawing in drawings)
    return Row(writer, [strokes[o] for o in order], digits, label)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.rows", description=(__doc__ or "").split("\n\n")[0]
    )
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument("--networks", metavar="FOLDER", type=Path, help="networks of `benchmarks.teaching`")
    whose.add_argument("--lever", metavar="FILE", type=Path, help="a network of `benchmarks.levers`")
    parser.add_argument("--each", metavar="N", type=int, default=10, help="rows of each writer (default: 10)")
    arguments = parser.parse_args()
    drawings = read_drawings(Path(os.environ["INKDIGITS_DATA"]) / "pen_strokes_dev.json")
    networks: dict[str, Network] = {}  # by writer
    if arguments.lever:
        drawings = [each for each in drawings if str(each.writer) in WRITERS]
        networks = dict.fromkeys(WRITERS, Network.load(arguments.lever))
    else:
        for fold in split_by_writer(drawings, 5):
            path = arguments.networks / f"fold{fold.number}.json" if arguments.networks else None
            networks |= dict.fromkeys(fold.writers, Network.load(path))
    print("| rows | n | strokes divided right, % | all digits right, % |\n|---|---|---|---|")
    for name, gaps, slant in (
        *((name, gaps, 0.0) for name, gaps in GAPS.items()),
        ("slanted", GAPS["natural"], 0.3),
    ):
        rows = list(rows_of(drawings, arguments.each, np.random.default_rng(0), gaps, slant))
        divided = [segment(networks[row.writer], row.strokes) == row.digits for row in rows]
        read = []
        for row in rows:
            best = [each.probabilities for each in recognize_digits(networks[row.writer], row.strokes)]
            read.append("".join(str(p.argmax()) for p in best if p is not None) == row.label)
        print(f"| {name} | {len(rows)} | {_share(divided)} | {_share(read)} |", flush=True)
    single = [drawing for drawing in drawings if len(drawing.strokes) > 1]
    whole, read = [], []
    for drawing in single:
        found = recognize_digits(networks[str(drawing.writer)], drawing.strokes)
        whole.append(len(found) == 1)
        p = found[0].probabilities
        read.append(len(found) == 1 and p is not None and int(p.argmax()) == drawing.label)
    print(f"| one digit in several strokes | {len(single)} | {_share(whole)} | {_share(read)} |")


def _share(right: list[bool]) -> str:
    low, high = wilson_interval(sum(right), len(right))
    return f"{100 * np.mean(right):.1f} ({100 * low:.1f} to {100 * high:.1f})"


if __name__ == "__main__":
    main()
