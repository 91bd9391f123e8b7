"""How a backend behaves, whatever it computes: one check for each promise of the contract.

A result depends on the arguments alone: not on earlier calls, on other threads or on the size of the batch.
Where possible a check compares a backend with itself, so that one wrong formula does not fail them all.
"""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import numpy as np
import numpy.typing as npt

from backends.arrays import Array, Parameters, scale_pixels
from backends.base import Backend
from backends.conformance import cases
from backends.conformance.cases import REFERENCE, Case, every_case, function_of, network_case, normal, of_size
from backends.conformance.checks import clause
from backends.conformance.comparison import RESULTS, MismatchError, about, agree, close, leaves
from backends.conformance.run import NewOptimizer, Run, rates
from backends.errors import describe
from backends.optimizers import SGD, AdamW, ExponentialMovingAverage, Nesterov

SMALL = (7, 5, 3)  # layer sizes
SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 32, 33, 64, 65, 128, 129, 256, 257, 300, 513, 1025)
WIDTHS = (1, 2, 8, 9, 16, 17, 33, 65, 129, 256, 257, 300, 513, 1025)
WHOLE_TEST_SET = 10_000
THREADS, ROUNDS = 4, 5


# ---- How it is made -----------------------------------------------------------------------------


@clause
def check_name(backend: Backend, dtype: npt.DTypeLike) -> None:
    """The name is one printable word: it is typed on command lines and written into model files."""
    name = getattr(backend, "name", None)
    if not isinstance(name, str) or not name.isprintable() or len(name.split()) != 1:
        kind = type(backend).__name__
        raise MismatchError(f"{kind}.name is {name!r:.40}, expected one word: name = 'mine' in the class")


@clause
def check_construction(backend: Backend, dtype: npt.DTypeLike) -> None:
    """A backend is made with one argument, ``threads``, which may be left out."""
    kind = type(backend)
    arguments: dict[str, int]
    for arguments in ({}, {"threads": 1}):
        try:
            kind(**arguments)
        except Exception as error:
            call = f"{kind.__name__}({'threads=1' if arguments else ''})"
            problem = f"{call} raises {describe(error, 90)}"
            raise MismatchError(f"{problem}; expected: made with one argument, threads") from error


@clause
def check_threads(backend: Backend, dtype: npt.DTypeLike) -> None:
    """``threads`` is kept, and two threads compute what one computes."""
    try:
        two = type(backend)(threads=2)
    except Exception:
        return  # `check_construction` says so
    kept, kind = getattr(two, "threads", None), type(backend).__name__
    if kept != 2:
        cause = f"{kind}.__init__ does not call super().__init__(threads)"
        raise MismatchError(f"{kind}(threads=2).threads is {kept}, expected 2", cause=cause)
    parameters, images, labels = network_case(SMALL, 150, dtype)
    x = scale_pixels(images, dtype)
    with about("predict_proba with two threads and with one"):
        close(two.predict_proba(parameters, x), backend.predict_proba(parameters, x), dtype)
    with about("train_minibatches with two threads and with one"):
        runs = Run(two, parameters), Run(backend, parameters)
        for run in runs:
            run.prepare(images, labels)
            run.train(np.arange(150), 75, rates(2))
        runs[0].agree(runs[1])


@clause
def check_warm_up(backend: Backend, dtype: npt.DTypeLike) -> None:
    """It takes layer sizes, a dtype, an optimizer and its average, and changes no later result."""
    parameters, images, _ = network_case(SMALL, 3, dtype)
    x = scale_pixels(images, dtype)
    before = backend.predict_proba(parameters, x)
    for optimizer, average in ((None, None), (SGD(), ExponentialMovingAverage(parameters, 0.9))):
        with about(f"predict_proba after warm_up({SMALL}, {optimizer}, {average})"):
            backend.warm_up(SMALL, dtype, optimizer, average)
            close(backend.predict_proba(parameters, x), before, dtype)


