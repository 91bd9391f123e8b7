"""A sum as a waterfall: each part begins where the one before ended, and the total stands on zero."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import SMALL
from apps.draw.state.layout import Box

Reach = tuple[float, float]  # the least and the largest number that a waterfall has room for

LABEL, NUMBER = 138, 58  # px for the words at the left and the number at the right


class Part(NamedTuple):
    """One addend: what it is called, and how much it is."""

    label: str
    amount: float


def reach_of(parts: Sequence[Part], total: Part) -> Reach:
    """The room that a sum needs."""
    reached = list(accumulate((part.amount for part in parts), initial=0.0))
    return min(total.amount, *reached), max(total.amount, *reached)


def paint_waterfall(
    painter: Painter, area: Box, parts: Sequence[Part], total: Part, reach: Reach | None = None
) -> None:
    """Paint a row for each part and one for the total, which fill the area.

    A bar of plus is blue and filled, one of minus orange and hollow.

    Parameters
    ----------
    painter : Painter
        Paints.
    area : Box
        Where.
    parts : sequence of Part
        The addends, in order.
    total : Part
        Their sum.
    reach : (low, high), optional
        What there is room for, with 0 between the two; by default what the sum needs.
    """
    theme, step = painter.theme, area.height / (len(parts) + 1)
    left, room = area.x + painter.px(LABEL), area.width - painter.px(LABEL + NUMBER)
    reached = list(accumulate((part.amount for part in parts), initial=0.0))
    low, high = reach or reach_of(parts, total)

    def x(value: float) -> int:
        return left + round(room * (value - low) / max(high - low, 1e-9))

    painter.fill(Box(x(0), area.y, max(1, painter.px(1)), area.height), theme.edge)
    for row, part in enumerate((*parts, total)):
        last = row == len(parts)
        start, end = sorted((0.0, total.amount) if last else (reached[row], reached[row] + part.amount))
        middle = area.y + int((row + 0.5) * step)
        high_px = max(4, round(step * 0.56))
        bar = Box(x(start), middle - high_px // 2, max(2, x(end) - x(start)), high_px)
        colour = theme.minus if part.amount < 0 else theme.plus
        colour = theme.ink if last else colour
        painter.text(part.label, SMALL, theme.ink if last else theme.quiet, (area.x, middle))
        painter.text(signed(part.amount), SMALL, theme.ink, (area.right, middle), "right")
        painter.box(bar, colour, 3)
        line = max(1, painter.px(2))
        if part.amount < 0 and not last and bar.width > 2 * line:
            inside = Box(bar.x + line, bar.y + line, bar.width - 2 * line, bar.height - 2 * line)
            painter.box(inside, theme.background, 2)


def signed(amount: float) -> str:
    """A number with its sign and two decimals; a real minus, as wide as the plus."""
    text = f"{amount:+.2f}".replace("-", "\N{MINUS SIGN}")
    return text if text[1:] != "0.00" else "0.00"
