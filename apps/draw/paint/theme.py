"""Colours and sizes: one accent, two greys, one family of type in three sizes (and the answer)."""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Theme:
    """A set of colours.

    Attributes
    ----------
    background, paper : Colour
        Behind everything, and of the canvas.
    button, button_hovered : Colour
        Behind the icon of a button, and of the button under the pointer.
    line, grid : Colour
        Thin lines and empty tracks, and the fainter lines of the grid.
    ink, quiet, faint : Colour
        The drawing and the main text, other text, and anything that is disabled.
    accent, accent_hovered, on_accent : Colour
        The one accent, the accented button under the pointer, and text on the accent.
    """

    background: Colour
    paper: Colour
    button: Colour
    button_hovered: Colour
    line: Colour
    grid: Colour
    ink: Colour
    quiet: Colour
    faint: Colour
    accent: Colour
    accent_hovered: Colour
    on_accent: Colour


DARK = Theme(
    background=(22, 24, 29),
    paper=(30, 33, 39),
    button=(42, 46, 54),
    button_hovered=(54, 59, 69),
    line=(52, 56, 65),
    grid=(39, 43, 50),
    ink=(240, 241, 243),
    quiet=(158, 164, 175),
    faint=(88, 94, 105),
    accent=(96, 165, 250),
    accent_hovered=(134, 187, 252),
    on_accent=(14, 22, 36),
)
LIGHT = Theme(
    background=(244, 244, 241),
    paper=(255, 255, 255),
    button=(230, 231, 228),
    button_hovered=(217, 219, 216),
    line=(212, 214, 212),
    grid=(236, 238, 238),
    ink=(28, 31, 36),
    quiet=(98, 104, 114),
    faint=(170, 174, 180),
    accent=(29, 99, 216),
    accent_hovered=(20, 80, 182),
    on_accent=(255, 255, 255),
)

SMALL, NORMAL, LARGE = 13, 15, 24  # px in a window of the first size
SMALLEST = 11  # px; smaller type is illegible
RADIUS = 8  # px, of rounded corners
EASING = 0.08  # seconds that a bar takes to get within 2 % of its value
