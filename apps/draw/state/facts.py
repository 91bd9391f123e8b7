"""What does not change while the window is open."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """The backend and the model.

    Attributes
    ----------
    backend, model : str
        The name of the backend and of the model file.
    accuracy : float or None
        The model's accuracy on its test set, if known.
    test_set : str
        What it was tested on.
    """

    backend: str
    model: str
    accuracy: float | None
    test_set: str = "Test set"
