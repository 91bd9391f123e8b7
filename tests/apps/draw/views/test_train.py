"""The page on which a network learns, and the rows of the backends on the Answer page, as painted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from apps.draw.state.geometry import Point
from apps.draw.state.layout import FINGER, Box
from apps.draw.state.live_network import LiveNetwork
from apps.draw.state.training_choices import Choices
from apps.draw.state.watched_training import Stage
from engine import Network
from engine.model.network import initial_parameters
from engine.recognition.evaluation import evaluate
from tests.apps.draw.acting import DARK_, button

pygame = pytest.importorskip("pygame")

from apps.draw.paint.chart import accuracy_height, curve, loss_height  # noqa: E402 - needs Pygame
from apps.draw.paint.theme import DARK  # noqa: E402
from apps.draw.state.train_actions import NEW, PAUSE, SAVE_NETWORK, START, STEP, STEPPERS, STOP  # noqa: E402
from apps.draw.views.network_input import SWAP  # noqa: E402
from apps.draw.views.train import TrainPage  # noqa: E402
from tests.apps.draw.test_budget import SLOWER  # noqa: E402
from tests.apps.draw.views.test_pictures import (  # noqa: E402
    Screen,
    is_colour,
    part,
    view_of,
    written,  # noqa: F401 - a fixture
)

pytestmark = pytest.mark.usefixtures("_display", "_digits")

SIZES = [(820, 560), (1000, 640), (1400, 900), (900, 1300), (3840, 2160)]


@pytest.fixture
def _digits(tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny digits, where the window looks for MNIST."""
    (tmp_path / "data").mkdir()
    tiny_file.rename(tmp_path / "data" / "mnist.npz")
    monkeypatch.setenv("INKDIGITS_DATA", str(tmp_path / "data"))


def opened(size: tuple[int, int] = (1000, 640), dark: bool = True, folder: Path | None = None) -> Screen:
    """The page, with a drawing and a network that can be replaced."""
    screen = Screen(size, dark, folder)
    before = Network(initial_parameters((784, 12, 10), np.random.default_rng(5)), "numpy")
    screen.session.network = LiveNetwork(before)
    screen.session.training.choices = Choices(hidden=(32,))
    screen.session.show_page([page.name for page in screen.session.pages].index("Train"))
    screen.draw((0.5, 0.2), (0.5, 0.8))
    screen.picture()
    return screen


@pytest.fixture
def screen(written: dict[str, Point], tmp_path: Path) -> Iterator[Screen]:  # noqa: F811 - the fixture
    screen = opened(folder=tmp_path)
    yield screen
    screen.window.close()


def frames(screen: Screen, count: int) -> None:
    for _ in range(count):
        screen.time += 0.01
        screen.window.paint()


def stage(screen: Screen) -> Stage:
    return screen.session.training.stage


def click(screen: Screen, at: Box) -> None:
    screen.session.pointer.press(at.center)
    screen.session.pointer.release(at.center)


# ---- Keys and buttons --------------------------------------------------------------------------


def test_everything_can_be_done_with_the_mouse(screen: Screen) -> None:
    session = screen.session
    for action, expected in ((START, Stage.RUNNING), (PAUSE, Stage.PAUSED)):
        click(screen, button(session, action))
        frames(screen, 6)
        assert stage(screen) is expected
    growing = session.training.growing
    assert growing is not None
    digits = growing.digits
    click(screen, button(session, STEP))
    assert growing.digits > digits
    click(screen, button(session, SAVE_NETWORK))
    assert "network-001.json" in session.notice
    click(screen, button(session, NEW))
    frames(screen, 4)
    assert session.training.growing is not growing
    click(screen, button(session, STEPPERS["hidden"][1]))
    assert session.training.choices.hidden == (16,)
    click(screen, button(session, STEPPERS["hidden"][0]))
    assert session.training.choices.hidden == (32,)
    click(screen, button(session, STOP))
    frames(screen, 1)
    back = next(action for action in view_of(screen, TrainPage).buttons if action.label == "Go back")
    click(screen, button(session, back))
    frames(screen, 1)
    assert stage(screen) is Stage.NONE
    assert START in view_of(screen, TrainPage).buttons


def test_everything_can_be_done_with_keys(screen: Screen) -> None:
    session = screen.session
    session.do_key("S")
    frames(screen, 6)
    assert stage(screen) is Stage.RUNNING
    session.do_key("F")
    assert session.training.turbo
    session.do_key("S")
    frames(screen, 2)
    assert stage(screen) is Stage.PAUSED
    growing = session.training.growing
    assert growing is not None
    digits = growing.digits
    session.do_key(".")
    assert growing.digits > digits
    session.do_key("X")
    frames(screen, 1)
    session.do_key("C")
    session.do_key("N")
    frames(screen, 1)
    session.do_key("N")
    frames(screen, 3)
    assert session.training.growing is not growing
    session.do_key("X")
    frames(screen, 1)
    session.do_key("R")
    assert session.training.growing is None


