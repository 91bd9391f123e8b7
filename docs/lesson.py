"""A neural network that recognizes handwritten digits, all of it, in NumPy: python lesson.py [mnist.npz]"""

import sys
from pathlib import Path
from urllib.request import urlretrieve

import numpy as np

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
LAYERS = (784, 128, 2), (128, 64, 2), (64, 10, 1)  # inputs, outputs, gain: ReLU silences half of the signal


def forward(weights, biases, x):
    """The input of each layer, and the output of the last: a number for each digit."""
    inputs = [x]
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        inputs.append(np.maximum(inputs[-1] @ w + b, 0))
    return inputs, inputs[-1] @ weights[-1] + biases[-1]


def softmax(z):
    """Numbers as probabilities, row by row."""
    z = z - z.max(axis=1, keepdims=True)
    return np.exp(z - np.log(np.exp(z).sum(axis=1, keepdims=True)))


def train(images, labels, epochs=10, batch=64, peak=0.3, seed=0):
    """Weights and biases that learned from images of bytes (N, 28, 28) and labels (N,)."""
    random, weights = np.random.default_rng((seed, 0)), []
    for fan_in, fan_out, gain in LAYERS:
        weights.append(random.normal(0, np.sqrt(gain / fan_in), (fan_in, fan_out)).astype(np.float32))
    biases = [np.zeros(fan_out, np.float32) for _, fan_out, _ in LAYERS]
    steps = epochs * -(-len(labels) // batch)
    rates = iter(peak * (1 + np.cos(np.pi * (np.arange(steps) / steps))) / 2)
    for epoch in range(epochs):
        order = np.random.default_rng((seed, 2, epoch)).permutation(len(labels))
        for some in np.split(order, range(batch, len(order), batch)):
            x = np.divide(images[some].reshape(-1, 784), 255, dtype=np.float32)
            inputs, z = forward(weights, biases, x)
            dz = softmax(z)
            dz[np.arange(len(some)), labels[some]] -= 1  # what it answered, less what is right
            dz, rate = dz / len(some), float(next(rates))
            for layer in reversed(range(len(weights))):
                w, dw, db = weights[layer], inputs[layer].T @ dz, dz.sum(axis=0)
                weights[layer], biases[layer] = w - rate * dw, biases[layer] - rate * db
                if layer:  # how the layer before should have answered
                    dz = np.where(inputs[layer] > 0, dz @ w.T, 0)
    return weights, biases


if __name__ == "__main__":
    file = Path(sys.argv[1] if len(sys.argv) > 1 else "mnist.npz")
    with np.load(file if file.exists() else urlretrieve(URL, file)[0]) as archive:
        data = dict(archive)
    network = train(data["x_train"], data["y_train"])
    answers = forward(*network, data["x_test"].reshape(-1, 784) / np.float32(255))[1].argmax(axis=1)
    print(f"{(answers == data['y_test']).mean():.2%} of the test digits are right. This is a {answers[0]}:")
    print("\n".join("".join(" .:*#"[pixel // 52] for pixel in row) for row in data["x_test"][0]))
