"""`DigitClassifier`: a network behind scikit-learn's interface, for pipelines, searches and calibration.

It learns by the loop that the trainer uses (`engine.training.loop`), from any number of features, and of
classes with any names. Needs scikit-learn, and so is imported by nothing but `inkdigits.DigitClassifier`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from backends.arrays import Array, Parameters
from backends.base import Backend
from backends.blas import BlasThreads
from backends.errors import InkdigitsError, blame, install_hint, one_line
from backends.registry import get_backend
from engine.model.card import Card
from engine.model.history import History
from engine.model.network import Network, initial_parameters
from engine.training.limits import check_network_size
from engine.training.loop import Learner, held_back, new_learner, train_epochs
from engine.training.options import TrainingOptions
from engine.training.schedules import LearningRates
from engine.training.seeds import Purpose, generator

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
except ImportError:
    raise InkdigitsError(
        f"DigitClassifier needs scikit-learn 1.6 or later: {install_hint('sklearn')}"
    ) from None


class DigitClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A neural network as a scikit-learn classifier.

    Computes in float32 where X is float32, which is about twice as fast, else in float64. Features are taken
    as they are: bring them to a common scale first, images to [0, 1]. The optimizer is AdamW by default,
    which tolerates other scales best.

    Parameters
    ----------
    hidden, epochs, batch_size, optimizer, learning_rate, momentum, weight_decay, schedule, warm_up, \
ema_decay : optional
        As in `TrainingOptions`, with the same defaults but for the optimizer. `partial_fit` knows no last
        step, and keeps the learning rate constant.
    early_stopping : bool
        Whether `fit` holds examples back, stops when the accuracy on them no longer rises, and keeps the
        parameters that were best.
    validation : float
        Share of the examples that early stopping holds back.
    patience : int
        Epochs without a higher accuracy after which `fit` stops.
    warm_start : bool
        Whether `fit` starts from the parameters of the last one.
    random_state : int, RandomState or None
        The seed. With an int every call gives the same result.
    backend : Backend, str or None
        What computes, or its name; None for the default (see `backends.get_backend`).
    threads : int
        For a backend that is named.

    Attributes
    ----------
    classes_ : (C,) array
        The labels, sorted.
    network_ : Network
        The trained network, with its history; `Network.save` writes it to a model file.
    n_iter_ : int
        Epochs that it has learned for.
    n_features_in_ : int
        Columns of X.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from inkdigits import DigitClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = DigitClassifier(hidden=(32,), epochs=20, random_state=0).fit(X[:1000] / 16, y[:1000])
    >>> classifier.score(X[1000:] / 16, y[1000:]) > 0.85
    True
    """

    def __init__(
        self,
        *,
        hidden: Sequence[int] = (128, 64),
        epochs: int = 10,
        batch_size: int = 64,
        optimizer: Literal["adamw", "nesterov", "sgd"] = "adamw",
        learning_rate: float | None = None,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        schedule: Literal["constant", "cosine"] = "cosine",
        warm_up: float = 0.0,
        ema_decay: float = 0.0,
        early_stopping: bool = False,
        validation: float = 0.1,
        patience: int = 5,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        backend: Backend | str | None = None,
        threads: int = 1,
    ) -> None:
        self.hidden = hidden
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.warm_up = warm_up
        self.ema_decay = ema_decay
        self.early_stopping = early_stopping
        self.validation = validation
        self.patience = patience
        self.warm_start = warm_start
        self.random_state = random_state
        self.backend = backend
        self.threads = threads

    classes_: Array
    network_: Network
    n_iter_: int
    _learner: Learner

    # ---- Learning ------------------------------------------------------------------------------------------

    def fit(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> DigitClassifier:
        """Train a new network, or with ``warm_start`` the one at hand.

        Parameters
        ----------
        X : (N, I) array
            Finite numbers, float32 or converted to float64.
        y : (N,) array
            Labels: integers, text, or whatever can be sorted.
        sample_weight : (N,) array, optional
            How much each example counts in the loss. Only ratios matter; 0 leaves an example out.

        Returns
        -------
        DigitClassifier
            The same object.

        Raises
        ------
        ValueError
            Data or parameters that cannot be used.
        TrainingDivergedError
            The loss became NaN or infinite.
        """
        options = self._options()
        again = self.warm_start and self._is_trained
        x, labels, weights = self._validated(X, y, sample_weight, first=not again)
        classes = self.classes_ if again else np.unique(labels)
        targets = _targets(labels, classes, weights, x.dtype)
        network, learner = self._start(x, classes, options, self.network_.parameters if again else None)
        validate = None
        if self.early_stopping:
            mine, others = held_back(len(x), options.validation, options.seed)
            if not len(others):
                raise ValueError(f"early_stopping: {len(x)} examples are too few to hold some back")
            validate = partial(_accuracy, network, x[others], targets[others])
            x, targets = x[mine], targets[mine]
        steps = options.epochs * math.ceil(len(x) / options.batch_size)
        rates = LearningRates(options.peak_learning_rate, steps, options.schedule, options.warm_up)
        self._train(network, learner, x, targets, options, rates, options.epochs, validate)
        self.classes_, self.network_, self._learner = classes, network, learner
        self.n_iter_ = learner.epoch
        return self

    def partial_fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        classes: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
    ) -> DigitClassifier:
        """Train for one epoch on some examples, from where the network stands, with its optimizer's memory.

        Parameters
        ----------
        X : (N, I) array
            As for `fit`.
        y : (N,) array
            Labels among ``classes``.
        classes : (C,) array
            All labels that will ever come; needed in the first call only.
        sample_weight : (N,) array, optional
            As for `fit`; only ratios within a call matter.

        Returns
        -------
        DigitClassifier
            The same object.

        Raises
        ------
        ValueError
            Data or parameters that cannot be used.
        TrainingDivergedError
            The loss became NaN or infinite.
        """
        options = self._options()
        first = not self._is_trained
        if first and classes is None:
            raise ValueError("the first call of partial_fit needs classes: all labels that will ever come")
        known = np.unique(classes) if classes is not None else self.classes_
        if not first and not np.array_equal(known, self.classes_):
            raise ValueError(one_line(f"classes {known} are not those of the first call, {self.classes_}"))
        x, labels, weights = self._validated(X, y, sample_weight, first)
        targets = _targets(labels, known, weights, x.dtype)
        if first:
            network, self._learner = self._start(x, known, options)
        else:
            network = self.network_
        steps = self._learner.steps + math.ceil(len(x) / options.batch_size)
        rates = np.broadcast_to(options.peak_learning_rate, steps)
        self._train(network, self._learner, x, targets, options, rates, self._learner.epoch + 1)
        self.classes_, self.network_, self.n_iter_ = known, network, self._learner.epoch
        return self

    @property
    def _is_trained(self) -> bool:
        return hasattr(self, "network_")

    def _options(self) -> TrainingOptions:
        """The parameters, checked; the seed is drawn from ``random_state`` unless it is one."""
        given = self.get_params(deep=False)
        shared = {name: given[name] for name in TrainingOptions.__struct_fields__ if name in given}
        seed = self.random_state
        if not isinstance(seed, int | np.integer):
            seed = check_random_state(seed).randint(2**31 - 1)
        return TrainingOptions.checked(**shared, seed=seed)

    def _validated(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None, first: bool
    ) -> tuple[Array, Array, Array | None]:
        """Features, labels and weights of mean 1, without the examples that weigh nothing."""
        dtype = [np.float64, np.float32] if first else self.network_.parameters.dtype
        x, labels = validate_data(self, X, y, dtype=dtype, order="C", reset=first)
        check_classification_targets(labels)
        if sample_weight is None:
            return x, labels, None
        weights = _check_sample_weight(sample_weight, x, dtype=x.dtype)
        used = weights > 0
        if (weights < 0).any() or not used.any():
            raise ValueError("sample_weight must not be negative, nor 0 for all examples")
        return x[used], labels[used], weights[used] / weights[used].mean()

    def _start(
        self, x: Array, classes: Array, options: TrainingOptions, parameters: Parameters | None = None
    ) -> tuple[Network, Learner]:
        """A network that starts from a copy of the parameters, or from random ones, and what trains it."""
        if parameters is None:
            check_network_size(options, x.shape[1], len(classes))
            sizes = (x.shape[1], *options.hidden, len(classes))
            random = generator(options.seed, Purpose.INITIAL_PARAMETERS)
            parameters = initial_parameters(sizes, random, x.dtype)
        else:
            parameters = parameters.copy()
        learner = new_learner(parameters, options)
        backend = get_backend(self.backend, self.threads)
        card = Card(
            training={"backend": backend.name, "options": msgspec.to_builtins(options)},
            classes=tuple(map(str, classes)),
        )
        kept = learner.average.parameters if learner.average else parameters
        return Network(kept, backend, card), learner

    def _train(
        self,
        network: Network,
        learner: Learner,
        x: Array,
        targets: Array,
        options: TrainingOptions,
        rates: Array | LearningRates,
        until: int,
        validate: Callable[[], float] | None = None,
    ) -> None:
        """Train until an epoch is over, or no longer if there is something to validate with."""
        records = train_epochs(
            learner,
            network.backend,
            x,
            targets,
            until=until,
            batch_size=options.batch_size,
            learning_rates=rates,
            seed=options.seed,
            validate=validate or (lambda: None),
            parts=1,  # nobody watches
        )
        with BlasThreads(network.backend.threads):
            for _ in records:
                if validate and learner.epoch - learner.best_epoch >= self.patience:
                    break
        if validate and learner.best:
            for p, q in zip(network.parameters.tensors(), learner.best.tensors(), strict=True):
                p[:] = q
        network.history = History(tuple(learner.history))

    # ---- Predicting ----------------------------------------------------------------------------------------

    def predict_proba(self, X: npt.ArrayLike) -> Array:
        """The probability of each class for each example.

        Parameters
        ----------
        X : (N, I) array
            As many features as were trained on.

        Returns
        -------
        (N, C) array
            Columns in the order of ``classes_``; each row sums to 1.
        """
        check_is_fitted(self)
        parameters, backend = self.network_.parameters, self.network_.backend
        x = validate_data(self, X, dtype=parameters.dtype, order="C", reset=False)
        with blame(backend, "predicting"):
            return backend.predict_proba(parameters, x)

    def predict(self, X: npt.ArrayLike) -> Array:
        """The most probable class of each example.

        Parameters
        ----------
        X : (N, I) array
            As many features as were trained on.

        Returns
        -------
        (N,) array
            Labels out of ``classes_``.
        """
        most_probable = self.predict_proba(X).argmax(axis=1)
        labels: Array = self.classes_[most_probable]
        return labels


def _targets(y: Array, classes: Array, weights: Array | None, dtype: npt.DTypeLike) -> Array:
    """The index of each label (N,), or with weights soft targets (N, C): the weight at that index, else 0."""
    labels = np.searchsorted(classes, y).clip(max=len(classes) - 1)
    unknown = y[classes[labels] != y]
    if len(unknown):
        raise ValueError(one_line(f"y holds {unknown[0]!r:.40}, but the classes are {classes}"))
    if weights is None:
        return labels
    targets = np.zeros((len(y), len(classes)), dtype)
    targets[np.arange(len(y)), labels] = weights
    return targets


def _accuracy(network: Network, x: Array, targets: Array) -> float:
    """The share of the examples that are right, each counted by its weight."""
    predicted = network.backend.predict_proba(network.parameters, x).argmax(axis=1)
    if targets.ndim == 1:
        return float((predicted == targets).mean())
    return float(np.average(predicted == targets.argmax(axis=1), weights=targets.sum(axis=1)))
