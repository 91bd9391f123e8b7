"""How a recipe reads hands that it has not learnt from: each of several networks learns without some writers.

Digits are split by writer, never one by one: those of one hand resemble each other, so a network that has
seen half of them knows the other half.
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


@dataclass(frozen=True)
class Unseen:
    """What networks made of digits by writers that they had not learnt from, and of scribbles.

    Attributes
    ----------
    evaluation : labels and untempered probabilities of N digits
    writers : (N,) who wrote them, as text
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
        """The 95 % interval of the mean accuracy over writers like these.

        That the networks of a cross-validation share most of what they learnt from is not in it.
        """
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
    return Unseen(Evaluation(labels, of_digits), np.array([str(each.writer) for each in digits]), of_others)


def writers_in_folds(drawings: Sequence[Drawing], folds: int) -> list[list[str]]:
    """All writers of drawings, as text, dealt out like cards; fewer folds where there are fewer writers."""
    known = {str(drawing.writer) for drawing in drawings if drawing.writer is not None}
    writers = sorted(known, key=lambda writer: (not writer.isdigit(), writer.zfill(20)))
    return [writers[start::folds] for start in range(min(folds, len(writers)))]
