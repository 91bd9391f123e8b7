"""How a result is held against the reference's, and what is said where it differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from backends.arrays import Array, Parameters
from backends.base import Backend
from backends.conformance.cases import REFERENCE, Case, function_of
from backends.conformance.causes import likely_cause
from backends.errors import describe

RESULTS = {  # names of the results of functions that have more than one
    "dense_backward_parameters": ("dw", "db"),
    "softmax_cross_entropy": ("loss", "dz"),
    "soft_cross_entropy": ("loss", "dz"),
    "loss_and_gradients": ("loss", "gradients"),
}


class MismatchError(AssertionError):
    """A clause of the contract that a backend breaks.

    Attributes
    ----------
    problem : str
        What is wrong.
    case : str
        What the backend was asked to compute.
    function : str or None
        The function of the contract that is wrong, where it is one alone.
    largest : float or None
        The largest difference from what is expected.
    where : str or None
        The array and the index of that difference.
    cause : str or None
        A likely cause.
    """

    def __init__(
        self, problem: str, largest: float | None = None, where: str | None = None, cause: str | None = None
    ) -> None:
        self.problem = problem
        self.largest = largest
        self.where = where
        self.cause = cause
        self.case = ""
        self.function: str | None = None

    def __str__(self) -> str:
        text = f"{self.case}: {self.problem}" if self.case else self.problem
        return f"{text}; likely cause: {self.cause}" if self.cause else text


@contextmanager
def about(case: object, function: str | None = None) -> Iterator[None]:
    """Add the case to a mismatch raised inside; an exception from the backend becomes a mismatch too."""
    try:
        yield
    except MismatchError as mismatch:
        mismatch.case = mismatch.case or str(case)
        mismatch.function = mismatch.function or function
        raise
    except (Exception, SystemExit) as error:  # another's code may raise anything
        raised = MismatchError(f"raises {describe(error)}")
        raised.case, raised.function = str(case), function
        raise raised from error


def agree_on_all(cases: Iterable[Case], backend: Backend) -> None:
    """Every case agrees with the reference; of those that do not, raise the first whose cause is clear."""
    mismatches = []
    for case in cases:
        try:
            agree(case, backend)
        except MismatchError as mismatch:
            mismatches.append(mismatch)
    if mismatches:
        raise next((each for each in mismatches if each.cause), mismatches[0])


def agree(case: Case, backend: Backend) -> None:
    """A function returns what the reference returns, changes what it changes, and leaves the rest alone."""
    ours, true = case.copies(), case.copies()
    with about(case, case.function), np.errstate(all="ignore"):  # NaN and infinity are meant
        result = function_of(backend, case.function)(*ours)
        expected = function_of(REFERENCE, case.function)(*true)
        dtype = next(each.dtype for each in case.inputs if _is_floating(each))
        inputs = dict(zip(case.names, case.inputs, strict=True))
        if expected is not None:
            names = RESULTS.get(case.function, ("the result",))
            close(result, expected, dtype, case.looser, names=names, inputs=inputs)
        for name, before, each, after in zip(case.names, case.inputs, ours, true, strict=True):
            unchanged_or_close(name, before, each, after, dtype, inputs)


def unchanged_or_close(
    name: str, before: Any, ours: Any, true: Any, dtype: npt.DTypeLike, inputs: Mapping[str, Any]
) -> None:
    """An input is as the reference leaves it: bit for bit where that is unchanged."""
    parts = zip(leaves(before, name), leaves(ours, name), leaves(true, name), strict=True)
    for (label, old), (_, mine), (_, new) in parts:
        if not np.array_equal(old, new, equal_nan=True):
            close(mine, new, dtype, names=(label,), inputs=inputs, before=old)
        elif not np.array_equal(old, mine, equal_nan=True):
            raise MismatchError(f"{label} is changed, though the contract leaves it alone")


def leaves(value: Any, *names: str) -> Iterator[tuple[str, Any]]:
    """The arrays and numbers of a result, each with its name."""
    if isinstance(value, Parameters):
        for layer, (w, b) in enumerate(zip(value.weights, value.biases, strict=True)):
            yield f"{names[0]}.weights[{layer}]", w
            yield f"{names[0]}.biases[{layer}]", b
    elif isinstance(value, tuple):
        for name, each in zip(names, value, strict=True):
            yield from leaves(each, name)
    else:
        yield names[0], value


def close(
    ours: Any,
    true: Any,
    dtype: npt.DTypeLike,
    looser: float = 1,
    *,
    names: tuple[str, ...] = ("the result",),
    inputs: Mapping[str, Any] | None = None,
    before: Array | None = None,
) -> None:
    """Equal but for the order of sums: within 16 roundings of the largest number around, times ``looser``."""
    if isinstance(true, tuple | Parameters):
        _same_structure(ours, true)
    for (name, mine), (_, expected) in zip(leaves(ours, *names), leaves(true, *names), strict=True):
        _same_type(name, mine, expected)
        _same_numbers(name, mine, expected, dtype, looser, inputs or {}, before)


def _same_structure(ours: Any, true: Any) -> None:
    expected = tuple if isinstance(true, tuple) else Parameters
    if not isinstance(ours, expected):
        raise MismatchError(f"the result is of type {type(ours).__name__}, expected {expected.__name__}")
    for mine, each in zip(_parts(ours), _parts(true), strict=False):
        if isinstance(each, tuple | Parameters):
            _same_structure(mine, each)
    if len(_parts(ours)) != len(_parts(true)):
        raise MismatchError(f"{len(_parts(ours))} results, expected {len(_parts(true))}")


def _parts(value: Any) -> tuple[Any, ...]:
    return tuple(value.tensors()) if isinstance(value, Parameters) else value


def _same_type(name: str, ours: Any, true: Any) -> None:
    if not isinstance(true, np.ndarray):
        if not isinstance(ours, float):
            number = isinstance(ours, np.generic) or getattr(ours, "ndim", None) == 0
            cause = f"a number of the library's: return float({name})" if number else None
            problem = f"{name} is of type {type(ours).__name__}, expected float"
            raise MismatchError(problem, where=name, cause=cause)
        return
    if not isinstance(ours, np.ndarray):
        raise MismatchError(f"{name} is of type {type(ours).__name__}, expected ndarray", where=name)
    if ours.dtype != true.dtype:
        raise MismatchError(f"{name} is {ours.dtype}, expected {true.dtype}", where=name)
    if ours.shape != true.shape:
        cause = "it is transposed" if ours.shape == true.shape[::-1] else None
        raise MismatchError(f"{name} has shape {ours.shape}, expected {true.shape}", where=name, cause=cause)


def _same_numbers(
    name: str,
    ours: Any,
    true: Any,
    dtype: npt.DTypeLike,
    looser: float,
    inputs: Mapping[str, Any],
    before: Array | None,
) -> None:
    tolerance = 16 * float(np.finfo(np.dtype(dtype)).eps) * looser
    mine, expected = np.asarray(ours, np.float64), np.asarray(true, np.float64)
    scale = max(1.0, float(np.abs(expected[np.isfinite(expected)]).max(initial=0.0)))
    with np.errstate(invalid="ignore"):
        differences = np.abs(mine - expected)
        near = np.isfinite(expected) & (differences <= tolerance * (scale + np.abs(expected)))
        wrong = ~(near | (mine == expected) | (np.isnan(mine) & np.isnan(expected)))
    if not wrong.any():
        return
    differences = np.where(wrong, differences, 0)
    worst = np.unravel_index(np.argmax(np.nan_to_num(differences, nan=np.inf)), wrong.shape)
    where = f"{name}[{', '.join(map(str, worst))}]" if worst else name
    largest = float(differences[worst]) if np.isfinite(differences[worst]) else None
    problem = f"{where} is {mine[worst]:.7g}, expected {expected[worst]:.7g}"
    if largest is not None:
        problem += f" (off by {largest:.2g})"
    if wrong.size > 1:
        problem = f"{wrong.sum():,} of {wrong.size:,} numbers are wrong, most of all {problem}"
    raise MismatchError(
        problem, largest, where, likely_cause(mine, expected, wrong, np.asarray(true).dtype, inputs, before)
    )


def _is_floating(value: Any) -> bool:
    return isinstance(value, Parameters) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")
