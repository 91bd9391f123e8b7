"""What a network gains from ten drawings of one writer, and what it forgets.

    python -m benchmarks.teaching --networks /tmp/networks          # some minutes; the second time less
    python -m benchmarks.teaching --networks /tmp/networks --replay none

The shipped network has learned from all writers of the development set, so it cannot be judged on them. Five
networks are trained instead, each without a fifth of the writers, by the recipe `best` cut to 640,000
examples; and one on MNIST alone. A sixth of MNIST's training digits is held back from all of them. Then each
writer in turn teaches ten drawings, one of each digit (or any ten), to the network that has not seen that
writer. Judged are the writer's other drawings, and MNIST's held-back digits.

The data are those in the folder INKDIGITS_DATA: mnist.npz and pen_strokes_dev.json.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from backends import get_backend
from backends.arrays import Array
from engine import Network, teach
from engine.data.datasets import Dataset, Examples, load_mnist
from engine.data.drawings import Drawing, read_drawings
from engine.data.strokes import strokes_to_image
from engine.training.cross_validation import split_by_writer
from engine.training.options import TrainingOptions
from engine.training.recipe import read_recipe
from engine.training.seeds import Purpose, generator
from engine.training.trainer import Training

SEED = 1
HELD_BACK = 1 / 6  # of MNIST's training digits
BLOCKS, BLOCK_SIZE = (8, 2), 64_000  # of the two stages of the short recipe
FOLDS = 5


class Result(NamedTuple):
    """One writer: wrong answers to the other drawings, and accuracy on MNIST, before and after."""

    drawings: int
    wrong_before: int
    wrong_after: int
    mnist_before: float
    mnist_after: float
    learned: float
    seconds: float


def split_mnist(dataset: Dataset) -> tuple[Examples, Examples]:
    """The digits that the networks are trained on, and those held back, as `Training` splits them."""
    order = generator(SEED, Purpose.VALIDATION_SPLIT).permutation(len(dataset.train))
    held_back = round(len(order) * HELD_BACK)
    return dataset.train[order[held_back:]], dataset.train[order[:held_back]]


def networks(folder: Path, dataset: Dataset, drawings: list[Drawing], plain: bool) -> dict[str, Network]:
    """The network for each writer, trained without that writer; from the folder where it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, Network] = {}
    for fold in split_by_writer(drawings, FOLDS):
        path = folder / ("mnist.json" if plain else f"fold{fold.number}.json")
        if not path.exists():
            train(dataset, [] if plain else fold.train).save(path)
        network = Network.load(path, "numpy")
        found |= dict.fromkeys(fold.writers, network)
    return found


def train(dataset: Dataset, drawings: list[Drawing]) -> Network:
    """A network of the short recipe, or without drawings one of ten plain epochs."""
    backend = get_backend("numba")
    if drawings:
        best = read_recipe("best")
        stages = [
            msgspec.structs.replace(stage, blocks=blocks, block_size=BLOCK_SIZE)
            for stage, blocks in zip(best.stages, BLOCKS, strict=True)
        ]
        options = {**best.training, "ema_decay": 0.998, "validation": HELD_BACK, "seed": SEED}
        recipe = msgspec.structs.replace(best, stages=stages, training=options, non_digits=10_000)
        training = Training(
            dataset, TrainingOptions.chosen({}, recipe), backend, recipe=recipe, drawings=drawings
        )
    else:
        plain = {
            "epochs": 10,
            "optimizer": "adamw",
            "schedule": "cosine",
            "validation": HELD_BACK,
            "seed": SEED,
        }
        training = Training(dataset, TrainingOptions.chosen(plain, None), backend)
    for _ in training.run():
        pass
    return training.network


