"""Search of options: many training runs, their results kept as they come, the best network in the end.

A trial is one choice of options, trained once for each seed. Its outcome is the mean validation accuracy; the
test set is looked at once, by the best network, when the search is over. What is known lies in one folder:
``results.jsonl``, a line for each training run, and the networks of the best trial. Optuna chooses the next
trial by these lines alone, so a sweep that was killed goes on from them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from engine.model.network import Network
from engine.training.executor import Done, Event, Pool, run_jobs
from engine.training.jobs import Run, train
from engine.training.limits import check_batch_size, check_network_size
from engine.training.loop import TrainingDivergedError
from engine.training.results import ResultFile, ResultsError
from engine.training.sweep_config import Parameters, Sweep, SweepError, recipe_named
from engine.training.trials import Result, Trial, suggest

FORMAT = "inkdigits-sweep 1"
RESULTS, BEST, NETWORKS = "results.jsonl", "best.json", "networks"  # in the folder of a sweep


@dataclass(frozen=True)
class SweepRun(Run):
    """A training run of a trial.

    Attributes
    ----------
    name, options, recipe, without
        As in `Run`.
    trial : int
        Its number.
    parameters : dict
        Of the trial.
    validation_examples : int
        Held back.
    """

    trial: int = 0
    parameters: Parameters = field(default_factory=dict)
    validation_examples: int = 0


class Search:
    """A sweep as it goes: what is known, and what comes next.

    Parameters
    ----------
    sweep : Sweep
        What to do.
    folder : Path
        Where results are kept; made where there is none.
    dataset : Dataset
        To learn from.

    Attributes
    ----------
    trials : dict of int to Trial
        By number.

    Raises
    ------
    SweepError
        The options do not fit the data.
    ResultsError
        The folder holds results of another sweep.
    """

    def __init__(self, sweep: Sweep, folder: Path, dataset: Any) -> None:
        self.sweep, self.folder, self.dataset = sweep, folder, dataset
        self.trials: dict[int, Trial] = {}
        self._check_options()
        try:
            (folder / NETWORKS).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SweepError(f"cannot make the folder {folder / NETWORKS}: {error.strerror}") from None
        told = {key: value for key, value in msgspec.to_builtins(sweep).items() if key != "trials"}
        head = {"format": FORMAT, "data_sha256": dataset.sha256, **told}
        self._file = ResultFile(folder / RESULTS, head)
        try:
            for line in self._file.found:
                self._note(msgspec.convert(line, Result))
        except msgspec.ValidationError as error:
            self.close()
            raise ResultsError(
                f"{folder / RESULTS} is damaged: {error:.80}; remove it".replace("`", "")
            ) from None

    def close(self) -> None:
        """Let another process go on with the sweep."""
        self._file.close()

    @property
    def finished(self) -> list[Trial]:
        """The trials that are done with every seed, the best first."""
        done = [each for each in self.trials.values() if len(each.results) == len(self.sweep.seeds)]
        return sorted(done, key=lambda trial: (-trial.accuracy, trial.number))

    @property
    def runs_left(self) -> int:
        """How many training runs are still to be done."""
        count = self.sweep.count
        done = sum(len(each.results) for each in self.trials.values() if each.number <= count)
        return count * len(self.sweep.seeds) - done

    def run(self, pool: Pool) -> Generator[Event, None, None]:
        """Do what is left, and keep each result before it is told.

        Parameters
        ----------
        pool : Pool
            Where the training runs are done. It is closed in the end.

        Yields
        ------
        Update, Lost or Done
            As `run_jobs`; a job is a `SweepRun`, its result a `Result`.
        """
        for event in run_jobs(pool, train, self._runs()):
            yield self._keep(event) if isinstance(event, Done) else event

    def _runs(self) -> Iterator[SweepRun]:
        """The training runs that are left; the parameters of a trial are chosen when its first is due."""
        for number in range(1, self.sweep.count + 1):
            if number not in self.trials:
                self.trials[number] = Trial(number, suggest(self.sweep, self.trials.values(), number))
            trial = self.trials[number]
            done = {each.seed for each in trial.results}
            for seed in self.sweep.seeds:
                if seed not in done:
                    yield self._as_run(trial, seed)

    def _as_run(self, trial: Trial, seed: int) -> SweepRun:
        recipe = recipe_named(self.sweep.recipe_of(trial.parameters))
        options = self.sweep.options_of(trial.parameters, recipe, seed)
        name = f"trial {trial.number} seed {seed}"
        held_back = round(len(self.dataset.train) * options.validation)
        return SweepRun(name, options, recipe, (), trial.number, trial.parameters, held_back)

    def _keep(self, done: Done) -> Done:
        """Write a network, then its result, so that no result is without its network."""
        run: SweepRun = done.job
        outcome: dict[str, Any] = {"validation_accuracy": 0.0, "seconds": 0.0, "diverged": True}
        if isinstance(done.result, Network):
            accuracy, seconds = done.result.card.accuracy["validation"], sum(done.result.history.seconds)
            outcome = {"validation_accuracy": accuracy, "seconds": seconds}
            done.result.save(self._path(run.trial, run.options.seed))
        elif not isinstance(done.result, TrainingDivergedError):
            raise done.result
        result = Result(
            trial=run.trial,
            seed=run.options.seed,
            parameters=run.parameters,
            validation_examples=run.validation_examples,
            **outcome,
        )
        self._file.append(msgspec.to_builtins(result))
        self._note(result)
        self._remove_others()
        return Done(run, result)

    def _note(self, result: Result) -> None:
        trial = self.trials.setdefault(result.trial, Trial(result.trial, result.parameters))
        if all(each.seed != result.seed for each in trial.results):
            trial.results.append(result)

    def _path(self, trial: int, seed: int) -> Path:
        return self.folder / NETWORKS / f"trial-{trial}-seed-{seed}.json"

    def _remove_others(self) -> None:
        """Remove the networks of finished trials that are not the best."""
        for trial in self.finished[1:]:
            for result in trial.results:
                with contextlib.suppress(OSError):  # it does no harm
                    self._path(trial.number, result.seed).unlink(missing_ok=True)

    def save_best(self, backend: Any) -> Network | None:
        """Test the best network, once, and save it with the sweep on its card.

        Of the best trial it is the network with the highest validation accuracy.

        Parameters
        ----------
        backend : Backend
            What computes the test.

        Returns
        -------
        Network or None
            None where every run has diverged.
        """
        from engine.training.trainer import score_test

        best = max(self.finished[0].results, key=lambda result: result.validation_accuracy)
        if best.diverged:
            return None
        network = Network.load(self._path(best.trial, best.seed), backend)
        score_test(network, self.dataset)
        network.card.training["sweep"] = {
            "trial": best.trial,
            "trials": len(self.finished),
            "seeds": list(self.sweep.seeds),
            "mean_validation_accuracy": self.finished[0].accuracy,
            "interval_95": list(self.finished[0].interval_95),
        }
        network.save(self.folder / BEST)
        return network

    def _check_options(self) -> None:
        """Refuse what would fail in the middle of the sweep."""
        examples = len(self.dataset.train)
        for parameters in self.sweep.corners():
            run = self._as_run(Trial(0, parameters), self.sweep.seeds[0])
            check_network_size(run.options, self.dataset.train.pixels, len(self.dataset.classes))
            if not run.validation_examples:
                raise SweepError(
                    f"validation: {run.options.validation:g} of {examples:,} examples is nothing: give more"
                )
            if run.recipe is None:
                check_batch_size(run.options, examples - run.validation_examples)
