"""Several digits on one canvas, with the shipped network and no window."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.draw.state.document import PenStroke
from apps.draw.state.files import Folders, from_json
from apps.draw.state.live_network import LiveNetwork
from apps.draw.state.live_prediction import LivePrediction
from apps.draw.state.session import ROW_REST, Session
from apps.draw.state.several import DWELL, MOST_STROKES
from backends import get_backend
from engine import Network
from engine.data.drawings import Drawing
from engine.recognition.recognize import State, recognize_strokes
from tests.apps.draw.acting import CLEAR, LIVE, PREDICT, UNDO
from tests.apps.draw.conftest import FACTS

pytest.importorskip("pygame")

from apps.draw.views.digit_boxes import DigitBoxesView
from apps.draw.views.headline import HeadlineView
from apps.draw.views.table import attach_views

Shape = Sequence[Sequence[tuple[float, float]]]

TURN = np.linspace(0, 2 * np.pi, 30)
TWO: Shape = [[(1, 2), (2, 0), (5, 0), (6, 2), (4, 5), (0, 9), (6, 9)]]
ZERO: Shape = [[(3 + 3 * float(np.sin(t)), 4.5 - 4.5 * float(np.cos(t))) for t in TURN]]
SIX: Shape = [[(5, 0), (2, 3), (0, 6), (1, 8.5), (4, 9), (6, 7), (4, 5), (1, 6)]]
SEVEN: Shape = [[(0, 0), (6, 0), (2, 9)]]
FOUR: Shape = [[(2, 0), (0, 5), (5.5, 5)], [(4.5, 0), (4.5, 9)]]
TANGLE: Shape = [[(0, 0), (6, 9), (6, 0), (0, 9), (3, 0), (3, 9), (0, 4), (6, 4)]]
SCALE = 0.022  # canvas units for one of the shapes'


@cache
def shipped() -> Network:
    """The shipped network, read once; nothing changes it."""
    return Network.load(backend="numpy")


class Table:
    """A session with the shipped network, whose time only passes when it is told to."""

    def __init__(self, worker: Executor | None = None, network: LiveNetwork | None = None) -> None:
        self.told: list[object] = []
        self.network = network or LiveNetwork(shipped(), self.told.append)
        prediction = LivePrediction(self.network.recognize, needed=0.93, clock=lambda: 0.0)
        self.session = Session(prediction, FACTS, network=self.network, worker=worker)
        attach_views(self.session)
        self.now = 0.0

    def draw(self, shape: Shape, x: float, y: float = 0.4) -> None:
        for stroke in shape:
            places = [(x + a * SCALE, y + b * SCALE) for a, b in stroke]
            self.session.document.start_pen(places[0], 0.03)
            for place in places[1:]:
                self.session.document.move(place)
            self.session.document.finish()

    def rest(self, seconds: float = 1.0) -> None:
        """Frames until nothing more happens in this time."""
        until = self.now + seconds
        while self.now < until:
            self.now += 0.02
            self.session.start_frame(self.now)

    @property
    def read(self) -> str:
        return "".join(str(digit.recognition.digit) for digit in self.session.several.digits)

    def view(self, kind: type[Any]) -> Any:
        return next(view for view in self.session.views if isinstance(view, kind))

    def point_at(self, digit: int) -> None:
        """Move the pointer into the middle of a digit."""
        left, top, right, bottom = self.session.several.digits[digit].box
        canvas = self.session.layout.canvas
        x, y = (left + right) / 2 * canvas.width, (top + bottom) / 2 * canvas.height
        self.session.pointer.move((canvas.x + x, canvas.y + y))


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def year(table: Table) -> Table:
    """2026 is on the canvas, and has been read."""
    for index, shape in enumerate((TWO, ZERO, TWO, SIX)):
        table.draw(shape, 0.05 + 0.23 * index)
    table.rest()
    return table


def test_a_number_is_read_after_a_rest_and_not_before(table: Table) -> None:
    table.draw(SEVEN, 0.5)
    table.draw(TWO, 0.2)
    table.rest(ROW_REST - 0.05)
    assert table.session.several.digits == ()
    assert table.session.guessing or table.session.prediction.recognition.state is State.DIGIT
    table.rest(0.2)
    assert table.read == "27"
    assert table.session.title == "inkdigits – 27"


def test_every_digit_has_its_own_strokes_and_box(year: Table) -> None:
    assert year.read == "2026"
    digits, strokes = year.session.several.digits, year.session.document.strokes
    assert [digit.strokes for digit in digits] == [(stroke,) for stroke in strokes]
    for digit, stroke in zip(digits, strokes, strict=True):
        left, top, right, bottom = stroke.box
        box = digit.box
        assert box[0] < left - 0.015 < right + 0.015 < box[2]
        assert box[1] < top - 0.015 < bottom + 0.015 < box[3]


@pytest.mark.parametrize("shape", [TWO, FOUR, [*SEVEN, [(1, 4.5), (5, 4.5)]]], ids=["2", "4", "crossed 7"])
def test_one_digit_is_as_it_was(table: Table, shape: Shape) -> None:
    table.draw(shape, 0.4)
    table.session.start_frame(0.0)
    at_once = table.session.prediction.recognition
    words = table.session.words
    table.rest()
    assert table.session.several.digits == ()
    assert table.session.prediction.recognition is at_once, "it was not predicted again"
    assert table.session.words == words
    assert table.session.title.startswith("inkdigits – ")
    assert "%" in table.session.title


def test_one_stroke_is_never_divided(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table.network, "recognize_digits", None)
    table.draw(TWO, 0.4)
    table.rest()
    assert not table.session.jobs
    assert table.session.prediction.recognition.digit == 2


def test_the_pages_show_the_digit_that_was_drawn_last(year: Table) -> None:
    assert year.session.several.chosen == 3
    assert year.session.prediction.recognition.digit == 6


def test_a_key_goes_from_digit_to_digit(year: Table) -> None:
    seen = []
    for _ in range(4):
        year.session.do_key("D")
        year.session.start_frame(year.now)
        seen.append(year.session.prediction.recognition.digit)
    assert seen == [2, 0, 2, 6]


def test_the_pages_follow_the_pointer_that_rests_on_a_digit(year: Table) -> None:
    year.point_at(1)
    assert year.session.due == pytest.approx(year.now + DWELL)
    year.rest(DWELL + 0.03)
    assert year.session.prediction.recognition.digit == 0
    year.session.pointer.move((900.0, 300.0))  # to the page
    year.rest()
    assert year.session.several.chosen == 1, "it stays when the pointer goes to the page"
    year.session.do_key("D")
    year.rest()
    assert year.session.several.chosen == 2, "the key counts as long as the pointer does not move"


def test_a_pointer_that_passes_by_chooses_nothing(year: Table) -> None:
    for digit in (0, 1, 2):
        year.point_at(digit)
        year.rest(0.08)
    year.session.pointer.move((900.0, 300.0))
    year.rest()
    assert year.session.several.chosen == 3


def test_each_digit_in_the_headline_can_be_pressed(year: Table) -> None:
    headline = year.view(HeadlineView)
    headline.looks(year.session)
    assert len(headline.buttons) == 4
    for index, box in enumerate(headline.buttons.values()):
        assert min(box.width, box.height) >= 24
        year.session.pointer.press(box.center)
        year.session.pointer.release(box.center)
        assert year.session.several.chosen == index
    year.session.do(CLEAR)
    year.rest()
    headline.looks(year.session)
    assert headline.buttons == {}


def test_the_network_s_inside_is_that_of_the_shown_digit(year: Table) -> None:
    year.session.several.choose(1)
    year.session.start_frame(year.now)
    found = year.session.insight.activations(year.session.prediction)
    assert found is not None
    strokes = [stroke.points for stroke in year.session.several.digits[1].strokes]
    image = recognize_strokes(year.network.network, strokes).image
    np.testing.assert_allclose(found.inputs[0], image.ravel() / 255, atol=1e-6)
    assert year.session.insight.answer == 0


def test_what_is_read_stays_while_more_is_drawn(year: Table) -> None:
    before = year.session.several.digits
    year.session.document.start_pen((0.2, 0.75), 0.03)
    for x, y in ((0.26, 0.75), (0.22, 0.95)):
        year.session.document.move((x, y))
        year.now += 0.02
        year.session.start_frame(year.now)
    assert year.session.several.digits == before
    assert year.session.several.place == 1, "a guess stands where it is drawn"
    alone = recognize_strokes(year.network.network, [year.session.document.strokes[-1].points])
    np.testing.assert_array_equal(year.session.prediction.recognition.probabilities, alone.probabilities)
    assert year.session.guessing
    assert year.session.title == "inkdigits – 2026", "until it is finished"
    year.session.document.undo()
    year.rest()
    assert year.read == "2026"


def test_undo_and_clear_take_digits_away(year: Table) -> None:
    year.session.do(UNDO)
    year.session.start_frame(year.now)
    assert year.read == "202"
    assert year.session.several.growing == ()
    assert year.session.prediction.recognition.digit == 2
    year.session.do(UNDO)
    year.session.do(UNDO)
    year.rest()
    assert year.session.several.digits == ()
    assert year.session.prediction.recognition.digit == 2
    assert "%" in year.session.title
    year.session.do(CLEAR)
    year.rest()
    assert year.session.title == "inkdigits"


def test_a_second_stroke_joins_its_digit(table: Table) -> None:
    table.draw(TWO, 0.1)
    table.draw(FOUR[:1], 0.4)
    table.rest()
    assert len(table.session.several.digits) == 2
    table.draw(FOUR[1:], 0.4)
    table.rest()
    assert table.read == "24"


def test_what_is_not_a_digit_has_a_question_mark_in_the_title(table: Table) -> None:
    table.draw(TWO, 0.1)
    table.draw(TANGLE, 0.6)
    table.rest()
    if len(table.session.several.digits) != 2:
        pytest.fail("the tangle was not kept apart")
    assert table.session.title == "inkdigits – 2?"


def test_marks_that_are_left_out_of_a_digit_are_named(year: Table) -> None:
    year.draw([[(0, 0), (0.01, 0)]], 0.08, 0.5)
    year.rest()
    assert year.read == "2026"
    assert year.session.left_out == year.session.document.strokes[-1:]


def test_without_live_prediction_a_number_is_read_when_asked(table: Table) -> None:
    table.session.do(LIVE)
    table.draw(SEVEN, 0.1)
    table.draw(TWO, 0.4)
    table.rest()
    assert table.session.several.digits == ()
    table.session.do(PREDICT)
    table.rest()
    assert table.read == "72"
    table.session.do_key("D")
    table.rest()
    assert table.session.prediction.recognition.digit == 7
    table.draw(TWO, 0.7)
    table.rest()
    assert table.session.several.digits == ()
    assert table.session.prediction.recognition is None


def test_another_network_reads_the_number_again(year: Table) -> None:
    before = year.session.several.digits
    network = year.network.network
    parameters = network.parameters.copy()
    parameters.biases[-1][0] += 100  # whatever it sees is a 0
    year.network.network = Network(parameters, network.backend, network.card)
    year.rest()
    assert year.session.several.digits != before
    assert set(year.read) == {"0"}
    assert year.session.prediction.recognition.digit == 0


def test_a_failing_backend_is_told_once(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = get_backend("numpy")
    good = table.network.network

    def fail(*_: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(backend, "predict_proba", fail)
    table.network.network = Network(good.parameters, backend, good.card)
    table.draw(SEVEN, 0.1)
    table.draw(TWO, 0.4)
    table.rest()
    assert table.session.several.digits == ()
    assert len(table.told) == 1
    assert "out of order" in table.session.title


class Later(Executor):
    """Runs its only task when it is told to."""

    def __init__(self) -> None:
        self.tasks: list[Callable[[], None]] = []

    def submit(self, run: Any, /, *arguments: Any, **options: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.tasks.append(lambda: future.set_result(run(*arguments, **options)))
        return future


def test_the_worker_divides_and_nothing_waits_for_it() -> None:
    worker = Later()
    table = Table(worker)
    table.draw(SEVEN, 0.1)
    table.draw(TWO, 0.4)
    table.rest()
    assert table.session.several.digits == ()
    assert len(worker.tasks) == len(table.session.jobs) == 1
    table.draw(SIX, 0.7)
    table.rest(0.1)
    worker.tasks.pop(0)()
    table.rest(0.1)
    assert table.session.several.digits == (), "what is read is not there any more"
    table.rest()
    worker.tasks.pop(0)()
    table.rest(0.1)
    assert table.read == "726"


def test_a_picture_of_many_strokes_is_not_divided(table: Table) -> None:
    strokes = [PenStroke(((i / 200, 0.2), (i / 200, 0.8)), 0.01) for i in range(MOST_STROKES + 1)]
    table.session.document.replace(tuple(strokes))
    table.rest()
    assert not table.session.several.waiting
    assert table.session.several.digits == ()


def test_predict_reads_in_a_saved_drawing_what_the_window_reads(
    year: Table, tmp_path: Path, run: Any
) -> None:
    Folders(tmp_path, tmp_path, lambda strokes: b"").save(year.session.document.strokes)
    path = tmp_path / "drawing-001.json"
    code, out, _ = run("predict", path, "--backend", "numpy", "--json")
    answers = json.loads(out)["digits"]
    assert code == 0
    shown = [digit.recognition for digit in year.session.several.digits]
    assert [each["digit"] for each in answers] == [each.digit for each in shown] == [2, 0, 2, 6]
    for each, digit in zip(answers, shown, strict=True):
        np.testing.assert_array_equal(each["probabilities"], digit.probabilities)
    again = Table()
    again.session.document.replace(from_json(path))
    again.rest()
    assert again.read == "2026"


def test_real_digits_in_several_strokes_stay_one(pen_strokes: list[Drawing]) -> None:
    """4, 5, 7, 1 and others by many writers; `benchmarks.rows` says how many of all of them."""
    table = Table()
    several = [each for each in pen_strokes if len(each.strokes) > 1][::60]
    divided = 0
    for drawing in several:
        strokes = [PenStroke(tuple(map(tuple, stroke.tolist())), 0.03) for stroke in drawing.strokes]
        table.session.document.replace(tuple(strokes))
        table.rest(0.5)
        divided += bool(table.session.several.digits)
    assert len(several) > 30
    assert divided <= 1


def test_boxes_cannot_be_touched(year: Table) -> None:
    """A line may begin on a box."""
    boxes = year.view(DigitBoxesView)
    assert boxes.buttons == {}
    year.session.pointer.press(year.session.layout.canvas.center)
    assert year.session.document.busy
