"""From a cluster's sums to its measurements: rate, cost, regret, quality, and what a specialist would save.

How the money is estimated. A frontier call costs F, the mean of the attempts seen (at the price table where they bear no
price). A specialist's call costs S: the base model's prices on the tokens of the prompt it would see, rendered for a
sample of calls and counted by an upper estimate, and as many tokens written as the frontier model wrote. *Regret* is
(F - S) / F, the share of spend avoidable at the price table. A share *holdback* stays with the frontier model for ever,
and a call that escalates is paid twice, so one more call a day saves (1 - holdback) · (F - S - escalation · F): the
central figure assumes half the policy's highest escalation and the central rate, the lower one all of it and the lower
end of the rate's interval.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import ceil

from services.trainer_dispatcher.logic.rates import daily_rate
from services.trainer_dispatcher.logic.tally import NO_TOOLS, Tally
from shared.events import ClusterMeasured, ModelRegistered
from shared.models import call_cost_usd
from shared.policy import Policy


@dataclass(frozen=True, slots=True)
class Measurement:
    """What is published of a cluster (see :class:`shared.events.ClusterMeasured`), and what else its triggers read."""

    calls: int
    distinct_calls: int
    families: int
    trainable_rows: int
    span_s: float
    calls_per_day: float
    calls_per_day_low: float
    calls_per_day_high: float
    prompt_tokens_mean: float
    completion_tokens_mean: float
    frontier_cost_usd_mean: float
    frontier_latency_ms_mean: float
    regret: float
    coherence: float
    diversity: float
    noise: float
    purity: float
    dominant_tool: str | None
    expected_saving_usd_per_day: float
    expected_saving_usd_per_day_low: float
    test_rows: int
    answers: int
    offered_tools: int
    specialist_cost_usd: float
    base_known: bool
    outlay_usd: float
    """Price of one job and of the shadow calls that a promotion asks at least."""


_PUBLISHED = tuple(f.name for f in fields(ClusterMeasured) if f.name not in ("cluster", "measured_at_ms"))


def measure(tally: Tally, policy: Policy, models: Mapping[str, ModelRegistered]) -> Measurement:
    """Pure: the same sums, policy and prices give the same figures."""
    frontier_calls = max(tally.frontier_calls, 1)
    prompt_tokens, completion_tokens = tally.prompt_tokens / frontier_calls, tally.completion_tokens / frontier_calls
    frontier_usd = _frontier_cost_usd(tally, models, prompt_tokens, completion_tokens)
    base = models.get(policy.training.base_model)
    read = tally.specialist_tokens / max(tally.specialist_samples, 1)
    specialist_usd = call_cost_usd(base, ceil(read), ceil(completion_tokens)) if base is not None else frontier_usd
    span_s = (tally.last_ms - tally.first_ms) / 1000
    rate = daily_rate(tally.span_calls, span_s)
    dominant, top = max(tally.tool_sets.items(), key=lambda item: (item[1], item[0]), default=(NO_TOOLS, 0))
    distinct = tally.calls - tally.repeats
    escalation, served = policy.promotion.max_escalation, 1 - policy.promotion.holdback
    central = served * (frontier_usd - specialist_usd - escalation / 2 * frontier_usd) * rate.central
    low = served * (frontier_usd - specialist_usd - escalation * frontier_usd) * rate.low
    return Measurement(
        calls=tally.calls,
        distinct_calls=distinct,
        families=tally.families,
        trainable_rows=tally.train_rows,
        span_s=span_s,
        calls_per_day=rate.central,
        calls_per_day_low=rate.low,
        calls_per_day_high=rate.high,
        prompt_tokens_mean=prompt_tokens,
        completion_tokens_mean=completion_tokens,
        frontier_cost_usd_mean=frontier_usd,
        frontier_latency_ms_mean=tally.latency_ms / frontier_calls,
        regret=max(0.0, 1 - specialist_usd / frontier_usd) if frontier_usd > 0 else 0.0,
        coherence=tally.similarity,
        diversity=distinct / max(tally.calls, 1),
        noise=tally.provisional,
        purity=top / max(tally.answers, 1),
        dominant_tool=dominant or None,
        expected_saving_usd_per_day=max(0.0, central),
        expected_saving_usd_per_day_low=max(0.0, low),
        test_rows=tally.test_rows,
        answers=tally.answers,
        offered_tools=tally.offered_tools,
        specialist_cost_usd=specialist_usd,
        base_known=base is not None,
        outlay_usd=policy.training.job_cost_usd + policy.promotion.min_shadow_calls * specialist_usd,
    )


def as_event(cluster: str, measurement: Measurement, at_ms: int) -> ClusterMeasured:
    values = {name: getattr(measurement, name) for name in _PUBLISHED}
    return ClusterMeasured(cluster=cluster, measured_at_ms=at_ms, **values)


def _frontier_cost_usd(
    tally: Tally, models: Mapping[str, ModelRegistered], prompt_tokens: float, completion_tokens: float
) -> float:
    if tally.cost_usd > 0:
        return tally.cost_usd / max(tally.frontier_calls, 1)
    model = models.get(tally.frontier_model)
    return call_cost_usd(model, round(prompt_tokens), round(completion_tokens)) if model is not None else 0.0
