"""The page's program, run in Node, computes what the engine computes; the page holds it and no more."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine.export.page as exporter
from apps.cli import main
from apps.draw.state.live_network import SMALLEST_DIGIT
from apps.messages import WORDS, percent, words_for
from backends.arrays import Array
from engine.data.datasets import Dataset
from engine.data.drawings import Drawing
from engine.data.strokes import Strokes
from engine.export.page import LARGEST_PAGE, PageError, packed, write_page
from engine.model.card import Card
from engine.model.network import Network, initial_parameters
from engine.recognition.recognize import Recognition, State, recognize_strokes, tempered

ROOT = Path(__file__).parents[3]
FOLDER = Path(exporter.__file__).parent
NODE = shutil.which("node")
NEEDS_NODE = pytest.mark.skipif(NODE is None, reason="Node is not installed (apt install nodejs)")
TOLERANCE = 1e-5  # of probabilities
READING_TIME = 2e-3  # seconds
PRELUDE = "\n".join(
    [f'import * as {name} from "{(FOLDER / name).as_uri()}.js";' for name in ("strokes", "network")]
    + [f'import * as {name} from "{(FOLDER / name).as_uri()}.js";' for name in ("learning", "words", "pad")]
    + ['import { readFileSync } from "node:fs";', "const data = JSON.parse(readFileSync(0));"]
    + ["const plain = (_, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);"]
    + ["const show = (value) => console.log(JSON.stringify(value, plain));", ""]
)


def run(script: str, data: Any) -> Any:
    """What a script, with the page's modules at hand, shows for data."""
    assert NODE
    command = [NODE, "--input-type=module", "--eval", PRELUDE + script]
    done = subprocess.run(command, input=json.dumps(data), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def curve(seed: int, points: int = 30, strokes: int = 1) -> Strokes:
    """Smooth random strokes; coordinates that nobody chose, so that no grey level is exactly a half."""
    random = np.random.default_rng(seed)
    steps = random.normal(0, 0.02, (strokes, points, 2)).cumsum(axis=1).cumsum(axis=1)
    drawn: Strokes = (steps + random.uniform(0, 3, (strokes, 1, 2))).tolist()
    return drawn


SEVEN = [[[0.203, 0.201], [0.703, 0.211], [0.41, 0.83]]]
ONE = [[[0.5, 0.1], [0.5, 0.9]]]
FOUR = [[[0.45, 0.15], [0.28, 0.51], [0.75, 0.55]], [[0.62, 0.35], [0.6, 0.88]]]
DRAWINGS: dict[str, Strokes] = {
    "nothing": [],
    "no points": [[], []],
    "a dot": [[[0.3, 0.4]]],
    "a touch of the pen": [[[0.3, 0.4], [0.31, 0.41]]],
    "a ruler-straight one": ONE,
    "a nearly horizontal line": [[[0.1, 0.5], [0.9, 0.5001]]],
    "a seven": SEVEN,
    "a four": FOUR,
    "a seven with a stray touch": [*SEVEN, [[0.9, 0.9], [0.91, 0.9]]],
    "a small seven": [[[x / 40, y / 40] for x, y in SEVEN[0]]],
    "far away": [[[1e6 + x, y - 1e6] for x, y in SEVEN[0]]],
    "many points": curve(1, points=10_000),
    "many strokes": curve(2, points=5, strokes=40),
    **{f"curve {seed}": curve(seed, strokes=1 + seed % 3) for seed in range(3, 40)},
}


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.load(backend="numpy")


@pytest.fixture(scope="module")
def answers(network: Network) -> list[tuple[Recognition, Any]]:
    """For each drawing, the engine's answer and the page's."""
    if NODE is None:
        pytest.skip("Node is not installed (apt install nodejs)")
    script = """
        const net = network.unpack(data.network);
        show(data.drawings.map((strokes) => {
          const answer = network.recognize(net, strokes, data.network.smallest);
          const words_ = words.wordsFor(answer, net);
          const { first, second } = answer;
          const why = answer.probabilities && network.evidence(net, answer, first, second);
          return { ...answer, words: words_, why };
        }));"""
    data = {"network": packed(network, 3), "drawings": list(DRAWINGS.values())}
    expected = [recognize_strokes(network, each, smallest=SMALLEST_DIGIT) for each in DRAWINGS.values()]
    return list(zip(expected, run(script, data), strict=True))


def test_images_are_the_same_to_the_bit(answers: list[tuple[Recognition, Any]]) -> None:
    for name, (expected, answer) in zip(DRAWINGS, answers, strict=True):
        assert answer["image"] == expected.image.ravel().tolist(), name


def test_verdicts_and_probabilities_are_the_same(answers: list[tuple[Recognition, Any]]) -> None:
    assert {expected.state for expected, _ in answers} == set(State)  # else nothing is shown here
    for expected, answer in answers:
        assert answer["state"] == expected.state
        if expected.probabilities is not None:
            np.testing.assert_allclose(answer["probabilities"], expected.probabilities, atol=TOLERANCE)
            assert answer["first"] == expected.probabilities.argmax()
            assert answer["second"] == expected.probabilities.argsort()[-2]


def test_words_are_those_of_the_program(answers: list[tuple[Recognition, Any]], network: Network) -> None:
    needed = f"an answer needs {percent(network.card.decision.accept_threshold)}"
    for expected, answer in answers:
        words = words_for(expected)
        assert {name: answer["words"][name] for name in ("glyph", "headline", "detail", "certain")} == {
            "glyph": words.glyph,
            "headline": words.headline,
            "detail": words.detail,
            "certain": words.certain,
        }
        assert (needed in answer["words"]["reason"]) == (expected.state in (State.UNSURE, State.NOT_A_DIGIT))


@NEEDS_NODE
def test_words_of_a_network_with_other_classes() -> None:
    answer = {"state": State.NOT_A_DIGIT, "probabilities": [0.6, 0.4], "first": 0, "second": 1}
    other = {"classes": ["left", "right"], "decision": {"accept_threshold": 0.7}}
    words = run("show(words.wordsFor(data.answer, data.other));", {"answer": answer, "other": other})
    recognition = Recognition(
        State.NOT_A_DIGIT, np.zeros((28, 28), np.uint8), np.array([0.6, 0.4]), ("left", "right")
    )
    assert (words["headline"], words["detail"]) == (
        words_for(recognition).headline,
        words_for(recognition).detail,
    )
    assert words["reason"] == "most like left: 60%, an answer needs 70%"
    assert words["glyph"] == WORDS[State.NOT_A_DIGIT].glyph


def test_evidence_adds_up_and_is_input_times_gradient(
    answers: list[tuple[Recognition, Any]], network: Network
) -> None:
    for expected, answer in answers:
        if expected.probabilities is None:
            continue
        why, x = answer["why"], expected.image.ravel() / 255
        logits = _logits(network, x)
        difference = logits[answer["first"]] - logits[answer["second"]]
        assert why["total"] == pytest.approx(difference, abs=1e-3)
        assert sum(why["pixels"]) + why["biases"] == pytest.approx(why["total"])
        gradient = _gradient(network, x, answer["first"], answer["second"])
        np.testing.assert_allclose(why["pixels"], x * gradient, atol=1e-3)


def _logits(network: Network, x: Array) -> Array:
    *hidden, last = zip(network.parameters.weights, network.parameters.biases, strict=True)
    for w, b in hidden:
        x = np.maximum(x @ w.astype(np.float64) + b, 0)
    logits: Array = x @ last[0].astype(np.float64) + last[1]
    return logits


def _gradient(network: Network, x: Array, first: int, second: int) -> Array:
    """The derivative of the difference of two logits: back through the weights of the active neurons."""
    *hidden, last = network.parameters.weights
    active = []
    for w, b in zip(hidden, network.parameters.biases[:-1], strict=True):
        z = x @ w.astype(np.float64) + b
        active.append(z > 0)
        x = np.maximum(z, 0)
    gradient: Array = last[:, first].astype(np.float64) - last[:, second]
    for w, on in zip(reversed(hidden), reversed(active), strict=True):
        gradient = w @ (gradient * on)
    return gradient


@NEEDS_NODE
def test_step_of_learning_is_that_of_the_reference() -> None:
    random = np.random.default_rng(0)
    net = Network(initial_parameters((784, 12, 8, 10), random, np.float64), "numpy")
    images, labels = random.uniform(0, 1, (5, 784)) * (random.uniform(0, 1, (5, 784)) > 0.8), np.arange(5)
    _, gradients = net.backend.loss_and_gradients(net.parameters, images, labels)
    script = """
        const { layers } = network.unpack(data.network);
        const before = structuredClone(layers);
        learning.gradientStep(layers, data.images.map((pixels, i) =>
          ({ pixels: Float64Array.from(pixels), target: data.targets[i] })), 0.5);
        show(layers.flatMap((layer, i) => ["weights", "biases"].map((name) =>
          layer[name].map((value, k) => before[i][name][k] - value))));"""
    data = {"network": packed(net, 3), "images": images.tolist(), "targets": np.eye(10)[labels].tolist()}
    steps = run(script, data)
    for layer, (dw, db) in enumerate(zip(gradients.weights, gradients.biases, strict=True)):
        np.testing.assert_allclose(steps[2 * layer], 0.5 * dw.ravel(), atol=1e-6)
        np.testing.assert_allclose(steps[2 * layer + 1], 0.5 * db, atol=1e-6)


@NEEDS_NODE
def test_it_learns_a_digit_and_keeps_the_others(network: Network) -> None:
    # An open four with a closed top, which the network takes for a 7 or a 9.
    odd = [[[0.3, 0.2], [0.35, 0.5], [0.7, 0.5]], [[0.3, 0.2], [0.6, 0.2], [0.6, 0.85]]]
    script = """
        const net = network.unpack(data.network);
        const run = () => {
          const steps = learning.learning(net, [{ strokes: data.odd, label: 4 }]);
          for (;;) { const { done, value } = steps.next(); if (done) return value; }
        };
        const before = structuredClone(net.layers);
        const once = { ...net, layers: run() };
        const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
        const read = (net, strokes) => {
          const { state, first } = network.recognize(net, strokes);
          return [state, first];
        };
        const change = (strokes) => {
          const [p, q] = [net, once].map((each) => network.recognize(each, strokes).probabilities);
          return Math.max(...p.map((value, c) => Math.abs(value - q[c])));
        };
        show({
          unchanged: same(before, net.layers),
          odd: [read(net, data.odd), read(once, data.odd)],
          others: data.others.map((strokes) => [read(net, strokes), read(once, strokes)]),
          changes: data.curves.map(change),
        });"""
    curves = [curve(seed, strokes=1 + seed % 3) for seed in range(40)]
    data = {"network": packed(network, 2), "odd": odd, "others": [ONE, SEVEN, FOUR], "curves": curves}
    learned = run(script, data)
    assert learned["unchanged"]
    before, after = learned["odd"]
    assert before != ["digit", 4]
    assert after == ["digit", 4]
    assert [after for _, after in learned["others"]] == [["digit", 1], ["digit", 7], ["digit", 4]]
    assert np.mean(learned["changes"]) <= 0.06  # without the made-up drawings, 0.25


@NEEDS_NODE
def test_reading_takes_at_most_two_milliseconds(network: Network) -> None:
    script = """
        const net = network.unpack(data.network);
        const seconds = Array.from({ length: 60 }, () => {
          const before = process.cpuUsage();
          for (let i = 0; i < 5; i++) network.recognize(net, data.drawing);
          const { user, system } = process.cpuUsage(before);
          return (user + system) / 5e6;
        });
        show(Math.min(...seconds));"""
    seconds = run(script, {"network": packed(network, 3), "drawing": curve(5, points=100)})
    assert seconds <= READING_TIME


@NEEDS_NODE
def test_pen_leaves_and_enters_the_pad_and_every_change_can_be_undone() -> None:
    script = """
        const drawing = new pad.Drawing();
        const seen = [];
        const look = () => seen.push(structuredClone(drawing.strokes));
        drawing.penDown([0.5, 0.5]); drawing.penTo([1.5, 0.5]); drawing.penTo([1.5, 0.25]);
        drawing.penTo([0.5, 0.25]); drawing.penUp(); look();
        drawing.penDown([0.125, 0.125]); drawing.penUp(); look();
        drawing.clear(); look();
        drawing.undo(); look(); drawing.undo(); look(); drawing.undo(); look(); drawing.undo(); look();
        drawing.redo(); look();
        const couldRedo = drawing.canRedo;
        drawing.penDown([2, 2]); drawing.penTo([3, 3]); drawing.penUp(); look();
        const canRedo = [couldRedo, drawing.canRedo];
        drawing.penDown([0.25, 0.25]); drawing.penUp();
        show({ seen, canRedo: [...canRedo, drawing.canRedo] });"""
    done = run(script, 0)
    first, dot, cleared, uncleared, undotted, empty, still_empty, redone, outside = done["seen"]
    assert first == [[[0.5, 0.5], [1, 0.5]], [[1, 0.25], [0.5, 0.25]]]
    assert dot == [*first, [[0.125, 0.125]]]
    assert (cleared, uncleared, undotted, empty, still_empty) == ([], dot, first, [], [])
    assert redone == outside == first
    assert done["canRedo"] == [True, True, False]  # a line off the pad changes nothing


@NEEDS_NODE
def test_grey_levels_are_rounded_as_numpy_rounds_them() -> None:
    values = [0, 0.49, 0.5, 0.51, 1.5, 2.5, 127.5, 128.5, 254.5, 255]
    assert run("show(data.map(strokes.roundHalfToEven));", values) == np.rint(values).tolist()


@pytest.fixture(scope="module")
def page(network: Network, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "digits.html"
    write_page(network, path)
    assert path.stat().st_size <= LARGEST_PAGE
    return path.read_text("utf-8")


def test_page_allows_its_own_style_and_program_and_nothing_else(page: str) -> None:
    policy = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', page)[0]
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (program,) = re.findall(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    hashes = [
        "'sha256-" + base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() + "'"
        for each in (style, program)
    ]
    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src {hashes[0]}",
        f"script-src {hashes[1]}",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert not re.search(r"^(import|export)\b|\bimport\(", program, re.MULTILINE)
    rest = page.replace(style, "").replace(program, "")
    assert not re.search(r"https?:|url\(|@import|<link|\bsrc=|\bstyle=|\son\w+=|\{\{", style + rest)


@NEEDS_NODE
def test_syntax_and_no_name_twice_where_modules_are_joined(page: str, tmp_path: Path) -> None:
    assert NODE
    (program,) = re.findall(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    (tmp_path / "program.mjs").write_text(program, "utf-8")
    for path in (tmp_path / "program.mjs", FOLDER / "page.js", FOLDER / "pictures.js"):  # others ran above
        done = subprocess.run([NODE, "--check", str(path)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def small(sizes: tuple[int, ...], classes: tuple[str, ...] | None = None) -> Network:
    parameters = initial_parameters(sizes, np.random.default_rng(0))
    return Network(parameters, "numpy", Card(classes=classes))


def test_class_names_cannot_leave_their_place(tmp_path: Path) -> None:
    names = ("</script><b>", "<!--", "{{STYLE}}", '"', "\\")
    write_page(small((784, 5), names), tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text("utf-8")
    (data,) = re.findall(r'<script type="application/json" id="network">(.*?)</script>', text, re.DOTALL)
    assert json.loads(data)["classes"] == list(names)
    assert "<b>" not in text


def test_larger_network_is_kept_in_16_bits_and_one_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    for sizes, bytes_each in (((784, 128, 10), 3), ((784, 170, 10), 2)):
        write_page(small(sizes), path)
        assert f'"bytes": {bytes_each}' in path.read_text("utf-8")
    before = path.read_bytes()
    with pytest.raises(PageError, match=r"at most 500 kB, and this network would need \d{3} kB"):
        write_page(small((784, 300, 10)), path)
    with pytest.raises(PageError, match="28x28 inputs; this network has 64"):
        write_page(small((64, 10)), path)
    assert path.read_bytes() == before


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, model = tmp_path / "page.html", tmp_path / "small.json"
    small((784, 6, 10)).save(model)
    assert main(["export", "--html", str(path), "--model", str(model)]) == 0
    assert capsys.readouterr().out == f"saved {path}  ({path.stat().st_size / 1000:,.0f} kB)\n"
    assert '"sizes": [784, 6, 10]' in path.read_text("utf-8")
    small((64, 10)).save(model)
    assert main(["export", "--html", str(path), "--model", str(model)]) == 2
    error = capsys.readouterr().err
    assert error == "inkdigits: a page needs 28x28 inputs; this network has 64\n"


def test_page_in_the_documentation_is_the_one_that_would_be_written_now(page: str) -> None:
    current = (ROOT / "docs" / "digits.html").read_text("utf-8") == page
    assert current, "write it again: inkdigits export --html docs/digits.html"


def unpacked(data: dict[str, Any], dtype: Any = np.float64) -> list[tuple[Array, Array]]:
    """The layers that the page computes with, read independently of network.js."""
    raw, at, layers = base64.b64decode(data["numbers"]), 0, []
    for inputs, outputs in zip(data["sizes"], data["sizes"][1:], strict=False):
        scales, at = np.frombuffer(raw, "<f4", inputs, at), at + 4 * inputs
        size = inputs * outputs * data["bytes"]
        triples = np.frombuffer(raw, np.uint8, size, at).reshape(-1, data["bytes"])
        wide = np.zeros((len(triples), 4), np.uint8)
        wide[:, 4 - data["bytes"] :] = triples
        whole = wide.view("<i4").reshape(inputs, outputs) >> (32 - 8 * data["bytes"])
        at += size
        biases, at = np.frombuffer(raw, "<f4", outputs, at), at + 4 * outputs
        layers.append((whole * scales[:, None].astype(dtype), biases.astype(dtype)))
    assert at == len(raw)
    return layers


@pytest.mark.slow
@pytest.mark.parametrize(("bytes_each", "largest_change"), [(3, 2e-6), (2, 3e-4)])
def test_rounding_changes_no_answer(
    network: Network, mnist: Dataset, bytes_each: int, largest_change: float
) -> None:
    rounded = unpacked(packed(network, bytes_each))
    exact = list(zip(network.parameters.weights, network.parameters.biases, strict=True))
    before, after = (_probabilities(each, mnist.test.images, network) for each in (exact, rounded))
    assert np.abs(before - after).max() <= largest_change
    assert np.array_equal(before.argmax(axis=1), after.argmax(axis=1))
    rule = network.card.decision
    for top in (1, 2):
        threshold = (rule.accept_threshold, rule.pair_threshold)[top - 1]
        sums = [np.sort(p, axis=1)[:, -top:].sum(axis=1) >= threshold for p in (before, after)]
        assert np.array_equal(*sums)


def _probabilities(layers: list[tuple[Array, Array]], images: Array, network: Network) -> Array:
    a = images.reshape(len(images), -1) / 255
    for w, b in layers:
        z = a @ w.astype(np.float64) + b
        a = np.maximum(z, 0)
    p = np.exp(z - z.max(axis=1, keepdims=True))
    return tempered(p / p.sum(axis=1, keepdims=True), network.card.decision.temperature)


@NEEDS_NODE
def test_real_strokes_get_the_same_answers(network: Network, dev_strokes: list[Strokes]) -> None:
    script = """
        const net = network.unpack(data.network);
        show(data.drawings.map((strokes) => network.recognize(net, strokes)));"""
    answers = run(script, {"network": packed(network, 3), "drawings": dev_strokes})
    exact = 0
    for strokes, answer in zip(dev_strokes, answers, strict=True):
        expected = recognize_strokes(network, strokes)
        difference = np.abs(expected.image.ravel().astype(int) - answer["image"])
        # On a tablet's coarse grid a grey level can be exactly a half, which falls either way; so it does
        # between the backends.
        assert difference.max() <= 1
        assert np.count_nonzero(difference) <= 3
        assert answer["state"] == expected.state
        assert expected.probabilities is not None
        assert answer["first"] == expected.probabilities.argmax()
        if not difference.any():
            exact += 1
            np.testing.assert_allclose(answer["probabilities"], expected.probabilities, atol=TOLERANCE)
    assert exact >= 0.95 * len(dev_strokes)


@pytest.fixture(scope="module")
def dev_strokes(pen_strokes: list[Drawing]) -> list[Strokes]:
    return [[np.asarray(stroke).tolist() for stroke in each.strokes] for each in pen_strokes[::75]]
