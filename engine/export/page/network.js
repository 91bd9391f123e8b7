// The network, as backends/base.py computes it, and the verdict of engine/recognition/recognize.py.
// Dense layers with ReLU between them: z = a W + b, a = max(z, 0), and softmax at the end.

import { SIDE, extent, strokesToImage } from "./strokes.js";

// Unpack what engine/export/page/__init__.py packed. For each layer: a float32 scale for each row of weights,
// the rows as integers of 2 or 3 bytes, and float32 biases.
export function unpack({ sizes, bytes, numbers, classes, decision }) {
  const raw = fromBase64(numbers);
  let at = 0;
  const floats = (count) => {
    const view = new DataView(raw.buffer, at);
    at += 4 * count;
    return Float64Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true));
  };
  const layers = sizes.slice(1).map((outputs, layer) => {
    const inputs = sizes[layer];
    const scales = floats(inputs);
    const weights = new Float64Array(inputs * outputs);
    for (let i = 0, w = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++, w++, at += bytes) {
        const lowest = bytes === 3 ? raw[at] << 8 : 0;
        const whole = ((raw[at + bytes - 1] << 24) | (raw[at + bytes - 2] << 16) | lowest) >> (32 - 8 * bytes);
        weights[w] = whole * scales[i];
      }
    }
    return { inputs, outputs, weights, biases: floats(outputs) };
  });
  return { layers, classes, decision };
}

function fromBase64(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

// The activations of every layer, from the pixels in [0, 1] to the logits.
export function forward(layers, pixels) {
  const activations = [pixels];
  layers.forEach(({ inputs, outputs, weights, biases }, layer) => {
    const a = activations[layer];
    const z = Float64Array.from(biases);
    for (let i = 0; i < inputs; i++) {
      if (a[i] === 0) continue; // most pixels
      for (let o = 0, w = i * outputs; o < outputs; o++, w++) z[o] += a[i] * weights[w];
    }
    activations.push(layer < layers.length - 1 ? z.map((value) => Math.max(value, 0)) : z);
  });
  return activations;
}

// softmax(z / temperature).
export function softmax(z, temperature = 1) {
  const largest = z.reduce((a, b) => Math.max(a, b));
  const powers = z.map((value) => Math.exp((value - largest) / temperature));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((value) => value / sum);
}

// The derivative with respect to each layer's input and z, from that with respect to the logits. Where an
// activation is 0, ReLU lets nothing back.
export function backward(layers, activations, dLogits) {
  const dz = [];
  let d = dLogits;
  for (let layer = layers.length - 1; layer >= 0; layer--) {
    dz[layer] = d;
    const { inputs, outputs, weights } = layers[layer];
    const a = activations[layer];
    d = new Float64Array(inputs);
    for (let i = 0; i < inputs; i++) {
      if (a[i] === 0) continue;
      for (let o = 0, w = i * outputs; o < outputs; o++, w++) d[i] += dz[layer][o] * weights[w];
    }
  }
  return { dz, dPixels: d };
}

// What the network makes of a drawing. One whose longer side is at most `smallest` is too small.
export function recognize({ layers, classes, decision }, strokes, smallest = 0) {
  const { image, place } = strokesToImage(strokes);
  const activations = forward(layers, Float64Array.from(image, (ink) => ink / 255));
  if (!place) return { state: "empty", image, activations, probabilities: null };
  const probabilities = softmax(activations.at(-1), decision.temperature);
  const [first, second] = [...classes.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
  const state = extent(strokes) > smallest ? judge(probabilities, first, second, decision) : "too_small";
  return { state, image, place, activations, probabilities, first, second };
}

function judge(probabilities, first, second, { accept_threshold, pair_threshold }) {
  if (probabilities[first] >= accept_threshold) return "digit";
  return probabilities[first] + probabilities[second] >= pair_threshold ? "unsure" : "not_a_digit";
}

// Why class `a` and not `b`: the difference of their logits is exactly the sum of each pixel times its
// derivative, and of what the biases add, since between the kinks of ReLU the network is linear.
export function evidence({ layers }, { activations }, a, b) {
  const logits = activations.at(-1);
  const direction = new Float64Array(logits.length);
  direction[a] += 1;
  direction[b] -= 1;
  const { dPixels } = backward(layers, activations, direction);
  const pixels = dPixels.map((d, i) => d * activations[0][i]);
  const ink = pixels.reduce((sum, value) => sum + value, 0);
  const total = logits[a] - logits[b];
  return { pixels, ink, biases: total - ink, total };
}

export const PIXELS = SIDE * SIDE;
