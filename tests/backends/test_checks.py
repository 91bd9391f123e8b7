"""Whatever is handed to a backend, no array is read or written beyond its ends.

What lies otherwise in memory gives the same numbers; what is wrong raises the same error from every backend.
Under NUMBA_BOUNDSCHECK=1 a step beyond an array's end raises IndexError, and with NUMBA_DISABLE_JIT=1 NumPy
raises it, which none of these tests expects.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import as_strided

from backends import Backend, get_backend
from backends.arrays import Array, Parameters
from backends.checks import BYTES, COUNT, FLAGS, INTEGERS, NUMBER, PIXELS, RULES, Rule
from backends.errors import ArgumentError
from backends.imaging import knots_along
from backends.kernels import Kernels
from backends.optimizers import SGD, AdamW, ExponentialMovingAverage, Nesterov

# ---- Layouts ------------------------------------------------------------------------------------------


def _every_second(array: Array) -> Array:
    wide = np.full((*array.shape[:-1], 2 * array.shape[-1]), 7, array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


def _reversed(array: Array) -> Array:
    return np.ascontiguousarray(array[::-1])[::-1]


def _read_only(array: Array) -> Array:
    array.flags.writeable = False
    return array


def _unaligned(array: Array) -> Array:
    room = np.zeros(array.nbytes + 1, np.uint8)[1:]
    shifted = np.frombuffer(room, array.dtype).reshape(array.shape)
    shifted[...] = array
    return shifted


# Each gives the same numbers, lying otherwise in memory; all but `_read_only` can be written to.
LAYOUTS: list[Callable[[Array], Array]] = [
    lambda array: array,
    np.asfortranarray,
    _reversed,
    _every_second,
    _unaligned,
    _read_only,
]


@pytest.mark.parametrize("layout", LAYOUTS[1:], ids=lambda layout: layout.__name__.strip("_"))
@pytest.mark.parametrize("n", [1, 8, 20])
def test_inputs_may_lie_in_memory_in_any_way(backend: Backend, layout: Any, n: int) -> None:
    parameters = network((12, 7, 4))
    x = random_array((n, 12), np.float32)
    expected = backend.predict_proba(parameters, x)
    np.testing.assert_array_equal(backend.predict_proba(parameters, layout(x.copy())), expected)


@pytest.mark.parametrize("layout", LAYOUTS[1:-1], ids=lambda layout: layout.__name__.strip("_"))
def test_parameters_may_lie_in_memory_in_any_way(backend: Backend, layout: Any) -> None:
    """Also where they are changed in place."""
    straight = network((12, 7, 4))
    other = Parameters(
        tuple(layout(w) for w in straight.copy().weights), tuple(layout(b) for b in straight.copy().biases)
    )
    x, labels = random_array((20, 12), np.float32), np.arange(20) % 4
    for parameters in (straight, other):
        optimizer = AdamW(parameters, epsilon=1e-3, weight_decay=0.1)
        backend.train_minibatches(parameters, optimizer, x, labels, np.arange(20), 6, np.full(4, 0.05))
        backend.sgd_update(parameters.weights[0], straight.weights[0] * 0 + 1, 0.5)
    assert_close(list(other.tensors()), list(straight.tensors()))
    assert_close(backend.predict_proba(other, x[:1]), backend.predict_proba(straight, x[:1]))


# ---- What is wrong, and the words for it ---------------------------------------------------------------


def network(layer_sizes: tuple[int, ...], dtype: Any = np.float32) -> Parameters:
    parameters = Parameters.zeros(layer_sizes, dtype)
    for seed, tensor in enumerate(parameters.tensors()):
        tensor[:] = random_array(tensor.shape, dtype, seed)
    return parameters


def random_array(shape: tuple[int, ...], dtype: Any, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def train(backend: Any, **changes: Any) -> None:
    """A training run of 20 images in which some arguments are others."""
    parameters = network((12, 7, 4))
    arguments = {
        "parameters": parameters,
        "optimizer": SGD(),
        "images": random_array((20, 12), np.float32),
        "labels": np.arange(20) % 4,
        "order": np.arange(20),
        "batch_size": 6,
        "learning_rates": np.full(4, 0.05),
        "average": None,
    }
    backend.train_minibatches(**{**arguments, **changes})


SMALL = network((12, 7, 4))
FLOATS = np.zeros((20, 12), np.float32)
# Of any type: wrong types are among them.
WRONG: dict[str, Callable[[Any], Any]] = {
    "predict_proba: x has shape (1, 100); (b, 12) is needed": lambda backend: backend.predict_proba(
        SMALL, np.zeros((1, 100), np.float32)
    ),
    "predict_proba: x has shape (20, 100); (b, 12) is needed": lambda backend: backend.predict_proba(
        SMALL, np.zeros((20, 100), np.float32)
    ),
    "predict_proba: x has shape (12,); (b, 12) is needed": lambda backend: backend.predict_proba(
        SMALL, np.zeros(12, np.float32)
    ),
    "predict_proba: x holds float64; float32 is needed": lambda backend: backend.predict_proba(
        SMALL, np.zeros((1, 12))
    ),
    "predict_proba: x is of type list; give a NumPy array": lambda backend: backend.predict_proba(
        SMALL, [[0.0] * 12]
    ),
    "forward: x has shape (2, 3); (b, 12) is needed": lambda backend: backend.forward(
        SMALL, np.zeros((2, 3), np.float32)
    ),
    "loss_and_gradients: x has shape (0, 12); at least one row is needed": lambda backend: (
        backend.loss_and_gradients(SMALL, FLOATS[:0], np.zeros(0, int))
    ),
    "loss_and_gradients: labels has shape (19,); (20,) is needed": lambda backend: backend.loss_and_gradients(
        SMALL, FLOATS, np.zeros(19, int)
    ),
    "softmax_cross_entropy: labels runs from 0 to 4, not 0 to 3": lambda backend: backend.loss_and_gradients(
        SMALL, FLOATS, np.arange(20) % 5
    ),
    "loss_and_gradients: labels has shape (20, 5); (20, 4) is needed": lambda backend: (
        backend.loss_and_gradients(SMALL, FLOATS, np.zeros((20, 5), np.float32))
    ),
    "images are float32 (1, 12), 0 to 255; pixels lie between 0 (paper) and 1 (ink); divide by 255": (
        lambda backend: backend.predict_images(SMALL, np.array([[255] + [0] * 11], np.float32))
    ),
    "images are float32 (1, 12), nan to nan; pixels lie between 0 (paper) and 1 (ink)": (
        lambda backend: backend.predict_images(SMALL, np.full((1, 12), np.nan, np.float32))
    ),
    "images are uint8 (3, 4), 0 to 0; this network reads (N, 12), or pictures of 12 pixels: "
    "add an axis in front of a single one, images[None]": lambda backend: backend.predict_images(
        SMALL, np.zeros((3, 4), np.uint8)
    ),
    "prepare_images: images holds int64; uint8 or floating point is needed": lambda backend: (
        backend.prepare_images(np.zeros((2, 12), int), np.float32)
    ),
    "prepare_images: images has shape (12,); (N, P) or (N, rows, columns) is needed": lambda backend: (
        backend.prepare_images(np.zeros(12), np.float32)
    ),
    "prepare_images: dtype is int8; float32 or float64 is needed": lambda backend: backend.prepare_images(
        FLOATS, np.int8
    ),
    "train_minibatches: images has shape (20, 11); (B >= 1, 12) is needed": lambda backend: train(
        backend, images=np.zeros((20, 11), np.uint8)
    ),
    "train_minibatches: images holds int32; float32 is needed": lambda backend: train(
        backend, images=np.zeros((20, 12), np.int32)
    ),
    "train_minibatches: labels has shape (19,); (20,) is needed": lambda backend: train(
        backend, labels=np.zeros(19, int)
    ),
    "train_minibatches: labels runs from -1 to 3, not 0 to 3": lambda backend: train(
        backend, labels=np.arange(20) % 5 - 1
    ),
    "train_minibatches: labels holds float32; integers is needed": lambda backend: train(
        backend, labels=np.zeros(20, np.float32)
    ),
    "train_minibatches: labels has shape (20, 3); (20, 4) is needed": lambda backend: train(
        backend, labels=np.zeros((20, 3), np.float32)
    ),
    "train_minibatches: labels holds float64; float32 is needed": lambda backend: train(
        backend, labels=np.zeros((20, 4))
    ),
    "train_minibatches: order runs from -1 to -1, not 0 to 19": lambda backend: train(
        backend, order=np.array([-1])
    ),
    "train_minibatches: order runs from 0 to 20, not 0 to 19": lambda backend: train(
        backend, order=np.arange(21)
    ),
    "train_minibatches: order has shape (0,); (M >= 1,) is needed": lambda backend: train(
        backend, order=np.zeros(0, int)
    ),
    "train_minibatches: order holds bool; integers is needed": lambda backend: train(
        backend, order=np.ones(20, bool)
    ),
    "train_minibatches: batch_size is 0; an integer of at least 1 is needed": lambda backend: train(
        backend, batch_size=0
    ),
    "train_minibatches: learning_rates has 3 for 4 steps": lambda backend: train(
        backend, learning_rates=np.ones(3)
    ),
    "train_minibatches: the optimizer's memory is Parameters(12-8-4, float32); "
    "the parameters are Parameters(12-7-4, float32)": lambda backend: train(
        backend, optimizer=Nesterov(network((12, 8, 4)))
    ),
    "train_minibatches: the optimizer's memory is Parameters(12-7-4, float64); "
    "the parameters are Parameters(12-7-4, float32)": lambda backend: train(
        backend, optimizer=AdamW(network((12, 7, 4), np.float64))
    ),
    "train_minibatches: average is Parameters(12-4, float32); "
    "the parameters are Parameters(12-7-4, float32)": lambda backend: train(
        backend, average=ExponentialMovingAverage(network((12, 4)), 0.9)
    ),
    "train_minibatches: parameters holds a read-only array, and would be changed; give a copy": (
        lambda backend: train(backend, parameters=read_only_network())
    ),
    "loss_and_gradients: parameters is of type str; give Parameters": lambda backend: (
        backend.loss_and_gradients("x", FLOATS, np.arange(20) % 4)
    ),
    "train_minibatches: parameters is of type NoneType; give Parameters": lambda backend: train(
        backend, parameters=None
    ),
    "train_minibatches: optimizer is of type str; give Optimizer": lambda backend: train(
        backend, optimizer="sgd"
    ),
    "train_minibatches: average is of type Parameters; give ExponentialMovingAverage": lambda backend: train(
        backend, average=SMALL
    ),
    "train_minibatches: the optimizer's memory is of type NoneType; give Parameters": lambda backend: train(
        backend, optimizer=changed(Nesterov(SMALL), velocity=None)
    ),
    "train_minibatches: average is of type NoneType; give Parameters": lambda backend: train(
        backend, average=changed(ExponentialMovingAverage(SMALL, 0.9), parameters=None)
    ),
    "train_minibatches: SGD.weight_decay is '0.1'; a number is needed": lambda backend: train(
        backend, optimizer=changed(SGD(), weight_decay="0.1")
    ),
    "train_minibatches: Nesterov.momentum is None; a number is needed": lambda backend: train(
        backend, optimizer=changed(Nesterov(SMALL), momentum=None)
    ),
    "train_minibatches: AdamW.steps_taken is -1; a count of steps is needed": lambda backend: train(
        backend, optimizer=changed(AdamW(SMALL), steps_taken=-1)
    ),
    "train_minibatches: AdamW.steps_taken is 9007199254740992; a count of steps is needed": lambda backend: (
        train(backend, optimizer=changed(AdamW(SMALL), steps_taken=2**53))
    ),
    "train_minibatches: ExponentialMovingAverage.steps_taken is -11; a count of steps is needed": (
        lambda backend: train(backend, average=changed(ExponentialMovingAverage(SMALL, 0.9), steps_taken=-11))
    ),
    "prepare_images: dtype is 'x'; float32 or float64 is needed": lambda backend: backend.prepare_images(
        FLOATS, "x"
    ),
    "backend: threads is 0; an integer of at least 1 is needed": lambda backend: type(backend)(threads=0),
    "backend: threads is '2'; an integer of at least 1 is needed": lambda backend: type(backend)(threads="2"),
    "backend: threads is 65537; 65536 at most": lambda backend: type(backend)(threads=2**16 + 1),
    "parameters: no network has layers (-1, 4) in 'f4': negative dimensions are not allowed": (
        lambda backend: Parameters.zeros((-1, 4), "f4")
    ),
    "dense_forward: w has shape (6, 4); (5, O >= 1) is needed": lambda backend: backend.dense_forward(
        np.zeros((2, 5)), np.zeros((6, 4)), np.zeros(4)
    ),
    "dense_forward: b has shape (1,); (4,) is needed": lambda backend: backend.dense_forward(
        np.zeros((2, 5)), np.zeros((5, 4)), np.zeros(1)
    ),
    "softmax_forward: z has shape (2, 0); (b, C >= 1) is needed": lambda backend: backend.softmax_forward(
        np.zeros((2, 0))
    ),
    "sgd_update: dp has shape (4,); (3, 4) is needed": lambda backend: backend.sgd_update(
        np.zeros((3, 4)), np.zeros(4), 0.1
    ),
    "sgd_update: p has shape (); an axis is needed": lambda backend: backend.sgd_update(
        np.zeros(()), np.zeros(()), 0.1
    ),
    "sgd_update: p is read-only, and would be changed; give a copy": lambda backend: backend.sgd_update(
        np.broadcast_to(0.0, 3), np.ones(3), 0.1
    ),
    "sgd_update: learning_rate is 'fast'; a number is needed": lambda backend: backend.sgd_update(
        np.zeros(3), np.ones(3), "fast"
    ),
    "adamw_update: step is 0; an integer of at least 1 is needed": lambda backend: backend.adamw_update(
        *(np.ones(3) for _ in range(4)), 0, 0.1, 0.9, 0.99, 1e-8
    ),
    "warp: knots has shape (1, 2, 7, 8); (1, 2, 7, 7) is needed": lambda backend: backend.imaging.warp(
        np.zeros((1, 28, 28), np.uint8), np.zeros((1, 2, 2)), np.zeros((1, 2)), np.zeros((1, 2, 7, 8))
    ),
    "warp: maps runs from nan to nan, not -1.04858e+06 to 1.04858e+06": lambda backend: backend.imaging.warp(
        np.zeros((1, 28, 28), np.uint8),
        np.full((1, 2, 2), np.nan),
        np.zeros((1, 2)),
        np.zeros((1, 2, 7, 7)),
    ),
    "spline_field: places in x runs from -5 to -5, not 0 to 1": lambda backend: backend.imaging.spline_field(
        np.full((1, 1, 2), -5.0), np.zeros((1, 2, 4, 4))
    ),
    "draw_lines: joined has shape (1, 2); (1, 1) is needed": lambda backend: backend.imaging.draw_lines(
        np.zeros((1, 2, 2)), np.ones((1, 2), bool), np.ones(1), 5, 5
    ),
}


def changed(thing: Any, **attributes: Any) -> Any:
    """An optimizer or an average that somebody has spoiled."""
    vars(thing).update(attributes)
    return thing


def read_only_network() -> Parameters:
    parameters = network((12, 7, 4))
    _read_only(parameters.biases[1])
    return parameters


@pytest.mark.parametrize("call", ["predict_proba", "predict_images"])
@pytest.mark.parametrize("nothing", [None, "x"])
def test_what_are_no_parameters_predicts_nothing(backend: Backend, call: str, nothing: Any) -> None:
    with pytest.raises(
        ArgumentError, match=f"parameters is of type {type(nothing).__name__}; give Parameters"
    ):
        getattr(backend, call)(nothing, FLOATS[:1])


@pytest.mark.parametrize("message", WRONG)
def test_what_is_wrong_is_named(backend: Backend, message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        WRONG[message](backend)
    assert str(caught.value) == message
    assert len(message) <= 160


@pytest.mark.parametrize(
    ("weights", "biases", "message"),
    [
        ([], [], "0 weights and 0 biases"),
        ([np.zeros((2, 3))], [], "1 weights and 0 biases"),
        ([np.zeros((2, 3)), np.zeros((4, 5))], [np.zeros(3), np.zeros(5)], r"weights\[1\].*\(3, outputs\)"),
        ([np.zeros((2, 3))], [np.zeros(4)], r"biases\[0\] has shape \(4,\); \(3,\) is needed"),
        ([np.zeros((2, 0))], [np.zeros(0)], r"weights\[0\] has shape \(2, 0\)"),
        ([np.zeros((2, 3))], [np.zeros(3, np.float32)], r"biases\[0\] is float32; float64 is needed"),
        ([np.zeros((2, 3), int)], [np.zeros(3, int)], r"weights\[0\] is int64"),
        ([[[1.0, 2.0]]], [np.zeros(2)], r"weights\[0\] is list"),
    ],
)
def test_arrays_that_make_no_network_are_refused(weights: Any, biases: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        Parameters(weights, biases)


def test_arguments_may_be_named(backend: Backend) -> None:
    x, w, b = np.ones((2, 3)), np.ones((3, 4)), np.ones(4)
    np.testing.assert_array_equal(backend.dense_forward(b=b, x=x, w=w), np.full((2, 4), 4.0))
    with pytest.raises(ArgumentError, match="w has shape"):
        backend.dense_forward(x=x, b=b, w=w.T)


def test_a_list_of_weights_cannot_be_exchanged_behind_the_backends_back(backend: Backend) -> None:
    """One digit is predicted from the addresses of arrays that the parameters keep alive."""
    weights, x = list(SMALL.weights), random_array((1, 12), np.float32)
    parameters = Parameters(weights, SMALL.biases)  # type: ignore[arg-type]  # a list on purpose
    expected = backend.predict_proba(parameters, x)
    weights[0] = np.zeros((12, 7), np.float32)
    np.testing.assert_array_equal(backend.predict_proba(parameters, x), expected)


# ---- Anything at all: both backends agree --------------------------------------------------------------

ANYTHING = settings(max_examples=60, deadline=None, derandomize=True)
REALS = [np.float32, np.float64]
STRANGE = [np.float16, np.int64, np.uint8, bool, np.complex64, ">f4", ">i8", object]


@st.composite
def arrays_like(draw: Any, shape: tuple[int, ...], dtypes: list[Any], low: float, high: float) -> Any:
    """Makes an array of that shape and one of these dtypes; now and then another, and in any layout.

    A function, since a copy would not lie in memory as the array does.
    """
    trouble = draw(st.integers(0, 30))
    if trouble == 0:
        other = draw(st.sampled_from([None, 3.0, [[1.0]], "x"]))
        return lambda: other
    if trouble == 1:
        shape = draw(st.sampled_from([(), shape[:-1], (*shape, 1), (1, *shape), shape[::-1]]))
    if trouble == 2 and shape:
        shape = (*shape[:-1], max(0, shape[-1] + draw(st.sampled_from([-1, 1]))))
    dtype = np.dtype(draw(st.sampled_from(STRANGE if trouble == 3 else dtypes)))
    values = _values(draw(st.integers(0, 99)), shape, low, high)
    if trouble == 4 and values.size:
        values.flat[0] = draw(st.sampled_from([np.nan, np.inf, -1e30, -100.0]))
    if dtype.kind in "iu":
        values = np.nan_to_num(values).clip(-(2**31), 2**31)
        values = np.abs(values) if dtype.kind == "u" else values
    with np.errstate(all="ignore"):
        values = np.array(values, dtype)
    if values.size and draw(st.integers(0, 9)) == 0:
        writeable = draw(st.booleans())
        return lambda: as_strided(values.ravel()[:1].copy(), shape, (0,) * len(shape), writeable=writeable)
    layout = draw(st.sampled_from(LAYOUTS if values.ndim and dtype.kind != "O" else LAYOUTS[:1]))
    return lambda: layout(values.copy())


def _values(seed: int, shape: tuple[int, ...], low: float, high: float) -> Array:
    """Random numbers, three in ten of them 0."""
    random = np.random.default_rng(seed)
    return random.uniform(low, high, shape) * (random.random(shape) < 0.7)


@st.composite
def calls(draw: Any, name: str) -> Any:
    """Makers of arguments for a formula, most of them right."""
    sizes: dict[str, int] = {"2": 2}
    real = draw(st.sampled_from(REALS))
    arguments: list[Callable[[], Any]] = []
    for rule in RULES[name]:
        if rule.kind is NUMBER:
            arguments.append(_always(draw(st.sampled_from([0.5, 0.9, 1, np.float32(0.1)]))))
        elif rule.kind is COUNT:
            arguments.append(_always(draw(st.sampled_from([1, 2, 5, np.int64(3), 0, -1, 1.5]))))
        else:
            shape = tuple(_size(draw, axis, sizes) for axis in rule.axes)
            shape = (sizes.setdefault("*", 3),) * 2 if rule.axes == "*" else shape
            arguments.append(draw(arrays_like(shape, _dtypes(rule, real), *_range(name, rule, sizes))))
    return arguments


def _always(value: Any) -> Callable[[], Any]:
    return lambda: value


def _size(draw: Any, axis: str, sizes: dict[str, int]) -> int:
    if axis == "j":  # of joined, beside the points
        return max(0, sizes["K"] - 1)
    if axis == "R" and "H" in sizes:
        sizes["R"], sizes["C"] = knots_along(sizes["H"]), knots_along(sizes["W"])
    if axis not in sizes:
        sizes[axis] = draw(st.integers(4, 5) if axis in "RC" else st.sampled_from([1, 2, 3, 9, 17, 0]))
    return sizes[axis]


def _dtypes(rule: Rule, real: Any) -> list[Any]:
    if rule.kind is INTEGERS:
        return [np.int64, np.uint8]
    dtypes: dict[str, list[Any]] = {BYTES: [np.uint8], FLAGS: [bool], PIXELS: [real, np.uint8]}
    return dtypes.get(rule.kind, [real])


def _range(name: str, rule: Rule, sizes: dict[str, int]) -> tuple[float, float]:
    if rule.kind is INTEGERS:
        return 0, sizes["C"] or 1
    if rule.kind in (BYTES, PIXELS):
        return 0, 255
    if rule.name == "places":
        return 0, 1
    return (0.1, 1) if rule.name in ("v", "pen_width") else (-2, 2)


def outcome(function: Callable[..., Any], arguments: list[Any]) -> tuple[Any, ...]:
    """What a call gives and what becomes of its arguments; or the error."""
    with np.errstate(all="ignore"):
        try:
            result = function(*arguments)
        except ArgumentError as error:
            return ("error", str(error))
    return ("result", result, *(each for each in arguments if isinstance(each, np.ndarray)))


def assert_close(ours: Any, true: Any) -> None:
    """The same numbers but for the order of sums, in a tuple or alone."""
    if isinstance(true, Parameters):
        ours, true = tuple(ours.tensors()), tuple(true.tensors())
    if isinstance(true, tuple | list):
        assert len(ours) == len(true)
        for each, expected in zip(ours, true, strict=True):
            assert_close(each, expected)
    elif isinstance(true, str | None):
        np.testing.assert_array_equal(ours, true)
    else:
        if isinstance(true, np.ndarray):
            assert ours.dtype == true.dtype
        np.testing.assert_allclose(ours, true, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("name", RULES)
def test_backends_agree_on_any_arguments_of_a_formula(name: str) -> None:
    pytest.importorskip("numba")
    reference, compiled = (
        getattr(each if hasattr(Kernels, name) else each.imaging, name)
        for each in (get_backend("numpy"), get_backend("numba"))
    )

    @ANYTHING
    @given(calls(name))
    def agree(arguments: list[Callable[[], Any]]) -> None:
        ours, true = ([make() for make in arguments] for _ in range(2))
        if name.startswith("dense_"):  # the compiled kernels skip zeros: 0 · w is 0 for any finite w only
            assume(all(np.isfinite(each).all() for each in ours if getattr(each, "dtype", None) in REALS))
        assert_close(outcome(compiled, ours), outcome(reference, true))

    agree()


@st.composite
def training_runs(draw: Any) -> Any:
    """Makers of the arguments of `Backend.train_minibatches`, most of them right."""
    sizes = draw(st.sampled_from([(6, 4), (7, 5, 3)]))
    dtype = draw(st.sampled_from(REALS))
    n, classes = draw(st.integers(1, 9)), sizes[-1]
    images, goals = draw(
        st.sampled_from([((np.uint8, 0, 255), (np.int64, 0, classes)), ((dtype, 0, 1), (dtype, 0, 1))])
    )
    soft = goals[0] == dtype
    memory = draw(st.sampled_from([sizes] * 9 + [(6, 5)]))
    new_optimizer = draw(st.sampled_from([SGD, Nesterov, AdamW]))
    averaged = draw(st.booleans())
    arrays = [
        draw(arrays_like((n, sizes[0]), [images[0]], *images[1:])),
        draw(arrays_like((n, classes) if soft else (n,), [goals[0]], *goals[1:])),
        draw(arrays_like((draw(st.integers(0, 9)),), [np.int64], 0, n)),
    ]
    batch_size, rates = draw(st.integers(0, 4)), draw(arrays_like((9,), [np.float64], 0, 0.1))

    def make() -> list[Any]:
        parameters, other = network(sizes, dtype), network(memory, dtype)
        if new_optimizer is SGD:
            optimizer: Any = SGD(0.1)
        else:
            optimizer = new_optimizer(other, weight_decay=0.1)
            optimizer.epsilon = 1e-3  # Adam's, as in `backends.conformance`
        average = ExponentialMovingAverage(other, 0.9) if averaged else None
        return [parameters, optimizer, *(array() for array in arrays), batch_size, rates(), average]

    return make


def test_backends_agree_on_any_training_run() -> None:
    pytest.importorskip("numba")

    @ANYTHING
    @given(training_runs())
    def agree(make: Callable[[], list[Any]]) -> None:
        results = []
        for name in ("numpy", "numba"):
            arguments = make()
            result = outcome(get_backend(name).train_minibatches, arguments)
            results.append((*result[:2], arguments[0], *arguments[1].memory))
        assert_close(results[1], results[0])

    agree()


@pytest.mark.parametrize("method", ["forward", "predict_proba", "predict_images", "loss_and_gradients"])
def test_backends_agree_on_any_inputs(method: str) -> None:
    pytest.importorskip("numba")
    labels: Any = st.just([])
    if method == "loss_and_gradients":
        labels = st.tuples(arrays_like((9,), [np.int64, np.uint8], 0, 3))

    @ANYTHING
    @given(arrays_like((9, 7), REALS, 0, 1) | arrays_like((2, 7), REALS, 0, 1), labels)
    def agree(x: Callable[[], Any], labels: Any) -> None:
        parameters = network((7, 5, 3))
        true, ours = (
            outcome(getattr(get_backend(name), method), [parameters, x(), *(each() for each in labels)])
            for name in ("numpy", "numba")
        )
        assert_close(ours, true)

    agree()
