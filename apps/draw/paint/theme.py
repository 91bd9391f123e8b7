"""Colours and sizes: one accent, two greys, one family of type in three sizes (and the answer)."""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Theme:
    """A set of colours.

    Text has a contrast of 4.5 : 1 to what it stands on, and anything that must be recognized 3 : 1 (WCAG 2.2
    AA); `tests/apps/draw/paint/test_theme.py` computes them.

    Attributes
    ----------
    background, paper : Colour
        Behind everything, and of the canvas.
    button, button_hovered : Colour
        Behind the icon of a button, and of the button under the pointer.
    line, grid : Colour
        Thin lines and empty tracks, and the fainter lines of the grid: mere decoration.
    edge : Colour
        The edge of the canvas, and the track of the slider.
    ink, quiet, faint : Colour
        The drawing and the main text, other text, and anything large that is disabled or only a guess.
    accent, accent_hovered, on_accent : Colour
        The one accent, the accented button under the pointer, and text on the accent.
    minus, plus : Colour
        Evidence against and for: orange and blue.
    good, bad : Colour
        Of a check that holds, and of one that does not: green and red, always beside words.
    """

    background: Colour
    paper: Colour
    button: Colour
    button_hovered: Colour
    line: Colour
    grid: Colour
    edge: Colour
    ink: Colour
    quiet: Colour
    faint: Colour
    accent: Colour
    accent_hovered: Colour
    on_accent: Colour
    minus: Colour
    plus: Colour
    good: Colour
    bad: Colour


DARK = Theme(
    background=(22, 24, 29),
    paper=(30, 33, 39),
    button=(42, 46, 54),
    button_hovered=(54, 59, 69),
    line=(52, 56, 65),
    grid=(39, 43, 50),
    edge=(108, 114, 126),
    ink=(240, 241, 243),
    quiet=(172, 178, 189),
    faint=(122, 128, 140),
    accent=(96, 165, 250),
    accent_hovered=(134, 187, 252),
    on_accent=(14, 22, 36),
    minus=(240, 150, 70),
    plus=(96, 165, 250),
    good=(86, 196, 120),
    bad=(248, 118, 118),
)
LIGHT = Theme(
    background=(244, 244, 241),
    paper=(255, 255, 255),
    button=(230, 231, 228),
    button_hovered=(217, 219, 216),
    line=(212, 214, 212),
    grid=(236, 238, 238),
    edge=(128, 133, 141),
    ink=(28, 31, 36),
    quiet=(84, 90, 100),
    faint=(122, 127, 136),
    accent=(29, 99, 216),
    accent_hovered=(20, 80, 182),
    on_accent=(255, 255, 255),
    minus=(184, 84, 10),
    plus=(29, 99, 216),
    good=(24, 122, 62),
    bad=(190, 32, 38),
)

SMALL, NORMAL, LARGE = 13, 15, 24  # px in a window of the first size
SMALLEST = 11  # px; smaller type is illegible
RADIUS = 8  # px, of rounded corners
EASING = 0.08  # seconds that a bar takes to get within 2 % of its value


def contrast(one: Colour, other: Colour) -> float:
    """The contrast of two colours as WCAG 2.2 defines it: 1 for equal ones, 21 for black and white."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
