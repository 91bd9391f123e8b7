"""The weights of a neuron as a picture: what ink it wants and where it wants none."""

from __future__ import annotations

import numpy as np
import pygame

from apps.draw.paint.cells import shades
from apps.draw.paint.theme import Theme
from apps.draw.state.layout import SIDE
from backends.arrays import Array


def weight_pictures(w: Array, count: int, side: int, theme: Theme) -> list[pygame.Surface]:
    """Paint the weights of the first neurons of the first layer, one picture each.

    Parameters
    ----------
    w : (784, O) array
        The weights of the layer.
    count : int
        Neurons, at most O.
    side : int
        Of a picture, in pixels.
    theme : Theme
        Plus for positive weights, minus for negative ones, paper for 0. The strongest weight of each neuron
        has the full colour, so pictures of different neurons cannot be compared in strength.

    Returns
    -------
    list of pygame.Surface
        In the order of the neurons; parts of one surface.
    """
    weights = w[:, :count].T
    strongest = np.maximum(np.abs(weights).max(axis=1, keepdims=True), 1e-12)
    coloured = shades(weights / strongest, theme, theme.paper).reshape(count * SIDE, SIDE, 3)  # a column
    column = pygame.surfarray.make_surface(coloured.swapaxes(0, 1))
    column = pygame.transform.smoothscale(column, (side, side * count))
    return [column.subsurface((0, number * side, side, side)) for number in range(count)]
