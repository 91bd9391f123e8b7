"""Options that are valid in themselves, but not for these data or this machine."""

from __future__ import annotations

from itertools import pairwise

from engine.model.decoding import MOST_PARAMETERS
from engine.training.options import OptionsError, TrainingOptions


def check_batch_size(options: TrainingOptions, examples: int) -> None:
    """Refuse a batch larger than the data.

    Parameters
    ----------
    options : TrainingOptions
        How to train.
    examples : int
        Training examples in an epoch.

    Raises
    ------
    OptionsError
        The message names a batch size that would work.
    """
    if options.batch_size > examples:
        raise OptionsError(
            f"batch_size: {options.batch_size:,} is more than the {examples:,} training images; "
            f"{min(TrainingOptions().batch_size, examples)} would work"
        )


def check_network_size(options: TrainingOptions, inputs: int, outputs: int) -> None:
    """Refuse a network larger than a model file can hold.

    Parameters
    ----------
    options : TrainingOptions
        Its hidden layers.
    inputs, outputs : int
        Width of the first and the last layer.

    Raises
    ------
    OptionsError
        The message names hidden layers that would work.
    """
    count = parameter_count((inputs, *options.hidden, outputs))
    if count > MOST_PARAMETERS:
        smaller = options.hidden
        while parameter_count((inputs, *smaller, outputs)) > MOST_PARAMETERS:
            smaller = tuple(max(1, size // 2) for size in smaller)
        raise OptionsError(
            f"hidden: {_sizes(options.hidden)} makes {count:,} parameters; {MOST_PARAMETERS:,} fit into a "
            f"model file: {_sizes(smaller)} would"
        )


def parameter_count(layer_sizes: tuple[int, ...]) -> int:
    """The number of weights and biases of a network.

    Parameters
    ----------
    layer_sizes : tuple of int
        Inputs, hidden layers, outputs.

    Returns
    -------
    int
        Σ (I + 1) · O over the layers.
    """
    return sum((inputs + 1) * outputs for inputs, outputs in pairwise(layer_sizes))


def _sizes(hidden: tuple[int, ...]) -> str:
    return ",".join(map(str, hidden))
