"""``inkdigits train --like``: a training run from the card of a network that was trained before."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from apps.output import say
from backends import Backend
from backends.arrays import Parameters
from backends.errors import InkdigitsError, one_line
from engine.data.datasets import Dataset
from engine.data.drawings import Drawing, drawings_sha256
from engine.model.model_file import load_model
from engine.model.network import Network
from engine.training.options import TrainingOptions
from engine.training.provenance import differences, parameters_sha256
from engine.training.recipe import Recipe

NAMED = ("mnist", "digits8x8")  # data sets that need no --data
SAID_BY_CARD = (*TrainingOptions.__struct_fields__, "recipe", "without_writers")


class LikeError(InkdigitsError):
    """A card that a network cannot be made from, or data that are not those it names."""


class _Training(msgspec.Struct):
    """What is needed of `Card.training`."""

    options: dict[str, Any]
    backend: str
    dataset: str
    data_sha256: str
    recipe: Recipe | None = None
    drawings_sha256: str | None = None
    writers: list[str | int] = []
    started_from: dict[str, Any] | None = None
    machine: dict[str, Any] = {}
    epochs_done: int | None = None
    stopped_early: bool = False


@dataclass(frozen=True)
class Like:
    """A network to be made again.

    Attributes
    ----------
    path : Path
        Its model file.
    parameters : Parameters
        What should come out.
    options : TrainingOptions
        How it was trained.
    recipe : Recipe or None
        By which recipe, if any.
    card : _Training
        The rest of how it came about.
    training : dict
        The same as the file has it.
    """

    path: Path
    parameters: Parameters
    options: TrainingOptions
    recipe: Recipe | None
    card: _Training
    training: dict[str, Any]

    def split(self, drawings: list[Drawing]) -> tuple[list[Drawing], list[Drawing]]:
        """The drawings that the network was trained on, and those by writers that were held out."""
        if not self.card.drawings_sha256:
            return [], []
        seen = [each.writer is None or each.writer in self.card.writers for each in drawings]
        train = [each for each, was_seen in zip(drawings, seen, strict=True) if was_seen]
        if drawings_sha256(train) != self.card.drawings_sha256:
            raise LikeError(f"--strokes holds other drawings than {self.path} was trained on; give those")
        return train, [each for each, was_seen in zip(drawings, seen, strict=True) if not was_seen]

    def check(self, dataset: Dataset, start: Network | None) -> None:
        """Refuse other data, or another network to start from."""
        if dataset.sha256 != self.card.data_sha256:
            raise LikeError(
                f"{dataset.name} is not the data that {self.path} was trained on: {self.card.dataset:.40}, "
                f"sha256 {self.card.data_sha256:.12}"
            )
        started = self.card.started_from
        if started and start and parameters_sha256(start.parameters) != started.get("parameters_sha256"):
            raise LikeError(f"{self.path} was trained from another network than --from names; give that one")

    def say_what_differs(self, backend: Backend) -> None:
        """Tell what may change the bits, before hours are spent."""
        unknown = []
        computes = [("backend", self.card.backend, backend.name)] * (backend.name != self.card.backend)
        for what, there, here in [*computes, *differences(self.training, backend.threads)]:
            if there:
                say(one_line(f"differs here: {what} was {there:.60}, is {here:.60}"))
            else:
                unknown.append(what)
        if unknown:
            say(f"not on the card of {self.path}: {', '.join(unknown)}; the weights may differ if these do")
        if self.card.stopped_early:
            say(f"{self.path} was interrupted after epoch {self.card.epochs_done}; this run goes to its end")

    def is_same(self, network: Network) -> bool:
        """Whether a network has the same weights, bit for bit."""
        return parameters_sha256(network.parameters) == parameters_sha256(self.parameters)


def read_like(arguments: argparse.Namespace) -> Like:
    """Read the model file that ``--like`` names, and let its card fill in the rest of the command line."""
    path: Path = arguments.like
    for name in SAID_BY_CARD:
        if getattr(arguments, name) not in (None, []):
            flag = "--" + name.replace("_", "-")
            raise LikeError(f"{flag} and --like exclude each other: the card of {path} says it")
    parameters, card = load_model(path)
    try:
        told = msgspec.convert(card.training, _Training)
        options = TrainingOptions.checked(**told.options)
    except (msgspec.ValidationError, InkdigitsError) as error:
        why = one_line(error, 80)
        raise LikeError(f"{path}: its card does not say how it was trained: {why}") from None
    _fill_in(arguments, told, path)
    return Like(path, parameters, options, told.recipe, told, card.training)


def _fill_in(arguments: argparse.Namespace, told: _Training, path: Path) -> None:
    threads = told.machine.get("threads")
    if arguments.threads is None and isinstance(threads, int) and threads > 0:
        arguments.threads = threads
    arguments.backend = arguments.backend or told.backend
    if arguments.data is None and arguments.dataset is None:
        if told.dataset not in NAMED:
            raise LikeError(f"{path} was trained on {told.dataset:.60}: name that file with --data")
        arguments.dataset = told.dataset
    for flag, given, needed in (
        ("--strokes", arguments.strokes, told.drawings_sha256),
        ("--from", arguments.start, told.started_from),
    ):
        if bool(given) != bool(needed):
            what = "drawings" if flag == "--strokes" else "another network"
            raise LikeError(
                f"{path} was trained from {what}: name the file with {flag}"
                if needed
                else f"{path} was not trained from {what}: leave {flag} out"
            )
