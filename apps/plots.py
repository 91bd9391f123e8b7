"""Pictures of training and of results, drawn without a screen."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter

from apps.messages import shown_value
from apps.output import printable
from backends.arrays import Array
from engine.data.photos import FoundDigit
from engine.figures import BLUE, GREY, INK, ORANGE, PALE, STYLE, confusion_figure, figure_of
from engine.model.history import EpochRecord, History
from engine.model.network import Network
from engine.model.safe_write import write_atomically
from engine.recognition.comparison import Comparison
from engine.recognition.evaluation import Evaluation
from engine.recognition.explain import Explanation, explain
from engine.recognition.smallest_change import smallest_change
from engine.training.trials import Trial

if TYPE_CHECKING:
    from apps.predict import Answer

MISTAKES_SHOWN = 40
DIFFERENCES_SHOWN = 24  # on either side


def can_draw(path: Path) -> bool:
    """Whether the ending of a file's name is that of a kind of picture."""
    return path.suffix.lstrip(".").lower() in Figure().canvas.get_supported_filetypes()


def draw_training(epochs: list[EpochRecord], path: Path) -> None:
    """Draw loss and validation accuracy, epoch by epoch."""
    with mpl.rc_context(STYLE):
        _save(figure_of(History(tuple(epochs))), path)


def draw_sweep(trials: list[Trial], names: list[str], logarithmic: set[str], path: Path) -> None:
    """Draw the accuracy of each trial with its interval over each thing that was searched."""
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(1 + 3.4 * columns, 3.2 * rows), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
        for axes in grid.ravel()[len(names) :]:
            axes.axis("off")
        for axes, name in zip(grid.ravel(), names, strict=False):
            _draw_outcome(axes, trials, name, name in logarithmic)
        for axes in grid[:, 0]:
            axes.set_ylabel("validation accuracy")
            axes.yaxis.set_major_formatter(PercentFormatter(1))
        # A run that diverged, or guesses, would squeeze all others into a line.
        outcomes = np.array([trial.accuracy for trial in trials])
        low, high = np.quantile(outcomes, 0.2), min(1.0, max(trial.interval_95[1] for trial in trials[:3]))
        room = max(1e-3, (high - low) / 8)
        below = int((outcomes < low - room).sum())
        grid[0, 0].set_ylim(low - room, min(1.0, high + room))
        left_out = f", {below} below the picture" if below else ""
        figure.suptitle(
            f"{len(trials)} trials, 95 % intervals, the best in orange{left_out}", x=0.01, ha="left"
        )
        _save(figure, path)


def _draw_outcome(axes: Axes, trials: list[Trial], name: str, logarithmic: bool) -> None:
    values = [trial.parameters[name] for trial in trials]
    is_number = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    places = values
    if not is_number:
        different = sorted({shown_value(value) for value in values}, key=_natural)
        spread = {text: iter(_spread(sum(shown_value(v) == text for v in values))) for text in different}
        places = [different.index(shown_value(v)) + next(spread[shown_value(v)]) for v in values]
        axes.set_xticks(range(len(different)), different, parse_math=False)
        axes.set_xlim(-0.5, len(different) - 0.5)
    elif logarithmic:
        axes.set_xscale("log")
    for trial, place in reversed(list(zip(trials, places, strict=True))):  # the best on top
        low, high = trial.interval_95
        colour = ORANGE if trial is trials[0] else BLUE
        axes.plot(
            [place, place], [low, high], color=colour, alpha=0.35, linewidth=1.5, solid_capstyle="round"
        )
        axes.plot(place, trial.accuracy, "o", color=colour, ms=5)
    axes.set_title(name, parse_math=False)
    axes.grid(axis="y", color=PALE)
    axes.set_axisbelow(True)


def _spread(n: int) -> list[float]:
    """Places side by side around a value, so that intervals do not cover each other."""
    return [(index - (n - 1) / 2) * min(0.12, 0.6 / n) for index in range(n)]


def _natural(text: str) -> tuple[bool, list[float], str]:
    """What sorts 64 before 128, and numbers before names."""
    parts = text.split(",")
    numbers = [float(part) for part in parts if part.replace(".", "", 1).isdigit()]
    return len(numbers) < len(parts), numbers, text


def draw_confusion(evaluation: Evaluation, path: Path) -> None:
    """Draw a confusion matrix."""
    with mpl.rc_context(STYLE):
        _save(confusion_figure(evaluation), path)


