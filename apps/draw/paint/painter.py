"""The few things that the views are painted with: text, rounded boxes, rings, icons, pictures.

Everything with an edge is painted from a mask of coverages, because Pygame's rounded rectangles are jagged.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Literal

import numpy as np
import pygame

from apps.draw.paint.icons import DIGIT, Line
from apps.draw.paint.ink import lay_line
from apps.draw.paint.pictures import Pictures
from apps.draw.paint.theme import DARK, RADIUS, SMALLEST, Colour, Theme
from apps.draw.state.geometry import Point
from apps.draw.state.layout import Box
from backends.arrays import Array

Side = Literal["left", "center", "right"]
CAP = 0.75  # height of capitals and digits, in their type size
LARGEST_KEPT = 10_000  # pixels of a box that is kept as one picture, because that is quicker
DASH = 5  # px, of a dashed line and between two dashes
EM = 0.6875  # px of type that Pygame's own font has for each px asked for
PICTURES = Pictures(16 * 2**20)  # of texts, corners, rings and icons


class Painter:
    """A surface to paint on, the look, and how much larger than usual everything is.

    Attributes
    ----------
    touched : list of pygame.Rect
        What was painted on since the list was last emptied.
    """

    def __init__(self, surface: pygame.Surface, theme: Theme, unit: float) -> None:
        self.surface = surface
        self.theme = theme
        self.unit = unit
        self.touched: list[pygame.Rect] = []

    def px(self, length: float) -> int:
        """A length of the first window's in pixels of this one."""
        return round(length * self.unit)

    def text(self, text: str, size: float, colour: Colour, at: Point, side: Side = "left") -> int:
        """One line of text, the middle of its capitals at the height of ``at``; returns its width."""
        pixels = self.text_size(size)
        picture = _text(text, pixels, colour)
        width = picture.get_width()
        middle = _font(pixels).get_ascent() / _finer(pixels) - CAP * pixels / 2
        x = at[0] - {"left": 0.0, "center": width / 2, "right": width}[side]
        self.picture(picture, (round(x), round(at[1] - middle)))
        return width

    def glyph(self, text: str, height: int, colour: Colour, corner: Point) -> int:
        """Very large text whose ink is ``height`` pixels high and starts at the corner; returns its width.

        Digits are all equally wide in this font, so what stands beside them does not jump.
        """
        picture = _text(text, round(height / CAP), colour)
        ink = picture.get_bounding_rect(min_alpha=128)
        self.picture(picture, (round(corner[0]), round(corner[1])), ink)
        return picture.get_width()

    def text_size(self, size: float) -> int:
        return max(SMALLEST, self.px(size))

    def text_width(self, text: str, size: float) -> int:
        pixels = self.text_size(size)
        return round(_font(pixels).size(text)[0] / _finer(pixels))

    def fitted(self, text: str, size: float, room: float) -> str:
        """A text, cut in the middle until it is no wider than ``room`` pixels."""
        kept, shown = len(text), text
        while self.text_width(shown, size) > room and kept > 2:
            kept -= 1
            shown = f"{text[: kept // 2]}…{text[-(kept - kept // 2) :]}"
        return shown

    def picture(self, picture: pygame.Surface, corner: Point, part: pygame.Rect | None = None) -> None:
        """A picture, or a part of it."""
        self.touched.append(self.surface.blit(picture, corner, part))

    def fill(self, box: Box, colour: Colour) -> None:
        """A box with sharp corners."""
        self.touched.append(self.surface.fill(colour, box))

    def box(self, box: Box, colour: Colour, radius: float = RADIUS) -> None:
        """A filled box with round corners."""
        if box.width <= 0 or box.height <= 0:
            return
        r = min(self.px(radius), box.width // 2, box.height // 2)
        if box.width * box.height <= LARGEST_KEPT:
            self.picture(_box(box.width, box.height, r, colour), box[:2])
            return
        self.fill(Box(box.x + r, box.y, box.width - 2 * r, box.height), colour)
        self.fill(Box(box.x, box.y + r, box.width, box.height - 2 * r), colour)
        self._corners(_disc(r, colour), box, r)

    def outline(self, box: Box, colour: Colour, radius: float = RADIUS, line: float = 1.5) -> None:
        """The edge of a box with round corners, inside it."""
        t = max(1, round(line * self.unit))
        r = max(t, min(self.px(radius), box.width // 2, box.height // 2))
        for y in (box.y, box.bottom - t):
            self.fill(Box(box.x + r, y, box.width - 2 * r, t), colour)
        for x in (box.x, box.right - t):
            self.fill(Box(x, box.y + r, t, box.height - 2 * r), colour)
        self._corners(_disc(r, colour, t), box, r)

    def ring(self, center: Point, radius: float, colour: Colour, line: float) -> None:
        """A circle line, not rounded to whole pixels in its radius."""
        picture = _ring(radius, line, colour)
        half = picture.get_width() / 2
        self.picture(picture, (round(center[0] - half), round(center[1] - half)))

    def line(
        self, start: Point, end: Point, colour: Colour, dashed: bool = False, width: float = 1.5
    ) -> None:
        """A straight line, or dashes along it."""
        length = max(math.dist(start, end), 1e-9)
        dash = self.px(DASH) if dashed else length
        x, y = (end[0] - start[0]) / length, (end[1] - start[1]) / length
        thick, at = max(1, self.px(1.5)), 0.0
        while at < length:
            to = min(at + dash, length)
            a, b = ((start[0] + t * x, start[1] + t * y) for t in (at, to))
            self.touched.append(pygame.draw.aaline(self.surface, colour, a, b, thick))
            at = to + dash

    def icon(self, lines: list[Line], box: Box, colour: Colour, line: float = 1.9) -> None:
        """An icon, its unit square filling ``box``."""
        self.picture(_icon(tuple(lines), box.width, line * box.width / 22, colour), box[:2])

    @contextmanager
    def clipped(self, box: Box) -> Iterator[None]:
        """Paint nothing outside a box."""
        before = self.surface.get_clip()
        self.surface.set_clip(before.clip(box))
        try:
            yield
        finally:
            self.surface.set_clip(before)

    def _corners(self, disc: pygame.Surface, box: Box, r: int) -> None:
        """The quarters of a disc at the corners of a box."""
        for x, across in ((box.x, 0), (box.right - r, r)):
            for y, down in ((box.y, 0), (box.bottom - r, r)):
                self.picture(disc, (x, y), pygame.Rect(across, down, r, r))


def app_icon(side: int = 64) -> pygame.Surface:
    """For the title bar and the task bar: a digit, as ink on a rounded square."""
    icon = pygame.Surface((side, side), pygame.SRCALPHA)
    painter = Painter(icon, DARK, side / 40)
    painter.box(Box(0, 0, side, side), DARK.accent)
    painter.icon(DIGIT, Box(0, 0, side, side), DARK.on_accent, line=5)
    return icon


def tint(mask: Array, colour: Colour) -> pygame.Surface:
    """A surface of one colour, as opaque as the mask (rows, columns) uint8 says."""
    surface = pygame.Surface(mask.shape[::-1], pygame.SRCALPHA)
    surface.fill(colour)
    pygame.surfarray.pixels_alpha(surface)[:] = mask.T
    return surface


def between(one: Colour, other: Colour, share: float) -> Colour:
    """A colour on the way from one to another."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def forget_sizes() -> None:
    """Drop all that was made for one size of the window; another size needs other pictures."""
    PICTURES.clear()
    _font.cache_clear()


def _finer(size: int) -> int:
    """How many times larger text is drawn before it is made smaller.

    At its own size, small type would be spaced by whole pixels. In large type that cannot be seen.
    """
    return 4 if size <= 24 else 2 if size <= 72 else 1


@lru_cache(maxsize=32)
def _font(size: int) -> pygame.font.Font:
    """The font that comes with Pygame: the same on every machine, where system fonts may be missing."""
    return pygame.font.Font(None, round(size * _finer(size) / EM))


def _text(text: str, size: int, colour: Colour) -> pygame.Surface:
    def make() -> pygame.Surface:
        fine, finer = _font(size).render(text, True, colour), _finer(size)
        width, height = fine.get_size()
        return pygame.transform.smoothscale(fine, (round(width / finer), round(height / finer)))

    return PICTURES.get(("text", text, size, colour), make)


def _box(width: int, height: int, radius: int, colour: Colour) -> pygame.Surface:
    """A box with round corners."""

    def make() -> pygame.Surface:
        x, y = (np.abs(np.arange(side) + 0.5 - side / 2) - side / 2 + radius for side in (width, height))
        outside = np.hypot(np.maximum(x, 0)[None], np.maximum(y, 0)[:, None])
        return _painted(np.clip(radius - outside + 0.5, 0, 1) if radius else np.ones((height, width)), colour)

    return PICTURES.get(("box", width, height, radius, colour), make)


def _disc(radius: int, colour: Colour, line: int = 0) -> pygame.Surface:
    """A disc, or a circle line of that width along its edge, in a square of 2 radius pixels."""

    def make() -> pygame.Surface:
        y, x = np.ogrid[-radius:radius, -radius:radius]
        inside = radius - np.hypot(x + 0.5, y + 0.5)  # distance to the edge
        coverage = np.clip(inside + 0.5, 0, 1)
        if line:
            coverage -= np.clip(inside - line + 0.5, 0, 1)
        return _painted(coverage, colour)

    return PICTURES.get(("disc", radius, line, colour), make)


def _ring(radius: float, line: float, colour: Colour) -> pygame.Surface:
    def make() -> pygame.Surface:
        half = int(radius + line) + 2
        y, x = np.ogrid[-half:half, -half:half]
        distance = np.hypot(x + 0.5, y + 0.5)
        return _painted(np.clip(line / 2 + 0.5 - np.abs(distance - radius), 0, 1), colour)

    return PICTURES.get(("ring", radius, line, colour), make)


def _icon(lines: tuple[Line, ...], side: int, line: float, colour: Colour) -> pygame.Surface:
    def make() -> pygame.Surface:
        mask = np.zeros((side, side), np.uint8)
        for points in lines:
            lay_line(mask, np.array(points) * side, line / 2)
        return tint(mask, colour)

    return PICTURES.get(("icon", lines, side, line, colour), make)


def _painted(coverage: Array, colour: Colour) -> pygame.Surface:
    return tint(np.rint(coverage * 255).astype(np.uint8), colour)
