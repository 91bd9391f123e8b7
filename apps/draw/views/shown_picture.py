"""A digit that has no strokes, such as one of MNIST's, on the canvas in place of a drawing."""

from __future__ import annotations

from collections.abc import Hashable

from apps.draw.paint.digit_pictures import enlarged
from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import NORMAL, SMALL
from apps.draw.state.layout import Box
from apps.draw.state.session import Session
from apps.draw.views.overlays import Overlay


class ShownPictureView(Overlay):
    """It goes as soon as something is drawn."""

    area_name = "canvas"

    def looks(self, session: Session) -> Hashable:
        return session.picture

    def paint(self, painter: Painter, session: Session) -> None:
        picture, area, theme = session.picture, self.area, painter.theme
        if picture is None:
            return
        painter.picture(enlarged(picture.image, theme, area.width), area[:2])
        painter.outline(area, theme.edge, radius=0, line=1)
        x, y = area.center[0], area.bottom
        width = painter.text_width(picture.says, NORMAL) + painter.px(24)
        painter.box(Box(x - width // 2, y - painter.px(56), width, painter.px(50)), theme.paper)
        painter.text(picture.says, NORMAL, theme.ink, (x, y - painter.px(42)), "center")
        painter.text("Draw, or clear, to go on", SMALL, theme.quiet, (x, y - painter.px(20)), "center")
