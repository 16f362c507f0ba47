"""Evidence about specialists and the decisions that rest on it."""

from dataclasses import dataclass
from typing import Annotated

from shared.events.vocabulary import AttemptVerdict, ComparisonKind, OutcomeKind, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowCompared:
    """A specialist against the frontier model on one fresh call. Key: cluster."""

    comparison_id: Annotated[str, "hash of event and model: repeats are dropped by it"]
    cluster: Annotated[str, "cluster id"]
    event_id: Annotated[str, "call compared"]
    model: Annotated[str, "specialist"]
    kind: Annotated[ComparisonKind, "candidate, or holdback for a serving one"]
    epoch: Annotated[int, "cluster epoch"] = 1
    comparable: Annotated[
        bool, "false where placeholders could not be linked or the record misses what is compared"
    ] = True
    verdict: Annotated[AttemptVerdict, "how the specialist's attempt ended"]
    format_valid: Annotated[bool, "parsed and fits the schemas (a deferral is valid)"]
    parity: Annotated[bool, "same calls as the frontier model"]
    frontier_without_calls: Annotated[bool, "the frontier answer holds no call: reported apart"] = False
    precision: Annotated[float, "of calls and arguments"] = 0.0
    recall: Annotated[float, "of calls and arguments"] = 0.0
    judge: Annotated[float | None, "judge's score"] = None
    would_escalate: Annotated[bool, "deferral, format error or failure: the router would go up the chain"] = False
    latency_ms: Annotated[float, "specialist, complete answer"] = 0.0
    ttft_ms: Annotated[float | None, "specialist, first token"] = None
    frontier_latency_ms: Annotated[float, "frontier, complete answer"] = 0.0
    cost_usd: Annotated[float, "specialist"] = 0.0
    frontier_cost_usd: Annotated[float, "frontier"] = 0.0
    in_training_family: Annotated[bool, "near-duplicate of a training row"] = False
    step_hash: Annotated[str, "step compared"] = ""
    specialist_digest: Annotated[str, "hash of the specialist's canonical calls"] = ""
    frontier_digest: Annotated[str, "hash of the frontier's canonical calls"] = ""
    slices: Annotated[dict[str, str], "slice keys"]
    compared_at_ms: Annotated[int, "epoch milliseconds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeReported:
    """What a specialist did on live traffic; no content. Key: the cluster that the router matched."""

    outcome_id: Annotated[str, "hash of decision, kind and model: repeats are dropped by it"]
    decision_id: Annotated[str, "routing decision"]
    cluster: Annotated[str, "cluster matched"]
    model: Annotated[str, "specialist"]
    kind: Annotated[OutcomeKind, "attempt, paired, label or safety"]
    epoch: Annotated[int, "epoch matched"] = 1
    stage: Annotated[Stage, "stage of the specialist in the snapshot that decided"] = Stage.UNKNOWN
    share: Annotated[float, "share of the snapshot that decided"] = 0.0
    verdict: Annotated[AttemptVerdict, "how the attempt ended"] = AttemptVerdict.UNKNOWN
    format_valid: Annotated[bool, "verdict of the format check"] = True
    rescued: Annotated[bool, "another model answered in its place"] = False
    parity: Annotated[bool | None, "paired check: same calls as the frontier model"] = None
    label: Annotated[str | None, "label given by the client"] = None
    latency_ms: Annotated[float, "complete answer"] = 0.0
    cost_usd: Annotated[float, "specialist's price"] = 0.0
    paired_cost_usd: Annotated[float, "price of the paired frontier check"] = 0.0
    reported_at_ms: Annotated[int, "epoch milliseconds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenger:
    """A specialist on its way up."""

    model: Annotated[str, "specialist"]
    stage: Annotated[Stage, "shadow or ramp"]
    share: Annotated[float, "share of episodes it serves, 0 in shadow"]
    previous_share: Annotated[float, "share before the last change; holds inside tool loops for ten minutes"] = 0.0
    changed_at_ms: Annotated[int, "epoch milliseconds of the last change of stage or share"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterEvidence:
    """What the router needs to know of the assigned specialist."""

    quality_low: Annotated[float, "lower bound of parity"] = 0.0
    format_low: Annotated[float, "lower bound of format compliance"] = 0.0
    latency_p95_ms: Annotated[float, "95th percentile of complete calls"] = 0.0
    cost_p10_usd: Annotated[float, "10th percentile of cost"] = 0.0
    cost_p50_usd: Annotated[float, "median cost"] = 0.0
    cost_p90_usd: Annotated[float, "90th percentile of cost"] = 0.0
    samples: Annotated[int, "comparisons behind it"] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentChanged:
    """Who serves a cluster. Key: cluster; newer versions win."""

    cluster: Annotated[str, "cluster id"]
    version: Annotated[int, "rises by one"]
    primary: Annotated[str | None, "specialist that serves what holdback and challenger leave"] = None
    challenger: Annotated[Challenger | None, "specialist on its way up"] = None
    chain: Annotated[tuple[str, ...], "who is tried when the chosen one fails, frontier last"] = ()
    holdback: Annotated[float, "share that stays with the frontier model for ever"] = 0.05
    epoch: Annotated[int, "cluster epoch that the evidence rests on"] = 1
    evidence: Annotated[RouterEvidence | None, "absent while nothing is proven"] = None
    action: Annotated[str, "what the promoter did: shadow, ramp, activate, demote …"] = ""
    reason: Annotated[str, "why, in words"] = ""
    audit_row: Annotated[str, "hash of the audit row that holds the evidence"] = ""
    policy_version: Annotated[str, "policy digest"] = ""
    changed_at_ms: Annotated[int, "epoch milliseconds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionAudit:
    """One decision in a hash chain. Key: chain. ``row_hash`` covers every other field."""

    chain_id: Annotated[str, "one per writing task"]
    seq: Annotated[int, "rises by one, from 0"]
    at_ms: Annotated[int, "epoch milliseconds"]
    actor: Annotated[str, "promoter, or the operator's name"]
    action: Annotated[str, "what was decided"]
    subject: Annotated[str, "cluster or model"]
    canonical: Annotated[bytes, "canonical JSON of the evidence, as hashed"]
    prev_hash: Annotated[str, "row_hash of the row before, 64 zeros for the first"]
    row_hash: Annotated[str, "SHA-256, hex"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsWindowed:
    """Scores of one model on one cluster in one window. Key: cluster ‖ model.

    Rebuilt at will: no decision rests on it.
    """

    window_id: Annotated[str, "cluster, model and window start"]
    cluster: Annotated[str, "cluster id"]
    model: Annotated[str, "model"]
    window_start_ms: Annotated[int, "epoch milliseconds"]
    window_s: Annotated[int, "length of the window"]
    calls: Annotated[int, "attempts"]
    successes: Annotated[int, "attempts that ended well"]
    format_errors: Annotated[int, "attempts that failed the format check"]
    tool_parse_errors: Annotated[int, "format errors of answers that should have been calls"]
    escalations: Annotated[int, "attempts after which another model was tried"]
    cost_usd: Annotated[float, "sum"]
    latency_ms_sum: Annotated[float, "sum"]
    latency_ms_max: Annotated[float, "largest"]
