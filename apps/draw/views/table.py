"""Every view of the window. To add a page, write a file with a `View` and add it to `PAGES`."""

from __future__ import annotations

from apps.draw.paint.ink_layer import InkLayer
from apps.draw.state.session import Session
from apps.draw.views.answer import AnswerPage
from apps.draw.views.canvas import CanvasView
from apps.draw.views.digit_boxes import DigitBoxesView
from apps.draw.views.evidence import EvidenceView
from apps.draw.views.headline import HeadlineView
from apps.draw.views.inside import InsidePage
from apps.draw.views.menu import MenuView, OpenView
from apps.draw.views.mistakes import MistakesPage
from apps.draw.views.overlays import FocusView, NoticeView, RingView, TooltipView
from apps.draw.views.shown_picture import ShownPictureView
from apps.draw.views.step import StepPage
from apps.draw.views.tabs import TabsView
from apps.draw.views.teach import TeachView
from apps.draw.views.tools import CornerView, ToolsView
from apps.draw.views.train import TrainPage
from apps.draw.views.view import View
from apps.draw.views.why import WhyPage

# In the order of their tabs.
PAGES: tuple[type[View], ...] = (AnswerPage, InsidePage, WhyPage, StepPage, MistakesPage, TrainPage)
FRAME: tuple[type[View], ...] = (CanvasView, ToolsView, TabsView, CornerView, HeadlineView, TeachView)
OVERLAYS: tuple[type[View], ...] = (
    ShownPictureView,
    EvidenceView,
    DigitBoxesView,
    RingView,
    NoticeView,
    MenuView,
    OpenView,
    FocusView,
    TooltipView,
)


def attach_views(session: Session) -> tuple[list[View], list[View], list[View]]:
    """Make every view for a session to touch; returns the frame, the pages and the overlays."""
    ink = InkLayer()
    sharing: dict[type[View], View] = {CanvasView: CanvasView(ink), EvidenceView: EvidenceView(ink)}
    frame, pages, overlays = (
        [sharing[view] if view in sharing else view() for view in views] for views in (FRAME, PAGES, OVERLAYS)
    )
    session.attach(frame, pages, overlays)
    return frame, pages, overlays
