"""Pictures of networks, drawings, evaluations and histories, as notebooks show them. Needs matplotlib.

`as_png` stands behind the ``_repr_png_`` of these classes (see `engine.data.shown`); `figure_of` gives the
figure itself, to be changed or saved.
"""

from __future__ import annotations

import io
from functools import singledispatch
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from backends.arrays import Array
from engine.data.drawings import Drawing
from engine.data.strokes import strokes_to_image
from engine.model.history import History
from engine.model.network import Network
from engine.recognition.evaluation import Evaluation
from engine.recognition.metrics import wilson_interval

BLUE, ORANGE, INK, GREY, PALE = "#1f6feb", "#e8710a", "#24292f", "#8c959f", "#eaeef2"
SIGNED = LinearSegmentedColormap.from_list("signed", [ORANGE, "#ffffff", BLUE])
STYLE: dict[Any, Any] = {
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.dpi": 150,
}
DPI = 160  # of pictures in notebooks, which are shown at half their size: sharp on every screen
MOST_NEURONS = 128
MOST_CLASSES = 30  # with a number in each cell of a confusion matrix


def as_png(shown: object) -> tuple[bytes, dict[str, int]]:
    """A picture as notebooks take it.

    Parameters
    ----------
    shown : Network, Drawing, Evaluation or History
        What is shown.

    Returns
    -------
    png : bytes
        The picture.
    size : dict
        Its width and height on the page, in pixels.
    """
    figure = figure_of(shown)
    picture = io.BytesIO()
    with mpl.rc_context(STYLE):
        figure.savefig(picture, format="png", dpi=DPI, facecolor="white")
    width, height = (round(inches * DPI / 2) for inches in figure.get_size_inches())
    return picture.getvalue(), {"width": width, "height": height}


@singledispatch
def figure_of(shown: object) -> Figure:
    """Draw something.

    Parameters
    ----------
    shown : Network, Drawing, Evaluation or History
        What is drawn.

    Returns
    -------
    matplotlib.figure.Figure
        Of no window: save it with ``savefig``.

    Raises
    ------
    TypeError
        There is no picture of such a thing.
    """
    raise TypeError(f"there is no picture of a {type(shown).__name__}")


@figure_of.register
def _of_history(history: History) -> Figure:
    """Loss and validation accuracy, epoch by epoch."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8, 3.2), layout="constrained")
        loss, accuracy = figure.subplots(1, 2)
        numbers = [record.epoch for record in history]
        marker = "o" if len(history) <= 30 else None
        loss.plot(numbers, history.loss, color=BLUE, marker=marker, ms=4)
        loss.set(title="Training loss (cross-entropy)", xlabel="epoch")
        loss.set_ylim(bottom=0)
        measured = [value for value in history.validation_accuracy if value is not None]
        if len(measured) == len(history):
            accuracy.plot(numbers, measured, color=ORANGE, marker=marker, ms=4)
        accuracy.set(title="Validation accuracy", xlabel="epoch")
        accuracy.yaxis.set_major_formatter(PercentFormatter(1))
        for axes in (loss, accuracy):
            axes.grid(axis="y", color=PALE)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def confusion_figure(evaluation: Evaluation) -> Figure:
    """Draw a confusion matrix.

    Parameters
    ----------
    evaluation : Evaluation
        With at least one example.

    Returns
    -------
    matplotlib.figure.Figure
        The matrix alone.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6, 5.6), layout="constrained")
        axes = figure.subplots()
        _draw_confusion(axes, evaluation)
        axes.set_title(f"Accuracy {evaluation.accuracy:.2%}, {evaluation.n:,} digits")
    return figure


