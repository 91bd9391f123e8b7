"""Paints the views: each one only when its looks changed, and on the screen only what was painted.

The views are painted on a picture of the whole window. What lies over them, such as the pointer's ring, is
painted on the screen itself, and what it covered is put back from that picture before it moves.
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import chain

import pygame

from apps.draw.paint.painter import Painter, forget_sizes
from apps.draw.paint.theme import DARK, LIGHT, Theme
from apps.draw.state.session import Session
from apps.draw.views.canvas import CanvasView
from apps.draw.views.table import attach_views
from apps.draw.views.view import View


class Screen:
    """What a session looks like.

    Attributes
    ----------
    painted : list of View
        The views that were painted in the last frame.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._frame, self._pages, self._overlays = attach_views(session)
        self._whole = pygame.Surface((0, 0))
        self._kind: tuple[tuple[int, int], Theme] | None = None
        self._looks: dict[str, tuple[View, Hashable]] = {}  # by the name of the area
        self._over: tuple[Hashable, ...] = ()
        self._covered: list[pygame.Rect] = []  # by overlays
        self.painted: list[View] = []

    @property
    def animating(self) -> bool:
        """Whether the next frame will look different although nothing happens."""
        return any(view.animating for view in self._shown())

    def paint(self, surface: pygame.Surface) -> bool:
        """Bring a surface up to date; returns whether anything changed. It must be the same as before."""
        session, theme = self._session, DARK if self._session.dark else LIGHT
        if self._kind != (surface.get_size(), theme):
            self._start_over(surface, theme)
        painter = Painter(self._whole, theme, session.layout.unit)
        self.painted = [view for view in self._shown() if self._has_changed(view)]
        dirty: list[pygame.Rect] = []
        for view in self.painted:
            painter.touched = []
            if not isinstance(view, CanvasView):  # which paints only what changed
                painter.fill(view.area, theme.background)
            with painter.clipped(view.area):
                view.paint(painter, session)
            dirty += _together(painter.touched)
        over = tuple(view.looks(session) for view in self._overlays)
        if not dirty and over == self._over:
            return False
        self._over = over
        for area in chain(self._covered, dirty):
            surface.blit(self._whole, area, area)
        on_screen = Painter(surface, theme, session.layout.unit)
        for view in self._overlays:
            view.paint(on_screen, session)
        self._covered = [area for area in on_screen.touched if area.size != (0, 0)]
        return True

    def _shown(self) -> list[View]:
        return [*self._frame, self._pages[self._session.page]]

    def _has_changed(self, view: View) -> bool:
        looks = view, view.looks(self._session)
        if self._looks.get(view.area_name) == looks:
            return False
        self._looks[view.area_name] = looks
        return True

    def _start_over(self, surface: pygame.Surface, theme: Theme) -> None:
        size = surface.get_size()
        if self._kind is None or self._kind[0] != size:
            forget_sizes()
            self._whole = surface.copy()
        self._kind = size, theme
        self._whole.fill(theme.background)
        surface.fill(theme.background)
        self._looks.clear()
        self._covered = []
        self._session.arrange()
        for view in self._frame:
            if isinstance(view, CanvasView):
                view.forget()


def _together(areas: list[pygame.Rect]) -> list[pygame.Rect]:
    """One area around all; none where nothing was painted."""
    seen = [area for area in areas if area.width and area.height]
    return [seen[0].unionall(seen[1:])] if seen else []