@clause
def check_pickling(backend: Backend, dtype: npt.DTypeLike) -> None:
    """A pickled backend is made anew: the same class, threads and results, in another process too."""
    kind = type(backend)
    parameters, images, _ = network_case(SMALL, 3, dtype)
    x = scale_pixels(images, dtype)
    try:
        two = kind(threads=2)
        expected = two.predict_proba(parameters, x)
    except Exception:
        return  # `check_construction` or `check_predict_proba` says so
    with about(f"pickle.loads(pickle.dumps({kind.__name__}(threads=2)))"):
        copied = pickle.loads(pickle.dumps(two))
        if type(copied) is not kind:
            raise MismatchError(f"the copy is a {type(copied).__name__}, expected {kind.__name__}")
        if copied.threads != two.threads:
            raise MismatchError(f"the copy has threads = {copied.threads}, expected {two.threads}")
        close(copied.predict_proba(parameters, x), expected, dtype)


# ---- What it returns ----------------------------------------------------------------------------


@clause
def check_layout(backend: Backend, dtype: npt.DTypeLike) -> None:
    """Arrays that are returned are plain ones in C order, as the next function expects."""
    for case in every_case(dtype):
        with _case(case):
            result = function_of(backend, case.function)(*case.copies())
            for name, each in _arrays(case, result):
                if type(each) is not np.ndarray:
                    raise MismatchError(f"{name} is of type {type(each).__name__}, expected ndarray")
                if not each.flags.c_contiguous:
                    order = (
                        "is in Fortran order" if each.flags.f_contiguous else f"has strides {each.strides}"
                    )
                    cause = "a transposed or sliced view"
                    raise MismatchError(f"{name} {order}, expected C order", cause=cause)


@clause
def check_fresh_results(backend: Backend, dtype: npt.DTypeLike) -> None:
    """What is returned belongs to the caller: it is no input, and no later call changes it."""
    for case in every_case(dtype):
        with _case(case):
            inputs = case.copies()
            result = function_of(backend, case.function)(*inputs)
            kept = copy.deepcopy(result)
            later = function_of(backend, case.function)(*map(_other, case.copies()))
            named = [
                pair for name, each in zip(case.names, inputs, strict=True) for pair in leaves(each, name)
            ]
            for (name, each), (_, next_), (_, old) in zip(
                _arrays(case, result), _arrays(case, later), _arrays(case, kept), strict=True
            ):
                if np.shares_memory(each, next_) or not np.array_equal(each, old, equal_nan=True):
                    raise MismatchError(
                        f"{name} is overwritten by the next call", cause="a buffer used again"
                    )
                for argument, given in named:
                    if isinstance(given, np.ndarray) and np.shares_memory(each, given):
                        raise MismatchError(f"{name} shares memory with {argument}", cause="a missing copy")


@clause
def check_repeatability(backend: Backend, dtype: npt.DTypeLike) -> None:
    """The same call gives the same bits again, results and changes in place."""
    for case in every_case(dtype):
        with _case(case):
            inputs, again = case.copies(), case.copies()
            result = function_of(backend, case.function)(*inputs)
            second = function_of(backend, case.function)(*again)
            names = RESULTS.get(case.function, ("the result",))
            _same_bits([*leaves(result, *names)], [*leaves(second, *names)])
            for name, each, other in zip(case.names, inputs, again, strict=True):
                _same_bits([*leaves(each, name)], [*leaves(other, name)])
    parameters, images, labels = network_case(SMALL, 18, dtype)
    with about("train_minibatches of 18 images, twice from the same start", "train_minibatches"):
        runs = Run(backend, parameters), Run(backend, parameters)
        for run in runs:
            run.prepare(images, labels)
            run.train(np.arange(18), 5, rates(4))
        _same_bits([("loss", runs[0].loss)], [("loss", runs[1].loss)])
        _same_bits(*([*leaves(run.parameters, "parameters")] for run in runs))


