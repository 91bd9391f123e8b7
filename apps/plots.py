"""Pictures of training and of results, drawn without a screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter

from backends import InkdigitsError
from backends.arrays import Array
from engine.data.photos import FoundDigit
from engine.model.history import EpochRecord
from engine.recognition.evaluation import Evaluation

if TYPE_CHECKING:
    from apps.predict import Answer

BLUE, ORANGE, INK, GREY = "#1f6feb", "#e8710a", "#24292f", "#8c959f"
MISTAKES_SHOWN = 40
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


def check_picture(path: Path) -> None:
    """Refuse a name under which no picture can be written, before any work is done for it."""
    formats = Figure().canvas.get_supported_filetypes()
    if path.suffix.lstrip(".").lower() not in formats:
        raise InkdigitsError(f"cannot draw {path}: end its name in .png, .svg or .pdf")
    if not path.resolve().parent.is_dir():
        raise InkdigitsError(f"cannot draw {path}: there is no folder {path.resolve().parent}")


def draw_training(epochs: list[EpochRecord], path: Path) -> None:
    """Draw loss and validation accuracy, epoch by epoch."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8, 3.2), layout="constrained")
        loss, accuracy = figure.subplots(1, 2)
        numbers = [record.epoch for record in epochs]
        marker = "o" if len(epochs) <= 30 else None
        loss.plot(numbers, [record.train_loss for record in epochs], color=BLUE, marker=marker, ms=4)
        loss.set(title="Training loss (cross-entropy)", xlabel="epoch")
        loss.set_ylim(bottom=0)
        measured = [record.validation_accuracy for record in epochs]
        if all(value is not None for value in measured):
            accuracy.plot(numbers, measured, color=ORANGE, marker=marker, ms=4)
        accuracy.set(title="Validation accuracy", xlabel="epoch")
        accuracy.yaxis.set_major_formatter(PercentFormatter(1))
        for axes in (loss, accuracy):
            axes.grid(axis="y", color="#eaeef2")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        _save(figure, path)


def draw_confusion(evaluation: Evaluation, path: Path) -> None:
    """Draw what is taken for what: the colour shows mistakes only, so that they are seen."""
    confusion = evaluation.confusion
    mistakes = confusion * (1 - np.eye(10, dtype=int))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6, 5.6), layout="constrained")
        axes = figure.subplots()
        axes.imshow(mistakes, cmap="Oranges", vmax=max(1, mistakes.max() * 1.5))
        for row, column in np.ndindex(10, 10):
            count = confusion[row, column]
            if count:
                weight = "bold" if row == column else "normal"
                axes.text(column, row, f"{count}", ha="center", va="center", fontweight=weight, fontsize=9)
        axes.set(
            title=f"{evaluation.accuracy:.2%} of {evaluation.n:,} right",
            xlabel="read as",
            ylabel="written",
            xticks=range(10),
            yticks=range(10),
        )
        axes.tick_params(length=0)
        _save(figure, path)


def draw_mistakes(evaluation: Evaluation, images: Array, path: Path) -> None:
    """Draw the wrong answers, the most confident first, each with what it was and what it was read as."""
    worst = evaluation.worst[:MISTAKES_SHOWN]
    columns = 8
    rows = max(1, -(-len(worst) // columns))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8, 1.25 * rows + 0.4), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        figure.suptitle("The most confident mistakes: written → read as, confidence", x=0.01, ha="left")
        for axes in grid:
            axes.axis("off")
        for axes, index in zip(grid, worst, strict=False):
            answer = evaluation.answers[index]
            axes.imshow(images[index], cmap="Greys")
            confidence = evaluation.probabilities[index].max()
            axes.set_title(
                f"{evaluation.labels[index]} → {answer}  {confidence:.0%}", fontsize=9, loc="center"
            )
        _save(figure, path)


def draw_answers(answers: list[Answer], path: Path) -> None:
    """Draw each picture with the box that was taken for the digit, and beside it what the network saw."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6.4, 3.2 * len(answers)), layout="constrained")
        for (left, right), answer in zip(
            figure.subplots(len(answers), 2, squeeze=False), answers, strict=True
        ):
            left.set_title(answer.path.name)
            digit = answer.recognition.digit
            said = answer.recognition.state.replace("_", " ") if digit is None else f"read as {digit}"
            right.set_title(f"what the network saw: {said}")
            right.imshow(answer.recognition.image, cmap="gray")
            if answer.picture is not None and answer.found is not None:
                left.imshow(answer.picture)
                left.add_patch(_box(answer.found, answer.picture))
            left.axis("off")
            right.axis("off")
        _save(figure, path)


def _box(found: FoundDigit, picture: Array) -> Rectangle:
    height, width = picture.shape[:2]
    left, top, right, bottom = found.box
    corner = (left * width - 0.5, top * height - 0.5)
    return Rectangle(
        corner, (right - left) * width, (bottom - top) * height, fill=False, edgecolor=ORANGE, linewidth=1.5
    )


def _save(figure: Figure, path: Path) -> None:
    try:
        figure.savefig(path)
    except OSError as error:
        raise InkdigitsError(f"cannot draw {path}: {error.strerror}") from None
