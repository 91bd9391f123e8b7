"""Where an epoch of the Numba backend goes: each stage of a training step alone, on one batch of 64.

A round does the stage 938 times, as often as an epoch of 60,000 digits does; the ink is looked for in as many
different batches. Softmax and loss are no stage of their own. Run the whole file: the first stage finds the
ink that the others work on.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from backends import Backend
from backends.arrays import Array, Parameters, scale_pixels
from engine.data.datasets import Examples

pytest.importorskip("numba")

from backends import numba_backend as ours
from backends.numba_backend import fused
from backends.numba_backend.kernels import jit
from backends.numba_backend.simd import view
from backends.optimizers import SGD

BATCH, STEPS = 64, 938


class Step(NamedTuple):
    """The arrays of a training step, as `NumbaBackend.train_minibatches` lays them out."""

    x: Array
    grey: Array
    order: Array
    ink: tuple[Array, Array, Array]
    bits: Array
    w: tuple[Array, ...]
    layers: tuple[tuple[Array, ...], ...]
    turned: tuple[Array, ...]
    a: tuple[Array, ...]
    dz: tuple[Array, ...]
    rules: Array


@jit
def find_ink(times: int, s: Step) -> None:
    for step in range(times - 1, -1, -1):  # the first batch last: the other stages work on its ink
        fused.find_ink(
            s.x, s.grey, s.order, step * BATCH, 0, min(BATCH, len(s.order) - step * BATCH), s.ink, s.bits[0]
        )


@jit
def first_layer_forward(times: int, s: Step) -> None:
    for _ in range(times):
        fused.ink_layer_forward(s.ink, BATCH, s.w[0], s.a[0], 0, s.w[0].shape[1], True)


@jit
def other_layers_forward(times: int, s: Step) -> None:
    for _ in range(times):
        fused.dense_layers_forward(s.w, s.a, 0, BATCH)


@jit
def other_layers_backward(times: int, s: Step) -> None:
    for _ in range(times):
        fused.dense_layers_backward(s.w, s.turned, s.a, s.dz, 0, BATCH, True)


@jit
def other_layers_update(times: int, s: Step) -> None:
    rule = view(s.rules)
    for _ in range(times):
        fused.dense_layers_update(rule, s.w, s.layers, s.turned, s.a, s.dz, BATCH, 0, 1, True)


@jit
def first_layer_update(times: int, s: Step) -> None:
    rule = view(s.rules)
    for _ in range(times):
        fused.ink_layer_update(
            rule, s.layers[0], s.x, s.grey, s.order[:BATCH], s.ink, BATCH, s.bits, s.dz[0], 0, s.w[0].shape[1]
        )


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
    w = ours._pack(parameters)
    a, dz = (tuple(ours._zeros((BATCH, each.shape[1]), np.float32) for each in w) for _ in range(2))
    ink = ours._ink_scratch(BATCH, x.shape[1], np.float32)
    bits = np.zeros((1, 1, x.shape[1]), np.uint64)
    ruled = ours._rules(fused, SGD(), np.full(1, 1e-9), 1, None)  # the weights hardly move
    assert ruled is not None
    layers = tuple((each, each, each, each) for each in w)  # plain SGD has no memory: it is not looked at
    grey = ours.GREY.astype(np.float32)
    arrays = Step(x, grey, order, ink, bits, w, layers, ours._turned(w), a, dz, ruled[0])
    dz[-1][:, :10] = np.random.default_rng(1).normal(size=(BATCH, 10))
    for stage in STAGES:
        stage(1, arrays)

    inputs, z = compiled.forward(parameters, scale_pixels(x[order[:BATCH]], np.float32))
    np.testing.assert_allclose(a[-1][:, :10], z[-1], rtol=1e-4, atol=1e-4)
    da = compiled.dense_backward_input(np.ascontiguousarray(dz[1]), parameters.weights[1])
    np.testing.assert_allclose(dz[0], compiled.relu_backward(da, z[0]), rtol=1e-4, atol=1e-4)
    dw = inputs[0].T @ dz[0]
    arrays.rules[0, fused.RATE] = 1
    first_layer_update(1, arrays)
    np.testing.assert_allclose(parameters.weights[0] - w[0][:-1], dw, rtol=1e-3, atol=1e-3)
    arrays.rules[0, fused.RATE] = 1e-9
    return arrays


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_stage(benchmark: Any, step: Step, stage: Any) -> None:
    benchmark.group = "an epoch at batch 64, stage by stage"
    benchmark.pedantic(stage, (STEPS, step), rounds=9, warmup_rounds=1)
