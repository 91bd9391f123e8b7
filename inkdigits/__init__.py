"""Recognize handwritten digits with a neural network written from scratch.

>>> import inkdigits
>>> network = inkdigits.Network.load()  # the model that comes with inkdigits
>>> network.layer_sizes
(784, 128, 64, 10)

This package only offers the public names of the packages beside it, `engine` and `backends`, under a name
that no other program has. They are imported when the first of them is used: the command starts at once.
"""

TYPE_CHECKING = False  # true for type checkers; `typing` itself would take a while to import

if TYPE_CHECKING:
    from backends import Backend, BackendError, InkdigitsError, available_backends, get_backend
    from engine import DigitClassifier as DigitClassifier  # for scikit-learn, and only there with it
    from engine import (
        NearestExamples,
        Network,
        __version__,
        activations,
        check_gradients,
        explain,
        neuron,
        recognize_digits,
        segment,
        smallest_change,
        step,
        teach,
        train_model,
    )

__all__ = [
    "Backend",
    "BackendError",
    "InkdigitsError",
    "NearestExamples",
    "Network",
    "__version__",
    "activations",
    "available_backends",
    "check_gradients",
    "explain",
    "get_backend",
    "neuron",
    "recognize_digits",
    "segment",
    "smallest_change",
    "step",
    "teach",
    "train_model",
]

if not TYPE_CHECKING:  # a type checker would take any name for public

    def __getattr__(name: str) -> object:
        """Import the public names, once."""
        if name not in __dir__():
            raise AttributeError(f"module 'inkdigits' has no attribute {name!r}")
        from inkdigits._siblings import import_siblings, lock

        with lock:  # a second thread would find half a package
            import_siblings("backends", "engine")
            import backends
            import engine

        globals().update({each: getattr(engine, each, None) or getattr(backends, each) for each in __all__})
        return engine.DigitClassifier if name == "DigitClassifier" else globals()[name]

    def __dir__() -> list[str]:
        return [*__all__, "DigitClassifier"]