@clause
def check_concurrent_calls(backend: Backend, dtype: npt.DTypeLike) -> None:
    """Four threads that call at once, each with arrays of its own, get what each gets alone."""
    sets = zip(*(_calls_of_thread(thread, dtype) for thread in range(THREADS)), strict=True)
    for calls in sets:
        function = function_of(backend, calls[0].function)
        with about(f"{THREADS} threads at once: {calls[0]}", calls[0].function), _busy_threads():
            alone = [function(*call.inputs) for call in calls]
            alone = copy.deepcopy(alone)
            gate = Barrier(THREADS)

            def work(call: Case, function: Any = function, gate: Barrier = gate) -> list[Any]:
                gate.wait()
                return [function(*call.inputs) for _ in range(ROUNDS)]

            with ThreadPoolExecutor(THREADS) as team:
                together = list(team.map(work, calls))
            names = RESULTS.get(calls[0].function, ("the result",))
            for results, expected in zip(together, alone, strict=True):
                for result in results:
                    close(result, expected, dtype, calls[0].looser, names=names)


@clause
def check_divergence(backend: Backend, dtype: npt.DTypeLike) -> None:
    """A network that has gone to NaN has a loss that is NaN, by which training notices."""
    parameters, images, labels = network_case(SMALL, 18, dtype)
    parameters.weights[0][:] = np.nan
    with np.errstate(all="ignore"):
        with about("loss_and_gradients with NaN in the weights", "loss_and_gradients"):
            loss, _ = backend.loss_and_gradients(parameters, scale_pixels(images, dtype), labels)
            _is_nan(loss)
        with about("train_minibatches with NaN in the weights", "train_minibatches"):
            run = Run(backend, parameters)
            run.prepare(images, labels)
            run.train(np.arange(18), 5, rates(4))
            _is_nan(run.loss)


# ---- Sizes --------------------------------------------------------------------------------------


@clause
def check_batch_sizes(backend: Backend, dtype: npt.DTypeLike) -> None:
    """Batches of every size that a fast path may treat alone, up to a whole test set; and none at all."""
    sizes = [(n, 7, 3) for n in SIZES]
    _agree_at_sizes(backend, dtype, sizes, axis=0, what="batches")
    parameters, images, _ = network_case(SMALL, WHOLE_TEST_SET, dtype)
    x = scale_pixels(images, dtype)
    agree(Case("predict_proba", (parameters, x)), backend)
    agree(Case("predict_proba", (parameters, x[:0])), backend)


@clause
def check_widths(backend: Backend, dtype: npt.DTypeLike) -> None:
    """Layers of every width that a fast path may treat alone: inputs, hidden layers and outputs."""
    _agree_at_sizes(backend, dtype, [(3, 4, n) for n in WIDTHS], axis=2, what="widths")
    _agree_at_sizes(backend, dtype, [(3, n, 4) for n in WIDTHS], axis=1, what="widths")


def _agree_at_sizes(
    backend: Backend, dtype: npt.DTypeLike, sizes: list[tuple[int, int, int]], axis: int, what: str
) -> None:
    """Every kernel and composition agrees at each size (B, I, O), the smallest first."""
    right: int | None = None
    for size in sizes:
        try:
            for case in of_size(*size, dtype):
                agree(case, backend)
            _training_agrees(backend, dtype, *size)
        except MismatchError as mismatch:
            if right:
                mismatch.cause = f"right for {what} of up to {right}, wrong from {size[axis]} on"
            raise
        right = size[axis]


def _training_agrees(backend: Backend, dtype: npt.DTypeLike, batch: int, inputs: int, outputs: int) -> None:
    for layer_sizes in ((inputs, 5, outputs), (3, inputs, outputs)):
        parameters, images, labels = network_case(layer_sizes, batch, dtype)
        ours, true = Run(backend, parameters), Run(REFERENCE, parameters)
        with about(f"train_minibatches: {ours}, one step of {batch} images", "train_minibatches"):
            for run in (ours, true):
                run.prepare(images, labels)
                run.train(np.arange(batch), batch, rates(1))
            ours.agree(true)


# ---- State --------------------------------------------------------------------------------------


