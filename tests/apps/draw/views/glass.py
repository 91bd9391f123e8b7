"""A window with a real network, that no one sees, for the tests of the pages that look inside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from apps.draw.paint.painter import Painter, Side
from apps.draw.paint.theme import Colour
from apps.draw.state.geometry import Point
from apps.draw.state.layout import Box
from apps.draw.state.live_network import LiveNetwork
from apps.draw.state.live_prediction import LivePrediction
from apps.draw.state.session import Session
from apps.draw.window import Window
from backends import Backend
from backends.arrays import Array
from backends.numpy_backend import NumpyBackend
from engine import Network
from engine.model.card import Card, DecisionRule
from engine.model.network import initial_parameters
from engine.recognition.activations import Activations, activations
from engine.recognition.recognize import State
from tests.apps.draw.conftest import FACTS
from tests.apps.draw.views.test_pictures import PROBABILITIES, Screen

SIZES = [(820, 560), (1000, 640), (1400, 900), (900, 1300), (3840, 2160)]
# A three, and a part of it that is left when its lower half is erased.
THREE = [(0.3, 0.25), (0.45, 0.16), (0.63, 0.22), (0.63, 0.35), (0.5, 0.46), (0.67, 0.58), (0.66, 0.72)]
THREE += [(0.5, 0.8), (0.33, 0.73)]


class Failing(NumpyBackend):
    """Predicts, but the forward pass fails, which only the pages that look inside ask for."""

    name = "failing"
    predicting = False

    def predict_images(self, *arguments: Any) -> Any:
        self.predicting = True
        try:
            return super().predict_images(*arguments)
        finally:
            self.predicting = False

    def forward(self, *arguments: Any) -> Any:
        if not self.predicting:
            raise RuntimeError("no device left")
        return super().forward(*arguments)


class FailingBackwards(NumpyBackend):
    """Looks inside, but cannot say why."""

    name = "failing backwards"

    def dense_backward_input(self, *_: Any) -> Any:
        raise RuntimeError("no way back")


def small_network(
    sizes: tuple[int, ...] = (784, 24, 12, 10),
    temperature: float = 0.5,
    backend: Backend | str = "numpy",
    seed: int = 3,
) -> Network:
    """An untrained network: each digit has some probability, and no two neurons are alike."""
    parameters = initial_parameters(sizes, np.random.default_rng(seed))
    for each in parameters.biases:
        each += np.random.default_rng(1).normal(0, 0.1, each.shape).astype(each.dtype)
    return Network(parameters, backend, Card(decision=DecisionRule(temperature, 0.9, 0.9)))


class GlassScreen(Screen):
    """A `Screen` whose answers come from a network, with one of the pages shown."""

    def __init__(
        self,
        page: str,
        network: Network | None,
        size: tuple[int, int] = (1000, 640),
        dark: bool = True,
        worker: Any = None,
    ) -> None:
        self.state, self.probabilities, self.time = State.DIGIT, PROBABILITIES, 100.0
        self.live = LiveNetwork(network) if network is not None else None
        recognize = self.live.recognize if self.live is not None else self._recognize
        prediction = LivePrediction(recognize, needed=0.9)
        self.session = Session(prediction, FACTS, None, dark, self.live, worker=worker)
        self.window = Window(self.session, size, clock=lambda: self.time, sleep=lambda seconds: None)
        names = [page.name for page in self.session.pages]
        self.session.show_page(names.index(page))
        self.window.paint()

    @property
    def page(self) -> Any:
        return self.session.pages[self.session.page]

    @property
    def image(self) -> Array:
        recognition = self.session.prediction.recognition
        assert recognition is not None
        return recognition.image

    @property
    def probabilities_now(self) -> Array:
        """Those of the answer that is shown."""
        recognition = self.session.prediction.recognition
        assert recognition is not None
        assert recognition.probabilities is not None
        return recognition.probabilities

    @property
    def reference(self) -> Network:
        """The network as the reference backend computes it."""
        assert self.live is not None
        network = self.live.network
        return Network(network.parameters, "numpy", network.card)

    def expected(self) -> Activations:
        return activations(self.reference, self.image)

    def three(self, lift: bool = True) -> None:
        self.draw(*THREE, lift=lift)
        self.window.paint()

    def frames(self, count: int, step: float = 0.02) -> None:
        for _ in range(count):
            self.time += step
            self.window.paint()

    def point(self, box: Box) -> None:
        self.session.pointer.move(box.center)
        self.window.paint()

    def click(self, box: Box) -> None:
        self.session.pointer.press(box.center)
        self.session.pointer.release(box.center)
        self.window.paint()

    def keys(self, *names: str) -> None:
        for name in names:
            self.session.do_key(name)
            self.window.paint()


def answer_without_the_network(screen: GlassScreen) -> None:
    """Answer from memory from now on, another image in every frame: what the window itself costs is left."""
    assert screen.live is not None
    answers = [screen.live.recognize([[(0.1 * n, 0.1), (0.5, 0.9)]]) for n in range(8)]
    screen.session.prediction._recognize = lambda strokes: answers[len(strokes[-1]) % 8]


def colour_at(picture: Array, x: float, y: float) -> Array:
    """The mean colour of a few pixels."""
    column, row = round(x), round(y)
    found: Array = picture[row - 1 : row + 2, column - 1 : column + 2].mean(axis=(0, 1))
    return found


Texts = list[tuple[str, float, float]]  # words, x and y


def record_texts(monkeypatch: pytest.MonkeyPatch) -> Texts:
    """Every text that is painted from now on, and where."""
    texts: Texts = []
    text = Painter.text

    def record(self: Painter, words: str, size: float, colour: Colour, at: Point, side: Side = "left") -> int:
        texts.append((words, *at))
        return text(self, words, size, colour, at, side)

    monkeypatch.setattr(Painter, "text", record)
    return texts


def beside(texts: Texts, words: str) -> list[str]:
    """What is written in the row of these words, from left to right."""
    ((_, _, y),) = [each for each in texts if each[0] == words]
    return [each[0] for each in sorted(texts, key=lambda each: each[1]) if abs(each[2] - y) <= 1]
