"""Windows count each attempt once, in any order and however often it is read."""

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.scoreboard.logic import Scoreboard
from shared.events import MetricsWindowed, OutcomeReported
from shared.events.vocabulary import AttemptVerdict, OutcomeKind


def outcome(number: int, **changes: Any) -> OutcomeReported:
    values: dict[str, Any] = {
        "outcome_id": f"o{number}",
        "decision_id": f"d{number}",
        "cluster": f"c{number % 2}",
        "model": "m@v1",
        "kind": OutcomeKind.ATTEMPT,
        "verdict": AttemptVerdict.FORMAT_ERROR if number % 5 == 0 else AttemptVerdict.OK,
        "format_valid": number % 5 != 0,
        "rescued": number % 5 == 0,
        "latency_ms": 100.0 + number,
        "cost_usd": 0.001,
        "reported_at_ms": 60_000 * (number // 20) + number,
    }
    return OutcomeReported(**{**values, **changes})


def final(events: list[MetricsWindowed]) -> dict[str, tuple[int, int, int, int]]:
    return {e.window_id: (e.calls, e.successes, e.format_errors, e.escalations) for e in events}


@given(st.randoms(use_true_random=False), st.integers(1, 3))
def test_order_and_repetition_change_nothing(rng: Random, times: int) -> None:
    plain, shuffled = Scoreboard(60, 30), Scoreboard(60, 30)
    events = [outcome(i) for i in range(60)]
    for event in events:
        plain.add(event)
    noisy = events * times
    rng.shuffle(noisy)
    published: list[MetricsWindowed] = []
    for number, event in enumerate(noisy):
        shuffled.add(event)
        if number % 17 == 0:
            published += shuffled.take_grown()
    published += shuffled.take_grown()
    assert final(published) == final(plain.take_grown())


def test_sums_of_a_window() -> None:
    board = Scoreboard(60, 30)
    for number in range(20):
        board.add(outcome(number, cluster="c"))
    (window,) = board.take_grown()
    assert (window.calls, window.successes, window.format_errors, window.escalations) == (20, 16, 4, 4)
    assert window.latency_ms_max == 119.0 and round(window.cost_usd, 6) == 0.02
    assert board.take_grown() == []


def test_other_kinds_are_no_attempts_and_late_ones_are_counted() -> None:
    board = Scoreboard(60, 2)
    board.add(outcome(1, kind=OutcomeKind.LABEL))
    board.add(outcome(2, reported_at_ms=10_000_000))
    board.add(outcome(3, reported_at_ms=1))
    assert len(board.take_grown()) == 1 and board.late == 1
