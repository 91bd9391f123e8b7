"""What several digits look like: boxes on the canvas, and the number in the headline."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from apps.draw.state.layout import Box
from apps.draw.state.several import DWELL
from tests.apps.draw.acting import GRID
from tests.apps.draw.state.test_several import FOUR, SEVEN, SIX, TANGLE, TWO, ZERO

pytest.importorskip("pygame")

from apps.draw.paint.theme import DARK
from apps.draw.views.answer import AnswerPage
from apps.draw.views.headline import HeadlineView
from tests.apps.draw.test_budget import FRAME_BUDGET, least_frame
from tests.apps.draw.views.on_screen import SIZES, ShownTable
from tests.apps.draw.views.pictures import compare
from tests.apps.draw.views.test_pictures import Picture, is_colour, part, written

pytestmark = pytest.mark.usefixtures("_display")
__all__ = ["written"]  # a fixture


def year(table: ShownTable) -> None:
    for index, shape in enumerate((TWO, ZERO, TWO, SIX)):
        table.draw(shape, 0.05 + 0.23 * index)


@pytest.fixture
def table() -> Iterator[ShownTable]:
    table = ShownTable()
    yield table
    table.window.close()


def test_a_box_is_round_each_digit_and_a_thick_one_round_the_shown(table: ShownTable) -> None:
    table.session.do(GRID)
    year(table)
    picture = table.picture()
    canvas = table.session.layout.canvas
    for index, digit in enumerate(table.session.several.digits):
        left, top, right, _ = (round(each * canvas.width) for each in digit.box)
        column = picture[canvas.y + top + 30, canvas.x + left : canvas.x + left + 6]
        shown = index == 3
        lines = (column == (DARK.accent if shown else DARK.edge)).all(axis=1)
        assert lines.sum() == (3 if shown else 1)
        assert (picture[canvas.y + top, canvas.x + (left + right) // 2] == column[0]).all()


def brightest(picture: Picture, box: Box) -> int:
    """Of a digit of the headline, without the line under it."""
    return int(part(picture, box)[:-8].max())


def test_one_digit_has_no_box(table: ShownTable) -> None:
    table.session.do(GRID)
    table.draw(FOUR, 0.4)
    canvas = part(table.picture(), table.session.layout.canvas, 3)
    for colour in (DARK.accent, DARK.edge):
        assert not is_colour(canvas, colour).any()


def test_the_number_is_in_the_headline_with_a_line_under_the_shown_digit(
    table: ShownTable, written: dict[str, tuple[float, float]]
) -> None:
    year(table)
    picture = table.picture()
    headline = table.view(HeadlineView)
    boxes = list(headline.buttons.values())
    assert written["6"] != written["0"]
    assert "digit 4 of 4; D: next" in written
    assert [is_colour(part(picture, box), DARK.accent).any() for box in boxes] == [False, False, False, True]
    assert all(brightest(picture, box) > 225 for box in boxes)
    table.session.do_key("D")
    picture = table.picture()
    assert "digit 1 of 4; D: next" in written
    assert [is_colour(part(picture, box), DARK.accent).any() for box in boxes] == [True, False, False, False]


def test_bars_and_input_follow_the_digit_under_the_pointer(table: ShownTable) -> None:
    year(table)
    table.rest()
    table.point_at(1)
    table.rest(DWELL + 0.5)
    page = table.view(AnswerPage)
    picture = table.picture()
    assert is_colour(part(picture, page.bars.tracks[0]), DARK.accent).any()
    assert not is_colour(part(picture, page.bars.tracks[6]), DARK.accent).any()
    image = table.session.several.digits[1].recognition.image
    shown = part(picture, page.network_input.picture, 2)
    ink = np.kron(image > 128, np.ones((6, 6), bool))[2:-2, 2:-2]
    assert shown[ink].mean() > 2 * shown[~ink].mean()


def test_what_is_not_a_digit_is_fainter(table: ShownTable) -> None:
    table.draw(TWO, 0.1)
    table.draw(TANGLE, 0.6)
    picture = table.picture()
    boxes = list(table.view(HeadlineView).buttons.values())
    assert brightest(picture, boxes[0]) > 225
    assert 110 < brightest(picture, boxes[1]) < 145


@pytest.mark.parametrize(
    ("size", "count"), [*((size, 6) for size in SIZES), ((820, 560), 2), ((820, 560), 12), ((900, 1300), 12)]
)
def test_a_number_fits_beside_its_words(
    table: ShownTable, size: tuple[int, int], count: int, written: dict[str, tuple[float, float]]
) -> None:
    table.window.resize(size)
    for index in range(count):
        narrow = [[(x * 0.25, y * 0.5) for x, y in stroke] for stroke in SEVEN]
        table.draw(narrow, 0.02 + 0.96 * index / count)
    table.rest()
    assert len(table.session.several.digits) == count
    headline = table.view(HeadlineView)
    words = next(at for text, at in written.items() if text.startswith(f"digit {count} of"))
    assert headline.area.x < words[0] <= headline.area.right - headline.px(140)
    for box in headline.buttons.values():
        assert box.right <= words[0]
    assert headline.buttons or count == 12, "a long number may be cut"
    assert all(min(box.width, box.height) >= 19 for box in headline.buttons.values())


def test_another_digit_is_drawn_as_fast_as_the_first(
    table: ShownTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window's own time, without the network's part."""
    year(table)
    table.rest()
    prediction = table.session.prediction
    known = prediction.recognition
    monkeypatch.setattr(prediction, "_recognize", lambda strokes: known)
    table.session.pointer.press(table.session.layout.canvas.center)
    assert least_frame(table.window) < FRAME_BUDGET
    assert table.session.several.growing


SCENES = [((1000, 640), True), ((1000, 640), False), ((900, 1300), False)]


@pytest.mark.parametrize(("size", "dark"), SCENES)
def test_pictures_of_several_digits(size: tuple[int, int], dark: bool) -> None:
    table = ShownTable(size, dark)
    year(table)
    table.picture()
    compare(table.window, f"several-{size[0]}x{size[1]}-{'dark' if dark else 'light'}")
    table.window.close()
