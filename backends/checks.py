"""What may be handed to a backend: layout, shape, dtype and range, checked where data comes in.

Compiled loops follow addresses, and a wrong shape would let them read somebody else's memory. So each formula
has a row in `RULES`, and `checked` puts a door before it that lets in only what the row allows:

* what is wrong (not an array, its shape, dtype or range) raises `ArgumentError`, the same from every backend;
* what is right but lies otherwise in memory (transposed, reversed, read-only) is copied first, so that every
  formula gets the C-contiguous arrays of the contract.

The compositions, which take whole networks, call the functions at the end.
"""

from __future__ import annotations

import functools
import inspect
import math
import operator
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import numpy as np
import numpy.typing as npt

from backends.arrays import REALS, Array, Parameters, flatten, scale_pixels
from backends.errors import LONGEST, ArgumentError

if TYPE_CHECKING:
    from backends.optimizers import ExponentialMovingAverage, Optimizer

Function = TypeVar("Function", bound=Callable[..., Any])

# Kinds of arguments
REAL = "float32 or float64"  # the same one for all such arrays of a call
BYTES = "uint8"
PIXELS = "uint8, float32 or float64"  # handed on as floating point
FLAGS = "bool"
INTEGERS = "integers"
NUMBER = "a number"  # not an array
COUNT = "an integer of at least 1"  # not an array

FARTHEST = 2**20  # pixels: nothing that is drawn or looked at lies beyond
MOST_THREADS = 2**16
MOST_STEPS = 2**53  # that an optimizer counts; beyond, floating point cannot
FORMS = 1000  # how many shapes and dtypes that fit a formula are remembered


class Rule(NamedTuple):
    """What an argument has to be.

    ``axes`` has a letter for each axis: the same size everywhere in a call, at least 1 if it is a capital; a
    digit is a size itself, and "*" any shape with an axis. What is no array has none, and comes last.
    """

    name: str
    axes: str = ""
    kind: str = REAL
    changed: bool = False


_BYTE_IMAGES, _IMAGES, _MAPS = Rule("images", "nHW", BYTES), Rule("images", "nHW"), Rule("maps", "n22")
_P, _DP, _RATE = Rule("p", "*", changed=True), Rule("dp", "*"), Rule("learning_rate", kind=NUMBER)

RULES: dict[str, tuple[Rule, ...]] = {
    # The 13 formulas of `backends.kernels`
    "dense_forward": (Rule("x", "bI"), Rule("w", "IO"), Rule("b", "O")),
    "dense_backward_parameters": (Rule("x", "bI"), Rule("dz", "bO")),
    "dense_backward_input": (Rule("dz", "bO"), Rule("w", "IO")),
    "relu_forward": (Rule("z", "bO"),),
    "relu_backward": (Rule("da", "bO"), Rule("z", "bO")),
    "softmax_forward": (Rule("z", "bC"),),
    "softmax_cross_entropy": (Rule("z", "BC"), Rule("labels", "B", INTEGERS)),
    "soft_cross_entropy": (Rule("z", "BC"), Rule("targets", "BC")),
    "sgd_update": (_P, _DP, _RATE),
    "nesterov_update": (
        _P,
        _DP,
        Rule("velocity", "*", changed=True),
        _RATE,
        Rule("momentum", kind=NUMBER),
    ),
    "adamw_update": (
        _P,
        _DP,
        Rule("m", "*", changed=True),
        Rule("v", "*", changed=True),
        Rule("step", kind=COUNT),
        _RATE,
        Rule("beta1", kind=NUMBER),
        Rule("beta2", kind=NUMBER),
        Rule("epsilon", kind=NUMBER),
    ),
    "decay_update": (Rule("w", "*", changed=True), Rule("factor", kind=NUMBER)),
    "average_update": (Rule("average", "*", changed=True), Rule("p", "*"), Rule("decay", kind=NUMBER)),
    # The functions of `backends.imaging`
    "draw_lines": (
        Rule("points", "nK2"),
        Rule("joined", "nj", FLAGS),
        Rule("pen_width", "n"),
        Rule("height", kind=COUNT),
        Rule("width", kind=COUNT),
    ),
    "center_by_mass": (Rule("boxes", "nrc", PIXELS), Rule("side", kind=COUNT)),
    "warp": (_BYTE_IMAGES, _MAPS, Rule("shifts", "n2"), Rule("knots", "n2RC")),
    "ink_extent": (_BYTE_IMAGES, _MAPS),
    "spline_field": (Rule("places", "nk2"), Rule("knots", "n2RC")),
    "dilate_or_erode": (_IMAGES, Rule("amount", "n")),
    "blur": (_IMAGES, Rule("amount", "n")),
}