@clause
def check_changed_arrays(backend: Backend, dtype: npt.DTypeLike) -> None:
    """Parameters and inputs are read in every call: they change in place, and new ones reuse their memory."""
    parameters, images, labels = network_case(SMALL, 18, dtype)
    x = scale_pixels(images, dtype)
    with about("predict_proba, after its arguments changed in place", "predict_proba"):
        for few in (x[:1].copy(), x.copy()):
            backend.predict_proba(parameters, few)
            few *= 0.5
            close(backend.predict_proba(parameters, few), REFERENCE.predict_proba(parameters, few), dtype)
            for tensor in parameters.tensors():
                tensor *= -0.5
            close(backend.predict_proba(parameters, few), REFERENCE.predict_proba(parameters, few), dtype)
    with about("predict_proba, of new parameters where old ones lay in memory", "predict_proba"):
        for seed in range(10):
            other = _random_parameters(SMALL, dtype, seed)
            close(backend.predict_proba(other, x), REFERENCE.predict_proba(other, x), dtype)
            del other
    with about("train_minibatches, after the parameters changed in place", "train_minibatches"):
        ours, true = Run(backend, parameters), Run(REFERENCE, parameters)
        for run in (ours, true):
            run.prepare(images, labels)
            run.train(np.arange(18), 5, rates(4))
            for array in run.arrays():
                array *= 0.5
            run.train(np.arange(18), 5, rates(4))
        ours.agree(true)


@clause
def check_prepared_images(backend: Backend, dtype: npt.DTypeLike) -> None:
    """Images come as pictures or as rows, and what is prepared stays good when more is prepared."""
    parameters, images, labels = network_case((30, 5, 3), 18, dtype)
    for pixels in (images, scale_pixels(images, dtype)):
        ours, true = Run(backend, parameters), Run(REFERENCE, parameters)
        with about(
            f"prepare_images of {pixels.dtype} images (18, 5, 6), then of others", "train_minibatches"
        ):
            for run in (ours, true):
                run.prepare(pixels.reshape(18, 5, 6), labels)
                run.backend.prepare_images(1 - pixels[::-1], parameters.dtype)
                run.train(np.arange(18), 5, rates(4))
            ours.agree(true)