def test_the_focus_goes_through_all_buttons_and_stays_on_start(screen: Screen) -> None:
    session = screen.session
    seen = set()
    for _ in range(40):
        session.keyboard.press("Tab", False)
        seen.add(session.keyboard.focus)
    assert {action for steppers in STEPPERS.values() for action in steppers} | {START} <= seen
    session.keyboard.focus = START
    session.do_key("Enter")
    frames(screen, 5)
    assert session.keyboard.focused == view_of(screen, TrainPage).buttons[PAUSE]
    session.do_key("Enter")
    frames(screen, 2)
    assert stage(screen) is Stage.PAUSED


# ---- What is painted ---------------------------------------------------------------------------


def test_what_is_written_is_what_the_reference_measures(
    screen: Screen,
    written: dict[str, Point],  # noqa: F811
) -> None:
    assert "A new network learns to read digits while you watch." in written
    screen.session.do_key("S")
    frames(screen, 9)
    screen.session.do_key("S")
    written.clear()
    screen.session.do(DARK_)
    screen.picture()
    training = screen.session.training
    assert training.growing is not None
    assert training.shown is not None
    held_back = training.growing._training.held_back
    assert held_back is not None
    digits = training.growing.digits
    assert f"Epoch {1 + digits // 450} of 10, {digits:,} digits learned" in written
    training.step()
    frames(screen, 1)
    assert f"{evaluate(training.shown, held_back).accuracy:.1%}" in written
    screen.session.do_key("X")
    frames(screen, 1)
    assert {"Which network answers from now on?", "Keep it", "Go back", "Cancel"} <= set(written)


def test_the_pictures_are_what_the_neurons_have_learned(screen: Screen) -> None:
    screen.session.do_key("S")
    frames(screen, 12)
    screen.session.do_key("S")
    picture, page, training = screen.picture(), view_of(screen, TrainPage), screen.session.training
    assert training.growing is not None
    assert training.shown is not None
    first = initial_parameters((784, 32, 10), np.random.default_rng((0, 0))).weights[0]
    learned = (training.shown.parameters.weights[0] - first).reshape(28, 28, 32)
    paper, plus, minus = (np.array(each) for each in (DARK.paper, DARK.plus, DARK.minus))
    for neuron, box in enumerate(page.tiles):
        weights = learned[..., neuron] / np.abs(learned[..., neuron]).max()
        end = np.where(weights[..., None] > 0, plus, minus)
        colours = paper + np.abs(weights[..., None]) * (end - paper)
        row, column = np.unravel_index(np.abs(weights).argmax(), weights.shape)
        y, x = (box.y + int((row + 0.5) * box.height / 28), box.x + int((column + 0.5) * box.width / 28))
        off = np.abs(picture[y, x] - colours[row, column]).max()
        assert off < 70, "smoothed, but of the same hue"
        tile = part(picture, box).mean(axis=(0, 1))
        np.testing.assert_allclose(tile, colours.mean(axis=(0, 1)), atol=4)


def test_the_curves_are_where_their_values_are(screen: Screen) -> None:
    screen.session.do_key("S")
    frames(screen, 30)
    screen.session.do_key("S")
    picture, page, growing = screen.picture(), view_of(screen, TrainPage), screen.session.training.growing
    assert growing is not None
    for box, points, height, colour in (
        (page.loss, growing.losses, loss_height, DARK.minus),
        (page.accuracy, growing.accuracies, accuracy_height, DARK.plus),
    ):
        plot = Box(box.x + 34, box.y + 20, box.width - 34, box.height - 20)
        for digits, value in (points[0], points[-1]):
            x = plot.x + 1 + round(digits / max(4000, points[-1][0]) * (plot.width - 3))
            y = plot.y + 1 + (plot.height - 3) * (1 - height(value))
            around = picture[round(y) - 3 : round(y) + 4, max(x - 3, plot.x) : min(x + 4, plot.right)]
            assert is_colour(around, colour).any(), (digits, value)


def test_the_scales_are_of_powers_of_ten() -> None:
    assert loss_height(4) == pytest.approx(1)
    assert loss_height(0.01) == 0
    assert loss_height(0) == 0
    assert loss_height(1) - loss_height(0.1) == pytest.approx(loss_height(0.1) - loss_height(0.01))
    assert accuracy_height(0) == 0
    assert accuracy_height(1) == 1
    assert accuracy_height(0.99) == pytest.approx(2 * accuracy_height(0.9))


