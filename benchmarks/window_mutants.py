"""Deliberate faults in the window, and whether its tests catch them.

``python -m benchmarks.window_mutants [NAME ...] [--jobs N]`` copies the project, puts in one fault after the
other, runs the window's everyday tests, and prints one line for each fault; it ends with 1 if any survives.
The tests that ought to catch a fault run first, so that most take seconds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("apps", "backends", "benchmarks", "engine", "inkdigits", "tests", "model.json", "setup.cfg")
TESTS = "tests/apps/draw"
PATIENCE = 900  # seconds for one fault
PICTURES, WINDOW = "views/test_pictures.py", "test_window.py"
SESSION, POINTER = "state/test_session.py", "state/test_pointer.py"


class Mutant(NamedTuple):
    """One fault: a text in a file of ``apps/draw``, what it becomes, and the tests to run first."""

    name: str
    file: str
    old: str
    new: str
    tests: str


MUTANTS = [
    Mutant(
        "no answer",
        "views/headline.py",
        "painter.glyph(words.glyph,",
        "len(words.glyph) or painter.glyph('',",
        PICTURES,
    ),
    Mutant(
        "no headline",
        "views/headline.py",
        "painter.text(words.headline, LARGE, colour,",
        "painter.text('', LARGE, colour,",
        PICTURES,
    ),
    Mutant(
        "guess in full ink",
        "views/headline.py",
        "theme.ink if words.certain else theme.faint",
        "theme.ink",
        PICTURES,
    ),
    Mutant("input transposed", "paint/digit_pictures.py", ".swapaxes(0, 1)", "", PICTURES),
    Mutant(
        "input inverted",
        "paint/digit_pictures.py",
        "between(theme.paper, theme.ink,",
        "between(theme.ink, theme.paper,",
        PICTURES,
    ),
    Mutant(
        "stale input",
        "views/network_input.py",
        "            _image(session).tobytes(),\n            session.prediction.milliseconds,\n",
        "",
        PICTURES,
    ),
    Mutant(
        "wrong numbers",
        "views/bars.py",
        "float(probabilities[digit]), best",
        "float(probabilities[9 - digit]), best",
        PICTURES,
    ),
    Mutant(
        "bars in reverse",
        "views/bars.py",
        "track.width * self._lengths[digit]",
        "track.width * self._lengths[9 - digit]",
        PICTURES,
    ),
    Mutant("short bars alike", "views/bars.py", "max(filled, 2)", "max(filled, 12)", PICTURES),
    Mutant("noise at the bars", "views/bars.py", "LEAST = 0.005", "LEAST = 0.0", PICTURES),
    Mutant("bars jump", "views/bars.py", "(1 - math.exp(-4 * (seconds or 0) / EASING))", "1.0", PICTURES),
    Mutant("bars when too small", "views/bars.py", " or recognition.state is State.TOO_SMALL", "", PICTURES),
    Mutant("threshold elsewhere", "views/bars.py", "first.width * needed", "first.width * 0.5", PICTURES),
    Mutant(
        "no answer marked",
        "views/bars.py",
        "recognition.digit if session.words.certain else None",
        "None",
        PICTURES,
    ),
    Mutant(
        "guess marked",
        "views/bars.py",
        "recognition.digit if session.words.certain else None",
        "recognition.digit",
        PICTURES,
    ),
    Mutant(
        "no tools",
        "views/tools.py",
        "            paint_button(painter, session, action, box)\n\n    def press",
        "            pass\n\n    def press",
        PICTURES,
    ),
    Mutant(
        "switch by hue alone",
        "views/tools.py",
        "if action.primary or action.on(session):",
        "if action.primary:",
        PICTURES,
    ),
    Mutant(
        "slider upside down",
        "views/tools.py",
        "track.x + round(track.width * setting)",
        "track.right - round(track.width * setting)",
        PICTURES,
    ),
    Mutant(
        "icons in wrong size",
        "views/tools.py",
        "min(painter.px(22), box.height // 2)",
        "painter.px(70)",
        PICTURES,
    ),
    Mutant(
        "press falls through the slider",
        "views/tools.py",
        "            return NOTHING\n",
        "            return None\n",
        POINTER,
    ),
    Mutant(
        "predict always there",
        "state/actions.py",
        "shown=lambda session: not session.prediction.live",
        "shown=always",
        "views/test_views.py",
    ),
    Mutant("no grid", "views/canvas.py", "if session.grid:", "if False:", PICTURES),
    Mutant(
        "left out in full ink",
        "views/canvas.py",
        "(theme.ink, theme.faint)",
        "(theme.ink, theme.ink)",
        PICTURES,
    ),
    Mutant("no hint", "views/canvas.py", "if session.document.empty:", "if False:", PICTURES),
    Mutant(
        "pen only on the canvas",
        "views/canvas.py",
        "        session.start_stroke(self._point(session))\n",
        "        if session.pointer.over(self.area):\n            session.start_stroke(self._point(session))\n",  # noqa: E501 - the text as it stands
        POINTER,
    ),
    Mutant(
        "theme leaves dark parts",
        "screen.py",
        "                view.forget()",
        "                pass",
        PICTURES,
    ),
    Mutant(
        "ring off",
        "views/overlays.py",
        "painter.ring(ring.center, ring.radius, colour",
        "painter.ring(ring.center, ring.radius * 1.2, colour",
        PICTURES,
    ),
    Mutant(
        "no focus",
        "views/overlays.py",
        "        if box is not None:\n            edge",
        "        if box is None:\n            edge",
        WINDOW,
    ),
    Mutant(
        "no tooltip",
        "views/overlays.py",
        "        text = action.tooltip\n",
        "        return\n        text = action.tooltip\n",
        PICTURES,
    ),
    Mutant("no check marks", "views/menu.py", "if action.on(session):", "if False:", PICTURES),
    Mutant("open runs another", "views/menu.py", "session.open(saved.path)", "pass", "state/test_files.py"),
    Mutant(
        "menu keeps open",
        "views/menu.py",
        "        session.go_back()\n        session.do(action)",
        "        session.do(action)",
        SESSION,
    ),
    Mutant("portrait as landscape", "state/layout.py", "TALL = 1.2", "TALL = 99", "state/test_layout.py"),
    Mutant(
        "unbounded pictures",
        "paint/pictures.py",
        "while self.size > self._limit:",
        "while False:",
        "test_budget.py",
    ),
    Mutant(
        "oldest stays", "paint/pictures.py", "popitem(last=False)", "popitem(last=True)", "test_budget.py"
    ),
    Mutant(
        "all ink laid again",
        "paint/ink_layer.py",
        "if growing is not None and growing.goes_on_as(strokes[-1]):",
        "if False:",
        "paint/test_ink_layer.py",
    ),
    Mutant(
        "tail stays",
        "paint/ink_layer.py",
        "self._coverage[box.y : box.bottom, box.x : box.right] = self._tail.under",
        "pass",
        "paint/test_ink_layer.py",
    ),
    Mutant(
        "whole canvas dirty", "views/canvas.py", "if paper != self._painted:", "if True:", "test_budget.py"
    ),
    Mutant(
        "faint quiet text",
        "paint/theme.py",
        "quiet=(172, 178, 189)",
        "quiet=(112, 118, 129)",
        "paint/test_theme.py",
    ),
    Mutant(
        "faint edge", "paint/theme.py", "edge=(128, 133, 141)", "edge=(212, 214, 212)", "paint/test_theme.py"
    ),
    Mutant("busy when idle", "window.py", "self._sleep(min(DOZE, until - now))", "pass", WINDOW),
    Mutant("asks SDL when idle", "window.py", "if now < self._awake_until:", "if True:", WINDOW),
    Mutant(
        "sleeps after painting",
        "window.py",
        "        self.paint()\n\n    def paint",
        "        self.paint()\n        self._sleep(FRAME)\n\n    def paint",
        WINDOW,
    ),
    Mutant("paints always", "screen.py", "if self._looks.get(view.area_name) == looks:", "if False:", WINDOW),
    Mutant("overlay left behind", "screen.py", "chain(self._covered, dirty)", "dirty", PICTURES),
    Mutant("sizes kept", "screen.py", "            forget_sizes()\n", "", "test_budget.py"),
    Mutant("no place of keys", "events.py", "        names.append(place)\n", "        pass\n", WINDOW),
    Mutant("AltGr is Ctrl", "events.py", "    if helps:\n", "    if False:\n", WINDOW),
    Mutant(
        "letters by place everywhere",
        "events.py",
        " and not (typed.isascii() and place.isalpha())",
        "",
        WINDOW,
    ),
    Mutant("all keys repeat", "state/session.py", "if action.repeats or not repeated:", "if True:", WINDOW),
    Mutant(
        "keys under the menu",
        "state/session.py",
        "listed if self.panel is None or listed in (CLOSE, MENU, QUIT) else None",
        "listed",
        SESSION,
    ),
    Mutant(
        "lost button draws on",
        "events.py",
        "if self._button is not None and not event.buttons[self._button - 1]:",
        "if False:",
        WINDOW,
    ),
    Mutant(
        "palm blocks", "events.py", "(self._finger is None or self._rests())", "self._finger is None", WINDOW
    ),
    Mutant(
        "refused in mid-stroke",
        "state/session.py",
        "self.prediction.pending or self.document.busy",
        "self.prediction.pending",
        SESSION,
    ),
    Mutant("refused at once", "state/session.py", "REST = 0.3", "REST = 0.0", SESSION),
    Mutant(
        "nothing is left out",
        "state/session.py",
        "stray, strict=True) if left_out)",
        "stray, strict=True) if False)",
        SESSION,
    ),
    Mutant(
        "stale milliseconds",
        "state/live_prediction.py",
        "self.recognition = self.failure = self.milliseconds = None",
        "self.recognition = self.failure = None",
        SESSION,
    ),
    Mutant(
        "no worker", "state/live_prediction.py", "self.live and self._worker is not None", "False", SESSION
    ),
    Mutant(
        "last session lost",
        "state/session.py",
        "self.files.keep(self.document.strokes)",
        "pass",
        "state/test_files.py",
    ),
    Mutant("saved over", "state/files.py", "default=0) + 1", "default=1)", "state/test_files.py"),
    Mutant(
        "wrong pen in a replay",
        "replay.py",
        "self._events[self._next][0] <= self._now",
        "True",
        "test_replay.py",
    ),
    Mutant(
        "focus skips",
        "state/focus.py",
        "(place + step) % len(stops)",
        "(place + 2 * step) % len(stops)",
        WINDOW,
    ),
]

SEVERAL, BOXES = "state/test_several.py", "views/test_digit_boxes.py"
MISTAKES, MISTAKES_PAGE = "state/test_mistakes.py", "views/test_mistakes.py"
MUTANTS += [
    Mutant("divided at once", "state/session.py", "ROW_REST = 0.4", "ROW_REST = 0.0", SEVERAL),
    Mutant("a passing pointer chooses", "state/several.py", "DWELL = 0.15", "DWELL = 0.0", SEVERAL),
    Mutant(
        "boxes of undone digits stay",
        "state/several.py",
        "if live and drawn.iss",
        "if live or drawn.iss",
        SEVERAL,
    ),
    Mutant(
        "old digits are shown",
        "state/several.py",
        "        if strokes is self._strokes:\n            self._take",
        "        if True:\n            self._take",
        SEVERAL,
    ),
    Mutant(
        "new strokes wait for the rest", "state/several.py", "return self.growing or (", "return (", SEVERAL
    ),
    Mutant("first digit shown", "state/several.py", "if strokes[-1] in each.strokes)", "if False)", SEVERAL),
    Mutant("digits of another network", "state/session.py", "self.several.forget()", "pass", SEVERAL),
    Mutant(
        "a scrawl is divided",
        "state/several.py",
        "2 <= len(self._strokes) <= MOST_STROKES",
        "2 <= len(self._strokes)",
        SEVERAL,
    ),
    Mutant(
        "no number in the title", "state/session.py", "self.prediction.failure, number)", "None, '')", SEVERAL
    ),
    Mutant(
        "all digits in full ink",
        "views/headline.py",
        "theme.ink if certain else theme.faint",
        "theme.ink",
        BOXES,
    ),
    Mutant(
        "wrong digit underlined", "views/headline.py", "index == several.chosen and", "index == 0 and", BOXES
    ),
    Mutant(
        "all boxes alike",
        "views/digit_boxes.py",
        "(theme.accent, 3.0) if shown",
        "(theme.edge, 1.0) if shown",
        BOXES,
    ),
    Mutant("boxes elsewhere", "views/digit_boxes.py", "self.area.x + left, self", "left, self", BOXES),
    Mutant(
        "matrix transposed",
        "views/confusion.py",
        "in self.cell_of.items()\n        }",
        "in ((a, c[::-1]) for a, c in self.cell_of.items())\n        }",
        MISTAKES_PAGE,
    ),
    Mutant(
        "mistakes all alike",
        "views/confusion.py",
        "STRONGEST * share",
        "STRONGEST * (share > 0)",
        MISTAKES_PAGE,
    ),
    Mutant(
        "evaluated unseen",
        "state/session.py",
        "        if self._divides and",
        "        self.jobs += filter(None, [self.mistakes.work()])\n        if self._divides and",
        MISTAKES_PAGE,
    ),
    Mutant(
        "evaluated only once",
        "state/mistakes.py",
        "self._evaluated is self._live.network",
        "self._evaluated is not None",
        MISTAKES,
    ),
    Mutant("evaluated in one frame", "state/mistakes.py", "AT_ONCE = 500", "AT_ONCE = 50_000", MISTAKES),
    Mutant(
        "another digit on the canvas",
        "state/mistakes.py",
        "digits.examples.images[index], says",
        "digits.examples.images[index - 1], says",
        MISTAKES,
    ),
    Mutant("not tempered", "state/mistakes.py", "network.card.decision.temperature", "1.0", MISTAKES),
    Mutant(
        "picture stays under the ink",
        "state/session.py",
        "if self.document.strokes:\n            self.picture = None",
        "if False:\n            self.picture = None",
        MISTAKES,
    ),
    Mutant("Esc does not go back", "views/mistakes.py", '("Esc",)', "()", MISTAKES_PAGE),
    Mutant(
        "silent without data", "views/mistakes.py", 'f"inkdigits data {mistakes.source}"', '""', MISTAKES_PAGE
    ),
]


# The page on which a network learns, and backends that are swapped.
LEARNING, SWAPPING = "state/test_watched_training.py", "state/test_backend_switch.py"
TRAIN_PAGE, GROWING = "views/test_train.py", "state/growing_network.py"
MUTANTS += [
    Mutant(
        "network painted while it changes",
        GROWING,
        "network.parameters.copy()",
        "network.parameters",
        LEARNING,
    ),
    Mutant("loss of the whole epoch", GROWING, "totals[1] - self._totals[1]", "totals[1]", LEARNING),
    Mutant(
        "accuracy on the card is old",
        GROWING,
        "self.copy(self._training.network.backend), self.measure()",
        "self.copy(self._training.network.backend), self.accuracies[0][1]",
        LEARNING,
    ),
    Mutant("an epoch's last record is lost", GROWING, "self.over = True", "pass", LEARNING),
    Mutant("no digits, no advice", GROWING, "raise DataError(NO_DIGITS) from None", "raise", LEARNING),
    Mutant("digits of any size", GROWING, "dataset.train.pixels != SIDE * SIDE or ", "", LEARNING),
    Mutant(
        "New throws away without asking",
        "state/watched_training.py",
        "self.active and self.unsaved and",
        "False and",
        LEARNING,
    ),
    Mutant(
        "going back keeps the facts",
        "state/watched_training.py",
        "model=model, accuracy=accuracy)",
        "model=model)",
        LEARNING,
    ),
    Mutant(
        "twice as fast after a pause",
        "state/watched_training.py",
        "if self._job not in self._session.jobs:",
        "if True:",
        LEARNING,
    ),
    Mutant(
        "training tramples on a taught network",
        "state/watched_training.py",
        "if not self.answers:\n                self.note",
        "if False:\n                self.note",
        LEARNING,
    ),
    Mutant(
        "NaN shown after divergence",
        "state/watched_training.py",
        "if self._try(lambda: growing.learn(more, at_once)):",
        "if self._try(lambda: growing.learn(more, at_once)) or True:",
        LEARNING,
    ),
    Mutant("saving replaces the last one", "state/files.py", "default=0) + 1", "default=0) or 1", LEARNING),
    Mutant(
        "threshold of the first network",
        "state/session.py",
        "self.prediction.needed = self._asked.card.decision.accept_threshold",
        "pass",
        LEARNING,
    ),
    Mutant("reading blocks the frame", "state/waiting.py", "if worker is None:", "if True:", LEARNING),
    Mutant(
        "the swap is only said",
        "state/backend_switch.py",
        "            self._ready[name] = backend\n            live.use_backend(backend)",
        "            self._ready[name] = backend",
        SWAPPING,
    ),
    Mutant(
        "difference always 0", "state/backend_switch.py", "max(differences)", "min(differences)", SWAPPING
    ),
    Mutant(
        "a failed backend blocks the next",
        "state/backend_switch.py",
        'finally:\n            self.preparing = ""',
        "finally:\n            pass",
        SWAPPING,
    ),
    Mutant(
        "compared while the pen is down",
        "state/backend_switch.py",
        "session.document.busy or session.jobs",
        "session.jobs",
        SWAPPING,
    ),
    Mutant(
        "weights transposed",
        "paint/weight_pictures.py",
        "coloured.swapaxes(0, 1)",
        "coloured.reshape(count, SIDE, SIDE, 3).swapaxes(1, 2).reshape(-1, SIDE, 3).swapaxes(0, 1)",
        TRAIN_PAGE,
    ),
    Mutant(
        "plus and minus changed over",
        "paint/cells.py",
        "[..., None] < 0, theme.minus, theme.plus)",
        "[..., None] > 0, theme.minus, theme.plus)",
        TRAIN_PAGE,
    ),
    Mutant("random weights shown as learned", "views/train.py", " - growing.first_weights", "", TRAIN_PAGE),
    Mutant(
        "curves upside down",
        "paint/chart.py",
        "high * (1 - height(float(y)))",
        "high * height(float(y))",
        TRAIN_PAGE,
    ),
    Mutant(
        "old buttons under a question",
        "views/train.py",
        "        self._refresh(session)\n        return (",
        "        return (",
        TRAIN_PAGE,
    ),
]


# The pages that look inside the network and say why.
INSIDE, WHY = "views/test_inside.py", "views/test_why.py"
MUTANTS += [
    Mutant(
        "plus and minus swapped",
        "paint/cells.py",
        "theme.minus, theme.plus)",
        "theme.plus, theme.minus)",
        INSIDE,
    ),
    Mutant(
        "cells in columns",
        "paint/cells.py",
        "reshape(rows, columns, 3)",
        "reshape(columns, rows, 3).swapaxes(0, 1)",
        INSIDE,
    ),
    Mutant(
        "weights transposed",
        "views/neuron.py",
        "weights, first)",
        "weights.reshape(28, 28).T.ravel() if first else weights, first)",
        INSIDE,
    ),
    Mutant(
        "weights of another neuron",
        "views/neuron.py",
        "weights[layer][:, index]",
        "weights[layer][:, index - 1]",
        INSIDE,
    ),
    Mutant(
        "stale weights",
        "views/neuron.py",
        "insight.network, insight.chosen, painter.theme",
        "insight.network, painter.theme",
        INSIDE,
    ),
    Mutant(
        "untempered card",
        "views/neuron.py",
        "recognition.probabilities[digit]",
        "session.insight._found.probabilities[digit]",
        INSIDE,
    ),
    Mutant(
        "untempered bars",
        "views/inside.py",
        "probabilities = self._probabilities",
        "probabilities = self._found.probabilities",
        INSIDE,
    ),
    Mutant("a wrong neuron is chosen", "views/inside.py", "int(self._order(grid)[place])", "place", INSIDE),
    Mutant(
        "the wave never ends", "views/inside.py", "0 <= self._progress < 1", "0 <= self._progress", INSIDE
    ),
    Mutant("a wave in the calm", "views/inside.py", " and not session.calm", "", INSIDE),
    Mutant("the wave goes back", "views/inside.py", "front = (1 +", "front = 1 - (1 +", INSIDE),
    Mutant("lines are not dashed", "views/inside.py", "link.contribution < 0", "False", INSIDE),
    Mutant(
        "order jumps while drawing", "state/insight.py", "before.network is network and busy", "False", INSIDE
    ),
    Mutant("least first", "state/insight.py", "(-each).argsort", "each.argsort", INSIDE),
    Mutant(
        "inside of the network before",
        "state/insight.py",
        "self._seen[0] is recognition and self._seen[1] is network",
        "self._seen[0] is recognition",
        INSIDE,
    ),
    Mutant("a failing backend is not named", "state/insight.py", "self.failure = str(error)", "pass", INSIDE),
    Mutant(
        "evidence mirrored",
        "paint/evidence.py",
        "theme, theme.faint).swapaxes(0, 1)",
        "theme, theme.faint).swapaxes(0, 1)[::-1]",
        WHY,
    ),
    Mutant(
        "evidence transposed",
        "paint/evidence.py",
        "theme, theme.faint).swapaxes(0, 1)",
        "theme, theme.faint)",
        WHY,
    ),
    Mutant("evidence swapped", "paint/evidence.py", "shades(smooth / strong", "shades(-smooth / strong", WHY),
    Mutant(
        "evidence elsewhere", "paint/evidence.py", "round(-place[1] * pixel)", "round(-place[2] * pixel)", WHY
    ),
    Mutant(
        "evidence while the pen is down",
        "views/evidence.py",
        "hidden = session.document.busy",
        "hidden = False",
        WHY,
    ),
    Mutant(
        "change with the wrong sign",
        "paint/evidence.py",
        "change[..., None] < 0",
        "change[..., None] > 0",
        WHY,
    ),
    Mutant("no biases in the sum", "views/why.py", "float(sum(why.biases))", "0.0", WHY),
    Mutant(
        "bars all from zero",
        "paint/waterfall.py",
        "(reached[row], reached[row] + part.amount)",
        "(0.0, part.amount)",
        WHY,
    ),
    Mutant(
        "the scale of the sum jumps",
        "views/why.py",
        "if fixed else (low, high)",
        "if False else (low, high)",
        WHY,
    ),
    Mutant("ink is left out elsewhere", "state/reasons.py", "x, y = at[0]", "y, x = at[0]", WHY),
    Mutant(
        "the bars do not answer",
        "views/why.py",
        "now if without is None else without.probabilities",
        "now",
        WHY,
    ),
    Mutant(
        "neighbours of another drawing", "state/reasons.py", "if why is self.explanation:", "if True:", WHY
    ),
    Mutant("the farthest digits", "state/reasons.py", "for i in indices]", "for i in indices[::-1]]", WHY),
]

TEACHING, ROW, TEACH = "state/teaching.py", "views/teach.py", "views/test_teach.py"
MUTANTS += [
    Mutant(
        "teach only the last drawing",
        TEACHING,
        "{each.strokes: each.digit for each in corrections} |",
        "{} |",
        TEACH,
    ),
    Mutant(
        "teach the taught network again",
        TEACHING,
        "corrections[0].network if corrections else network",
        "network",
        TEACH,
    ),
    Mutant(
        "teach another digit",
        TEACHING,
        "teach(start, drawings, list(known.values()))",
        "teach(start, drawings, [9 - each for each in known.values()])",
        TEACH,
    ),
    Mutant(
        "teach all strokes of several digits",
        TEACHING,
        "self._learn(digit, self._session.several.shown)",
        "self._learn(digit, self._session.document.strokes)",
        TEACH,
    ),
    Mutant(
        "before is after",
        TEACHING,
        "for each in (network, taught))\n        return Correction",
        "for each in (taught, taught))\n        return Correction",
        TEACH,
    ),
    Mutant(
        "put aside what was put in its place",
        TEACHING,
        "if not _same(live.network, network):",
        "if False:",
        TEACH,
    ),
    Mutant(
        "undo answers with what was taught",
        TEACHING,
        "self._answer(correction.network, correction.facts)",
        "self._answer(correction.taught, correction.facts)",
        TEACH,
    ),
    Mutant(
        "undo goes back to the old backend",
        TEACHING,
        "Network(network.parameters, live.network.backend, network.card)\n            self._session.facts",
        "network\n            self._session.facts",
        TEACH,
    ),
    Mutant(
        "undo the drawing first",
        "state/session.py",
        "(self.teaching if self.teaching.can_undo else self.document).undo()",
        "self.document.undo()",
        TEACH,
    ),
    Mutant(
        "closing forgets what was taught", "state/session.py", "if self.teaching.unsaved:", "if False:", TEACH
    ),
    Mutant("closing saves it again", TEACHING, "self._saved = self.corrections[-1].taught", "pass", TEACH),
    Mutant("old accuracy after teaching", TEACHING, "accuracy=None)", "accuracy=first.accuracy)", TEACH),
    Mutant(
        "scores of one network",
        TEACHING,
        "for each in (correction.network, correction.taught)]",
        "for each in (correction.taught, correction.taught)]",
        TEACH,
    ),
    Mutant("teach while a network learns", TEACHING, "or session.training.active", "", TEACH),
    Mutant("teach a picture", TEACHING, "session.picture is None and", "", TEACH),
    Mutant(
        "digits of the row a place off",
        ROW,
        "action: Box(edges[n], area.y,",
        "action: Box(edges[n] - 40, area.y,",
        TEACH,
    ),
    Mutant("row without its words", ROW, 'painter.text("It was", SMALL', 'painter.text("", SMALL', TEACH),
    Mutant("before and after swapped", ROW, "was {before}, now {after}", "was {after}, now {before}", TEACH),
    Mutant("row not painted again", ROW, "face, teaching.testing,", "teaching.testing,", TEACH),
    Mutant("focus lost", ROW, "session.keyboard.focus = UNLEARN", "pass", TEACH),
]

STEPPING, PARTS, STEP = "state/stepping.py", "views/step.py", "views/test_step.py"
MUTANTS += [
    Mutant(
        "always the first step",
        STEPPING,
        "self._take(Network(step.after,",
        "self._take(Network(step.before,",
        STEP,
    ),
    Mutant("learn the answer", STEPPING, "if self._chosen is None else self._chosen", "", STEP),
    Mutant(
        "another rate than is written", STEPPING, "learning_rate=LEARNING_RATE", "learning_rate=0.1", STEP
    ),
    Mutant("eleven steps", STEPPING, "range(MANY)", "range(MANY + 1)", STEP),
    Mutant(
        "steps of another drawing go on",
        STEPPING,
        "self._for, self._steps, self.failure = wanted, [],",
        "self._for, self.failure = wanted,",
        STEP,
    ),
    Mutant(
        "check the network from before all steps",
        STEPPING,
        "Network(step.before, network.backend",
        "Network(network.parameters, network.backend",
        STEP,
    ),
    Mutant(
        "check another label",
        STEPPING,
        "check_gradients(at, recognition.image, label)",
        "check_gradients(at, recognition.image, 0)",
        STEP,
    ),
    Mutant(
        "all parts at once",
        STEPPING,
        "self.reached = 1\n            self._for",
        "self.reached = 9\n            self._for",
        STEP,
    ),
    Mutant("back forgets the step", STEPPING, "self._steps.pop()", "self._steps.clear()", STEP),
    Mutant("badge always green", PARTS, "theme.bad if wrong else theme.good", "theme.good", STEP),
    Mutant("badge without words", PARTS, 'words = f"WRONG', 'words = "" and f"WRONG', STEP),
    Mutant(
        "cells reversed",
        PARTS,
        "paint_cells(painter, values / largest",
        "paint_cells(painter, values[::-1] / largest",
        STEP,
    ),
    Mutant(
        "after is before",
        PARTS,
        "stepping.step.probabilities_after if",
        "stepping.step.forward.probabilities if",
        STEP,
    ),
    Mutant("no outline before", PARTS, "before[digit] >= 0.005", "before[digit] >= 5", STEP),
    Mutant("space always steps", PARTS, 'if key.endswith("Space") and by_keys:', "if False:", STEP),
    Mutant(
        "numbers before they are reached", PARTS, "if reached and stepping.step", "if stepping.step", STEP
    ),
]


def caught_by(mutant: Mutant) -> str:
    """The test that a fault fails, or an empty text where all pass."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        for name in COPIED:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, tree / name)
        file = tree / "apps/draw" / mutant.file
        text = file.read_text("utf-8")
        if text.count(mutant.old) < 1:
            raise SystemExit(f"{mutant.name}: {mutant.file} has no such text any more")
        file.write_text(text.replace(mutant.old, mutant.new), "utf-8")
        return _failure(tree, f"{TESTS}/{mutant.tests}") or _failure(tree, TESTS)


def _failure(tree: Path, tests: str) -> str:
    """The first test that fails."""
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", tests]
    try:
        done = subprocess.run(
            command,
            cwd=tree,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no end within {PATIENCE} s"
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return "" if done.returncode == 0 else (failed or ["the tests did not run"])[0].split(" - ")[0]


def main() -> int:
    """Run the faults that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", metavar="NAME", nargs="*", help="faults to try (default: all)")
    parser.add_argument("--jobs", metavar="N", type=int, default=1, help="faults at once")
    arguments = parser.parse_args()
    chosen = [mutant for mutant in MUTANTS if not arguments.names or mutant.name in arguments.names]
    left = 0
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for mutant, test in zip(chosen, pool.map(caught_by, chosen), strict=True):
            left += not test
            print(f"{'caught  ' if test else 'SURVIVES'}  {mutant.name} ({mutant.file})  {test}", flush=True)
    print(f"{len(chosen) - left} of {len(chosen)} caught")
    return int(left > 0)


if __name__ == "__main__":
    sys.exit(main())
