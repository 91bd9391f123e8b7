// The page: what happens when something is drawn, pressed or learned. One `render` shows all of it.

import { learning } from "./learning.js";
import { evidence, recognize, unpack } from "./network.js";
import { Drawing, listen } from "./pad.js";
import { paintCells, paintEvidence, paintInk, wipe } from "./pictures.js";
import { percent, wordsFor, wordsSoFar } from "./words.js";

const REST = 300; // ms without ink before a drawing is refused, and before an answer is spoken
const SLICE = 12; // ms of learning between two frames
const MOST_EXAMPLES = 50;

const element = (id) => document.getElementById(id);
const packed = JSON.parse(element("network").textContent);
const original = unpack(packed);
const { classes, decision } = original;
const drawing = new Drawing();
const memory = remembered();

let network = original;
let answer = null; // of the drawing as it is now
let rival = null; // the class that the answer is compared with; null for the second most probable
let milliseconds = null;
let changedAt = -Infinity;
let frame = 0;
let busy = false; // learning

const make = (tag, properties, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

// The parts that depend on the network.
const bars = classes.map((name) => {
  const fill = make("div", { className: "fill" });
  const track = make("div", { className: "track", role: "meter", ariaLabel: name, ariaValueMin: 0, ariaValueMax: 1 },
    fill, make("div", { className: "mark" }));
  const value = make("span", { className: "value", ariaHidden: "true" });
  const row = make("div", { className: "bar" }, make("span", { ariaHidden: "true" }, name), track, value);
  track.lastChild.style.left = `${100 * decision.accept_threshold}%`;
  element("bars").append(row);
  return { row, fill, track, value };
});
const labels = classes.map((name, label) => {
  const button = make("button", { type: "button", ariaLabel: `It was ${name}`, onclick: () => teach(label) }, name);
  element("labels").append(button);
  return button;
});
const layers = packed.sizes.slice(1).map((size, index, all) => {
  const canvas = make("canvas", { role: "img" });
  const caption = make("p", { className: "caption" });
  const last = index === all.length - 1;
  const columns = last ? size : Math.min(size, 32);
  canvas.style.aspectRatio = last ? "16 / 1" : `${columns} / ${Math.ceil(size / columns)}`;
  element("layers").append(caption, canvas);
  return { canvas, caption, columns, last };
});

function changed() {
  changedAt = performance.now();
  answer = null;
  setTimeout(repaint, REST + 10);
  repaint();
}

function repaint() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    render();
  });
}

function render() {
  if (!answer) {
    const started = performance.now();
    answer = recognize(network, drawing.strokes, packed.smallest);
    milliseconds = drawing.strokes.length ? performance.now() - started : null;
    rival = null;
  }
  const resting = !drawing.busy && performance.now() - changedAt >= REST;
  renderAnswer(resting);
  renderBars();
  renderTools();
  paintInk(element("pad"), drawing.strokes, cursor, drawing.busy);
  renderSeen();
  renderLayers();
  renderWhy();
}

function renderAnswer(resting) {
  const { probabilities, state } = answer;
  const unfinished = probabilities && state !== "too_small" && (drawing.busy || (state === "not_a_digit" && !resting));
  const words = unfinished ? wordsSoFar(answer, original) : wordsFor(answer, original);
  for (const part of ["glyph", "headline", "detail", "reason"]) element(part).textContent = words[part];
  element("answer").className = words.certain ? "certain" : words.glyph ? "guess" : "";
  const title = words.certain ? `${words.glyph} (${percent(probabilities[answer.first])})` : words.headline;
  document.title = state === "empty" ? "inkdigits" : `inkdigits – ${title}`;
  if (!resting || busy) return;
  const spoken = [words.certain ? words.glyph : "", words.headline, words.detail, words.reason];
  say(state === "empty" ? "" : spoken.filter(Boolean).join(", "));
}

function say(text) {
  if (element("spoken").textContent !== text) element("spoken").textContent = text;
}

function renderBars() {
  const { probabilities, state, first } = answer;
  const named = state === "digit" || state === "unsure" ? first : -1;
  bars.forEach(({ row, fill, track, value }, c) => {
    const p = probabilities?.[c] ?? 0;
    row.className = `bar${c === named ? " best" : ""}${p < 0.005 ? " faint" : ""}`;
    fill.style.transform = `translateX(${100 * p - 100}%)`;
    value.textContent = probabilities ? percent(p) : "–";
    track.ariaValueNow = p;
    track.ariaValueText = probabilities ? percent(p) : "no prediction";
  });
}

function renderTools() {
  const empty = drawing.strokes.length === 0;
  element("hint").hidden = !empty || drawing.busy;
  element("undo").disabled = !drawing.canUndo && !drawing.busy;
  element("redo").disabled = !drawing.canRedo;
  element("clear").disabled = empty;
  const teachable = answer.probabilities && answer.state !== "too_small" && !drawing.busy && !busy;
  for (const button of labels) button.disabled = !teachable;
  element("forget").hidden = busy || memory.examples.length === 0;
}

function renderSeen() {
  paintCells(element("sees"), Array.from(answer.image, (ink) => ink / 255), 28);
  const { accuracy } = packed;
  facts(element("facts"), [
    ["Network", packed.sizes.join("-"), "stacked"],
    ["Test accuracy", accuracy === null ? "–" : `${(100 * accuracy).toFixed(1)}%`],
    ["Reading", milliseconds === null ? "–" : milliseconds < 0.05 ? "<0.1 ms" : `${milliseconds.toFixed(1)} ms`],
  ]);
}

