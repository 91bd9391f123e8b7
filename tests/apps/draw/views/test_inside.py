"""The page that looks inside the network, and the card of a neuron: against the reference backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from engine import Network
from engine.model.network import initial_parameters
from engine.recognition.activations import Neuron, neuron
from engine.recognition.explain import contributions_to
from engine.recognition.recognize import tempered
from tests.apps.draw.acting import BY_LABEL, DARK_
from tests.conftest import NEEDS_NUMBA

pygame = pytest.importorskip("pygame")

from apps.draw.paint.cells import shades  # noqa: E402 - needs Pygame
from apps.draw.paint.painter import Painter  # noqa: E402
from apps.draw.paint.theme import DARK, LIGHT  # noqa: E402
from apps.draw.paint.waterfall import signed  # noqa: E402
from apps.draw.state.insight_actions import BACK, NEXT, ORDER, PREVIOUS, SHOW  # noqa: E402
from apps.messages import percent  # noqa: E402
from tests.apps.draw.test_budget import FRAME_BUDGET, least_frame  # noqa: E402
from tests.apps.draw.views.glass import (  # noqa: E402
    SIZES,
    Failing,
    GlassScreen,
    answer_without_the_network,
    beside,
    colour_at,
    record_texts,
    small_network,
)
from tests.apps.draw.views.pictures import FIRST, LARGE, SMALL, TALL, compare  # noqa: E402

pytestmark = pytest.mark.usefixtures("_display")

NETWORKS: dict[str, Callable[[], Network]] = {
    "shipped": Network.load,
    "one layer of 300": lambda: small_network((784, 300, 10)),
    "three layers": lambda: small_network((784, 60, 40, 20, 10)),
    "no hidden layer": lambda: small_network((784, 10)),
    "float64": lambda: Network(
        initial_parameters((784, 24, 12, 10), np.random.default_rng(0), np.float64), "numpy"
    ),
}


@pytest.fixture
def screen() -> Iterator[GlassScreen]:
    screen = GlassScreen("Inside", small_network())
    screen.three()
    yield screen
    screen.window.close()


def cells(screen: GlassScreen, picture: Any) -> list[Any]:
    """The colour in the upper half of each cell, where no hole is, layer by layer."""
    return [
        np.array(
            [
                colour_at(picture, box.center[0] - box.width / 4, box.y + box.height * 0.25)
                for box in (grid.cell(place) for place in range(grid.size))
            ]
        )
        for grid in screen.page.grids
    ]


def account(screen: GlassScreen, layer: int, index: int) -> Neuron:
    return neuron(screen.reference, screen.expected(), layer, index)


def active(screen: GlassScreen, layer: int) -> int:
    """The index of the neuron of a layer that is most active."""
    return int(screen.expected().activations[layer].argmax())


# ---- All neurons -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_each_cell_is_lit_by_its_own_activation(name: str) -> None:
    screen = GlassScreen("Inside", NETWORKS[name]())
    screen.three()
    screen.session.pointer.leave()
    shown, expected = cells(screen, screen.picture()), screen.expected().activations
    assert len(shown) == len(screen.reference.layer_sizes) - 2
    for grid, colours in zip(screen.page.grids, shown, strict=True):
        values = expected[grid.layer] / screen.session.insight.scales[grid.layer]
        np.testing.assert_allclose(colours, shades(values, DARK, DARK.button), atol=1)
    screen.window.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NETWORKS)
def test_everything_has_its_place_in_the_area(name: str, size: tuple[int, int]) -> None:
    screen = GlassScreen("Inside", NETWORKS[name](), size)
    page = screen.page
    rows = [grid.box for grid in page.grids] + [page.outputs[0], page.foot]
    for above, below in pairwise(rows):
        assert above.bottom < below.y
    for box in [*rows, *page.outputs, *page.buttons.values()]:
        assert page.area.x <= box.x
        assert box.right <= page.area.right
        assert page.area.y <= box.y
        assert box.bottom <= page.area.bottom
    for grid in page.grids:
        last = grid.cell(grid.size - 1)
        assert last.right <= grid.box.right
        assert last.bottom <= grid.box.bottom
        assert min(last[2:]) >= 3
    assert all(box.height >= 44 for box in page.buttons.values())
    screen.window.close()


def test_the_output_bars_are_the_probabilities_of_the_answer() -> None:
    """They are tempered, unlike those of the last activations: both pages must say the same."""
    screen = GlassScreen("Inside", small_network(temperature=0.15))
    screen.three()
    picture = screen.picture()
    probabilities = tempered(screen.expected().probabilities[None], 0.15)[0]
    np.testing.assert_allclose(screen.probabilities_now, probabilities, atol=1e-6)
    assert np.abs(probabilities - screen.expected().probabilities).max() > 0.2
    for box, probability in zip(screen.page.outputs, probabilities, strict=True):
        column = picture[box.y : box.bottom, box.center[0]]
        filled = (column == DARK.plus).all(axis=1)
        assert filled.sum() == pytest.approx(box.height * probability, abs=2)
        assert filled[-6:].any() or probability < 0.02, "from the foot up"
    screen.window.close()


def test_the_title_counts_who_is_active(screen: GlassScreen, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = record_texts(monkeypatch)
    screen.session.do(DARK_)
    screen.window.paint()
    for layer, size in ((0, 24), (1, 12)):
        count = np.count_nonzero(screen.expected().activations[layer])
        scale = f"{screen.session.insight.scales[layer]:.1f}"
        title = f"Layer {layer + 1}: {size} neurons, {count} active"
        assert beside(texts, title) == [title, "0", scale]


def test_the_scale_is_the_networks_own_whatever_is_drawn(screen: GlassScreen) -> None:
    before = screen.session.insight.scales
    screen.draw((0.1, 0.1), (0.9, 0.9), lift=False)
    screen.window.paint()
    assert screen.session.insight.scales == before
    assert before == GlassScreen("Inside", small_network()).session.insight.scales


# ---- One neuron --------------------------------------------------------------------------------


def test_pointing_chooses_and_a_click_shows_the_card(
    screen: GlassScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, page = record_texts(monkeypatch), screen.page
    screen.point(page.grids[1].cell(7))
    assert screen.session.insight.chosen == (1, 7)
    assert not screen.session.insight.pinned
    words = f"activation {screen.expected().activations[1][7]:.2f}"
    assert {"Layer 2, neuron 7", words} <= {each[0] for each in texts}
    screen.point(page.outputs[4])
    assert screen.session.insight.chosen == (2, 4)
    assert f"logit {signed(float(screen.expected().logits[4]))}" in {each[0] for each in texts}
    screen.click(page.grids[0].cell(17))
    assert screen.session.insight.pinned
    assert screen.session.insight.chosen == (0, 17)
    screen.session.pointer.move(page.area.center)
    assert screen.session.insight.chosen == (0, 17), "pinned"
    screen.keys("Esc")
    assert not screen.session.insight.pinned
    screen.click(page.buttons[SHOW])
    screen.click(page.buttons[BACK])
    assert not screen.session.insight.pinned


def test_a_right_click_erases_nothing_and_shows_nothing(screen: GlassScreen) -> None:
    box, strokes = screen.page.grids[0].cell(3), screen.session.document.strokes
    screen.session.pointer.press(box.center, erases=True)
    screen.session.pointer.release(box.center)
    assert not screen.session.insight.pinned
    assert screen.session.document.strokes is strokes


def test_a_stroke_that_ends_over_a_cell_chooses_none(screen: GlassScreen) -> None:
    box = screen.page.grids[0].cell(3)
    screen.session.pointer.press(screen.at(0.5, 0.5))
    screen.session.pointer.move(box.center)
    screen.session.pointer.release(box.center)
    assert screen.session.insight.chosen is None
    assert not screen.session.insight.pinned


def test_keys_step_from_neuron_to_neuron_and_layer_to_layer(screen: GlassScreen) -> None:
    insight = screen.session.insight
    screen.keys(".")
    assert insight.chosen == (0, 0)
    screen.keys(",")
    assert insight.chosen == (2, 9), "around"
    insight.chosen = (0, 23)
    screen.keys(".")
    assert insight.chosen == (1, 0)
    screen.keys("Enter")
    assert insight.pinned
    screen.keys(".", "N", "N", "Esc")
    assert insight.chosen == (1, 1)
    assert not insight.pinned
    reached = set()
    for _ in range(30):
        screen.keys("Tab")
        reached.add(screen.session.keyboard.focus)
    assert {PREVIOUS, NEXT, ORDER, SHOW} <= reached


@pytest.mark.parametrize("name", ["shipped", "three layers", "float64"])
@pytest.mark.parametrize("layer", [0, 1, -1])
def test_the_card_shows_the_numbers_of_the_reference(
    name: str, layer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = GlassScreen("Inside", NETWORKS[name]())
    screen.three()
    layer %= len(screen.session.insight.sizes)
    index = active(screen, layer)
    screen.session.insight.chosen = layer, index
    texts, found = record_texts(monkeypatch), account(screen, layer, index)
    screen.keys("Enter")
    ink = layer == 0
    last = layer == len(screen.session.insight.sizes) - 1
    wants, not_wanted = (
        ("ink it wants", "ink it does not want") if ink else ("inputs for it", "inputs against it")
    )
    assert beside(texts, wants) == [wants, signed(found.positive)]
    assert beside(texts, not_wanted) == [not_wanted, signed(found.negative)]
    assert beside(texts, "bias") == ["bias", signed(found.bias)]
    assert beside(texts, "sum") == ["sum", signed(found.z)]
    assert found.positive + found.negative + found.bias == pytest.approx(found.z, abs=1e-4)
    if last:
        assert beside(texts, "softmax")[-1] == percent(float(screen.probabilities_now[index]))
    else:
        assert [each for each in beside(texts, "ReLU") if each] == ["ReLU", f"{found.a:.2f}"]
        to = "the digits" if layer == len(screen.session.insight.sizes) - 2 else f"layer {layer + 2}"
        assert beside(texts, to)[1:] == [signed(each.contribution) for each in found.strongest_outputs]
    of = "row, column" if ink else f"layer {layer}"
    assert beside(texts, of)[1:] == [signed(each.contribution) for each in found.strongest_inputs]
    names = beside(texts, "Strongest pixels" if ink else "Strongest inputs")[1:]
    numbers = [each.neuron for each in found.strongest_inputs]
    assert names == [f"{n // 28}, {n % 28}" if ink else f"n {n}" for n in numbers]
    screen.window.close()


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("dark", [True, False])
def test_the_pictures_of_the_card_are_the_weights_pixel_by_pixel(number: int, dark: bool) -> None:
    """Not transposed, not mirrored, and blue for plus."""
    screen = GlassScreen("Inside", Network.load(), dark=dark)
    screen.three()
    index = active(screen, 0)
    screen.session.insight.chosen = 0, index - 1
    screen.keys("Enter", ".")
    found = account(screen, 0, index)
    values = (found.weights, found.contributions)[number].reshape(28, 28)
    theme, box = DARK if dark else LIGHT, screen.page.card.pictures[number]
    expected = shades(values / np.abs(values).max(), theme, theme.button)
    side = box.width // 28
    shown = screen.picture()[box.y : box.bottom : side, box.x : box.right : side]
    same = np.abs(shown - expected).max(axis=2) <= 1
    assert same.mean() > 0.93, "all but the signs on it"
    row, column = np.unravel_index(values.argmax(), values.shape)
    red, _, blue = expected[row, column]
    assert blue > red, "plus is blue"
    screen.window.close()


def test_the_card_of_a_neuron_that_is_off_says_so(
    screen: GlassScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = int(screen.expected().pre_activations[0].argmin())
    texts = record_texts(monkeypatch)
    screen.session.insight.chosen = 0, index
    screen.keys("Enter")
    words = {each[0] for each in texts}
    assert {"a sum below 0 gives 0", "nothing: it is off", "0.00"} <= words


def test_lines_lead_to_the_strongest_connections(
    screen: GlassScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[tuple[Any, Any, Any, bool]] = []
    line = Painter.line

    def record(self: Painter, start: Any, end: Any, colour: Any, dashed: bool = False) -> None:
        lines.append((start, end, colour, dashed))
        line(self, start, end, colour, dashed)

    monkeypatch.setattr(Painter, "line", record)
    index, page = active(screen, 1), screen.page
    screen.point(page.grids[1].cell(index))
    found = account(screen, 1, index)
    expected = []
    for link in found.strongest_inputs:
        expected.append((page.grids[0].cell(link.neuron).center[0], link.contribution))
    for link in found.strongest_outputs:
        expected.append((page.outputs[link.neuron].center[0], link.contribution))
    here = page.grids[1].cell(index).center[0]
    ends = [(start[0] if number < 5 else end[0]) for number, (start, end, _, _) in enumerate(lines)]
    assert all(here in (start[0], end[0]) for start, end, _, _ in lines)
    wanted = [(x, amount) for x, amount in expected if amount]
    assert sorted(ends) == sorted(x for x, _ in wanted)
    for (_, amount), (_, _, colour, dashed) in zip(wanted, lines, strict=True):
        assert colour == (DARK.plus if amount > 0 else DARK.minus)
        assert dashed == (amount < 0), "not by hue alone"


# ---- Order -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["shipped", "one layer of 300", "three layers"])
def test_order_sorts_by_what_each_neuron_adds_to_the_answer(name: str) -> None:
    screen = GlassScreen("Inside", NETWORKS[name]())
    screen.three()
    screen.keys("O")
    expected = screen.expected()
    added = contributions_to(screen.reference, expected, int(expected.logits.argmax()))
    shown = cells(screen, screen.picture())
    for grid, colours in zip(screen.page.grids, shown, strict=True):
        values = np.sort(added[grid.layer])[::-1]
        wanted = shades(values / np.abs(values).max(), DARK, DARK.button)
        np.testing.assert_allclose(colours, wanted, atol=1)
        screen.point(grid.cell(0))
        assert screen.session.insight.chosen == (grid.layer, added[grid.layer].argmax())
    screen.keys(".")
    assert screen.session.insight.chosen is not None
    screen.session.insight.chosen = None
    screen.keys(".", ".")
    assert screen.session.insight.chosen == (0, np.argsort(-added[0], kind="stable")[1])
    screen.keys("O")
    assert screen.session.insight.ordering(False) is None
    screen.window.close()


def test_the_order_stays_while_the_pen_is_down(screen: GlassScreen) -> None:
    screen.keys("O")
    before = screen.session.insight.ordering(False)
    assert before is not None
    screen.draw((0.2, 0.2), (0.8, 0.8), lift=False)
    screen.window.paint()
    while_down = screen.session.insight.ordering(True)
    assert while_down is not None
    assert while_down.scales == before.scales
    for one, other in zip(before.places, while_down.places, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(before.contributions[0], while_down.contributions[0])
    screen.session.pointer.release(screen.at(0.8, 0.8))
    screen.window.paint()
    after = screen.session.insight.ordering(False)
    assert after is not None
    assert not np.array_equal(before.places[0], after.places[0])


# ---- What moves --------------------------------------------------------------------------------


def test_one_wave_goes_from_left_to_right_when_the_pen_is_lifted(screen: GlassScreen) -> None:
    rest = screen.picture()
    screen.session.document.undo()
    screen.window.paint()
    screen.three(lift=False)
    screen.time += 1
    screen.window.paint()
    screen.session.pointer.release(screen.at(0.33, 0.73))
    screen.session.pointer.leave()
    fronts = []
    for _ in range(8):
        screen.window.paint()
        frame = pygame.surfarray.array3d(screen.window.surface).swapaxes(0, 1).astype(int)
        screen.time += 0.016
        if screen.page.animating:
            box = screen.page.grids[0].box
            brighter = (frame - rest)[box.y : box.bottom, box.x : box.right].max(axis=(0, 2))
            fronts.append(brighter @ np.arange(box.width) / max(brighter.sum(), 1))
    assert len(fronts) in (7, 8), "120 ms"
    seen = [front for front in fronts if front]
    assert len(seen) >= 3
    assert all(one < other for one, other in pairwise(seen))
    screen.time += 0.2
    np.testing.assert_array_equal(screen.picture(), rest)


def test_in_the_calm_nothing_moves(screen: GlassScreen) -> None:
    screen.session.do(BY_LABEL["Calm"])
    screen.draw((0.2, 0.2), (0.8, 0.8), lift=False)
    screen.window.paint()
    screen.session.pointer.release(screen.at(0.8, 0.8))
    screen.window.paint()
    assert not screen.page.animating
    screen.session.show_page(0)
    screen.draw((0.2, 0.8), (0.8, 0.2))
    screen.window.paint()
    screen.time += 0.001
    screen.window.paint()
    assert not screen.page.animating, "bars are there at once"


# ---- What may go wrong -------------------------------------------------------------------------


def test_a_backend_that_fails_is_named_and_the_window_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = record_texts(monkeypatch)
    screen = GlassScreen("Inside", small_network(backend=Failing()))
    screen.three()
    words = {each[0] for each in texts}
    assert "The backend failed" in words
    assert any("fail" in each for each in words - {"The backend failed"})
    screen.keys(".", "O", "Enter", "Esc")
    screen.point(screen.page.outputs[3])
    screen.picture()
    assert screen.session.prediction.recognition is not None
    screen.window.close()


@pytest.mark.parametrize("page", ["Inside", "Why"])
def test_without_a_network_or_a_drawing_the_page_says_what_to_do(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = record_texts(monkeypatch)
    screen = GlassScreen(page, None)
    screen.three()
    screen.keys(".", ",", "O", "Enter", "N", "Esc", "X", "5")
    screen.picture()
    assert any(each[0].startswith("Nothing to see") for each in texts)
    screen.window.close()
    screen = GlassScreen(page, small_network())
    screen.keys(".", "O", "Enter", "Esc", "X", "5")
    assert any(each[0].startswith("Draw a digit") for each in texts)
    screen.window.close()


def test_another_network_is_looked_into_at_once(screen: GlassScreen) -> None:
    screen.session.insight.chosen = 0, 23
    screen.keys("Enter")
    assert screen.live is not None
    for sizes in ((784, 8, 10), (784, 10), (784, 24, 12, 10)):
        screen.live.network = small_network(sizes, seed=7)
        screen.keys("O", ".", "Esc")
        screen.picture()
        assert [grid.size for grid in screen.page.grids] == list(sizes[1:-1])
        found = screen.session.insight.activations(screen.session.prediction)
        assert found is not None
        np.testing.assert_allclose(found.logits, screen.expected().logits, atol=1e-6)


def test_the_same_answer_is_looked_into_anew_with_another_network(screen: GlassScreen) -> None:
    screen.picture()
    assert screen.live is not None
    session = screen.session
    screen.live.network = small_network((784, 24, 12, 10), seed=7)
    found = session.insight.activations(session.prediction)
    assert found is not None
    assert [len(layer) for layer in found.activations] == [24, 12, 10]


@NEEDS_NUMBA
@pytest.mark.slow
def test_the_compiled_backend_shows_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = record_texts(monkeypatch)
    shown = []
    for backend in ("numpy", "numba"):
        for page, keys in (("Inside", ("O",)), ("Inside", ("O", ".", "Enter")), ("Why", ())):
            screen = GlassScreen(page, small_network(backend=backend))
            screen.three()
            screen.keys(*keys)
            texts.clear()
            screen.session.do(DARK_)
            screen.picture()
            shown.append([words for words, _, _ in texts])
            screen.window.close()
    assert shown[:3] == shown[3:]


@pytest.mark.parametrize("keys", [(), ("O",), (".", "."), (".", "Enter")])
def test_a_frame_while_drawing_stays_within_the_budget(keys: tuple[str, ...]) -> None:
    """Without the network's part, as for the other pages."""
    screen = GlassScreen("Inside", Network.load())
    screen.three()
    screen.keys(*keys)
    answer_without_the_network(screen)
    screen.session.pointer.press(screen.at(0.5, 0.5))
    assert min(least_frame(screen.window) for _ in range(10)) < FRAME_BUDGET
    screen.window.close()


