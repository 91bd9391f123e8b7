"""The card of one neuron: its weights as a picture, what the drawing makes of them, and the sum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pygame

from apps.draw.paint.cells import paint_cells, paint_sample
from apps.draw.paint.evidence import paint_signs
from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import NORMAL, SMALL
from apps.draw.paint.waterfall import LABEL, Part, paint_waterfall, signed
from apps.draw.state.insight import Chosen, Insight
from apps.draw.state.layout import FINGER, SIDE, Box
from apps.draw.state.session import Session
from apps.messages import percent
from backends.arrays import Array
from engine.recognition.activations import STRONGEST, Connection, Neuron

HEAD, LEGEND = 20, 24  # px, height of a line with a title, and of the legend
ROW, LIST = 18, 36  # px, of one row of the sum, and of a row of connections
GAP = 32  # px between the two halves
WIDE = 1.5  # an area this much wider than high has the sum beside the pictures


class NeuronCard:
    """The account of the chosen neuron, in numbers that add up.

    Attributes
    ----------
    pictures : tuple of Box
        Its weights, and inputs times weights.
    account, lists : Box
        The sum, and the strongest connections.
    """

    def __init__(self) -> None:
        self._kept: tuple[tuple[object, ...], pygame.Surface] | None = None

    def arrange(self, area: Box, unit: float) -> None:
        """Put the parts in their places."""
        self._unit, head = unit, max(FINGER, round(FINGER * unit))
        title, legend, gap = self._px(HEAD), self._px(LEGEND), self._px(GAP)
        account, lists = 5 * self._px(ROW), 2 * self._px(LIST)
        self.name = area.x, area.y + head // 2
        wide = area.width > WIDE * area.height
        left = (area.width - gap) // 2 if wide else area.width
        room = area.height - head - title - legend - (0 if wide else account + lists)
        side = max(min((left - gap) // 2, room) // SIDE, 1) * SIDE
        top = area.y + head + title
        self.pictures = Box(area.x, top, side, side), Box(area.x + left - side, top, side, side)
        self.legend = area.x, top + side + legend // 2
        x, y = (area.right - left, area.y + head) if wide else (area.x, top + side + legend)
        self.account = Box(x, y, left, account)
        self.lists = Box(x, self.account.bottom, left, lists)

    def paint(self, painter: Painter, session: Session) -> None:
        """Paint the neuron that is chosen."""
        insight = session.insight
        if insight.chosen is None or insight.network is None:
            return
        layer, index = insight.chosen
        theme, found = painter.theme, insight.neuron(layer, index)
        painter.text(neuron_name(insight, insight.chosen), NORMAL, theme.ink, self.name)
        weights = insight.network.parameters.weights[layer][:, index]
        products = np.zeros(len(weights)) if found is None else found.contributions
        self._paint_title(painter, self.pictures[0], "Its weights", weights)
        self._paint_title(painter, self.pictures[1], f"{'Ink' if layer == 0 else 'Input'} × weight", products)
        self._paint_weights(painter, self.pictures[0], weights, insight)
        _paint_picture(painter, self.pictures[1], products, layer == 0)
        self._paint_legend(painter)
        if found is None:
            y = self.account.y + self._px(ROW)
            painter.text("Draw a digit: the sum appears here.", SMALL, theme.quiet, (self.account.x, y))
            return
        self._paint_account(painter, found, session if layer == len(insight.sizes) - 1 else None)
        self._paint_lists(painter, found, insight)

    def _px(self, length: float) -> int:
        return round(length * self._unit)

    def _paint_title(self, painter: Painter, box: Box, title: str, values: Array) -> None:
        """What a picture shows, and what has the full colour: each has its own scale."""
        theme, y, largest = painter.theme, box.y - self._px(HEAD) // 2, float(np.abs(values).max())
        painter.text(title, SMALL, theme.quiet, (box.x, y))
        scale = f"±{largest:.2f}" if largest else ""
        if painter.text_width(title + scale, SMALL) < box.width:
            painter.text(scale, SMALL, theme.quiet, (box.right, y), "right")

    def _paint_weights(self, painter: Painter, box: Box, weights: Array, insight: Insight) -> None:
        """The weights; the picture is kept, because the drawing does not change it."""
        key = insight.network, insight.chosen, painter.theme, box
        if self._kept is None or self._kept[0] != key:
            picture = pygame.Surface(box[2:])
            picture.fill(painter.theme.background)
            own = Painter(picture, painter.theme, painter.unit)
            first = insight.chosen is not None and insight.chosen[0] == 0
            _paint_picture(own, Box(0, 0, *box[2:]), weights, first)
            self._kept = key, picture
        painter.picture(self._kept[1], box[:2])

    def _paint_legend(self, painter: Painter) -> None:
        """What blue and orange are, with a cell of each."""
        x, y = self.legend
        cell = self._px(12)
        for value, text in ((1.0, "+ speaks for it"), (-1.0, "− against it")):
            paint_sample(painter, value, Box(x, y - cell // 2, cell, cell))
            x += cell + self._px(6)
            x += painter.text(text, SMALL, painter.theme.quiet, (x, y)) + self._px(16)

    def _paint_account(self, painter: Painter, found: Neuron, output_of: Session | None) -> None:
        """The sum, and under it what becomes of it: in the output, the probability that the bars show."""
        ink = found.layer == 0
        parts = [
            Part("ink it wants" if ink else "inputs for it", found.positive),
            Part("ink it does not want" if ink else "inputs against it", found.negative),
            Part("bias", found.bias),
        ]
        row = self.account.height // 5
        area = self.account._replace(height=4 * row)
        paint_waterfall(painter, area, parts, Part("sum", found.z))
        theme, y = painter.theme, area.bottom + row // 2
        name, value, note = "ReLU", f"{found.a:.2f}", "" if found.z > 0 else "a sum below 0 gives 0"
        if output_of is not None:
            name, value, note = _softmax(output_of, found.index)
        painter.text(name, SMALL, theme.quiet, (area.x, y))
        painter.text(note, SMALL, theme.quiet, (area.x + self._px(LABEL), y))
        painter.text(value, SMALL, theme.ink, (area.right, y), "right")

    def _paint_lists(self, painter: Painter, found: Neuron, insight: Insight) -> None:
        top = self.lists._replace(height=self.lists.height // 2)
        ink = found.layer == 0
        names = [_pixel(each.neuron) if ink else f"n {each.neuron}" for each in found.strongest_inputs]
        title = ("Strongest pixels", "row, column") if ink else ("Strongest inputs", f"layer {found.layer}")
        self._paint_list(painter, top, title, names, found.strongest_inputs)
        if found.layer + 1 < len(insight.sizes):
            digits = found.layer + 2 == len(insight.sizes)
            names = [f"{'digit' if digits else 'n'} {each.neuron}" for each in found.strongest_outputs]
            below = top._replace(y=top.bottom)
            title = "Adds most to", "the digits" if digits else f"layer {found.layer + 2}"
            self._paint_list(painter, below, title, names, found.strongest_outputs)

    def _paint_list(
        self,
        painter: Painter,
        box: Box,
        title: tuple[str, str],
        names: Sequence[str],
        links: Sequence[Connection],
    ) -> None:
        """Two lines: what it is, and in columns the names and what each adds."""
        theme, lines = painter.theme, (box.y + box.height * 0.32, box.y + box.height * 0.72)
        for words, y in zip(title, lines, strict=True):
            painter.text(words, SMALL, theme.quiet, (box.x, y))
        step = (box.width - self._px(LABEL - 20)) / STRONGEST
        shown = [(name, link) for name, link in zip(names, links, strict=True) if link.contribution]
        for column, (name, link) in enumerate(shown):
            x = box.right - (STRONGEST - 1 - column) * step
            painter.text(name, SMALL, theme.quiet, (x, lines[0]), "right")
            painter.text(signed(link.contribution), SMALL, theme.ink, (x, lines[1]), "right")
        if not shown:
            painter.text("nothing: it is off", SMALL, theme.ink, (box.x + self._px(LABEL), lines[0]))


def _softmax(session: Session, digit: int) -> tuple[str, str, str]:
    """The last step of the output: its name, the probability, and what is done first."""
    recognition, network = session.prediction.recognition, session.insight.network
    if recognition is None or recognition.probabilities is None or network is None:
        return "softmax", "", ""
    temperature = network.card.decision.temperature
    note = "" if temperature == 1 else f"of all sums / {temperature:g}"
    return "softmax", percent(float(recognition.probabilities[digit])), note


def _paint_picture(painter: Painter, box: Box, values: Array, pixels: bool) -> None:
    """Cells in the order of the inputs, which are pixels or neurons; the largest has the full colour."""
    columns = SIDE if pixels else _columns(len(values))
    rows, largest = -(-len(values) // columns), float(np.abs(values).max())
    area = box._replace(height=min(box.height, rows * 2 * box.width // columns))
    paint_cells(painter, values / max(largest, 1e-9), columns, area, holes=not pixels)
    if pixels and largest:
        paint_signs(painter, values.reshape(SIDE, SIDE), box[:2], box.width / SIDE)


def neuron_name(insight: Insight, chosen: Chosen) -> str:
    """What a neuron is called: as in `engine.recognition.activations`, but layers count from 1."""
    layer, index = chosen
    if layer == len(insight.sizes) - 1:
        return f"Output, digit {index}"
    return f"Layer {layer + 1}, neuron {index}"


def _pixel(index: int) -> str:
    row, column = divmod(index, SIDE)
    return f"{row}, {column}"


def _columns(size: int) -> int:
    """Twice as many columns as rows, as on the page of all neurons: 16 for 128."""
    return next((columns for columns in (16, 32, 64) if columns * columns >= size // 2), 128)
