"""A specialist's way up and down, through the processor: shadow, ramp, active, demotion, refusal, repeats, audit."""

import json
from dataclasses import replace
from typing import Any

import pytest

from services.promoter.logic.audit import first_break
from services.promoter.processor import application
from shared.events import (
    AssignmentChanged,
    ClusterChanged,
    ModelRegistered,
    OutcomeReported,
    PromotionAudit,
    ShadowCompared,
    TrainingCompleted,
)
from shared.events.clusters import Matcher
from shared.events.vocabulary import (
    AttemptVerdict,
    ClusterState,
    ComparisonKind,
    ModelKind,
    OutcomeKind,
    Stage,
    TrainingStatus,
)
from shared.policy import load_policy
from shared.stream.outcome import Skipped
from shared.stream.testing import Harness

POLICY = load_policy("demo")
MATCHER = Matcher(
    version=1, task_key="k", sub_key="user:-", dimension=1, vectors=b"", radii=(), feature_mean=b"", idf={},
    feature_version="1",
)  # fmt: skip
MODEL = "order-status-c1@v1"
BASE = ModelRegistered(
    model="base/small",
    kind=ModelKind.BASE,
    model_name="small",
    context_len=2048,
    safety_grade="B",
    eval_scores={},
    registered_at_ms=1,
)


def promoter(base: ModelRegistered = BASE) -> Harness:
    return Harness(application(POLICY, "base/frontier"), {"model.registered": {base.model: base}})


def completed(
    token: int = 1, model: str = MODEL, status: TrainingStatus = TrainingStatus.SUCCEEDED
) -> TrainingCompleted:
    return TrainingCompleted(
        job_id="j",
        cluster="c1",
        attempt=1,
        fencing_token=token,
        status=status,
        model=model,
        base_model="base/small",
        metrics={"parity": 1.0},
        completed_at_ms=1_000,
    )


def comparison(number: int, **changes: Any) -> ShadowCompared:
    event = ShadowCompared(
        comparison_id=f"s{number}",
        cluster="c1",
        event_id=f"e{number}",
        model=MODEL,
        kind=ComparisonKind.CANDIDATE,
        verdict=AttemptVerdict.OK,
        format_valid=True,
        parity=True,
        precision=1.0,
        recall=1.0,
        latency_ms=600.0 + number % 7,
        frontier_latency_ms=1500.0 + 10 * (number % 11),
        cost_usd=0.00002,
        frontier_cost_usd=0.001,
        slices={},
        compared_at_ms=10_000 + number,
    )
    return replace(event, **changes)


def answer(number: int, share: float, valid: bool = True, **changes: Any) -> OutcomeReported:
    event = OutcomeReported(
        outcome_id=f"o{number}",
        decision_id=f"d{number}",
        cluster="c1",
        model=MODEL,
        kind=OutcomeKind.ATTEMPT,
        share=share,
        verdict=AttemptVerdict.OK if valid else AttemptVerdict.FORMAT_ERROR,
        format_valid=valid,
        reported_at_ms=1_000_000 + number,
    )
    return replace(event, **changes)


def assignments(harness: Harness) -> list[AssignmentChanged]:
    return [emit.event for emit in harness.outputs if emit.topic == "assignment.changed"]


def latest(harness: Harness) -> AssignmentChanged:
    return assignments(harness)[-1]


def in_ramp(calls: int = 300) -> Harness:
    harness = promoter()
    harness.feed([completed()])
    harness.feed([comparison(i) for i in range(calls)], topic="shadow.compared")
    return harness


def active() -> tuple[Harness, int]:
    harness, number = in_ramp(), 0
    for share in POLICY.promotion.ramp:
        harness.feed(
            [answer(number + i, share) for i in range(POLICY.promotion.min_answers_per_stage)], topic="outcome.reported"
        )
        number += 100
    return harness, number


def test_training_puts_a_specialist_into_shadow_with_no_share() -> None:
    harness = promoter()
    harness.feed([completed()])
    assignment = latest(harness)
    assert assignment.challenger is not None
    assert (assignment.challenger.stage, assignment.challenger.share) == (Stage.SHADOW, 0.0)
    assert assignment.primary is None and assignment.holdback == POLICY.promotion.holdback
    registered = [emit.event for emit in harness.outputs if emit.topic == "model.registered"]
    assert [(m.model, m.state, m.supported_clusters) for m in registered] == [(MODEL, Stage.SHADOW, ("c1",))]


