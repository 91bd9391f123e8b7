"""The shortest version of the network learns exactly what the trainer learns."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from engine.data.datasets import Dataset
from engine.training.train_model import train_model

SCRIPT = Path(__file__).parents[2] / "docs" / "lesson.py"


def weights_agree_bit_for_bit(dataset: Dataset, digits: int, epochs: int) -> None:
    images, labels = dataset.train.images[:digits], dataset.train.labels[:digits]
    with threadpool_limits(1):  # BLAS's sums depend on the number of threads
        weights, biases = runpy.run_path(str(SCRIPT))["train"](images, labels, epochs=epochs)
    network = train_model(
        backend="numpy",
        dataset=(images, labels),
        optimizer="sgd",
        learning_rate=0.3,
        epochs=epochs,
        validation=0.0,
    )
    for ours, theirs in zip(weights, network.parameters.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(biases, network.parameters.biases, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_same_weights_as_the_trainer(tiny: Dataset) -> None:
    weights_agree_bit_for_bit(tiny, 450, epochs=2)  # the last batch of an epoch has two digits


def test_same_weights_as_the_trainer_on_mnist(mnist: Dataset) -> None:
    weights_agree_bit_for_bit(mnist, 3000, epochs=1)


def test_it_is_read_in_one_sitting() -> None:
    assert len(SCRIPT.read_text("utf-8").splitlines()) <= 60


def test_as_a_script(
    tiny: Dataset, tiny_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It trains, tests itself, and shows the first test digit."""
    monkeypatch.setattr("sys.argv", ["lesson.py", str(tiny_file)])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    said, *picture = capsys.readouterr().out.splitlines()
    assert said == f"100.00% of the test digits are right. This is a {tiny.test.labels[0]}:"
    ink = np.array([[pixel != " " for pixel in row] for row in picture])
    np.testing.assert_array_equal(ink, tiny.test.images[0] >= 52)
