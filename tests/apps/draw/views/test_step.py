"""The page that takes a training step apart: its numbers against the reference, its keys, its badge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from apps.draw.state.step_actions import NEXT_PART, PART_BEFORE, TEN_STEPS
from apps.draw.state.stepping import LEARNING_RATE, MANY, MOST, parts_of
from backends.arrays import Array
from backends.numpy_backend import NumpyBackend
from engine import Network, step
from engine.model.network import initial_parameters
from engine.training.step import Step
from tests.apps.draw.acting import CLEAR

pygame = pytest.importorskip("pygame")

from apps.draw.paint.theme import DARK, LIGHT  # noqa: E402 - needs Pygame
from tests.apps.draw.test_budget import FRAME_BUDGET, least_frame  # noqa: E402
from tests.apps.draw.views.glass import (  # noqa: E402
    SIZES,
    Failing,
    GlassScreen,
    answer_without_the_network,
    record_texts,
    small_network,
)
from tests.apps.draw.views.pictures import FIRST, LARGE, SMALL, TALL, compare  # noqa: E402

pytestmark = pytest.mark.usefixtures("_display")

NETWORKS: dict[str, Callable[[], Network]] = {
    "shipped": Network.load,
    "three hidden layers": lambda: small_network((784, 60, 40, 20, 10)),
    "no hidden layer": lambda: small_network((784, 10)),
    "float64": lambda: Network(
        initial_parameters((784, 24, 12, 10), np.random.default_rng(0), np.float64), "numpy"
    ),
}


@pytest.fixture
def screen() -> Iterator[GlassScreen]:
    screen = GlassScreen("Step", small_network())
    screen.three()
    screen.frames(2)
    yield screen
    screen.window.close()


def shown(screen: GlassScreen) -> Step:
    taken = screen.session.stepping.step
    assert taken is not None
    return taken


def expected(screen: GlassScreen, label: int, steps: int) -> Step:
    """The last of some steps, by the reference."""
    network = screen.reference
    for _ in range(steps):
        taken = step(network, screen.image, label, learning_rate=LEARNING_RATE)
        network = Network(taken.after, "numpy")
    return taken


def assert_equal_steps(one: Step, other: Step) -> None:
    assert one.loss == other.loss
    assert one.loss_after == other.loss_after
    for ours, theirs in zip(one.dz, other.dz, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(one.after.tensors(), other.after.tensors(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(one.forward.logits, other.forward.logits)
    np.testing.assert_array_equal(one.probabilities_after, other.probabilities_after)


# ---- The numbers --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_the_numbers_are_those_of_the_reference(name: str) -> None:
    screen = GlassScreen("Step", NETWORKS[name]())
    screen.three()
    screen.frames(2)
    screen.keys("8")
    assert_equal_steps(shown(screen), expected(screen, 8, 1))
    parts = len(screen.session.stepping.parts)
    screen.keys(*["Space"] * parts)
    assert_equal_steps(shown(screen), expected(screen, 8, 2))
    screen.keys("Shift+Space")
    assert_equal_steps(shown(screen), expected(screen, 8, 2 + MANY))
    screen.window.close()


def test_what_is_written_is_what_was_computed(screen: GlassScreen, monkeypatch: Any) -> None:
    screen.keys("8", *["Space"] * 5)
    texts = record_texts(monkeypatch)
    screen.keys("Backspace", "Space")
    taken, written = expected(screen, 8, 1), [words for words, *_ in texts]
    assert f"{taken.loss:.3g}" in written
    assert f"loss {taken.loss_after:.3g}" in written
    assert f"was {taken.loss:.3g}" in written
    for dz in taken.dz:
        assert f"largest {np.abs(dz).max():.3g}" in written
        assert f"{np.count_nonzero(dz)} of {dz.size} not 0" in written
    assert "Let it be a 8: step 1" in written
    for part in parts_of(3):
        assert part.formula in written


def test_formulas_name_the_layers() -> None:
    assert [part.name for part in parts_of(3)] == ["forward", "loss", "dz3", "dz2", "dz1", "update"]
    assert [part.formula for part in parts_of(3)[2:5]] == [
        "dz3 = p - onehot",
        "dz3 @ W3.T where z2 > 0",
        "dz2 @ W2.T where z1 > 0",
    ]
    assert [part.name for part in parts_of(1)] == ["forward", "loss", "dz1", "update"]


def test_parts_appear_one_after_the_other(screen: GlassScreen, monkeypatch: Any) -> None:
    """Until a part is reached, only its formula is there."""
    texts = record_texts(monkeypatch)
    for reached in range(1, 7):
        texts.clear()
        screen.session.dark = not screen.session.dark  # so that all is painted
        screen.frames(1)
        largest = [words for words, *_ in texts if words.startswith("largest ")]
        assert len(largest) == min(max(reached - 2, 0), 3)
        screen.keys("Space")


def test_the_bars_are_outlined_before_and_filled_after() -> None:
    screen = GlassScreen("Step", Network.load())
    screen.three()
    screen.frames(2)
    page, theme = screen.page, DARK
    screen.keys("8", *["Space"] * 4)
    box = next(box for action, box in page.digits.items() if action.label == "8")
    bar = box._replace(height=box.height - page.px(20))

    def filled() -> int:
        picture = screen.picture()[bar.y : bar.bottom, bar.center[0]]
        return int((picture == theme.accent).all(axis=1).sum())

    assert filled() == 0
    screen.keys("Space")
    before, after = shown(screen).forward.probabilities[8], shown(screen).probabilities_after[8]
    assert before < 0.01
    assert after > 0.3
    assert abs(filled() - bar.height * float(after)) <= 3
    screen.window.close()


# ---- Keys and buttons ---------------------------------------------------------------------------


def test_the_network_that_answers_learns_nothing(screen: GlassScreen) -> None:
    assert screen.live is not None
    network = screen.live.network
    before = [each.copy() for each in network.parameters.tensors()]
    screen.keys("8", "Shift+Space", *["Space"] * 9)
    assert screen.live.network is network
    for ours, theirs in zip(network.parameters.tensors(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_back_is_the_way_back(screen: GlassScreen) -> None:
    stepping = screen.session.stepping
    first = shown(screen)
    assert not PART_BEFORE.enabled(screen.session)
    screen.keys(*["Space"] * 6)
    assert (stepping.taken, stepping.reached) == (1, 1)
    screen.keys("Backspace")
    assert (stepping.taken, stepping.reached) == (0, 6)
    assert shown(screen) is first
    screen.keys(*["Backspace"] * 9)
    assert (stepping.taken, stepping.reached) == (0, 1)


@pytest.mark.parametrize("action", [NEXT_PART, TEN_STEPS])
def test_buttons_do_what_keys_do(screen: GlassScreen, action: Any) -> None:
    stepping = screen.session.stepping
    screen.click(screen.button(action))
    assert (stepping.taken, stepping.reached) == ((0, 2) if action is NEXT_PART else (MANY, 6))
    screen.click(screen.button(PART_BEFORE))
    assert (stepping.taken, stepping.reached) == ((0, 1) if action is NEXT_PART else (MANY, 5))


def test_a_digit_is_chosen_with_the_mouse(screen: GlassScreen) -> None:
    box = next(box for action, box in screen.page.digits.items() if action.label == "7")
    screen.click(box)
    assert_equal_steps(shown(screen), expected(screen, 7, 1))


def test_space_is_the_pen_s_while_keys_draw(screen: GlassScreen) -> None:
    screen.keys("Left")
    strokes = len(screen.session.document.strokes)
    screen.keys("Space", "Right", "Space")
    assert len(screen.session.document.strokes) == strokes + 1
    assert screen.session.stepping.reached == 1


def test_another_drawing_begins_anew_with_the_same_digit(screen: GlassScreen) -> None:
    screen.keys("8", "Shift+Space")
    screen.draw((0.2, 0.2), (0.3, 0.8))
    screen.frames(2)
    assert screen.session.stepping.taken == 0
    assert screen.session.stepping.label == 8
    assert_equal_steps(shown(screen), expected(screen, 8, 1))
    screen.session.do(CLEAR)
    screen.frames(2)
    assert screen.session.stepping.step is None
    screen.keys("Space", "Backspace", "Shift+Space", "8")
    assert screen.session.stepping.step is None


def test_the_answer_is_the_label_until_another_is_chosen() -> None:
    screen = GlassScreen("Step", Network.load())
    screen.draw((0.5, 0.2), (0.5, 0.8))
    screen.frames(2)
    assert screen.session.stepping.label == 1
    screen.session.do(CLEAR)
    screen.three()
    screen.frames(2)
    assert screen.session.stepping.label == 3
    screen.keys("8")
    screen.draw((0.2, 0.2), (0.25, 0.2))
    screen.frames(2)
    assert screen.session.stepping.label == 8
    screen.window.close()


def test_steps_that_can_be_taken_back_are_limited(screen: GlassScreen) -> None:
    for _ in range(MOST // MANY + 2):
        screen.session.stepping.take_many()
    assert len(screen.session.stepping._steps) == MOST


# ---- The check ----------------------------------------------------------------------------------


class WrongInputGradient(NumpyBackend):
    name = "wrong input gradient"

    def dense_backward_input(self, dz: Array, w: Array) -> Array:
        wrong: Array = -super().dense_backward_input(dz, w)
        return wrong


class WrongParameterGradient(NumpyBackend):
    name = "wrong parameter gradient"

    def dense_backward_parameters(self, x: Array, dz: Array) -> tuple[Array, Array]:
        dw, db = super().dense_backward_parameters(x, dz)
        return dw * dw.dtype.type(1.01), db


class ForgetsReLU(NumpyBackend):
    name = "forgets ReLU"

    def relu_backward(self, da: Array, z: Array) -> Array:
        return da.copy()


def badge_colour(screen: GlassScreen) -> tuple[int, ...]:
    badge = screen.page.badge
    return tuple(screen.picture()[badge.center[1], badge.x + screen.page.px(6)])


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("backend", [NumpyBackend, WrongInputGradient, WrongParameterGradient, ForgetsReLU])
def test_the_badge_is_red_on_a_wrong_backend(
    backend: type[NumpyBackend], dark: bool, monkeypatch: Any
) -> None:
    texts = record_texts(monkeypatch)
    screen = GlassScreen("Step", small_network(backend=backend()), dark=dark)
    screen.three()
    screen.frames(2)
    screen.keys("8")
    theme = DARK if dark else LIGHT
    right = backend is NumpyBackend
    assert badge_colour(screen) == (theme.good if right else theme.bad)
    words = [words for words, *_ in texts]
    assert any(each.startswith("Gradients checked: 12 agree") for each in words) == right
    assert any(each.startswith("WRONG gradient d") for each in words) == (not right)
    screen.window.close()


def test_nothing_is_checked_while_the_pen_is_down(screen: GlassScreen) -> None:
    assert screen.session.stepping.checks
    screen.session.pointer.press(screen.at(0.2, 0.2))
    assert screen.session.stepping.checks is None


def test_a_backend_that_fails_is_named(monkeypatch: Any) -> None:
    texts = record_texts(monkeypatch)
    screen = GlassScreen("Step", small_network(backend=Failing()))
    screen.three()
    screen.frames(2)
    assert screen.session.stepping.step is None
    assert any("failing" in words for words, *_ in texts)
    screen.window.close()


# ---- What it looks like -------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_all_parts_have_their_places(size: tuple[int, int]) -> None:
    screen = GlassScreen("Step", Network.load(), size)
    page, area = screen.page, screen.session.layout.page
    boxes = [*page.digits.values(), page.rows, page.badge, *page.buttons.values()]
    assert all(area.x <= box.x and box.right <= area.right for box in boxes)
    assert all(area.y <= box.y and box.bottom <= area.bottom for box in boxes)
    assert page.rows.height / 6 >= 2 * 11 + 4, "two lines of the smallest type"
    assert page.badge.bottom <= min(box.y for box in page.buttons.values())
    screen.window.close()


def test_a_frame_while_drawing_stays_within_the_budget() -> None:
    screen = GlassScreen("Step", Network.load())
    screen.three()
    screen.keys("8", "Shift+Space")
    answer_without_the_network(screen)
    screen.session.pointer.press(screen.at(0.5, 0.5))
    assert min(least_frame(screen.window) for _ in range(10)) < FRAME_BUDGET
    screen.window.close()


def first(screen: GlassScreen) -> None:
    screen.keys("8")


def halfway(screen: GlassScreen) -> None:
    screen.keys("8", "Space", "Space", "Space")


def after_ten(screen: GlassScreen) -> None:
    screen.keys("8", "Shift+Space")


@pytest.mark.parametrize(
    ("scene", "size", "dark"),
    [
        (first, FIRST, True),
        (halfway, FIRST, False),
        (halfway, SMALL, True),
        (after_ten, TALL, True),
        (after_ten, LARGE, False),
    ],
)
def test_pictures_of_step(scene: Callable[[GlassScreen], None], size: tuple[int, int], dark: bool) -> None:
    screen = GlassScreen("Step", Network.load(), size, dark)
    screen.three()
    screen.frames(2)
    scene(screen)
    screen.picture()
    try:
        compare(screen.window, f"step-{scene.__name__}-{size[0]}x{size[1]}-{'dark' if dark else 'light'}")
    finally:
        screen.window.close()
