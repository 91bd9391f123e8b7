"""The exported page, measured: rounded weights, agreement with the program, learning from corrections, speed.

    INKDIGITS_DATA=FOLDER python -m benchmarks.page

Needs mnist.npz and pen_strokes_dev.json in FOLDER, and Node; with Chromium and playwright, it times the first
picture too. The learning is measured on writers who are made odd: each writer's strokes are slanted and
turned by an amount of the writer's own. The page learns from the first few of a writer's digits that it gets
wrong; counted are the right answers to the writer's other digits, to MNIST's test digits, and to the strokes
as they were.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from backends.arrays import Array, Parameters
from engine.data.datasets import read_dataset
from engine.data.drawings import Drawing, read_drawings
from engine.data.strokes import strokes_to_image
from engine.export.page import packed, write_page
from engine.model.network import Network
from engine.recognition.recognize import tempered

ODD_WRITERS, CORRECTIONS = 12, (1, 4, 10)
SCRIPT = Path(__file__).with_suffix(".mjs")


def main() -> None:
    """Print the figures."""
    folder = Path(os.environ["INKDIGITS_DATA"])
    network = Network.load(backend="numpy")
    digits = read_dataset(folder / "mnist.npz").test
    assert digits
    drawings = read_drawings(folder / "pen_strokes_dev.json")
    images = np.stack([strokes_to_image(each.strokes) for each in drawings])
    for name, some in (("MNIST test digits", digits.images), ("dev strokes", images)):
        for bytes_each in (3, 2, 1):
            print(f"{8 * bytes_each} bits, {len(some)} {name}:", _changes(network, bytes_each, some))
    data = {
        "network": packed(network, 3),
        "images": images.reshape(len(images), -1).tolist(),
        "drawings": [_plain(each) for each in drawings],
        "writers": [_odd_writer(drawings, writer) for writer in range(ODD_WRITERS)],
        "mnist": [digits.images[:4000].reshape(4000, -1).tolist(), digits.labels[:4000].tolist()],
        "corrections": CORRECTIONS,
    }
    subprocess.run(["node", str(SCRIPT)], input=json.dumps(data), text=True, check=True)
    _time_first_picture(network)


def _changes(network: Network, bytes_each: int, images: Array) -> str:
    """How the answers of a network with rounded weights differ."""
    rounded = [_rounded(w, bytes_each) for w in network.parameters.weights]
    exact = Network(_as_float64(network.parameters.weights, network.parameters), "numpy")
    other = Network(_as_float64(rounded, network.parameters), "numpy")
    rule = network.card.decision
    before, after = (tempered(each.predict_proba(images), rule.temperature) for each in (exact, other))
    verdicts = []
    for p in (before, after):
        top = np.sort(p, axis=1)[:, -2:]
        accepted, pair = top[:, 1] >= rule.accept_threshold, top.sum(axis=1) >= rule.pair_threshold
        verdicts.append(np.where(accepted, 2, pair))
    digits = np.count_nonzero(before.argmax(axis=1) != after.argmax(axis=1))
    return (
        f"probabilities change by at most {np.abs(before - after).max():.1e}, {digits} digits, "
        f"{np.count_nonzero(verdicts[0] != verdicts[1])} verdicts"
    )


def _rounded(weights: Array, bytes_each: int) -> Array:
    """What the page computes with: see `engine.export.page`."""
    largest = 2 ** (8 * bytes_each - 1) - 1
    scales = (np.abs(weights.astype(np.float64)).max(axis=1, keepdims=True) / largest).astype(np.float32)
    scales[scales == 0] = 1
    rounded: Array = np.rint(weights / scales.astype(np.float64)).clip(-largest, largest) * scales
    return rounded


def _as_float64(weights: Sequence[Array], like: Parameters) -> Parameters:
    w, b = (tuple(each.astype(np.float64) for each in some) for some in (weights, like.biases))
    return Parameters(w, b)


def _plain(drawing: Drawing) -> dict[str, Any]:
    return {"strokes": [np.asarray(each).tolist() for each in drawing.strokes], "label": drawing.label}


def _odd_writer(drawings: list[Drawing], number: int) -> list[dict[str, Any]]:
    """The drawings of one writer, slanted by up to 1 and turned by up to half a radian."""
    random = np.random.default_rng(number)
    slant, turn = random.uniform(-1, 1), random.uniform(-0.5, 0.5)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = turned @ np.array([[1, -slant], [0, 1]])
    writer = sorted({each.writer for each in drawings}, key=str)[number]
    own = [each for each in drawings if each.writer == writer]
    return [_plain(Drawing([np.asarray(s) @ matrix.T for s in each.strokes], each.label)) for each in own]


def _time_first_picture(network: Network) -> None:
    browser_path = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        browser_path = None
    if browser_path is None:
        print("first picture: not timed, without Chromium and playwright")
        return
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "digits.html"
        write_page(network, path)
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page()
        painted, computed = [], []
        for _ in range(10):
            devtools = page.context.new_cdp_session(page)
            devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
            page.goto(path.as_uri())
            page.wait_for_timeout(500)
            painted.append(
                page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
            )
            metrics = devtools.send("Performance.getMetrics")["metrics"]
            computed.append({each["name"]: each["value"] for each in metrics}["ScriptDuration"] * 1000)
            devtools.detach()
        print(
            f"first picture {min(painted):.0f} ms after the start, of that {min(computed):.0f} ms of script"
        )
        browser.close()


if __name__ == "__main__":
    main()