def test_not_one_call_before_three_hundred_and_then_the_first_rung() -> None:
    harness = in_ramp(299)
    assert latest(harness).action == "shadow"
    harness.feed([comparison(299)], topic="shadow.compared")
    assignment = latest(harness)
    assert assignment.action == "ramp" and assignment.challenger is not None
    assert (assignment.challenger.stage, assignment.challenger.share) == (Stage.RAMP, 0.05)
    assert assignment.evidence is not None and assignment.evidence.quality_low >= 0.95


@pytest.mark.parametrize(
    ("changes", "gate"),
    [
        ({"format_valid": False, "parity": False, "would_escalate": True}, "format"),
        ({"parity": False}, "parity"),
        ({"would_escalate": True}, "escalation"),
    ],
)
def test_six_failures_in_three_hundred_keep_it_in_shadow(changes: dict[str, Any], gate: str) -> None:
    harness = promoter()
    harness.feed([completed()])
    harness.feed([comparison(i, **(changes if i % 50 == 0 else {})) for i in range(300)], topic="shadow.compared")
    assert latest(harness).action == "shadow", gate


@pytest.mark.parametrize(
    "changes", [{"latency_ms": 1900.0}, {"cost_usd": 0.0008}], ids=["slower than the frontier", "saves too little"]
)
def test_latency_and_cost_gates_hold_a_perfect_answerer_back(changes: dict[str, Any]) -> None:
    harness = promoter()
    harness.feed([completed()])
    harness.feed([comparison(i, **changes) for i in range(600)], topic="shadow.compared")
    assert latest(harness).action == "shadow"


def test_unsafe_base_never_ramps() -> None:
    harness = promoter(replace(BASE, safety_grade="C"))
    harness.feed([completed()])
    harness.feed([comparison(i) for i in range(400)], topic="shadow.compared")
    assert latest(harness).action == "shadow"


def test_hopeless_candidate_is_refused_early_with_its_reason() -> None:
    harness = promoter()
    harness.feed([completed()])
    harness.feed([comparison(i, parity=i % 2 == 0) for i in range(60)], topic="shadow.compared")
    assignment = latest(harness)
    assert assignment.action == "refuse" and assignment.challenger is None and "parity" in assignment.reason
    assert [e.event.state for e in harness.outputs if e.topic == "model.registered"][-1] is Stage.DEPRECATED


def test_repeats_other_epochs_and_incomparable_calls_do_not_count() -> None:
    harness = promoter()
    harness.feed([completed()])
    batch = [comparison(i) for i in range(299)]
    harness.feed(batch, topic="shadow.compared")
    harness.feed([*batch, comparison(299, epoch=2), comparison(300, comparable=False)], topic="shadow.compared")
    assert latest(harness).action == "shadow"
    reasons = [result.reason for result in harness.results if isinstance(result, Skipped)]
    assert reasons.count("repeat") == 299 and {"other_epoch", "not_comparable"} <= set(reasons)


def test_ramp_goes_up_rung_by_rung_to_active() -> None:
    harness, _ = active()
    shares = [a.challenger.share for a in assignments(harness) if a.action == "ramp" and a.challenger]
    assert shares == list(POLICY.promotion.ramp)
    assert latest(harness).primary == MODEL and latest(harness).challenger is None
    assert [a.version for a in assignments(harness)] == list(range(1, len(assignments(harness)) + 1))


def test_answers_of_an_older_share_do_not_fill_the_stage() -> None:
    harness = in_ramp()
    harness.feed([answer(i, 0.05) for i in range(20)], topic="outcome.reported")
    harness.feed([answer(100 + i, 0.05) for i in range(40)], topic="outcome.reported")
    challenger = latest(harness).challenger
    assert challenger is not None and challenger.share == 0.25


@pytest.mark.parametrize("in_stage", ["ramp", "active"])
def test_third_format_error_in_fifty_answers_takes_it_down_at_once(in_stage: str) -> None:
    harness, number = active() if in_stage == "active" else (in_ramp(), 0)
    share = 0.95 if in_stage == "active" else 0.05
    before = len(assignments(harness))
    harness.feed([answer(number + i, share, valid=i not in (3, 9)) for i in range(15)], topic="outcome.reported")
    assert len(assignments(harness)) == before
    harness.feed([answer(number + 50, share, valid=False)], topic="outcome.reported")
    assignment = latest(harness)
    assert assignment.action == "demote" and assignment.primary is None
    assert assignment.challenger is not None and assignment.challenger.stage is Stage.SHADOW
    assert "3 format errors" in assignment.reason


def test_safety_incident_takes_it_down() -> None:
    harness, number = active()
    harness.feed([answer(number, 0.95, kind=OutcomeKind.SAFETY)], topic="outcome.reported")
    assert latest(harness).action == "demote"


