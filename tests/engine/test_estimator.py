"""The estimator: scikit-learn's own checks, and the estimator used as scikit-learn's users use theirs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6", "the estimator needs scikit-learn")

from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from backends.arrays import scale_pixels
from backends.base import Backend
from engine.data.datasets import Dataset
from engine.estimator import DigitClassifier
from engine.model.network import Network
from engine.training.loop import held_back
from engine.training.options import OptionsError
from engine.training.train_model import train_model

QUICK: dict[str, Any] = {"hidden": (16,), "epochs": 20, "learning_rate": 0.02}


@parametrize_with_checks([DigitClassifier(**QUICK)])  # type: ignore[untyped-decorator]  # scikit-learn's
def test_scikit_learns_own_checks(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.fixture(scope="module")
def digits() -> tuple[Any, Any]:
    x, y = load_digits(return_X_y=True)
    return x[:600].astype(np.float32) / 16, np.array(["zero", "one", "two", "three", "four", *"56789"])[
        y[:600]
    ]


@pytest.mark.parametrize("option", [{}, {"optimizer": "nesterov", "ema_decay": 0.9}])
def test_learns_what_the_trainer_learns(tiny: Dataset, option: Any) -> None:
    x, y = (
        scale_pixels(tiny.train.images, np.float32),
        np.array(["zero", "one", *7 * ["seven"]])[tiny.train.labels],
    )
    chosen: dict[str, Any] = {"hidden": (8,), "epochs": 2, "optimizer": "adamw", **option}
    ours = DigitClassifier(**chosen, random_state=3).fit(x, y)
    theirs = train_model(dataset=(tiny.train.images, y), **chosen, seed=3, validation=0.0)
    assert ours.network_.parameters == theirs.parameters
    np.testing.assert_allclose(ours.network_.history.loss, theirs.history.loss, rtol=1e-6)


def test_pipeline_and_grid_search_over_numpy_numbers(digits: Any) -> None:
    pipeline = make_pipeline(MinMaxScaler(), DigitClassifier(**QUICK, random_state=0))
    grid = {
        "digitclassifier__learning_rate": np.array([1e-5, 0.02]),
        "digitclassifier__batch_size": np.array([32]),
        "digitclassifier__hidden": [np.array([12])],
    }
    x, y = 16 * digits[0], digits[1]
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(x, y)
    assert search.best_params_["digitclassifier__learning_rate"] == 0.02
    assert search.best_score_ > 0.75
    assert search.predict(x[:3]).tolist() == ["zero", "one", "two"]


def test_calibrated(digits: Any) -> None:
    calibrated = CalibratedClassifierCV(DigitClassifier(**QUICK, random_state=0), cv=2).fit(*digits)
    assert calibrated.score(*digits) > 0.85


@pytest.mark.slow
def test_cross_validation_in_processes(digits: Any) -> None:
    scores = {
        jobs: cross_val_score(DigitClassifier(**QUICK, random_state=0), *digits, cv=2, n_jobs=jobs)
        for jobs in (1, 2)
    }
    np.testing.assert_array_equal(scores[1], scores[2])
    assert scores[2].min() > 0.8


def test_any_backend(backend: Backend) -> None:
    """Features of any sign; every backend within rounding of the reference."""
    random = np.random.default_rng(0)
    x, y = random.normal(size=(90, 5)).astype(np.float32), random.integers(3, size=90)
    weight = random.random(90)
    options: dict[str, Any] = {"hidden": (6,), "epochs": 2, "random_state": 0}
    ours, reference = (
        DigitClassifier(backend=each, **options).fit(x, y, weight).predict_proba(x)
        for each in (backend, "numpy")
    )
    np.testing.assert_allclose(ours, reference, atol=1e-4)


def test_weights_count(digits: Any) -> None:
    """Where two classes cannot be told apart, the heavier one wins by as much as it weighs."""
    x, y = np.ones((40, 1)), np.array([0, 1] * 20)
    fitted = DigitClassifier(hidden=(), epochs=300, schedule="constant", learning_rate=0.1, random_state=0)
    fitted.fit(x, y, sample_weight=np.where(y, 3.0, 1.0))
    np.testing.assert_allclose(fitted.predict_proba(x[:1]), [[0.25, 0.75]], atol=0.01)
    fitted.partial_fit(x, y, sample_weight=np.where(y, 0.0, 1.0))
    assert fitted.predict_proba(x[:1])[0, 0] > 0.25
    assert fitted.fit(x, y, sample_weight=np.where(y, 1.0, 0.0)).classes_.tolist() == [1]
    for useless in (-np.ones(40), np.zeros(40)):
        with pytest.raises(
            ValueError, match=r"negative|non-zero|nor 0 for all"
        ):  # scikit-learn's word, or ours
            fitted.fit(x, y, sample_weight=useless)


def test_early_stopping_keeps_the_best_parameters() -> None:
    random = np.random.default_rng(0)
    x, y = random.normal(size=(60, 20)), random.integers(2, size=60)  # nothing to be learned
    options: dict[str, Any] = {"hidden": (30,), "early_stopping": True, "validation": 0.5, "random_state": 1}
    classifier = DigitClassifier(**options, epochs=100, patience=3).fit(x, y)
    scores = np.array(classifier.network_.history.validation_accuracy, float)
    best = int(scores.argmax())
    assert len(scores) == classifier.n_iter_ == best + 1 + 3 < 100
    _, others = held_back(len(x), 0.5, 1)
    assert classifier.score(x[others], y[others]) == scores[best] > scores[-1]
    with pytest.raises(ValueError, match="4 examples are too few to hold some back"):
        classifier.set_params(validation=0.1).fit(x[:4], y[:4])


def test_partial_fit_goes_on_with_the_same_optimizer(digits: Any) -> None:
    x, y = digits
    parts = DigitClassifier(hidden=(16,), schedule="constant", random_state=0)
    for _ in range(3):
        parts.partial_fit(x, y, classes=np.unique(y))
    whole = DigitClassifier(hidden=(16,), schedule="constant", random_state=0, epochs=3).fit(x, y)
    assert parts.network_.parameters == whole.network_.parameters
    assert parts.n_iter_ == 3
    parts.partial_fit(x[:1], y[:1])  # one example of one class
    assert parts.n_iter_ == 4


def test_partial_fit_refuses_what_it_cannot_learn() -> None:
    x = np.eye(3)
    classifier = DigitClassifier(hidden=(), random_state=0)
    with pytest.raises(ValueError, match="the first call of partial_fit needs classes"):
        classifier.partial_fit(x, [0, 1, 2])
    with pytest.raises(ValueError, match=r"y holds .*2.*, but the classes are \[0 1\]"):
        classifier.partial_fit(x, [0, 1, 2], classes=[1, 0])
    classifier.partial_fit(x, [0, 1, 1], classes=[1, 0])
    with pytest.raises(ValueError, match="are not those of the first call"):
        classifier.partial_fit(x, [0, 1, 1], classes=[0, 2])


def test_warm_start_goes_on_from_the_parameters(digits: Any) -> None:
    x, y = digits
    cold = DigitClassifier(hidden=(16,), epochs=2, random_state=0).fit(x, y)
    warm = DigitClassifier(hidden=(16,), epochs=2, random_state=0, warm_start=True).fit(x, y)
    first = warm.network_.parameters
    assert first == cold.network_.parameters
    warm.fit(x, y)
    assert warm.network_.history.loss[0] < cold.network_.history.loss[-1]
    assert cold.fit(x, y).network_.parameters == first


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"optimizer": "adam"}, "optimizer: there is no 'adam'"),
        ({"hidden": (0,)}, "hidden: must be an integer >= 1"),
        ({"random_state": -1}, "seed: must be an integer >= 0"),
        ({"hidden": (100_000, 100_000)}, "hidden: .* would"),
    ],
)
def test_bad_parameters_are_named_in_fit(option: Any, message: str) -> None:
    with pytest.raises(OptionsError, match=message):
        DigitClassifier(**option).fit(np.eye(4), [0, 1, 0, 1])


def test_network_is_saved_as_a_model_file(digits: Any, tmp_path: Path) -> None:
    x, y = digits
    classifier = DigitClassifier(**QUICK, random_state=0).fit(x, y)
    classifier.network_.save(tmp_path / "mine.json")
    network = Network.load(tmp_path / "mine.json")
    named = np.array(network.classes)[network.predict(x)]
    np.testing.assert_array_equal(named, classifier.predict(x))


def test_scikit_learn_is_imported_when_it_is_used_and_missing_by_name() -> None:
    code = (
        "import sys, inkdigits; from inkdigits import *; print('sklearn' in sys.modules)\n"
        "sys.modules['sklearn'] = None\n"
        "try: from inkdigits import DigitClassifier\n"
        "except inkdigits.InkdigitsError as error: print(error)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("False\n")
    assert done.stdout.endswith("pip install 'inkdigits[sklearn]'\n")
