"""The sampler's distributions keep to their bounds, and one seed gives all numbers."""

from __future__ import annotations

import numpy as np

from engine.augmentation.sampling import Sampler

N = 10_000


def test_numbers_keep_to_their_bounds() -> None:
    sampler = Sampler(np.random.default_rng(0), N)
    for numbers, low, high in (
        (sampler.uniform(3), 0, 3),
        (sampler.symmetric(2), -2, 2),
        (sampler.symmetric(2, each=5), -2, 2),
    ):
        assert numbers.dtype == np.float32
        assert low <= numbers.min() < numbers.max() <= high
        # The mean of a uniform distribution, within four standard errors.
        assert abs(numbers.mean() - (low + high) / 2) <= 4 * (high - low) / np.sqrt(12 * numbers.size)


def test_shapes() -> None:
    sampler = Sampler(np.random.default_rng(0), 7)
    assert sampler.uniform(1).shape == sampler.symmetric(1).shape == sampler.bernoulli(0.5).shape == (7,)
    assert sampler.symmetric(1, each=3).shape == (7, 3)


def test_bernoulli_is_true_with_its_probability() -> None:
    sampler = Sampler(np.random.default_rng(0), N)
    assert not sampler.bernoulli(0).any()
    assert sampler.bernoulli(1).all()
    assert abs(sampler.bernoulli(0.3).mean() - 0.3) <= 4 * np.sqrt(0.3 * 0.7 / N)  # four standard errors


def test_a_seed_repeats_all_numbers() -> None:
    first, again = (Sampler(np.random.default_rng(5), 4) for _ in range(2))
    for _ in range(2):
        np.testing.assert_array_equal(first.uniform(1), again.uniform(1))
        np.testing.assert_array_equal(first.bernoulli(0.5), again.bernoulli(0.5))
