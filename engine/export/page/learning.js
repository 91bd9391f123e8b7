// Learning from a few corrected drawings: stochastic gradient descent on every layer, as backends/base.py
// computes it. Each step mixes the corrected drawings with drawings made up here, on which the network is to
// answer as it did before, so that it does not forget (Li and Hoiem 2016, "Learning without forgetting"). No
// digit of any data set is needed for that, and the same corrections always give the same network.

import { backward, forward, softmax } from "./network.js";
import { extent, strokesToImage } from "./strokes.js";

const STEPS = 60; // at most; it stops as soon as every corrected drawing is named as it should be
const RATE = 0.05; // falls to 0 over the steps
const IN_TURN = 4; // corrected drawings in a step, besides the last one; half of them varied
const MADE_UP = 28; // made-up drawings in a step
const POOL = 240; // made-up drawings in all

// How each digit is often written, in a box of 10 x 10; the pen follows a smooth curve through the points.
const SHAPES = [
  ["5,0 1,2 0,5 1,8 5,10 8,8 9,5 8,2 5,0", "7,1 3,0 0,4 1,9 5,10 8,6 7,1 4,1"],
  ["5,0 5,5 5,10", "2,2 4,1 5,0 5,5 5,10", "7,0 5,5 4,10"],
  ["1,2 3,0 6,0 8,2 7,5 4,8 0,10 4,10 9,10", "1,2 4,0 7,2 5,6 1,9 2,10 3,8 6,9 9,9"],
  ["1,1 4,0 7,2 6,4 3,5 6,5 8,7 6,10 3,10 0,9", "1,0 4,0 8,0 5,3 3,4 7,5 8,8 4,10 0,9"],
  ["4,0 2,4 0,6 4,6 9,6|6,3 6,6 6,10", "1,0 1,3 1,5 5,5 7,5|7,0 7,5 7,10", "6,10 6,5 6,0 3,3 0,6 4,6 9,6"],
  ["2,0 2,2 1,4 5,4 8,6 7,9 3,10 0,9|2,0 5,0 8,0", "8,0 5,0 2,0 2,2 1,4 5,4 8,6 7,9 3,10 0,9"],
  ["6,0 3,2 1,5 1,8 4,10 7,8 6,6 3,6 1,8", "4,0 1,4 0,7 2,10 6,10 7,7 4,6 1,8"],
  ["0,0 4,0 8,0 6,4 4,7 3,10", "0,0 4,0 8,0 5,5 3,10|2,5 4,5 7,5", "0,2 0,0 4,0 8,0 6,4 5,10"],
  ["7,2 4,0 1,2 4,5 7,7 4,10 1,8 4,5 7,2", "5,0 2,2 5,5 7,8 4,10 1,8 4,5 7,2 5,0"],
  ["7,2 4,0 1,2 2,5 5,5 7,2 7,6 6,10", "7,1 3,0 1,3 3,5 6,4 7,1 7,5 5,9 1,10"],
].map((variants) => variants.map((strokes) => strokes.split("|").map((stroke) =>
  stroke.split(" ").map((point) => point.split(",").map(Number)))));

// Learn from `examples`, each {strokes, label}. A generator: it yields after each step, so that the page can
// paint in between, and returns new layers; those of the network stay as they are.
export function* learning({ layers, classes, decision }, examples) {
  const random = generator(1);
  const learned = layers.map((layer) => (
    { ...layer, weights: layer.weights.slice(), biases: layer.biases.slice() }));
  const probability = ({ strokes, label }) =>
    softmax(forward(learned, pixelsOf(strokes)).at(-1), decision.temperature)[label];
  const pool = Array.from({ length: POOL }, (_, i) => {
    const pixels = pixelsOf(varied(madeUp(i, random), random));
    return { pixels, target: softmax(forward(layers, pixels).at(-1)) };
  });
  for (let step = 0; step < STEPS; step++) {
    if (examples.every((example) => probability(example) >= decision.accept_threshold)) break;
    const turns = Array.from({ length: IN_TURN }, (_, i) => examples[(step * IN_TURN + i) % examples.length]);
    const corrected = [examples.at(-1), ...turns].map(({ strokes, label }) => {
      const pixels = pixelsOf(random() < 0.5 ? varied(strokes, random) : strokes);
      return { pixels, target: Float64Array.from(classes, (_, c) => Number(c === label)) };
    });
    const again = Array.from({ length: MADE_UP }, () => pool[Math.floor(random() * POOL)]);
    gradientStep(learned, [...corrected, ...again], RATE * (1 - step / STEPS));
    yield;
  }
  return learned;
}

// One step of gradient descent on the mean cross-entropy: dlogits = softmax(z) - target.
export function gradientStep(layers, batch, rate) {
  const computed = batch.map(({ pixels, target }) => {
    const activations = forward(layers, pixels);
    const dLogits = softmax(activations.at(-1)).map((p, c) => p - target[c]);
    return { activations, dz: backward(layers, activations, dLogits).dz };
  });
  for (const { activations, dz } of computed) {
    layers.forEach(({ inputs, outputs, weights, biases }, layer) => {
      const d = dz[layer].map((value) => (value * rate) / batch.length);
      for (let o = 0; o < outputs; o++) biases[o] -= d[o];
      for (let i = 0; i < inputs; i++) {
        const a = activations[layer][i];
        if (a === 0) continue;
        for (let o = 0, w = i * outputs; o < outputs; o++, w++) weights[w] -= a * d[o];
      }
    });
  }
}

function pixelsOf(strokes) {
  return Float64Array.from(strokesToImage(strokes).image, (ink) => ink / 255);
}

// A digit in one of its shapes; every fourth is a random curve that is none.
function madeUp(index, random) {
  if (index % 4 === 3) {
    return [smooth(Array.from({ length: 4 + Math.floor(random() * 5) }, () => [10 * random(), 10 * random()]))];
  }
  const variants = SHAPES[index % 10];
  return variants[Math.floor(random() * variants.length)].map(smooth);
}

// Turned, slanted, stretched and bent a little.
function varied(strokes, random) {
  const within = (size) => (2 * random() - 1) * size;
  const [turn, slant, stretch] = [within(0.15), within(0.25), Math.exp(within(0.15))];
  const size = extent(strokes) || 1;
  const [bend, waves, phaseX, phaseY] = [0.06 * size, 5 / size, within(Math.PI), within(Math.PI)];
  return strokes.map((stroke) => stroke.map(([x, y]) => {
    const bentX = x + bend * Math.sin(waves * y + phaseX);
    const bentY = y + bend * Math.sin(waves * x + phaseY);
    return [(bentX - slant * bentY) * stretch - turn * bentY, bentY + turn * bentX];
  }));
}

// A Catmull-Rom curve through points.
function smooth(points) {
  const at = (i) => points[Math.min(Math.max(i, 0), points.length - 1)];
  const curve = [points[0]];
  for (let i = 0; i + 1 < points.length; i++) {
    for (let t = 0.25; t <= 1; t += 0.25) {
      curve.push([0, 1].map((axis) => {
        const [p, q, r, s] = [-1, 0, 1, 2].map((step) => at(i + step)[axis]);
        return q + (t / 2) * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)));
      }));
    }
  }
  return curve;
}

// Numbers in [0, 1) that are the same in every browser (mulberry32).
function generator(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
