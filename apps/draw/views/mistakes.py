"""The page with the network's mistakes: a confusion matrix, and behind each of its cells the digits."""

from __future__ import annotations

import textwrap
from collections.abc import Hashable

from apps.draw.paint.digit_pictures import enlarged
from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import LARGE, NORMAL, SMALL
from apps.draw.state.actions import Action
from apps.draw.state.layout import FINGER, Box
from apps.draw.state.mistakes import DATA, Cell, Mistakes
from apps.draw.state.session import Session
from apps.draw.views.confusion import LABELS, ConfusionMatrix
from apps.draw.views.tools import button_looks, paint_button
from apps.draw.views.view import View
from apps.messages import percent

WIDE = 1.5  # an area this much wider than high has the words beside the matrix
WORDS = 52  # px above them, for the words
THUMB, SPACE = 56, 8  # px: a digit of an open cell, and what is between two
LEGEND = ("Rows: label", "Columns: answer", "Blue: right", "Orange: wrong", "Arrows and Enter open a cell")
ARROWS = {"Left": (-1, 0), "Right": (1, 0), "Up": (0, -1), "Down": (0, 1)}

BACK = Action("Back", "Back to the matrix", ("Esc",), lambda session: session.mistakes.close())
AGAIN = Action(
    "Look again",
    "Look for the data again",
    (),
    lambda session: session.mistakes.look_at(session.mistakes.source),
)


