"""Colours and sizes: one accent, two greys, one family of type in three sizes (and the answer)."""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Theme:
    """The colours of a look.

    Attributes
    ----------
    ground : behind everything; paper : the canvas; raised : buttons; risen : buttons under the pointer
    line : thin lines and empty tracks; grid : fainter still
    ink : drawing and main text; quiet : all other text; faint : what cannot be used now
    accent : the one colour, for what is chosen; on_accent : text on it
    """

    ground: Colour
    paper: Colour
    raised: Colour
    risen: Colour
    line: Colour
    grid: Colour
    ink: Colour
    quiet: Colour
    faint: Colour
    accent: Colour
    accent_risen: Colour
    on_accent: Colour


DARK = Theme(
    ground=(22, 24, 29),
    paper=(30, 33, 39),
    raised=(42, 46, 54),
    risen=(54, 59, 69),
    line=(52, 56, 65),
    grid=(39, 43, 50),
    ink=(240, 241, 243),
    quiet=(158, 164, 175),
    faint=(88, 94, 105),
    accent=(96, 165, 250),
    accent_risen=(134, 187, 252),
    on_accent=(14, 22, 36),
)
LIGHT = Theme(
    ground=(244, 244, 241),
    paper=(255, 255, 255),
    raised=(230, 231, 228),
    risen=(217, 219, 216),
    line=(212, 214, 212),
    grid=(236, 238, 238),
    ink=(28, 31, 36),
    quiet=(98, 104, 114),
    faint=(170, 174, 180),
    accent=(29, 99, 216),
    accent_risen=(20, 80, 182),
    on_accent=(255, 255, 255),
)

SMALL, NORMAL, LARGE = 13, 15, 24  # px in a window of the first size
SMALLEST = 11  # px; smaller type is not read
RADIUS = 8  # px, of rounded corners
EASING = 0.08  # seconds a bar takes to all but reach its value
