"""A training run of the engine's, taken step by step, with what is measured on the way.

The network that learns is never shown itself: what is painted and what predicts are copies.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from apps.draw.state.training_choices import Choices
from backends.base import Backend
from backends.errors import blame
from backends.registry import get_backend
from engine.data.datasets import DIGITS, DataError, Dataset, find_mnist, load_digits8x8
from engine.data.framing import SIDE
from engine.model.card import Card
from engine.model.history import EpochRecord
from engine.model.network import Network
from engine.recognition.evaluation import evaluate
from engine.training.diagnosis import Remark
from engine.training.loop import Progress
from engine.training.trainer import Training

NO_DIGITS = "no digits to learn from: run `inkdigits data mnist` in a terminal, then start again"
Points = list[tuple[int, float]]  # digits learned from, and what was measured then


class GrowingNetwork:
    """A training run, and how far it is.

    Parameters
    ----------
    training : Training
        Before its first step; it must hold digits back.
    choices : Choices
        What it was made with.

    Attributes
    ----------
    choices : Choices
        As given.
    first_weights : (784, O) array
        The random weights of the first layer, before the first step.
    digits : int
        That it learned from, over all epochs; it sees each digit once in an epoch.
    losses : list of (int, float)
        The mean loss of each slice, with the digits learned from by then.
    accuracies : list of (int, float)
        On the digits that are held back, likewise.
    over : bool
        Whether all epochs are over.
    remark : str
        What the engine last said is wrong with the run.
    """

    def __init__(self, training: Training, choices: Choices) -> None:
        self._training = training
        self._at_once = 1
        self._records = training.run(training.steps_of_epoch)
        self._totals = 0, 0.0  # digits and sum of losses in this epoch
        self.choices = choices
        self.first_weights = training.network.parameters.weights[0].copy()
        self.digits = 0
        self.losses: Points = []
        self.accuracies: Points = []
        self.over = False
        self.remark = ""

    @property
    def epoch(self) -> int:
        """The present epoch, counted from 1."""
        return min(int(self._training.network.card.training.get("epochs_done", 0)) + 1, self.epochs)

    @property
    def epochs(self) -> int:
        """Of the whole run."""
        return self._training.epochs

    @property
    def held_back(self) -> int:
        """Digits that the accuracy is measured on."""
        return len(self._training.held_back or ())

    def learn(self, more: Callable[[int], bool], at_once: int = 1) -> None:
        """Take steps of 64 digits for as long as ``more`` says so, which gets how often some were taken.

        ``at_once`` of them are taken in one call of the backend: a compiled one is quicker with several. The
        network becomes the same.

        Raises
        ------
        InkdigitsError
            The loss is no longer a number, or the backend failed.
        """
        if at_once != self._at_once:  # a run goes on from where it was left
            self._at_once = at_once
            self._records = self._training.run(math.ceil(self._training.steps_of_epoch / at_once))
        taken, digits, loss = 0, 0, 0.0
        while more(taken):
            record = next(self._records, None)
            if record is None:
                self.over = True
                break
            if isinstance(record, Progress):
                totals = record.examples, record.train_loss * record.examples
                digits, loss = digits + totals[0] - self._totals[0], loss + totals[1] - self._totals[1]
                self._totals = totals
                taken += 1
            elif isinstance(record, EpochRecord):
                self._totals = 0, 0.0
                break  # it was measured on all that is held back: enough for one frame
            elif isinstance(record, Remark):
                self.remark = record.message
        if digits:
            self.digits += digits
            self.losses.append((self.digits, loss / digits))

    def measure(self) -> float | None:
        """Measure the accuracy on the digits that are held back; it is added to `accuracies`."""
        held_back = self._training.held_back
        if held_back is None:
            return None
        accuracy = evaluate(self._training.network, held_back).accuracy
        if not self.accuracies or self.accuracies[-1][0] != self.digits:
            self.accuracies.append((self.digits, accuracy))
        return accuracy

    def copy(self, backend: Backend) -> Network:
        """The network as it is now, on another backend; it does not change when this one learns on.

        Its card says how it came about, and no accuracy: that is for `measured_copy`.
        """
        network = self._training.network
        told = {**network.card.training, "digits_learned": self.digits}
        card = Card(told, {}, network.card.preprocessing, network.card.decision, network.card.classes)
        return Network(network.parameters.copy(), backend, card)

    def measured_copy(self) -> Network:
        """The same with the accuracy as it is now on its card, to be saved."""
        copy, accuracy = self.copy(self._training.network.backend), self.measure()
        if accuracy is not None:
            copy.card.accuracy.update(validation=accuracy, validation_examples=self.held_back)
        return copy


def new_training(
    dataset: Dataset, choices: Choices, reader: Backend, notify: Callable[[str], None]
) -> Training:
    """A training before its first step. It takes a while: the digits are divided, a backend may compile.

    Parameters
    ----------
    dataset : Dataset
        To learn from.
    choices : Choices
        How.
    reader : Backend
        What will predict with the network, on the canvas.
    notify : callable
        Told in one line what takes so long.

    Raises
    ------
    InkdigitsError
        The backend cannot run here, or failed.
    """
    backend = get_backend(choices.backend)
    backend.notify = notify
    training = Training(dataset, choices.options(len(dataset.train)), backend)
    sizes, dtype = training.network.layer_sizes, training.network.parameters.dtype
    with blame(backend, "getting ready"):
        training.warm_up()
    with blame(reader, "getting ready"):
        reader.warm_up(sizes, dtype)
    return training


def find_digits() -> Dataset:
    """MNIST from this machine, or else the small digits of scikit-learn; nothing is downloaded.

    Raises
    ------
    DataError
        There are neither, or a file that does not hold 28x28 digits; the message says what to do.
    """
    found = find_mnist()
    try:
        dataset = found[1] if found else load_digits8x8()
    except DataError:
        raise DataError(NO_DIGITS) from None
    if dataset.train.pixels != SIDE * SIDE or dataset.classes != DIGITS:
        raise DataError(f"{dataset.name} holds no digits of 28x28 pixels: the canvas needs those")
    return dataset
