"""Several digits in one drawing: which strokes belong to which digit, and what each of them is.

Strokes may come in any order and direction; what counts is where they lie. Strokes above each other are
parts of one digit. Where it is not clear (a 4 whose bar stands beside its hook, or two digits?), all ways to
divide the row are compared by what the network makes of them, and the cheapest is taken:

    cost = Σ_digits -log(largest probability) + GAP · (gaps inside digits) + NEAR · (how far nearer than CLEAR
           neighbouring digits come)

A gap is the distance between the nearest ink, as a share of the row's height: in slanted writing, the boxes
of digits overlap though the digits are apart. Dynamic programming finds it (the usual way to divide a row of
handwriting, LeCun et al. 1998, section V). Digits that touch are not told apart.
"""

from __future__ import annotations

from itertools import chain, pairwise

import numpy as np

from backends.arrays import Array
from engine.data.strokes import Strokes, extent, stray_touches, strokes_to_image
from engine.model.network import Network
from engine.recognition.recognize import Recognition, recognize_strokes

ABOVE = 0.7  # strokes that share this part of the narrower one's width lie above each other
LEAST_WIDTH = 0.05  # of the row's height: how wide a vertical line counts
MOST_PARTS = 3  # a digit has no more parts side by side
FARTHEST = 0.5  # of the row's height: the widest gap inside a digit
GAP, NEAR, CLEAR = 7.0, 10.0, 0.12  # found on rows and on single drawings (benchmarks.rows)
SPACING = 0.03  # of the row's height: how far apart the points are between which a gap is measured
MOST_POINTS = 400  # of a part, to measure gaps
LONGEST_ROW = 40  # parts; in a longer row each is taken for a digit of its own


def segment(network: Network, strokes: Strokes) -> list[list[int]]:
    """Divide a drawing into digits.

    Parameters
    ----------
    network : Network
        Decides where the geometry does not.
    strokes : list of strokes
        Each a list of finite points (x, y), x to the right, y down, in any unit.

    Returns
    -------
    list of lists of int
        The digits from left to right; of each, the indices of its strokes in ascending order. Every stroke
        that has a point is in one of them.
    """
    boxes = {
        index: np.array([np.min(stroke, axis=0), np.max(stroke, axis=0)], np.float64)
        for index, stroke in enumerate(strokes)
        if len(stroke)
    }
    if not boxes:
        return []
    height = max(float(np.ptp([box[:, 1] for box in boxes.values()])), 1e-9)
    stray = stray_touches([extent(box) for box in boxes.values()])
    whole = [index for index, left_out in zip(boxes, stray, strict=True) if not left_out]
    parts = _parts(whole, boxes, LEAST_WIDTH * height)
    digits = _divided(network, strokes, parts, boxes, height)
    for index in sorted(set(boxes) - set(whole)):  # a stray touch goes with the nearest digit
        nearest = min(digits, key=lambda digit: _distance(boxes[index], _box(digit, boxes)))
        nearest.append(index)
    return [sorted(digit) for digit in digits]


def recognize_digits(network: Network, strokes: Strokes, smallest: float = 0.0) -> list[Recognition]:
    """Recognize all digits of a drawing.

    Parameters
    ----------
    network : Network
        Predicts the probabilities, and has the decision rule on its card.
    strokes : list of strokes
        As for `segment`.
    smallest : float
        As for `recognize_strokes`.

    Returns
    -------
    list of Recognition
        From left to right; for a drawing without a point, one that is empty.
    """
    digits = segment(network, strokes) or [[]]
    return [recognize_strokes(network, [strokes[i] for i in digit], smallest) for digit in digits]


