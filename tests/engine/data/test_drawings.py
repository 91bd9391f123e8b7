"""Files of drawings: two formats, the same drawings; anything else is refused with a reason."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.datasets import DataError
from engine.data.drawings import read_drawing, read_drawings

UNIPEN = """\
.COMMENT \tPen-Based Handwritten Digits
.VERSION 1.0
.COORD X Y
.X_DIM 500

.SEGMENT DIGIT ? "8"
.COMMENT 8  12 93
.PEN_DOWN
 267  333
 267  336
.PEN_UP
.DT 100
.PEN_DOWN
 100 0
.PEN_UP
.SEGMENT DIGIT ? "4"
.COMMENT 4 3 94
.PEN_DOWN
 1 2
.PEN_UP
"""


def test_unipen(tmp_path: Path) -> None:
    path = tmp_path / "digits.tra"
    path.write_text(UNIPEN)
    eight, four = read_drawings(path)
    assert (eight.label, eight.writer, four.label, four.writer) == (8, 12, 4, 3)
    assert [stroke.tolist() for stroke in eight.strokes] == [[[267, -333], [267, -336]], [[100, 0]]]


def test_both_formats_hold_the_same(tmp_path: Path) -> None:
    (tmp_path / "digits.tra").write_text(UNIPEN)
    drawings = read_drawings(tmp_path / "digits.tra")
    content = [
        {"label": each.label, "writer": each.writer, "strokes": [s.tolist() for s in each.strokes], "more": 1}
        for each in drawings
    ]
    (tmp_path / "digits.json").write_text(json.dumps(content))
    for ours, theirs in zip(read_drawings(tmp_path / "digits.json"), drawings, strict=True):
        assert (ours.label, ours.writer) == (theirs.label, theirs.writer)
        for a, b in zip(ours.strokes, theirs.strokes, strict=True):
            np.testing.assert_array_equal(a, b)


def test_one_drawing(tmp_path: Path) -> None:
    path = tmp_path / "drawing.json"
    path.write_text('{"strokes": [[[0, 0], [1, 2.5]], []]}')
    drawing = read_drawing(path)
    assert drawing.label is None
    assert [stroke.shape for stroke in drawing.strokes] == [(2, 2), (0, 2)]
    path.write_text("[]")
    with pytest.raises(DataError, match="holds 0 drawings; give a file with one"):
        read_drawing(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("hello", "holds no drawings"),
        ("[1]", r"Expected object, got int - at \$\[0\]"),
        ('[{"label": 10, "strokes": []}]', r"label"),
        ('[{"label": "7", "strokes": []}]', r"label"),
        ('[{"label": 7}]', "missing required field strokes"),
        ('[{"strokes": [[[1, 2, 3]]]}]', "length 2"),
        ('[{"strokes": [[[1, null]]]}]', "null"),
        ('[{"strokes": [[[1, 1e999]]]}]', "out of range"),
        ('[{"strokes": [[[1, NaN]]]}]', "malformed"),
        ('[{"strokes": [[', "truncated"),
        ('.SEGMENT DIGIT ? "8"\n.PEN_DOWN\n1 x\n', "line 3: '1 x'"),
        ('.SEGMENT DIGIT ? "8"\n.PEN_DOWN\n1 nan\n', "line 3"),
        (".PEN_DOWN\n1 2\n", "line 1"),
    ],
)
def test_bad_file_is_refused_with_a_reason(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "drawings"
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        read_drawings(path)


@given(
    st.one_of(
        st.binary(max_size=80), st.text(alphabet='[]{}"strokelabn:,.0123456789 ', max_size=80).map(str.encode)
    )
)
@settings(deadline=None)
def test_any_bytes_are_read_or_refused(tmp_path_factory: Any, content: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "drawings"
    path.write_bytes(content)
    with contextlib.suppress(DataError):
        drawings = read_drawings(path)
        assert all(np.isfinite(stroke).all() for each in drawings for stroke in each.strokes)