def test_holdback_disagreement_takes_it_down() -> None:
    harness, _ = active()
    watched = [comparison(1000 + i, kind=ComparisonKind.HOLDBACK, parity=i % 3 != 0) for i in range(60)]
    harness.feed(watched, topic="shadow.compared")
    assert latest(harness).action == "demote" and "holdback" in latest(harness).reason


def test_demoted_specialist_proves_itself_anew_after_the_cool_down_at_a_smaller_alpha() -> None:
    harness = in_ramp()
    harness.feed([answer(i, 0.05, valid=False) for i in range(3)], topic="outcome.reported")
    demoted_at_ms = latest(harness).changed_at_ms
    early = [comparison(2000 + i, compared_at_ms=demoted_at_ms + i) for i in range(500)]
    harness.feed(early, topic="shadow.compared")
    assert latest(harness).action == "demote"
    late = comparison(5000, compared_at_ms=demoted_at_ms + int(POLICY.promotion.cooldown_s * 1000))
    harness.feed([late], topic="shadow.compared")
    assert latest(harness).action == "ramp"


@pytest.mark.parametrize("state", [ClusterState.RETIRED, ClusterState.SPLIT])
def test_new_epoch_sends_it_back_and_the_end_of_its_cluster_ends_it(state: ClusterState) -> None:
    changed = ClusterChanged(
        cluster="c1", task_key="k", tenant="t", state=ClusterState.SPLIT, label="x", epoch=2, matcher=MATCHER,
        changed_at_ms=5,
    )  # fmt: skip
    harness, _ = active()
    harness.feed([changed], topic="cluster.changed")
    assert latest(harness).epoch == 2 and latest(harness).primary is None
    harness.feed([replace(changed, state=state, epoch=3, matcher=None)], topic="cluster.changed")
    assert latest(harness).challenger is None and latest(harness).action == "retire"


def test_epoch_raised_while_it_was_trained_counts_from_the_start() -> None:
    changed = ClusterChanged(
        cluster="c1", task_key="k", tenant="t", state=ClusterState.BORN, label="x", epoch=2, changed_at_ms=5
    )
    harness = promoter()
    harness.feed([changed], topic="cluster.changed")
    harness.feed([completed()])
    assert latest(harness).epoch == 2
    harness.feed([comparison(i, epoch=2) for i in range(300)], topic="shadow.compared")
    assert latest(harness).action == "ramp"


def test_stale_and_failed_results_change_nothing() -> None:
    harness = promoter()
    harness.feed([completed(token=5)])
    harness.feed([completed(token=5), completed(token=4), completed(token=9, status=TrainingStatus.FAILED)])
    assert len(assignments(harness)) == 1


def test_of_one_jobs_attempts_only_one_result_counts() -> None:
    """A late first attempt and its successor trained the same version: the second would be another model by that name."""
    harness = promoter()
    harness.feed([completed(token=1), completed(token=2)])
    assert len(assignments(harness)) == 1
    assert [r.reason for r in harness.results if isinstance(r, Skipped)] == ["job_ended"]
    harness.feed([replace(completed(token=3, model="order-status-c1@v2"), job_id="j2")])
    assert len(assignments(harness)) == 2


def test_every_decision_has_an_audit_row_in_an_unbroken_chain() -> None:
    harness, number = active()
    harness.feed([answer(number + i, 0.95, valid=False) for i in range(3)], topic="outcome.reported")
    rows: list[PromotionAudit] = [e.event for e in harness.outputs if e.topic == "promotion.audit"]
    assert [row.action for row in rows] == ["shadow", *["ramp"] * 4, "activate", "demote"]
    assert first_break(rows) is None
    assert [a.audit_row for a in assignments(harness)] == [row.row_hash for row in rows]
    gates = json.loads(rows[1].canonical)["evidence"]["gates"]
    assert {gate["name"] for gate in gates} >= {"format", "parity", "cost", "latency_p95", "escalation", "calls"}
    for index in range(len(rows)):
        forged = [*rows]
        forged[index] = replace(rows[index], canonical=rows[index].canonical.replace(b"c1", b"c2"))
        assert first_break(forged) == index
    assert first_break([rows[0], rows[2]]) == 1 and first_break([rows[1], rows[0]]) == 0


def test_restart_in_the_middle_decides_the_same() -> None:
    whole, parts = promoter(), promoter()
    events = [comparison(i, parity=i != 7) for i in range(320)]
    whole.feed([completed()])
    whole.feed(events, topic="shadow.compared")
    parts.feed([completed()])
    for start in range(0, 320, 37):
        parts.feed(events[start : start + 37], topic="shadow.compared")
        parts.restart()
    assert parts.outputs == whole.outputs
