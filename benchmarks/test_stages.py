"""Where an epoch of the Numba backend goes: each stage of a training step alone, on one batch of 64.

A round does the stage 938 times, as often as an epoch of 60,000 digits does; the ink is looked for in as many
different batches. Softmax and loss are no stage of their own. Run the whole file: the first stage finds the
ink that the others work on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backends import Backend
from backends.arrays import Parameters, scale_pixels
from engine.data.datasets import Examples

pytest.importorskip("numba")

from backends.numba_backend import dense, ink
from backends.numba_backend.compiler import jit
from backends.numba_backend.step import Step, prepare_step, step_settings
from backends.optimizers import SGD

BATCH, STEPS = 64, 938


@jit
def find_ink(times: int, step: Step) -> None:
    for n in range(times - 1, -1, -1):  # the first batch last: the other stages work on its ink
        ink.find_ink(step, n * BATCH, 0, min(BATCH, len(step.order) - n * BATCH), 0)


@jit
def first_layer_forward(times: int, step: Step) -> None:
    for _ in range(times):
        ink.ink_layer_forward(step, BATCH, 0, step.w[0].shape[1])


@jit
def other_layers_forward(times: int, step: Step) -> None:
    for _ in range(times):
        dense.dense_layers_forward(step.w, step.a, 0, BATCH)


@jit
def other_layers_backward(times: int, step: Step) -> None:
    for _ in range(times):
        dense.dense_layers_backward(step, 0, BATCH, True)


@jit
def other_layers_update(times: int, step: Step) -> None:
    for _ in range(times):
        dense.dense_layers_update(step, step.settings[0], BATCH, 0, 1, True)


@jit
def first_layer_update(times: int, step: Step) -> None:
    for _ in range(times):
        ink.ink_layer_update(step, step.settings[0], 0, BATCH, BATCH, 0, step.w[0].shape[1])


STAGES = [
    find_ink,
    first_layer_forward,
    other_layers_forward,
    other_layers_backward,
    other_layers_update,
    first_layer_update,
]


@pytest.fixture(scope="module")
def step(digits: Examples, parameters: Parameters, compiled: Backend) -> Step:
    """The arrays of a training step, after a first one that is checked."""
    x = digits.images.reshape(len(digits), -1)
    order = np.random.default_rng(0).permutation(len(digits))
    set_up = step_settings(SGD(), np.full(1, 1e-9), 1, None)  # the weights hardly move
    assert set_up is not None
    step = prepare_step(parameters, *set_up, x, digits.labels, order, BATCH, 1)
    w, a, dz = step.w, step.a, step.dz
    dz[-1][:, :10] = np.random.default_rng(1).normal(size=(BATCH, 10))
    for stage in STAGES:
        stage(1, step)

    inputs, z = compiled.forward(parameters, scale_pixels(x[order[:BATCH]], np.float32))
    np.testing.assert_allclose(a[-1][:, :10], z[-1], rtol=1e-4, atol=1e-4)
    da = compiled.dense_backward_input(np.ascontiguousarray(dz[1]), parameters.weights[1])
    np.testing.assert_allclose(dz[0], compiled.relu_backward(da, z[0]), rtol=1e-4, atol=1e-4)
    dw = inputs[0].T @ dz[0]
    step.settings["rate"] = 1
    first_layer_update(1, step)
    np.testing.assert_allclose(parameters.weights[0] - w[0][:-1], dw, rtol=1e-3, atol=1e-3)
    step.settings["rate"] = 1e-9
    return step


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_stage(benchmark: Any, step: Step, stage: Any) -> None:
    benchmark.group = "an epoch at batch 64, stage by stage"
    benchmark.pedantic(stage, (STEPS, step), rounds=9, warmup_rounds=1)
