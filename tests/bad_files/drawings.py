"""Files of drawings, JSON and UNIPEN, that hold what is no drawing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.bad_files.cases import Bad, Place, any_text, replaced, written

DRAWINGS: list[dict[str, Any]] = [
    {"label": 7, "writer": 1, "strokes": [[[0, 0], [2, 0], [1, 3]]]},
    {"label": None, "writer": "b", "strokes": [[[0, 0], [0, 3]], [[1, 1]]]},
]
UNIPEN = ['.SEGMENT DIGIT ? "8"', ".COMMENT 8 12 93", ".PEN_DOWN", "1 2", "3 4", ".PEN_UP"]


def bad_drawings() -> Iterator[Bad]:
    """Drawings that are refused."""
    wrong: dict[Place, list[Any]] = {
        (0,): [None, True, "x", -1, 3.5, [], [[]], {}, "\x1b[2J"],
        (0, "strokes"): [None, True, "x", -1, 3.5, {}, [1], ["x"], [None], [{}]],
        (0, "strokes", 0): [None, True, "x", -1, 3.5, {}, [1], ["x"], [None], [{}], [[]]],
        (0, "strokes", 0, 1): [None, True, "x", 1, {}, [], [1], [1, 2, 3], [[1, 2]], ["1", "2"]],
        (0, "strokes", 0, 1, 0): [None, True, "1", [], {}, 1e308, -1e308, 1e13, 10**400, "\x1b"],
        (1, "strokes", 0, 1, 1): [None, False, "x", [1], {}, 1e308, -1e308, 2e12, 10**20, "NaN"],
        (0, "label"): [10, -1, 3.5, "7", True, [], {}, 10**30],
        (1, "label"): [255, -7, 0.1, "x", False, [1], {"a": 1}],
        (0, "writer"): [3.5, True, [], {}, 10**30, "w" * 101],
        (1, "writer"): [0.5, False, [1], {"a": 1}, -(10**30), "\x1b" * 200],
    }
    for place, values in wrong.items():
        for value in values:
            content = json.dumps(replaced(DRAWINGS, place, value)).encode()
            message = "strokes|Expected" if len(place) == 1 else rf"{written(place[:2])}|out of range"
            yield Bad(f"{place} = {value!r:.20}", content, message)
    text = json.dumps(DRAWINGS)
    for name in ("NaN", "Infinity", "1e999", "-1e999", "01", "0x1", "+1", ".5", "1.", "--1", "1e"):
        yield Bad(name, text.replace("[2, 0]", f"[{name}, 0]", 1).encode(), "malformed|out of range|Expected")
    for opened in ("[", '{"a":', "[{"):
        yield Bad(
            f"{opened}, deep",
            (text[:-1] + ', {"x": ' + opened * 100_000).encode(),
            "nested too deeply|malformed",
        )
    yield from any_text(text.encode(), "drawings")
    yield Bad(
        "a million points", b'[{"strokes": [' + b"[]," * 1_000_001 + b"[]]}]", "more than 1,000,000 points"
    )
    for number, lines in {
        4: ["1 x", "x 1", "1 nan", "inf 1", "1 1e308", "-1e13 0", "1 \x1b[2J", "1 0x1", "1 1,5", "- -"],
        1: [
            '.SEGMENT DIGIT ? "12"',
            '.SEGMENT DIGIT ? "²"',
            f'.SEGMENT DIGIT ? "{"9" * 5000}"',
            '.SEGMENT D "10"',
        ],
        2: [
            ".COMMENT 10 1 1",
            ".COMMENT ² 1 1",
            ".COMMENT 1 ² 1",
            f".COMMENT 1 {'9' * 30} 1",
            ".COMMENT 99 9 9",
        ],
    }.items():
        for line in lines:
            other = [*UNIPEN[: number - 1], line, *UNIPEN[number:]]
            yield Bad(f"line {number} {line!r:.20}", "\n".join(other).encode(), rf"line {number}: .*UNIPEN")
    yield Bad("a point first", b".PEN_DOWN\n1 2\n", "line 1: ")
    yield Bad("a million lines", b".PEN_DOWN\n" + b"\n" * 1_000_001, "more than 1,000,000 lines")
    for content in (b"hello", b" ", b"\n\n", b".SEGMENT", b"PK", b"%PDF-1.4", b"<svg/>"):
        yield Bad(f"{content!r}", content, "holds no drawings")
