"""Pictures of the window without a screen: at the end of a recording, or a moving one of all of it."""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pygame

from apps.draw.replay import Header, Replay, read_replay
from apps.draw.state.layout import FIRST_SIZE
from apps.draw.state.session import Session
from apps.draw.window import Window
from apps.options import need
from backends.errors import InkdigitsError
from engine.model.safe_write import write_atomically

if TYPE_CHECKING:
    from PIL import Image

FRAMES = 12  # a second, in a moving picture
LAST = 2.0  # seconds that its last frame stays
COLOURS = 64  # in it


def take(arguments: argparse.Namespace, make_session: Callable[[bool], Session]) -> None:
    """Replay a recording, or only open the window, and save what it looks like.

    Options on the command line count more than the recording's first line.

    Parameters
    ----------
    arguments : argparse.Namespace
        Those of ``inkdigits draw``.
    make_session : callable
        Makes a session; it is told whether the theme is dark.
    """
    moving = arguments.screenshot.suffix.lower() == ".gif"
    if moving:
        need("predict", "a moving picture")
    replay = read_replay(arguments.replay) if arguments.replay else Replay(Header(FIRST_SIZE), [])
    header = replay.header
    session = make_session((arguments.theme or header.theme) == "dark")
    window = open_window(session, replay, arguments.size)
    arguments.view = arguments.view or header.view
    begin(session, arguments)
    frames: list[Image.Image] | None = [] if moving else None
    run(window, session, replay, frames)
    data = _gif(frames) if frames is not None else _png(window.surface)
    window.close()
    write_atomically(arguments.screenshot, data)


def open_window(session: Session, replay: Replay, size: tuple[int, int] | None = None) -> Window:
    """A window whose events and time come from a recording."""
    window = Window(
        session, size or replay.header.size, clock=replay.clock, sleep=replay.sleep, events=replay
    )
    replay.resize = window.resize
    return window


def begin(session: Session, arguments: argparse.Namespace) -> None:
    """Open the drawing and show the page that the command line names.

    Raises
    ------
    InkdigitsError
        There is no such page, or no such drawing.
    """
    if arguments.view:
        names = [page.name.lower() for page in session.pages]
        if arguments.view.lower() not in names:
            raise InkdigitsError(f"--view {arguments.view}: there is {', '.join(names)}")
        session.show_page(names.index(arguments.view.lower()))
    if arguments.file:
        from apps.draw.state.files import from_json

        session.document.replace(from_json(Path(arguments.file)))


def run(window: Window, session: Session, replay: Replay, frames: list[Image.Image] | None = None) -> None:
    """Replay all events, and go on until nothing moves any more."""
    window.step()
    while not session.closed and (not replay.over or window.restless) and not replay.rested:
        window.step()
        if frames is not None and replay.clock() >= len(frames) / FRAMES:
            frames.append(_frame(window.surface))
    window.paint()
    if frames is not None:
        frames.append(_frame(window.surface))


def _frame(surface: pygame.Surface) -> Image.Image:
    from PIL import Image

    pixels = pygame.image.tobytes(surface, "RGB")
    return Image.frombytes("RGB", surface.get_size(), pixels)


def _gif(frames: list[Image.Image]) -> bytes:
    """Frames as a GIF with one palette, which keeps what does not move the same in all of them."""
    from PIL import Image

    palette = frames[-1].quantize(COLOURS)
    small = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    file = io.BytesIO()
    durations = [round(1000 / FRAMES)] * (len(small) - 1) + [round(1000 * LAST)]
    small[0].save(file, "GIF", save_all=True, append_images=small[1:], duration=durations, loop=0)
    return file.getvalue()


def _png(surface: pygame.Surface) -> bytes:
    file = io.BytesIO()
    pygame.image.save(surface, file, "png")
    return file.getvalue()
