"""Make drawings that are not digits and that no recipe trains on: letters, shapes and random curves.

    python -m benchmarks.outliers > outliers.json
    inkdigits evaluate --strokes outliers.json             # counts how many get a confident digit
    python -m benchmarks.outliers --kind shapes > shapes.json

Letters and shapes are polylines, specified below by hand, then slanted, stretched, rotated and jittered.
Curves are random walks of a pen with inertia. None of them comes from `engine.augmentation.non_digits`, which
makes the non-digits for training. Letters that look like digits (B, I, O, S, Z, b, g, l, o, q, s, z) are left
out.
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import pairwise
from typing import Any

import numpy as np

from backends.arrays import Array

# One word per stroke: points "xy" on a grid of 5 columns (0-4) and 7 rows (0-6, y down).
LETTERS = {
    "A": "062046 1333",
    "C": "4130100105163645",
    "D": "0006 00203244351606",
    "E": "40000646 0333",
    "F": "400006 0333",
    "G": "4130201001051626364533 3343",
    "H": "0006 4046 0343",
    "J": "1040 3035261605",
    "K": "0006 400346",
    "L": "000646",
    "M": "0600234046",
    "N": "06004640",
    "P": "060020314232230303",
    "R": "060020314232230303 2346",
    "T": "0040 2026",
    "U": "00051626364540",
    "V": "002640",
    "W": "0016233640",
    "X": "0046 4006",
    "Y": "002340 2326",
    "a": "4232120304051636454442 4246",
    "d": "4046 4332120304051636454443",
    "e": "0343423212030405163645",
    "f": "41302021 2126 0232",
    "h": "0006 0312324346",
    "k": "0006 4203460346",
    "m": "0206 03122326 2332424346",
    "n": "0206 0312324346",
    "p": "0206 020211213242434434241404",
    "r": "0206 03123242",
    "t": "2025364645 0242",
    "u": "020516364542 4246",
    "w": "0216243642",
    "x": "0246 4206",
    "y": "022442 4206",
}
SHAPES = {
    "square": "0040440400",
    "triangle": "2004442000",
    "diamond": "2042240220",
    "star": "2034024214200034",
    "house": "060320434606 0343",
    "arrow": "0343 324334",
    "double arrow": "0343 120314 324334",
    "cross": "2024 0242",
    "heart": "260301102130414326",
    "lightning": "30034316",
    "envelope": "0040440400 002240",
    "hash": "1014 3034 0141 0343",
    "stairs": "060424224240",
    "hourglass": "0040044400",
    "wave": "0210213243414042",
    "umbrella": "03021131424303 23261615",
    "grid": "0040440400 2024 0242",
    "asterisk": "2024 0242 1133 3113",
    "bow tie": "0044400400",
}
KINDS = ("letters", "shapes", "curves")


def parse_strokes(code: str) -> list[Array]:
    """Decode strokes from their short form, such as ``"0040 2026"`` for a T."""
    strokes = []
    for word in code.split():
        points = [(int(word[i]), int(word[i + 1])) for i in range(0, len(word) - 1, 2)]
        strokes.append(np.array(points, float))
    return strokes


def handwritten(strokes: list[Array], random: np.random.Generator) -> list[Array]:
    """Imitate handwriting: random proportions, slant and rotation, jittered corners, smoothing."""
    angle, slant = random.normal(0, 0.08), random.normal(0.05, 0.15)
    aspect = np.exp(random.normal(0, 0.2))
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = rotation @ np.array([[aspect, -slant], [0, 1]])
    return [_smooth(_resample(s + random.normal(0, 0.18, s.shape)), random) @ linear.T for s in strokes]


def _resample(stroke: Array) -> Array:
    """Add points to a polyline, about four per grid unit."""
    parts = [stroke[:1]]
    for start, end in pairwise(stroke):
        steps = max(1, round(4 * float(np.hypot(*(end - start)))))
        parts.append(start + (end - start) * (np.arange(1, steps + 1) / steps)[:, None])
    return np.concatenate(parts)


def _smooth(stroke: Array, random: np.random.Generator) -> Array:
    """Round the corners, as fast writing does. Changes ``stroke``."""
    for _ in range(random.integers(0, 4)):
        stroke[1:-1] = (stroke[:-2] + 2 * stroke[1:-1] + stroke[2:]) / 4
    return stroke


def random_curves(random: np.random.Generator) -> list[Array]:
    """Make one to three strokes, each a random walk with inertia and a pull towards the origin."""
    strokes = []
    for _ in range(random.integers(1, 4)):
        inertia, pull = random.uniform(0.7, 0.95), random.uniform(0, 0.15)
        position, velocity, points = random.normal(size=2), random.normal(size=2), []
        for _ in range(random.integers(20, 90)):
            velocity = inertia * velocity + random.normal(size=2) - pull * position
            position = position + velocity
            points.append(position)
        strokes.append(np.array(points))
    return strokes


def outliers(kind: str, each: int, random: np.random.Generator) -> list[dict[str, Any]]:
    """Make ``each`` drawings of every letter or shape, or 20 * ``each`` drawings of curves.

    Returns
    -------
    list of dict
        Drawings as `engine.data.drawings.read_drawings` expects them in JSON, each with an extra key ``is``
        that holds the name of the letter or shape.
    """
    if kind == "curves":
        drawn = [("curve", random_curves(random)) for _ in range(20 * each)]
    else:
        codes = LETTERS if kind == "letters" else SHAPES
        drawn = [
            (name, handwritten(parse_strokes(code), random))
            for name, code in codes.items()
            for _ in range(each)
        ]
    return [
        {"label": None, "is": name, "strokes": [np.round(stroke, 3).tolist() for stroke in strokes]}
        for name, strokes in drawn
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.outliers", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--kind", choices=KINDS, help="make this kind only (default: all three)")
    parser.add_argument(
        "--each", metavar="N", type=int, default=20, help="drawings per letter or shape (default: 20)"
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="random seed (default: 0)")
    arguments = parser.parse_args()
    random = np.random.default_rng(arguments.seed)
    drawings = [
        drawing
        for kind in ([arguments.kind] if arguments.kind else KINDS)
        for drawing in outliers(kind, arguments.each, random)
    ]
    json.dump(drawings, sys.stdout)


if __name__ == "__main__":
    main()
