"""The routing decision: who is eligible, up to which share, under which constraints, and why."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.router.logic import Decision, Health, Limits, TaskFeatures, decide
from services.router.snapshot import Snapshot
from shared.events import AssignmentChanged, ModelRegistered
from shared.events.promotion import Challenger, RouterEvidence
from shared.events.vocabulary import Arm, ModelKind, Stage
from shared.ids import unit_interval
from shared.policy import load_policy
from shared.prompting.template import COMPACT_CHATML

POLICY = load_policy("service")
FRONTIER, SPECIALIST = "base/frontier", "book-table-c1@v1"
NOW_MS = 1_700_000_000_000
FEATURES = TaskFeatures(
    tenant="t",
    episode="e",
    task_key="k",
    prompt_tokens=400,
    specialist_tokens=60,
    fits_specialists=True,
    in_tool_loop=False,
    cluster="c1",
    similarity=0.9,
    matcher_version=1,
    epoch=1,
)
EVIDENCE = RouterEvidence(quality_low=0.96, format_low=0.99, latency_p95_ms=900.0, cost_p90_usd=0.00002, samples=400)
MODELS = {
    FRONTIER: ModelRegistered(
        model=FRONTIER,
        kind=ModelKind.FRONTIER,
        model_name="gpt-4.1",
        context_len=100_000,
        cost_per_1k_input_usd=0.002,
        cost_per_1k_output_usd=0.008,
        supported_clusters=("*",),
        safety_grade="A",
        eval_scores={},
        registered_at_ms=1,
    ),
    SPECIALIST: ModelRegistered(
        model=SPECIALIST,
        kind=ModelKind.SPECIALIST,
        model_name=SPECIALIST,
        context_len=2048,
        cost_per_1k_input_usd=0.00002,
        cost_per_1k_output_usd=0.0003,
        supported_clusters=("c1",),
        safety_grade="B",
        eval_scores={},
        state=Stage.RAMP,
        prompt_template_hash=COMPACT_CHATML.hash,
        max_prompt_tokens=480,
        registered_at_ms=1,
    ),
}
ACTIVE = AssignmentChanged(
    cluster="c1", version=3, primary=SPECIALIST, holdback=0.05, epoch=1, evidence=EVIDENCE, changed_at_ms=NOW_MS
)


def ramping(share: float, previous: float = 0.0, changed_at_ms: int = 0) -> AssignmentChanged:
    challenger = Challenger(
        model=SPECIALIST, stage=Stage.RAMP, share=share, previous_share=previous, changed_at_ms=changed_at_ms
    )
    return replace(ACTIVE, primary=None, challenger=challenger)


def route(
    assignment: AssignmentChanged | None = ACTIVE,
    features: TaskFeatures = FEATURES,
    limits: Limits | None = None,
    models: dict[str, ModelRegistered] | None = None,
    health: Health | None = None,
) -> Decision:
    snapshot = Snapshot(
        version=7,
        assignments={} if assignment is None else {"c1": assignment},
        models=MODELS if models is None else models,
        labels={},
    )
    return decide(features, limits or Limits(), snapshot, POLICY, health or Health(), FRONTIER, salt="s", now_ms=NOW_MS)


def episode_below(limit: float, above: float = 0.0) -> str:
    return next(f"e{i}" for i in range(10_000) if above <= unit_interval("s", "t", f"e{i}") < limit)


SERVED = replace(FEATURES, episode=episode_below(1.0, above=0.05))


def test_active_specialist_serves_with_the_frontier_behind_it() -> None:
    decision = route(features=SERVED)
    assert (decision.primary_model, decision.escalation_chain) == (SPECIALIST, (FRONTIER,))
    assert (decision.arm, decision.reason, decision.stage) == (Arm.PRIMARY, "primary", Stage.ACTIVE)
    assert decision.propensity == pytest.approx(0.95)
    assert decision.snapshot_version == 7 and decision.policy_version == POLICY.version


def test_holdback_stays_with_the_frontier_for_ever() -> None:
    decision = route(features=replace(FEATURES, episode=episode_below(0.05)))
    assert (decision.primary_model, decision.arm) == (FRONTIER, Arm.HOLDBACK)
    assert decision.propensity == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("assignment", "features", "reason"),
    [
        (None, SERVED, "no_assignment"),
        (ACTIVE, replace(SERVED, cluster=None), "no_cluster"),
        (ACTIVE, replace(SERVED, epoch=2), "other_epoch"),
        (ACTIVE, replace(SERVED, fits_specialists=False), "beyond_specialists"),
        (replace(ACTIVE, primary=None), SERVED, "no_primary"),
        (replace(ACTIVE, evidence=None), SERVED, "rejected_no_evidence"),
        (replace(ACTIVE, primary="other@v9"), SERVED, "rejected_not_registered"),
    ],
)
def test_missing_evidence_means_frontier(
    assignment: AssignmentChanged | None, features: TaskFeatures, reason: str
) -> None:
    decision = route(assignment, features)
    assert (decision.primary_model, decision.escalation_chain, decision.reason) == (FRONTIER, (), reason)


@pytest.mark.parametrize(
    ("limits", "changes", "health", "constraint"),
    [
        (Limits(max_cost_usd=0.000001), {}, Health(), "cost"),
        (Limits(safety_level="high"), {}, Health(), "safety"),
        (Limits(latency_budget_ms=500), {}, Health(), "latency"),
        (Limits(), {}, Health(unavailable=frozenset({SPECIALIST})), "health"),
        (Limits(), {"prompt_template_hash": "unknown"}, Health(), "template"),
        (Limits(), {"max_prompt_tokens": 10}, Health(), "context"),
        (Limits(), {"state": Stage.DEPRECATED}, Health(), "deprecated"),
        (Limits(), {"supported_clusters": ("c2",)}, Health(), "cluster"),
        (Limits(user_tier="premium"), {}, Health(), "quality"),
    ],
)
def test_each_constraint_is_named_as_the_reason(
    limits: Limits, changes: dict[str, object], health: Health, constraint: str
) -> None:
    models = MODELS | {SPECIALIST: replace(MODELS[SPECIALIST], **changes)}  # type: ignore[arg-type]
    decision = route(features=SERVED, limits=limits, models=models, health=health)
    assert decision.primary_model == FRONTIER
    assert decision.reason == f"rejected_{constraint}"
    assert decision.candidates[0].rejected == constraint


def test_observed_latency_counts_beside_the_evidence() -> None:
    slow = Health(latency_p95_ms={SPECIALIST: 30_000.0})
    assert route(features=SERVED, health=slow).reason == "rejected_latency"


def test_no_model_fits_a_tiny_cost_limit() -> None:
    decision = route(features=SERVED, limits=Limits(max_cost_usd=1e-9))
    assert not decision.affordable and decision.primary_model == FRONTIER


@given(st.floats(0.0, 0.9), st.floats(0.0, 0.9), st.integers(0, 5000))
def test_raising_a_share_only_adds_episodes(low: float, high: float, number: int) -> None:
    low, high = min(low, high), max(low, high)
    features = replace(FEATURES, episode=f"e{number}")
    if route(ramping(low), features).arm is Arm.CHALLENGER:
        assert route(ramping(high), features).arm is Arm.CHALLENGER


def test_share_is_the_share_of_episodes() -> None:
    arms = [route(ramping(0.25), replace(FEATURES, episode=f"n{i}")).arm for i in range(4000)]
    assert arms.count(Arm.CHALLENGER) / 4000 == pytest.approx(0.25, abs=0.03)
    assert arms.count(Arm.HOLDBACK) / 4000 == pytest.approx(0.05, abs=0.015)


def test_tool_loop_keeps_the_previous_share_for_ten_minutes() -> None:
    features = replace(FEATURES, episode=episode_below(0.25, above=0.15), in_tool_loop=True)
    fresh = ramping(0.5, previous=0.05, changed_at_ms=NOW_MS - 60_000)
    assert route(fresh, features).arm is Arm.FRONTIER
    old = ramping(0.5, previous=0.05, changed_at_ms=NOW_MS - 601_000)
    assert route(old, features).arm is Arm.CHALLENGER
    assert route(fresh, replace(features, in_tool_loop=False)).arm is Arm.CHALLENGER


def test_pinned_specialist_is_held_to_the_same_constraints() -> None:
    pinned = replace(SERVED, pinned_model=SPECIALIST)
    assert route(features=pinned).primary_model == SPECIALIST
    assert route(features=pinned, limits=Limits(safety_level="high")).primary_model == FRONTIER
    assert route(features=replace(SERVED, pinned_model=FRONTIER)).arm is Arm.PINNED
