"""The page with the mistakes, as it is seen and touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import Network
from tests.apps.draw.acting import DARK_
from tests.apps.draw.state.test_mistakes import N, data, images, nothing
from tests.apps.draw.state.test_several import SEVEN

pytest.importorskip("pygame")

from apps.draw.paint.theme import DARK, LIGHT, contrast
from apps.draw.views.confusion import shade
from apps.draw.views.mistakes import AGAIN, BACK, OTHER, MistakesPage
from tests.apps.draw.test_budget import FRAME_BUDGET, least_frame
from tests.apps.draw.views.glass import record_texts
from tests.apps.draw.views.on_screen import SIZES, ShownTable
from tests.apps.draw.views.pictures import compare
from tests.apps.draw.views.test_pictures import is_colour, part, written

pytestmark = pytest.mark.usefixtures("_display")
__all__ = ["data", "images", "nothing", "written"]  # fixtures


@pytest.fixture
def table(data: Path) -> Iterator[ShownTable]:
    table = ShownTable()
    table.page("Mistakes")
    table.rest()
    yield table
    table.window.close()


def page(table: ShownTable) -> Any:
    return table.view(MistakesPage)


def confusion(table: ShownTable) -> Any:
    evaluation = table.session.mistakes.evaluation
    assert evaluation is not None
    return evaluation.confusion


def worst(table: ShownTable) -> tuple[int, int]:
    """The most frequent mistake."""
    counts = confusion(table) * (1 - np.eye(10, dtype=int))
    label, answer = divmod(int(counts.argmax()), 10)
    return label, answer


def box_of(table: ShownTable, cell: tuple[int, int]) -> Any:
    matrix = page(table).matrix
    return next(matrix.cells[action] for action, each in matrix.cell_of.items() if each == cell)


def test_nothing_is_evaluated_while_another_page_is_shown(data: Path) -> None:
    table = ShownTable()
    table.rest()
    assert table.session.mistakes.evaluation is None
    table.window.close()


def test_the_page_is_painted_while_it_evaluates(data: Path, written: dict[str, Any]) -> None:
    table = ShownTable()
    table.page("Mistakes")
    frames = 0
    while table.session.mistakes.evaluation is None:
        table.window.paint()
        frames += 1
    assert frames > 2, "some hundreds in each"
    assert "Evaluating: 0%. Rows: label, columns: answer" in written
    table.window.close()


def test_every_count_is_in_its_cell(table: ShownTable, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = record_texts(monkeypatch)
    table.session.do(DARK_)
    table.window.paint()
    counts = confusion(table)
    for label in range(10):
        for answer in range(10):
            box = box_of(table, (label, answer))
            inside = [words for words, *at in texts if box.holds((at[0], at[1]))]
            assert inside == ([str(counts[label, answer])] if counts[label, answer] else [])
        row = box_of(table, (label, 0))
        assert str(label) in [w for w, x, y in texts if x < row.x and row.y <= y < row.bottom]
        column = box_of(table, (0, label))
        assert str(label) in [w for w, x, y in texts if y < column.y and column.x <= x < column.right]


def test_mistakes_are_orange_the_more_the_stronger_and_right_answers_blue(table: ShownTable) -> None:
    picture = table.picture()
    cell = worst(table)
    strongest = part(picture, box_of(table, cell), 2)[0, 0]
    assert strongest[0] > strongest[2] + 40
    ones = np.argwhere(confusion(table) == 1)
    weak = part(picture, box_of(table, (int(ones[0][0]), int(ones[0][1]))), 2)[0, 0]
    assert weak[2] + 5 < weak[0] < strongest[0] - 20
    right = part(picture, box_of(table, (2, 2)), 2)[0, 0]
    assert right[2] > right[0] + 10
    empty = np.argwhere(confusion(table) == 0)[0]
    assert tuple(part(picture, box_of(table, (int(empty[0]), int(empty[1]))), 2)[0, 0]) == DARK.paper


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_counts_can_be_read_on_their_colours(theme: Any) -> None:
    assert contrast(theme.ink, shade(theme, (1, 2), 9, 9)) >= 4.5
    assert contrast(theme.ink, shade(theme, (1, 2), 1, 9)) >= 4.5
    assert contrast(theme.quiet, shade(theme, (1, 1), 9, 9)) >= 4.5


def test_the_accuracy_is_written(table: ShownTable, written: dict[str, Any]) -> None:
    written.clear()
    table.session.do(DARK_)
    table.window.paint()
    counts = confusion(table)
    right = int(np.trace(counts))
    assert f"MNIST test set: {right / N:.2%} right" in written
    assert any(text.startswith(f"{N - right} of {N:,} wrong") for text in written)


def test_a_cell_under_the_pointer_says_what_it_is(table: ShownTable, written: dict[str, Any]) -> None:
    label, answer = worst(table)
    table.session.pointer.move(box_of(table, (label, answer)).center)
    table.window.paint()
    count = int(confusion(table)[label, answer])
    assert f"{label} taken for {answer}: {count} digits" in written
    table.session.pointer.move(box_of(table, (1, 1)).center)
    table.window.paint()
    assert f"1 recognized: {int(confusion(table)[1, 1])} digits" in written


def test_a_cell_opens_its_digits_and_a_digit_goes_on_the_canvas(table: ShownTable, images: Any) -> None:
    cell = worst(table)
    table.click(box_of(table, cell))
    picture = table.picture()
    members = table.session.mistakes.members
    thumbs = [box for action, box in page(table).buttons.items() if action is not BACK]
    assert len(thumbs) == min(len(members), 30)
    for index, box in zip(members, thumbs, strict=False):
        shown = part(picture, box, 4)
        ink = np.kron(images[index] / 255, np.ones((2, 2)))[4:-4, 4:-4, None]
        expected = np.array(DARK.paper) + ink * (np.array(DARK.ink) - DARK.paper)
        np.testing.assert_allclose(shown, expected, atol=1.5)
    table.click(thumbs[1])
    table.rest()
    np.testing.assert_array_equal(table.session.prediction.recognition.image, images[members[1]])
    assert table.session.prediction.recognition.probabilities.argmax() == cell[1], "the answer of its cell"
    canvas = table.session.layout.canvas
    cell_side = canvas.width // 28
    shown = part(table.picture(), canvas)[: 22 * cell_side]
    ink = np.kron(images[members[1]][:22] / 255, np.ones((cell_side, cell_side)))
    assert np.corrcoef(shown.mean(axis=2)[8:-8, 8:-8].ravel(), ink[8:-8, 8:-8].ravel())[0, 1] > 0.99
    table.click(page(table).buttons[BACK])
    table.rest()
    assert not table.session.mistakes.opened


def test_a_picture_goes_when_something_is_drawn(table: ShownTable) -> None:
    table.session.mistakes.put(table.session, 5)
    with_picture = table.picture()
    table.draw(SEVEN, 0.4)
    drawn = table.picture()
    fresh = ShownTable()
    fresh.page("Mistakes")
    fresh.draw(SEVEN, 0.4)
    canvas = fresh.session.layout.canvas
    np.testing.assert_array_equal(part(drawn, canvas), part(fresh.picture(), canvas))
    assert (part(with_picture, canvas) != part(drawn, canvas)).any()
    fresh.window.close()


def test_keys_alone_find_and_open_a_digit(table: ShownTable, images: Any) -> None:
    session = table.session
    session.do_key("Down")
    assert session.mistakes.cell == worst(table)
    session.do_key("Right")
    session.do_key("Left")
    session.do_key("Enter")
    assert session.mistakes.opened
    for key in ("Left", "Right", "Right", "Left", "Up", "Enter"):
        session.do_key(key)
    table.rest()
    assert session.mistakes.picked == 1
    members = session.mistakes.members
    np.testing.assert_array_equal(session.prediction.recognition.image, images[members[1]])
    session.do_key("Esc")
    assert not session.mistakes.opened
    assert session.keyboard.pen is None
    session.do_key("Space")
    session.do_key("Down")
    assert session.document.strokes, "after Space, the arrows draw here too"
    assert session.mistakes.cell == worst(table)


def test_the_chosen_cell_and_digit_have_an_edge(table: ShownTable) -> None:
    cell = worst(table)
    plain = table.picture()
    table.session.do_key("Down")
    chosen = table.picture()
    box = box_of(table, cell)
    assert is_colour(part(chosen, box), DARK.ink).sum() > is_colour(part(plain, box), DARK.ink).sum() + 100
    table.session.do_key("Enter")
    table.rest()
    table.session.do_key("Right")
    picture = table.picture()
    first, second = [box for action, box in page(table).buttons.items() if action is not BACK][:2]
    assert is_colour(part(picture, first), DARK.accent).any()
    assert not is_colour(part(picture, second), DARK.accent).any()


def test_how_sure_it_was_is_told(table: ShownTable, written: dict[str, Any]) -> None:
    from apps.messages import percent

    table.session.do_key("Down")
    table.session.do_key("Enter")
    table.session.do_key("Down")
    table.rest()
    evaluation, index = table.session.mistakes.evaluation, table.session.mistakes.members[0]
    assert evaluation is not None
    label, answer = worst(table)
    p = evaluation.probabilities[index]
    text = f"answer {answer}: {percent(float(p[answer]))}; label {label}: {percent(float(p[label]))}"
    assert text in written


def test_a_network_that_learned_is_evaluated_again(table: ShownTable, written: dict[str, Any]) -> None:
    network = table.network.network
    parameters = network.parameters.copy()
    parameters.biases[-1][3] += 100
    table.network.network = Network(parameters, network.backend, network.card)
    table.rest()
    assert any(text.startswith("Evaluating again: ") for text in written)
    assert confusion(table)[:, 3].sum() == N
    table.session.show_page(0)
    table.network.network = network
    table.rest()
    assert confusion(table)[:, 3].sum() == N, "not while it is not seen"


@pytest.mark.usefixtures("nothing")
def test_without_data_it_says_how_to_get_them(written: dict[str, Any]) -> None:
    table = ShownTable()
    table.page("Mistakes")
    table.rest()
    assert "inkdigits data mnist" in written
    assert "MNIST test set: not here" in written
    table.click(page(table).buttons[OTHER["pen-strokes"]])
    table.rest()
    assert "inkdigits data pen-strokes" in written
    assert min(page(table).buttons[AGAIN][2:]) >= 44
    for key in ("Down", "Enter", "Esc"):
        table.session.do_key(key)
    table.rest()
    table.window.close()


@pytest.mark.parametrize("size", SIZES)
def test_all_parts_are_within_the_page(table: ShownTable, size: tuple[int, int]) -> None:
    table.window.resize(size)
    table.rest()
    area = table.session.layout.page
    cells = list(page(table).matrix.cells.values())
    assert len(cells) == 100
    assert min(cells[0][2:]) >= 24
    table.session.mistakes.open(worst(table))
    table.rest()
    boxes = [*cells, *page(table).buttons.values()]
    for box in boxes:
        assert area.x <= box.x
        assert box.right <= area.right
        assert area.y <= box.y
        assert box.bottom <= area.bottom
    assert all(min(box[2:]) >= 44 for box in page(table).buttons.values())


def test_a_frame_while_drawing_is_short_with_the_page_open(
    table: ShownTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window's own time, without the network's part."""
    session = table.session
    known = session.prediction.recognition
    monkeypatch.setattr(session.prediction, "_recognize", lambda strokes: known)
    session.pointer.press(session.layout.canvas.center)
    assert least_frame(table.window) < FRAME_BUDGET


