"""What the window's tests share: a session with a made-up network, and a display that is only pretended."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from apps.draw.state.facts import Facts
from apps.draw.state.live_prediction import LivePrediction
from apps.draw.state.session import Session
from engine.data.strokes import Strokes
from engine.recognition.recognize import Recognition, State

FACTS = Facts("numpy", "model.json", 0.98, "MNIST test set")


class FakeNetwork:
    """Recognizes as many as there are strokes, with 90 %, and records its inputs."""

    def __init__(self) -> None:
        self.inputs: list[Strokes] = []

    def recognize(self, strokes: Strokes) -> Recognition:
        if not strokes:
            return Recognition(State.EMPTY, np.zeros((28, 28), np.uint8), None)
        self.inputs.append(strokes)
        probabilities = np.full(10, 0.1 / 9)
        probabilities[len(strokes) % 10] = 0.9
        return Recognition(State.DIGIT, np.full((28, 28), 255, np.uint8), probabilities)


@pytest.fixture
def network() -> FakeNetwork:
    return FakeNetwork()


@pytest.fixture
def make_session(network: FakeNetwork) -> Callable[[], Session]:
    """Make sessions whose views can be touched; they need Pygame, but no display."""
    pytest.importorskip("pygame")
    from apps.draw.views.table import attach_views

    def make() -> Session:
        session = Session(LivePrediction(network.recognize, clock=lambda: 0.0), FACTS)
        attach_views(session)
        return session

    return make


@pytest.fixture
def session(make_session: Callable[[], Session]) -> Session:
    return make_session()


@pytest.fixture(scope="session")
def _pygame() -> Iterator[None]:
    """Pygame on a display that is only pretended, for the whole run: starting it takes a while."""
    pygame = pytest.importorskip("pygame")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SDL_VIDEODRIVER", "dummy")
        pygame.display.init()
        pygame.font.init()
    yield
    pygame.display.quit()


@pytest.fixture
def _display(_pygame: None) -> Iterator[None]:
    """No events, and no pictures from before."""
    import pygame

    from apps.draw.paint.painter import forget_sizes

    pygame.event.clear()
    yield
    forget_sizes()
