"""WCAG 2.2 AA for both themes: 4.5 : 1 for text, 3 : 1 for what must be recognized."""

from __future__ import annotations

import pytest

from apps.draw.paint.theme import DARK, LIGHT, Theme, contrast

BEHIND = ("background", "paper", "button")
TEXT = [
    *((front, behind) for front in ("ink", "quiet") for behind in BEHIND),
    ("ink", "button_hovered"),
    ("on_accent", "accent"),
    ("on_accent", "accent_hovered"),
    ("background", "ink"),  # tooltips and notices
    ("bad", "background"),  # a check that fails
]
RECOGNIZED = [
    ("edge", "background"),
    ("edge", "paper"),
    ("accent", "background"),
    ("accent", "paper"),
    ("accent", "button"),  # a switch that is on, to one that is off
    *(("faint", behind) for behind in BEHIND),
    ("minus", "background"),
    ("plus", "background"),
    ("minus", "paper"),
    ("plus", "paper"),
    ("good", "background"),
]


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize(("front", "behind"), TEXT)
def test_text_has_enough_contrast(theme: Theme, front: str, behind: str) -> None:
    assert contrast(getattr(theme, front), getattr(theme, behind)) >= 4.5


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize(("front", "behind"), RECOGNIZED)
def test_controls_and_states_have_enough_contrast(theme: Theme, front: str, behind: str) -> None:
    assert contrast(getattr(theme, front), getattr(theme, behind)) >= 3


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_what_is_disabled_differs_from_what_is_not_in_brightness(theme: Theme) -> None:
    assert contrast(theme.ink, theme.faint) >= 3


def test_contrast_is_that_of_wcag() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)
    assert contrast((9, 90, 200), (9, 90, 200)) == 1
