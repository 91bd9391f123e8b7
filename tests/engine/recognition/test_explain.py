"""Why this class and not that one: the parts add up, the neighbours are near, the change flips the answer."""

from __future__ import annotations

import numpy as np
import pytest

from backends import InkdigitsError
from backends.arrays import Parameters
from engine import NearestExamples, Network, explain, smallest_change
from engine.data.datasets import Dataset
from engine.model.network import initial_parameters
from engine.recognition.activations import activations
from engine.recognition.explain import contributions_to, without_ink


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.load()


def test_evidence_adds_up_to_the_difference_of_the_logits(network: Network, tiny: Dataset) -> None:
    for image in tiny.test.images[:8]:
        for pair in ((None, None), (3, 5), (5, 3)):
            explanation = explain(network, image, *pair)
            assert explanation.total == pytest.approx(explanation.difference, abs=1e-4)
            assert explanation.evidence.shape == image.shape
            assert not explanation.evidence[image == 0].any()


def test_real_digits_add_up(network: Network, mnist: Dataset) -> None:
    for image in mnist.test.images[:30]:
        explanation = explain(network, image)
        assert explanation.total == pytest.approx(explanation.difference, abs=1e-4)


def test_evidence_is_the_difference_that_a_pixel_makes(tiny: Dataset) -> None:
    """In float64 and with a small change, blanking a pixel takes away just its evidence."""
    network = Network(initial_parameters((784, 12, 5, 10), np.random.default_rng(0), np.float64))
    image = tiny.test.images[0] / 255
    explanation = explain(network, image, 1, 2)
    row, column = np.unravel_index(np.abs(explanation.evidence).argmax(), image.shape)
    changed = image.copy()
    changed[row, column] *= 1 - 1e-6
    lost = (explanation.difference - explain(network, changed, 1, 2).difference) / 1e-6
    assert lost == pytest.approx(explanation.evidence[row, column], rel=1e-4)


def test_two_most_probable_classes_by_default(network: Network, tiny: Dataset) -> None:
    image = tiny.test.images[0]
    order = np.argsort(-network.predict_proba(image[None])[0])
    assert (explain(network, image).digit, explain(network, image).other) == tuple(order[:2])
    assert explain(network, image, other=int(order[4])).digit == order[0]
    assert explain(network, image, digit=int(order[4])).other == order[0]
    for pair in ((3, 3), (10, 1), (-1, 1), (1, 10)):
        with pytest.raises(InkdigitsError, match="cannot compare"):
            explain(network, image, *pair)


def test_smallest_change_without_hidden_layers_is_exact() -> None:
    """The distance from a point to a plane."""
    w = np.array([[1.0, -1.0], [0.5, 0.5], [-2.0, 1.0]])
    network = Network(Parameters((w,), (np.array([0.2, -0.1]),)))
    image = np.array([0.6, 0.5, 0.4])
    change = smallest_change(network, image)
    assert change is not None
    slope = w[:, 1] - w[:, 0]
    gap = abs(image @ slope - 0.3)
    assert change.size == pytest.approx(gap / np.linalg.norm(slope), rel=1e-3)
    assert network.predict(change.image[None])[0] == change.other != change.digit


def test_smallest_change_flips_the_answer_and_only_just(network: Network, tiny: Dataset) -> None:
    for image in tiny.test.images[:1]:
        change = smallest_change(network, image)
        assert change is not None
        assert network.predict(image[None])[0] == change.digit
        assert network.predict(change.image[None])[0] == change.other
        assert 0 <= change.image.min() <= change.image.max() <= 1
        np.testing.assert_allclose(change.image - change.change, image / 255, atol=1e-6)
        almost = image / 255 + 0.999 * change.change
        assert network.predict(np.clip(almost, 0, 1)[None])[0] == change.digit
        assert change.size < 2


def test_nearest_examples(network: Network, tiny: Dataset) -> None:
    nearest = NearestExamples(network, tiny.train)
    indices, distances = nearest.find(tiny.train.images[17], 3)
    assert indices[0] == 17
    assert distances[0] == pytest.approx(0, abs=1e-4)
    assert (np.diff(distances) >= 0).all()
    for image, label in zip(tiny.test.images[:10], tiny.test.labels, strict=False):
        assert (tiny.train.labels[nearest.find(image)[0]] == label).all()


@pytest.mark.parametrize("sizes", [(784, 12, 5, 10), (784, 9, 10), (784, 10)])
def test_in_each_layer_contributions_and_later_biases_add_up_to_the_logit(
    sizes: tuple[int, ...], tiny: Dataset
) -> None:
    network = Network(initial_parameters(sizes, np.random.default_rng(0), np.float64))
    for layer, each in enumerate(network.parameters.biases):
        each += np.random.default_rng(layer).normal(0, 0.3, each.shape)
    found = activations(network, tiny.test.images[0])
    added = contributions_to(network, found, 3)
    assert [each.shape for each in added] == [(size,) for size in sizes[1:-1]]
    for layer, each in enumerate(added):
        assert not each[found.activations[layer] == 0].any()
        w, b = network.parameters.weights[layer + 1 :], network.parameters.biases[layer + 1 :]
        a = np.zeros(len(each))  # the same neurons on, without this layer: what the later biases make alone
        for index, (weights, biases) in enumerate(zip(w, b, strict=True)):
            a = a @ weights + biases
            if index + 1 < len(w):
                a = a * (found.pre_activations[layer + 1 + index] > 0)
        assert each.sum() + a[3] == pytest.approx(found.logits[3])
    with pytest.raises(InkdigitsError, match="no class 10"):
        contributions_to(network, found, 10)


def test_a_neuron_that_is_taken_away_takes_its_contribution_with_it(tiny: Dataset) -> None:
    """In the last hidden layer nothing comes after it but the sum."""
    network = Network(initial_parameters((784, 12, 5, 10), np.random.default_rng(0), np.float64))
    found = activations(network, tiny.test.images[0])
    added = contributions_to(network, found, 7)[-1]
    strongest = int(np.abs(added).argmax())
    without = np.where(np.arange(5) == strongest, 0, found.activations[-2])
    logit = without @ network.parameters.weights[-1][:, 7] + network.parameters.biases[-1][7]
    assert found.logits[7] - logit == pytest.approx(added[strongest])


def test_ink_is_left_out_around_a_place_only() -> None:
    image = np.arange(28 * 28, dtype=np.uint8).reshape(28, 28) | 1
    left = without_ink(image, 5.0, 20.0, 2.0)
    assert left.dtype == image.dtype
    rows, columns = np.nonzero(left == 0)
    assert (rows.mean(), columns.mean()) == (19.5, 4.5)
    assert len(rows) == 12
    assert (left[left > 0] == image[left > 0]).all()
    assert image.all(), "the image itself stays"
    assert (without_ink(image, -10, -10, 3) == image).all()
