"""Interval arithmetic, the money, and the order in which triggers fail."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gamma

from services.trainer_dispatcher.logic.measure import Measurement, measure
from services.trainer_dispatcher.logic.rates import DAY_S, daily_rate
from services.trainer_dispatcher.logic.tally import GAP_MS, Tally
from services.trainer_dispatcher.logic.triggers import as_event, first_decline
from shared.events import ModelRegistered, ObservationClustered
from shared.policy import Policy

Call = Callable[..., ObservationClustered]


@given(st.integers(5, 20_000), st.floats(1, 1e7))
def test_rate_interval_is_the_gamma_interval(calls: int, span_s: float) -> None:
    rate = daily_rate(calls, span_s)
    per_day = DAY_S / span_s
    assert rate.low == pytest.approx(gamma.ppf(0.025, calls - 1) * per_day, rel=0.015)
    assert rate.high == pytest.approx(gamma.ppf(0.975, calls) * per_day, rel=0.015)


@given(st.integers(0, 100_000), st.floats(0, 1e9))
def test_rate_interval_holds_its_centre(calls: int, span_s: float) -> None:
    rate = daily_rate(calls, span_s)
    assert 0.0 <= rate.low <= rate.central < rate.high


def test_one_call_has_no_lower_bound() -> None:
    assert daily_rate(1, 0.0).low == 0.0
    assert daily_rate(2, 10.0).low < daily_rate(2, 10.0).central


def tally_of(call: Call, numbers: range) -> Tally:
    tally = Tally()
    for offset, number in enumerate(numbers):
        tally.add(call(number), offset, call(number).occurred_at_ms, None, 8)
    return tally


def test_measurement_of_a_narrow_cluster(call: Call, policy: Policy, models: dict[str, ModelRegistered]) -> None:
    measured = measure(tally_of(call, range(101)), policy, models)
    assert measured.calls == measured.distinct_calls == measured.families == 101
    assert (measured.trainable_rows, measured.test_rows) == (80, 21)
    assert measured.span_s == 100.0
    assert measured.calls_per_day == pytest.approx(86_400)
    assert measured.calls_per_day_low < 86_400 < measured.calls_per_day_high
    assert (measured.dominant_tool, measured.purity) == ("track", 1.0)
    assert measured.frontier_cost_usd_mean == pytest.approx(0.001)
    # A prompt of some twenty tokens at the base's price against the frontier's 0.001 USD.
    assert 0.98 < measured.regret < 1.0
    assert measured.outlay_usd > policy.training.job_cost_usd
    saved = measured.expected_saving_usd_per_day / measured.calls_per_day
    assert saved == pytest.approx(0.95 * 0.001 * (measured.regret - policy.promotion.max_escalation / 2), rel=1e-6)
    assert measured.expected_saving_usd_per_day_low < measured.expected_saving_usd_per_day


def test_unpriced_attempts_are_priced_by_the_table(
    call: Call, policy: Policy, models: dict[str, ModelRegistered]
) -> None:
    tally = Tally()
    free = replace(call(1).attempts[0], cost_usd=0.0)
    tally.add(call(1, attempts=(free,)), 0, 0, None, 8)
    assert measure(tally, policy, models).frontier_cost_usd_mean == pytest.approx(0.4 * 0.002 + 0.02 * 0.008)
    assert measure(tally, policy, {}).regret == 0.0


def test_a_wrong_clock_does_not_stretch_the_span(call: Call) -> None:
    tally = tally_of(call, range(50))
    logged_at_ms = call(50).occurred_at_ms
    tally.add(call(50, occurred_at_ms=0), 50, logged_at_ms, None, 8)
    tally.add(call(51, occurred_at_ms=logged_at_ms + 10 * GAP_MS), 51, logged_at_ms, None, 8)
    assert tally.last_ms - tally.first_ms < 200_000
    assert tally.span_calls == 51 and tally.calls == 52


def good() -> Measurement:
    """Passes every gate of the tests' policy."""
    return Measurement(
        calls=100, distinct_calls=90, families=80, trainable_rows=70, span_s=100.0, calls_per_day=80_000.0,
        calls_per_day_low=70_000.0, calls_per_day_high=90_000.0, prompt_tokens_mean=400.0, completion_tokens_mean=20.0,
        frontier_cost_usd_mean=0.001, frontier_latency_ms_mean=900.0, regret=0.98, coherence=0.9, diversity=0.9, noise=0.0,
        purity=1.0, dominant_tool="track", expected_saving_usd_per_day=70.0, expected_saving_usd_per_day_low=60.0,
        test_rows=18, answers=90, offered_tools=90, specialist_cost_usd=0.00001, base_known=True, outlay_usd=0.01,
    )  # fmt: skip


FAILURES: list[tuple[str, dict[str, object]]] = [
    ("text_answers_need_judge", {"dominant_tool": None, "offered_tools": 0}),
    ("no_tool_calls", {"dominant_tool": None}),
    ("too_few_examples", {"trainable_rows": 59}),
    ("too_few_test_rows", {"test_rows": 14}),
    ("too_rare", {"calls_per_day_low": 99.0}),
    ("unknown_base_model", {"base_known": False}),
    ("too_little_regret", {"regret": 0.29}),
    ("span_too_short", {"span_s": 4.9}),
    ("low_coherence", {"coherence": 0.49}),
    ("low_diversity", {"diversity": 0.29}),
    ("noisy", {"noise": 0.21}),
    ("impure", {"purity": 0.89}),
    ("no_matcher", {}),
    ("saving_too_small", {"expected_saving_usd_per_day_low": 0.0001}),
]


def test_a_good_cluster_is_not_declined(policy: Policy) -> None:
    assert first_decline(good(), policy.training, published=True) is None


@pytest.mark.parametrize(("reason", "change"), FAILURES)
def test_each_gate_declines_alone(policy: Policy, reason: str, change: dict[str, object]) -> None:
    decline = first_decline(replace(good(), **change), policy.training, published=reason != "no_matcher")  # type: ignore[arg-type]
    assert decline is not None and decline.reason == reason and decline.detail
    event = as_event("c1", decline, good(), "p", 5)
    assert event.reason == reason and event.evidence["need"] == decline.need and "calls_per_day_low" in event.evidence


@given(st.sets(st.integers(1, len(FAILURES) - 1), min_size=1))
def test_the_first_failing_gate_is_the_reason(policy: Policy, failing: set[int]) -> None:
    measured, published = good(), True
    for index in sorted(failing, reverse=True):
        reason, change = FAILURES[index]
        measured = replace(measured, **change)  # type: ignore[arg-type]
        published = published and reason != "no_matcher"
    decline = first_decline(measured, policy.training, published)
    assert decline is not None and decline.reason == FAILURES[min(failing)][0]
