"""Networks, how they learn, and how they recognize digits. Most scripts want ``import inkdigits`` instead.

>>> from engine import Network, train_model
>>> train_model("trained.json", epochs=3)  # doctest: +SKIP
>>> Network.load("trained.json", backend="numba").predict(images)  # doctest: +SKIP
"""

from typing import TYPE_CHECKING

from backends import InkdigitsError
from engine.model.network import Network
from engine.recognition.activations import activations, neuron
from engine.recognition.explain import NearestExamples, explain
from engine.recognition.segment import recognize_digits, segment
from engine.recognition.smallest_change import smallest_change
from engine.training.fine_tune import teach
from engine.training.step import check_gradients, step
from engine.training.train_model import train_model

__version__ = "0.1.0"
__all__ = [
    "InkdigitsError",
    "NearestExamples",
    "Network",
    "activations",
    "check_gradients",
    "explain",
    "neuron",
    "recognize_digits",
    "segment",
    "smallest_change",
    "step",
    "teach",
    "train_model",
]


if TYPE_CHECKING:
    from engine.estimator import DigitClassifier as DigitClassifier
else:

    def __getattr__(name: str) -> object:
        """Import the estimator when it is used: scikit-learn takes a second, and may be missing."""
        if name != "DigitClassifier":
            raise AttributeError(f"module 'engine' has no attribute {name!r}")
        from engine.estimator import DigitClassifier

        return DigitClassifier


def __dir__() -> list[str]:
    return sorted([*__all__, "DigitClassifier"])
