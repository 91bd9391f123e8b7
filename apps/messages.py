"""The verdict on a drawing in words, for the window and `inkdigits predict`, and probabilities as text."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.data.datasets import DIGITS
from engine.recognition.recognize import Recognition, State

NAME = "inkdigits"


@dataclass(frozen=True)
class Words:
    """A verdict in words. In `WORDS`, {first} and {second} are the best candidates, {p} and {q} their
    probabilities.

    Attributes
    ----------
    glyph : str
        Shown very large.
    headline, detail : str
        Shown beside it.
    title : str
        Added to the title of the window.
    certain : bool
        Whether the glyph is an answer, or only a guess.
    """

    glyph: str
    headline: str
    detail: str
    title: str = ""
    certain: bool = False


WORDS = {
    State.EMPTY: Words("", "No prediction yet", "The canvas is empty"),
    State.TOO_SMALL: Words("", "Too small", "Draw a larger digit"),
    State.NOT_A_DIGIT: Words("?", "Not a digit", "Looks like none of 0 to 9", "not a digit"),
    State.UNSURE: Words("{first}", "{first} or {second}?", "{p} vs {q}", "{first} or {second}?"),
    State.DIGIT: Words("{first}", "{p} sure", "second choice: {second}, {q}", "{first} ({p})", certain=True),
}
NO_PREDICTION = Words("", "No prediction yet", "Press P to predict")
FAILED = Words("", "Backend failed", "The title says why")


def words_for(recognition: Recognition | None, failure: str | None = None) -> Words:
    """Put the verdict on a drawing in words.

    Parameters
    ----------
    recognition : Recognition or None
        None stands for a drawing without a prediction.
    failure : str, optional
        Why there is none, where the backend failed.

    Returns
    -------
    Words
        With the digits and probabilities filled in.
    """
    if failure is not None:
        return FAILED
    if recognition is None:
        return NO_PREDICTION
    words = WORDS[recognition.state]
    if recognition.state is State.NOT_A_DIGIT and recognition.classes != DIGITS:
        words = replace(words, headline="None of them", detail="Looks like none of the classes")
    first, second = recognition.digit, recognition.second
    if first is None or second is None or recognition.probabilities is None:
        return words
    filled = {
        "first": recognition.classes[first],
        "second": recognition.classes[second],
        "p": percent(float(recognition.probabilities[first])),
        "q": percent(float(recognition.probabilities[second])),
    }
    glyph, headline, detail, title = (
        each.format(**filled) for each in (words.glyph, words.headline, words.detail, words.title)
    )
    return Words(glyph, headline, detail, title, words.certain)


def window_title(recognition: Recognition | None, failure: str | None = None) -> str:
    """Return the window's title: the verdict, or the failure, for the task bar, screen readers and tests."""
    verdict = failure or words_for(recognition).title
    return f"{NAME} – {verdict}" if verdict else NAME


def percent(probability: float) -> str:
    """Write a probability in whole per cent, but never as 100% or as 0%: it is not certain."""
    if probability >= 0.995:
        return ">99%"
    if probability < 0.005:
        return "<1%"
    return f"{probability:.0%}"
