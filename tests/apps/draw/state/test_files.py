"""Drawings as files: nothing that was drawn is lost, and any file is opened or refused in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apps.draw.state.document import PenStroke
from apps.draw.state.files import RECENT, Folders, from_json
from apps.draw.state.session import Session
from backends.errors import InkdigitsError
from engine.data.drawings import read_drawing
from tests.apps.draw.acting import BRING_BACK, CLEAR, OPEN, QUIT, SAVE, UNDO, click, draw, points

pytest.importorskip("pygame")

from apps.draw.paint.photo import png_of

STROKES = (PenStroke(((0.2, 0.3), (0.4, 0.9)), 0.03), PenStroke(((0.7, 0.7),), 0.06))


@pytest.fixture
def files(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "saved", tmp_path / "data", png_of)


@pytest.fixture
def saving(make_session: Callable[[], Session], files: Folders) -> Session:
    session = make_session()
    session.files = files
    return session


def test_a_saved_drawing_is_opened_as_it_was(files: Folders, tmp_path: Path) -> None:
    files.save(STROKES)
    assert files.open(tmp_path / "saved/drawing-001.json") == STROKES


def test_each_drawing_has_a_file_of_its_own(files: Folders, tmp_path: Path) -> None:
    for _ in range(3):
        files.save(STROKES)
    names = sorted(path.name for path in (tmp_path / "saved").iterdir())
    assert names == [f"drawing-00{i}.{kind}" for i in (1, 2, 3) for kind in ("json", "png")]


def test_what_is_saved_can_be_predicted(saving: Session, run: Any, tmp_path: Path) -> None:
    saving.document.replace((PenStroke(((0.5, 0.15), (0.5, 0.5), (0.5, 0.85)), 0.045),))
    saving.do(SAVE)
    assert saving.notice == f"Saved: {tmp_path / 'saved/drawing-001.json'}"
    code, out, _ = run(
        "predict", tmp_path / "saved/drawing-001.json", tmp_path / "saved/drawing-001.png", "--json"
    )
    assert code == 0
    assert [json.loads(line)["digit"] for line in out.splitlines()] == [1, 1]
    assert len(read_drawing(tmp_path / "saved/drawing-001.json").strokes) == 1


def test_the_last_session_s_drawing_comes_back(saving: Session, make_session: Callable[[], Session]) -> None:
    draw(saving)
    saving.do(QUIT)
    later = make_session()
    later.files = saving.files
    assert later.document.empty
    later.do(BRING_BACK)
    assert points(later) == points(saving)
    later.do(UNDO)
    assert later.document.empty
    later.do(QUIT)
    again = make_session()
    again.files = saving.files
    again.do(BRING_BACK)
    assert points(again) == points(saving), "closing an empty canvas forgets nothing"


def test_saved_drawings_are_opened_from_a_panel(saving: Session) -> None:
    draw(saving)
    saving.do(SAVE)
    saving.do(CLEAR)
    saving.do(OPEN)
    (panel,) = saving.touchable
    (action,) = panel.buttons
    click(saving, action)
    assert len(points(saving)) == 1
    assert saving.panel is None
    draw(saving)
    saving.do(OPEN)
    saving.do_key("1")
    assert len(points(saving)) == 1
    saving.do(UNDO)
    assert len(points(saving)) == 2


def test_the_newest_drawings_come_first(files: Folders, tmp_path: Path) -> None:
    for _ in range(RECENT + 3):
        files.save(STROKES)
    (tmp_path / "saved/drawing-011.json").write_text("broken")
    assert [saved.path.stem for saved in files.recent()][:2] == ["drawing-010", "drawing-009"]
    assert len(files.recent()) == RECENT


def test_what_cannot_be_saved_is_told_and_the_drawing_stays(saving: Session, tmp_path: Path) -> None:
    (tmp_path / "saved").write_text("a file where the folder should be")
    (tmp_path / "data").write_text("here too")
    draw(saving)
    saving.do(SAVE)
    assert "cannot make the folder" in saving.notice
    assert len(points(saving)) == 1
    saving.do(BRING_BACK)
    assert "nothing was drawn in an earlier session" in saving.notice
    saving.do(QUIT)
    assert saving.closed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"strokes": []}',
        '{"strokes": [[]]}',
        '{"strokes": [[[1e300, 0], [0, 1]]]}',
        "\x00\xff",
    ],
)
def test_what_is_no_drawing_is_refused_in_one_line(saving: Session, tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, "latin-1")
    with pytest.raises(InkdigitsError):
        from_json(path)
    draw(saving)
    saving.open(path)
    assert saving.notice
    assert "\n" not in saving.notice
    assert len(points(saving)) == 1


def test_a_drawing_in_another_unit_is_scaled_to_the_canvas(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('[{"label": 7, "strokes": [[[100, 400], [300, 400], [200, 800]]], "widths": ["a"]}]')
    (stroke,) = from_json(path)
    left, top, right, bottom = stroke.box
    assert (top, bottom) == pytest.approx((0.12, 0.88))
    assert (left + right) / 2 == pytest.approx(0.5)
    assert (right - left) / (bottom - top) == pytest.approx(0.5)
    assert stroke.width == 0.045
