"""A drawing as a picture file: dark ink on white paper, as `inkdigits predict` reads it too."""

from __future__ import annotations

import io

import pygame

from apps.draw.paint.ink import draw_ink
from apps.draw.state.document import PenStrokes

SIDE = 560  # px


def png_of(strokes: PenStrokes) -> bytes:
    """Make a PNG of strokes."""
    grey = 255 - draw_ink(strokes, SIDE)
    picture = pygame.image.frombuffer(grey.repeat(3).tobytes(), (SIDE, SIDE), "RGB")
    with io.BytesIO() as file:  # closed, because Pygame never lets go of it
        pygame.image.save(picture, file, "png")
        return file.getvalue()
