// The verdict on a drawing in words: those of apps/messages.py, and the reason for not being certain.

export function percent(probability) {
  if (probability >= 0.995) return ">99%";
  if (probability < 0.005) return "<1%";
  return `${Math.round(100 * probability)}%`;
}

// A glyph, shown very large; a headline, a detail and a reason; and whether the glyph is an answer or a guess.
export function wordsFor({ state, probabilities, first, second }, { classes, decision }) {
  if (state === "empty") return words("", "No prediction yet", "The canvas is empty");
  if (state === "too_small") return words("", "Too small", "Draw a larger digit");
  const [one, other] = [classes[first], classes[second]];
  const [p, q] = [percent(probabilities[first]), percent(probabilities[second])];
  const needed = `an answer needs ${percent(decision.accept_threshold)}`;
  if (state === "digit") return words(one, `${p} sure`, `second choice: ${other}, ${q}`, "", true);
  if (state === "unsure") {
    return words(one, `${one} or ${other}?`, `${p} vs ${q}`, needed);
  }
  const digits = classes.join("") === "0123456789";
  return words(
    "?",
    digits ? "Not a digit" : "None of them",
    digits ? "Not like any digit I have seen" : "Looks like none of the classes",
    `most like ${one}: ${p}, ${needed}`,
  );
}

// While the pen is down, or has only just been lifted, an unfinished digit is not refused.
export function wordsSoFar({ probabilities, first }, { classes }) {
  return words(classes[first], `${classes[first]} so far`, `${percent(probabilities[first])} sure`);
}

function words(glyph, headline, detail, reason = "", certain = false) {
  return { glyph, headline, detail, reason, certain };
}
