"""Contenders that must not be timed: too large steps, wrong probabilities, a failure."""

from __future__ import annotations

from backends.arrays import Array
from benchmarks.peers.contenders.ours import NumpyNetwork, NumpyTrainer


class TooFastTrainer(NumpyTrainer):
    """Takes steps that are 5 % too large."""

    def epoch(self, order: Array, batch_size: int, rate: float | Array) -> float:
        return super().epoch(order, batch_size, 1.05 * rate)


class OffNetwork(NumpyNetwork):
    def predict(self) -> Array:
        return super().predict() + 1e-3


class FailingTrainer(NumpyTrainer):
    def restart(self) -> None:
        raise MemoryError("no room")
