"""The few things that the views are painted with: text, rounded boxes, rings, icons, pictures.

Everything with an edge is painted from a mask of coverages, because Pygame's rounded rectangles are jagged.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
import pygame

from apps.draw.paint.icons import DIGIT, Line
from apps.draw.paint.ink import lay, line_patches
from apps.draw.paint.theme import DARK, RADIUS, SMALLEST, Colour, Theme
from apps.draw.state.geometry import Point
from apps.draw.state.layout import Box
from backends.arrays import Array

Side = Literal["left", "center", "right"]
FINER = 4  # times, before text is made smaller
CAP = 0.75  # height of capitals and digits, in their type size
EM = 0.6875  # px of type that Pygame's own font has for each px asked for


class Painter:
    """A surface to paint on, the look, and how much larger than usual everything is."""

    def __init__(self, surface: pygame.Surface, theme: Theme, unit: float) -> None:
        self.surface = surface
        self.theme = theme
        self.unit = unit

    def px(self, length: float) -> int:
        """A length of the first window's in pixels of this one."""
        return round(length * self.unit)

    def text(self, text: str, size: float, colour: Colour, at: Point, side: Side = "left") -> int:
        """One line of text, the middle of its capitals at the height of ``at``; returns its width."""
        pixels = self.text_size(size)
        picture = _text(text, pixels, colour)
        width = picture.get_width()
        middle = _font(pixels).get_ascent() / FINER - CAP * pixels / 2
        x = at[0] - {"left": 0.0, "center": width / 2, "right": width}[side]
        self.surface.blit(picture, (round(x), round(at[1] - middle)))
        return width

    def glyph(self, text: str, height: int, colour: Colour, corner: Point) -> int:
        """Very large text whose ink is ``height`` pixels high and starts at the corner; returns its width.

        Digits are all equally wide in this font, so what stands beside them does not jump.
        """
        picture = _text(text, round(height / CAP), colour)
        self.surface.blit(picture, (round(corner[0]), round(corner[1])), _ink_box(picture))
        return picture.get_width()

    def text_size(self, size: float) -> int:
        return max(SMALLEST, self.px(size))

    def text_width(self, text: str, size: float) -> int:
        return round(_font(self.text_size(size)).size(text)[0] / FINER)

    def box(self, box: Box, colour: Colour, radius: float = RADIUS) -> None:
        """A filled box with round corners."""
        if box.width > 0 and box.height > 0:
            picture = _rounded(box.width, box.height, self.px(radius), 0, colour)
            self.surface.blit(picture, box[:2])

    def outline(self, box: Box, colour: Colour, radius: float = RADIUS, line: float = 1.5) -> None:
        """The edge of a box with round corners, inside it."""
        thickness = max(1.0, line * self.unit)
        self.surface.blit(_rounded(box.width, box.height, self.px(radius), thickness, colour), box[:2])

    def ring(self, center: Point, radius: float, colour: Colour, line: float) -> None:
        """A circle line, not rounded to whole pixels in its radius."""
        picture = _ring(radius, line, colour)
        half = picture.get_width() / 2
        self.surface.blit(picture, (round(center[0] - half), round(center[1] - half)))

    def icon(self, lines: list[Line], box: Box, colour: Colour, line: float = 1.9) -> None:
        """An icon, its unit square filling ``box``."""
        self.surface.blit(_icon(tuple(lines), box.width, line * self.unit, colour), box[:2])


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


@lru_cache(maxsize=32)
def _font(size: int) -> pygame.font.Font:
    """The font that comes with Pygame: the same on every machine, where system fonts may be missing."""
    return pygame.font.Font(None, round(size * FINER / EM))


@lru_cache(maxsize=512)
def _text(text: str, size: int, colour: Colour) -> pygame.Surface:
    """Text, drawn larger and made smaller: at its own size its letters would be spaced by whole pixels."""
    fine = _font(size).render(text, True, colour)
    width, height = fine.get_size()
    return pygame.transform.smoothscale(fine, (round(width / FINER), round(height / FINER)))


def _ink_box(picture: pygame.Surface) -> pygame.Rect:
    return picture.get_bounding_rect(min_alpha=128)


@lru_cache(maxsize=512)
def _rounded(width: int, height: int, radius: float, line: float, colour: Colour) -> pygame.Surface:
    """A box with round corners, or of a line of that width along its inner edge."""
    radius = min(radius, width / 2, height / 2)
    y, x = np.ogrid[0:height, 0:width]
    beyond_x = np.abs(x + 0.5 - width / 2) - (width / 2 - radius)
    beyond_y = np.abs(y + 0.5 - height / 2) - (height / 2 - radius)
    corner = np.hypot(np.maximum(beyond_x, 0), np.maximum(beyond_y, 0))
    inside = radius - corner - np.minimum(np.maximum(beyond_x, beyond_y), 0)  # distance to the edge
    coverage = np.clip(inside + 0.5, 0, 1)
    if line:
        coverage -= np.clip(inside - line + 0.5, 0, 1)
    return _painted(coverage, colour)


@lru_cache(maxsize=64)
def _ring(radius: float, line: float, colour: Colour) -> pygame.Surface:
    half = int(radius + line) + 2
    y, x = np.ogrid[-half:half, -half:half]
    distance = np.hypot(x + 0.5, y + 0.5)
    return _painted(np.clip(line / 2 + 0.5 - np.abs(distance - radius), 0, 1), colour)


@lru_cache(maxsize=64)
def _icon(lines: tuple[Line, ...], side: int, line: float, colour: Colour) -> pygame.Surface:
    mask = np.zeros((side, side), np.uint8)
    for points in lines:
        for patch in line_patches(points, line / 2, side, curved=False):
            lay(mask, patch)
    return tint(mask, colour)


def _painted(coverage: Array, colour: Colour) -> pygame.Surface:
    return tint(np.rint(coverage * 255).astype(np.uint8), colour)