function facts(list, rows) {
  list.replaceChildren(...rows.map(([name, value, className = ""]) =>
    make("div", { className }, make("dt", {}, name), make("dd", {}, value))));
}

function renderLayers() {
  layers.forEach(({ canvas, caption, columns, last }, index) => {
    const a = answer.activations[index + 1];
    const shown = answer.state !== "empty";
    const most = a.reduce((x, y) => Math.max(x, y), 1e-9);
    const values = !shown ? a.map(() => 0) : last ? answer.probabilities : a.map((value) => value / most);
    const active = shown ? a.filter((value) => value > 0).length : 0;
    caption.textContent = last ? `${a.length} outputs, ${classes[0]} to ${classes.at(-1)}` : `${a.length} neurons, ${active} active`;
    canvas.ariaLabel = caption.textContent;
    paintCells(canvas, Array.from(values), columns, { gap: last ? 4 : 2, lit: "accent" });
  });
}

function renderWhy() {
  const shown = answer.probabilities !== null;
  element("rival").disabled = !shown;
  if (!shown) {
    element("winner").textContent = "this";
    element("rival").replaceChildren(make("option", {}, "that"));
    facts(element("sums"), []);
    wipe(element("why"));
    return;
  }
  const { first, second } = answer;
  rival ??= second;
  element("winner").textContent = classes[first];
  element("rival").replaceChildren(...[...classes.keys()].filter((c) => c !== first).map((c) =>
    make("option", { value: c, selected: c === rival }, classes[c])));
  const { pixels, ink, biases, total } = evidence(network, answer, first, rival);
  const [plus, minus] = [1, -1].map((sign) => pixels.reduce((sum, e) => sum + (e * sign > 0 ? e : 0), 0));
  facts(element("sums"), [
    [`Ink for ${classes[first]}`, signed(plus), "plus"],
    [`Ink for ${classes[rival]}`, signed(minus), "minus"],
    ["Biases", signed(biases)],
    [`${classes[first]} ahead by`, signed(total), "total"],
  ]);
  paintEvidence(element("why"), drawing.strokes, answer.place, pixels);
}

const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;

// Learning, in slices between frames; the network is always the original one after all examples.

async function relearn(done) {
  busy = true;
  repaint();
  const steps = learning(original, memory.examples);
  let step = { done: !memory.examples.length, value: original.layers };
  while (!step.done) {
    await new Promise((resolve) => setTimeout(resolve));
    const started = performance.now();
    while (!step.done && performance.now() - started < SLICE) step = steps.next();
  }
  network = { ...original, layers: step.value };
  answer = null;
  busy = false;
  element("progress").textContent = done();
  render();
}

function teach(label) {
  const strokes = drawing.strokes.map((stroke) => stroke.map((point) => point.map((x) => Math.round(x * 1e4) / 1e4)));
  memory.examples = [...memory.examples, { strokes, label }].slice(-MOST_EXAMPLES);
  memory.keep();
  element("progress").textContent = "Learning…";
  relearn(() => `Learned: this is ${classes[label]}. ${learnedSoFar()}`);
}

function takeBack() {
  memory.examples = memory.examples.slice(0, -1);
  memory.keep();
  element("progress").textContent = "Taking it back…";
  relearn(() => (memory.examples.length ? `Taken back. ${learnedSoFar()}` : "Taken back: as it came."));
}

function learnedSoFar() {
  const count = memory.examples.length;
  const where = memory.lasting ? "" : ", until the page is closed";
  return `${count} ${count === 1 ? "drawing" : "drawings"} remembered${where}.`;
}

// The corrected drawings, kept by the browser where it lets a page keep anything.
function remembered() {
  const key = `inkdigits ${classes.join(" ")}`;
  const kept = {
    examples: [],
    lasting: true,
    keep() {
      try {
        localStorage.setItem(key, JSON.stringify(this.examples));
      } catch {
        this.lasting = false; // switched off, or full
      }
    },
  };
  try {
    const found = JSON.parse(localStorage.getItem(key) ?? "[]");
    if (found.every(isExample)) kept.examples = found.slice(-MOST_EXAMPLES);
  } catch {
    kept.lasting = false; // switched off, or not ours
  }
  return kept;
}

function isExample({ strokes, label }) {
  return Number.isInteger(label) && label >= 0 && label < classes.length && strokes.length > 0 &&
    strokes.every((stroke) => stroke.length && stroke.every((p) => p.length === 2 && p.every(Number.isFinite)));
}

const cursor = listen(element("pad"), drawing, changed, say);
for (const [id, act] of Object.entries({
  undo: () => drawing.undo(),
  redo: () => drawing.redo(),
  clear: () => drawing.clear(),
})) {
  element(id).onclick = () => {
    act();
    changed();
  };
}
element("forget").onclick = takeBack;
element("rival").onchange = (event) => {
  rival = Number(event.target.value);
  render();
};
addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
  event.preventDefault();
  if (event.shiftKey) drawing.redo();
  else drawing.undo();
  changed();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
new ResizeObserver(repaint).observe(document.body);
render();
if (memory.examples.length) relearn(learnedSoFar);
