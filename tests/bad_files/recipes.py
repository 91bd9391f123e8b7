"""Recipes that cannot be followed, or say what nobody means."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from engine.augmentation.images import ImageAugmentation
from engine.augmentation.strokes import StrokeAugmentation
from tests.bad_files.cases import Bad, Place, replaced, written

RECIPE: dict[str, Any] = {
    "non_digit_weight": 0.2,
    "non_digits": 100,
    "decision": {"temperature": 1.0, "accept_threshold": 0.5, "pair_threshold": 0.1},
    "training": {"optimizer": "adamw", "batch_size": 10, "hidden": [4]},
    "stages": [
        {
            "blocks": 2,
            "block_size": 50,
            "epochs": 1,
            "mixture": {"images": 1, "drawings": 1, "non_digits": 1},
            "images": {"rotation": 0.1},
            "strokes": {"rotation": 0.1},
        }
    ],
}
IMAGES = ImageAugmentation.__struct_fields__
STROKES = StrokeAugmentation.__struct_fields__


def toml(value: Any) -> bytes:
    """A document as TOML, on one line for each of its keys."""
    return "".join(f"{key} = {_inline(each)}\n" for key, each in value.items()).encode()


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_inline(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value) if isinstance(value, str | bool) else str(value)


def bad_recipes() -> Iterator[Bad]:
    """Recipes that are refused."""

    def at(place: Place, *values: Any) -> Iterator[Bad]:
        for value in values:
            yield Bad(f"{place} = {value!r:.20}", toml(replaced(RECIPE, place, value)), written(place)[2:])

    for field in IMAGES:
        yield from at(("stages", 0, "images", field), -0.1, 99.0, "x", float("nan"))
    for field in STROKES:
        yield from at(("stages", 0, "strokes", field), -0.1, 99.0, "x", float("inf"))
    for field in ("images", "drawings", "non_digits"):
        yield from at(("stages", 0, "mixture", field), -1, 0.5, 10**9)
    for field in ("blocks", "block_size", "epochs"):
        yield from at(("stages", 0, field), 0, -1, 10**12, 1.5, "x", [])
    yield from at(("stages", 0, "mixture"), {"images": 0}, 1)
    yield from at(("non_digits",), 0, -1, 10**9)
    yield from at(("non_digit_weight",), -1.0, 1e9, float("nan"))
    for field in ("temperature", "accept_threshold", "pair_threshold"):
        yield from at(("decision", field), -1.0, 1e300, "x")
    for field, values in {
        "hidden": (0, [0], [10**9], [[1]], [1] * 99),
        "batch_size": (0, -1, 10**30),
        "optimizer": ("adam", 1),
        "learning_rate": (0, -1.0, float("nan"), "x"),
        "momentum": (1.0, -0.1),
        "weight_decay": (-1.0, float("inf")),
        "schedule": ("linear",),
        "warm_up": (1.0, -1.0),
        "ema_decay": (1.0,),
        "validation": (1.0, 2),
        "seed": (-1, 2**63, 10**400),
        "epochs": (1,),
    }.items():
        yield from at(("training", field), *values)
    yield from at(("training",), 1, [])
    yield from at(("stages",), [], 1, [1])
    yield Bad("too many epochs", toml(replaced(RECIPE, ("stages", 0, "epochs"), 999_999)), "epochs together")
    for low, high in ((3.0, 2.0), (9.0, 1.0)):
        crossed = replaced(RECIPE, ("stages", 0, "strokes"), {"pen_low": low, "pen_high": high})
        yield Bad(f"pens {low} {high}", toml(crossed), "pen_low . is above pen_high")
    for name in ("cls", "self", "code", "\x1b[2J", "a b"):
        for place in ((), ("training",), ("stages", 0), ("stages", 0, "images"), ("decision",)):
            content = (
                toml(replaced(RECIPE, (*place, name) if place else (name,), 1))
                if place
                else b"x" + name.encode()
            )
            yield Bad(f"unknown {place} {name!r}", content, r"unknown field|no option|Expected|Invalid")
    text = toml(RECIPE)
    for name, content in {
        "not UTF-8": b"\xff" + text,
        "a key twice": text + b"non_digits = 1\n",
        "deep": b"a = " + b"[" * 5000,
        "deep, in lines": b"a = [\n" + b"[\n" * 5000,
        "a control character": text + b"\x1b",
        "cut": text[:-5],
        "JSON": json.dumps(RECIPE).encode(),
        "empty": b"",
    }.items():
        yield Bad(name, content, "is not a recipe|is empty")
    yield Bad("a dotted key", b"a." * 100_000 + b"b = 1", "line 1 has more than 40 dots")
    yield Bad("many dots", b"a.b.c = 1\n" * 20_000, "more than 20,000 dots")
