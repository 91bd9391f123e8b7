"""What is particular to the compiled backend: fast-math, the cache, threads, and how images are prepared."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pytest

from backends.arrays import Parameters

pytest.importorskip("numba")

from backends import BackendError, get_backend
from backends.numba_backend import NumbaBackend, compiler, packing, threads, versions
from backends.numba_backend import kernels as numba_kernels
from backends.numba_backend.compiler import jit
from backends.numba_backend.ink import find_ink
from backends.numba_backend.predict import predict, predict_few
from backends.numba_backend.step import Step, prepare_step, step_settings
from backends.numba_backend.train import train
from backends.optimizers import SGD, AdamW, ExponentialMovingAverage, Nesterov
from engine.model.network import initial_parameters

PACKAGE = Path(compiler.__file__).parent
ROOT = PACKAGE.parent.parent


@jit
def find_ink_alone(step: Step, first: int, last: int) -> None:
    """`find_ink` can only be called by compiled functions."""
    find_ink(step, 0, first, last, 0)


@pytest.mark.parametrize("pixels", [5, 64, 100, 784])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_ink_is_found_and_transposed(pixels: int, dtype: Any) -> None:
    x = np.random.default_rng(0).integers(1, 256, (80, pixels)).astype(dtype)
    x[np.random.default_rng(1).random(x.shape) < 0.8] = 0
    x[1], x[2] = 0, 255
    order = np.random.default_rng(2).permutation(len(x))
    parameters = Parameters.zeros((pixels, 3))
    set_up = step_settings(SGD(), np.ones(1), 1, None)
    assert set_up is not None
    step = prepare_step(parameters, *set_up, x, np.zeros(80, int), order, 80, 1)
    if step.grey is not None:
        step.grey[:] = np.arange(256)
    first, last = 4, 79  # an odd number of images: the last one has a list of its own
    find_ink_alone(step, first, last)
    for n in range(first, last):
        mine, pair = x[order[n]], x[order[n - n % 2 : min(n - n % 2 + 2, last)]]
        found = step.pixels[n - n % 2, : step.counts[n - n % 2]]
        np.testing.assert_array_equal(found, np.flatnonzero(pair.any(axis=0)))
        np.testing.assert_array_equal(step.values[n, : len(found)], mine[found])
        word, bit = divmod(n - first, 64)
        np.testing.assert_array_equal(step.bits[0, word] >> np.uint64(bit) & np.uint64(1), mine != 0)


# Each size of network, batch and optimizer once or twice; 51 and 66 leave shares of one image, and of none.
@pytest.mark.parametrize(
    ("layer_sizes", "batch_size", "kind"),
    [
        ((30, 10), 40, SGD),
        ((30, 100, 7), 51, Nesterov),
        ((70, 64, 33, 10), 66, AdamW),
        ((70, 64, 33, 10), 199, SGD),
        ((784, 128, 64, 10), 66, Nesterov),
        ((784, 128, 64, 10), 51, AdamW),
    ],
)
def test_any_number_of_threads_gives_the_same_bits(
    layer_sizes: tuple[int, ...], batch_size: int, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backends.numba_backend.usable_cores", lambda: 3)
    random = np.random.default_rng(0)
    x = random.random((200, layer_sizes[0])).astype(np.float32)
    x[random.random(x.shape) < 0.8] = 0
    labels = random.integers(layer_sizes[-1], size=len(x))
    start = initial_parameters(layer_sizes, random)
    results = []
    for number in (1, 2, 3):
        parameters = start.copy()
        optimizer = SGD() if kind is SGD else kind(parameters, weight_decay=0.1)
        average = None if kind is SGD else ExponentialMovingAverage(parameters, 0.9)
        backend = NumbaBackend(number)
        loss = backend.train_minibatches(
            parameters, optimizer, x, labels, np.arange(200), batch_size, np.full(12, 0.02), average
        )
        kept = [*parameters.tensors(), *(average.parameters.tensors() if average else ())]
        results.append((loss, *kept, backend.predict_proba(parameters, x)))
    for other in results[1:]:
        for ours, true in zip(other, results[0], strict=True):
            np.testing.assert_array_equal(ours, true)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="threads are not held to cores here")
def test_a_team_leaves_the_cores_of_another_process_alone() -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert holder.stdout is not None
        taken = holder.stdout.readline().strip()
        if taken == "None":
            pytest.skip("another run of inkdigits holds the cores")
        together = Barrier(2)
        found: list[set[int]] = []

        def part(thread: int) -> None:
            together.wait()
            found.append(os.sched_getaffinity(0))
            together.wait()

        threads.run_team(part, 2)
    finally:
        holder.communicate("")
    held = [each for each in found if len(each) == 1 and len(os.sched_getaffinity(0)) > 1]
    assert len(found) == 2
    assert {int(taken)} not in held
    assert len({min(each) for each in held}) == len(held)  # and not the same core twice


HOLDING = """
import sys
from backends.numba_backend.threads import _hold_core
held, core = _hold_core()
print(core, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_layers_start_at_cache_lines(dtype: Any) -> None:
    layers = packing.pack(initial_parameters((784, 128, 64, 10), np.random.default_rng(0), dtype))
    assert all(each.ctypes.data % 64 == 0 and each.flags.c_contiguous for each in layers)
    assert layers[0].shape == (785, 128)


def test_a_thread_that_fails_ends_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_in_one(thread: int, *rest: Any) -> None:
        if thread == 1:
            raise ValueError("on purpose")
        train(thread, *rest)

    monkeypatch.setattr("backends.numba_backend.train", fail_in_one)
    monkeypatch.setattr("backends.numba_backend.usable_cores", lambda: 2)
    parameters = Parameters.zeros((4, 3))
    x, labels = np.ones((40, 4), np.float32), np.zeros(40, np.uint8)
    with pytest.raises(ValueError, match="on purpose"):
        get_backend("numba", threads=2).train_minibatches(
            parameters, SGD(), x, labels, np.arange(40), 40, np.ones(1)
        )


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.stem)
def test_views_are_taken_of_arguments_only(path: Path) -> None:
    """A view of an array that the function itself makes outlives it: Numba frees that too early."""
    for function in ast.walk(ast.parse(path.read_text())):
        if not isinstance(function, ast.FunctionDef):
            continue
        arguments = {argument.arg for argument in function.args.args}
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "view":
                root = call.args[0]
                while isinstance(root, ast.Subscript | ast.Attribute):
                    root = root.value
                assert isinstance(root, ast.Name)
                assert root.id in arguments, f"{function.name} takes a view of {root.id}"


