"""Another backend while the window is open, with backends that other distributions offer."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from apps.draw.state.actions import SWAP_BACKEND
from apps.draw.state.facts import Facts
from apps.draw.state.live_network import LiveNetwork
from apps.draw.state.live_prediction import LivePrediction
from apps.draw.state.session import Session
from apps.draw.state.several import Several
from backends import registry
from engine import Network
from engine.recognition.recognize import recognize_strokes
from tests.apps.draw.state.test_watched_training import SlowWorker
from tests.backends.test_registry import offer
from tests.conftest import NEEDS_NUMBA

FACTS = Facts("numpy", "model.json", 0.99, "MNIST test set")
LINE = [[(0.5, 0.2), (0.55, 0.8)], [(0.3, 0.2), (0.5, 0.2)]]
BACKENDS = """
from backends.numpy_backend import NumpyBackend


class Twin(NumpyBackend):
    name = "twin"

    def dense_forward(self, x, w, b):
        return super().dense_forward(x, w, b) * 1.00001


class Broken(NumpyBackend):
    name = "zbroken"

    def warm_up(self, *arguments, **named):
        raise RuntimeError("no such device")
"""


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """With numpy, twin and zbroken, but no numba; two strokes are drawn."""
    monkeypatch.setattr(registry, "find_spec", lambda name: None if name == "numba" else find_spec(name))
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "window_twin.py").write_text(BACKENDS)
    offer(tmp_path, "twin", "twin", "window_twin:Twin")
    offer(tmp_path, "zbroken", "zbroken", "window_twin:Broken")
    return drawn()


def drawn() -> Session:
    live = LiveNetwork(Network.load(backend="numpy"))
    times = iter(np.arange(0, 10, 0.25e-3))
    session = Session(LivePrediction(live.recognize, clock=lambda: float(next(times))), FACTS, network=live)
    for points in LINE:
        session.document.start_pen(points[0], 0.05)
        session.document.move(points[1])
        session.document.finish()
    run(session)
    return session


def run(session: Session, frames: int = 3) -> None:
    for _ in range(frames):
        session.start_frame(session.now + 0.2)


def probabilities(session: Session) -> np.ndarray:
    recognition = session.prediction.recognition
    assert recognition is not None
    assert recognition.probabilities is not None
    return recognition.probabilities


def test_one_that_is_missing_says_so_and_the_present_one_stays(session: Session) -> None:
    before = session.network and session.network.network
    session.do(SWAP_BACKEND)
    run(session)
    assert session.notice.startswith("numba needs the package numba, which is not installed: pip install")
    assert len(session.notice) <= 160
    assert session.network is not None
    assert session.network.network is before
    assert session.backends.comparison is None


def test_the_next_one_computes_and_both_are_compared_with_the_reference(session: Session) -> None:
    reference = probabilities(session)
    session.do_key("B")
    session.do_key("B")
    run(session)
    assert session.network is not None
    assert session.network.network.backend.name == "twin"
    assert session.backends.name == "twin"
    shown = probabilities(session)
    expected = recognize_strokes(Network.load(backend="twin"), LINE, smallest=0.04)
    np.testing.assert_array_equal(shown, expected.probabilities)
    compared = session.backends.comparison
    assert compared is not None
    assert compared.difference == np.abs(shown - reference).max() > 0
    assert list(compared.milliseconds) == ["numpy", "twin"]
    assert all(time == pytest.approx(0.25) for time in compared.milliseconds.values())
    assert session.backends.comparison is compared, "it is not done again in each frame"


def test_nothing_is_compared_while_the_pen_is_down(session: Session) -> None:
    session.do_key("B")
    session.do_key("B")
    run(session)
    session.document.start_pen((0.1, 0.1), 0.05)
    run(session, 1)
    assert session.backends.comparison is None
    session.document.finish()
    run(session, 1)
    assert session.backends.comparison is not None


def test_one_that_fails_says_so_and_the_present_one_stays(session: Session) -> None:
    for _ in range(3):
        session.do_key("B")
        run(session)
    assert "zbroken" in session.notice
    assert "no such device" in session.notice
    assert "\n" not in session.notice
    assert session.backends.name == "twin"
    assert not session.backends.preparing
    session.do_key("B")
    run(session)
    assert session.backends.name == "numpy", "the next one, again from the first"


def test_preparing_one_stops_no_frame(session: Session) -> None:
    worker = SlowWorker()
    session.worker, session.several = worker, Several(None)  # nothing else for the worker
    session.do_key("B")
    session.do_key("B")
    run(session)
    assert session.backends.preparing == "twin"
    assert session.backends.name == "numpy"
    session.do_key("B")
    assert len(session.jobs) == 1, "an impatient person starts nothing twice"
    worker.future.set_result(worker.work())
    run(session)
    assert session.backends.name == "twin"
    assert not session.backends.preparing


def test_without_a_network_nothing_can_be_swapped() -> None:
    session = Session(LivePrediction(lambda strokes: pytest.fail("nothing is drawn"), live=False), FACTS)
    session.do(SWAP_BACKEND)
    assert session.backends.name == "numpy"
    assert session.backends.comparison is None


@pytest.mark.slow
@NEEDS_NUMBA
def test_the_answer_of_numba_is_that_of_numpy() -> None:
    session = drawn()
    before = probabilities(session)
    session.do(SWAP_BACKEND)
    run(session)
    assert session.backends.name == "numba"
    np.testing.assert_allclose(probabilities(session), before, atol=1e-5)
    assert session.backends.comparison is not None
    assert session.backends.comparison.difference < 1e-5