class _Doors(threading.local):
    """How many compositions this thread is inside of."""

    inside = 0


_doors = _Doors()


class _Inside:
    """``with inside:`` opens the doors of this thread, for a composition whose arguments have been checked.

    Looking at each array of each formula again would take NumPy's training a tenth of its time.
    """

    def __enter__(self) -> None:
        _doors.inside += 1

    def __exit__(self, *error: object) -> None:
        _doors.inside -= 1


inside = _Inside()


def checked(function: Function) -> Function:
    """A formula behind the door that its name has in `RULES`: a method or a function, compiled or not."""
    name = cast(Any, function).__name__
    rules, values, signature = RULES[name], VALUES.get(name), inspect.signature(function)
    first = int("self" in signature.parameters)
    last = first + sum(1 for rule in rules if rule.axes)
    numbers = rules[last - first :]
    changed = [place for place, rule in enumerate(rules, first) if rule.changed]
    fitting: set[Any] = set()

    @functools.wraps(function)
    def door(*given: Any, **named: Any) -> Any:
        if _doors.inside:
            return function(*given, **named)
        if named:
            given = signature.bind(*given, **named).args
        try:
            # A network's arrays have the same few forms again and again: to look at each axis takes longer.
            form = tuple([(type(a), a.flags.carray, a.shape, a.dtype) for a in given[first:last]])
        except AttributeError:
            form = ()
        if form in fitting and values is None and all(type(number) is float for number in given[last:]):
            return function(*given)
        taken = list(given)
        if form not in fitting:
            taken[first:last] = fit(name, rules, given[first:last])
            if all(used is a for used, a in zip(taken, given, strict=True)) and len(fitting) < FORMS:
                fitting.add(form)
        if numbers:
            taken[last:] = [_number(name, *each) for each in zip(numbers, given[last:], strict=False)]
        if values:
            values(name, *taken[first:])
        result = function(*taken)
        for place in changed:
            if taken[place] is not given[place]:  # a copy was changed
                given[place][...] = taken[place]
        return result

    return cast(Function, door)


def fit(
    where: str, rules: Sequence[Rule], given: Sequence[Any], dtype: np.dtype[Any] | None = None, **known: int
) -> list[Array]:
    """Arrays as their rules want them; raises `ArgumentError`.

    Parameters
    ----------
    where : str
        What was called, for the message.
    rules : sequence of Rule
        One for each array.
    given : sequence
        The arrays.
    dtype : dtype, optional
        That of real arrays, where it is known before.
    **known : int
        Sizes of axes by letter, as far as they are known before.

    Returns
    -------
    list of arrays
        Those that were C-contiguous, aligned and writable are the same objects, others are copies.
    """
    sizes: dict[str, Any] = {"2": 2, **known}
    taken = []
    for rule, value in zip(rules, given, strict=False):  # a wrong number of arguments is Python's to refuse
        array = value
        if type(value) is not np.ndarray or not value.flags.carray:
            array = _copied(where, rule, value)
        sizes.update(_sizes(where, rule, array.shape, sizes))
        taken.append(_of_dtype(where, rule, array, dtype))
        if rule.kind is REAL:
            dtype = array.dtype
    return taken


def _of_dtype(where: str, rule: Rule, array: Array, dtype: np.dtype[Any] | None) -> Array:
    """The array in a dtype that formulas take; ``dtype`` is that of the call's real arrays, once known."""
    own = array.dtype
    if rule.kind is REAL and (own in REALS if dtype is None else own == dtype):
        return array
    if rule.kind is PIXELS and (own in REALS or own == np.uint8):
        return array.astype(np.float64) if own == np.uint8 else array
    if rule.kind is INTEGERS and own.kind in "iu":
        return array if own.isnative else array.astype(np.int64)
    if rule.kind == own.name:
        return array
    wanted = dtype if rule.kind is REAL and dtype else rule.kind
    raise ArgumentError(f"{where}: {rule.name} holds {own}; {wanted} is needed")


def _copied(where: str, rule: Rule, value: Any) -> Array:
    """An array that lies otherwise in memory, or may not be written to, as the contract has it."""
    if not isinstance(value, np.ndarray):
        raise ArgumentError(f"{where}: {rule.name} is of type {type(value).__name__}; give a NumPy array")
    if rule.changed and not value.flags.writeable:
        raise ArgumentError(f"{where}: {rule.name} is read-only, and would be changed; give a copy")
    return np.array(value, order="C", subok=False)


