"""A network that learns in the window: through the session's frames, as the page's buttons do it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.draw.state import growing_network
from apps.draw.state.facts import Facts
from apps.draw.state.files import Folders
from apps.draw.state.live_network import LiveNetwork
from apps.draw.state.live_prediction import LivePrediction
from apps.draw.state.session import Session
from apps.draw.state.training_choices import Choices
from apps.draw.state.watched_training import Question, Stage
from backends import get_backend
from engine import Network, train_model
from engine.data.datasets import DataError, Dataset
from engine.model.model_file import shipped_model_path
from engine.model.network import initial_parameters
from engine.recognition.evaluation import evaluate
from engine.training.loop import held_back

FACTS = Facts("numpy", "model.json", 0.99, "MNIST test set")
SMALL = Choices(hidden=(16,))


class SlowWorker(Executor):
    """Does nothing until it is told to."""

    def __init__(self) -> None:
        self.work: Callable[[], Any] = lambda: None
        self.future: Future[Any] = Future()

    def submit(self, fn: Any, /, *args: Any, **named: Any) -> Future[Any]:
        self.work = fn
        return self.future


@pytest.fixture
def network() -> Network:
    """The model from before: random, so that no test depends on what it says."""
    return Network(initial_parameters((784, 12, 10), np.random.default_rng(5)), "numpy")


@pytest.fixture
def session(network: Network, tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session with a line drawn on its canvas, whose digits are the tiny ones."""
    (tmp_path / "data").mkdir()
    tiny_file.rename(tmp_path / "data" / "mnist.npz")
    monkeypatch.setenv("INKDIGITS_DATA", str(tmp_path / "data"))
    live = LiveNetwork(network)
    files = Folders(tmp_path / "documents", tmp_path / "kept", lambda strokes: b"")
    session = Session(LivePrediction(live.recognize), FACTS, files, network=live)
    session.training.choices = SMALL
    session.document.start_pen((0.5, 0.2), 0.05)
    session.document.move((0.5, 0.8))
    session.document.finish()
    return session


def run(session: Session, frames: int = 1) -> None:
    for _ in range(frames):
        session.start_frame(session.now + 0.01)


def begin(session: Session, frames: int = 6) -> None:
    session.training.start_or_pause()
    run(session, 2)
    run(session, frames)


def present(session: Session) -> Network:
    assert session.network is not None
    return session.network.network


def stage(session: Session) -> Stage:
    return session.training.stage


def test_it_learns_what_inkdigits_train_learns_to_the_last_bit(session: Session, tiny: Dataset) -> None:
    training = session.training
    begin(session, 5)
    training.toggle_turbo()  # in the middle of an epoch
    run(session, 3)
    training.toggle_turbo()
    run(session, 100)
    assert training.stage is Stage.OVER
    assert not session.jobs
    reference = train_model(dataset=tiny, hidden=(16,), backend="numpy")
    for mine, its in zip(present(session).parameters.tensors(), reference.parameters.tensors(), strict=True):
        np.testing.assert_array_equal(mine, its)
    assert training.growing is not None
    assert training.growing.digits == 10 * 450
    _, which = held_back(500, 0.1, 0)
    assert training.growing.accuracies[-1] == (4500, evaluate(reference, tiny.train[which]).accuracy)
    mean = np.mean([loss for digits, loss in training.growing.losses if digits > 9 * 450])
    assert mean == pytest.approx(reference.history.epochs[-1].train_loss, rel=0.05)
    recognition = session.prediction.recognition
    assert recognition is not None
    assert recognition.digit == 1, "the line"


