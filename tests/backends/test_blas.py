"""BLAS has as many threads as the backend that computes, and afterwards as many as before."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from backends.arrays import Array, Parameters
from backends.blas import BlasThreads, each_with_threads
from backends.numpy_backend import NumpyBackend
from backends.optimizers import SGD
from engine.data.datasets import Dataset
from engine.training.options import TrainingOptions
from engine.training.trainer import Training

CONTROLLER = ThreadpoolController().select(user_api="blas")
CALLERS = 2  # threads of BLAS that these tests' caller has

pytestmark = pytest.mark.skipif(not CONTROLLER.lib_controllers, reason="threadpoolctl knows no BLAS here")


def blas() -> int:
    """How many threads BLAS has."""
    number: int = CONTROLLER.lib_controllers[0].num_threads
    return number


@pytest.fixture(autouse=True)
def caller() -> Iterator[None]:
    """A program in which BLAS has several threads; they are the same after each test."""
    with threadpool_limits(CALLERS, "blas"):
        yield
        assert blas() == CALLERS


class Watched(NumpyBackend):
    """Remembers with how many threads of BLAS each product was computed."""

    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads)
        self.seen: set[int] = set()

    def dense_forward(self, x: Array, w: Array, b: Array) -> Array:
        self.seen.add(blas())
        return super().dense_forward(x, w, b)


def training(tiny: Dataset, threads: int = 1, **options: Any) -> Training:
    chosen = TrainingOptions.checked(**{"hidden": [40], "epochs": 1, "batch_size": 50, **options})
    return Training(tiny, chosen, Watched(threads))


def seen(run: Training) -> set[int]:
    backend = run.network.backend
    assert isinstance(backend, Watched)
    return backend.seen


def at_once(*tasks: Callable[[], Any]) -> None:
    """Run tasks at the same time; raises what any of them raises."""
    errors: list[BaseException] = []

    def guarded(task: Callable[[], Any]) -> None:
        try:
            task()
        except BaseException as error:  # shown below
            errors.append(error)

    workers = [threading.Thread(target=guarded, args=(task,), daemon=True) for task in tasks]
    for each in workers:
        each.start()
    for each in workers:
        each.join(60)
        assert not each.is_alive(), "they wait for each other"
    assert not errors, errors


@pytest.mark.parametrize("threads", [1, 3])
def test_every_composition_has_the_backends_threads(threads: int) -> None:
    backend, parameters = Watched(threads), Parameters.zeros((6, 5, 4))
    x, labels = np.zeros((3, 6), np.float32), np.zeros(3, int)
    for call in (
        lambda: backend.forward(parameters, x),
        lambda: backend.predict_proba(parameters, x),
        lambda: backend.predict_images(parameters, x),
        lambda: backend.loss_and_gradients(parameters, x, labels),
        lambda: backend.train_minibatches(parameters, SGD(), x, labels, np.arange(3), 2, np.ones(2)),
    ):
        call()
        assert backend.seen == {threads}
        assert blas() == CALLERS
        backend.seen.clear()


def test_it_is_given_back_where_a_call_fails() -> None:
    with pytest.raises(ValueError, match="x has shape"):
        NumpyBackend().predict_proba(Parameters.zeros((6, 4)), np.zeros((1, 5), np.float32))
    assert blas() == CALLERS


def test_a_training_that_pauses_leaves_blas_to_others(tiny: Dataset) -> None:
    run = training(tiny)
    for _ in run.run():
        assert blas() == CALLERS
    run.test()
    assert seen(run) == {1}


def test_trainings_in_turn_have_each_its_own_threads(tiny: Dataset) -> None:
    """As generators in one thread: neither the first to begin nor the first to end disturbs the other."""
    one, three = training(tiny), training(tiny, threads=3, epochs=2)
    for _ in zip(one.run(), three.run(), strict=False):
        assert blas() == CALLERS
    for _ in three.run():
        pass
    assert (seen(one), seen(three)) == ({1}, {3})


def test_trainings_at_once_have_each_its_own_threads(tiny: Dataset) -> None:
    runs = [training(tiny, threads, epochs=2) for threads in (1, 1, 3)]
    at_once(*(lambda run=run: list(run.run()) for run in runs))
    assert [seen(run) for run in runs] == [{1}, {1}, {3}]


def test_same_seed_same_bits_beside_a_neighbour(tiny: Dataset) -> None:
    """A neighbour that multiplies with as many threads as it likes, and another training."""
    alone = training(tiny)
    list(alone.run())
    beside, other = training(tiny), training(tiny, threads=2, seed=1)
    wide = np.ones((300, 300), np.float32)
    at_once(lambda: list(beside.run()), lambda: list(other.run()), lambda: [wide @ wide for _ in range(20)])
    assert beside.network.parameters == alone.network.parameters


def test_predictions_from_many_threads_have_the_backends_threads() -> None:
    backend, parameters = Watched(), Parameters.zeros((6, 5, 4))
    x = np.zeros((3, 6), np.float32)
    at_once(*(lambda: [backend.predict_proba(parameters, x) for _ in range(50)] for _ in range(12)))
    assert backend.seen == {1}


def test_the_number_outside_is_kept_inside() -> None:
    """A backend that is used by another's computation must not wait for it."""
    with BlasThreads(3):
        with BlasThreads(1):
            assert blas() == 3
        assert blas() == 3