class MistakesPage(View):
    """The confusion matrix and a few words; or the digits of the cell that is open.

    Attributes
    ----------
    matrix : ConfusionMatrix
        Its cells.
    """

    name = "Mistakes"

    def __init__(self) -> None:
        super().__init__()
        self.matrix = ConfusionMatrix()
        self._thumbs: list[Action] = []
        self._across = 1  # digits of an open cell side by side
        self._placed: Hashable = None

    def arrange(self, area: Box, unit: float, session: Session) -> None:
        super().arrange(area, unit, session)
        self._placed = None
        self._place(session.mistakes)

    def looks(self, session: Session) -> Hashable:
        mistakes = session.mistakes
        work = mistakes.work()
        if work is not None:
            session.jobs.append(work)
        self._place(mistakes)
        hovered = session.pointer.hovered
        return (
            id(mistakes.evaluation),
            (mistakes.source, mistakes.trouble, mistakes.busy, mistakes.percent),
            (mistakes.cell, mistakes.opened, mistakes.picked),
            hovered if hovered in self.matrix.cells or hovered in self.buttons else None,
            tuple(button_looks(session, action) for action in self.buttons),
        )

    # ---- Places --------------------------------------------------------------------------------

    def _place(self, mistakes: Mistakes) -> None:
        """Put cells and buttons where they belong now; only if that changed."""
        members = mistakes.members if mistakes.opened else []
        state = (
            mistakes.opened,
            tuple(members),
            mistakes.evaluation is None,
            mistakes.trouble,
            mistakes.source,
        )
        if state == self._placed:
            return
        self._placed = state
        self.matrix.cells, self.buttons = {}, {}
        if mistakes.opened:
            self._place_digits(members)
            return
        self._place_matrix()
        other = next(source for source in DATA if source != mistakes.source)
        width, height = self.px(112), max(24, self.px(28))
        top = self._words.y
        self.buttons[OTHER[other]] = Box(self._words.right - width, top, width, height)
        if mistakes.trouble:
            side = max(FINGER, self.px(FINGER))
            self.buttons[AGAIN] = Box(self.area.x, top + self.px(170), self.px(120), side)
        if mistakes.trouble or mistakes.evaluation is None:
            self.matrix.cells = {}

    def _place_matrix(self) -> None:
        area = self.area
        self._beside = area.width > WIDE * area.height  # the words
        above = 0 if self._beside else self.px(WORDS)
        room = Box(area.x, area.y + above, area.width, area.height - above)
        right = self.matrix.arrange(room, self.px(LABELS))
        start = right + self.px(32) if self._beside else area.x
        self._words = Box(start, area.y, area.right - start, area.height if self._beside else above)

    def _place_digits(self, members: list[int]) -> None:
        """The way back, and as many digits as there is room for."""
        area, side, gap = self.area, self.px(THUMB), self.px(SPACE)
        high = max(FINGER, self.px(FINGER))
        self._words = Box(area.x + self.px(84), area.y, area.width - self.px(84), high)
        self.buttons = {BACK: Box(area.x, area.y, self.px(72), high)}
        self._across = (area.width + gap) // (side + gap)
        top = area.y + high + self.px(16)
        down = (area.bottom - top + gap) // (side + gap)
        while len(self._thumbs) < min(len(members), self._across * down):
            self._thumbs.append(_put(len(self._thumbs)))
        for place, action in enumerate(self._thumbs[: min(len(members), self._across * down)]):
            row, column = divmod(place, self._across)
            self.buttons[action] = Box(area.x + column * (side + gap), top + row * (side + gap), side, side)

    def _under(self, session: Session) -> Action | None:
        return super()._under(session) or self.matrix.under(session)

    # ---- Keys ----------------------------------------------------------------------------------

    def key(self, session: Session, key: str) -> bool:
        """Arrows choose a cell or a digit, Enter opens it; not while the pen or a button's focus is moved."""
        mistakes, keyboard = session.mistakes, session.keyboard
        if mistakes.evaluation is None or keyboard.pen is not None or keyboard.focus is not None:
            return False
        if key in ARROWS:
            across, down = ARROWS[key]
            if mistakes.opened:
                self._pick(mistakes, across + down * self._across)
            else:
                mistakes.step(across, down)
            return True
        if key != "Enter" or mistakes.cell is None:
            return False
        if not mistakes.opened:
            mistakes.open(mistakes.cell)
        elif mistakes.picked is not None:
            mistakes.put(session, mistakes.members[mistakes.picked])
        return True

    def _pick(self, mistakes: Mistakes, step: int) -> None:
        self._place(mistakes)
        last = len(self.buttons) - 2  # one is the way back
        picked = 0 if mistakes.picked is None else mistakes.picked + step
        mistakes.picked = picked if 0 <= picked <= last else mistakes.picked

    # ---- Painting ------------------------------------------------------------------------------

    def paint(self, painter: Painter, session: Session) -> None:
        mistakes = session.mistakes
        if mistakes.opened and mistakes.evaluation is not None:
            self._paint_digits(painter, session)
        elif mistakes.trouble:
            self._paint_trouble(painter, mistakes)
        else:
            self._paint_words(painter, session)
            if mistakes.evaluation is not None:
                self.matrix.paint(painter, session)
        for action, box in self.buttons.items():
            if action not in self._thumbs:
                paint_button(painter, session, action, box)

    def _paint_words(self, painter: Painter, session: Session) -> None:
        theme, mistakes, box = painter.theme, session.mistakes, self._words
        evaluation, digits = mistakes.evaluation, mistakes.digits
        room = box.width - self.px(120)
        if evaluation is None or digits is None:
            headline, detail = DATA[mistakes.source], f"Evaluating: {mistakes.percent}%"
        else:
            right = int((evaluation.answers == evaluation.labels).sum())
            headline = f"{DATA[mistakes.source]}: {evaluation.accuracy:.2%} right"
            detail = f"{evaluation.n - right:,} of {evaluation.n:,} wrong"
            detail += "; it was trained on them" if digits.seen == evaluation.n else ""
            detail = f"Evaluating again: {mistakes.percent}%" if mistakes.busy else detail
        size = NORMAL if painter.text_width(headline, NORMAL) <= room else SMALL
        painter.text(headline, size, theme.ink, (box.x, box.y + self.px(8)))
        told = self._told(session) or f"{detail}. {LEGEND[0]}, {LEGEND[1].lower()}"
        if painter.text_width(told, SMALL) > box.width:
            told = self._told(session) or detail
        painter.text(told, SMALL, theme.quiet, (box.x, box.y + self.px(36)))
        if self._beside:
            for line, text in enumerate(LEGEND):
                painter.text(text, SMALL, theme.quiet, (box.x, box.y + self.px(72 + 24 * line)))

    def _told(self, session: Session) -> str:
        """The words for the cell under the pointer, or else of the chosen one."""
        mistakes, hovered = session.mistakes, session.pointer.hovered
        cell = (
            mistakes.cell
            if hovered is None or hovered not in self.matrix.cells
            else self.matrix.cell_of[hovered]
        )
        return "" if cell is None or mistakes.evaluation is None else _in_words(mistakes, cell)

    def _paint_digits(self, painter: Painter, session: Session) -> None:
        theme, mistakes, words, members = (
            painter.theme,
            session.mistakes,
            self._words,
            session.mistakes.members,
        )
        assert mistakes.cell is not None
        assert mistakes.digits is not None
        shown = [action for action in self.buttons if action in self._thumbs]
        hovered = session.pointer.hovered
        for place, action in enumerate(shown):
            box = self.buttons[action]
            painter.picture(
                enlarged(mistakes.digits.examples.images[members[place]], theme, box.width), box[:2]
            )
            chosen = mistakes.picked == place
            painter.outline(box, theme.accent if chosen else theme.edge, 0, 3 if chosen else 1)
        told = mistakes.picked
        if hovered is not None and hovered in shown:
            told = shown.index(hovered)
        painter.text(_in_words(mistakes, mistakes.cell), NORMAL, theme.ink, (words.x, words.y + self.px(12)))
        text = "Press one to put it on the canvas" if told is None else _sure(mistakes, members[told])
        if told is None and len(members) > len(shown):
            kind = "least sure" if mistakes.cell[0] == mistakes.cell[1] else "surest"
            text = f"The {len(shown)} {kind}; press one to try it"
        painter.text(text, SMALL, theme.quiet, (words.x, words.y + self.px(33)))

    def _paint_trouble(self, painter: Painter, mistakes: Mistakes) -> None:
        """Why there is nothing to see, and what to do."""
        theme, box = painter.theme, self._words._replace(x=self.area.x)
        top = box.y + self.px(52)
        if mistakes.trouble != "missing":
            lines = textwrap.wrap(mistakes.trouble, 46)[:4]
            for number, line in enumerate(lines):
                painter.text(line, SMALL, theme.ink, (box.x, top + number * self.px(22)))
            return
        painter.text(f"{DATA[mistakes.source]}: not here", LARGE, theme.ink, (box.x, top))
        painter.text(
            "Mistakes need digits with labels. To fetch some, type",
            SMALL,
            theme.quiet,
            (box.x, top + self.px(36)),
        )
        command = f"inkdigits data {mistakes.source}"
        width = painter.text_width(command, NORMAL) + self.px(24)
        painter.box(Box(box.x, top + self.px(54), width, self.px(34)), theme.button, 6)
        painter.text(command, NORMAL, theme.ink, (box.x + self.px(12), top + self.px(71)))