def test_what_predicts_is_a_copy_that_never_changes(session: Session) -> None:
    begin(session, 1)
    run(session, 2)
    first = present(session)
    before = first.parameters.copy()
    answers = []
    for _ in range(5):
        run(session)
        recognition = session.prediction.recognition
        assert recognition is not None
        assert recognition.probabilities is not None
        answers.append(recognition.probabilities)
    assert present(session) is not first
    for one, other in zip(first.parameters.tensors(), before.tensors(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(answers[0], answers[-1]), "the answer to the drawing follows"


def test_about_200_digits_a_frame_and_more_at_full_speed(session: Session) -> None:
    begin(session, 0)
    growing = session.training.growing
    assert growing is not None
    run(session)
    assert growing.digits == 192
    session.training.toggle_turbo()
    run(session)
    assert growing.digits == 450, "until the end of the epoch"
    times = iter(np.arange(0, 1, 3e-3))
    session.prediction.clock = lambda: float(next(times))
    run(session)
    assert growing.digits == 450 + 4 * 64, "as much as fits: half of these short epochs"


def test_its_speed_is_that_of_the_clock(session: Session) -> None:
    session.prediction.clock = lambda: session.now
    begin(session, 22)
    assert session.training.speed is None, "measured from one measurement to the next"
    run(session, 2)
    (one, first), (other, last) = [each for each in accuracies(session) if each[0]][-2:]
    assert session.training.speed == pytest.approx((other - one) / 0.12)
    assert 0 <= first <= 1
    assert 0 <= last <= 1


def accuracies(session: Session) -> list[tuple[int, float]]:
    assert session.training.growing is not None
    return session.training.growing.accuracies


def test_pause_step_and_going_on(session: Session) -> None:
    begin(session)
    training, growing = session.training, session.training.growing
    assert growing is not None
    training.start_or_pause()
    digits = growing.digits
    run(session, 3)
    assert growing.digits == digits
    assert not session.jobs, "nothing keeps the window awake"
    shown = present(session)
    training.step()
    assert digits < growing.digits <= digits + 64
    assert present(session) is not shown
    assert growing.accuracies[-1][0] == growing.digits
    training.start_or_pause()
    training.start_or_pause()
    training.start_or_pause()
    run(session)
    assert len(session.jobs) == 1, "not twice as fast"
    assert growing.digits <= digits + 64 + 192


def test_stop_asks_and_goes_back_or_keeps(session: Session, network: Network) -> None:
    begin(session)
    training = session.training
    assert session.facts.model == "new network"
    assert session.facts.accuracy is None
    training.stop()
    run(session)
    assert training.question is Question.STOP
    assert training.stage is Stage.PAUSED
    training.cancel()
    assert training.active
    training.stop()
    training.go_back()
    assert present(session).parameters is network.parameters
    assert session.facts == FACTS
    assert training.growing is None
    begin(session)
    training.stop()
    training.keep()
    kept = present(session)
    assert kept.layer_sizes == (784, 16, 10)
    assert not training.active
    run(session, 3)
    assert present(session) is kept
    begin(session, 0)
    training.stop()
    training.go_back()
    assert present(session).parameters is kept.parameters, "what was kept is what was before"


def test_nothing_learned_is_thrown_away_without_asking(session: Session) -> None:
    begin(session)
    training, first = session.training, session.training.growing
    training.new()
    run(session, 2)
    assert training.question is Question.NEW
    assert training.growing is first
    training.save()
    training.new()
    run(session, 2)
    assert training.growing is not first
    assert training.growing is not None
    assert training.growing.digits == 0
    assert training.stage is Stage.PAUSED
    assert training.growing.accuracies[0][0] == 0, "it is measured before it learns"
    training.new()
    run(session, 2)
    assert training.question is None, "there is nothing to lose"


def test_a_saved_network_has_a_true_card_and_replaces_nothing(session: Session, tiny: Dataset) -> None:
    shipped = shipped_model_path().read_bytes()
    begin(session)
    training, growing = session.training, session.training.growing
    assert growing is not None
    training.start_or_pause()
    training.step()
    training.save()
    path = Path(session.notice.removeprefix("Saved: "))
    assert path.name == "network-001.json"
    first = path.read_bytes()
    saved = Network.load(path, backend="numpy")
    for one, other in zip(saved.parameters.tensors(), present(session).parameters.tensors(), strict=True):
        np.testing.assert_array_equal(one, other)
    _, which = held_back(500, 0.1, 0)
    held = tiny.train[which]
    assert saved.card.accuracy == {
        "validation": evaluate(saved, held).accuracy,
        "validation_examples": 50,
    }
    assert saved.card.training["digits_learned"] == growing.digits
    assert saved.card.training["stopped_early"]
    assert saved.card.training["data_sha256"] == tiny.sha256
    training.step()
    training.save()
    assert session.notice.endswith("network-002.json")
    assert path.read_bytes() == first
    assert shipped_model_path().read_bytes() == shipped


def test_a_folder_that_cannot_be_written_is_said(session: Session, tmp_path: Path) -> None:
    (tmp_path / "documents").write_text("a file where the folder should be")
    begin(session)
    session.training.save()
    assert "cannot" in session.notice
    assert session.training.unsaved


def test_reading_the_digits_stops_no_frame(session: Session) -> None:
    worker = SlowWorker()
    session.worker = worker
    session.training.start_or_pause()
    before = present(session)
    run(session, 5)
    assert stage(session) is Stage.LOADING
    assert session.training.note.startswith("Reading")
    assert present(session) is before
    session.training.start_or_pause()
    session.training.new()
    run(session)
    assert len(session.jobs) == 1, "an impatient person starts nothing twice"
    worker.future.set_result(worker.work())
    run(session, 2)
    assert stage(session) is Stage.RUNNING
    assert session.training.answers


def test_without_digits_it_says_how_to_get_them_and_fetches_nothing(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Dataset:
        raise DataError("digits8x8 comes with scikit-learn")

    with monkeypatch.context() as patch:
        patch.setattr(growing_network, "find_mnist", lambda: None)
        patch.setattr(growing_network, "load_digits8x8", missing)
        begin(session)
    assert "`inkdigits data mnist`" in session.training.note
    assert stage(session) is Stage.NONE
    assert len(session.notice) <= 160
    begin(session)
    assert stage(session) is Stage.RUNNING, "and it can be tried again"


def test_digits_of_another_size_are_refused(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez(tmp_path / "mnist.npz", x_train=np.zeros((9, 8, 8), np.uint8), y_train=np.arange(9))
    monkeypatch.setenv("INKDIGITS_DATA", str(tmp_path))
    begin(session)
    assert "28x28" in session.notice
    assert session.training.stage is Stage.NONE


def test_steps_that_are_too_large_end_it_and_the_last_network_stays(session: Session) -> None:
    session.training.choices = Choices(hidden=(16,), optimizer="sgd", rate=1e30)
    begin(session, 10)
    assert session.training.stage is Stage.OVER
    assert "diverged" in session.notice
    assert all(np.isfinite(tensor).all() for tensor in present(session).parameters.tensors())
    session.training.stop()
    session.training.go_back()
    assert session.facts == FACTS


def test_another_network_in_its_place_pauses_it(session: Session) -> None:
    begin(session)
    assert session.network is not None
    taught = Network(present(session).parameters.copy(), "numpy")
    session.network.network = taught
    run(session, 2)
    assert present(session) is taught
    assert session.training.stage is Stage.PAUSED
    assert "another network" in session.training.note
    session.training.start_or_pause()
    run(session)
    session.training.stop()
    session.training.go_back()
    assert present(session).parameters is taught.parameters


def test_another_backend_predicts_while_it_learns(session: Session) -> None:
    begin(session)
    other = get_backend("numpy")
    assert session.network is not None
    session.network.use_backend(other)
    run(session, 3)
    assert session.training.stage is Stage.RUNNING
    assert present(session).backend is other


def test_choices_go_around_and_are_for_the_next_network(session: Session) -> None:
    training = session.training
    training.choices = Choices()
    assert training.choices.learning_rate == 0.02
    training.choose("optimizer", 1)
    assert training.choices.optimizer == "adamw"
    assert training.choices.learning_rate == 0.002, "the one that suits it"
    training.choose("optimizer", -2)
    assert training.choices.optimizer == "sgd"
    training.choose("hidden", -2)
    assert training.choices.hidden == ()
    training.choose("rate", 1)
    assert training.choices.in_words("rate") == "0.3"
    begin(session)
    assert present(session).layer_sizes == (784, 10)
    assert present(session).card.training["options"]["learning_rate"] == 0.3
    training.choose("hidden", 1)
    assert training.outdated
    run(session)
    assert present(session).layer_sizes == (784, 10)
    for _ in range(3):
        training.choose("backend", 1)
    assert training.choices.backend in ("numpy", "numba")


def test_the_threshold_on_the_bars_is_that_of_the_network_that_answers(session: Session) -> None:
    begin(session)
    assert session.prediction.needed == present(session).card.decision.accept_threshold
