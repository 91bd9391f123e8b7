"""`DigitClassifier` beside scikit-learn's `MLPClassifier`: accuracy and seconds, on the same digits.

    pip install -e '.[all]'
    python -m benchmarks.estimator                        # digits8x8 and MNIST; INKDIGITS_DATA or a download
    python -m benchmarks.estimator --data digits8x8 --seeds 1

Same layers (128-64), epochs, batches, dtype (float32) and threads. All else is as its users find it: both
step by Adam, and the learning rates are the defaults, constant at 0.001 there, falling from 0.002 here.
digits8x8 has no test set: its last fifth is held out. Numba compiles before the clock starts. The classifiers
take turns. Writes the table into ``benchmarks/results/estimator.md``.
"""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from backends import get_backend
from backends.arrays import Array, scale_pixels
from engine.data.datasets import load_mnist
from engine.estimator import DigitClassifier

HIDDEN, BATCH_SIZE = (128, 64), 64
EPOCHS = {"digits8x8": 100, "mnist": 10}
RESULT = Path(__file__).parent / "results" / "estimator.md"
Digits = tuple[Array, Array, Array, Array]  # train and test features, train and test labels


def digits(name: str) -> Digits:
    """The features in [0, 1] and the labels of a data set, to learn from and to test on."""
    if name == "digits8x8":
        pixels, labels = load_digits(return_X_y=True)
        x, learn = (pixels / 16).astype(np.float32), len(labels) * 4 // 5
        return x[:learn], x[learn:], labels[:learn], labels[learn:]
    mnist = load_mnist()
    train, test = mnist.train, mnist.test
    assert test is not None
    return (
        scale_pixels(train.images, np.float32),
        scale_pixels(test.images, np.float32),
        train.labels,
        test.labels,
    )


def classifier(name: str, epochs: int, seed: int, threads: int) -> Any:
    """An untrained classifier: ``"MLPClassifier"``, or ours on a backend of that name."""
    if name == "MLPClassifier":
        return MLPClassifier(HIDDEN, batch_size=BATCH_SIZE, max_iter=epochs, random_state=seed)
    return DigitClassifier(
        hidden=HIDDEN,
        batch_size=BATCH_SIZE,
        epochs=epochs,
        random_state=seed,
        backend=get_backend(name, threads),
    )


def measure(model: Any, data: Digits) -> tuple[float, float, float]:
    """Test accuracy, seconds of training, and seconds of predicting the test digits."""
    train, test, labels, truth = data
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # as many epochs as it was told
        model.fit(train, labels)
    fitted = time.perf_counter()
    predicted = model.predict(test)
    return float((predicted == truth).mean()), fitted - started, time.perf_counter() - fitted


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.estimator", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--data", nargs="+", choices=EPOCHS, default=list(EPOCHS), help="which digits")
    parser.add_argument("--backends", nargs="+", default=["numpy", "numba"], help="which backends (both)")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each, whose medians are taken (3)")
    parser.add_argument("--threads", type=int, default=1, help="threads of each (1)")
    options = parser.parse_args()
    lines = [
        "| digits | classifier | test accuracy (lowest-highest) | training | prediction |",
        "|---|---|---|---|---|",
    ]
    for name in options.data:
        data = digits(name)
        contenders = ["MLPClassifier", *options.backends]
        for backend in options.backends:  # compile before the clock starts
            classifier(backend, 1, 0, options.threads).fit(data[0][:200], data[2][:200]).predict(data[1])
        results: dict[str, list[tuple[float, float, float]]] = {each: [] for each in contenders}
        with threadpool_limits(options.threads):
            for seed in range(options.seeds):
                for each in contenders:
                    model = classifier(each, EPOCHS[name], seed, options.threads)
                    results[each].append(measure(model, data))
        for each, runs in results.items():
            title = each if each == "MLPClassifier" else f"DigitClassifier, {each}"
            accuracies = [100 * run[0] for run in runs]
            spread = f"({min(accuracies):.2f}-{max(accuracies):.2f})"
            accuracy, training, prediction = np.median(runs, axis=0)
            lines.append(
                f"| {name}, {EPOCHS[name]} epochs | {title} | {accuracy:.2%} {spread} | {training:.2f} s "
                f"| {1000 * prediction:.1f} ms |"
            )
    table = "\n".join(lines)
    print(table)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(
        f"`python -m benchmarks.estimator`: {HIDDEN[0]}-{HIDDEN[1]} hidden units, batch {BATCH_SIZE}, "
        f"{options.threads} thread(s), medians of {options.seeds} seeds.\n\n{table}\n"
    )


if __name__ == "__main__":
    main()
