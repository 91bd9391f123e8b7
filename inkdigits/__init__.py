"""Recognize handwritten digits with a neural network written from scratch.

>>> import inkdigits
>>> network = inkdigits.Network.load()  # the model that comes with inkdigits
>>> network.layer_sizes
(784, 128, 64, 10)

This package only offers the public names of the packages beside it, `engine` and `backends`, under a name
that no other program has.
"""

from inkdigits._siblings import import_siblings

import_siblings("backends", "engine")

from backends import Backend, BackendError, InkdigitsError, available_backends, get_backend  # noqa: E402
from engine import Network, __version__, train_model  # noqa: E402

# E402 above: these lines find our packages only after `import_siblings`.

__all__ = [
    "Backend",
    "BackendError",
    "InkdigitsError",
    "Network",
    "__version__",
    "available_backends",
    "get_backend",
    "train_model",
]
