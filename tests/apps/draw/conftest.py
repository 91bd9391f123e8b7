"""What the window's tests share: a session that reads with a made-up network, and a window no one sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from apps.draw.state.live_prediction import LivePrediction, Points
from apps.draw.state.session import Session
from engine.recognition.recognize import Recognition, State


class FakeNetwork:
    """Sees as many as there are strokes, with 90 %, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[Points] = []

    def recognize(self, points: Points) -> Recognition:
        if not points:
            return Recognition(State.EMPTY, np.zeros((28, 28), np.uint8), None)
        self.asked.append(points)
        probabilities = np.full(10, 0.1 / 9)
        probabilities[len(points) % 10] = 0.9
        return Recognition(State.DIGIT, np.full((28, 28), 255, np.uint8), probabilities)


@pytest.fixture
def network() -> FakeNetwork:
    return FakeNetwork()


@pytest.fixture
def make_session(network: FakeNetwork) -> Callable[[], Session]:
    return lambda: Session(LivePrediction(network.recognize))


@pytest.fixture
def session(make_session: Callable[[], Session]) -> Session:
    return make_session()


@pytest.fixture
def _display(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pygame on a display that is only pretended."""
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    yield
    pygame.display.quit()
