"""What a change of a recipe gives: accuracy on digits to learn from beside digits held back, seed by seed.

    python -m benchmarks.levers best wide.toml --seeds 1 2 --networks /tmp/levers
    python -m benchmarks.levers best --hidden 256,128 --networks /tmp/levers

A recipe is a name or a file like engine/recipes/best.toml. A sixth of MNIST's training digits (10,000, drawn
by the seed) and the drawings of writers 25-30 are held back; MNIST's test digits are not looked at. A network
that is in the folder already is not trained again.

Columns: accuracy in % and, of what is held back, the cross-entropy at the best temperature in thousandths.
"refused" is the share of letters, shapes and curves, which no recipe learns from, that get no confident digit
where the threshold lets 98 % of both kinds of digits held back pass: the smaller of two quantiles.

The data are those in the folder INKDIGITS_DATA: mnist.npz and pen_strokes_dev.json.
"""

from __future__ import annotations

import argparse
import os
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from backends import get_backend
from backends.arrays import Array
from benchmarks.outliers import KINDS, outliers
from engine import Network
from engine.data.datasets import Examples, load_mnist
from engine.data.drawings import Drawing, read_drawings
from engine.data.strokes import strokes_to_image
from engine.recognition.evaluation import evaluate, images_in_parts
from engine.recognition.recognize import fit_decision_rule, tempered
from engine.training.loop import held_back
from engine.training.options import TrainingOptions
from engine.training.recipe import read_recipe
from engine.training.trainer import Training

HELD_BACK = 1 / 6  # of MNIST's training digits
WRITERS = tuple(map(str, range(25, 31)))  # whose drawings are held back
KEPT = 0.98  # of real digits that a confident answer must name
OUTLIERS = 20  # of each letter and shape, and 20 times as many curves
TEMPERATURES = np.linspace(0.5, 2, 151)
HEAD = (
    "| recipe | hidden | seed | learned | held back | loss | pens | loss | two guesses | refused | minutes |"
)


class Result(NamedTuple):
    """A network judged: shares from 0 to 1, and losses in nats."""

    learned: float
    held_back: float
    loss: float
    pens: float
    pens_loss: float
    pens_top2: float
    refused: float


def main() -> None:
    """Train what is not in the folder, judge it, and print a row for each network."""
    arguments = _parser().parse_args()
    print(HEAD + "\n" + "|---" * HEAD.count(" | ") + "|---|", flush=True)
    for recipe in arguments.recipe:
        for seed in arguments.seeds:
            network = trained(recipe, arguments.hidden, seed, arguments.threads, arguments.networks)
            result = judge(network, seed)
            shares = [f"{100 * share:.2f}" for share in result]
            shares[2], shares[4] = (f"{1000 * loss:.1f}" for loss in (result.loss, result.pens_loss))
            hidden = "-".join(map(str, network.layer_sizes[1:-1]))
            minutes = f"{sum(network.history.seconds) / 60:.1f}" if network.history else ""
            print(
                f"| {Path(recipe).stem} | {hidden} | {seed} | {' | '.join(shares)} | {minutes} |", flush=True
            )


def trained(recipe: str, hidden: tuple[int, ...], seed: int, threads: int, folder: Path) -> Network:
    """The network of a recipe, from the folder where it is there."""
    path = folder / f"{Path(recipe).stem}-{'-'.join(map(str, hidden))}-{seed}.json"
    if path.exists():
        return Network.load(path, "numpy")
    followed = read_recipe(recipe)
    options = TrainingOptions.chosen({"hidden": hidden, "seed": seed, "validation": HELD_BACK}, followed)
    digits = [each for each in drawings() if str(each.writer) not in WRITERS]
    training = Training(
        load_mnist(), options, get_backend("numba", threads), recipe=followed, drawings=digits
    )
    for _ in training.run(parts=1):
        pass
    folder.mkdir(parents=True, exist_ok=True)
    training.network.save(path)
    return training.network


def judge(network: Network, seed: int) -> Result:
    """Judge a network on what it learned from, on what was held back, and on non-digits."""
    network = Network(network.parameters, get_backend("numba"), network.card)
    everything = load_mnist().train
    learned, held = (everything[part] for part in held_back(len(everything), HELD_BACK, seed))
    of_learned, of_held, of_pens = (evaluate(network, part) for part in (learned, held, pens()))
    digits = [(each.probabilities, each.labels) for each in (of_held, of_pens)]
    of_non_digits = network.predict_proba(others())
    rule = fit_decision_rule(digits, of_non_digits, KEPT)
    return Result(
        of_learned.accuracy,
        of_held.accuracy,
        min(_loss(*digits[0], t) for t in TEMPERATURES),
        of_pens.accuracy,
        min(_loss(*digits[1], t) for t in TEMPERATURES),
        of_pens.top2_accuracy,
        float((tempered(of_non_digits, rule.temperature).max(axis=1) < rule.accept_threshold).mean()),
    )


def _loss(probabilities: Array, labels: Array, temperature: float) -> float:
    """The mean cross-entropy at a temperature."""
    of_labels = tempered(probabilities, temperature)[np.arange(len(labels)), labels]
    return float(-np.log(of_labels + 1e-12).mean())


@cache
def drawings() -> list[Drawing]:
    return read_drawings(Path(os.environ["INKDIGITS_DATA"]) / "pen_strokes_dev.json")


@cache
def pens() -> Examples:
    """The drawings that are held back."""
    network = Network.load(backend="numba")
    digits = [each for each in drawings() if str(each.writer) in WRITERS and each.label is not None]
    drawing = images_in_parts(network, digits, len(digits))
    while True:
        try:
            next(drawing)
        except StopIteration as done:
            examples: Examples = done.value
            return examples


@cache
def others() -> Array:
    """Letters, shapes and curves, as images."""
    random, backend = np.random.default_rng(0), get_backend("numba")
    made = [each for kind in KINDS for each in outliers(kind, OUTLIERS, random)]
    return np.stack([strokes_to_image(each["strokes"], backend=backend) for each in made])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.levers", description=__doc__.split("\n")[0])
    parser.add_argument("recipe", nargs="+", help="the name of a recipe or a TOML file")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2], help="default: 1 2")
    parser.add_argument("--hidden", type=_sizes, default=(128, 64), help="default: 128,64")
    parser.add_argument("--threads", type=int, default=2, help="default: 2")
    parser.add_argument("--networks", type=Path, required=True, help="folder of the trained networks")
    return parser


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


if __name__ == "__main__":
    main()
