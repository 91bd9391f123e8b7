"""The page in a real browser, opened from a file: drawn in by its own events, it answers as the program."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from apps.draw.state.document import Document
from apps.draw.state.live_network import SMALLEST_DIGIT
from apps.messages import window_title
from engine.export.page import write_page
from engine.model.network import Network
from engine.recognition.recognize import Recognition, State, recognize_strokes

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
MISSING = [
    name
    for name, found in (
        ("playwright (pip install playwright)", importlib.util.find_spec("playwright")),
        ("Chromium (apt install chromium)", BROWSER),
    )
    if not found
]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed here: {', '.join(MISSING)}"),
]

TOLERANCE = 1e-5  # of probabilities
REST = 400  # ms after which a verdict is final and spoken
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
Line = list[tuple[float, float]]

THREE = [
    [
        (0.31, 0.24),
        (0.42, 0.17),
        (0.56, 0.17),
        (0.67, 0.27),
        (0.63, 0.4),
        (0.5, 0.47),
        (0.63, 0.53),
        (0.7, 0.66),
        (0.65, 0.78),
        (0.5, 0.83),
        (0.33, 0.75),
    ]
]
FOUR = [[(0.45, 0.15), (0.28, 0.51), (0.75, 0.55)], [(0.62, 0.35), (0.6, 0.88)]]
ODD_FOUR = [[(0.3, 0.2), (0.35, 0.5), (0.7, 0.5)], [(0.3, 0.2), (0.6, 0.2), (0.6, 0.85)]]
STAR = [[(0.2, 0.2), (0.8, 0.81)], [(0.8, 0.2), (0.21, 0.8)], [(0.5, 0.1), (0.52, 0.9)]]
OUTSIDE = [[(0.3, 0.2), (0.75, 0.21), (1.4, 0.3), (1.3, 0.6), (0.5, 0.85)]]
DOT = [[(0.4, 0.4)]]


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.load(backend="numpy")


@pytest.fixture(scope="module")
def address(network: Network, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "digits.html"
    write_page(network, path)
    return path.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Opens the page in a fresh profile; in the end, nothing was fetched and nothing went wrong."""
    contexts, trouble = [], []

    def opened(script: str = "", **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda request: trouble.append(request.url) if request.url != address else None)
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not trouble


def on_pad(page: Page, strokes: list[Line]) -> list[list[tuple[int, int]]]:
    """Points of the pad as pixels of the window: whole ones, as a mouse has them."""
    box = page.locator("#pad").bounding_box()
    assert box
    x, y, width, height = box["x"], box["y"], box["width"], box["height"]
    return [[(round(x + u * width), round(y + v * height)) for u, v in stroke] for stroke in strokes]


def expected_answer(page: Page, network: Network, strokes: list[list[tuple[int, int]]]) -> Recognition:
    """The answer of the program's own canvas and recognizer to the same events."""
    box = page.locator("#pad").bounding_box()
    assert box
    document = Document()
    for stroke in strokes:
        points = [((x - box["x"]) / box["width"], (y - box["y"]) / box["height"]) for x, y in stroke]
        document.start_pen(points[0], 0.045)
        for point in points[1:]:
            document.move(point)
        document.finish()
    return recognize_strokes(network, [each.points for each in document.strokes], smallest=SMALLEST_DIGIT)


def draw_with_mouse(page: Page, strokes: list[list[tuple[int, int]]]) -> None:
    for first, *others in strokes:
        page.mouse.move(*first)
        page.mouse.down()
        for point in others:
            page.mouse.move(*point)
        page.mouse.up()
    page.wait_for_timeout(REST)


def probabilities(page: Page) -> list[float]:
    meters = page.get_by_role("meter").all()
    return [float(meter.get_attribute("aria-valuenow") or "nan") for meter in meters]


def assert_same_answer(page: Page, expected: Recognition) -> None:
    assert expected.probabilities is not None
    np.testing.assert_allclose(probabilities(page), expected.probabilities, atol=TOLERANCE)
    if expected.state in (State.DIGIT, State.UNSURE):
        assert page.title() == window_title(expected)


