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
from inspect import signature
from typing import Any

from backends.base import Backend
from backends.errors import InkdigitsError, describe, install_hint, one_line

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
    """What is known of a backend without importing it.

    Attributes
    ----------
    name : str
        By which `get_backend` finds it.
    origin : str
        The distribution that offers it, or "unknown".
    entry_point : EntryPoint
        Imports the backend's class.
    missing : str or None
        The package that it needs and that is not installed.
    """

    name: str
    origin: str
    entry_point: EntryPoint
    missing: str | None = None


def available_backends() -> dict[str, BackendInfo]:
    """List the built-in backends and those that other distributions offer, without importing any.

    Returns
    -------
    dict from str to BackendInfo
        By name, built-ins first.

    Raises
    ------
    BackendError
        Two distributions offer the same name, or one takes a built-in's.
    """
    found = {
        name: BackendInfo(name, "inkdigits", EntryPoint(name, value, GROUP), _missing(name))
        for name, value in BUILT_IN.items()
    }
    third_party = [BackendInfo(each.name, _origin(each), each) for each in entry_points(group=GROUP)]
    for info in sorted(third_party, key=lambda info: (info.name, info.origin)):
        if info.name in found:
            raise BackendError(
                f"two distributions offer a backend named {info.name!r}, {found[info.name].origin} and "
                f"{info.origin}: uninstall one of them"
            )
        found[info.name] = info
    return found


def default_name() -> str:
    """The backend that `get_backend` takes when none is named.

    Returns
    -------
    str
        The value of ``INKDIGITS_BACKEND``, else "numpy".
    """
    return os.environ.get(VARIABLE) or DEFAULT


def get_backend(choice: Backend | str | None = None, threads: int = 1) -> Backend:
    """Import and make a backend.

    Parameters
    ----------
    choice : Backend, str or None
        A backend's name; None takes `default_name`. A `Backend` is returned as it is.
    threads : int
        Threads that a new backend may use.

    Returns
    -------
    Backend
        The one given, or a new one.

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
    return _made(info, threads)


def _made(info: BackendInfo, threads: int) -> Backend:
    """Import a backend's class and make one; raises `BackendError` saying what is expected."""
    which = f"the backend {one_line(repr(info.name), 40)} of {one_line(info.origin, 40)}"
    try:
        kind = info.entry_point.load()
        name = getattr(kind, "__name__", type(kind).__name__)
        takes_threads = _takes_threads(kind)
    except (Exception, SystemExit) as error:  # another's code may raise anything, or try to exit
        raise BackendError(one_line(f"{which} cannot be imported: {describe(error)}")) from error
    if not takes_threads:
        raise BackendError(one_line(f"{which}: {name} must be made with one argument, threads"))
    try:
        backend = kind(threads=threads)
    except (Exception, SystemExit) as error:
        raise BackendError(one_line(f"{which} does not start: {describe(error)}")) from error
    if not isinstance(backend, Backend):
        made = type(backend).__name__
        raise BackendError(one_line(f"{which} is a {made}, not a subclass of backends.Backend"))
    if not isinstance(getattr(backend, "name", None), str) or not backend.name.strip():
        raise BackendError(
            one_line(f"{which} has no name: the class {name} must have one, name = {info.name!r}")
        )
    if backend.name != info.name:  # inherited from another backend; users know it by this name
        backend.name = info.name
    return backend


def _takes_threads(kind: Any) -> bool:
    """Whether something may be called with ``threads`` alone; True where that cannot be told."""
    try:
        signature(kind).bind(threads=1)
    except TypeError:
        return False
    except ValueError:  # a class without a readable signature
        return True
    return True


def _origin(entry_point: EntryPoint) -> str:
    return entry_point.dist.name if entry_point.dist else "unknown"


def _missing(name: str) -> str | None:
    package = NEEDS.get(name)
    return package if package and find_spec(package) is None else None
