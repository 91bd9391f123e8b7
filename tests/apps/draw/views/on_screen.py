"""A window that no one sees, with the shipped network and time that only passes when it is told to."""

from __future__ import annotations

from typing import Any

import pygame

from apps.draw.state.layout import Box
from apps.draw.window import Window
from tests.apps.draw.state.test_several import Table
from tests.apps.draw.views.test_pictures import Picture

SIZES = [(820, 560), (1000, 640), (1400, 900), (900, 1300), (3840, 2160)]


class ShownTable(Table):
    """A session with the shipped network, in a window."""

    def __init__(self, size: tuple[int, int] = (1000, 640), dark: bool = True) -> None:
        super().__init__()
        self.session.dark = dark
        self.window = Window(self.session, size, clock=lambda: self.now, sleep=lambda seconds: None)

    def rest(self, seconds: float = 1.0) -> None:
        until = self.now + seconds
        while self.now < until or self.session.jobs:
            self.now += 0.02
            self.window.paint()

    def picture(self) -> Picture:
        """The window, when nothing moves any more."""
        self.rest()
        return pygame.surfarray.array3d(self.window.surface).swapaxes(0, 1).astype(int)

    def page(self, name: str) -> Any:
        names = [page.name for page in self.session.pages]
        self.session.show_page(names.index(name))
        return self.session.pages[names.index(name)]

    def click(self, box: Box) -> None:
        self.session.pointer.move(box.center)
        self.session.pointer.press(box.center)
        self.session.pointer.release(box.center)