def test_drawn_with_a_mouse(open_page: Callable[..., Page], network: Network) -> None:
    page = open_page()
    seen = set()
    for strokes in (THREE, FOUR, ODD_FOUR, STAR, OUTSIDE, DOT):
        places = on_pad(page, strokes)
        draw_with_mouse(page, places)
        expected = expected_answer(page, network, places)
        assert_same_answer(page, expected)
        seen.add(expected.state)
        page.get_by_role("button", name="Clear").click()
    assert seen == set(State) - {State.EMPTY}


@pytest.mark.parametrize("kind", ["touch", "pen"])
def test_drawn_with_a_finger_or_a_pen(open_page: Callable[..., Page], network: Network, kind: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True}
    page = open_page(has_touch=True, **phone)
    devtools = page.context.new_cdp_session(page)
    places = on_pad(page, THREE)
    for first, *others in places:
        if kind == "touch":
            events = [("touchStart", first), *(("touchMove", point) for point in others)]
            for name, (x, y) in events:
                devtools.send("Input.dispatchTouchEvent", {"type": name, "touchPoints": [{"x": x, "y": y}]})
            devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        else:
            held = {"pointerType": "pen", "button": "left", "clickCount": 1}
            events = [("mousePressed", first), *(("mouseMoved", point) for point in others)]
            for name, (x, y) in [*events, ("mouseReleased", others[-1])]:
                buttons = 0 if name == "mouseReleased" else 1
                event = {"type": name, "x": x, "y": y, "buttons": buttons, **held}
                devtools.send("Input.dispatchMouseEvent", event)
    page.wait_for_timeout(REST)
    assert_same_answer(page, expected_answer(page, network, places))
    assert page.evaluate("scrollY") == 0  # drawing does not scroll


def test_drawn_with_the_keyboard_and_heard(open_page: Callable[..., Page]) -> None:
    page = open_page()
    spoken = page.locator("#spoken")
    pad = page.get_by_role("application", name="Drawing pad")
    pad.focus()
    for key in [*["Shift+ArrowLeft"] * 2, *["Shift+ArrowUp"] * 3, "Space"]:
        page.keyboard.press(key)
    assert spoken.inner_text() == "Pen down"
    for key in [*["Shift+ArrowRight"] * 4, *["Shift+ArrowDown", "ArrowLeft"] * 6, "Enter"]:
        page.keyboard.press(key)
    page.wait_for_timeout(REST)
    assert spoken.inner_text().startswith("7, >99% sure")
    assert page.get_by_role("status").count() == 2  # the answer, and what was learned; nothing else speaks
    page.keyboard.press("Control+z")
    page.wait_for_timeout(REST)
    assert page.title() == "inkdigits"
    page.keyboard.press("Control+Shift+z")
    page.wait_for_timeout(REST)
    assert page.title() == "inkdigits – 7 (>99%)"
    page.keyboard.press("Delete")
    assert page.get_by_role("button", name="Clear").is_disabled()


def test_learns_keeps_it_and_takes_it_back(open_page: Callable[..., Page]) -> None:
    page = open_page()
    draw_with_mouse(page, on_pad(page, ODD_FOUR))
    before = probabilities(page)
    assert not page.title().startswith("inkdigits – 4 (")
    page.get_by_role("button", name="It was 4").click()
    page.get_by_text("Learned: this is 4. 1 drawing remembered.").wait_for()
    assert page.title().startswith("inkdigits – 4 (")
    learned = probabilities(page)
    page.reload()
    page.get_by_text("1 drawing remembered.").wait_for()
    draw_with_mouse(page, on_pad(page, ODD_FOUR))
    assert probabilities(page) == learned
    page.get_by_role("button", name="Take back").click()
    page.get_by_text("Taken back: as it came.").wait_for()
    assert probabilities(page) == before
    page.reload()
    assert page.get_by_role("button", name="Take back").is_hidden()


