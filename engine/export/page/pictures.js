// What is painted: the ink, the network's input, its layers, and the evidence.

import { PEN_WIDTH, SIDE } from "./strokes.js";

export const BRUSH = 0.045; // of the pad's side; only people see it

// Fit a canvas to its place on the screen, in the screen's own pixels, and wipe it.
function wiped(canvas) {
  const density = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth * density, canvas.clientHeight * density].map(Math.round);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function rgb(name) {
  return [1, 3, 5].map((at) => parseInt(colour(name).slice(at, at + 2), 16));
}

function lines(context, strokes, width) {
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = width;
  context.beginPath();
  for (const [start, ...others] of strokes) {
    context.moveTo(...start);
    for (const point of others.length ? others : [start]) context.lineTo(...point);
  }
  context.stroke();
}

export function paintInk(canvas, strokes, cursor, down) {
  const context = wiped(canvas);
  const side = canvas.width;
  context.scale(side, side);
  context.strokeStyle = colour("ink");
  lines(context, strokes, BRUSH);
  if (!cursor.shown) return;
  context.strokeStyle = context.fillStyle = colour("accent");
  context.lineWidth = 0.006;
  context.beginPath();
  context.arc(...cursor.at, BRUSH / 2 + 0.012, 0, 2 * Math.PI);
  if (down) context.fill();
  else context.stroke();
}

// Cells from left to right and top to bottom, from paper to `lit` by their values in [0, 1].
export function paintCells(canvas, values, columns, { gap = 0, lit = "ink" } = {}) {
  const context = wiped(canvas);
  const [paper, full] = [rgb(gap ? "line" : "paper"), rgb(lit)];
  const rows = Math.ceil(values.length / columns);
  const space = Math.round(gap * (window.devicePixelRatio || 1));
  const edge = (index, count, length) => Math.round((index * (length + space)) / count);
  values.forEach((value, index) => {
    const [column, row] = [index % columns, Math.floor(index / columns)];
    const [left, right] = [column, column + 1].map((each) => edge(each, columns, canvas.width));
    const [top, bottom] = [row, row + 1].map((each) => edge(each, rows, canvas.height));
    context.fillStyle = `rgb(${paper.map((from, c) => Math.round(from + value * (full[c] - from))).join()})`;
    context.fillRect(left, top, right - left - space, bottom - top - space);
  });
}

// The strokes as the image frames them, and over their ink, smoothly, what each pixel adds: blue for, orange
// against.
export function paintEvidence(canvas, strokes, place, pixels) {
  const context = wiped(canvas);
  const zoom = canvas.width / SIDE;
  context.setTransform(place.scale * zoom, 0, 0, place.scale * zoom, place.x * zoom, place.y * zoom);
  context.strokeStyle = colour("line");
  lines(context, strokes, PEN_WIDTH / place.scale);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.globalCompositeOperation = "source-atop"; // on the ink alone
  context.imageSmoothingQuality = "high";
  context.drawImage(heat(pixels), 0, 0, canvas.width, canvas.height);
  context.globalCompositeOperation = "source-over";
}

function heat(pixels) {
  const small = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
  const context = small.getContext("2d");
  const image = context.createImageData(SIDE, SIDE);
  const smooth = blurred(blurred(pixels, 1), SIDE);
  const largest = smooth.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  const [plus, minus] = [rgb("plus"), rgb("minus")];
  smooth.forEach((value, i) => {
    const strength = (Math.abs(value) / largest) ** 0.4; // so that weak evidence is seen too
    image.data.set([...(value > 0 ? plus : minus), 255 * strength], 4 * i);
  });
  context.putImageData(image, 0, 0);
  return small;
}

// Each value with half of those `step` before and after it: neighbouring pixels often speak against each other.
function blurred(values, step) {
  return values.map((value, i) => value / 2 + ((values[i - step] ?? 0) + (values[i + step] ?? 0)) / 4);
}

export function wipe(canvas) {
  wiped(canvas);
}
