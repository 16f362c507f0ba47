"""The routing decision: pure. Constraints first, then the assigned specialist if its proof holds, else the frontier."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from services.router.snapshot import Snapshot
from shared.events import AssignmentChanged
from shared.events.vocabulary import Arm, ModelKind, Stage
from shared.ids import unit_interval
from shared.models import call_cost_usd
from shared.policy import Policy, grade_at_least
from shared.prompting.template import template_by_hash

UserTier = Literal["free", "standard", "premium"]
SafetyLevel = Literal["low", "standard", "high"]

# Output tokens where nothing was measured: 10th, 50th and 90th percentile of tool-calling answers.
DEFAULT_OUTPUT_TOKENS = (15, 40, 200)
DEFAULT_FRONTIER_P95_MS = 4000.0


@dataclass(frozen=True, slots=True)
class TaskFeatures:
    """What is known of a call before it is made. ``cluster`` and the rest of the match are empty where none matched."""

    tenant: str
    episode: str
    task_key: str
    prompt_tokens: int
    specialist_tokens: int
    fits_specialists: bool
    in_tool_loop: bool
    pinned_model: str | None = None
    cluster: str | None = None
    similarity: float = 0.0
    matcher_version: int = 0
    epoch: int = 0
    cluster_hint: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What the client asks for; ``None`` takes the policy's default."""

    latency_budget_ms: float | None = None
    max_cost_usd: float | None = None
    safety_level: SafetyLevel = "standard"
    user_tier: UserTier = "standard"


@dataclass(frozen=True, slots=True)
class Health:
    """What this process has seen lately: models it would not call now, and observed p95 of complete calls."""

    unavailable: frozenset[str] = frozenset()
    latency_p95_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model considered; ``rejected`` is the first constraint it failed, or ``None``."""

    model: str
    rejected: str | None
    expected_cost_usd: float
    expected_latency_p95_ms: float
    quality_low: float


@dataclass(frozen=True, slots=True)
class Decision:
    """Who is tried, in which order, and why; enough to replay."""

    primary_model: str
    escalation_chain: tuple[str, ...]
    justification: str
    reason: str
    expected_cost_range_usd: tuple[float, float]
    expected_latency_p95_ms: float
    arm: Arm
    share_draw: float
    propensity: float
    stage: Stage
    share: float
    candidates: tuple[Candidate, ...]
    snapshot_version: int
    policy_version: str
    affordable: bool = True


def decide(
    features: TaskFeatures,
    limits: Limits,
    snapshot: Snapshot,
    policy: Policy,
    health: Health,
    frontier: str,
    salt: str,
    now_ms: int,
) -> Decision:
    """Never raises for missing evidence: whatever is unknown leads to the frontier model."""
    draw = unit_interval(salt, features.tenant, features.episode)
    frontier_candidate = _frontier_candidate(features, limits, snapshot, health, frontier, policy)
    arm, model, reason, assignment, share, propensity = _split(features, snapshot, policy, draw, now_ms)
    candidates = [frontier_candidate]
    if model is not None and assignment is not None:
        candidate = _specialist_candidate(model, assignment, features, limits, snapshot, policy, health)
        candidates.insert(0, candidate)
        if candidate.rejected is None:
            stage = _stage(assignment, model)
            return _decision(
                candidate, frontier_candidate, arm, reason, draw, propensity, stage, share, candidates, snapshot, policy
            )
        reason = f"rejected_{candidate.rejected}"
    arm = arm if arm in (Arm.HOLDBACK, Arm.PINNED) else Arm.FRONTIER
    return _decision(
        frontier_candidate, None, arm, reason, draw, propensity, Stage.UNKNOWN, 0.0, candidates, snapshot, policy
    )


def _split(
    features: TaskFeatures, snapshot: Snapshot, policy: Policy, draw: float, now_ms: int
) -> tuple[Arm, str | None, str, AssignmentChanged | None, float, float]:
    """The arm of this episode, its model, the reason, and the probability that an episode gets this arm."""
    if features.pinned_model:
        entry = snapshot.models.get(features.pinned_model)
        specialist = entry.model if entry is not None and entry.kind is ModelKind.SPECIALIST else None
        return Arm.PINNED, specialist, "pinned", snapshot.assignments.get(features.cluster or ""), 0.0, 1.0
    if features.cluster is None:
        return Arm.FRONTIER, None, "no_cluster", None, 0.0, 1.0
    assignment = snapshot.assignments.get(features.cluster)
    if assignment is None:
        return Arm.FRONTIER, None, "no_assignment", None, 0.0, 1.0
    if assignment.epoch != features.epoch:
        return Arm.FRONTIER, None, "other_epoch", assignment, 0.0, 1.0
    if not features.fits_specialists:
        return Arm.FRONTIER, None, "beyond_specialists", assignment, 0.0, 1.0
    if draw < assignment.holdback:
        return Arm.HOLDBACK, None, "holdback", assignment, 0.0, assignment.holdback
    challenger = assignment.challenger
    share = 0.0
    if challenger is not None and challenger.stage is Stage.RAMP:
        held = features.in_tool_loop and now_ms - challenger.changed_at_ms < policy.routing.tool_loop_hold_s * 1000
        share = min(challenger.previous_share if held else challenger.share, 1.0 - assignment.holdback)
        if draw < assignment.holdback + share:
            return Arm.CHALLENGER, challenger.model, "challenger", assignment, share, share
    rest = 1.0 - assignment.holdback - share
    if assignment.primary is None:
        return Arm.FRONTIER, None, "no_primary", assignment, 0.0, rest
    return Arm.PRIMARY, assignment.primary, "primary", assignment, rest, rest


def _stage(assignment: AssignmentChanged, model: str) -> Stage:
    challenger = assignment.challenger
    if challenger is not None and challenger.model == model:
        return challenger.stage
    return Stage.ACTIVE


def _specialist_candidate(
    model: str,
    assignment: AssignmentChanged,
    features: TaskFeatures,
    limits: Limits,
    snapshot: Snapshot,
    policy: Policy,
    health: Health,
) -> Candidate:
    entry, evidence = snapshot.models.get(model), assignment.evidence
    if entry is None or evidence is None:
        return Candidate(model, "not_registered" if entry is None else "no_evidence", 0.0, 0.0, 0.0)
    p95_ms = max(evidence.latency_p95_ms, health.latency_p95_ms.get(model, 0.0))
    cost_usd = max(evidence.cost_p90_usd, call_cost_usd(entry, features.specialist_tokens, DEFAULT_OUTPUT_TOKENS[1]))
    checks = (
        ("cost", cost_usd <= _max_cost(limits, policy)),
        ("safety", grade_at_least(entry.safety_grade, policy.routing.min_safety_grade[limits.safety_level])),
        ("latency", p95_ms <= _latency_budget(limits, policy)),
        ("health", model not in health.unavailable),
        ("template", template_by_hash(entry.prompt_template_hash) is not None),
        ("context", features.specialist_tokens <= (entry.max_prompt_tokens or entry.context_len)),
        ("deprecated", entry.state is not Stage.DEPRECATED),
        ("cluster", features.cluster in entry.supported_clusters),
        ("quality", evidence.quality_low >= policy.routing.quality_sla[limits.user_tier]),
    )
    rejected = next((name for name, holds in checks if not holds), None)
    return Candidate(model, rejected, cost_usd, p95_ms, evidence.quality_low)


def _frontier_candidate(
    features: TaskFeatures, limits: Limits, snapshot: Snapshot, health: Health, frontier: str, policy: Policy
) -> Candidate:
    """The frontier model is never rejected for lack of evidence; only a client's own cost limit can rule it out."""
    entry = snapshot.models.get(frontier)
    p95_ms = health.latency_p95_ms.get(frontier, DEFAULT_FRONTIER_P95_MS)
    if entry is None:
        return Candidate(frontier, None, 0.0, p95_ms, 1.0)
    cost_usd = call_cost_usd(entry, features.prompt_tokens, DEFAULT_OUTPUT_TOKENS[1])
    return Candidate(frontier, None if cost_usd <= _max_cost(limits, policy) else "cost", cost_usd, p95_ms, 1.0)


