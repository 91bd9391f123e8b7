"""Everything that the window does, without the window.

Keys and buttons end in `Session.do`, mouse and fingers in `Session.pointer`; the views show what it keeps.
"""

from __future__ import annotations

from collections.abc import Sequence

from apps.draw.state.actions import ACTIONS, Action
from apps.draw.state.document import Document
from apps.draw.state.geometry import Point
from apps.draw.state.layout import FIRST_SIZE, arrange
from apps.draw.state.live_prediction import LivePrediction
from apps.draw.state.pointer import Part, Pointer

THINNEST, WIDEST = 0.015, 0.1  # brush, in canvas units
FIRST_BRUSH = 0.045
BRUSH_STEP = 1.15
ERASER_RADIUS = 0.8  # of the brush's width, so a little wider than the brush
LONGEST_STEP = 1 / 30  # seconds that an animation moves on by at most in one frame


class Session:
    """The drawing, its prediction, the settings, and the pointer.

    Parameters
    ----------
    prediction : LivePrediction
        Recognizes the drawing.
    dark : bool
        Whether to start with the dark theme.
    actions : sequence of Action
        What keys and buttons can do.

    Attributes
    ----------
    document : Document
        The strokes on the canvas.
    layout : Layout
        Where the parts of the window are.
    views : sequence of Part
        What the pointer can touch, the topmost last.
    pointer : Pointer
        Where the pointer is and what it holds.
    brush : float
        Width of the brush in canvas units.
    eraser : bool
        Whether the left button erases; the right one always does.
    grid, dark, help, closed : bool
        Whether the grid is shown, the theme is dark, the help is open, the window is to be closed.
    now, elapsed : float
        The time of the current frame, and how far animations move on in it, in seconds.
    """

    def __init__(
        self, prediction: LivePrediction, dark: bool = True, actions: Sequence[Action] = ACTIONS
    ) -> None:
        # Annotated where `actions`, which imports this module for its types, needs them.
        self.prediction: LivePrediction = prediction
        self.document: Document = Document()
        self.actions = actions
        self.layout = arrange(FIRST_SIZE)
        self.views: Sequence[Part] = ()
        self.pointer = Pointer(self)
        self.brush = FIRST_BRUSH
        self.eraser: bool = False
        self.grid: bool = True
        self.dark = dark
        self.help = False
        self.closed = False
        self.now = 0.0
        self.elapsed = 0.0
        self._action_of_key = {key: action for action in actions for key in action.keys}

    def attach(self, views: Sequence[Part]) -> None:
        """Let the pointer touch these views, the topmost last."""
        self.views = views
        self._arrange_views()

    def do(self, action: Action) -> None:
        """Run an action, if it is enabled."""
        if action.enabled(self):
            action.run(self)

    def do_key(self, key: str) -> None:
        """Run the action of a key, written as in the table of actions; other keys do nothing."""
        if key in self._action_of_key:
            self.do(self._action_of_key[key])

    def resize(self, size: tuple[int, int]) -> None:
        """Take another size in pixels; a stroke that is being drawn ends here."""
        self.pointer.release()
        self.layout = arrange(size)
        self._arrange_views()

    def start_frame(self, now: float) -> None:
        """Call once before painting, with the time in seconds: brings the prediction up to date."""
        self.elapsed = min(now - self.now, LONGEST_STEP)
        self.now = now
        self.prediction.update(self.document.strokes)

    def close(self) -> None:
        """Close the help if it is open, else the window."""
        if self.help:
            self.help = False
        else:
            self.closed = True

    def start_stroke(self, point: Point) -> None:
        """Put the pen or the eraser down at a point in canvas units."""
        if self.pointer.erases or self.eraser:
            self.document.start_eraser(point, self.eraser_radius)
        else:
            self.document.start_pen(point, self.brush)

    @property
    def eraser_radius(self) -> float:
        """In canvas units."""
        return self.brush * ERASER_RADIUS

    def widen_brush(self, steps: float) -> None:
        """Make the brush wider, or thinner if ``steps`` is negative."""
        self._set_brush(self.brush * BRUSH_STEP**steps)

    @property
    def brush_setting(self) -> float:
        """The brush's width as a number from 0, thinnest, to 1, widest; clipped when it is set."""
        return (self.brush - THINNEST) / (WIDEST - THINNEST)

    @brush_setting.setter
    def brush_setting(self, setting: float) -> None:
        self._set_brush(THINNEST + setting * (WIDEST - THINNEST))

    def _set_brush(self, width: float) -> None:
        self.brush = min(max(width, THINNEST), WIDEST)

    def _arrange_views(self) -> None:
        for view in self.views:
            view.arrange(self.layout.area(view.area_name), self.layout.unit)