def _in_words(mistakes: Mistakes, cell: Cell) -> str:
    label, answer = cell
    count = mistakes.count(cell)
    digits = "1 digit" if count == 1 else f"{count:,} digits"
    return f"{label} recognized: {digits}" if label == answer else f"{label} taken for {answer}: {digits}"


def _sure(mistakes: Mistakes, index: int) -> str:
    """The probabilities of the answer and of the label."""
    assert mistakes.evaluation is not None
    p, label = mistakes.evaluation.probabilities[index], int(mistakes.evaluation.labels[index])
    answer = int(mistakes.evaluation.answers[index])
    text = f"answer {answer}: {percent(float(p[answer]))}"
    return text if label == answer else f"{text}; label {label}: {percent(float(p[label]))}"


def _put(place: int) -> Action:
    """The action that puts a digit of the open cell on the canvas."""

    def run(session: Session) -> None:
        session.mistakes.picked = place
        session.mistakes.put(session, session.mistakes.members[place])

    return Action(str(place), "Put it on the canvas", (), run)


def _look_at(source: str) -> Action:
    """The action that shows the mistakes in another data set."""
    name = DATA[source]
    return Action(name, f"The mistakes in: {name}", (), lambda session: session.mistakes.look_at(source))


OTHER = {source: _look_at(source) for source in DATA}
