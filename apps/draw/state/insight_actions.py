"""What keys and buttons do on the pages that look inside the network and say why."""

from __future__ import annotations

from dataclasses import replace

from apps.draw.state.actions import Action
from apps.draw.state.session import Session


def _step(by: int) -> Action:
    key, words = (",", "previous") if by < 0 else (".", "next")
    icon = "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}"
    if by > 0:
        icon = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
    return Action(icon, f"The {words} neuron", (key,), lambda session: session.insight.step(by), repeats=True)


def _pin(pinned: bool) -> Action:
    def run(session: Session) -> None:
        session.insight.pinned = pinned
        session.keyboard.leave()
        session.arrange()

    if pinned:
        action = Action("More", "How this neuron came to its activation", ("Enter", "N"), run)
        return replace(action, enabled=lambda session: session.insight.chosen is not None)
    return Action("Back", "All neurons", ("Esc", "N"), run)


def _toggle_order(session: Session) -> None:
    session.insight.ordered = not session.insight.ordered


PREVIOUS, NEXT, SHOW, BACK = _step(-1), _step(1), _pin(True), _pin(False)
ORDER = Action(
    "Order",
    "Order by what each neuron adds to the answer",
    ("O",),
    _toggle_order,
    enabled=lambda session: session.insight.answer is not None or session.insight.ordered,
    on=lambda session: session.insight.ordered,
)


def against(digit: int) -> Action:
    """Make the action that compares the answer with a digit."""

    def run(session: Session) -> None:
        session.insight.other = digit

    def enabled(session: Session) -> bool:
        return session.insight.answer not in (None, digit)

    return Action(str(digit), f"Why not a {digit}?", (str(digit),), run, enabled=enabled)


def _toggle_blanking(session: Session) -> None:
    session.reasons.blanking = not session.reasons.blanking


BLANK = Action(
    "Leave ink out",
    "Leave out the ink under the pointer, and see what the answer would be",
    ("X",),
    _toggle_blanking,
    enabled=lambda session: session.reasons.explanation is not None or session.reasons.blanking,
    on=lambda session: session.reasons.blanking,
)
