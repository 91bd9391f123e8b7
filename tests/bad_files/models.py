"""Models that are damaged, and models that are whole but wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.bad_files.cases import Bad, Place, any_text, replaced, without

MODEL: dict[str, Any] = {
    "format": "inkdigits-model",
    "version": 1,
    "layer_sizes": [3, 2, 10],
    "activations": ["relu", "softmax"],
    "dtype": "float32",
    "card": {
        "training": {"writers": [1]},
        "accuracy": {"test": 0.9, "test_examples": 10},
        "preprocessing": {"id": "mnist-box20-mass-pen2.25", "version": 1},
        "decision": {"temperature": 1.0, "accept_threshold": 0.5, "pair_threshold": 0.1},
        "classes": list("0123456789"),
    },
    "layers": [
        {"weights": [[0.5, -0.5]] * 3, "biases": [0.0, 0.1]},
        {"weights": [[0.1] * 10] * 2, "biases": [0.0] * 10},
    ],
}
ODD: list[Any] = [None, True, "x", -1, 3.5, [], {}, 10**30, [[]], "\x1b[2J"]


def bad_models() -> Iterator[Bad]:
    """Models that are refused."""
    places: list[Place] = [
        ("format",),
        ("version",),
        ("layer_sizes",),
        ("layer_sizes", 1),
        ("activations",),
        ("activations", 0),
        ("dtype",),
        ("card",),
        ("card", "preprocessing"),
        ("card", "preprocessing", "id"),
        ("card", "preprocessing", "version"),
        ("card", "decision", "temperature"),
        ("card", "decision", "accept_threshold"),
        ("card", "decision", "pair_threshold"),
        ("card", "accuracy", "test"),
        ("card", "classes"),
        ("card", "classes", 3),
        ("card", "training"),
        ("layers",),
        ("layers", 0),
        ("layers", 0, "weights"),
        ("layers", 0, "weights", 1),
        ("layers", 0, "weights", 1, 1),
        ("layers", 1, "biases"),
        ("layers", 1, "biases", 9),
    ]
    allowed: dict[Place, list[Any]] = {  # values that are right there
        ("card", "training"): [{}],
        ("card", "classes"): [None],
        ("card", "classes", 3): ["x"],
        ("card", "accuracy", "test"): [None, []],
        ("card", "decision", "temperature"): [3.5],
    }
    for place in places:
        for value in ODD:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            small = number and place[0] == "layers" and place[-1] in (1, 9) and place[-2] != "weights"
            if (
                value in allowed.get(place, [])
                or (small and value != 10**30)
                or (number and place[-2:] == (1, 1))
            ):
                continue
            content = json.dumps(replaced(MODEL, place, value)).encode()
            yield Bad(f"{place} = {value!r:.20}", content, str(place[0]) if len(place) < 3 else str(place[1]))
    for place in [(key,) for key in MODEL] + [("card", "preprocessing"), ("layers", 0, "biases")]:
        content = json.dumps(without(MODEL, place)).encode()
        yield Bad(f"without {place}", content, str(place[-1]))
    for accuracy in (37.5, -1e300, 10**400, "0.9"):
        content = json.dumps(replaced(MODEL, ("card", "accuracy", "test"), accuracy)).encode()
        yield Bad(f"accuracy {accuracy!r:.9}", content, "accuracy|out of range")
    for temperature in (1e-300, 0, -1, 1e300, 0.01):
        content = json.dumps(replaced(MODEL, ("card", "decision", "temperature"), temperature)).encode()
        yield Bad(f"temperature {temperature}", content, "temperature")
    for weight in (3e38, -3e38, 1e31, 1e300, -1e300):
        content = json.dumps(replaced(MODEL, ("layers", 0, "weights", 1), [weight, 0.0])).encode()
        yield Bad(f"weight {weight}", content, r"layers\[0\].*(may give NaN|too large for float32)")
    for outputs in (1, 2, 9, 11, 1000):
        layers = [MODEL["layers"][0], {"weights": [[0.1] * outputs] * 2, "biases": [0.0] * outputs}]
        other = {**MODEL, "layer_sizes": [3, 2, outputs], "layers": layers}
        yield Bad(f"{outputs} outputs", json.dumps(other).encode(), f"{outputs} are needed|one output")
        unnamed = replaced(other, ("card", "classes"), None)
        yield Bad(f"{outputs} outputs, unnamed", json.dumps(unnamed).encode(), f"there are {outputs} outputs")
    text = json.dumps(MODEL)
    for key in ("format", "version", "card", "training", "temperature", "classes", "weights", "biases", "id"):
        twice = text.replace(f'"{key}":', f'"{key}": 1, "{key}":', 1)
        yield Bad(f"{key} twice", twice.encode(), f"{key}|layers")
    for key in ("layer_sizes", "accuracy", "writers"):
        twice = text.replace(f'"{key}":', f'"{key}": [3, 2, 10], "{key}":', 1)
        yield Bad(
            f"{key} twice", twice.replace('[3, 2, 10], "acc', '{}, "acc').encode(), f"'{key}' stands twice"
        )
    for opened in ("[", '{"a":', "[["):
        for where in ("training", "accuracy", "layers", "version"):
            deep = text.replace(f'"{where}": ', f'"{where}": {opened * 100_000}', 1).encode()
            yield Bad(f"{opened} in {where}, deep", deep, "nested too deeply|Expected|malformed")
    yield from any_text(text.encode(), "not a model file")
    yield Bad(
        "a large card", text.replace('"x"', '"y"').replace("writers", "w" * 2**20).encode(), "card is larger"
    )
    yield Bad(
        "sizes of 10^6", json.dumps({**MODEL, "layer_sizes": [10**6, 10**6, 10]}).encode(), "parameters"
    )
    empty = text.replace('"layers": [', '"layers": [' + "[]," * 9000, 1).encode()
    yield Bad("9,000 empty lists", empty, "layers has more than the 38 numbers")
    flood = text.replace('"layers": ', '"layers": [' + "[]," * 9000 + "0]+", 1).encode()
    yield Bad("a flood of lists", flood, "malformed|more than")