# ---- Whole pictures ----------------------------------------------------------------------------


def all_neurons(screen: GlassScreen) -> None:
    screen.point(screen.page.grids[1].cell(active(screen, 1)))


def ordered(screen: GlassScreen) -> None:
    screen.keys("O")


def card(screen: GlassScreen) -> None:
    screen.click(screen.page.grids[0].cell(active(screen, 0)))


def output(screen: GlassScreen) -> None:
    screen.click(screen.page.outputs[3])


SCENES: list[tuple[Callable[[GlassScreen], None], tuple[int, int], bool]] = [
    (all_neurons, FIRST, True),
    (all_neurons, FIRST, False),
    (all_neurons, TALL, True),
    (ordered, FIRST, True),
    (ordered, SMALL, False),
    (card, FIRST, True),
    (card, FIRST, False),
    (card, TALL, False),
    (output, LARGE, True),
]


@pytest.mark.parametrize(
    ("scene", "size", "dark"), SCENES, ids=[f"{s.__name__}-{w}x{h}-{d}" for s, (w, h), d in SCENES]
)
def test_pictures_of_inside(scene: Callable[[GlassScreen], None], size: tuple[int, int], dark: bool) -> None:
    screen = GlassScreen("Inside", Network.load(), size, dark)
    screen.three()
    scene(screen)
    screen.picture()
    try:
        compare(screen.window, f"inside-{scene.__name__}-{size[0]}x{size[1]}-{'dark' if dark else 'light'}")
    finally:
        screen.window.close()