@pytest.mark.parametrize(
    "script",
    [
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no') } })",
        'Storage.prototype.getItem = () => \'[{"label": 3, "strokes": 7}]\'',
    ],
)
def test_works_where_the_browser_keeps_nothing_or_something_else(
    open_page: Callable[..., Page], script: str
) -> None:
    page = open_page(script)
    draw_with_mouse(page, on_pad(page, ODD_FOUR))
    page.get_by_role("button", name="It was 4").click()
    page.get_by_text("Learned: this is 4. 1 drawing remembered").wait_for()
    assert page.title().startswith("inkdigits – 4 (")
    if "throw" in script:
        assert page.get_by_text("until the page is closed").is_visible()


def test_unfinished_digit_is_neither_named_nor_refused(open_page: Callable[..., Page]) -> None:
    page = open_page()
    for strokes in ([[(0.5, 0.15), (0.51, 0.85)]], [STAR[0]]):
        ((first, last),) = on_pad(page, strokes)
        page.mouse.move(*first)
        page.mouse.down()
        page.mouse.move(*last)
        page.wait_for_timeout(REST)
        assert page.locator("#headline").inner_text().endswith(" so far")
        page.mouse.up()
        page.wait_for_timeout(REST)
        assert not page.locator("#headline").inner_text().endswith(" so far")
        page.get_by_role("button", name="Clear").click()


def test_movements_that_the_browser_puts_together_are_all_drawn(
    open_page: Callable[..., Page], network: Network
) -> None:
    page = open_page()
    places = on_pad(page, THREE)
    first, *others = places[0]
    page.mouse.move(*first)
    page.mouse.down()
    script = """(points) => {
        const moves = points.map(([clientX, clientY]) =>
          new PointerEvent("pointermove", { pointerId: 1, clientX, clientY }));
        document.querySelector("#pad").dispatchEvent(
          new PointerEvent("pointermove", { pointerId: 1, coalescedEvents: moves }));
    }"""
    page.evaluate(script, others)
    page.mouse.up()
    page.wait_for_timeout(REST)
    assert_same_answer(page, expected_answer(page, network, places))


def test_why_this_and_not_that(open_page: Callable[..., Page]) -> None:
    page = open_page()
    draw_with_mouse(page, on_pad(page, THREE))
    page.get_by_label("another digit").select_option("5")
    sums = [float(text.replace("−", "-")) for text in page.locator("#sums dd").all_inner_texts()]
    assert sum(sums[:3]) == pytest.approx(sums[3], abs=0.16)  # each is rounded to a tenth
    script = """
        const { data } = document.querySelector("#why").getContext("2d").getImageData(0, 0, 148, 148);
        const pixels = Array.from({ length: 148 * 148 }, (_, i) => data.slice(4 * i, 4 * i + 4));
        const full = pixels.filter((pixel) => pixel[3] === 255);
        const share = (some) => some.length / pixels.length;
        [share(full.filter(([r, g, b]) => b > r + 60)), share(full.filter(([r, g, b]) => r > b + 60)),
          share(pixels.filter((pixel) => pixel[3] > 0)) - share(full)]"""
    blue, orange, blurred = page.evaluate(script)
    assert min(blue, orange) > 0.005
    assert blurred < 0.03  # painted on the ink alone, whose edge is sharp


def test_nothing_is_cut_off(open_page: Callable[..., Page]) -> None:
    page = open_page()
    draw_with_mouse(page, on_pad(page, THREE))
    for width, height in [(320, 568), (390, 844), (768, 1024), (1280, 800), (1920, 1080)]:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(CUT_OFF) == [], width
        pad = page.locator("#pad").bounding_box()
        assert pad
        assert pad["width"] == pytest.approx(pad["height"])
        assert pad["width"] >= 280


CUT_OFF = """
    [...document.querySelectorAll("main, main *:not(.unseen, option, select, canvas, .track)")]
      .filter((each) => each.getBoundingClientRect().right > innerWidth + 1 ||
        (each.scrollWidth > each.clientWidth + 1 && each.clientWidth))
      .map((each) => each.outerHTML.slice(0, 80))"""