def _sizes(where: str, rule: Rule, shape: tuple[int, ...], known: dict[str, Any]) -> dict[str, Any]:
    """The sizes of an array's axes by letter."""
    if rule.axes == "*":
        if known.get("*", shape) == shape != ():
            return {"*": shape}
        raise ArgumentError(f"{where}: {rule.name} has shape {shape}; {known.get('*', 'an axis')} is needed")
    sizes = dict(zip(rule.axes, shape, strict=False))
    twice = len(shape) == len(rule.axes) and any(sizes[a] != n for a, n in zip(rule.axes, shape, strict=True))
    wrong = any(known.get(a, n) != n or (n == 0 and a.isupper()) for a, n in sizes.items())
    if len(shape) != len(rule.axes) or twice or wrong:
        wanted = [str(known.get(axis, f"{axis} >= 1" if axis.isupper() else axis)) for axis in rule.axes]
        shown = f"({', '.join(wanted)}{',' * (len(wanted) == 1)})"
        raise ArgumentError(f"{where}: {rule.name} has shape {shape}; {shown} is needed")
    return sizes


def _number(where: str, rule: Rule, value: Any) -> float | int:
    try:
        if rule.kind is NUMBER and not isinstance(value, str | bytes):
            return float(value)
        count = operator.index(value)
        if count >= 1:
            return count
    except (TypeError, ValueError):
        pass
    raise ArgumentError(f"{where}: {rule.name} is {value!r:.40}; {rule.kind} is needed")


# ---- Ranges: what shapes and dtypes do not say ---------------------------------------------------------


def indices(where: str, name: str, array: Array, below: int) -> None:
    """Integers from 0 to ``below`` - 1; raises `ArgumentError`."""
    # As unsigned integers, those below 0 are larger than any size.
    if array.size and array.astype(np.uint64).max() >= below:
        raise ArgumentError(f"{where}: {name} runs from {array.min()} to {array.max()}, not 0 to {below - 1}")


def _within(where: str, name: str, array: Array, low: float, high: float) -> None:
    """All numbers from low to high; written so that NaN, which compares false, is refused too."""
    if array.size and not (array.min() >= low and array.max() <= high):
        raise ArgumentError(
            f"{where}: {name} runs from {array.min():g} to {array.max():g}, not {low:g} to {high:g}"
        )


def _softmax_cross_entropy(where: str, z: Array, labels: Array) -> None:
    indices(where, "labels", labels, z.shape[1])


def _draw_lines(where: str, points: Array, joined: Array, pen_width: Array, height: int, width: int) -> None:
    _sizes(where, Rule("joined", "nj"), joined.shape, {"n": len(points), "j": points.shape[1] - 1})
    _within(where, "points", points, -FARTHEST, FARTHEST)
    _within(where, "pen_width", pen_width, 0, FARTHEST)


def _warp(where: str, images: Array, maps: Array, shifts: Array, knots: Array) -> None:
    from backends.imaging import knots_along  # which is checked by this module

    n, rows, columns = len(images), knots_along(images.shape[1]), knots_along(images.shape[2])
    _sizes(where, Rule("knots", "n2RC"), knots.shape, {"n": n, "2": 2, "R": rows, "C": columns})
    for name, array in (("maps", maps), ("shifts", shifts), ("knots", knots)):
        _within(where, name, array, -FARTHEST, FARTHEST)


def _ink_extent(where: str, images: Array, maps: Array) -> None:
    _within(where, "maps", maps, -FARTHEST, FARTHEST)


def _spline_field(where: str, places: Array, knots: Array) -> None:
    rows, columns = knots.shape[2:]
    if rows < 4 or columns < 4:
        raise ArgumentError(f"{where}: knots has shape {knots.shape}; 4 by 4 at least is needed")
    _within(where, "places in x", places[:, :, 0], 0, columns - 3)
    _within(where, "places in y", places[:, :, 1], 0, rows - 3)


def _finite(where: str, images: Array, *rest: Any) -> None:
    with np.errstate(all="ignore"):
        total = images.sum()  # one pass; neither NaN nor infinity leaves a sum finite
    if not np.isfinite(total):
        raise ArgumentError(f"{where}: the images hold NaN, infinity or numbers beyond all measure")