@figure_of.register
def _of_evaluation(evaluation: Evaluation) -> Figure:
    """The confusion matrix, and the accuracy of each class with its interval."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.4, 5.2), layout="constrained")
        matrix, classes = figure.subplots(1, 2, width_ratios=(5, 3))
        _draw_confusion(matrix, evaluation)
        matrix.set_title("Answers (colour: mistakes)")
        _draw_classes(classes, evaluation)
        low, high = evaluation.interval_95
        title = f"Accuracy {evaluation.accuracy:.2%}  (95 % interval {low:.2%} to {high:.2%})"
        figure.suptitle(f"{title}, {evaluation.n:,} examples", x=0.01, ha="left", fontsize=12)
    return figure


def _draw_confusion(axes: Axes, evaluation: Evaluation) -> None:
    """Colour shows the mistakes only: beside the right answers they would vanish."""
    confusion = evaluation.confusion
    count_of_classes = len(confusion)
    mistakes = confusion * (1 - np.eye(count_of_classes, dtype=int))
    axes.imshow(mistakes, cmap="Oranges", vmax=max(1, mistakes.max() * 1.5))
    if count_of_classes <= MOST_CLASSES:
        for row, column in np.ndindex(*confusion.shape):
            if count := confusion[row, column]:
                weight = "bold" if row == column else "normal"
                axes.text(column, row, f"{count}", ha="center", va="center", fontweight=weight, fontsize=9)
        axes.set_xticks(range(count_of_classes), evaluation.classes, parse_math=False)
        axes.set_yticks(range(count_of_classes), evaluation.classes, parse_math=False)
    axes.set(xlabel="predicted", ylabel="label")
    axes.tick_params(length=0)


def _draw_classes(axes: Axes, evaluation: Evaluation) -> None:
    """The share of each class that is answered right, with Wilson's interval."""
    right = evaluation.answers == evaluation.labels
    shown = [index for index in range(len(evaluation.classes)) if (evaluation.labels == index).any()]
    for index in shown:
        of_class = right[evaluation.labels == index]
        low, high = wilson_interval(int(of_class.sum()), len(of_class))
        axes.plot([low, high], [index, index], color=BLUE, alpha=0.35, linewidth=2)
        axes.plot(of_class.mean(), index, "o", color=BLUE, ms=5)
    if evaluation.n:
        axes.axvline(evaluation.accuracy, color=ORANGE, linewidth=1, zorder=0)
    if len(evaluation.classes) <= MOST_CLASSES:
        axes.set_yticks(range(len(evaluation.classes)), evaluation.classes, parse_math=False)
    axes.set_ylim(len(evaluation.classes) - 0.5, -0.5)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set(title="Accuracy of each class", xlabel="95 % intervals; all classes in orange")
    axes.grid(axis="x", color=PALE)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)


