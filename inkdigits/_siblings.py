"""Import the packages beside this one, whatever else has their names.

Python looks into a script's own folder first. An ``engine.py`` there, or an ``apps/`` folder (Django's
habit), would be taken for ours.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from importlib.machinery import PathFinder
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
lock = threading.RLock()  # held while packages are imported


def import_siblings(*names: str) -> None:
    """Import packages from the folder that holds `inkdigits`, ahead of any others on Python's path.

    Parameters
    ----------
    *names : str
        The packages.

    Raises
    ------
    ImportError
        Another module has taken one of the names in this process already.
    """
    with lock:
        _import(names)


def _import(names: tuple[str, ...]) -> None:
    for name in names:
        there = sys.modules.get(name)
        if there is None:
            spec = PathFinder.find_spec(name, [str(HOME)])
            if spec is None or spec.loader is None:
                raise ImportError(f"inkdigits is incomplete: {HOME / name} is missing; install it again")
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            try:
                spec.loader.exec_module(module)
            except BaseException:
                del sys.modules[name]
                raise
        elif HOME / name not in [Path(each).resolve() for each in getattr(there, "__path__", [])]:
            raise ImportError(
                f"inkdigits has a package named {name!r}, and so does this program: {_place(there)}; "
                f"give yours another name"
            )


def _place(module: object) -> str:
    return getattr(module, "__file__", None) or "a module without a file"