VALUES: dict[str, Callable[..., None]] = {
    "softmax_cross_entropy": _softmax_cross_entropy,
    "draw_lines": _draw_lines,
    "warp": _warp,
    "ink_extent": _ink_extent,
    "spline_field": _spline_field,
    "center_by_mass": _finite,
    "dilate_or_erode": _finite,
    "blur": _finite,
}


# ---- Compositions ------------------------------------------------------------------------------------


def threads(number: int) -> int:
    """How many threads a backend may use; raises `ArgumentError`."""
    count = int(_number("backend", Rule("threads", kind=COUNT), number))
    if count > MOST_THREADS:
        raise ArgumentError(f"backend: threads is {count:.40g}; {MOST_THREADS} at most")
    return count


def is_a(where: str, name: str, value: Any, kind: type) -> None:
    """An object of that class; raises `ArgumentError`."""
    if not isinstance(value, kind):
        raise ArgumentError(f"{where}: {name} is of type {type(value).__name__}; give {kind.__name__}")


def inputs(where: str, parameters: Parameters, x: Array) -> Array:
    """Inputs of a network, (B, I) in its dtype."""
    try:
        w = parameters.weights[0]
    except AttributeError:
        is_a(where, "parameters", parameters, Parameters)
        raise
    if type(x) is np.ndarray and x.flags.carray and x.shape[1:] == w.shape[:1] and x.dtype == w.dtype:
        return x  # as most are; `fit` takes ten times as long
    (x,) = fit(where, [Rule("x", "bI")], [x], parameters.dtype, I=parameters.inputs)
    return x


def pixels(parameters: Parameters, images: npt.ArrayLike) -> Array:
    """Images as people have them, as the inputs of a network; raises `ArgumentError`.

    Parameters
    ----------
    parameters : Parameters
        Of the network that will be given them.
    images : (N, P), (N, rows, columns), (N, 1, rows, columns) or (N, rows, columns, 1) array
        Integers from 0 to 255, floating point from 0 to 1, or bool; ink high.

    Returns
    -------
    (N, P) array
        From 0 to 1, in the dtype of the parameters.
    """
    is_a("predict_images", "parameters", parameters, Parameters)
    try:
        array = np.asarray(images)
    except ValueError as error:  # lists of different lengths
        raise ArgumentError(f"images make no array: {error}"[:LONGEST]) from None
    wanted = parameters.inputs
    one_channel = array.ndim == 4 and 1 in (array.shape[1], array.shape[3])
    if not (array.ndim in (2, 3) or one_channel) or math.prod(array.shape[1:]) != wanted:
        hint = ": add an axis in front of a single one, images[None]" if array.size == wanted else ""
        raise _refused(array, f"this network reads (N, {wanted}), or pictures of {wanted} pixels{hint}")
    if array.dtype.kind not in "iufb":
        raise _refused(array, "pixels are integers from 0 to 255, or floating point from 0 to 1")
    if array.dtype not in (np.uint8, np.bool_) and array.size:
        highest = 1 if array.dtype.kind == "f" else 255
        # Written so that NaN, which compares false, is refused too.
        if not (array.min() >= 0 and array.max() <= highest):
            hint = "; divide by 255" if 1 < array.max() <= 255 else ""
            raise _refused(array, f"pixels lie between 0 (paper) and {highest} (ink){hint}")
    return scale_pixels(array.astype(np.uint8) if array.dtype.kind in "iu" else array, parameters.dtype)


def _refused(images: Array, wanted: str) -> ArgumentError:
    """Names what was found, and what is wanted."""
    found = ""
    if images.dtype.kind in "iufb" and images.size:
        found = f", {images.min():g} to {images.max():g}"
    return ArgumentError(f"images are {images.dtype} {images.shape}{found}; {wanted}")


def batch(where: str, parameters: Parameters, x: Array, labels: Array) -> tuple[Array, Array]:
    """Inputs of a network and what is right of them: integers (B,), or soft targets (B, C) in its dtype.

    The formula that takes integers checks their range.
    """
    if _doors.inside:
        return x, labels
    x = inputs(where, parameters, x)
    if not len(x):
        raise ArgumentError(f"{where}: x has shape {x.shape}; at least one row is needed")
    rule = _labels_rule(labels)
    (labels,) = fit(where, [rule], [labels], parameters.dtype, B=len(x), C=parameters.outputs)
    return x, labels


def _labels_rule(labels: Any) -> Rule:
    return Rule("labels", "BC") if np.ndim(labels) == 2 else Rule("labels", "B", INTEGERS)


