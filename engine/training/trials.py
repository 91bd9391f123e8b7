"""The trials of a sweep: what is known of each, and which is next."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from engine.recognition.metrics import mean_interval, wilson_interval
from engine.training.sweep_config import Parameters, Range, Sweep


class Result(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of one training run: a line of the file of results.

    Attributes
    ----------
    trial : int
        Counted from 1.
    seed : int
        Of the run.
    parameters : dict
        What was searched, by name.
    validation_accuracy : float
        The outcome; 0 for a run that diverged.
    validation_examples : int
        How many it is the share of.
    seconds : float
        Of training.
    diverged : bool
        Whether the loss became NaN or infinite.
    """

    trial: int
    seed: int
    parameters: Parameters
    validation_accuracy: float
    validation_examples: int
    seconds: float
    diverged: bool = False


@dataclass
class Trial:
    """One choice of parameters, and what is known of it.

    Attributes
    ----------
    number : int
        Counted from 1.
    parameters : dict
        What was searched, by name.
    results : list of Result
        Of the seeds that are done.
    """

    number: int
    parameters: Parameters
    results: list[Result] = field(default_factory=list)

    @property
    def accuracy(self) -> float:
        """The mean validation accuracy over the seeds."""
        return float(np.mean([each.validation_accuracy for each in self.results]))

    @property
    def interval_95(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy over seeds, never narrower than that over the digits."""
        accuracies = [each.validation_accuracy for each in self.results]
        n = sum(each.validation_examples for each in self.results)
        low, high = wilson_interval(round(self.accuracy * n), n)
        if len(accuracies) > 1:
            over_seeds = mean_interval(accuracies)
            low, high = min(low, over_seeds[0]), max(high, over_seeds[1])
        return low, high

    @property
    def seconds(self) -> float:
        """The mean time to train."""
        return float(np.mean([each.seconds for each in self.results]))


def suggest(sweep: Sweep, trials: Iterable[Trial], number: int) -> Parameters:
    """Choose the parameters of a trial.

    A grid's and a random search's follow from the number alone, TPE's from the results as well: none depends
    on when the sweep was interrupted.

    Parameters
    ----------
    sweep : Sweep
        What is searched.
    trials : iterable of Trial
        Those before; one without results is being tried.
    number : int
        Of the trial, from 1.

    Returns
    -------
    dict
        A value for each name in ``sweep.search``.
    """
    if sweep.method == "grid":
        return sweep.grid()[number - 1]
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    seed = int(np.random.SeedSequence((sweep.search_seed, number)).generate_state(1)[0])
    samplers = {"random": optuna.samplers.RandomSampler, "tpe": optuna.samplers.TPESampler}
    study = optuna.create_study(direction="maximize", sampler=samplers[sweep.method](seed=seed))
    space = {name: _distribution(values) for name, values in sweep.search.items()}
    for each in trials:
        coded = {name: _code(sweep.search[name], value) for name, value in each.parameters.items()}
        known: dict[str, Any] = {"state": optuna.trial.TrialState.RUNNING}  # TPE keeps away from it
        if each.results:
            known = {"value": each.accuracy}
        study.add_trial(optuna.trial.create_trial(params=coded, distributions=space, **known))
    chosen = study.ask(space).params
    return {name: _decode(sweep.search[name], chosen[name]) for name in sweep.search}


def _distribution(values: Range | list[Any]) -> Any:
    from optuna import distributions

    if isinstance(values, list):
        return distributions.CategoricalDistribution([json.dumps(each) for each in values])
    if values.is_integer:
        return distributions.IntDistribution(int(values.low), int(values.high), log=values.log)
    return distributions.FloatDistribution(values.low, values.high, log=values.log)


def _code(values: Range | list[Any], value: Any) -> Any:
    """A value as Optuna has it: one of a list as JSON, since it may be a list itself."""
    return json.dumps(value) if isinstance(values, list) else value


def _decode(values: Range | list[Any], value: Any) -> Any:
    return json.loads(value) if isinstance(values, list) else value
