"""The page on which a network learns while you watch: curves, weights, and its answer to the drawing."""

from __future__ import annotations

from collections.abc import Hashable

from apps.draw.paint.chart import accuracy_height, loss_height, paint_chart
from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import SMALL, SMALLEST
from apps.draw.paint.weight_pictures import weight_pictures
from apps.draw.state.layout import FINGER, Box
from apps.draw.state.session import Session
from apps.draw.state.train_actions import PAUSE, START, STEPPERS, controls
from apps.draw.state.training_choices import NAMES
from apps.draw.state.watched_training import Question, Stage
from apps.draw.views.tools import button_looks, paint_button
from apps.draw.views.view import View

WIDE = 1.5  # an area this much wider than high has the curves beside the rest
ACROSS, NEURONS = 8, 16
QUESTIONS = {
    Question.STOP: "Which network answers from now on?",
    Question.NEW: "What it learned is in no file. Throw it away?",
}
INTRODUCTION = "A new network learns to read digits while you watch."
LOSS_MARKS = {"1": 1.0, "0.1": 0.1}
ACCURACY_MARKS = {"90%": 0.9, "99%": 0.99}


class TrainPage(View):
    """Buttons, what can be chosen, two curves, and the weights of the first neurons.

    Attributes
    ----------
    status, loss, accuracy, legend : Box
        Where the line of words, the two charts and the words over the weights are.
    choices : dict of str to Box
        Where each choice is.
    tiles : list of Box
        Where the weights of each neuron are.
    """

    name = "Train"

    def __init__(self) -> None:
        super().__init__()
        self._controls = Box(0, 0, 0, 0)

    def arrange(self, area: Box, unit: float, session: Session) -> None:
        super().arrange(area, unit, session)
        wide, gap = area.width > WIDE * area.height, self.px(8)
        width = round(area.width * 0.5) if wide else area.width
        row = max(FINGER, self.px(FINGER))
        self._controls = Box(area.x, area.y, width, row)
        choices = Box(area.x, area.y + row + gap, width, row)
        self.choices = dict(zip(NAMES, _divided(choices, len(NAMES), self.px(6)), strict=True))
        self.status = Box(area.x, choices.bottom + self.px(6), width, self.px(22))
        space = self.px(4)
        side = (width - (ACROSS - 1) * space) // ACROSS
        rows = NEURONS // ACROSS
        top = area.bottom - rows * side - (rows - 1) * space
        left = area.x + (width - ACROSS * side - (ACROSS - 1) * space) // 2
        self.tiles = [
            Box(left + i % ACROSS * (side + space), top + i // ACROSS * (side + space), side, side)
            for i in range(NEURONS)
        ]
        self.legend = Box(area.x, top - self.px(22), width, self.px(20))
        if wide:
            charts = Box(area.x + width + self.px(32), area.y, area.width - width - self.px(32), area.height)
            high = (charts.height - self.px(16)) // 2
            self.loss = charts._replace(height=high)
            self.accuracy = charts._replace(y=charts.bottom - high, height=high)
        else:
            y = self.status.bottom + self.px(6)
            charts = Box(area.x, y, width, self.legend.y - self.px(8) - y)
            self.loss, self.accuracy = _divided(charts, 2, self.px(16))
        self._place_buttons(session)

    def key(self, session: Session, key: str) -> bool:
        self._refresh(session)  # two keys may come in one frame
        return False

    def _refresh(self, session: Session) -> None:
        if next(iter(self.buttons), None) is not controls(session)[0]:
            self._place_buttons(session)

    def _place_buttons(self, session: Session) -> None:
        """Place the row of buttons as it is now; the focus stays on the first where that changes."""
        row = controls(session)
        if session.keyboard.focus in (START, PAUSE) and row[0] in (START, PAUSE):
            session.keyboard.focus = row[0]
        self.buttons = dict(zip(row, _divided(self._controls, len(row), self.px(6)), strict=True))
        for name, steppers in STEPPERS.items():
            self.buttons |= dict(zip(steppers, _divided(self.choices[name], 2, 0), strict=True))

    def looks(self, session: Session) -> Hashable:
        training = session.training
        self._refresh(session)
        return (
            tuple(button_looks(session, action) for action in self.buttons),
            training.choices,
            _status(session),
            training.growing and len(training.growing.accuracies),
            None if training.shown is None else id(training.shown.parameters),
        )

    def paint(self, painter: Painter, session: Session) -> None:
        for action in controls(session):
            paint_button(painter, session, action, self.buttons[action])
        for name in NAMES:
            self._paint_choice(painter, session, name)
        text, colour = _status(session), painter.theme.ink
        painter.text(
            painter.fitted(text, SMALL, self.status.width),
            SMALL,
            colour,
            (self.status.x, self.status.center[1]),
        )
        self._paint_curves(painter, session)
        self._paint_weights(painter, session)

    def _paint_choice(self, painter: Painter, session: Session, name: str) -> None:
        theme, box = painter.theme, self.choices[name]
        painter.box(box, theme.button)
        for action in STEPPERS[name]:
            half, hovered = self.buttons[action], session.pointer.hovered is action
            if hovered:
                painter.box(half, theme.button_hovered)
            edge = half.x + self.px(7) if half.x == box.x else half.right - self.px(7)
            colour = theme.ink if hovered else theme.quiet
            painter.text(action.label, SMALL, colour, (edge, box.center[1]), "center")
        x, third = box.center[0], box.height // 3
        painter.text(NAMES[name], SMALLEST, theme.quiet, (x, box.y + third), "center")
        value = painter.fitted(session.training.choices.in_words(name), SMALL, box.width - self.px(22))
        painter.text(value, SMALL, theme.ink, (x, box.bottom - third + self.px(2)), "center")

    def _paint_curves(self, painter: Painter, session: Session) -> None:
        growing, theme = session.training.growing, painter.theme
        losses, accuracies = (growing.losses, growing.accuracies) if growing else ([], [])
        paint_chart(
            painter, self.loss, "Loss", losses, loss_height, LOSS_MARKS, lambda y: f"{y:.3f}", theme.minus
        )
        paint_chart(
            painter,
            self.accuracy,
            "Held-back accuracy",
            accuracies,
            accuracy_height,
            ACCURACY_MARKS,
            lambda y: f"{y:.1%}",
            theme.plus,
        )

    def _paint_weights(self, painter: Painter, session: Session) -> None:
        theme, y = painter.theme, self.legend.center[1]
        growing, shown = session.training.growing, session.training.shown
        outputs = shown.layer_sizes[1] if shown else NEURONS
        count = min(outputs, NEURONS)
        painter.text(f"What {count} neurons have learned", SMALL, theme.quiet, (self.legend.x, y))
        x = self.legend.right
        for words, colour in (("− no ink", theme.minus), ("+ ink", theme.plus)):
            x -= painter.text(words, SMALL, colour, (x, y), "right") + self.px(12)
        if shown is None or growing is None:
            for box in self.tiles:
                painter.fill(box, theme.paper)
            return
        learned = shown.parameters.weights[0] - growing.first_weights
        pictures = weight_pictures(learned, count, self.tiles[0].width, theme)
        for box, picture in zip(self.tiles, pictures, strict=False):
            painter.picture(picture, box[:2])


def _divided(box: Box, count: int, gap: int) -> list[Box]:
    """Boxes beside each other that fill a box."""
    edges = [box.x + round(number * (box.width + gap) / count) for number in range(count + 1)]
    return [Box(edges[i], box.y, edges[i + 1] - gap - edges[i], box.height) for i in range(count)]


def _status(session: Session) -> str:
    """One line: what is asked, what is wrong, or how far the network is."""
    training = session.training
    growing = training.growing
    if training.question is not None:
        return QUESTIONS[training.question]
    if training.note:
        return training.note
    if growing is None:
        return INTRODUCTION
    if training.stage is Stage.NONE:
        return f"This network answers now; it learned from {growing.digits:,} digits"
    if training.outdated:
        return "New makes a network with these settings"
    if training.stage is Stage.OVER:
        return f"Done: {growing.epochs} epochs, {growing.digits:,} digits learned"
    speed = f", {training.speed:,.0f} a second" if training.speed and training.stage is Stage.RUNNING else ""
    return f"Epoch {growing.epoch} of {growing.epochs}, {growing.digits:,} digits{speed or ' learned'}"