def test_nobody_overtakes_one_who_waits() -> None:
    """Two threads that take turns without a gap must let a third in, who needs another number."""
    let_in = threading.Event()
    deadline = time.monotonic() + 5

    def go_on() -> None:
        while not let_in.is_set():
            assert time.monotonic() < deadline, "the third never has its turn"
            with BlasThreads(1):
                time.sleep(0.01)

    def get_in() -> None:
        with BlasThreads(3):
            assert blas() == 3
            let_in.set()

    at_once(go_on, go_on, go_on, get_in)


def test_items_are_made_with_threads_and_handed_on_without() -> None:
    made = (blas() for _ in range(3))
    for number in each_with_threads(made, 3):
        assert (number, blas()) == (3, CALLERS)


# ---- Forks -------------------------------------------------------------------------------------------


@contextmanager
def child(task: Callable[[], bool]) -> Iterator[None]:
    """Fork, and see that the task is true in the child, and ends."""
    number = os.fork()
    if number == 0:
        signal.alarm(20)  # a child that hangs is killed
        try:
            os._exit(0 if task() else 1)
        finally:
            os._exit(2)
    yield
    assert os.waitpid(number, 0)[1] == 0


def predict_with(threads: int) -> bool:
    backend, parameters = Watched(threads), Parameters.zeros((300, 300))
    backend.predict_proba(parameters, np.ones((300, 300), np.float32))
    return backend.seen == {threads} and blas() == CALLERS


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


@needs_fork
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")  # from Python 3.12 on
@pytest.mark.parametrize("threads", [1, 2])
def test_a_process_forks_while_its_threads_compute(threads: int) -> None:
    """Without waiting, OpenBLAS hangs at once where it has two threads, in the parent or in the child."""
    ended = threading.Event()
    backend, parameters = NumpyBackend(threads), Parameters.zeros((300, 300))
    x = np.ones((300, 300), np.float32)

    def go_on() -> None:
        while not ended.is_set():
            backend.predict_proba(parameters, x)

    def fork() -> None:
        try:
            for _ in range(5):
                with child(lambda: predict_with(2)):
                    pass
        finally:
            ended.set()

    at_once(go_on, go_on, fork)


@needs_fork
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_child_has_the_callers_threads_and_its_own_turn() -> None:
    """Whoever computed in the parent as it forked is gone in the child, and nobody waits for them there."""
    begun, ended = threading.Event(), threading.Event()

    def hold() -> None:
        with BlasThreads(1):
            begun.set()
            assert ended.wait(60)

    def fork() -> None:
        assert begun.wait(60)
        try:
            with child(lambda: blas() == CALLERS and predict_with(3)):
                pass
        finally:
            ended.set()

    at_once(hold, fork)


@needs_fork
def test_one_who_computes_may_fork() -> None:
    with BlasThreads(3), child(lambda: blas() == 3):
        assert blas() == 3
