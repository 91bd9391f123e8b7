"""Backends by name: the built-in ones, and whatever other distributions offer.

A distribution offers a backend by an entry point in the group ``inkdigits.backends``:

    [options.entry_points]
    inkdigits.backends =
        mine = my_package.my_module:MyBackend

Built-ins take the same path and cannot be shadowed. They are listed here, not in setup.cfg, so that a clone
that is not installed has them too. Listing reads metadata only; a backend is imported when it is asked for.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec

from backends.base import Backend
from backends.errors import InkdigitsError, install_hint

GROUP = "inkdigits.backends"
VARIABLE = "INKDIGITS_BACKEND"
DEFAULT = "numpy"
BUILT_IN = {
    "numpy": "backends.numpy_backend:NumpyBackend",
    "numba": "backends.numba_backend:NumbaBackend",
}
NEEDS = {"numba": "numba"}  # package that a built-in backend imports when it is made


class BackendError(InkdigitsError):
    """A backend that is unknown, ambiguous, or cannot run here."""


@dataclass(frozen=True)
class BackendInfo:
    """What is known of a backend without importing it."""

    name: str
    origin: str  # the distribution that offers it
    entry_point: EntryPoint
    missing: str | None = None  # the package it lacks here


def available_backends() -> dict[str, BackendInfo]:
    """Every backend that has a name here, built-ins first; imports none of them.

    Raises
    ------
    BackendError
        Two distributions offer the same name, or one takes a built-in's.
    """
    found = {
        name: BackendInfo(name, "inkdigits", EntryPoint(name, value, GROUP), _missing(name))
        for name, value in BUILT_IN.items()
    }
    strangers = [BackendInfo(each.name, _origin(each), each) for each in entry_points(group=GROUP)]
    for info in sorted(strangers, key=lambda info: (info.name, info.origin)):
        if info.name in found:
            raise BackendError(
                f"two distributions offer a backend named {info.name!r}, {found[info.name].origin} and "
                f"{info.origin}: uninstall one of them"
            )
        found[info.name] = info
    return found


def default_name() -> str:
    """The backend that is taken when none is named."""
    return os.environ.get(VARIABLE) or DEFAULT


def get_backend(choice: Backend | str | None = None, threads: int = 1) -> Backend:
    """The backend of that name; without one, ``INKDIGITS_BACKEND``'s, else NumPy. A `Backend` is passed on.

    Raises
    ------
    BackendError
        No such backend, or it cannot run here; nothing else is taken in its place.
    """
    if isinstance(choice, Backend):
        return choice
    name = choice or default_name()
    known = available_backends()
    if name not in known:
        raise BackendError(f"there is no backend {name!r}; choose one of: {', '.join(known)}")
    info = known[name]
    if info.missing:
        raise BackendError(
            f"the backend {name!r} needs the package {info.missing}, which is not installed: "
            f"{install_hint(name)}"
        )
    try:
        backend = info.entry_point.load()(threads=threads)
    except Exception as error:  # a stranger's code may raise anything
        raise BackendError(f"the backend {name!r} of {info.origin} does not start: {error}") from error
    if not isinstance(backend, Backend):
        raise BackendError(
            f"the backend {name!r} of {info.origin} is a {type(backend).__name__}, "
            f"not a subclass of backends.Backend"
        )
    return backend


def _origin(entry_point: EntryPoint) -> str:
    return entry_point.dist.name if entry_point.dist else "unknown"


def _missing(name: str) -> str | None:
    package = NEEDS.get(name)
    return package if package and find_spec(package) is None else None
