"""A training run: data, options and a backend in, a network with its card and history out.

Nothing here prints or draws: `Training.run` yields what happened, and its caller makes bars or plots of it.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from itertools import accumulate
from pathlib import Path

import msgspec
import numpy as np

from backends.arrays import Parameters
from backends.base import Backend
from backends.blas import BlasThreads, each_with_threads
from backends.errors import blame
from engine.data.datasets import DIGITS, DataError, Dataset, Examples
from engine.data.drawings import Drawing
from engine.model.card import Card, DecisionRule
from engine.model.history import EpochRecord, History
from engine.model.network import Network, initial_parameters
from engine.recognition.evaluation import Evaluation, UnseenWriters, evaluate, evaluate_unseen_writers
from engine.training.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from engine.training.diagnosis import Guessing, Remark, after_divergence, diagnose, guess, is_much_worse
from engine.training.examples import Block, ExampleSource, PlainExamples, Preparation, RecipeExamples
from engine.training.limits import check_network_size
from engine.training.loop import (
    PARTS_OF_EPOCH,
    Progress,
    TrainingDivergedError,
    held_back,
    new_learner,
    train_epochs,
)
from engine.training.options import TrainingOptions
from engine.training.provenance import CIRCUMSTANCES, training_card
from engine.training.recipe import Recipe
from engine.training.schedules import LearningRates
from engine.training.seeds import Purpose, generator

Event = Preparation | Progress | EpochRecord | Remark


class Training:
    """One training run. Same data, options and backend: the same weights, bit for bit.

    "The same backend" means on the same kind of processor, with the same library versions and as many
    threads; BLAS is held to the backend's number of them while it computes, since its sums depend on it.

    Parameters
    ----------
    dataset : Dataset
        To learn from, and to be judged by in the end.
    options : TrainingOptions
        How to learn.
    backend : Backend
        What computes.
    recipe : Recipe, optional
        Makes augmented examples of the data set and of the drawings.
    drawings : sequence of Drawing
        More digits to learn from, for a recipe.
    network : Network, optional
        Where to start: its parameters are copied, and its layers take the place of ``options.hidden``. Random
        parameters by default.

    Attributes
    ----------
    network : Network
        What is learning; its parameters and history change as `run` goes on.
    resumed : int
        How often the run went on from a checkpoint.

    Raises
    ------
    OptionsError, DataError, RecipeError
        Options, data, recipe and network that do not fit each other.
    """

    def __init__(
        self,
        dataset: Dataset,
        options: TrainingOptions,
        backend: Backend,
        *,
        recipe: Recipe | None = None,
        drawings: Sequence[Drawing] = (),
        network: Network | None = None,
    ) -> None:
        if network:
            options = msgspec.structs.replace(options, hidden=network.layer_sizes[1:-1])
        self.dataset = dataset
        self.options = options
        self.resumed = 0
        if recipe and dataset.classes != DIGITS:
            raise DataError(
                f"a recipe learns the ten digits; {dataset.name} has {len(dataset.classes)} classes"
            )
        learn, self._validation = self._split()
        if network is None:
            check_network_size(options, dataset.train.pixels, len(dataset.classes))
        self._source: ExampleSource = PlainExamples(learn, options.epochs)
        if recipe:
            self._source = RecipeExamples(recipe, learn, drawings, backend, options.seed)
        parameters = self._initial_parameters(network)
        self._learner = new_learner(parameters, options)
        card = Card(
            training=training_card(dataset, options, backend, recipe, drawings, network),
            decision=recipe.decision if recipe else network.card.decision if network else DecisionRule(),
            classes=dataset.classes,
        )
        self._run = {key: card.training[key] for key in card.training if key not in CIRCUMSTANCES}
        self._run["layer_sizes"] = list(parameters.layer_sizes)
        self._remarked: set[str] = set()
        self._guessing = Guessing()  # until the first block is known
        self.network = Network(self._learner.kept, backend, card)

    def warm_up(self) -> None:
        """Let the backend do now what would delay the first step, such as compiling."""
        learner = self._learner
        parameters = learner.parameters
        self.network.backend.warm_up(
            parameters.layer_sizes, parameters.dtype, learner.optimizer, learner.average
        )

    # ---- Running -------------------------------------------------------------------------------------------

    @property
    def epochs(self) -> int:
        """Epochs of the whole run."""
        return sum(plan.epochs for plan in self._source.plans)

    @property
    def finished(self) -> bool:
        """Whether every epoch is over."""
        return self._learner.epoch == self.epochs

    @property
    def held_back(self) -> Examples | None:
        """The training examples that are held back for validation; None where none are."""
        return self._validation

    @property
    def steps_of_epoch(self) -> int:
        """Steps of an epoch of the first block."""
        return math.ceil(self._source.plans[0].size / self.options.batch_size)

    def run(self, parts: int = PARTS_OF_EPOCH) -> Generator[Event, None, None]:
        """Train, from the beginning or from where a checkpoint left off.

        Whenever this yields, the run may be saved by `save_checkpoint` or be left for good.

        Parameters
        ----------
        parts : int
            In how many parts an epoch is trained, with a record after each; `steps_of_epoch` gives a record
            after each step. The network becomes the same.

        Yields
        ------
        Preparation, Progress, EpochRecord or Remark
            What is being prepared, the progress within each epoch, the epoch's record, and what is wrong.

        Raises
        ------
        TrainingDivergedError
            The loss became NaN or infinite; the message says what to try, and ``best`` is what is left.
        """
        yield from each_with_threads(self._records(parts), self.network.backend.threads)

    def _records(self, parts: int) -> Iterator[Event]:
        ends = list(accumulate(plan.epochs for plan in self._source.plans))
        for number, until in enumerate(ends):
            if self._learner.epoch >= until:
                continue
            for made in self._source.make(number):
                if isinstance(made, Block):
                    yield from self._train_on(made, until, parts)
                else:
                    yield made

    def _train_on(self, block: Block, until: int, parts: int) -> Iterator[Progress | EpochRecord | Remark]:
        self._guessing = guess(block.targets, len(self.dataset.classes))
        records = train_epochs(
            self._learner,
            self.network.backend,
            block.images,
            block.targets,
            until=until,
            batch_size=self.options.batch_size,
            learning_rates=self._learning_rates(),
            seed=self.options.seed,
            validate=self._validate,
            parts=parts,
        )
        try:
            for record in records:
                self._note_progress()
                yield record
                if isinstance(record, EpochRecord):
                    yield from self._remarks()
        except TrainingDivergedError as error:
            diverged = TrainingDivergedError(f"{error}; {after_divergence(self.options)}")
            diverged.best = self.best()
            raise diverged from None

    def _remarks(self) -> Iterator[Remark]:
        """What is wrong after an epoch, once for each cause."""
        learner = self._learner
        wrong = diagnose(learner.history, learner.best_epoch, self._guessing, learner.steps, self.options)
        if wrong and (cause := wrong.rpartition(": ")[2]) not in self._remarked:
            self._remarked.add(cause)
            yield Remark(wrong)

    def _note_progress(self) -> None:
        """Write on the card how far the run has come."""
        self.network.history = History(tuple(self._learner.history))
        card = self.network.card.training
        card["epochs_done"] = self._learner.epoch
        card["stopped_early"] = not self.finished

    def _validate(self) -> float | None:
        if self._validation is None:
            return None
        accuracy = evaluate(self.network, self._validation).accuracy
        self.network.card.accuracy["validation"] = accuracy
        return accuracy

    def _learning_rates(self) -> LearningRates:
        plans, options = self._source.plans, self.options
        steps = sum(plan.epochs * math.ceil(plan.size / options.batch_size) for plan in plans)
        return LearningRates(options.peak_learning_rate, steps, options.schedule, options.warm_up)

    def best(self) -> Network | None:
        """What was best so far: what is left after a run that diverged, or that got worse in the end.

        Returns
        -------
        Network or None
            A copy, as it was after the epoch with the highest validation accuracy or, where nothing is held
            back, the lowest loss; None before the first epoch is over.
        """
        learner = self._learner
        if learner.best is None:
            return None
        record = learner.history[learner.best_epoch - 1]
        told = {**self.network.card.training, "epochs_done": record.epoch, "stopped_early": True}
        card = msgspec.structs.replace(self.network.card, training=told, accuracy={})
        if record.validation_accuracy is not None:
            card.accuracy["validation"] = record.validation_accuracy
        return Network(learner.best.copy(), self.network.backend, card)

    @property
    def got_worse(self) -> bool:
        """Whether the last epoch is much worse than the best."""
        learner = self._learner
        if not learner.best_epoch or not self._guessing.loss:
            return False
        return is_much_worse(learner.history[-1], learner.history[learner.best_epoch - 1], self._guessing)

    # ---- Checkpoints ---------------------------------------------------------------------------------------

    def save_checkpoint(self, path: Path) -> None:
        """Write all that `resume` needs to go on with this run.

        Parameters
        ----------
        path : Path
            The file; one that exists is replaced.

        Raises
        ------
        WriteError
            The file cannot be written.
        """
        save_checkpoint(path, self._learner, self._run, self.resumed)

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint of the same run, so that it ends with the same bits.

        Parameters
        ----------
        path : Path
            What `save_checkpoint` wrote.

        Raises
        ------
        CheckpointError
            No such file, not a checkpoint, or one of another run.
        """
        self.resumed = load_checkpoint(path, self._learner, self._run) + 1
        if self._learner.steps != self._steps_until_now():
            raise CheckpointError(f"{path} is damaged: its counters contradict each other")
        if self._learner.history and self._learner.history[-1].validation_accuracy is not None:
            self.network.card.accuracy["validation"] = self._learner.history[-1].validation_accuracy
        self.network.card.training["resumed"] = self.resumed
        self._note_progress()

    def _steps_until_now(self) -> int:
        """Steps that lead to the learner's epoch and example."""
        steps, left = math.ceil(self._learner.seen / self.options.batch_size), self._learner.epoch
        for plan in self._source.plans:
            steps += min(plan.epochs, left) * math.ceil(plan.size / self.options.batch_size)
            left = max(0, left - plan.epochs)
        return steps

    # ---- Judging -------------------------------------------------------------------------------------------

    def test(self) -> Evaluation | None:
        """Score the test set, once, when training is over, and write the result on the card.

        Returns
        -------
        Evaluation or None
            None where the data set has no test examples.
        """
        return score_test(self.network, self.dataset)

    def test_on_writers(self, drawings: Sequence[Drawing]) -> UnseenWriters:
        """Score drawings by held-out writers, and fit the decision rule to them and to what is held back.

        Both results are written on the card, the interval as one over writers (`UnseenWriters.interval_95`).

        Parameters
        ----------
        drawings : sequence of Drawing
            By writers whose drawings were not trained on; those without a label are left out.

        Returns
        -------
        UnseenWriters
            The scores, and the decision rule fitted.
        """
        random = np.random.default_rng(self.options.seed)
        with BlasThreads(self.network.backend.threads), blame(self.network.backend, "evaluating"):
            unseen = evaluate_unseen_writers(self.network, drawings, random, self.held_back)
        evaluation = unseen.evaluation
        low, high = unseen.interval_95
        self.network.card.accuracy.update(
            unseen_writers=evaluation.accuracy,
            unseen_writers_interval_95=[low, high],
            unseen_writers_top2=evaluation.top2_accuracy,
            unseen_writers_digits=evaluation.n,
        )
        self.network.card.decision = unseen.decision
        return unseen

    # ---- Beginning -----------------------------------------------------------------------------------------

    def _split(self) -> tuple[Examples, Examples | None]:
        """The examples to learn from, and those held back."""
        everything = self.dataset.train
        if not round(len(everything) * self.options.validation):
            return everything, None
        learn, validate = held_back(len(everything), self.options.validation, self.options.seed)
        return everything[learn], everything[validate]

    def _initial_parameters(self, network: Network | None) -> Parameters:
        """A copy of the network's parameters, or random ones."""
        pixels, classes = self.dataset.train.pixels, self.dataset.classes
        if network is None:
            sizes = (pixels, *self.options.hidden, len(classes))
            return initial_parameters(sizes, generator(self.options.seed, Purpose.INITIAL_PARAMETERS))
        if network.layer_sizes[0] != pixels:
            raise DataError(
                f"the network to start from takes {network.layer_sizes[0]} pixels; "
                f"{self.dataset.name} has {pixels}"
            )
        if network.classes != classes:
            raise DataError(
                f"the network to start from has the classes {_listed(network.classes)}; "
                f"{self.dataset.name} has {_listed(classes)}"
            )
        return network.parameters.copy()


def score_test(network: Network, dataset: Dataset) -> Evaluation | None:
    """Score a network on a test set, and write the result on its card.

    Parameters
    ----------
    network : Network
        Its training is over; its card changes.
    dataset : Dataset
        What it was trained on.

    Returns
    -------
    Evaluation or None
        None where the data set has no test examples.
    """
    if dataset.test is None:
        return None
    with BlasThreads(network.backend.threads):
        evaluation = evaluate(network, dataset.test)
    low, high = evaluation.interval_95
    network.card.accuracy.update(
        test=evaluation.accuracy, test_interval_95=[low, high], test_examples=evaluation.n
    )
    return evaluation


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names):.40}"
