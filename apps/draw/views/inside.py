"""The page that looks inside: every neuron of every layer as a cell, lit by its activation."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from apps.draw.paint.cells import paint_cells, paint_ramp
from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import LARGE, NORMAL, SMALL
from apps.draw.paint.waterfall import signed
from apps.draw.state.actions import NOTHING, Action
from apps.draw.state.insight import Chosen, Ordering
from apps.draw.state.insight_actions import BACK, NEXT, ORDER, PREVIOUS, SHOW
from apps.draw.state.layout import FINGER, Box
from apps.draw.state.session import Session
from apps.draw.views.layers import Grid, bars, grids
from apps.draw.views.neuron import NeuronCard, neuron_name
from apps.draw.views.view import View
from apps.messages import percent
from backends.arrays import Array
from engine.recognition.activations import Connection

TITLE, OUTPUT, DIGIT = 26, 38, 20  # px: height of a title, of an output's bar, of the digit under it
GAP = 0.11  # of a cell's side
LEAST = 0.005  # an output below is not written
WAVE = 0.12  # seconds that a wave takes from left to right when the pen is lifted
WAVE_WIDTH = 0.12  # of the page's width


class InsidePage(View):
    """All neurons; one that is chosen shows its account on a card.

    Attributes
    ----------
    grids : list of Grid
        Of the hidden layers; of a network with too many, the last ones.
    outputs : list of Box
        The bars of the classes.
    foot : Box
        The line with the chosen neuron, and the buttons.
    card : NeuronCard
        The account of one neuron.
    """

    name = "Inside"

    def __init__(self) -> None:
        super().__init__()
        self.card = NeuronCard()
        self.grids: list[Grid] = []
        self.outputs: list[Box] = []
        self._sizes: tuple[int, ...] = ()  # of the network that it is arranged for
        self._ordering: Ordering | None = None
        self._was_busy = False
        self._wave_began = -WAVE

    def arrange(self, area: Box, unit: float, session: Session) -> None:
        super().arrange(area, unit, session)
        self._sizes, self._was_busy = session.insight.sizes, False
        button = max(FINGER, self.px(FINGER))
        self.foot = Box(area.x, area.bottom - button, area.width, button)
        top = self.foot.y - self.px(12 + OUTPUT + DIGIT)
        output = Box(area.x, top, area.width, self.px(OUTPUT))
        self.outputs = bars(output, self._sizes[-1] if self._sizes else 0, self.px(8))
        height = top - self.px(TITLE) - area.y
        self.grids = grids(self._sizes[:-1], area._replace(height=height), self.px(TITLE))
        self.buttons = self._buttons(button, session.insight.pinned)
        self.card.arrange(area, unit)

    def _buttons(self, side: int, pinned: bool) -> dict[Action, Box]:
        """At the right of the foot, or of the card's first line."""
        actions = (PREVIOUS, NEXT, BACK) if pinned else (PREVIOUS, NEXT, ORDER, SHOW)
        left, row, boxes = self.area.right, self.area.y if pinned else self.foot.y, []
        for action in reversed(actions if self.outputs else ()):
            width = side if len(action.label) == 1 else max(side, self.px(68))
            left -= width
            boxes.append((action, Box(left, row, width, side)))
        return dict(reversed(boxes))

    def looks(self, session: Session) -> Hashable:
        insight = session.insight
        if self._sizes != insight.sizes:  # another network
            self.arrange(self.area, self.unit, session)
        self._found = insight.activations(session.prediction)  # kept, so that no other can have its id
        self._ordering = insight.ordering(session.document.busy)
        recognition = session.prediction.recognition
        self._probabilities = None if recognition is None else recognition.probabilities
        hovered = session.pointer.hovered in self.buttons and session.pointer.hovered
        wave = self._wave(session)
        self.animating = wave is not None
        ids = id(self._found), id(self._ordering), id(self._probabilities)
        return *ids, insight.chosen, insight.pinned, insight.failure, hovered, wave, self._sizes

    def _wave(self, session: Session) -> float | None:
        """How far the wave is, from 0 at the left to 1 at the right; None if there is none."""
        if self._was_busy and not session.document.busy and not session.calm:
            self._wave_began = session.now
        self._was_busy = session.document.busy
        self._progress = (session.now - self._wave_began) / WAVE
        return self._progress if self._found is not None and 0 <= self._progress < 1 else None

    def paint(self, painter: Painter, session: Session) -> None:
        if session.insight.pinned:
            self.card.paint(painter, session)
        else:
            self._paint_cells(painter, session)
            self._paint_connections(painter, session)
            self._paint_titles(painter, session)
            self._paint_outputs(painter, session)
            self._paint_foot(painter, session)
        for action, box in self.buttons.items():
            _paint_button(painter, session, action, box)

    # ---- Pointing at a neuron ------------------------------------------------------------------

    def press(self, session: Session) -> Action | None:
        if self._choose(session):
            return NOTHING if session.pointer.erases else SHOW
        return super().press(session)

    def move(self, session: Session) -> Action | None:
        if not session.pointer.busy:
            self._choose(session)
        return super().move(session)

    def release(self, session: Session) -> Action | None:
        return SHOW if not session.pointer.busy and self._choose(session) else super().release(session)

    def _choose(self, session: Session) -> bool:
        """Choose the neuron under the pointer, if there is one."""
        under = None if session.insight.pinned else self._under_pointer(session)
        if under is not None:
            session.insight.chosen = under
        return under is not None

    def _under_pointer(self, session: Session) -> Chosen | None:
        last = len(self._sizes) - 1
        for index, box in enumerate(self.outputs):
            if session.pointer.over(box):
                return last, index
        for grid in self.grids:
            if session.pointer.over(grid.box):
                places = range(grid.size)
                place = next((place for place in places if session.pointer.over(grid.cell(place))), None)
                return None if place is None else (grid.layer, int(self._order(grid)[place]))
        return None

    def _order(self, grid: Grid) -> Array:
        """Which neuron is at each place of a grid."""
        return np.arange(grid.size) if self._ordering is None else self._ordering.places[grid.layer]

    def _box_of(self, chosen: Chosen) -> Box | None:
        """Where a neuron is; None where its layer is not shown."""
        layer, index = chosen
        if layer == len(self._sizes) - 1:
            return self.outputs[index]
        grid = next((grid for grid in self.grids if grid.layer == layer), None)
        return None if grid is None else grid.cell(int(np.flatnonzero(self._order(grid) == index)[0]))

    # ---- Painting ------------------------------------------------------------------------------

    def _paint_cells(self, painter: Painter, session: Session) -> None:
        for grid in self.grids:
            values, scale = self._values(session, grid)
            place = np.arange(grid.size) % grid.columns
            glow = None
            if self.animating:  # only what is lit, so that none looks active that is not
                front = (1 + 2 * WAVE_WIDTH) * self._progress - WAVE_WIDTH
                distance = np.abs((place + 0.5) / grid.columns - front) / WAVE_WIDTH
                glow = np.clip(1 - distance, 0, 1) * np.clip(np.abs(values / scale)[self._order(grid)], 0, 1)
            gap, order = round(GAP * min(grid.cell(0)[2:])), self._order(grid)
            paint_cells(painter, (values / scale)[order], grid.columns, grid.box, gap=gap, glow=glow)

    def _values(self, session: Session, grid: Grid) -> tuple[Array, float]:
        """What the cells show, and what of it has the full colour."""
        if self._ordering is not None:
            return self._ordering.contributions[grid.layer], self._ordering.scales[grid.layer]
        values = np.zeros(grid.size) if self._found is None else self._found.activations[grid.layer]
        return values, session.insight.scales[grid.layer]

    def _paint_titles(self, painter: Painter, session: Session) -> None:
        """Each layer, and what dark and bright are."""
        theme, right = painter.theme, self.area.right
        for grid in self.grids:
            y, (values, scale) = grid.box.y - self.px(12), self._values(session, grid)
            title, least = f"Layer {grid.layer + 1}: {grid.size} neurons", "0"
            if self._ordering is not None:
                title = f"Layer {grid.layer + 1}: what each adds to the {self._ordering.digit}"
                least = f"\N{MINUS SIGN}{scale:.1f}"
            elif self._found is not None:
                title += f", {np.count_nonzero(values)} active"
            painter.text(title, SMALL, theme.quiet, (grid.box.x, y))
            width = painter.text(f"{scale:.1f}", SMALL, theme.quiet, (right, y), "right")
            ramp = Box(right - width - self.px(6 + 64), y - self.px(5), self.px(64), self.px(10))
            paint_ramp(painter, ramp, 0.0 if self._ordering is None else -1.0)
            painter.text(least, SMALL, theme.quiet, (ramp.x - self.px(6), y), "right")

    def _paint_outputs(self, painter: Painter, session: Session) -> None:
        theme, probabilities = painter.theme, np.zeros(len(self.outputs))
        if not self.outputs:
            return
        if self._found is not None and self._probabilities is not None:
            probabilities = self._probabilities
        first = self.outputs[0]
        y = first.y - self.px(12)
        painter.text("Output: how probable each digit is", SMALL, theme.quiet, (first.x, y))
        best = int(probabilities.argmax()) if probabilities.any() else None
        if best is not None:
            text = f"{best}: {percent(float(probabilities[best]))}"
            painter.text(text, SMALL, theme.ink, (self.area.right, y), "right")
        for index, (box, probability) in enumerate(zip(self.outputs, probabilities, strict=True)):
            painter.box(box, theme.button, 4)
            high = max(round(box.height * float(probability)), 2)
            if probability >= LEAST:
                painter.box(Box(box.x, box.bottom - high, box.width, high), theme.plus, 4)
            colour = theme.ink if index == best else theme.quiet
            painter.text(str(index), SMALL, colour, (box.center[0], box.bottom + self.px(12)), "center")

    def _paint_connections(self, painter: Painter, session: Session) -> None:
        """A frame around the chosen neuron, and lines to those that it has most to do with."""
        chosen = session.insight.chosen
        box = None if chosen is None else self._box_of(chosen)
        if chosen is None or box is None:
            return
        layer, index = chosen
        account = session.insight.neuron(layer, index)
        links: list[tuple[int, Connection]] = []
        if account is not None:
            links += [(layer - 1, each) for each in account.strongest_inputs if layer > 0]
            links += [(layer + 1, each) for each in account.strongest_outputs]
        for other, link in links:
            end = self._box_of((other, link.neuron))
            if end is not None and link.contribution:
                upper, lower = (end, box) if other < layer else (box, end)
                ends = (upper.center[0], upper.bottom), (lower.center[0], lower.y)
                painter.line(
                    *ends,
                    painter.theme.plus if link.contribution > 0 else painter.theme.minus,
                    dashed=link.contribution < 0,
                )
        painter.outline(box, painter.theme.ink, 4, 2)

    def _paint_foot(self, painter: Painter, session: Session) -> None:
        theme, foot = painter.theme, self.foot
        room = min([box.x for box in self.buttons.values()], default=foot.right) - self.px(8) - foot.x
        first, second = self._words(session)
        large = NORMAL if painter.text_width(first, NORMAL) <= room else SMALL
        lines = (first, large, theme.ink, 0.3), (second, SMALL, theme.quiet, 0.76)
        for words, size, colour, at in lines:
            painter.text(painter.fitted(words, size, room), size, colour, (foot.x, foot.y + foot.height * at))

    def _words(self, session: Session) -> tuple[str, str]:
        """The name and the result of the chosen neuron, or what to do."""
        insight, found = session.insight, self._found
        if not self.outputs:
            return "Nothing to see", "the network is not at hand"
        if insight.failure is not None:
            return "The backend failed", insight.failure
        if insight.chosen is not None:
            layer, index = insight.chosen
            second = "no drawing yet"
            if self._ordering is not None and layer < len(self._sizes) - 1:
                added = signed(float(self._ordering.contributions[layer][index]))
                second = f"adds {added} to the {self._ordering.digit}"
            elif found is not None:
                second = f"activation {found.activations[layer][index]:.2f}"
                if layer == len(self._sizes) - 1:
                    second = f"logit {signed(float(found.logits[index]))}"
            return neuron_name(insight, insight.chosen), second
        if found is None:
            return "Draw a digit", "and see it light up"
        return "Point at a neuron", "and click for more"


def _paint_button(painter: Painter, session: Session, action: Action, box: Box) -> None:
    theme, enabled = painter.theme, action.enabled(session)
    edge = painter.px(6)
    inside = Box(box.x + edge, box.y + edge // 2, box.width - edge, box.height - edge)
    hovered = session.pointer.hovered is action and enabled
    painter.box(inside, theme.button_hovered if hovered else theme.button)
    if action.on(session):
        painter.outline(inside, theme.accent, line=2)
    size = LARGE if len(action.label) == 1 else NORMAL
    painter.text(action.label, size, theme.ink if enabled else theme.faint, inside.center, "center")
