"""Why a result may be wrong: a few simple explanations, each tried on the numbers.

An explanation is another array that the backend may have computed in place of the expected one. It is taken
to be right where it accounts for all but a fiftieth of the largest difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from backends.arrays import Array

LEFT_OVER = 0.02  # of the largest difference, that an explanation need not explain
ENOUGH = 3  # numbers; fewer are explained by anything


def likely_cause(
    ours: Array,
    true: Array,
    wrong: Array,
    dtype: np.dtype[Any],
    inputs: Mapping[str, Any],
    before: Array | None = None,
) -> str | None:
    """The first explanation that fits; None where none does.

    Parameters
    ----------
    ours, true : float64 arrays of one shape
        What the backend computed, and what was expected.
    wrong : array of bool
        Where they differ by more than the tolerance.
    dtype : dtype
        The dtype that they had.
    inputs : mapping of names to values
        What it was computed from.
    before : array, optional
        The values that a change in place started from.
    """
    if (np.isnan(true) & ~np.isnan(ours)).any():
        return "NaN is replaced by a number; it must stay NaN"
    if (np.isnan(ours) & np.isfinite(true)).any() and _any_infinite(inputs):
        return "a product with a mask: infinity times 0 is NaN"
    if (np.isfinite(true) & ~np.isfinite(ours)).any():
        return "an overflow, or a division by zero: the expected value is finite"
    if not np.isfinite(ours).all() or not np.isfinite(true).all():
        return None
    arrays = {name: each for name, each in inputs.items() if _is_floating(each)}
    batch = next((len(arrays[name]) for name in ("z", "x", "dz") if name in arrays), 1)
    if true.ndim == 0:
        return _batch_factor(float(ours / true) if true else 0.0, batch)
    if at_zero := _where_zero(wrong, arrays):
        return at_zero
    largest = np.abs(ours - true).max()
    for cause, candidate in _explanations(ours, true, batch, arrays, before):
        if candidate.shape == ours.shape and np.abs(ours - candidate).max() <= LEFT_OVER * largest:
            return cause
    return (
        _shift(ours, true) or _precision(ours, true, dtype) or _rows_do_not_sum(ours, true) or _region(wrong)
    )


def _explanations(
    ours: Array, true: Array, batch: int, arrays: Mapping[str, Array], before: Array | None
) -> Iterator[tuple[str, Array]]:
    """Causes, the simplest first, each with what the backend would then have computed."""
    if before is not None:
        before = before.astype(np.float64)
        yield "nothing is changed", before
        yield from _of_the_step(ours - before, true - before, before)
    if true.size >= ENOUGH:
        yield "all zeros: nothing is computed", np.zeros_like(true)
        ratio = _ratio(ours, true)
        yield _ratio_text("the result", ratio, batch), ratio * true
    for name, each in arrays.items():
        if each.ndim <= true.ndim and _broadcasts(each, true.shape):
            term = np.broadcast_to(each, true.shape).astype(np.float64)
            factor = _ratio(ours - true, term)
            if true.size >= ENOUGH or abs(abs(factor) - 1) < LEFT_OVER:
                yield _term_text(name, factor), true + factor * term
    if true.ndim >= 2:
        yield "rows and columns are exchanged", true.swapaxes(-1, -2)
        yield "rows and columns are exchanged", true.swapaxes(-1, -2).reshape(true.shape)
    for axis in range(true.ndim):
        yield f"the order is reversed along axis {axis}", np.flip(true, axis)
    if true.size >= ENOUGH:
        yield (
            f"{np.mean(ours - true):+.3g} everywhere: a term is missing or added",
            true + np.mean(ours - true),
        )
    if true.ndim >= 2 and len(true) >= ENOUGH:
        same = (ours - true).mean(axis=0)
        yield "every row is off by the same numbers: a bias or a term is missing", true + same


def _of_the_step(ours: Array, true: Array, before: Array) -> Iterator[tuple[str, Array]]:
    """The same of the change alone, where an array is changed in place."""
    yield "the step goes the other way: its sign is wrong", before - true
    if true.size >= ENOUGH:
        ratio = _ratio(ours, true)
        yield f"the step is {ratio:.4g} times the expected one", before + ratio * true


def _ratio_text(what: str, ratio: float, batch: int) -> str:
    if abs(ratio + 1) < 1e-3:
        return "the sign is wrong"
    return _batch_factor(ratio, batch) or f"{what} is {ratio:.5g} times the expected one, everywhere"


def _batch_factor(ratio: float, batch: int) -> str | None:
    """A sum and a mean over the batch, taken for each other."""
    if batch > 1 and abs(ratio / batch - 1) < 1e-3:
        return f"a sum in place of a mean: {batch} times, the size of the batch"
    if batch > 1 and abs(ratio * batch - 1) < 1e-3:
        return f"divided by the size of the batch, {batch}, once too often"
    return None


def _term_text(name: str, factor: float) -> str:
    if abs(factor + 1) < LEFT_OVER:
        return f"{name} is not added"
    if abs(factor - 1) < LEFT_OVER:
        return f"{name} is added once too often"
    return f"off by {factor:.3g} times {name}"


def _shift(ours: Array, true: Array) -> str | None:
    """Moved by one along an axis; what came in at the edge may be anything."""
    for axis in range(true.ndim):
        if true.shape[axis] < ENOUGH:
            continue
        mine, expected = np.moveaxis(ours, axis, 0), np.moveaxis(true, axis, 0)
        for by, moved, source in ((1, mine[1:], expected[:-1]), (-1, mine[:-1], expected[1:])):
            largest = np.abs(mine - expected).max()
            if np.abs(moved - source).max() <= LEFT_OVER * largest:
                return f"shifted by {by:+d} along axis {axis}"
    return None


def _precision(ours: Array, true: Array, dtype: np.dtype[Any]) -> str | None:
    """Nearly right, and with no more digits than a shorter type has."""
    close = true.size >= ENOUGH and np.abs(ours - true).max() < 0.01 * np.abs(true).max()
    for shorter in (np.dtype(np.float16), np.dtype(np.float32)):
        with np.errstate(over="ignore"):
            if close and shorter.itemsize < dtype.itemsize and np.array_equal(ours, ours.astype(shorter)):
                return f"computed in {shorter.name}"
    return None


def _rows_do_not_sum(ours: Array, true: Array) -> str | None:
    if true.ndim == 2 and np.allclose(true.sum(axis=1), 1) and not np.allclose(ours.sum(axis=1), 1):
        return "the rows do not sum to 1: softmax is missing, or wrong"
    return None


def _where_zero(wrong: Array, arrays: Mapping[str, Array]) -> str | None:
    """Wrong only where a number, or a row, of an input is zero."""
    if wrong.size < ENOUGH:
        return None
    for name, each in arrays.items():
        zero = each == 0
        if zero.shape == wrong.shape and zero.any() and not (wrong & ~zero).any():
            return f"wrong only where {name} is 0"
        if zero.ndim == wrong.ndim == 2 and len(zero) == len(wrong):
            blank, rows = zero.all(axis=1), wrong.any(axis=1)
            if blank.any() and not blank.all() and not (rows & ~blank).any():
                return f"wrong only in rows where {name} is all zeros"
    return None


def _region(wrong: Array) -> str | None:
    """Wrong in some rows or columns only."""
    for axis in range(wrong.ndim):
        indices = np.flatnonzero(wrong.any(axis=tuple(each for each in range(wrong.ndim) if each != axis)))
        first, last, end = int(indices[0]), int(indices[-1]), wrong.shape[axis] - 1
        if last - first < end - 1:  # at least two are right
            span = f"index {first}" if first == last else f"indices {first} to {last}"
            return f"wrong only at {span} of {end + 1} along axis {axis}"
    return None


def _ratio(ours: Array, true: Array) -> float:
    """The factor by which ``true`` comes closest to ``ours``."""
    square = float((true * true).sum())
    return float((ours * true).sum()) / square if square else 0.0


def _broadcasts(array: Array, shape: tuple[int, ...]) -> bool:
    return array.shape == shape[len(shape) - array.ndim :]


def _any_infinite(inputs: Mapping[str, Any]) -> bool:
    return any(isinstance(each, np.ndarray) and np.isinf(each).any() for each in inputs.values())


def _is_floating(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f" and bool(np.isfinite(value).all())
