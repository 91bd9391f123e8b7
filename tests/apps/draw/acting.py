"""What the window's tests do to a session, as a user would."""

from __future__ import annotations

from apps.draw.state.actions import ACTIONS, Action
from apps.draw.state.geometry import Point
from apps.draw.state.layout import Box
from apps.draw.state.session import Session

BY_LABEL = {action.label: action for action in ACTIONS}
PREDICT, CLEAR, UNDO, REDO, ERASER = (
    BY_LABEL[each] for each in ("Predict", "Clear", "Undo", "Redo", "Eraser")
)
THINNER, THICKER, LIVE, GRID, DARK_ = (
    BY_LABEL[each] for each in ("Thinner", "Thicker", "Live", "Grid", "Dark")
)
MENU, CLOSE, QUIT, SAVE, OPEN = (BY_LABEL[each] for each in ("Menu", "Back", "Quit", "Save", "Open"))
BRING_BACK = BY_LABEL["Bring back"]


def at(session: Session, x: float, y: float) -> Point:
    """A place on the canvas, in pixels of the window."""
    canvas = session.layout.canvas
    return canvas.x + x * canvas.width, canvas.y + y * canvas.height


def drag(session: Session, *places: Point, erases: bool = False) -> None:
    session.pointer.press(at(session, *places[0]), erases)
    for place in places[1:]:
        session.pointer.move(at(session, *place))
    session.pointer.release(at(session, *places[-1]))


def draw(session: Session) -> None:
    drag(session, (0.25, 0.25), (0.5, 0.5), (0.75, 0.5))


def button(session: Session, action: Action) -> Box:
    return next(view.buttons[action] for view in session.views if action in view.buttons)


def click(session: Session, action: Action) -> None:
    center = button(session, action).center
    session.pointer.press(center)
    session.pointer.release(center)


def points(session: Session) -> list[tuple[Point, ...]]:
    return [stroke.points for stroke in session.document.strokes]
