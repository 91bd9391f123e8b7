"""Whole windows against reference pictures, which lie in this folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from apps.draw.window import Window

PICTURES = Path(__file__).parent
SCENE_SIZES = SMALL, FIRST, LARGE, TALL = (820, 560), (1000, 640), (1400, 900), (900, 1300)
LARGEST_DIFFERENCE = 12  # of 255, of a block's mean colour


def compare(window: Window, name: str) -> None:
    """Compare blocks of a window as painted last, at half its size, so that another version of a font passes.

    To accept another look, delete the PNG files in this folder and run the tests with INKDIGITS_PICTURES=new:
    they write them. Then look at them.

    Parameters
    ----------
    window : Window
        What is compared.
    name : str
        Of the file, without its ending, such as ``digit-1000x640-dark``.
    """
    import pygame

    width, height = window.surface.get_size()
    small = pygame.transform.smoothscale(window.surface, (width // 8 * 4, height // 8 * 4))
    path = PICTURES / f"{name}.png"
    if os.environ.get("INKDIGITS_PICTURES") == "new" and not path.exists():
        pygame.image.save(small, path)
    assert path.exists(), f"make {path.name} with INKDIGITS_PICTURES=new, and look at it"
    shown, expected = (_blocks(surface) for surface in (small, pygame.image.load(path)))
    different = np.abs(shown - expected).max(axis=2)
    place = np.unravel_index(different.argmax(), different.shape)
    assert different.max() < LARGEST_DIFFERENCE, f"{name}: block {place} differs"


def _blocks(surface: Any) -> npt.NDArray[np.float64]:
    """The mean colours of blocks of 4x4 pixels."""
    import pygame

    width, height = surface.get_size()
    return pygame.surfarray.array3d(surface).reshape(width // 4, 4, height // 4, 4, 3).mean(axis=(1, 3))
