"""Bounds at any time of looking: the published call counts, and false promotions by simulation with peeking."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.promoter.logic.bounds import (
    MeanEvidence,
    attempt_alpha,
    share_at_least,
    share_lower_bound,
    share_upper_bound,
)


def calls_needed(failures: int, floor: float) -> int:
    calls = failures + 1
    while not share_at_least(calls - failures, failures, floor, 0.05):
        calls += 1
    return calls


def test_calls_needed_by_number_of_failures() -> None:
    assert [calls_needed(f, 0.95) for f in range(6)] == [88, 134, 174, 210, 244, 277]
    assert [calls_needed(f, 0.98) for f in range(6)] == [224, 340, 439, 531, 617, 700]


def test_at_three_hundred_calls_the_gates_allow_none_and_five() -> None:
    assert share_at_least(300, 0, 0.98, 0.05) and not share_at_least(299, 1, 0.98, 0.05)
    assert share_at_least(295, 5, 0.95, 0.05) and not share_at_least(294, 6, 0.95, 0.05)


def test_false_promotions_with_a_look_after_every_call_stay_under_alpha() -> None:
    rng, promoted, candidates = Random(11), 0, 400
    for _ in range(candidates):
        successes = failures = 0
        for call in range(1, 1001):
            good = rng.random() < 0.95
            successes, failures = successes + good, failures + (not good)
            if call >= 300 and call % 2 == 0 and share_at_least(successes, failures, 0.95, 0.05):
                promoted += 1
                break
    assert promoted / candidates <= 0.05


@given(st.integers(0, 400), st.integers(0, 60))
def test_bounds_enclose_the_share_and_each_other(successes: int, failures: int) -> None:
    low, high = share_lower_bound(successes, failures, 0.05), share_upper_bound(successes, failures, 0.05)
    assert 0.0 <= low <= high <= 1.0
    if successes + failures:
        assert low <= successes / (successes + failures) <= high


@given(st.integers(1, 300), st.integers(0, 30))
def test_one_more_failure_never_raises_the_lower_bound(successes: int, failures: int) -> None:
    assert share_lower_bound(successes, failures + 1, 0.05) <= share_lower_bound(successes, failures, 0.05) + 1e-9


def test_mean_bound_covers_at_any_time() -> None:
    rng, missed = Random(5), 0
    for _ in range(200):
        evidence, ever_below = MeanEvidence(0.05), False
        for _ in range(300):
            evidence = evidence.add(float(rng.random() < 0.4))
            ever_below |= evidence.upper_bound() < 0.4
        missed += ever_below
    assert missed / 200 <= 0.05


def test_mean_bound_tightens_to_a_steady_value() -> None:
    evidence = MeanEvidence(0.05)
    assert evidence.upper_bound() == 1.0
    for _ in range(300):
        evidence = evidence.add(0.2)
    assert 0.2 <= evidence.upper_bound() < 0.25


def test_attempts_together_spend_at_most_alpha() -> None:
    assert sum(attempt_alpha(0.05, k) for k in range(1, 10_000)) <= 0.05
    assert math.isclose(attempt_alpha(0.05, 1), 0.025)


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan])
def test_values_outside_the_unit_interval_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="must lie in"):
        MeanEvidence(0.05).add(value)
