"""Things that notebooks show as pictures."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import Any


class Shown:
    """What Jupyter shows as a picture where matplotlib is installed, and as text elsewhere."""

    __slots__ = ()

    def _repr_png_(self) -> tuple[bytes, dict[str, int]] | None:
        """For IPython, which takes None for "no picture", and then asks for the text."""
        if find_spec("matplotlib") is None:
            return None
        # By name, because the pictures know all classes that are shown, and so stand above them.
        figures: Any = importlib.import_module("engine.figures")
        picture: tuple[bytes, dict[str, int]] = figures.as_png(self)
        return picture
