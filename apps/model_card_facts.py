"""What a model file says of its data, its training and its accuracy, in prose: parts of a model card."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec

from apps.output import printable
from engine.data.datasets import MNIST_SHA256
from engine.recognition.metrics import wilson_interval
from engine.sources import PEN_STROKES_SHA256, SOURCES
from engine.training.options import TrainingOptions
from engine.training.recipe import Recipe, Stage


class Training(msgspec.Struct):
    """What `Card.training` may hold; a network that was imported has none of it."""

    options: TrainingOptions | None = None
    backend: str = ""
    dataset: str = ""
    data_sha256: str = ""
    recipe: Recipe | None = None
    drawings: int = 0
    drawings_sha256: str = ""
    writers: list[str | int] = []
    started_from: dict[str, Any] | None = None
    versions: dict[str, str] = {}
    machine: dict[str, Any] = {}
    epochs_done: int | None = None
    stopped_early: bool = False
    sweep: _Sweep | None = None


Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=1)]


class _Sweep(msgspec.Struct):
    trials: int


class Accuracy(msgspec.Struct):
    """What `Card.accuracy` may hold."""

    test: Share | None = None
    test_examples: Count = 1
    validation: Share | None = None
    unseen_writers: Share | None = None
    unseen_writers_interval_95: tuple[Share, Share] = (0.0, 1.0)
    unseen_writers_digits: Count = 1


def learned_from(training: Training) -> Iterator[str]:
    known = {"digits8x8": "digits8x8"} | ({"mnist": "mnist"} if training.data_sha256 == MNIST_SHA256 else {})
    if not training.dataset:
        yield "The model file does not say what it was trained on."
    elif training.dataset in known:
        yield _source(known[training.dataset])
    else:
        yield f"A data set named {quoted(training.dataset)}. Its licence is not recorded."
    if training.drawings:
        by = f" by {len(training.writers)} writers" if training.writers else ""
        yield f"And {training.drawings:,} drawings{by}, as strokes of a pen."
        if training.drawings_sha256 == PEN_STROKES_SHA256:
            yield _source("pen-strokes")
    if training.started_from is not None:
        yield "It began as another network, and so rests on what that was trained on as well."
    if training.dataset:
        hashes = [f"`{each}`" for each in (training.data_sha256, training.drawings_sha256) if each.isalnum()]
        yield f"SHA-256 of the data, whatever file holds them: {' and '.join(hashes)}."


def _source(name: str) -> str:
    source = SOURCES[name]
    return f"{source.citation}. {source.what[0].upper()}{source.what[1:]}; licence {source.licence}."


def trained_by(training: Training) -> Iterator[str]:
    options, recipe = training.options, training.recipe
    if options is None:
        yield "The model file does not say how it was trained."
        return
    steps = {
        "sgd": "stochastic gradient descent",
        "nesterov": f"Nesterov momentum {options.momentum:g}",
        "adamw": "AdamW",
    }[options.optimizer]
    rate = {"cosine": "falling along a cosine", "constant": "constant"}[options.schedule]
    rest = f", weight decay {options.weight_decay:g}" if options.weight_decay else ""
    rest += f", a moving average of the weights with decay {options.ema_decay:g}" if options.ema_decay else ""
    yield (
        f"{steps[0].upper()}{steps[1:]} in steps of {options.batch_size:,} images for {options.epochs:,} "
        f"epochs, learning rate {options.peak_learning_rate:g}, {rate}{rest}, seed {options.seed}, on the "
        f"backend {quoted(training.backend)}."
    )
    if recipe:
        total = sum(stage.blocks * stage.block_size for stage in recipe.stages)
        parts = [0, 0, 0]
        for stage in recipe.stages:
            counts = stage.mixture.counts(stage.block_size)
            parts = [before + stage.blocks * n for before, n in zip(parts, counts, strict=True)]
        shares = [
            f"{part / total:.0%} {kind}"
            for part, kind in zip(parts, ("images", "drawings", "non-digits"), strict=True)
            if part
        ]
        made = f"A recipe made {total:,} different examples of the data: {', '.join(shares)}."
        yield made + _augmentation(recipe)
        if parts[2]:
            yield (
                "A non-digit, such as a curve or a spoiled digit, has every digit alike as its target, so "
                "that the network learns to doubt."
            )
    if training.sweep:
        yield f"It is the best of a sweep of {training.sweep.trials} trials, chosen by validation accuracy."


def _augmentation(recipe: Recipe) -> str:
    """Which random changes images and strokes got, in any stage."""
    said = ""
    for kind in ("images", "strokes"):
        changed: dict[str, None] = {}
        for stage in recipe.stages:
            values, defaults = (msgspec.structs.asdict(getattr(each, kind)) for each in (stage, _PLAIN))
            changed |= dict.fromkeys(
                name.replace("_", " ") for name in values if values[name] != defaults[name]
            )
        if changed:
            said += f" Random changes of {kind}: {', '.join(changed)}."
    return said


_PLAIN = Stage(blocks=1, block_size=1)  # without augmentation


def measured(accuracy: Accuracy, training: Training) -> Iterator[str]:
    rows = []
    if accuracy.test is not None:
        n = accuracy.test_examples
        low, high = wilson_interval(round(accuracy.test * n), n)
        what = "MNIST's test set" if training.data_sha256 == MNIST_SHA256 else "the test set of the data"
        rows.append((what, n, accuracy.test, f"{low:.2%} to {high:.2%} (Wilson)"))
    if accuracy.unseen_writers is not None:
        low, high = accuracy.unseen_writers_interval_95
        n = accuracy.unseen_writers_digits
        rows.append(
            ("writers held out", n, accuracy.unseen_writers, f"{low:.2%} to {high:.2%} (over writers)")
        )
    if rows:
        table = ["| measured on | examples | accuracy | 95 % interval |", "|---|---|---|---|"]
        yield "\n".join(
            [*table, *(f"| {what} | {n:,} | {share:.2%} | {span} |" for what, n, share, span in rows)]
        )
        yield (
            "These were looked at once, when training was over. The intervals hold for more examples of the "
            "same kind; they say nothing of another kind."
        )
    if accuracy.validation is not None:
        luck = (
            ", by which it was chosen among others, so that this is a little too high"
            if training.sweep
            else ""
        )
        yield f"On the training examples held back: {accuracy.validation:.2%}{luck}."
    if not rows and accuracy.validation is None:
        yield "The model file holds no measurement. `inkdigits evaluate` makes one."


def made_again_by(training: Training, name: str) -> Iterator[str]:
    if training.options is None or not training.data_sha256:
        yield "The model file does not say how."
        return
    words = ["inkdigits train --like", shlex.quote(name)]
    if training.dataset not in ("mnist", "digits8x8"):
        words += ["--data", "FILE"]
    if training.drawings_sha256:
        known = training.drawings_sha256 == PEN_STROKES_SHA256
        words += ["--strokes", '"$(inkdigits data pen-strokes)"' if known else "FILE"]
    if training.started_from is not None:
        words += ["--from", "FILE"]
    yield "    " + " ".join([*map(printable, words), "--out again.json"])
    missing = [each for each in ("python", "inkdigits", "numpy") if each not in training.versions]
    if not training.machine:
        missing.append("the processor")
    versions = ", ".join(
        f"{printable(key)} {printable(value)}" for key, value in sorted(training.versions.items())
    )
    yield (
        "The command says what differs from the run that made it, refuses other data, and compares the "
        "weights in the end. They are the same, bit for bit, on the same kind of processor with the same "
        f"versions: {versions or 'unknown'}."
    )
    if missing:
        yield f"Not recorded: the version of {', '.join(missing)}; so the weights may differ.".replace(
            "the version of the processor", "the processor"
        )


def quoted(text: str) -> str:
    """Text of a file as code, so that nothing in it is taken for Markdown."""
    return f"`{printable(text).replace('`', '')}`"