def _parts(indices: list[int], boxes: dict[int, Array], least: float) -> list[list[int]]:
    """Strokes that lie above each other, put together; from left to right."""
    parts: list[tuple[float, float, list[int]]] = []  # left, right, strokes
    for index in sorted(indices, key=lambda each: float(boxes[each][:, 0].mean())):
        left, right, strokes = float(boxes[index][0, 0]), float(boxes[index][1, 0]), [index]
        for part in [each for each in parts if _above(each[0], each[1], left, right, least)]:
            parts.remove(part)
            left, right, strokes = min(left, part[0]), max(right, part[1]), strokes + part[2]
        parts.append((left, right, strokes))
    return [strokes for _, _, strokes in sorted(parts, key=lambda part: part[0] + part[1])]


def _above(left: float, right: float, other_left: float, other_right: float, least: float) -> bool:
    """Whether two intervals share a good part of the narrower one."""
    narrower = max(min(right - left, other_right - other_left), least)
    shared = min(right, other_right) - max(left, other_left)
    # A vertical line has no width of its own to share.
    return shared >= ABOVE * narrower or 0 <= shared >= min(right - left, other_right - other_left)


def _divided(
    network: Network, strokes: Strokes, parts: list[list[int]], boxes: dict[int, Array], height: float
) -> list[list[int]]:
    """The cheapest way to make digits of neighbouring parts."""
    if len(parts) == 1 or len(parts) > LONGEST_ROW:
        return parts
    ink = [_sampled([strokes[i] for i in part], SPACING * height) for part in parts]
    gaps = [_gap(one, other) / height for one, other in pairwise(ink)]
    runs = [
        (start, end)
        for start in range(len(parts))
        for end in range(start + 1, min(start + MOST_PARTS, len(parts)) + 1)
        if all(gap <= FARTHEST for gap in gaps[start : end - 1])
    ]
    candidates = [sorted(chain.from_iterable(parts[start:end])) for start, end in runs]
    images = np.stack(
        [strokes_to_image([strokes[i] for i in each], backend=network.backend) for each in candidates]
    )
    likely = np.maximum(network.predict_proba(images).max(axis=1), 1e-6)
    best: list[tuple[float, list[list[int]]]] = [(0.0, [])]  # for the first 0, 1, 2, ... parts
    for end in range(1, len(parts) + 1):
        ways = []
        for (start, run_end), candidate, p in zip(runs, candidates, likely, strict=True):
            if run_end == end:
                cost, digits = best[start]
                cost += -np.log(p) + GAP * sum(gaps[start : end - 1])
                cost += NEAR * max(CLEAR - gaps[start - 1], 0) if start else 0
                ways.append((float(cost), [*digits, candidate]))
        best.append(min(ways))
    return best[-1][1]


def _sampled(strokes: Strokes, spacing: float) -> Array:
    """Points on strokes that are ``spacing`` apart or nearer, but no more than `MOST_POINTS`."""
    lines = [_evenly(np.asarray(stroke, np.float64), spacing) for stroke in strokes]
    points = np.concatenate(lines)
    return points[:: -(-len(points) // MOST_POINTS)]


def _evenly(stroke: Array, spacing: float) -> Array:
    """Points along a stroke at equal distances, the first and the last among them."""
    if len(stroke) == 1:
        return stroke
    travelled = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])
    count = min(int(travelled[-1] / spacing) + 2, MOST_POINTS)
    at = np.linspace(0, travelled[-1], count)
    return np.stack([np.interp(at, travelled, each) for each in stroke.T], axis=1)


def _gap(one: Array, other: Array) -> float:
    """The smallest distance between two sets of points."""
    return float(np.hypot(*(one[:, None] - other).transpose(2, 0, 1)).min())


def _box(indices: list[int], boxes: dict[int, Array]) -> Array:
    """The box [[left, top], [right, bottom]] around some strokes."""
    corners = np.stack([boxes[index] for index in indices])
    return np.stack([corners[:, 0].min(axis=0), corners[:, 1].max(axis=0)])


def _distance(a: Array, b: Array) -> float:
    """How far two boxes are apart."""
    return float(np.linalg.norm(np.maximum(0, np.maximum(a[0] - b[1], b[0] - a[1]))))