def test_an_optimizer_of_ones_own_is_obeyed() -> None:
    class Still(SGD):
        def step(self, *args: Any) -> None:
            pass

    parameters = Parameters.zeros((4, 3))
    x, labels = np.ones((2, 4), np.float32), np.zeros(2, np.uint8)
    NumbaBackend().train_minibatches(parameters, Still(), x, labels, np.arange(2), 2, np.ones(1))
    assert not parameters.weights[0].any()


def test_divergence_is_not_hidden() -> None:
    """Fast-math may not assume that NaN never happens: a training run that diverges has to be seen."""
    backend = NumbaBackend()
    z = np.array([[np.nan, 1.0]], np.float32)
    assert np.isnan(backend.relu_forward(z)[0, 0])
    assert np.isnan(backend.softmax_forward(z)).all()
    loss, _ = backend.softmax_cross_entropy(z, np.array([1]))
    assert np.isnan(loss)


def test_warm_up_compiles_all_that_training_and_prediction_call() -> None:
    if not hasattr(train, "signatures"):
        pytest.skip("compilation is switched off by NUMBA_DISABLE_JIT")
    backend = NumbaBackend()
    layer_sizes = (12, 7, 5, 4)
    parameters = Parameters.zeros(layer_sizes)
    optimizers = (SGD(), Nesterov(parameters), AdamW(parameters))
    backend.warm_up(layer_sizes)
    for optimizer in optimizers:
        for average in (None, ExponentialMovingAverage(parameters, 0.9)):
            backend.warm_up(layer_sizes, np.float32, optimizer, average)
    assert [each.steps_taken for each in optimizers] == [0, 0, 0]
    before = [len(each.signatures) for each in (train, predict, predict_few)]
    for n in (3, 100):
        backend.predict_proba(parameters, np.zeros((n, 12), np.float32))
    images = backend.prepare_images(np.ones((3, 12), np.uint8), np.float32)
    labels = np.zeros(3, np.uint8)
    for optimizer in optimizers:
        for average in (None, ExponentialMovingAverage(parameters, 0.9)):
            backend.train_minibatches(
                parameters, optimizer, images, labels, np.arange(3), 2, np.ones(2), average
            )
    assert [len(each.signatures) for each in (train, predict, predict_few)] == before