def images(where: str, given: Array, dtype: Any) -> Array:
    """Images (N, ...) as rows of pixels, C-contiguous: bytes as they are, or floating point in ``dtype``."""
    if not isinstance(given, np.ndarray):
        raise ArgumentError(f"{where}: images is of type {type(given).__name__}; give a NumPy array")
    real_dtype(where, dtype)
    if given.ndim < 2 or 0 in given.shape[1:]:
        raise ArgumentError(
            f"{where}: images has shape {given.shape}; (N, P) or (N, rows, columns) is needed"
        )
    if given.dtype != np.uint8 and given.dtype.kind != "f":
        raise ArgumentError(f"{where}: images holds {given.dtype}; uint8 or floating point is needed")
    rows = flatten(given)
    return np.require(rows, np.uint8 if rows.dtype == np.uint8 else dtype, ["C", "A", "W", "E"])


def real_dtype(where: str, dtype: Any) -> None:
    """One that networks compute in; raises `ArgumentError`."""
    try:
        known = np.dtype(dtype)
    except TypeError:
        raise ArgumentError(f"{where}: dtype is {dtype!r:.40}; {REAL} is needed") from None
    if known not in REALS:
        raise ArgumentError(f"{where}: dtype is {known}; {REAL} is needed")


class Run(NamedTuple):
    """What a run of training steps gets, checked."""

    images: Array
    labels: Array
    order: Array
    batch_size: int
    learning_rates: Array


def training(
    where: str,
    parameters: Parameters,
    optimizer: Optimizer,
    images: Array,
    labels: Array,
    order: Array,
    batch_size: int,
    learning_rates: Array,
    average: ExponentialMovingAverage | None,
) -> Run:
    """The arguments of `Backend.train_minibatches`; raises `ArgumentError`."""
    is_a(where, "parameters", parameters, Parameters)
    pixels = Rule("images", "BI", BYTES if getattr(images, "dtype", None) == np.uint8 else REAL)
    # The letters: B images in all, M of them in the order.
    images, labels, order = fit(
        where,
        [pixels, _labels_rule(labels), Rule("order", "M", INTEGERS)],
        [images, labels, order],
        parameters.dtype,
        I=parameters.inputs,
        C=parameters.outputs,
    )
    indices(where, "order", order, len(images))
    if labels.ndim == 1:
        indices(where, "labels", labels[order], parameters.outputs)
    batch_size = int(_number(where, Rule("batch_size", kind=COUNT), batch_size))
    steps = math.ceil(len(order) / batch_size)
    (learning_rates,) = fit(where, [Rule("learning_rates", "S")], [learning_rates])
    if len(learning_rates) < steps:
        raise ArgumentError(f"{where}: learning_rates has {len(learning_rates)} for {steps} steps")
    changed = [("parameters", parameters), *_memory_of(where, optimizer, average)]
    for name, each in changed:
        is_a(where, name, each, Parameters)
        if each.layer_sizes != parameters.layer_sizes or each.dtype != parameters.dtype:
            raise ArgumentError(f"{where}: {name} is {each!r:.60}; the parameters are {parameters!r:.60}")
        if not all(tensor.flags.writeable for tensor in each.tensors()):
            raise ArgumentError(f"{where}: {name} holds a read-only array, and would be changed; give a copy")
    return Run(images, labels, order, batch_size, learning_rates)


SETTINGS = ("weight_decay", "momentum", "beta1", "beta2", "epsilon", "decay")  # of optimizers and averages


def _memory_of(
    where: str, optimizer: Optimizer, average: ExponentialMovingAverage | None
) -> list[tuple[str, Parameters]]:
    """What an optimizer and an average remember; raises `ArgumentError` where their numbers are none."""
    from backends.optimizers import ExponentialMovingAverage, Optimizer  # which come after backends

    is_a(where, "optimizer", optimizer, Optimizer)
    owners: list[Any] = [optimizer]
    memory = [("the optimizer's memory", each) for each in optimizer.memory]
    if average is not None:
        is_a(where, "average", average, ExponentialMovingAverage)
        owners.append(average)
        memory.append(("average", average.parameters))
    for owner in owners:
        for name in vars(owner).keys() & set(SETTINGS):
            _number(where, Rule(f"{type(owner).__name__}.{name}", kind=NUMBER), getattr(owner, name))
        steps = owner.steps_taken
        if not isinstance(steps, int | np.integer) or not 0 <= steps < MOST_STEPS:
            raise ArgumentError(
                f"{where}: {type(owner).__name__}.steps_taken is {steps!r:.40}; a count of steps is needed"
            )
    return memory
