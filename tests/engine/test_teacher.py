"""The convolutional teacher: its gradients are those of its loss, and it learns."""

from __future__ import annotations

import numpy as np
import pytest

from backends import get_backend
from engine.datasets import Dataset
from engine.teacher import Teacher


def test_gradients_against_differences(tiny: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.teacher.AT_ONCE", 2)  # the batch is computed in two parts, of two and one
    numpy = get_backend("numpy")
    random = np.random.default_rng(0)
    teacher = Teacher(random, numpy)
    teacher.parameters = teacher.parameters.astype(np.float64)
    for b in teacher.parameters.biases:  # blank patches would lie on ReLU's corner otherwise
        b[:] = random.normal(0.1, 0.05, b.shape)
    images, labels = tiny.train.images[:3], tiny.train.labels[:3]
    gradients = teacher._gradients(images, labels)
    h = 1e-6
    for p, dp in zip(teacher.parameters.tensors(), gradients.tensors(), strict=True):
        for _ in range(4):
            index = tuple(random.integers(side) for side in p.shape)
            kept, losses = p[index], []
            for value in (kept + h, kept - h):
                p[index] = value
                losses.append(numpy.softmax_cross_entropy(teacher._forward(images)[2], labels)[0])
            p[index] = kept
            np.testing.assert_allclose(dp[index], (losses[0] - losses[1]) / (2 * h), rtol=1e-3, atol=1e-7)


def test_it_learns(tiny: Dataset) -> None:
    random = np.random.default_rng(0)
    teacher = Teacher(random, get_backend("numpy"))

    def batches():  # type: ignore[no-untyped-def] # as the trainer takes them
        while True:
            chosen = random.integers(len(tiny.train), size=32)
            yield tiny.train.images[chosen], tiny.train.labels[chosen]

    assert list(teacher.train(batches(), 25)) == list(range(1, 26))
    assert (teacher.logits(tiny.test.images).argmax(axis=1) == tiny.test.labels).mean() > 0.9
