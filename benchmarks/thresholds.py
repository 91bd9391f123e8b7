"""What the accept threshold trades: digits that get a confident answer against letters and shapes that do.

    python -m benchmarks.thresholds /tmp/levers/best-128-64-1.json --seed 1 --plot docs/thresholds.png

The network is one of ``python -m benchmarks.levers``: a sixth of MNIST's training digits and six writers
were held back, and it is judged on those. Each row is the rule that `fit_decision_rule` finds where at
least that share of both kinds of digits must be kept. "others" are letters, shapes and curves, which no
recipe learns from; "wrong" is a share of the confident answers. All in %.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

from backends.arrays import Array
from benchmarks.levers import HELD_BACK, others, pens
from engine import Network
from engine.data.datasets import load_mnist
from engine.figures import BLUE, ORANGE, PALE
from engine.model.card import DecisionRule
from engine.recognition.evaluation import evaluate
from engine.recognition.recognize import fit_decision_rule, tempered
from engine.training.loop import held_back

KEPT = (0.9, 0.925, 0.95, 0.96, 0.97, 0.975, 0.98, 0.985, 0.99, 0.995)
SHARES = "pens named", "images named", "others named", "pens wrong", "images wrong"


class Row(NamedTuple):
    """A rule, and shares from 0 to 1 in the order of ``SHARES``."""

    kept: float
    rule: DecisionRule
    shares: tuple[float, ...]


def curve(network: Network, seed: int, kept: tuple[float, ...] = KEPT) -> list[Row]:
    """The rules for these shares, and what each gives on what a network has not learned from."""
    everything = load_mnist().train
    images = everything[held_back(len(everything), HELD_BACK, seed)[1]]
    digits = [
        (each.probabilities, each.labels) for each in (evaluate(network, pens()), evaluate(network, images))
    ]
    of_non_digits = network.predict_proba(others())
    rows = []
    for share in kept:
        rule = fit_decision_rule(digits, of_non_digits, share)
        named = [_named(probabilities, rule) for probabilities, _ in (*digits, (of_non_digits, None))]
        wrong = [
            float((probabilities.argmax(axis=1) != labels)[sure].mean())
            for (probabilities, labels), sure in zip(digits, named, strict=False)
        ]
        rows.append(Row(share, rule, (*(float(each.mean()) for each in named), *wrong)))
    return rows


def _named(probabilities: Array, rule: DecisionRule) -> Array:
    """Which of them get a confident answer."""
    best: Array = tempered(probabilities, rule.temperature).max(axis=1) >= rule.accept_threshold
    return best


def draw(rows: list[Row], path: Path) -> None:
    """Plot the letters and shapes that are named over the digits that are not; numbers are thresholds."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.add_subplot()
    of_non_digits = [100 * row.shares[2] for row in rows]
    for place, (name, colour) in enumerate(
        {"pen strokes of unseen writers": BLUE, "MNIST's digits held back": ORANGE}.items()
    ):
        missed = [100 - 100 * row.shares[place] for row in rows]
        axes.plot(missed, of_non_digits, "o-", color=colour, ms=4, linewidth=1.5, label=name)
    for row, x, y in zip(rows, missed, of_non_digits, strict=True):
        axes.annotate(
            f"{row.rule.accept_threshold:.2f}", (x, y), (6, 3), textcoords="offset points", fontsize=8
        )
    axes.set_xlabel("digits without a confident answer, %")
    axes.set_ylabel("letters, shapes and curves with one, %")
    axes.set_xlim(0)
    axes.set_ylim(0)
    axes.grid(color=PALE)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150)


def main() -> None:
    """Print a row for each share, and draw the curve."""
    parser = argparse.ArgumentParser("python -m benchmarks.thresholds", description=__doc__.split("\n")[0])
    parser.add_argument("network", type=Path, help="a network that benchmarks.levers trained")
    parser.add_argument("--seed", type=int, default=1, help="its seed (default: 1)")
    parser.add_argument("--plot", type=Path, help="draw the curve into this file")
    arguments = parser.parse_args()
    rows = curve(Network.load(arguments.network, "numba"), arguments.seed)
    print("| kept | temperature | threshold | " + " | ".join(SHARES) + " |")
    print("|---" * (3 + len(SHARES)) + "|")
    for row in rows:
        shares = " | ".join(f"{100 * share:.2f}" for share in row.shares)
        print(f"| {100 * row.kept:g} | {row.rule.temperature} | {row.rule.accept_threshold:.4f} | {shares} |")
    if arguments.plot:
        draw(rows, arguments.plot)


if __name__ == "__main__":
    main()