def test_a_column_of_pixels_has_the_mean_of_its_points() -> None:
    plot = Box(10, 10, 103, 103)
    places = curve([(0, 1.0), (2, 0.0), (4000, 0.5)], plot, lambda value: value)
    assert places == [(11, 61), (111, 61)]
    assert curve([], plot, lambda value: value) == []


def test_no_two_parts_overlap_and_buttons_are_large_enough() -> None:
    screen = opened()
    try:
        for size in SIZES:
            screen.window.resize(size)
            for question in (False, True):
                if question:
                    screen.session.do_key("S")
                    frames(screen, 4)
                    screen.session.do_key("X")
                    frames(screen, 1)
                page = view_of(screen, TrainPage)
                places = [
                    *page.buttons.values(),
                    page.status,
                    page.loss,
                    page.accuracy,
                    page.legend,
                    *page.tiles,
                ]
                for box in places:
                    assert min(box.width, box.height) > 0
                    assert page.area.holds(box[:2])
                    assert box.right <= page.area.right
                    assert box.bottom <= page.area.bottom
                for one, other in combinations(places, 2):
                    beside = one.right <= other.x or other.right <= one.x
                    assert beside or one.bottom <= other.y or other.bottom <= one.y, (size, one, other)
                assert all(box.height >= FINGER for box in page.buttons.values())
                assert all(box.width >= 32 for box in page.buttons.values())
                assert page.loss.height >= 60
                assert page.tiles[0].width >= 28
            screen.session.do_key("C")
            screen.session.training.stop()
            screen.session.training.go_back()
    finally:
        screen.window.close()


def test_the_backends_are_compared_on_the_answer_page(
    screen: Screen,
    written: dict[str, Point],  # noqa: F811
) -> None:
    session = screen.session
    session.show_page(0)
    screen.picture()
    assert {"Backend", "Prediction"} <= set(written)
    box = button(session, SWAP)
    assert box.height >= FINGER
    session.backends._ready = {"numpy": session.network.network.backend} if session.network else {}
    session.backends.preparing = "other"
    screen.picture()
    assert "Preparing other…" in written


def test_a_frame_while_it_learns_is_short(screen: Screen) -> None:
    """With the shipped network's layers, NumPy, at 1000x640; each step costs the same for any digits."""
    session = screen.session
    session.training.choices = Choices()
    session.do_key("S")
    frames(screen, 4)
    (job,) = session.jobs
    slices, whole = [], []
    for _ in range(10):
        started = time.process_time()
        next(job)
        slices.append(time.process_time() - started)
        frames(screen, 1)
        whole.append(time.process_time() - started - slices[-1])
        assert stage(screen) is Stage.RUNNING
    assert float(np.median(slices)) < SLOWER * 8e-3, "a slice of the training"
    assert float(np.median(whole)) < SLOWER * 16e-3, "60 frames a second, painting and predicting included"


def test_a_frame_while_drawing_is_short_with_the_page_open(screen: Screen) -> None:
    from tests.apps.draw.test_budget import FRAME_BUDGET, least_frame

    screen.session.do_key("S")
    frames(screen, 6)
    screen.session.do_key("S")
    screen.picture()
    screen.session.pointer.press(screen.at(0.5, 0.5))
    assert least_frame(screen.window) < FRAME_BUDGET


# ---- Whole pictures ----------------------------------------------------------------------------


def new(screen: Screen) -> None:
    """Nothing has been started."""


def learning(screen: Screen) -> None:
    screen.session.do_key("S")
    frames(screen, 20)
    screen.session.do_key("S")


def stopped(screen: Screen) -> None:
    learning(screen)
    screen.session.do_key("X")


SCENES: list[tuple[Callable[[Screen], None], tuple[int, int], bool]] = [
    (new, (1000, 640), True),
    (learning, (1000, 640), True),
    (learning, (1000, 640), False),
    (learning, (820, 560), False),
    (learning, (900, 1300), True),
    (stopped, (1400, 900), False),
]


@pytest.mark.parametrize(
    ("scene", "size", "dark"), SCENES, ids=[f"{s.__name__}-{w}x{h}-{d}" for s, (w, h), d in SCENES]
)
def test_pictures_of_train(scene: Callable[[Screen], None], size: tuple[int, int], dark: bool) -> None:
    from tests.apps.draw.views import pictures

    if not hasattr(pictures, "compare"):
        pytest.skip("the comparison with reference pictures is not a function yet")
    screen = opened(size, dark)
    scene(screen)
    screen.picture()
    name = f"train-{scene.__name__}-{size[0]}x{size[1]}-{'dark' if dark else 'light'}"
    try:
        pictures.compare(screen.window, name)
    finally:
        screen.window.close()