@figure_of.register
def _of_drawing(drawing: Drawing) -> Figure:
    """The strokes in the order in which they were drawn, and what a network sees of them."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5.2, 2.9), layout="constrained")
        left, right = figure.subplots(1, 2)
        colours = mpl.colormaps["Blues_r"](np.linspace(0.05, 0.55, max(2, len(drawing.strokes))))
        for number, (stroke, colour) in enumerate(zip(drawing.strokes, colours, strict=False), 1):
            points = np.asarray(stroke, np.float64).reshape(-1, 2)
            if not len(points):
                continue
            x, y = points.T
            left.plot(x, y, color=colour, lw=4, solid_capstyle="round", solid_joinstyle="round")
            left.plot(x[0], y[0], "o", color=ORANGE, ms=9)
            left.text(
                x[0], y[0], f"{number}", color="white", fontsize=6, ha="center", va="center", weight="bold"
            )
        _centre(left, drawing)
        right.imshow(strokes_to_image(drawing.strokes), cmap="Greys", vmin=0, vmax=255)
        label = "no label" if drawing.label is None else f"label {drawing.label}"
        writer = "" if drawing.writer is None else f", writer {drawing.writer}"
        left.set_title(f"{label}{writer}", parse_math=False)
        right.set_title("28x28, as a network sees it")
        for axes in (left, right):
            _frame(axes)
    return figure


def _centre(axes: Axes, drawing: Drawing) -> None:
    """The axes as a square around all points, y down."""
    points = np.concatenate([np.zeros((0, 2)), *(np.reshape(each, (-1, 2)) for each in drawing.strokes)])
    low, high = (points.min(axis=0), points.max(axis=0)) if len(points) else (np.zeros(2), np.ones(2))
    (x, y), half = (low + high) / 2, max(0.65 * float((high - low).max()), 1e-6)
    axes.set(xlim=(x - half, x + half), ylim=(y + half, y - half), aspect="equal")


@figure_of.register
def _of_network(network: Network) -> Figure:
    """The weights of each layer: those of the first as images, one for each neuron."""
    first, *others = network.parameters.weights
    tiles, n = _tiles(first)
    width = 6.0 if others else 8.0
    height = 1.1 + min(6.0, width * tiles.shape[0] / tiles.shape[1]) if n else 4.0
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width + 1.7 * len(others), height), layout="constrained")
        ratios = [width, *[1.7] * len(others)]
        panels: Any = figure.subplots(1, len(ratios), width_ratios=ratios, squeeze=False)
        neurons = first.shape[1]
        which = "its" if n in (0, neurons) else f"{n} of its"
        _draw_weights(panels[0, 0], tiles, f"Layer 1: what {which} {neurons} neurons look for")
        for number, (axes, weights) in enumerate(zip(panels[0, 1:], others, strict=True), 2):
            inputs, outputs = weights.shape
            _draw_weights(axes, weights, f"Layer {number}: {inputs} to {outputs}")
        if others and len(network.classes) <= MOST_CLASSES // 2:
            panels[0, -1].set_xticks(range(len(network.classes)), network.classes, parse_math=False)
            panels[0, -1].tick_params(length=0, pad=1, labelsize=7)
        figure.suptitle(_facts(network), x=0.01, ha="left", fontsize=12)
        figure.supxlabel("blue adds, orange subtracts", x=0.01, ha="left", fontsize=9)
    return figure


def _facts(network: Network) -> str:
    sizes = "-".join(map(str, network.layer_sizes))
    count = sum(tensor.size for tensor in network.parameters.tensors())
    accuracy = network.card.accuracy.get("test")
    tested = f", test accuracy {accuracy:.2%}" if isinstance(accuracy, float) else ""
    return f"{sizes}, {count:,} parameters{tested}"


def _tiles(weights: Array) -> tuple[Array, int]:
    """The weights (I, O) of neurons as square images side by side, and how many; 0 where they are no images.

    Each is scaled by its own strongest weight.
    """
    inputs, outputs = weights.shape
    side = round(inputs**0.5)
    if side * side != inputs:
        return weights, 0
    n = min(outputs, MOST_NEURONS)
    # Those with the largest weights say most; they stand in their order.
    strongest = np.sort(np.argsort(-np.abs(weights).sum(axis=0), kind="stable")[:n])
    columns = _columns(n)
    rows = -(-n // columns)
    picture = np.full((rows * (side + 2), columns * (side + 2)), np.nan)
    for place, neuron in enumerate(strongest):
        top, left = (side + 2) * (place // columns) + 1, (side + 2) * (place % columns) + 1
        image = weights[:, neuron].reshape(side, side)
        picture[top : top + side, left : left + side] = image / max(float(np.abs(image).max()), 1e-9)
    return picture, n


def _columns(n: int) -> int:
    """Columns for n squares: about twice as many as rows, with few places left empty."""
    wanted = (2 * n) ** 0.5
    return min(range(1, n + 1), key=lambda columns: (-n % columns + abs(columns - wanted), columns))


def _draw_weights(axes: Axes, weights: Array, title: str) -> None:
    # A few weights are much larger than the others: the colour is full at the 99th percentile.
    strength = float(np.nanquantile(np.abs(weights), 0.99)) or 1.0
    aspect: Literal["equal", "auto"] = "equal" if np.isnan(weights).any() else "auto"  # images, or a matrix
    axes.imshow(weights, cmap=SIGNED, vmin=-strength, vmax=strength, aspect=aspect)
    axes.set_title(title, fontsize=10)
    _frame(axes)


def _frame(axes: Axes) -> None:
    """No numbers, and a thin frame."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(visible=True, color=PALE)
