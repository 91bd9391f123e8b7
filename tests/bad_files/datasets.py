"""Data sets and checkpoints whose arrays are not what they should be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.bad_files.archives import archive, bad_archives, data
from tests.bad_files.cases import Bad, replaced, without


def bad_data() -> Iterator[Bad]:
    """Data sets that are refused."""
    arrays = data()
    yield from bad_archives(arrays, "x_train")
    images, labels = arrays["x_train"], arrays["y_train"]
    wrong_images = {
        "no axes": np.uint8(1),
        "one axis": images[0, 0],
        "four channels": np.zeros((4, 9, 9, 4)),
        "five axes": np.zeros((4, 1, 1, 9, 9)),
        "an empty axis": images[:, :0],
        "none": images[:0],
        "complex": images.astype(complex),
        "text": np.array(["a"] * 4),
        "dates": np.array([["2020-01-01"]] * 4, "M8[D]"),
        "records": np.zeros((4, 2), [("a", "i4")]),
        "void": np.zeros((4, 2), "V3"),
        "NaN": np.full((4, 28, 28), np.nan),
        "infinity": np.full((4, 28, 28), np.inf),
        "negative": images.astype(float) - 1e9,
        "above 1": images.astype(float),
        "above 255": images.astype(int) + 256,
        "fewer": images[:3],
        "huge": np.broadcast_to(np.uint8(0), (4, 1001, 1000)),
        "enormous numbers": np.full((4, 28, 28), 1e300),
        "a little above 1": np.full((4, 28, 28), 1.001),
        "text of numbers": np.full((4, 28, 28), "1"),
    }
    for name, value in wrong_images.items():
        yield Bad(f"images: {name}", archive({**arrays, "x_train": value}), "image|pixels|pictures|examples")
    wrong_labels = {
        "none": labels[:0],
        "one more": np.arange(5),
        "two axes": labels[:, None],
        "no axes": np.int64(1),
        "floats": labels.astype(float),
        "complex": labels.astype(complex),
        "dates": np.array(["2020-01-01"] * 4, "M8[D]"),
        "records": np.zeros(4, [("a", "i4")]),
        "long": np.array(["a" * 65] * 4),
        "escapes": np.array(["\x1b[2J", "a", "b", "c"]),
        "empty text": np.array(["", "a", "b", "c"]),
        "empty bytes": np.zeros(4, "S1"),
        "not ASCII": np.array([b"\xff"] * 4),
    }
    for name, value in wrong_labels.items():
        yield Bad(f"labels: {name}", archive({**arrays, "y_train": value}), "label|class|ascii")
    for name in ("x_test", "y_test"):
        yield Bad(f"{name} shorter", archive({**arrays, name: arrays[name][:1]}), "labels are")
    yield Bad("another size", archive({**arrays, "x_test": np.zeros((2, 784))}), "one size is needed")


COUNTERS: dict[str, Any] = {
    "format": "inkdigits-checkpoint 1",
    "run": {"seed": 0, "layer_sizes": [3, 2]},
    "resumed": 0,
    "epoch": 1,
    "seen": 0,
    "steps": 4,
    "loss_sum": 0.0,
    "seconds": 1.0,
    "optimizer_steps": 4,
    "average_steps": 0,
    "history": [{"epoch": 1, "train_loss": 0.5, "validation_accuracy": None, "seconds": 0.1}],
}
TENSORS = {
    "parameters.0": np.ones((3, 2), np.float32),
    "parameters.1": np.ones(2, np.float32),
    "memory0.0": np.zeros((3, 2), np.float32),
    "memory0.1": np.zeros(2, np.float32),
}


def checkpoint(counters: Any = COUNTERS, **tensors: Any) -> dict[str, Any]:
    """The arrays of a checkpoint."""
    return {"counters": np.frombuffer(json.dumps(counters).encode(), np.uint8), **TENSORS, **tensors}


def bad_checkpoints() -> Iterator[Bad]:
    """Checkpoints that are refused."""
    yield from bad_archives(checkpoint(), "parameters.0")
    for key, value in COUNTERS.items():
        yield Bad(f"without {key}", archive(checkpoint(without(COUNTERS, (key,)))), key)
        odd_values: list[Any] = [
            None,
            "x",
            -1 if isinstance(value, int) else True,
            [] if key == "run" else [[]],
        ]
        for odd in [*odd_values, 10**30]:
            if not (isinstance(value, float) and odd == 10**30):
                yield Bad(f"{key} = {odd!r:.9}", archive(checkpoint({**COUNTERS, key: odd})), key)
    for key in COUNTERS["history"][0]:
        other = replaced(COUNTERS, ("history", 0, key), "\x1b[2J")
        yield Bad(f"history {key}", archive(checkpoint(other)), key)
    for run in (
        {},
        {"seed": 1, "layer_sizes": [3, 2]},
        {"seed": "\x1b[2J" * 99},
        {**COUNTERS["run"], "x": 1},
    ):
        yield Bad(f"run {run!r:.20}", archive(checkpoint({**COUNTERS, "run": run})), "is of another run")
    yield Bad("an unknown counter", archive(checkpoint({**COUNTERS, "code": "import os"})), "unknown field")
    deep = np.frombuffer(b'{"run":' + b"[" * 100_000, np.uint8)
    yield Bad("deep", archive({**checkpoint(), "counters": deep}), "nested too deeply|malformed|Expected")
    for name, array in TENSORS.items():
        for what, value in {
            "NaN": np.full_like(array, np.nan),
            "infinity": np.full_like(array, np.inf),
            "float64": array.astype(float),
            "another shape": np.ones(7, np.float32),
            "text": np.array(["\x1b"]),
        }.items():
            yield Bad(f"{name}, {what}", archive(checkpoint(**{name: value})), f"damaged: {name}")
