// The pad that one draws on, with a mouse, a pen, a finger or the keyboard, and the history of its strokes.
// Points are in units of the pad, from (0, 0) to (1, 1), y down, as in apps/draw/state/document.py.

const STEP = 0.02; // of the keyboard's pen; five times as far with Shift
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// Strokes, undo and redo. Each state is an array that is never changed, so undoing puts an earlier one back.
export class Drawing {
  strokes = [];
  #undone = [];
  #before = [];
  #start = null; // the strokes from before the pen went down
  #last = null;
  #pieces = [];

  get busy() { return this.#start !== null; }
  get canUndo() { return this.#before.length > 0; }
  get canRedo() { return this.#undone.length > 0; }

  penDown(point) {
    this.penUp();
    [this.#start, this.#last, this.#pieces] = [this.strokes, point, []];
    this.#draw(point, point);
  }

  penTo(point) {
    if (!this.busy || same(point, this.#last)) return;
    this.#draw(this.#last, point);
    this.#last = point;
  }

  penUp() {
    if (!this.busy) return;
    const before = this.#start;
    this.#start = null;
    if (this.strokes !== before) this.#changedFrom(before);
  }

  clear() { this.replace([]); }

  replace(strokes) {
    this.penUp();
    const before = this.strokes;
    this.strokes = strokes;
    if (before.length || strokes.length) this.#changedFrom(before);
  }

  undo() {
    this.penUp();
    if (!this.canUndo) return;
    this.#undone.push(this.strokes);
    this.strokes = this.#before.pop();
  }

  redo() {
    this.penUp();
    if (!this.canRedo) return;
    this.#before.push(this.strokes);
    this.strokes = this.#undone.pop();
  }

  #changedFrom(before) {
    this.#before.push(before);
    this.#undone = [];
  }

  // The part of a line that lies on the pad, added to the last piece if it starts where that ends.
  #draw(start, end) {
    const part = clipped(start, end);
    if (!part) return;
    const [from, to] = part;
    const piece = this.#pieces.at(-1);
    if (piece && same(piece.at(-1), from)) {
      if (!same(from, to)) piece.push(to);
    } else {
      this.#pieces.push(same(from, to) ? [from] : [from, to]);
    }
    this.strokes = [...this.#start, ...this.#pieces];
  }
}

const same = (p, q) => p[0] === q[0] && p[1] === q[1];

// The part of a line that lies on the pad, or null (Liang and Barsky 1984).
export function clipped(start, end) {
  let [first, last] = [0, 1];
  for (const axis of [0, 1]) {
    const along = end[axis] - start[axis];
    if (along === 0) {
      if (start[axis] < 0 || start[axis] > 1) return null;
      continue;
    }
    const [a, b] = [-start[axis] / along, (1 - start[axis]) / along];
    first = Math.max(first, Math.min(a, b));
    last = Math.min(last, Math.max(a, b));
  }
  if (first > last) return null;
  const at = (t) => [0, 1].map((axis) => {
    const value = t === 0 ? start[axis] : t === 1 ? end[axis] : start[axis] + t * (end[axis] - start[axis]);
    return Math.min(Math.max(value, 0), 1);
  });
  return [at(first), at(last)];
}

// Let pointers and keys draw. `changed` is called after every change, `say` with what only the eye would see.
export function listen(canvas, drawing, changed, say) {
  const cursor = { at: [0.5, 0.5], shown: false };
  let pointer = null; // the one that draws

  const point = (event) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [(event.clientX - left) / width, (event.clientY - top) / height];
  };
  canvas.addEventListener("pointerdown", (event) => {
    // A resting palm neither draws nor stops the pen; a second finger does not join in.
    const penOverFinger = pointer?.pointerType === "touch" && event.pointerType === "pen";
    if (event.button !== 0 || (pointer && !penOverFinger)) return;
    if (penOverFinger) drawing.undo();
    pointer = event;
    cursor.shown = false;
    canvas.setPointerCapture(event.pointerId);
    drawing.penDown(point(event));
    changed();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer?.pointerId) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length ? moves : [event]) drawing.penTo(point(move));
    changed();
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
    canvas.addEventListener(name, (event) => {
      if (event.pointerId !== pointer?.pointerId) return;
      pointer = null;
      drawing.penUp();
      changed();
    });
  }

  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || pointer) return;
    if (event.key in ARROWS) {
      const step = STEP * (event.shiftKey ? 5 : 1);
      cursor.at = cursor.at.map((value, axis) => {
        const moved = value + step * ARROWS[event.key][axis];
        return Math.min(Math.max(Math.round(moved * 1000) / 1000, 0), 1);
      });
      drawing.penTo(cursor.at);
    } else if (event.key === " " || event.key === "Enter") {
      if (drawing.busy) drawing.penUp();
      else drawing.penDown(cursor.at);
      say(drawing.busy ? "Pen down" : "Pen up");
    } else if (event.key === "Delete" || event.key === "Backspace") {
      drawing.clear();
    } else {
      return;
    }
    cursor.shown = true;
    event.preventDefault();
    changed();
  });
  canvas.addEventListener("focus", () => {
    cursor.shown = canvas.matches(":focus-visible");
    changed();
  });
  canvas.addEventListener("blur", () => {
    cursor.shown = false;
    if (!pointer) drawing.penUp();
    changed();
  });
  return cursor;
}
