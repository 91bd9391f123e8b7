"""Pictures that are made once and kept, within a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

import pygame


class Pictures:
    """The pictures used last; those that were not used for the longest time are dropped first.

    Parameters
    ----------
    limit : int
        Bytes that all pictures together may have. A larger picture is made each time.

    Attributes
    ----------
    size : int
        Bytes that they have now.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[Hashable, pygame.Surface] = OrderedDict()
        self.size = 0

    def get(self, key: Hashable, make: Callable[[], pygame.Surface]) -> pygame.Surface:
        """The picture of this key; it is made if it is not kept."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        picture = self._kept[key] = make()
        self.size += _bytes(picture)
        while self.size > self._limit:
            self.size -= _bytes(self._kept.popitem(last=False)[1])
        return picture

    def clear(self) -> None:
        """Drop them all."""
        self._kept.clear()
        self.size = 0


def _bytes(picture: pygame.Surface) -> int:
    return picture.get_pitch() * picture.get_height()
