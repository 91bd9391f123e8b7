"""Everything that the window does, without the window.

Keys and buttons end in `Session.do`, mouse and fingers in `Session.pointer`; the views show what it keeps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from operator import is_not
from pathlib import Path

from apps.draw.state.actions import ACTIONS, CLOSE, MENU, QUIT, Action
from apps.draw.state.backend_switch import BackendSwitch
from apps.draw.state.document import Document, PenStroke, PenStrokes
from apps.draw.state.facts import Facts
from apps.draw.state.files import Files
from apps.draw.state.focus import Keyboard
from apps.draw.state.geometry import Point
from apps.draw.state.insight import Insight
from apps.draw.state.layout import FIRST_SIZE, arrange
from apps.draw.state.live_network import LiveNetwork
from apps.draw.state.live_prediction import LivePrediction
from apps.draw.state.mistakes import Mistakes, Picture
from apps.draw.state.pointer import Part, Pointer
from apps.draw.state.reasons import Reasons
from apps.draw.state.several import Several
from apps.draw.state.stepping import Stepping
from apps.draw.state.teaching import Teaching
from apps.draw.state.watched_training import WatchedTraining
from apps.messages import Words, guess_in_words, number_in_glyphs, window_title, words_for
from backends.errors import BackendFailedError, InkdigitsError
from engine.data.strokes import stray_touches
from engine.recognition.recognize import State

THINNEST, WIDEST = 0.015, 0.1  # brush, in canvas units
FIRST_BRUSH = 0.045
BRUSH_STEP = 1.15
ERASER_RADIUS = 0.8  # of the brush's width, so a little wider than the brush
LONGEST_STEP = 1 / 30  # seconds that an animation moves on by at most in one frame
REST = 0.3  # seconds after the last change before a drawing is refused
ROW_REST = 0.4  # seconds after the last change before a drawing is divided into digits
NOTICE = 4.0  # seconds that a notice stays

_ENDED = object()


class Session:
    """The drawing, its prediction, the settings, and the pointer.

    Parameters
    ----------
    prediction : LivePrediction
        Recognizes the drawing.
    facts : Facts
        The backend and the model.
    files : Files, optional
        Saves and opens drawings; without it, neither can be done.
    dark : bool
        Whether to start with the dark theme.
    network : LiveNetwork, optional
        The network that predicts; without it, nothing can be seen of its inside, and it cannot learn.
    actions : sequence of Action
        What keys and buttons can do.
    worker : Executor, optional
        Computes what takes longer than a frame; without it, as in a replay, all is done at once.

    Attributes
    ----------
    document : Document
        The strokes on the canvas.
    several : Several
        The digits, where several are drawn; the prediction and the pages show one of them.
    insight : Insight
        What the network computes, for the pages that look inside.
    reasons : Reasons
        Why the answer and not another, for the page that says why.
    backends : BackendSwitch
        Which backend computes, and how the others compare.
    training : WatchedTraining
        A network that learns while the window is open.
    teaching : Teaching
        What the network was told about drawings, and learned from that.
    stepping : Stepping
        One training step after the other on the drawing, for the page that takes them apart.
    mistakes : Mistakes
        Labelled digits, and where the network is wrong.
    picture : Picture or None
        A digit without strokes that is predicted in place of a drawing, until something is drawn.
    left_out : tuple of PenStroke
        Those that the network does not get, because they are stray touches.
    layout : Layout
        Where the parts of the window are.
    page : int
        Which of the pages is shown.
    pointer, keyboard : Pointer, Keyboard
        Where the mouse is and what it holds; the focus, and the pen that arrow keys move.
    brush : float
        Width of the brush in canvas units.
    eraser : bool
        Whether the left button erases; the right one always does.
    panel : str or None
        The name of the panel that lies over everything: "menu" or "open".
    notice : str
        What just happened, such as where a drawing was saved; empty after a while.
    farewell : str
        What is to be read in the terminal when the window has closed.
    jobs : list of iterator
        Slow work, such as training. In every frame each goes one step on, which should take a few
        milliseconds; it leaves the list when it ends.
    title : str
        Of the window: the last verdict.
    grid, dark, calm, closed : bool
        Whether the grid is shown, the theme is dark, nothing moves by itself, the window is to be closed.
    now, elapsed : float
        The time, and how far animations move on in this frame, in seconds.
    """

    def __init__(
        self,
        prediction: LivePrediction,
        facts: Facts,
        files: Files | None = None,
        dark: bool = True,
        network: LiveNetwork | None = None,
        actions: Sequence[Action] = ACTIONS,
        worker: Executor | None = None,
    ) -> None:
        # Annotated where `actions`, which imports this module for its types, needs them.
        self.prediction: LivePrediction = prediction
        self.facts = facts
        self.files: Files | None = files
        self.network: LiveNetwork | None = network
        self.worker = worker
        self.insight: Insight = Insight(network)
        self.reasons: Reasons = Reasons(self.insight)
        self.backends: BackendSwitch = BackendSwitch(self)
        self.training: WatchedTraining = WatchedTraining(self)
        self.teaching: Teaching = Teaching(self)
        self.stepping: Stepping = Stepping(self)
        self.document: Document = Document()
        self.several: Several = Several(network)
        self.mistakes: Mistakes = Mistakes(network, worker)
        self.picture: Picture | None = None
        self.left_out: PenStrokes = ()
        self.actions = actions
        self.layout = arrange(FIRST_SIZE)
        self.frame: Sequence[Part] = ()
        self.pages: Sequence[Part] = ()
        self.overlays: Sequence[Part] = ()
        self.page = 0
        self.pointer = Pointer(self)
        self.keyboard = Keyboard(self)
        self.brush = FIRST_BRUSH
        self.eraser: bool = False
        self.grid: bool = True
        self.dark: bool = dark
        self.calm: bool = False
        self.panel: str | None = None
        self.notice = self.farewell = ""
        self.jobs: list[Iterator[object]] = []
        self.title = window_title(None)
        self.closed = False
        self.now = 0.0
        self.elapsed = 0.0
        self._framed_at = 0.0
        self._notice_until = 0.0
        self._changed_at = -REST
        self._seen: PenStrokes = ()  # at the last frame
        self._judged: tuple[object, ...] = ()  # the strokes and the digits that `left_out` is for
        self._asked = network and network.network  # by the prediction
        self._pictured: tuple[object, ...] = ()  # the picture that is predicted, and by which network
        self._action_of_key = {key: action for action in actions for key in action.keys}

    def attach(self, frame: Sequence[Part], pages: Sequence[Part], overlays: Sequence[Part]) -> None:
        """Let the pointer touch these views: what is always there, the pages, and what lies over them."""
        self.frame, self.pages, self.overlays = frame, pages, overlays
        self.arrange()

    @property
    def views(self) -> list[Part]:
        """What is in the window now, the topmost last."""
        return [*self.frame, *self.pages[self.page : self.page + 1], *self.overlays]

    @property
    def touchable(self) -> list[Part]:
        """The views that can be touched: all, or only the one that covers the others."""
        covering = [view for view in self.views if view.covers(self)]
        return covering or self.views

    # ---- What keys and buttons do --------------------------------------------------------------

    def do(self, action: Action) -> None:
        """Run an action, if it is enabled."""
        if action.enabled(self):
            action.run(self)

    def do_key(self, *names: str, repeated: bool = False) -> None:
        """Do what a key means. It may have several names; the first that means anything counts.

        Under a panel, only the keys that leave it have a meaning.
        """
        for name in names:
            if self.panel is None and self.pages and self.pages[self.page].key(self, name):
                return
            if self.keyboard.press(name, repeated):
                return
            action = self._action_of(name)
            if action is not None:
                if action.repeats or not repeated:
                    self.do(action)
                return

    def _action_of(self, key: str) -> Action | None:
        """The action of a key, in the table or of a button that is to be seen."""
        buttons = (action for view in self.touchable for action in view.buttons)
        action = next((action for action in buttons if key in action.keys), None)
        listed = self._action_of_key.get(key)
        return action or (listed if self.panel is None or listed in (CLOSE, MENU, QUIT) else None)

    def show_panel(self, name: str) -> None:
        """Open a panel, or close it if it is open."""
        self.pointer.release()
        self.keyboard.leave()
        self.panel = None if self.panel == name else name
        self.arrange()

    def go_back(self) -> None:
        """Close the panel if one is open, and give the focus back to the canvas."""
        if self.panel is not None:
            self.show_panel(self.panel)
        self.keyboard.leave()

    def close(self) -> None:
        """Close the window; what is drawn can be brought back in the next one, what was taught is saved."""
        self.closed = True
        if self.teaching.unsaved:
            self.teaching.save()
            self.farewell = self.notice
        if self.files is not None and not self.document.empty:
            try:
                self.files.keep(self.document.strokes)
            except InkdigitsError as error:
                self.say(str(error))

    def turn_page(self, step: int) -> None:
        """Show the page that comes ``step`` after this one."""
        self.show_page((self.page + step) % len(self.pages))

    def show_page(self, page: int) -> None:
        """Show a page by its number."""
        self.page = page
        self.arrange()

    def clear(self) -> None:
        """Empty the canvas; a drawing can be brought back by undoing."""
        self.picture = None
        self.document.clear()

    def show_picture(self, picture: Picture) -> None:
        """Predict a picture in place of the drawing; the drawing can be brought back by undoing."""
        self.document.clear()
        self.picture = picture

    def undo(self) -> None:
        """Take back what was done last: a correction, or a change of the drawing."""
        (self.teaching if self.teaching.can_undo else self.document).undo()

    def redo(self) -> None:
        """Do again what was taken back last."""
        (self.teaching if self.teaching.can_redo else self.document).redo()

    def predict(self) -> None:
        """Predict now; the verdict is final."""
        self.document.finish()
        self._see_changes()
        self.several.divide()
        self.prediction.run(self.several.shown)
        self._changed_at = self.now - ROW_REST

    def toggle_live(self) -> None:
        """Predict while drawing, or only when asked."""
        self.prediction.toggle_live()
        self.arrange()

    # ---- Files ---------------------------------------------------------------------------------

    def save(self) -> None:
        """Save the drawing, and say where."""
        if self.files is not None:
            try:
                self.say(f"Saved: {self.files.save(self.document.strokes)}")
            except InkdigitsError as error:
                self.say(str(error))

    def open(self, path: Path) -> None:
        """Put the drawing of a file on the canvas; that can be undone."""
        if self.files is not None:
            try:
                self.document.replace(self.files.open(path))
            except InkdigitsError as error:
                self.say(str(error))

    def bring_back(self) -> None:
        """Put the last session's drawing on the canvas; that can be undone."""
        if self.files is not None:
            try:
                self.document.replace(self.files.last())
            except InkdigitsError as error:
                self.say(str(error))

    def say(self, notice: str) -> None:
        """Show a notice for a while."""
        self.notice, self._notice_until = notice, self.now + NOTICE

    # ---- Time and size -------------------------------------------------------------------------

    def resize(self, size: tuple[int, int]) -> None:
        """Take another size in pixels; a stroke that is being drawn ends here."""
        self.pointer.release()
        self.keyboard.lift()
        self.layout = arrange(size)
        self.arrange()

    def start_frame(self, now: float) -> None:
        """Call once before painting, with the time in seconds: brings the prediction up to date."""
        self.elapsed = min(max(now - self._framed_at, 0.0), LONGEST_STEP)
        self.now = self._framed_at = now
        if self.notice and now >= self._notice_until:
            self.notice = self.farewell = ""
        self.jobs = [job for job in self.jobs if next(job, _ENDED) is not _ENDED]
        if self.network is not None and self.network.network is not self._asked:
            self._asked = self.network.network
            self.prediction.needed = self._asked.card.decision.accept_threshold
            self.prediction.forget()
            self.several.forget()
        self._see_changes()
        if self._divides and now >= self._changed_at + ROW_REST:
            self.jobs.append(self.several.dividing(self.worker))
        self._predict()
        if not self.guessing and not self.several.growing:
            number = number_in_glyphs([digit.recognition for digit in self.several.digits])
            self.title = window_title(self.prediction.recognition, self.prediction.failure, number)

    @property
    def due(self) -> float | None:
        """When the window will look different although nothing happens; None if it will not."""
        rested = self._changed_at + self._rest if self.guessing and not self.document.busy else None
        divided = self._changed_at + ROW_REST if self._divides else None
        noticed = self._notice_until if self.notice else None
        times = [rested, divided, self.several.due, self.pointer.tooltip_due, noticed]
        return min((time for time in times if time is not None), default=None)

    # ---- The answer ----------------------------------------------------------------------------

    @property
    def guessing(self) -> bool:
        """Whether the answer is only a guess: the digit is unfinished, or may be."""
        recognition = self.prediction.recognition
        if recognition is None or recognition.probabilities is None or not self.prediction.live:
            return False
        rested = self.now >= self._changed_at + self._rest
        unfinished = self.prediction.pending or self.document.busy
        return unfinished or (recognition.state is not State.DIGIT and not rested)

    @property
    def words(self) -> Words:
        """The answer in words."""
        prediction = self.prediction
        if self.guessing and prediction.recognition is not None:
            return guess_in_words(prediction.recognition)
        return words_for(prediction.recognition, prediction.failure, prediction.needed)

    @property
    def _rest(self) -> float:
        """Seconds without a change before the drawing is refused: not before it was divided."""
        return ROW_REST if self.several.waiting else REST

    @property
    def _divides(self) -> bool:
        """Whether the drawing will be divided into digits when it has rested."""
        return self.several.waiting and self.prediction.live and not self.document.busy

    def _see_changes(self) -> None:
        strokes = self.document.strokes
        if strokes is not self._seen:
            self._seen, self._changed_at = strokes, self.now
        self.several.update(strokes, self.prediction.live, self.now)
        judged = strokes, self.several.digits
        if any(map(is_not, judged, self._judged or (None, None))) and not self.document.busy:
            self._judged = judged  # of an unfinished stroke, no one knows whether it is left out
            parts = [*(digit.strokes for digit in self.several.digits), self.several.growing]
            parts = parts if self.several.digits else [strokes]
            self.left_out = tuple(stroke for part in parts for stroke in _left_out(part))

    def _predict(self) -> None:
        """Predict what the pages show, if it is not known."""
        prediction, several = self.prediction, self.several
        if self.document.strokes:
            self.picture = None
        if self.picture is not None:
            self._predict_picture(self.picture)
            return
        self._pictured = ()
        prediction.update(several.shown)
        if several.digits and prediction.recognition is None and prediction.failure is None:
            prediction.run(several.shown)  # another digit was chosen, and nothing is predicted live

    def _predict_picture(self, picture: Picture) -> None:
        network = self.network
        if network is None or (picture, network.network) == self._pictured:
            return
        self._pictured = picture, network.network
        try:
            self.prediction.show(network.recognize_image(picture.image))
        except BackendFailedError as error:
            self.prediction.show(None, str(error))

    # ---- The brush -----------------------------------------------------------------------------

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

    def arrange(self) -> None:
        """Let each view put its parts in their places."""
        for view in self.views:
            view.arrange(self.layout.area(view.area_name), self.layout.unit, self)


def _left_out(strokes: PenStrokes) -> PenStrokes:
    """The strokes that the network does not get to see."""
    stray = stray_touches([_extent(stroke) for stroke in strokes])
    return tuple(stroke for stroke, left_out in zip(strokes, stray, strict=True) if left_out)


def _extent(stroke: PenStroke) -> float:
    left, top, right, bottom = stroke.box
    return max(right - left, bottom - top)