@clause
def check_training_arguments(backend: Backend, dtype: npt.DTypeLike) -> None:
    """Any order, repeated images too, any batch size, labels of any integer type; none of them is changed."""
    parameters, images, labels = network_case(SMALL, 18, dtype)
    order = np.arange(18)[::-1].copy()
    for described, each, goals, batch_size in (
        ("every image, backwards", order, labels, 5),
        ("one image again and again", np.full(9, 4), labels, 5),
        ("a batch larger than all", order, labels, 100),
        ("batches of one", order, labels, 1),
        ("labels in int64", order, labels.astype(np.int64), 5),
    ):
        steps = rates(-(-len(each) // batch_size))
        given = [array.copy() for array in (images, goals, each, steps)]
        for decay in (0.9, None):
            ours, true = (
                Run(backend, parameters, ema_decay=decay),
                Run(REFERENCE, parameters, ema_decay=decay),
            )
            average = "an" if decay else "no"
            with about(f"train_minibatches: {ours}, {described}, {average} average", "train_minibatches"):
                for run in (ours, true):
                    run.prepare(given[0], given[1])
                    run.train(given[2], batch_size, given[3])
                ours.agree(true)
                for name, old, new in zip(
                    ("images", "labels", "order", "learning_rates"),
                    (images, goals, each, steps),
                    given,
                    strict=True,
                ):
                    if not np.array_equal(old, new):
                        raise MismatchError(f"{name} are changed, though the contract leaves them alone")


@clause
def check_optimizer_memory(backend: Backend, dtype: npt.DTypeLike) -> None:
    """Optimizers and averages keep their memory themselves, in their own arrays, and count their steps."""
    parameters, images, labels = network_case(SMALL, 18, dtype)
    for new_optimizer in MEMORIES:
        ours, true = (Run(each, parameters, new_optimizer, ema_decay=0.2) for each in (backend, REFERENCE))
        arrays = ours.arrays()
        with about(f"train_minibatches: {ours}, other settings than usual", "train_minibatches"):
            for run in (ours, true):
                run.prepare(images, labels)
                run.train(np.arange(18), 5, rates(4))
            ours.agree(true)
            ours.agree_in_memory(true)
            if any(new is not old for new, old in zip(ours.arrays(), arrays, strict=True)):
                raise MismatchError("an array is replaced, where it must be changed in place")


MEMORIES: tuple[NewOptimizer, ...] = (
    lambda parameters: Nesterov(parameters, momentum=0.5),
    lambda parameters: AdamW(parameters, beta1=0.5, beta2=0.8, epsilon=1e-2),
)


class _TwiceAsFar(SGD):
    """Somebody's own optimizer, made from a built-in one."""

    def step(
        self, backend: Backend, parameters: Parameters, gradients: Parameters, learning_rate: float
    ) -> None:
        super().step(backend, parameters, gradients, 2 * learning_rate)


@clause
def check_own_optimizer(backend: Backend, dtype: npt.DTypeLike) -> None:
    """An optimizer that the backend does not know is asked for its step."""
    parameters, images, labels = network_case(SMALL, 18, dtype)
    ours, true = (Run(each, parameters, lambda _: _TwiceAsFar()) for each in (backend, REFERENCE))
    with about("train_minibatches with a subclass of SGD that steps twice as far", "train_minibatches"):
        for run in (ours, true):
            run.prepare(images, labels)
            run.train(np.arange(18), 5, rates(4))
        ours.agree(true)


# ---- Helpers ------------------------------------------------------------------------------------


@contextmanager
def _case(case: Case) -> Iterator[None]:
    with about(case, case.function), np.errstate(all="ignore"):  # NaN and infinity are meant
        yield


def _arrays(case: Case, result: Any) -> list[tuple[str, Array]]:
    names = RESULTS.get(case.function, ("the result",))
    return [(name, each) for name, each in leaves(result, *names) if isinstance(each, np.ndarray)]


def _other(value: Any) -> Any:
    """Another valid input of the same shape."""
    if isinstance(value, Parameters):
        return Parameters(tuple(map(_other, value.weights)), tuple(map(_other, value.biases)))
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return 0.5 * value + value.dtype.type(0.25)
    return value


def _same_bits(first: list[tuple[str, Any]], second: list[tuple[str, Any]]) -> None:
    for (name, one), (_, other) in zip(first, second, strict=True):
        if not np.array_equal(one, other, equal_nan=np.asarray(one).dtype.kind == "f"):
            differences = np.nan_to_num(np.abs(np.asarray(one, np.float64) - np.asarray(other, np.float64)))
            largest = float(differences.max())
            where = np.unravel_index(differences.argmax(), differences.shape)
            place = f"{name}[{', '.join(map(str, where))}]" if where else name
            problem = f"the same call gives other bits: {place} differs by {largest:.3g}"
            raise MismatchError(problem, largest, place, "noise, or memory that is not initialized")


def _is_nan(loss: float) -> None:
    if not np.isnan(loss):
        raise MismatchError(f"loss is {loss}, expected nan", where="loss")


def _random_parameters(layer_sizes: tuple[int, ...], dtype: npt.DTypeLike, seed: int) -> Parameters:
    parameters = Parameters.zeros(layer_sizes, dtype)
    for tensor in parameters.tensors():
        tensor[:] = normal(tensor.shape, dtype, seed)
    return parameters


def _calls_of_thread(thread: int, dtype: npt.DTypeLike) -> Iterator[Case]:
    """The functions that may be called from several threads at once, with values of the thread's own."""
    for case in (*of_size(40, 30, 20, dtype), next(cases.draw_lines(dtype)), next(cases.blur(dtype))):
        if not case.function.endswith("_update"):
            inputs = case.inputs
            for _ in range(thread):
                inputs = tuple(map(_other, inputs))
            yield Case(case.function, tuple(Case(case.function, inputs).copies()), case.looser)


@contextmanager
def _busy_threads() -> Iterator[None]:
    """Let Python switch between threads as often as it can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
