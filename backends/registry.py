"""Backends by name: the built-in ones, and whatever other distributions offer.

A distribution offers a backend by an entry point in the group ``inkdigits.backends``:

    [options.entry_points]
    inkdigits.backends =
        mine = my_package.my_module:MyBackend

Built-ins take the same path and cannot be shadowed. They are listed here, not in setup.cfg, so that a clone
that is not installed has them too. Listing reads metadata only; a backend is imported when it is asked for.
What a backend needs is what its distribution requires, and what the distribution's extra of its name does.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from importlib.metadata import Distribution, EntryPoint, PackageNotFoundError, distribution, entry_points
from importlib.util import find_spec
from inspect import signature
from typing import Any

from backends.base import Backend
from backends.errors import LONGEST_OF_ALL, InkdigitsError, describe, one_line

GROUP = "inkdigits.backends"
VARIABLE = "INKDIGITS_BACKEND"
DEFAULT = "numpy"
BUILT_IN = {
    "numpy": "backends.numpy_backend:NumpyBackend",
    "numba": "backends.numba_backend:NumbaBackend",
}
NEEDS = {"numba": ("numba",)}  # packages that a built-in backend imports when it is made
OURS = {"inkdigits", "numpy", "msgspec", "threadpoolctl"}  # where inkdigits runs, these are


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
    version : str
        That of the distribution, or "unknown".
    needs : tuple of str
        The packages that it needs besides inkdigits and what inkdigits needs itself.
    rivals : tuple of str
        Other distributions that offer a backend of this name. A built-in is taken all the same.
    """

    name: str
    origin: str
    entry_point: EntryPoint
    missing: str | None = None
    version: str = "unknown"
    needs: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()

    @property
    def why_not(self) -> str | None:
        """Why it cannot run here and what to do, as far as metadata tell; None if nothing is in its way."""
        if self.rivals and self.name not in BUILT_IN:
            return f"is offered by {' and '.join([self.origin, *self.rivals])}: uninstall all but one"
        if self.missing is None:
            return None
        if self.missing == self.origin:
            return f"has no module here: pip install --force-reinstall {self.origin}"
        own = self.entry_point.dist is None or self.name in _extras(self.entry_point.dist)
        install = f"pip install '{self.origin}[{self.name}]'" if own else f"pip install {self.missing}"
        return f"needs the package {self.missing}, which is not installed: {install}"


def available_backends() -> dict[str, BackendInfo]:
    """List the built-in backends and those that other distributions offer, without importing any.

    Returns
    -------
    dict from str to BackendInfo
        By name, built-ins first. Where several distributions offer one name, `BackendInfo.rivals` says so.
    """
    found = {name: _built_in(name) for name in BUILT_IN}
    third_party = [_third_party(each) for each in entry_points(group=GROUP)]
    for info in sorted(third_party, key=lambda info: (info.name, info.origin)):
        first = found.get(info.name)
        found[info.name] = replace(first, rivals=(*first.rivals, info.origin)) if first else info
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
    if (info.rivals and name not in BUILT_IN) or (info.missing and name in BUILT_IN):
        raise BackendError(f"the backend {name!r} {info.why_not}")
    return _made(info, threads)


def _made(info: BackendInfo, threads: int) -> Backend:
    """Import a backend's class and make one; raises `BackendError` saying what is expected."""
    which = f"the backend {one_line(repr(info.name), 40)} of {one_line(info.origin, 40)}"
    try:
        kind = info.entry_point.load()
        lacking = sorted(getattr(kind, "__abstractmethods__", ()))
        name = getattr(kind, "__name__", type(kind).__name__)
        takes_threads = _takes_threads(kind)
    except (Exception, SystemExit) as error:  # another's code may raise anything, or try to exit
        raise BackendError(one_line(f"{which} {_cannot('be imported', info, error)}")) from error
    if lacking:
        said = f"{which} lacks {len(lacking)} formulas: {', '.join(lacking)}"
        raise BackendError(one_line(said, LONGEST_OF_ALL))
    if not takes_threads:
        raise BackendError(one_line(f"{which}: {name} must be made with one argument, threads"))
    try:
        backend = kind(threads=threads)
    except (Exception, SystemExit) as error:
        raise BackendError(one_line(f"{which} {_cannot('start', info, error)}")) from error
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


def _cannot(do_what: str, info: BackendInfo, error: BaseException) -> str:
    """The likely reason of an error, where metadata know one, or the error itself."""
    if info.why_not and isinstance(error, ImportError):
        return info.why_not
    return f"cannot {do_what}: {describe(error)}"


def _built_in(name: str) -> BackendInfo:
    needs = NEEDS.get(name, ())
    missing = next((each for each in needs if find_spec(each) is None), None)
    try:
        version = distribution("inkdigits").version
    except PackageNotFoundError:  # a clone
        version = "unknown"
    return BackendInfo(name, "inkdigits", EntryPoint(name, BUILT_IN[name], GROUP), missing, version, needs)


def _third_party(entry_point: EntryPoint) -> BackendInfo:
    dist = entry_point.dist
    if dist is None:
        return BackendInfo(entry_point.name, "unknown", entry_point)
    needs = _needs(dist, entry_point.name)
    missing = dist.name if _module_is_missing(entry_point) else None
    missing = missing or next((each for each in needs if not _is_installed(each)), None)
    return BackendInfo(entry_point.name, dist.name, entry_point, missing, dist.version, needs)


def _needs(dist: Distribution, name: str) -> tuple[str, ...]:
    """The packages that a distribution requires anyway, and for its extra of this name.

    Requirements under other conditions, such as a version of Python, are left to pip.
    """
    found = []
    for requirement in dist.requires or ():
        package, _, condition = requirement.partition(";")
        extra = re.fullmatch(r"""\s*extra\s*==\s*["'](.+)["']\s*""", condition)
        if not condition or (extra and _normal(extra[1]) == _normal(name)):
            found.append(re.split(r"[^\w.-]", package.strip(), maxsplit=1)[0])
    return tuple(each for each in found if _normal(each) not in OURS)


def _extras(dist: Distribution) -> list[str]:
    return dist.metadata.get_all("Provides-Extra") or []


def _normal(name: str) -> str:
    """A package's name in the form in which names are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_installed(package: str) -> bool:
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True


def _module_is_missing(entry_point: EntryPoint) -> bool:
    """Whether a backend's module is not there; looks for its top level only, which imports nothing."""
    try:
        return find_spec(entry_point.module.partition(".")[0]) is None
    except (AttributeError, ValueError):  # an entry point without a module, or a module without a spec
        return False
