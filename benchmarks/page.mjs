// The part of benchmarks/page.py that runs the page's own program.

import { readFileSync } from "node:fs";
import { learning } from "../engine/export/page/learning.js";
import { forward, recognize, unpack } from "../engine/export/page/network.js";
import { strokesToImage } from "../engine/export/page/strokes.js";

const data = JSON.parse(readFileSync(0));
const network = unpack(data.network);
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const milliseconds = (work) => {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return [result, (user + system) / 1000];
};

const [answers, took] = milliseconds(() => data.drawings.map(({ strokes }) => recognize(network, strokes)));
const offBy = answers.map(({ image }, i) => image.reduce((sum, ink, k) => sum + Math.abs(ink - data.images[i][k]), 0));
console.log(`${answers.length} dev strokes: ${offBy.filter(Boolean).length} images differ from the NumPy reference's,`,
  `by at most ${Math.max(...offBy)} grey levels in all; ${(took / answers.length).toFixed(2)} ms for one answer`);

const pixels = (bytes) => Float64Array.from(bytes, (ink) => ink / 255);
const argmax = (values) => values.indexOf(Math.max(...values));
const digits = data.mnist[0].map((image, i) => ({ x: pixels(image), label: data.mnist[1][i] }));
const untouched = data.drawings.filter((_, i) => i % 5 === 0);
const drawn = (drawings) => drawings.map((each) => ({ ...each, x: pixels(strokesToImage(each.strokes).image) }));
const right = (layers, { x, label }) => argmax(forward(layers, x).at(-1)) === label;
const accuracy = (layers, some) => 100 * mean(some.map((each) => Number(right(layers, each))));

function learn(examples) {
  const steps = learning(network, examples);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

const plain = drawn(untouched);
const writers = data.writers.map(drawn);
for (const count of data.corrections) {
  const rows = writers.flatMap((drawings) => {
    const half = drawings.length >> 1;
    const wrong = drawings.slice(0, half).filter((each) => !right(network.layers, each)).slice(0, count);
    if (wrong.length < count) return [];
    const [layers, took] = milliseconds(() => learn(wrong));
    const others = drawings.slice(half);
    return [[accuracy(layers, wrong), accuracy(network.layers, others), accuracy(layers, others),
      accuracy(network.layers, digits), accuracy(layers, digits), accuracy(layers, plain), took]];
  });
  if (!rows.length) continue;
  const [taught, before, after, mnistBefore, mnist, strokes, took] = rows[0].map((_, k) => mean(rows.map((r) => r[k])));
  console.log(`${count} corrections, mean of ${rows.length} odd writers: corrected drawings right ${taught.toFixed(0)}%,`,
    `the writer's others ${before.toFixed(1)}% -> ${after.toFixed(1)}%, MNIST ${mnistBefore.toFixed(2)}% ->`,
    `${mnist.toFixed(2)}%, untouched strokes ${strokes.toFixed(2)}%, ${took.toFixed(0)} ms`);
}
