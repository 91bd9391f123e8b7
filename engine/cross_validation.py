"""How a recipe reads hands that it has not learnt from: each of several networks learns without some writers.

Digits are split by writer, never one by one: those of one hand resemble each other, so a network that has
seen half of them knows the other half (Hastie, Tibshirani and Friedman 2009, section 7.10).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backends.base import Array
from engine.drawings import Drawing
from engine.metrics import Evaluation, clustered_interval
from engine.model_file import Decision
from engine.network import Network
from engine.recognition import fit_decision
from engine.scribbles import scribbles
from engine.strokes import strokes_to_image

Writer = int | str | None


@dataclass(frozen=True)
class Unseen:
    """What networks made of digits by writers that they had not learnt from, and of scribbles.

    Attributes
    ----------
    evaluation : labels and untempered probabilities of N digits
    writers : (N,) who wrote them
    of_others : (M, 10) untempered probabilities of drawings that are no digits
    """

    evaluation: Evaluation
    writers: Array
    of_others: Array

    @classmethod
    def pooled(cls, parts: Sequence[Unseen]) -> Unseen:
        """All of them together."""
        evaluations = [part.evaluation for part in parts]
        return cls(
            Evaluation(
                np.concatenate([each.labels for each in evaluations]),
                np.concatenate([each.probabilities for each in evaluations]),
            ),
            np.concatenate([part.writers for part in parts]),
            np.concatenate([part.of_others for part in parts]),
        )

    @property
    def interval_95(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy for another writer, or for another set of as many writers."""
        evaluation = self.evaluation
        return clustered_interval(evaluation.answers == evaluation.labels, self.writers)

    @property
    def decision(self) -> Decision:
        """How answers are best read, fitted on these."""
        return fit_decision(self.evaluation.probabilities, self.evaluation.labels, self.of_others)


def read_unseen(network: Network, drawings: Sequence[Drawing], random: np.random.Generator) -> Unseen:
    """Read the digits among drawings that a network has not learnt from, and as many scribbles."""
    digits = [drawing for drawing in drawings if drawing.label is not None]
    of_digits, of_others = (
        network.predict_proba(
            np.stack([strokes_to_image(each.strokes, backend=network.backend) for each in some])
        )
        for some in (digits, scribbles(len(digits), digits, random))
    )
    labels = np.array([drawing.label for drawing in digits], np.int64)
    writers = np.array([str(drawing.writer) for drawing in digits])
    return Unseen(Evaluation(labels, of_digits), writers, of_others)


def writers_in_folds(drawings: Sequence[Drawing], folds: int) -> list[list[Writer]]:
    """All writers of drawings, dealt out like cards; fewer folds where there are fewer writers."""
    writers: list[Writer] = sorted({drawing.writer for drawing in drawings}, key=_by_number)
    return [writers[start::folds] for start in range(min(folds, len(writers)))]


def _by_number(writer: Writer) -> tuple[bool, int, str]:
    return (False, writer, "") if isinstance(writer, int) else (True, 0, str(writer))
