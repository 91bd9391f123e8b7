"""Make the pictures of docs/how-it-learns.md: python docs/pictures.py (needs MNIST; takes half a minute)."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np

from backends import get_backend
from backends.arrays import Array, Parameters, scale_pixels
from backends.optimizers import SGD
from engine.data.datasets import Dataset, load_mnist
from engine.model.network import initial_parameters
from engine.training.loop import epoch_order

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # after the choice of Agg

FOLDER = Path(__file__).parent / "how-it-learns"
BACKEND = get_backend("numpy")


def gradient_check() -> None:
    """How far the slope measured with a step h is from backpropagation, for many h."""
    random = np.random.default_rng(0)
    x, labels = random.random((8, 6)), random.integers(3, size=8)
    figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
    steps = 10.0 ** np.arange(-12, 0.1, 0.25)
    for title, two_sided in (("(L(w + h) - L(w)) / h", False), ("(L(w + h) - L(w - h)) / 2h", True)):
        axes.loglog(steps, [slope_error(x, labels, h, two_sided) for h in steps], label=title)
    axes.set_xlabel("h")
    axes.set_ylabel("error of the slope")
    axes.legend()
    figure.savefig(FOLDER / "gradient-check.png", dpi=100)


def slope_error(x: Array, labels: Array, h: float, two_sided: bool) -> float:
    """The median error over the weights of a first layer."""
    parameters = initial_parameters((6, 5, 3), np.random.default_rng(1), np.float64)
    _, gradients = BACKEND.loss_and_gradients(parameters, x, labels)
    w, dw = parameters.weights[0], gradients.weights[0]
    errors = []
    for index in np.ndindex(w.shape):
        kept = w[index]
        losses = []
        for shifted in (kept + h, kept - h if two_sided else kept):
            w[index] = shifted
            losses.append(BACKEND.loss_and_gradients(parameters, x, labels)[0])
        w[index] = kept
        errors.append(abs((losses[0] - losses[1]) / (2 * h if two_sided else h) - dw[index]))
    return float(np.median(errors))


def learning_rates(dataset: Dataset) -> Parameters:
    """The loss over one epoch at three learning rates; returns what the middle one has learned."""
    figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
    learned = {}
    images = BACKEND.prepare_images(dataset.train.images, np.float32)
    order = epoch_order(0, 0, len(images))
    for rate in (0.003, 0.1, 2.0):
        parameters = initial_parameters((784, 16, 10), np.random.default_rng(0))
        losses = []
        for start in range(0, len(order), 640):  # ten steps
            ten = order[start : start + 640]
            rates = np.full(10, rate)
            losses.append(
                BACKEND.train_minibatches(parameters, SGD(), images, dataset.train.labels, ten, 64, rates)
            )
        axes.plot(10 * np.arange(len(losses)), losses, label=f"learning rate {rate:g}", linewidth=1)
        learned[rate] = parameters
    axes.set_ylim(0, 4)
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    axes.legend()
    figure.savefig(FOLDER / "learning-rates.png", dpi=100)
    return learned[0.1]


def weights(learned: Parameters) -> None:
    """The weights into 16 hidden units as pictures, before and after an epoch."""
    start = initial_parameters((784, 16, 10), np.random.default_rng(0))
    figure, axes = plt.subplots(1, 2, figsize=(6, 3.2), layout="constrained")
    for plot, title, parameters in zip(axes, ("before", "after one epoch"), (start, learned), strict=True):
        tiles = parameters.weights[0].T.reshape(4, 4, 28, 28)
        picture = np.pad(tiles, ((0, 0), (0, 0), (1, 1), (1, 1))).transpose(0, 2, 1, 3).reshape(120, 120)
        plot.imshow(picture, cmap=plt.get_cmap("RdBu", 15), vmin=-0.3, vmax=0.3, interpolation="nearest")
        plot.set_title(title)
        plot.axis("off")
    figure.savefig(FOLDER / "weights.png", dpi=100)


def digits(dataset: Dataset) -> None:
    """The first digits of MNIST, and the inputs of a network: one row of pixels each."""
    figure, axes = plt.subplots(2, 1, figsize=(6, 2), layout="constrained", height_ratios=(2, 1))
    first = dataset.train.images[:8]
    axes[0].imshow(np.hstack(list(first)), cmap="gray_r")
    axes[1].imshow(scale_pixels(first, np.float32), cmap="gray_r", aspect="auto", interpolation="nearest")
    for plot, title in zip(axes, ("8 images of 28 x 28", "x: 8 rows of 784 pixels"), strict=True):
        plot.set_title(title, fontsize=9)
        plot.axis("off")
    figure.savefig(FOLDER / "digits.png", dpi=100)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    mnist = load_mnist()
    digits(mnist)
    gradient_check()
    weights(learning_rates(mnist))
