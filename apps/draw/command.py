"""``inkdigits draw``: its options, and what the window needs to open."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

from apps.options import add_backend, add_model, get_ready, need_digits
from apps.output import say
from backends.errors import BackendFailedError, InkdigitsError, blame, install_hint
from engine.data.strokes import Strokes
from engine.model.model_file import shipped_model_path
from engine.model.network import Network
from engine.recognition.recognize import Recognition, recognize_strokes

NEEDED = (2, 5, 3)  # version of pygame-ce: pygame.Window, event.touch, wide anti-aliased shapes
SMALLEST_DIGIT = 0.04  # of the canvas; anything smaller is a dot

EXAMPLES = """\
examples:
  inkdigits draw
  inkdigits draw --backend numba --model trained.json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``inkdigits draw``."""
    add_backend(parser)
    add_model(parser)


def run(arguments: argparse.Namespace) -> int:
    """Open the window and stay until it is closed; returns the exit code.

    Raises
    ------
    InkdigitsError
        No pygame-ce, no display, no such backend, or no usable model.
    """
    _require_pygame()
    from apps.draw.state.live_prediction import LivePrediction
    from apps.draw.state.session import Session
    from apps.draw.views.network_input import Facts
    from apps.draw.window import Window, start_display

    network = Network.load(arguments.model, backend=arguments.backend)
    need_digits(network, "the window")
    start_display()
    get_ready(network, drawing=True)
    model = (arguments.model or shipped_model_path()).name
    facts = Facts(network.backend.name, model, _test_accuracy(network))
    Window(Session(LivePrediction(_recognizer(network))), facts).run()
    return 0


def _recognizer(network: Network) -> Callable[[Strokes], Recognition]:
    """Recognize with this network; the first failure of its backend is also told on standard error."""
    told = False

    def recognize(strokes: Strokes) -> Recognition:
        nonlocal told
        try:
            with blame(network.backend, "drawing"):
                return recognize_strokes(network, strokes, smallest=SMALLEST_DIGIT)
        except BackendFailedError as error:
            if not told:
                say(f"inkdigits: {error}")
            told = True
            raise

    return recognize


def _require_pygame() -> None:
    """Check that `import pygame` gives pygame-ce: the old pygame has the same name but lacks what is used."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        import pygame
    except ImportError:
        raise InkdigitsError(
            f"the window needs pygame-ce, which is not installed: {install_hint('draw')}"
        ) from None
    if not getattr(pygame, "IS_CE", False):
        raise InkdigitsError(
            "the window needs pygame-ce, but the old pygame is installed: "
            "pip uninstall -y pygame pygame-ce && pip install pygame-ce"
        )
    if pygame.version.vernum < NEEDED:
        needed = ".".join(map(str, NEEDED))
        raise InkdigitsError(
            f"the window needs pygame-ce {needed} or newer, this is {pygame.version.ver}: "
            "pip install -U pygame-ce"
        )


def _test_accuracy(network: Network) -> float | None:
    """Return the test accuracy on the model's card, if it is a number."""
    accuracy = network.card.accuracy.get("test")
    return float(accuracy) if isinstance(accuracy, int | float) else None