COMPILING = """
from backends import get_backend
backend = get_backend("numba")
backend.notify = print
backend.warm_up((12, 7, 4))
"""


@pytest.mark.slow
def test_compilation_is_announced_once_and_a_warm_cache_says_nothing(tmp_path: Path) -> None:
    if not hasattr(train, "signatures"):
        pytest.skip("compilation is switched off by NUMBA_DISABLE_JIT")
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    said = [
        subprocess.run(
            [sys.executable, "-c", COMPILING],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    ]
    assert said == ["numba: compiling for this machine, once (some seconds)\n", ""]


def test_the_cache_knows_every_file_of_the_package() -> None:
    """Numba alone would keep machine code when a file changes that the compiled function only calls into."""
    if not hasattr(train, "signatures"):
        pytest.skip("compilation is switched off by NUMBA_DISABLE_JIT")
    for function in (train, predict, predict_few):
        assert function._cache._cache_file._source_stamp == compiler.SOURCE_STAMP
    assert len(compiler.SOURCE_STAMP) == len(list(PACKAGE.glob("*.py")))


def test_numba_is_one_that_was_tested() -> None:
    """A newer Numba: run the tests with it, then raise CEILING in versions.py and the bound in setup.cfg."""
    versions.check_numba(version("numba"))
    lowest, ceiling = (".".join(map(str, each)) for each in (versions.LOWEST, versions.CEILING))
    assert f"numba >= {lowest}, < {ceiling}\n" in (ROOT / "setup.cfg").read_text()


def test_another_numba_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda package: "0.70.1")
    for name in [each for each in sys.modules if each.startswith("backends.numba_backend")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(BackendError, match=r"numba 0\.70\.1 .* pip install 'numba>=0\.63,<0\.69'") as caught:
        get_backend("numba")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) <= 160


def test_same_names_as_the_reference() -> None:
    """Who reads one backend finds the same function in the other."""
    from backends.base import Backend

    source = Path(numba_kernels.__file__).read_text()
    for kernel in Backend.__abstractmethods__:
        assert f"\ndef {kernel}(" in source


def test_parameters_that_lie_otherwise_in_memory_are_read_all_the_same() -> None:
    """One digit is read by addresses, which holds only for what lies row by row."""
    random = np.random.default_rng(0)
    straight = Parameters(
        (random.normal(size=(12, 7)), random.normal(size=(7, 4))),
        (random.normal(size=7), random.normal(size=4)),
    )
    turned = Parameters(tuple(np.asfortranarray(w) for w in straight.weights), straight.biases)
    x = random.random((1, 12))
    backend = NumbaBackend()
    expected = backend.predict_proba(straight, x)
    np.testing.assert_allclose(backend.predict_proba(turned, x), expected, rtol=1e-12)
    straight.weights[0][:] *= 2  # training changes parameters in place, and the next answer must know
    assert (backend.predict_proba(straight, x) != expected).any()
