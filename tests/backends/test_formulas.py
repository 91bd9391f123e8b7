"""Each formula on numbers that can be checked by hand: the reference is held against nothing of its own."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backends.arrays import Array, Parameters
from backends.base import Backend
from backends.imaging import SPLINE_DEVIATION
from backends.optimizers import SGD, AdamW, ExponentialMovingAverage, Nesterov


def assert_is(ours: object, expected: object) -> None:
    np.testing.assert_allclose(np.asarray(ours), np.asarray(expected), rtol=1e-12, atol=1e-12)


# ---- Kernels ----------------------------------------------------------------------------------------


def test_dense(backend: Backend) -> None:
    x, w, b = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]]), np.ones(3)
    assert_is(backend.dense_forward(x, w, b), [[2, 3, 1], [4, 6, 2]])
    dz = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]])
    dw, db = backend.dense_backward_parameters(x, dz)
    assert_is(dw, [[1, 3, -1], [2, 5, -1]])
    assert_is(db, [1, 1, 1])
    assert_is(backend.dense_backward_input(dz, w), [[5, -2], [-2, 2]])


def test_relu(backend: Backend) -> None:
    z = np.array([[-1.0, 0.0, 2.0]])
    assert_is(backend.relu_forward(z), [[0, 0, 2]])
    assert_is(backend.relu_backward(np.array([[5.0, 6.0, 7.0]]), z), [[0, 0, 7]])


def test_softmax_and_its_losses(backend: Backend) -> None:
    z = np.log([[1.0, 3.0], [4.0, 1.0]]) + 800  # exp(800) would overflow
    assert_is(backend.softmax_forward(z), [[0.25, 0.75], [0.8, 0.2]])
    loss, dz = backend.softmax_cross_entropy(z, np.array([1, 1]))
    assert_is(loss, -(math.log(0.75) + math.log(0.2)) / 2)
    assert_is(dz, [[0.125, -0.125], [0.4, -0.4]])
    targets = np.array([[0.5, 0.5], [0.0, 2.0]])
    loss, dz = backend.soft_cross_entropy(z, targets)
    assert_is(loss, -(0.5 * math.log(0.25) + 0.5 * math.log(0.75) + 2 * math.log(0.2)) / 2)
    assert_is(dz, [[-0.125, 0.125], [0.8, -0.8]])


def test_updates(backend: Backend) -> None:
    def one() -> Array:
        return np.ones(1)

    p = one()
    backend.sgd_update(p, np.array([4.0]), 0.1)
    assert_is(p, [0.6])
    p, velocity = one(), np.array([2.0])
    backend.nesterov_update(p, np.array([4.0]), velocity, 0.1, 0.5)
    assert_is(velocity, [5.0])  # 0.5 · 2 + 4
    assert_is(p, [0.35])  # 1 - 0.1 (4 + 0.5 · 5)
    p, m, v = one(), np.array([1.0]), np.array([2.0])
    backend.adamw_update(p, np.array([4.0]), m, v, 2, 0.1, 0.5, 0.75, 0.5)
    assert_is(m, [2.5])  # 0.5 · 1 + 0.5 · 4
    assert_is(v, [5.5])  # 0.75 · 2 + 0.25 · 16
    assert_is(p, [1 - 0.1 * (2.5 / (1 - 0.5**2)) / (math.sqrt(5.5 / (1 - 0.75**2)) + 0.5)])
    p = one()
    backend.decay_update(p, 0.7)
    assert_is(p, [0.7])
    average = one()
    backend.average_update(average, np.array([5.0]), 0.75)
    assert_is(average, [2.0])


# ---- Optimizers -------------------------------------------------------------------------------------


def parameters(w: float, b: float) -> Parameters:
    return Parameters((np.array([[w]], float),), (np.array([b], float),))


def test_weight_decay_shrinks_weights_only_and_before_the_step(backend: Backend) -> None:
    p = parameters(1, 1)
    SGD(weight_decay=0.5).update(backend, p, parameters(2, 3), 0.1)
    assert_is(p.weights[0], [[0.75]])
    assert_is(p.biases[0], [0.7])


def test_nesterov_keeps_its_velocity(backend: Backend) -> None:
    p = parameters(1, 1)
    optimizer = Nesterov(p)
    assert optimizer.momentum == 0.9
    optimizer.update(backend, p, parameters(1, 2), 0.1)
    optimizer.update(backend, p, parameters(1, 2), 0.1)
    assert_is(optimizer.velocity.weights[0], [[1.9]])
    assert_is(p.weights[0], [[1 - 0.1 * (1 + 0.9) - 0.1 * (1 + 0.9 * 1.9)]])
    assert optimizer.memory == (optimizer.velocity,)


def test_adamw_counts_its_steps_and_keeps_both_averages(backend: Backend) -> None:
    p = parameters(1, 1)
    optimizer = AdamW(p)
    assert (optimizer.beta1, optimizer.beta2, optimizer.epsilon, optimizer.weight_decay) == (
        0.9,
        0.999,
        1e-8,
        0.0,
    )
    for step in (1, 2):
        optimizer.update(backend, p, parameters(4, 4), 0.25)
        assert optimizer.steps_taken == step
        # The gradient is the same each time, and so are its averages once they are corrected: ±1 a step.
        assert_is(p.weights[0].round(7), [[1 - 0.25 * step]])
    assert_is(optimizer.memory[0].weights[0], [[4 * (1 - 0.9**2)]])
    assert_is(optimizer.memory[1].biases[0], [16 * (1 - 0.999**2)])


def test_the_average_follows_early_steps_closely(backend: Backend) -> None:
    """After t steps its decay is min(decay, (1 + t) / (10 + t))."""
    average = ExponentialMovingAverage(parameters(0, 0), 0.3)
    expected = 0.0
    for decay in (2 / 11, 3 / 12, 0.3, 0.3):
        average.update(backend, parameters(1, 1))
        expected = decay * expected + (1 - decay)
        assert_is(average.parameters.weights[0], [[expected]])
    assert average.steps_taken == 4


# ---- Imaging ----------------------------------------------------------------------------------------


def test_a_pixel_is_covered_by_its_distance_to_the_line(backend: Backend) -> None:
    points = np.array([[[2.0, 2.5], [5.0, 2.5], [5.0, 6.5]]])
    image = backend.imaging.draw_lines(points, np.array([[True, False]]), np.array([2.0]), 6, 8)[0]
    assert image.shape == (6, 8)
    for row, column, coverage in (
        (2, 3, 1),  # on the line
        (1, 3, 0.5),  # 1 above it
        (0, 3, 0),
        (2, 5, 1),  # 0.5 beyond its end
        (2, 6, 0),
        (3, 5, 1.5 - math.hypot(0.5, 1)),  # the end is round
        (2, 1, 1),
        (2, 0, 0),
        (5, 4, 0),  # the pen was up
    ):
        assert_is(image[row, column], coverage)
    dot = backend.imaging.draw_lines(np.full((1, 2, 2), 1.5), np.ones((1, 1), bool), np.array([1.0]), 3, 3)
    assert_is(dot[0], [[0, 0, 0], [0, 1, 0], [0, 0, 0]])


def test_many_lines_are_as_near_as_the_nearest(backend: Backend) -> None:
    """Also where they are taken some at a time."""
    points = np.stack([np.linspace(1, 29, 600), np.full(600, 2.5)], axis=1)[None]
    image = backend.imaging.draw_lines(points, np.ones((1, 599), bool), np.array([1.0]), 5, 30)[0]
    np.testing.assert_allclose(image[2, 1:29], 1, atol=1e-6)
    assert_is(image[[0, 1, 3, 4]], np.zeros((4, 30)))


@pytest.mark.parametrize(("peak", "brightest"), [(2.0, 255), (253.0, 255), (254.0, 254), (255.0, 255)])
def test_the_brightest_pixel(backend: Backend, peak: float, brightest: int) -> None:
    image = backend.imaging.center_by_mass(np.array([[[peak]]]), 28)[0]
    assert image[14, 14] == brightest == image.sum()


def test_mass_decides_where_a_box_goes(backend: Backend) -> None:
    box = np.array([[[255.0, 0.0, 51.0]]])  # mass at column (0.5 · 5 + 2.5) / 6 = 5/6
    image = backend.imaging.center_by_mass(box, 28)[0]
    assert image[14, 14:17].tolist() == [255, 0, 51]  # floor(15 - 5/6) = 14
    tall = backend.imaging.center_by_mass(box.swapaxes(1, 2), 6)[0]
    assert tall[3:, 3].tolist() == [255, 0, 51]


def knots(x: float, y: float) -> Array:
    """The field that moves each pixel of a 28x28 image by (x, y)."""
    field = np.empty((1, 2, 7, 7))
    field[0, 0], field[0, 1] = x * SPLINE_DEVIATION**2, y * SPLINE_DEVIATION**2
    return field


def test_warp(backend: Backend) -> None:
    images = np.random.default_rng(0).integers(256, size=(1, 28, 28)).astype(np.uint8)
    same, none, flat = np.eye(2)[None], np.zeros((1, 2)), knots(0, 0)
    warp, expected = backend.imaging.warp, images[0] / 255
    assert_is(warp(images, same, none, flat)[0], expected)
    moved = warp(images, same, np.array([[1.0, 2.0]]), flat)[0]
    assert_is(moved[:-2, :-1], expected[2:, 1:])
    assert_is(moved[-2:], np.zeros((2, 28)))
    halfway = warp(images, same, np.array([[0.25, 0.0]]), flat)[0]
    assert_is(halfway[:, :-1], 0.75 * expected[:, :-1] + 0.25 * expected[:, 1:])
    lower = warp(images, same, np.array([[0.0, 0.25]]), flat)[0]
    assert_is(lower[:-1], 0.75 * expected[:-1] + 0.25 * expected[1:])
    bent = warp(images, same, none, knots(1, 2))[0]
    np.testing.assert_allclose(bent[:-2, :-1], expected[2:, 1:], atol=1e-9)
    turned = warp(images, np.array([[[0.0, 1.0], [-1.0, 0.0]]]), none, flat)[0]
    # (column, row) of the new image comes from (row, 28 - column) of the old one, about the middle.
    assert_is(turned[3, 5], expected[28 - 5, 3])
    far = warp(images, same, np.array([[100.0, -100.0]]), flat)[0]
    assert not far.any()


def test_ink_is_what_is_above_64_and_its_extent_is_counted_in_pixels(backend: Backend) -> None:
    images = np.zeros((3, 28, 28), np.uint8)
    images[0, 3, 5], images[0, 9, 20], images[0, 27, 27] = 65, 255, 64
    images[1, 2, 2:9] = 255
    maps = np.array([np.eye(2), [[1.0, 0.0], [0.0, 3.0]], np.eye(2)])
    assert_is(backend.imaging.ink_extent(images, maps), [16, 7, 1])
    assert_is(backend.imaging.ink_extent(images[:1], np.array([[[1.0, 0.0], [0.0, 3.0]]])), [19])


def test_splines_follow_a_slope(backend: Backend) -> None:
    """Knots that rise by 1 from each to the next make a field that does, too; the first lies at -1."""
    field = np.empty((1, 2, 6, 7))
    field[0, 0], field[0, 1] = np.arange(7.0), np.arange(6.0)[:, None] ** 2
    places = np.array([[[0.0, 0.0], [1.25, 0.0], [4.0, 3.0]]])
    found = backend.imaging.spline_field(places, field)[0] * SPLINE_DEVIATION**2
    assert_is(found[:, 0], [1, 2.25, 5])
    assert_is(found[:, 1], [1 + 1 / 3, 1 + 1 / 3, 16 + 1 / 3])  # a square, smoothed


def test_wider_thinner_and_softer(backend: Backend) -> None:
    images = np.zeros((2, 5, 5))
    images[:, 1:4, 1:4] = 1
    changed = backend.imaging.dilate_or_erode(images, np.array([0.5, -0.25]))
    assert_is(changed[0][2], [0.5, 1, 1, 1, 0.5])
    assert_is(changed[0][0], [0, 0.5, 0.5, 0.5, 0])
    assert_is(changed[1][1], [0, 0.75, 0.75, 0.75, 0])
    assert_is(changed[1][2], [0, 0.75, 1, 0.75, 0])
    softened = backend.imaging.blur(images, np.array([1.0, 0.5]))
    assert_is(softened[0][1], [0.25, 0.5, 0.75, 0.5, 0.25])
    assert_is(softened[1][2], [0.125, 0.875, 1, 0.875, 0.125])
