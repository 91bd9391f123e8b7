"""The table of actions: one row makes a button, a tooltip, keys and a row of the menu."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from apps.draw.state.actions import ACTIONS, Action, Place
from apps.draw.state.live_prediction import LivePrediction
from apps.draw.state.session import Session

pygame = pytest.importorskip("pygame")

from apps.draw.paint.icons import ICONS  # noqa: E402 - needs Pygame
from apps.draw.paint.theme import DARK  # noqa: E402
from apps.draw.window import Window  # noqa: E402
from tests.apps.draw.acting import MENU, button  # noqa: E402
from tests.apps.draw.conftest import FACTS  # noqa: E402

if TYPE_CHECKING:
    from tests.apps.draw.conftest import FakeNetwork


def test_every_key_belongs_to_one_action() -> None:
    keys = Counter(key for action in ACTIONS for key in action.keys)
    assert set(keys.values()) == {1}
    assert all(action.keys for action in ACTIONS)


def test_every_icon_is_drawn_and_every_drawing_is_used() -> None:
    icons = [action.icon for action in ACTIONS if action.icon is not None]
    assert sorted(icons) == sorted(ICONS)


@pytest.mark.usefixtures("_display")
@pytest.mark.parametrize("place", [Place.TOOL, Place.COMMAND])
def test_an_action_that_is_added_has_a_button_a_tooltip_a_key_and_a_row_of_the_menu(
    place: Place, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing but the row is added, and the drawing of its icon."""
    drawing = [((0.1, 0.1), (0.9, 0.9)), ((0.9, 0.1), (0.1, 0.9))]
    monkeypatch.setitem(ICONS, "cross", drawing)
    runs: list[Session] = []
    icon = None if place is Place.COMMAND else "cross"
    added = Action("Mark", "Mark the drawing", ("M",), runs.append, place, icon)

    session = Session(LivePrediction(network.recognize), FACTS, actions=(*ACTIONS, added))
    time = [0.0]
    window = Window(session, clock=lambda: time[0], sleep=lambda seconds: None)
    box = button(session, added)
    picture = pygame.surfarray.array3d(window.surface.subsurface(box))
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 3, "an icon or a label is on the button"

    session.do_key("M")
    session.pointer.press(box.center)
    session.pointer.release(box.center)
    assert len(runs) == 2

    session.pointer.leave()
    session.pointer.move(box.center)
    window.paint()
    before = pygame.surfarray.array3d(window.surface)
    time[0] = 10.0
    window.paint()
    after = pygame.surfarray.array3d(window.surface)
    assert session.pointer.tooltip is added
    assert "(M)" in added.tooltip
    assert ((after == DARK.ink) & (before != DARK.ink)).all(axis=2).sum() > 1000, "the tooltip is painted"

    session.do(MENU)
    row = next(row for view in session.touchable for row in view.buttons if row.says == "Mark the drawing")
    session.do(row)
    assert len(runs) == 3
    window.close()