def draw_mistakes(evaluation: Evaluation, images: Array, path: Path) -> None:
    """Draw the wrong predictions, the most confident first, each with its label and the prediction."""
    worst = evaluation.worst[:MISTAKES_SHOWN]
    columns = 8
    rows = max(1, -(-len(worst) // columns))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8, 1.25 * rows + 0.4), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        figure.suptitle("The most confident mistakes: label → prediction, confidence", x=0.01, ha="left")
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


def draw_differences(comparison: Comparison, images: Array, path: Path) -> None:
    """Draw the digits that only one of two networks gets right, each with its label and both answers."""
    columns = 8
    groups = [
        (title, which[:DIFFERENCES_SHOWN])
        for title, which in (
            ("Only the first is right", comparison.only_first),
            ("Only the second is right", comparison.only_second),
        )
    ]
    heights = [max(1, -(-len(which) // columns)) for _, which in groups]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8, 1.25 * sum(heights) + 0.8), layout="constrained")
        parts: Any = figure.subfigures(2, 1, height_ratios=heights)
        for part, rows, (title, which) in zip(parts, heights, groups, strict=True):
            part.suptitle(f"{title}: label, first and second answer", x=0.01, ha="left")
            grid = part.subplots(rows, columns, squeeze=False).ravel()
            for axes in grid:
                axes.axis("off")
            for axes, index in zip(grid, which, strict=False):
                axes.imshow(images[index], cmap="Greys")
                numbers = (comparison.first.labels, comparison.first.answers, comparison.second.answers)
                label, *answers = (comparison.first.classes[each[index]] for each in numbers)
                axes.set_title(f"{label}: {', '.join(answers)}", fontsize=9, loc="center", parse_math=False)
        _save(figure, path)


def draw_answers(answers: list[Answer], path: Path) -> None:
    """Draw each picture with a box around the digit that was found, and the network's input beside it."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6.4, 3.2 * len(answers)), layout="constrained")
        for (left, right), answer in zip(
            figure.subplots(len(answers), 2, squeeze=False), answers, strict=True
        ):
            left.set_title(printable(answer.path.name), parse_math=False)  # a name may hold $
            digit = answer.recognition.digit
            verdict = answer.recognition.state.replace("_", " ") if digit is None else f"predicted {digit}"
            right.set_title(f"network input: {verdict}")
            right.imshow(answer.recognition.image, cmap="gray")
            if answer.picture is not None and answer.found is not None:
                left.imshow(answer.picture)
                left.add_patch(_box(answer.found, answer.picture))
            left.axis("off")
            right.axis("off")
        _save(figure, path)


def draw_explanations(network: Network, answers: list[Answer], path: Path) -> None:
    """Draw why each answer is this digit and not the second choice: evidence, what would flip it, the sum."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 3.4 * len(answers)), layout="constrained")
        grid = figure.subplots(len(answers), 3, squeeze=False, width_ratios=(3, 3, 5))
        for (left, middle, right), answer in zip(grid, answers, strict=True):
            image, names = answer.recognition.image, network.classes
            explanation = explain(network, image)
            digit, other = names[explanation.digit], names[explanation.other]
            left.set_title(printable(answer.path.name), parse_math=False)
            left.imshow(_coloured(explanation.evidence, image))
            left.set_xlabel(f"blue for {digit}, orange for {other}", parse_math=False)
            change = smallest_change(network, image)
            if change is not None:
                middle.set_title(f"smallest change: now {names[change.other]}", parse_math=False)
                middle.imshow(change.image, cmap="Greys", vmin=0, vmax=1)
                middle.set_xlabel(f"pixels changed by at most {np.abs(change.change).max():.0%}")
            for axes in (left, middle):
                axes.set(xticks=[], yticks=[])
                axes.spines[:].set_visible(False)
            right.set_title(f"why {digit} and not {other}", parse_math=False)
            _draw_sum(right, explanation, digit, other)
        _save(figure, path)


def _coloured(evidence: Array, image: Array) -> Array:
    """Evidence in blue and orange over the ink in grey; the strongest pixel has the full colour."""
    strength = (np.abs(evidence) / max(float(np.abs(evidence).max()), 1e-9))[:, :, None] ** 0.7
    colour = np.where(evidence[:, :, None] > 0, to_rgb(BLUE), to_rgb(ORANGE))
    grey = 1 - 0.25 * image[:, :, None] / 255
    mixed: Array = grey * (1 - strength) + colour * strength
    return mixed


def _draw_sum(axes: Axes, explanation: Explanation, digit: str, other: str) -> None:
    """The difference of the logits as a waterfall: pixels for, pixels against, the biases of each layer."""
    evidence = explanation.evidence
    parts = {
        f"pixels for {digit}": float(evidence[evidence > 0].sum()),
        f"pixels for {other}": float(evidence[evidence < 0].sum()),
    }
    parts |= {f"biases of layer {layer}": bias for layer, bias in enumerate(explanation.biases, 1)}
    values = [*parts.values(), sum(parts.values())]
    starts = [*np.cumsum([0, *parts.values()])[:-1], 0]
    colours = [BLUE if value > 0 else ORANGE for value in parts.values()]
    axes.barh(range(len(values)), values, left=starts, color=[*colours, INK], height=0.6)
    for row, value in enumerate(values):
        weight = "bold" if row == len(parts) else "normal"
        beside = axes.get_yaxis_transform()
        axes.text(1.02, row, f"{value:+.2f}", va="center", fontweight=weight, transform=beside)
    axes.set_yticks(range(len(parts) + 1), [*parts, f"logit {digit} - logit {other}"], parse_math=False)
    axes.invert_yaxis()
    axes.margins(x=0.03)
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.tick_params(length=0)


def _box(found: FoundDigit, picture: Array) -> Rectangle:
    height, width = picture.shape[:2]
    left, top, right, bottom = found.box
    corner = (left * width - 0.5, top * height - 0.5)
    return Rectangle(
        corner, (right - left) * width, (bottom - top) * height, fill=False, edgecolor=ORANGE, linewidth=1.5
    )


def _save(figure: Figure, path: Path) -> None:
    picture = io.BytesIO()
    figure.savefig(picture, format=path.suffix.lstrip(".").lower())
    write_atomically(path, picture.getvalue())