def teach_each_writer(
    by_writer: dict[str, Network],
    drawings: list[Drawing],
    mnist: Examples,
    replay: Array | None,
    any_ten: bool,
) -> Iterator[Result]:
    """Let each writer teach ten drawings."""
    mnist_before: dict[int, float] = {}
    for writer, network in by_writer.items():
        random = np.random.default_rng(int(writer))
        mine = [each for each in drawings if str(each.writer) == writer]
        labels = np.array([each.label for each in mine])
        digits = [np.flatnonzero(labels == digit) for digit in np.unique(labels)]
        ten = random.choice(len(mine), 10, replace=False) if any_ten else [random.choice(d) for d in digits]
        others = np.setdiff1d(np.arange(len(mine)), ten)
        started = time.process_time()
        taught = teach(network, [mine[i].strokes for i in ten], labels[ten], replay=replay)
        seconds = time.process_time() - started
        images = np.stack([strokes_to_image(mine[i].strokes) for i in others])
        if id(network) not in mnist_before:
            mnist_before[id(network)] = share_right(network, mnist.images, mnist.labels)
        yield Result(
            len(others),
            int((network.predict(images) != labels[others]).sum()),
            int((taught.network.predict(images) != labels[others]).sum()),
            mnist_before[id(network)],
            share_right(taught.network, mnist.images, mnist.labels),
            float(taught.learned.mean()),
            seconds,
        )


def share_right(network: Network, images: Array, labels: Array) -> float:
    return float((network.predict(images) == labels).mean())


def report(name: str, results: list[Result]) -> str:
    """A row of the table; intervals are 95 %, by resampling the writers."""
    table = np.array(results, np.float64)
    drawings, before, after, mnist_before, mnist_after, learned, seconds = table.T
    resampled = np.random.default_rng(0).integers(len(table), size=(10_000, len(table)))

    def interval(values: Array) -> str:
        low, high = np.percentile(values, [2.5, 97.5])
        return f"{low:.2f} to {high:.2f}"

    def gone(which: Array) -> Array:
        fewer: Array = 100 * (1 - after[which].sum(axis=-1) / np.maximum(before[which].sum(axis=-1), 1))
        return fewer

    def gain(which: Array) -> Array:
        points: Array = 100 * ((before - after)[which].sum(axis=-1) / drawings[which].sum(axis=-1))
        return points

    all_writers = np.arange(len(table))
    forgotten = 100 * (mnist_after - mnist_before)
    cells = [
        name,
        f"{100 * (1 - before.sum() / drawings.sum()):.2f} → {100 * (1 - after.sum() / drawings.sum()):.2f}",
        f"{gain(all_writers):+.2f} ({interval(gain(resampled))})",
        f"{gone(all_writers):.0f} % ({interval(gone(resampled))})",
        f"{100 * mnist_before.mean():.2f} → {100 * mnist_after.mean():.2f}",
        f"{forgotten.mean():+.3f} ({interval(forgotten[resampled].mean(axis=-1))})",
        f"{100 * learned.mean():.1f} %",
        f"{seconds[0]:.2f}, then {seconds[1:].mean():.2f}",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.teaching", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument(
        "--networks", metavar="FOLDER", type=Path, required=True, help="keep the networks here"
    )
    parser.add_argument(
        "--replay",
        choices=["drawn", "mnist", "none"],
        default="drawn",
        help="what is replayed (default: digits that are drawn; mnist: 1,500 of its training digits)",
    )
    parser.add_argument(
        "--any-ten", action="store_true", help="teach any ten drawings, not one of each digit"
    )
    arguments = parser.parse_args()
    dataset = load_mnist()
    drawings = read_drawings(Path(os.environ["INKDIGITS_DATA"]) / "pen_strokes_dev.json")
    seen, held_back = split_mnist(dataset)
    replay = {"drawn": None, "mnist": seen.images[:1500], "none": seen.images[:0]}[arguments.replay]
    print(
        "| network | other drawings, % | points | errors gone | held-back MNIST, % | points | taught right "
        "| CPU seconds |\n|---|---|---|---|---|---|---|---|"
    )
    for name, plain in (("MNIST and 24 writers", False), ("MNIST alone", True)):
        by_writer = networks(arguments.networks, dataset, drawings, plain)
        found = list(teach_each_writer(by_writer, drawings, held_back, replay, arguments.any_ten))
        print(report(name, found), flush=True)


if __name__ == "__main__":
    main()
