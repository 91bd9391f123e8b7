// From a drawing to the 28x28 image that is the network's input, as engine/data/strokes.py makes it, with the
// drawing and the framing of backends/imaging.py. A drawing is a list of strokes; a stroke is a list of points
// [x, y], x to the right, y down, in any unit.

export const SIDE = 28; // px, the side of the image
const BOX = 20; // px, the longer side of its ink
export const PEN_WIDTH = 2.25; // px
const FINEST_STEP = 0.05; // px; a point closer than this to the one before makes no visible difference
const STRAY = 0.08; // a stroke smaller than this share of the largest is a stray touch

// The image, (28 x 28) bytes with ink = 255, and where it lies: a point p of the drawing is at
// p * scale + shift in the image, per axis. Without any point the image is blank and there is no place.
export function strokesToImage(strokes) {
  const kept = pack(strokes);
  if (!kept.length) return { image: new Uint8Array(SIDE * SIDE), place: null };
  const { left, top, longer } = box(kept.flat());
  const scale = longer > 0 ? (BOX - PEN_WIDTH) / longer : 1;
  const edge = PEN_WIDTH / 2; // the ink starts at (0, 0)
  const lines = kept.map((stroke) =>
    stroke.map(([x, y]) => [(x - left) * scale + edge, (y - top) * scale + edge]));
  const { image, right, down } = centreByMass(drawLines(lines));
  return { image, place: { scale, x: edge - left * scale + right, y: edge - top * scale + down } };
}

// The longer side of the box around all points.
export function extent(strokes) {
  return box(strokes.flat()).longer;
}

function box(points) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return { left, top, right, bottom, longer: Math.max(right - left, bottom - top) };
}

// The strokes without empty ones, stray touches, and points too close to tell apart.
function pack(strokes) {
  const drawn = strokes.filter((stroke) => stroke.length);
  if (!drawn.length) return [];
  const largest = Math.max(...drawn.map((stroke) => extent([stroke])));
  const step = (extent(drawn) * FINEST_STEP) / BOX;
  return drawn.filter((stroke) => extent([stroke]) >= STRAY * largest).map((stroke) => thinned(stroke, step));
}

// A stroke without the points that lie within `step` of the one before, along the stroke. The two ends are
// kept; a lone point is doubled, so that it is joined to itself.
function thinned(stroke, step) {
  const last = stroke.length - 1;
  if (last === 0 || step === 0) return [stroke[0], stroke[last]];
  let travelled = 0;
  let reached = -1; // steps
  return stroke.filter(([x, y], index) => {
    if (index) travelled += Math.hypot(x - stroke[index - 1][0], y - stroke[index - 1][1]);
    const steps = Math.floor(travelled / step);
    const keep = steps > reached || index === last;
    reached = steps;
    return keep;
  });
}

// Draw lines with a round pen, anti-aliased: clip(pen / 2 + 0.5 - distance to the nearest line, 0, 1) at the
// centre of each pixel. Only pixels within reach of a line are looked at.
function drawLines(lines) {
  const reach = PEN_WIDTH / 2 + 0.5;
  const { right, bottom } = box(lines.flat());
  const width = Math.ceil(right + PEN_WIDTH / 2 - 1e-6);
  const height = Math.ceil(bottom + PEN_WIDTH / 2 - 1e-6);
  const coverage = new Float64Array(width * height);
  for (const line of lines) {
    for (let i = 1; i < line.length; i++) {
      const [start, end] = [line[i - 1], line[i]];
      const around = box([start, end]);
      const firstColumn = Math.max(0, Math.ceil(around.left - reach - 0.5));
      const lastColumn = Math.min(width - 1, Math.floor(around.right + reach - 0.5));
      const firstRow = Math.max(0, Math.ceil(around.top - reach - 0.5));
      const lastRow = Math.min(height - 1, Math.floor(around.bottom + reach - 0.5));
      for (let row = firstRow; row <= lastRow; row++) {
        for (let column = firstColumn; column <= lastColumn; column++) {
          const covered = Math.min(reach - distance(column + 0.5, row + 0.5, start, end), 1);
          const pixel = row * width + column;
          if (covered > coverage[pixel]) coverage[pixel] = covered;
        }
      }
    }
  }
  return { coverage, width, height };
}

// From (x, y) to the line from start to end, whose nearest point is start + t a.
function distance(x, y, start, end) {
  const [ax, ay] = [end[0] - start[0], end[1] - start[1]];
  const [ux, uy] = [x - start[0], y - start[1]];
  const t = Math.min(Math.max((ux * ax + uy * ay) / Math.max(ax * ax + ay * ay, 1e-12), 0), 1);
  return Math.sqrt((ux - t * ax) ** 2 + (uy - t * ay) ** 2);
}

// Paste a box of ink into the image with its centre of mass in the middle, by whole pixels.
function centreByMass({ coverage, width, height }) {
  const peak = coverage.reduce((a, b) => Math.max(a, b), 0);
  const ink = Uint8Array.from(coverage, (value) => roundHalfToEven(value * (255 / Math.max(peak, 1e-9))));
  let [mass, massX, massY] = [0, 0, 0];
  ink.forEach((value, pixel) => {
    mass += value;
    massX += value * ((pixel % width) + 0.5);
    massY += value * (Math.floor(pixel / width) + 0.5);
  });
  const right = Math.floor(SIDE / 2 + 1 - massX / Math.max(mass, 1));
  const down = Math.floor(SIDE / 2 + 1 - massY / Math.max(mass, 1));
  const image = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = [x + right, y + down];
      if (column >= 0 && column < SIDE && row >= 0 && row < SIDE) {
        image[row * SIDE + column] = ink[y * width + x];
      }
    }
  }
  return { image, right, down };
}

export function roundHalfToEven(value) {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 ? rounded - 1 : rounded;
}