def _max_cost(limits: Limits, policy: Policy) -> float:
    return policy.routing.default_max_cost_usd if limits.max_cost_usd is None else limits.max_cost_usd


def _latency_budget(limits: Limits, policy: Policy) -> float:
    return policy.routing.default_latency_budget_ms if limits.latency_budget_ms is None else limits.latency_budget_ms


def _decision(
    chosen: Candidate,
    fallback: Candidate | None,
    arm: Arm,
    reason: str,
    draw: float,
    propensity: float,
    stage: Stage,
    share: float,
    candidates: list[Candidate],
    snapshot: Snapshot,
    policy: Policy,
) -> Decision:
    chain = (fallback.model,) if fallback is not None and fallback.rejected is None else ()
    high = chosen.expected_cost_usd + (fallback.expected_cost_usd if chain and fallback else 0.0)
    return Decision(
        primary_model=chosen.model,
        escalation_chain=chain,
        justification=_words(reason, chosen),
        reason=reason,
        expected_cost_range_usd=(chosen.expected_cost_usd, high),
        expected_latency_p95_ms=chosen.expected_latency_p95_ms,
        arm=arm,
        share_draw=draw,
        propensity=propensity,
        stage=stage,
        share=share,
        candidates=tuple(candidates),
        snapshot_version=snapshot.version,
        policy_version=policy.version,
        affordable=chosen.rejected is None,
    )


_WORDS = {
    "pinned": "the client named the model",
    "no_cluster": "no discovered task matches this request",
    "no_assignment": "no specialist has been proven for this task",
    "other_epoch": "the evidence rests on another version of this task",
    "beyond_specialists": "the request asks for something a specialist does not do",
    "holdback": "this episode stays with the frontier model to keep measuring",
    "no_primary": "the specialist of this task does not serve this episode yet",
    "challenger": "this episode is in the share that the rising specialist serves",
    "primary": "the proven specialist of this task",
}


def _words(reason: str, chosen: Candidate) -> str:
    if reason.startswith("rejected_"):
        return f"the specialist fails the {reason.removeprefix('rejected_')} constraint"
    suffix = f" (quality at least {chosen.quality_low:.3f})" if reason in ("challenger", "primary") else ""
    return _WORDS[reason] + suffix