def test_the_pointer_moves_as_fast_over_a_picture(table: ShownTable) -> None:
    table.session.mistakes.put(table.session, 5)
    table.rest()
    assert least_frame(table.window) < FRAME_BUDGET


def matrix(table: ShownTable) -> None:
    table.session.do_key("Down")


def opened(table: ShownTable) -> None:
    for key in ("Down", "Enter", "Right"):
        table.session.do_key(key)
    table.rest()
    table.session.do_key("Enter")


SCENES: list[tuple[Callable[[ShownTable], None], tuple[int, int], bool]] = [
    (matrix, (1000, 640), True),
    (matrix, (1000, 640), False),
    (matrix, (900, 1300), True),
    (opened, (1000, 640), True),
    (opened, (820, 560), False),
]


@pytest.mark.parametrize(("scene", "size", "dark"), SCENES)
def test_pictures_of_mistakes(
    data: Path, scene: Callable[[ShownTable], None], size: tuple[int, int], dark: bool
) -> None:
    table = ShownTable(size, dark)
    table.page("Mistakes")
    table.rest()
    scene(table)
    table.picture()
    name = f"mistakes-{scene.__name__}-{size[0]}x{size[1]}-{'dark' if dark else 'light'}"
    compare(table.window, name)
    table.window.close()
