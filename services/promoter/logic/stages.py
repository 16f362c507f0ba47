"""The stages of a specialist as a pure automaton: an event and a record give a record and, perhaps, a decision.

Burden of proof differs: up on lower bounds and a minimum of answers a stage, down at once.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

from services.promoter.logic.bounds import attempt_alpha
from services.promoter.logic.evidence import Evidence
from services.promoter.logic.gates import floor_broken, judge, router_evidence
from services.promoter.logic.record import Candidate, ClusterRecord, Serving
from shared.events import ClusterChanged, OutcomeReported, ShadowCompared, TrainingCompleted
from shared.events.vocabulary import AttemptVerdict, ComparisonKind, OutcomeKind, Stage
from shared.policy import PromotionPolicy

# An attempt counts as an answer if the specialist said something that could be judged.
JUDGED = frozenset({AttemptVerdict.OK, AttemptVerdict.FORMAT_ERROR, AttemptVerdict.DEFERRED, AttemptVerdict.TIMEOUT})


@dataclass(frozen=True, slots=True)
class Decision:
    """Something changed: what, why, and the figures. ``states`` are the models whose lifecycle state changed."""

    action: str
    reason: str
    evidence: dict[str, Any]
    states: dict[str, Stage]
    at_ms: int


Step = tuple[ClusterRecord, Decision | None]


def trained(record: ClusterRecord, event: TrainingCompleted, grade: str, policy: PromotionPolicy) -> Step:
    """A new specialist enters shadow. A candidate that is still in shadow makes way; one that ramps does not."""
    previous = record.candidate
    if previous is not None and previous.stage is Stage.RAMP:
        return replace(record, token=event.fencing_token, job_id=event.job_id), None
    attempt = record.attempts + 1
    alpha = attempt_alpha(policy.alpha, attempt)
    candidate = Candidate(
        model=event.model,
        attempt=attempt,
        alpha=alpha,
        grade=grade,
        changed_at_ms=event.completed_at_ms,
        evidence=Evidence.fresh(alpha),
    )
    states = {event.model: Stage.SHADOW}
    if previous is not None and previous.model != event.model:
        states[previous.model] = Stage.DEPRECATED
    # A cluster that moved on while its specialist was trained is judged, and matched, as it is now.
    epoch = max(record.epoch, event.epoch)
    record = replace(
        record, candidate=candidate, attempts=attempt, token=event.fencing_token, job_id=event.job_id, epoch=epoch
    )
    figures = {"metrics": event.metrics, "attempt": attempt, "alpha": alpha, "job": event.job_id}
    return record, Decision("shadow", "trained: to be compared on fresh calls", figures, states, event.completed_at_ms)


def compared(record: ClusterRecord, event: ShadowCompared, policy: PromotionPolicy) -> Step:
    """A comparison: of the candidate, towards its gates; of the serving specialist, towards its floor."""
    if record.serving is not None and event.model == record.serving.model:
        return _watched(record, record.serving, event, policy)
    candidate = record.candidate
    if candidate is None or event.model != candidate.model:
        return record, None
    if candidate.stage is not Stage.SHADOW or event.kind is not ComparisonKind.CANDIDATE:
        return record, None
    candidate = replace(candidate, evidence=candidate.evidence.add(event))
    record = replace(record, candidate=candidate)
    verdict = judge(candidate.evidence, policy, candidate.grade, candidate.alpha)
    figures = {"gates": verdict.to_json(), "alpha": candidate.alpha, "attempt": candidate.attempt}
    if verdict.passed and event.compared_at_ms >= candidate.not_before_ms:
        return _to_rung(record, candidate, 0, policy, "every gate holds", figures, event.compared_at_ms)
    spent = candidate.evidence.calls >= policy.max_shadow_calls
    if verdict.futile is not None or spent:
        prefix = "" if verdict.futile else f"not proven within {policy.max_shadow_calls} calls: "
        reason = prefix + verdict.words()
        states = {candidate.model: Stage.DEPRECATED}
        return replace(record, candidate=None), Decision("refuse", reason, figures, states, event.compared_at_ms)
    return record, None


def answered(record: ClusterRecord, event: OutcomeReported, policy: PromotionPolicy) -> Step:
    """A live answer: an incident or a burst of format errors takes a specialist down, enough good ones raise its share."""
    if event.kind is OutcomeKind.SAFETY:
        return _down(record, event.model, "safety incident reported", {"decision": event.decision_id}, event, policy)
    if event.kind is not OutcomeKind.ATTEMPT or event.verdict not in JUDGED:
        return record, None
    serving, candidate = record.serving, record.candidate
    if serving is not None and event.model == serving.model:
        window = (*serving.window, event.format_valid)[-policy.format_window :]
        record = replace(record, serving=replace(serving, window=window))
        return _burst(record, event, window, policy) or (record, None)
    if candidate is None or event.model != candidate.model or candidate.stage is not Stage.RAMP:
        return record, None
    window = (*candidate.window, event.format_valid)[-policy.format_window :]
    in_stage = abs(event.share - candidate.share) < 1e-9
    candidate = replace(candidate, window=window, answers=candidate.answers + in_stage)
    record = replace(record, candidate=candidate)
    if (burst := _burst(record, event, window, policy)) is not None:
        return burst
    if candidate.answers < policy.min_answers_per_stage:
        return record, None
    figures = {"answers": candidate.answers, "format_errors": window.count(False), "share": candidate.share}
    reason = f"{candidate.answers} answers at {candidate.share:.0%} without a violation"
    if candidate.rung + 1 < len(policy.ramp):
        return _to_rung(record, candidate, candidate.rung + 1, policy, reason, figures, event.reported_at_ms)
    return _activate(record, candidate, reason, figures, event.reported_at_ms)


def reclustered(record: ClusterRecord, event: ClusterChanged, policy: PromotionPolicy) -> Step:
    """Another epoch, or the end of a cluster: evidence that rests on what the cluster was does not carry over."""
    gone = event.is_gone
    if not gone and event.epoch <= record.epoch:
        return record, None
    models = [part.model for part in (record.candidate, record.serving) if part is not None]
    if not models:
        return replace(record, epoch=event.epoch), None
    figures = {"epoch": event.epoch, "state": str(event.state)}
    if gone:
        states = dict.fromkeys(models, Stage.DEPRECATED)
        emptied = replace(record, epoch=event.epoch, candidate=None, serving=None)
        return emptied, Decision("retire", f"the cluster was {event.state}", figures, states, event.changed_at_ms)
    model = record.serving.model if record.serving is not None else models[0]
    record = replace(record, epoch=event.epoch)
    record = _back_to_shadow(record, model, event.changed_at_ms, policy, cooldown=False)
    reason = f"the cluster is in epoch {event.epoch} now"
    return record, Decision("demote", reason, figures, {model: Stage.SHADOW}, event.changed_at_ms)


def _watched(record: ClusterRecord, serving: Serving, event: ShadowCompared, policy: PromotionPolicy) -> Step:
    if event.frontier_without_calls:
        return record, None
    calls, parity = serving.holdback_calls + 1, serving.holdback_parity + event.parity
    record = replace(record, serving=replace(serving, holdback_calls=calls, holdback_parity=parity))
    if floor_broken(parity, calls - parity, policy.min_parity, policy.alpha):
        figures = {"holdback_calls": calls, "holdback_parity": parity, "floor": policy.min_parity}
        demoted = _back_to_shadow(record, serving.model, event.compared_at_ms, policy, cooldown=True)
        reason = f"agrees with the frontier model on {parity} of {calls} holdback calls"
        decision = Decision("demote", reason, figures, {serving.model: Stage.SHADOW}, event.compared_at_ms)
        return demoted, decision
    return record, None


def _burst(
    record: ClusterRecord, event: OutcomeReported, window: tuple[bool, ...], policy: PromotionPolicy
) -> Step | None:
    errors = window.count(False)
    if errors <= policy.max_format_error * policy.format_window:
        return None
    figures = {"format_errors": errors, "answers": len(window), "window": policy.format_window}
    return _down(record, event.model, f"{errors} format errors in {len(window)} answers", figures, event, policy)


def _down(
    record: ClusterRecord,
    model: str,
    reason: str,
    figures: dict[str, Any],
    event: OutcomeReported,
    policy: PromotionPolicy,
) -> Step:
    ramping = record.candidate is not None and record.candidate.model == model and record.candidate.stage is Stage.RAMP
    serving = record.serving is not None and record.serving.model == model
    if not (ramping or serving):
        return record, None
    demoted = _back_to_shadow(record, model, event.reported_at_ms, policy, cooldown=True)
    return demoted, Decision("demote", reason, figures, {model: Stage.SHADOW}, event.reported_at_ms)


def _back_to_shadow(
    record: ClusterRecord, model: str, at_ms: int, policy: PromotionPolicy, cooldown: bool
) -> ClusterRecord:
    """Back to shadow, not to the bin: fresh evidence, the next attempt's α, and a cool-down against flapping."""
    part = record.serving if record.serving is not None and record.serving.model == model else record.candidate
    assert part is not None
    attempt = record.attempts + 1
    alpha = attempt_alpha(policy.alpha, attempt)
    candidate = Candidate(
        model=model,
        attempt=attempt,
        alpha=alpha,
        grade=part.grade,
        changed_at_ms=at_ms,
        not_before_ms=at_ms + int(policy.cooldown_s * 1000) if cooldown else at_ms,
        evidence=Evidence.fresh(alpha),
    )
    serving = None if record.serving is not None and record.serving.model == model else record.serving
    return replace(record, candidate=candidate, serving=serving, attempts=attempt)


