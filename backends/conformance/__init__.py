"""Checks for any backend, one for each clause of the contract.

`checks` compares what a backend computes with the NumPy reference, on inputs chosen to hurt (`cases`).
`behaviour` tests that results depend on the arguments alone, `arguments` that wrong ones are refused.
``inkdigits backends --check`` runs them all; so can the tests of a backend of your own:

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_conforms(check):
        check(MyBackend(), np.float32)

A check raises AssertionError.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from backends.base import Backend
from backends.conformance import arguments, behaviour, cases  # noqa: F401  they add their checks to CHECKS
from backends.conformance.checks import CHECKS, Check
from backends.conformance.comparison import MismatchError, about
from backends.errors import one_line
from backends.numpy_backend import NumpyBackend

__all__ = ["CHECKS", "Check", "Failure", "failures"]


@dataclass(frozen=True)
class Failure:
    """One check that failed in one dtype; unpacks as (check, dtype, what is wrong).

    Attributes
    ----------
    check : str
        Name of the check, without ``check_``.
    dtype : str
        Name of the dtype that it ran in.
    case : str
        What the backend was asked to compute; empty where the check is not about one call.
    problem : str
        What is wrong.
    largest : float or None
        The largest difference from what is expected, where numbers differ.
    where : str or None
        The array and index of that difference.
    cause : str or None
        A likely cause.
    follows_from : tuple of str
        Checks without whose failure this one passes; empty where this is a failure of its own.
    """

    check: str
    dtype: str
    case: str
    problem: str
    largest: float | None = None
    where: str | None = None
    cause: str | None = None
    follows_from: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        """Everything but check and dtype, in one line."""
        text = f"{self.case}: {self.problem}" if self.case else self.problem
        if self.cause:
            text += f"; likely cause: {self.cause}"
        if self.follows_from:
            text += f"; follows from {', '.join(self.follows_from)}"
        return text

    def __iter__(self) -> Iterator[str]:
        return iter((self.check, self.dtype, self.what))


def failures(backend: Backend, checks: Iterable[Check] = CHECKS) -> Iterator[Failure]:
    """Run checks in float32 and in float64.

    A failure follows from an earlier one if the check passes once the reference computes what was wrong.

    Parameters
    ----------
    backend : Backend
        The backend to check.
    checks : iterable of Check
        Which checks to run; all of them by default.

    Yields
    ------
    Failure
        Each check that fails, in each dtype.
    """
    wrong: dict[str, dict[str, str]] = {"float32": {}, "float64": {}}  # function: the check it failed
    for check in checks:
        name = check.__name__.removeprefix("check_")
        for dtype, broken in wrong.items():
            mismatch = _mismatch(check, backend, np.dtype(dtype))
            if mismatch is None:
                continue
            yield Failure(
                name,
                dtype,
                one_line(mismatch.case),
                one_line(mismatch.problem),
                mismatch.largest,
                mismatch.where,
                mismatch.cause,
                _follows_from(check, backend, np.dtype(dtype), broken),
            )
            if mismatch.function:
                broken.setdefault(mismatch.function, name)


def _mismatch(check: Check, backend: Backend, dtype: npt.DTypeLike) -> MismatchError | None:
    try:
        with about(""):
            check(backend, dtype)
    except MismatchError as mismatch:
        return mismatch
    return None


def _follows_from(
    check: Check, backend: Backend, dtype: npt.DTypeLike, broken: dict[str, str]
) -> tuple[str, ...]:
    """The earlier checks whose functions, computed by the reference instead, let this check pass."""
    for functions in (*((each,) for each in broken), tuple(broken)):
        try:
            mended = _mended(backend, functions)
        except Exception:  # an object of another's making may not let itself be changed
            return ()
        if functions and _mismatch(check, mended, dtype) is None:
            return tuple(dict.fromkeys(broken[each] for each in functions))
    return ()


def _mended(backend: Backend, functions: tuple[str, ...]) -> Backend:
    """A copy of a backend in which the reference computes these functions."""
    methods: dict[str, Any] = {
        each: getattr(NumpyBackend, each) for each in functions if hasattr(NumpyBackend, each)
    }
    if "train_minibatches" in methods:  # takes images as the reference prepares them
        methods["prepare_images"] = NumpyBackend.prepare_images
    drawn = {each: cases.function_of(cases.REFERENCE, each) for each in functions if each not in methods}
    if drawn:
        own = {each: getattr(backend.imaging, each) for each in dir(backend.imaging)}
        methods["imaging"] = SimpleNamespace(**{**own, **drawn})
    mended = copy.copy(backend)
    mended.__class__ = type(type(backend).__name__, (type(backend),), methods)
    for each in methods:
        vars(mended).pop(each, None)
    return mended
