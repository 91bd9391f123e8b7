"""Images of 28x28 pixels as pictures, enlarged."""

from __future__ import annotations

from functools import cache

import numpy as np
import pygame

from apps.draw.paint.painter import between
from apps.draw.paint.theme import Theme
from backends.arrays import Array


def enlarged(image: Array, theme: Theme, side: int, *, smooth: bool = False) -> pygame.Surface:
    """A square picture of (28, 28) uint8 ink, from paper to ink, ``side`` pixels wide."""
    small = pygame.surfarray.make_surface(_shades(theme)[image].swapaxes(0, 1))
    scale = pygame.transform.smoothscale if smooth else pygame.transform.scale
    return scale(small, (side, side))


@cache
def _shades(theme: Theme) -> Array:
    return np.array([between(theme.paper, theme.ink, ink / 255) for ink in range(256)], np.uint8)