def _to_rung(
    record: ClusterRecord,
    candidate: Candidate,
    rung: int,
    policy: PromotionPolicy,
    reason: str,
    figures: dict[str, Any],
    at_ms: int,
) -> Step:
    share = policy.ramp[rung]
    candidate = replace(
        candidate,
        stage=Stage.RAMP,
        rung=rung,
        share=share,
        previous_share=candidate.share,
        answers=0,
        changed_at_ms=at_ms,
    )
    states = {candidate.model: Stage.RAMP} if rung == 0 else {}
    figures = {**figures, "share": share, "previous_share": candidate.previous_share}
    return replace(record, candidate=candidate), Decision("ramp", reason, figures, states, at_ms)


def _activate(record: ClusterRecord, candidate: Candidate, reason: str, figures: dict[str, Any], at_ms: int) -> Step:
    evidence = router_evidence(candidate.evidence, candidate.alpha)
    serving = Serving(candidate.model, candidate.grade, evidence, at_ms, candidate.window)
    states = {candidate.model: Stage.ACTIVE}
    if record.serving is not None:
        states[record.serving.model] = Stage.DEPRECATED
    figures = {**figures, "evidence": asdict(evidence)}
    return replace(record, candidate=None, serving=serving), Decision("activate", reason, figures, states, at_ms)
