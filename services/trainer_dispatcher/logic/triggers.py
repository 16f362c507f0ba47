"""Is a cluster worth a specialist? The triggers and gates in their order; the first that fails is the reason."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from services.trainer_dispatcher.logic.measure import Measurement
from shared.events import TrainingDeclined
from shared.policy import TrainingPolicy

# Answers before it is said that a cluster answers in text.
MIN_ANSWERS = 5
# The worker refuses below ten test rows and drops copies and shared episodes first: half as many again, then.
MIN_TEST_ROWS = 15


@dataclass(frozen=True, slots=True)
class Decline:
    """A "no": its code, the figure that failed, what was needed, and both in words."""

    reason: str
    have: float
    need: float
    detail: str


def first_decline(measured: Measurement, policy: TrainingPolicy, published: bool) -> Decline | None:
    """The first trigger or gate that fails, or ``None`` for a cluster that should get a specialist.

    ``published``: the router has a matcher for it. Clusters that answer in text come first: having no row to learn from,
    they would else only ever be called too small.
    """
    return next((decline for holds, decline in _gates(measured, policy, published) if not holds), None)


def _gates(m: Measurement, policy: TrainingPolicy, published: bool) -> Iterator[tuple[bool, Decline]]:
    in_text = m.answers >= MIN_ANSWERS and m.dominant_tool is None
    yield (
        not (in_text and m.offered_tools < m.answers / 2),
        Decline("text_answers_need_judge", m.purity, 0.5, f"{m.purity:.0%} of {m.answers} answers are text: no judge"),
    )
    yield (
        not in_text,
        Decline(
            "no_tool_calls", m.purity, 0.5, f"{m.purity:.0%} of {m.answers} answers call none of the tools offered"
        ),
    )
    yield _at_least("too_few_examples", m.trainable_rows, policy.min_examples, "examples after family caps")
    tests = min(MIN_TEST_ROWS, policy.max_test_rows)
    yield _at_least("too_few_test_rows", m.test_rows, tests, "examples to test on")
    yield _at_least("too_rare", m.calls_per_day_low, policy.min_calls_per_day, "calls a day, lower bound")
    yield (
        m.base_known,
        Decline("unknown_base_model", 0.0, 1.0, f"{policy.base_model} is not in the registry, so it has no price"),
    )
    yield _at_least("too_little_regret", m.regret, policy.min_regret, "of the spend avoidable at the price table")
    yield _at_least("span_too_short", m.span_s, policy.min_span_s, "seconds observed")
    yield _at_least("low_coherence", m.coherence, policy.min_coherence, "mean similarity")
    yield _at_least("low_diversity", m.diversity, policy.min_diversity, "of the calls are distinct")
    yield (
        m.noise <= policy.max_noise,
        Decline(
            "noisy", m.noise, policy.max_noise, f"{m.noise:.2f} of the calls provisional, {policy.max_noise} allowed"
        ),
    )
    yield _at_least("impure", m.purity, policy.min_purity, f"of the answers call {m.dominant_tool}")
    yield (published, Decline("no_matcher", 0.0, 1.0, "no matcher is published: the router could not send it calls"))
    saved_usd = m.expected_saving_usd_per_day_low * policy.horizon_days
    words = f"USD saved in {policy.horizon_days:g} days, lower bound, against training and shadow"
    yield _at_least("saving_too_small", saved_usd, m.outlay_usd, words)


def _at_least(reason: str, have: float, need: float, words: str) -> tuple[bool, Decline]:
    return have >= need, Decline(reason, float(have), float(need), f"{have:.6g} of {need:.6g} {words}")


def trainer_busy(open_jobs: int) -> Decline:
    """The cluster qualifies; its turn comes when a job has ended."""
    return Decline("trainer_busy", open_jobs, 0, f"it qualifies and waits for {open_jobs} running job(s) to end")


def as_event(
    cluster: str, decline: Decline, measured: Measurement, policy_version: str, at_ms: int
) -> TrainingDeclined:
    """With the figure that decided as ``have`` and ``need``, and every other figure of the measurement."""
    figures = {name: float(value) for name, value in asdict(measured).items() if isinstance(value, int | float)}
    return TrainingDeclined(
        cluster=cluster,
        reason=decline.reason,
        detail=decline.detail,
        evidence={**figures, "have": decline.have, "need": decline.need},
        policy_version=policy_version,
        decided_at_ms=at_ms,
    )
