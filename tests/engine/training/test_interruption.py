"""Signals: the first asks a run to stop, the second ends it, and none breaks a save."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from engine.training.interruption import SIGNALS, StoppedError, stop_requests, unbroken


@pytest.fixture(autouse=True)
def _signals_are_handled() -> Iterator[None]:
    before = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_first_signal_asks_and_the_second_ends_with_its_exit_code(number: signal.Signals) -> None:
    with stop_requests() as stop:
        assert not stop()
        signal.raise_signal(number)
        assert stop()
        with pytest.raises(StoppedError) as stopped:
            signal.raise_signal(signal.SIGINT)
    assert stopped.value.exit_code == stop.exit_code == 128 + number
    assert isinstance(stopped.value, KeyboardInterrupt)
    assert signal.getsignal(number) is signal.SIG_DFL


def test_signals_wait_until_a_save_is_over() -> None:
    asked: list[bool] = []

    def save() -> None:
        with unbroken():
            for _ in range(3):
                signal.raise_signal(signal.SIGTERM)
            asked.append(stop())

    with stop_requests() as stop, pytest.raises(StoppedError) as stopped:
        save()
    assert asked == [False]  # the save went on to its end
    assert stopped.value.exit_code == 143


def test_one_signal_during_a_save_asks_to_stop() -> None:
    with stop_requests() as stop:
        with unbroken():
            signal.raise_signal(signal.SIGTERM)
        assert stop()


def test_ignored_signals_stay_ignored() -> None:
    """As under nohup."""
    signal.signal(SIGNALS[-1], signal.SIG_IGN)
    with stop_requests() as stop, unbroken():
        signal.raise_signal(SIGNALS[-1])
    assert not stop()
