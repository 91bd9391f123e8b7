"""``inkdigits draw``: its options, and what the window needs to open."""

from __future__ import annotations

import argparse
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from apps.options import add_backend, add_model, get_ready, input_file, need_digits, output_file
from apps.output import say
from backends.errors import InkdigitsError, install_hint
from engine.model.model_file import shipped_model_path
from engine.model.network import Network

if TYPE_CHECKING:
    from apps.draw.state.facts import Facts
    from apps.draw.state.files import Folders
    from apps.draw.state.live_network import LiveNetwork
    from apps.draw.state.live_prediction import LivePrediction
    from apps.draw.state.session import Session

NEEDED = (2, 5, 3)  # version of pygame-ce: pygame.Window, event.touch, wide anti-aliased shapes
LARGEST_SIDE = 8192  # px, of a window

EXAMPLES = """\
examples:
  inkdigits draw
  inkdigits draw --backend numba --model trained.json
  inkdigits draw drawing-001.json --size 1400x900 --theme light
  inkdigits draw --record session.jsonl
  inkdigits draw --replay session.jsonl --screenshot window.png
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``inkdigits draw``."""
    parser.add_argument("file", metavar="FILE", nargs="?", type=input_file, help="a saved drawing to open")
    add_backend(parser)
    add_model(parser)
    parser.add_argument("--size", metavar="WxH", type=_size, help="size of the window in pixels")
    parser.add_argument("--theme", choices=("dark", "light"), help="colours (default: dark)")
    parser.add_argument("--view", metavar="NAME", help="the page to begin with, such as answer")
    parser.add_argument(
        "--record", metavar="FILE", type=output_file, help="record mouse and keyboard to this file"
    )
    parser.add_argument(
        "--replay", metavar="FILE", type=input_file, help="replay such a recording, without a screen"
    )
    parser.add_argument(
        "--screenshot",
        metavar="FILE",
        type=_screenshot_file,
        help="save a picture (.png) of the window at the end, or (.gif) of all that a recording does; "
        "nothing is shown on the screen",
    )


def run(arguments: argparse.Namespace) -> int:
    """Open the window and stay until it is closed; returns the exit code.

    Raises
    ------
    InkdigitsError
        No pygame-ce, no display, no such backend, no usable model, drawing or recording.
    """
    _require_pygame()
    if arguments.replay and not arguments.screenshot:
        raise InkdigitsError("--replay shows nothing on the screen: add --screenshot FILE")
    if arguments.record and arguments.screenshot:
        raise InkdigitsError("--record needs a window; --screenshot opens none: leave one of them out")
    from apps.draw.state.live_network import LiveNetwork
    from apps.draw.state.session import Session
    from apps.draw.window import start_display

    network = Network.load(arguments.model, backend=arguments.backend)
    need_digits(network, "the window")
    start_display(visible=not arguments.screenshot)
    get_ready(network, drawing=True)
    model = (arguments.model or shipped_model_path()).name
    facts = _facts(network, model)
    if arguments.screenshot:
        from apps.draw.screenshot import take

        live = LiveNetwork(network, _tell)
        take(arguments, lambda dark: Session(_prediction(live), facts, dark=dark, network=live))
        return 0
    with ThreadPoolExecutor(2) as worker:  # a backend may compile for seconds
        live, dark = LiveNetwork(network, _tell), arguments.theme != "light"
        session = Session(_prediction(live, worker), facts, _folders(), dark, live, worker=worker)
        _run_window(session, arguments)
    if session.farewell:
        say(f"inkdigits: {session.farewell}")
    return 0


def _run_window(session: Session, arguments: argparse.Namespace) -> None:
    """Show a session on the screen until it is closed."""
    from apps.draw.replay import Header, Recorder
    from apps.draw.screenshot import begin
    from apps.draw.window import Window

    if not arguments.record:
        window = Window(session, arguments.size)
        begin(session, arguments)
        window.run()
        return
    window = Window(session, arguments.size)
    begin(session, arguments)
    header = Header(window.size, arguments.theme or "dark", arguments.view or "")
    recorder = Recorder(arguments.record, header, time.monotonic)
    window.listen_to(recorder)
    try:
        window.run()
    finally:
        recorder.close()


def _prediction(live: LiveNetwork, worker: ThreadPoolExecutor | None = None) -> LivePrediction:
    """The live prediction of a network; without a worker, as a replay needs it, its time is not taken."""
    from apps.draw.state.live_prediction import LivePrediction

    needed = live.network.card.decision.accept_threshold
    clock = time.perf_counter if worker else None
    return LivePrediction(live.recognize, needed=needed, clock=clock, worker=worker)


def _tell(failure: str) -> None:
    say(f"inkdigits: {failure}")


def _folders() -> Folders:
    """Where drawings are saved, and where the last session's is kept."""
    import platformdirs

    from apps.draw.paint.photo import png_of
    from apps.draw.state.files import Folders

    saved = platformdirs.user_documents_path() / "inkdigits"
    return Folders(saved, platformdirs.user_data_path("inkdigits"), png_of)


def _facts(network: Network, model: str) -> Facts:
    """What the window says of the network."""
    from apps.draw.state.facts import Facts

    accuracy = network.card.accuracy.get("test")
    known = float(accuracy) if isinstance(accuracy, int | float) else None
    name = str(network.card.training.get("dataset", ""))
    test_set = {"mnist": "MNIST test set"}.get(name, f"{name[:9]} test set".strip())
    return Facts(network.backend.name, model, known, test_set)


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text)
    size = tuple(map(int, match.groups())) if match else (0, 0)
    if not all(1 <= side <= LARGEST_SIDE for side in size):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 1000x640")
    return size[0], size[1]


def _screenshot_file(text: str) -> Path:
    if Path(text).suffix.lower() not in (".png", ".gif"):
        raise argparse.ArgumentTypeError(f"cannot draw {text}: end its name in .png or .gif")
    return output_file(text)


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
