"""Which calls are compared with whom, and the code of every call that is left out."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.shadow_evaluator.logic.selection import ComparedSteps, Target, is_sampled
from services.shadow_evaluator.processor import ShadowEvaluator
from shared.clock import ManualClock
from shared.events import AssignmentChanged, ModelRegistered, ObservationClustered, ShadowCompared
from shared.events.calls import RoutingDecision
from shared.events.vocabulary import Arm, AttemptVerdict, ComparisonKind, ModelKind, Stage
from shared.stream.outcome import Emitted, Rejected, Result, Skipped
from shared.stream.records import Message
from shared.stream.testing import FixedTables, handle_all

Seen = Callable[..., ObservationClustered]


def run(evaluator: ShadowEvaluator, tables: FixedTables, *events: Any, offset: int = 500) -> list[Result]:
    messages = [
        Message("observation.clustered", 0, offset + index, 0, "c1", event) for index, event in enumerate(events)
    ]
    return asyncio.run(handle_all(evaluator, messages, tables))


def compared(result: Result) -> list[ShadowCompared]:
    assert isinstance(result, Emitted), result
    return [emit.event for emit in result.outputs]


LEFT_OUT: list[tuple[str, dict[str, Any]]] = [
    ("repeat", {"repeat_of": "e0"}),
    ("no_proof", {"anonymised": True}),
    ("not_frontier", {"attempts": ()}),
    ("no_answer", {"answer": None}),
    ("untrainable", {"untrainable_reason": "unlinked"}),
    ("provisional", {"provisional": True}),
    ("provisional", {"map_version": 0}),
    ("other_epoch", {"epoch": 2}),
    ("cluster_mismatch", {"routing": RoutingDecision(decision_id="d", task_key="k", cluster="c9", matcher_version=1)}),
    ("other_version", {"routing": RoutingDecision(decision_id="d", task_key="k", cluster="c9", matcher_version=2)}),
    ("trained_step", {"step_hash": "s7"}),
    ("trained_episode", {"episode": "ep8"}),
    ("no_specialist", {"cluster": "c2"}),
]


@pytest.mark.parametrize(("reason", "changes"), LEFT_OUT)
def test_calls_that_are_no_evidence_are_left_out(
    evaluator: ShadowEvaluator, tables: FixedTables, seen: Seen, reason: str, changes: dict[str, Any]
) -> None:
    assert run(evaluator, tables, seen(1, **changes)) == [Skipped(reason)]


def test_a_specialist_s_own_answer_is_never_the_measure(
    evaluator: ShadowEvaluator, tables: FixedTables, seen: Seen
) -> None:
    rescued = seen(1).attempts[0]
    own = replace(rescued, kind=ModelKind.SPECIALIST, model="m")
    failed = replace(own, verdict=AttemptVerdict.FORMAT_ERROR)
    assert run(evaluator, tables, seen(1, attempts=(rescued, own))) == [Skipped("not_frontier")]
    assert compared(run(evaluator, tables, seen(2, attempts=(failed, rescued)))[0])


def test_calls_that_nobody_had_time_for_are_left_out(
    evaluator: ShadowEvaluator, tables: FixedTables, seen: Seen, clock: ManualClock
) -> None:
    """Else the backlog of one specialist would keep the calls of another in its partition waiting."""
    clock.advance(3600)
    (result,) = run(evaluator, tables, seen(1))
    assert compared(result)
    clock.advance(1)
    assert run(evaluator, tables, seen(2)) == [Skipped("too_old")]
    (result,) = run(evaluator, tables, seen(3, occurred_at_ms=clock.now_ms()))
    assert compared(result)


def test_the_data_set_ends_where_shadow_begins(evaluator: ShadowEvaluator, tables: FixedTables, seen: Seen) -> None:
    assert run(evaluator, tables, seen(1), offset=99) == [Skipped("before_data_end")]
    (result,) = run(evaluator, tables, seen(1), offset=100)
    assert compared(result)[0].kind is ComparisonKind.CANDIDATE


def test_a_step_is_compared_once_but_a_repeated_record_again(
    evaluator: ShadowEvaluator, tables: FixedTables, seen: Seen
) -> None:
    first, again, other = run(evaluator, tables, seen(1), seen(1), seen(2, step_hash="s1"))
    assert compared(first)[0].comparison_id == compared(again)[0].comparison_id
    assert other == Skipped("compared_step")


def test_the_budget_of_a_stay_in_shadow(
    evaluator: ShadowEvaluator,
    tables: FixedTables,
    seen: Seen,
    shadowing: Callable[..., AssignmentChanged],
) -> None:
    results = run(evaluator, tables, *(seen(n) for n in range(20, 27)))
    assert [isinstance(result, Emitted) for result in results] == [True] * 5 + [False] * 2
    assert results[-1] == Skipped("budget_spent")
    back = shadowing()
    assert back.challenger is not None
    later = replace(back, challenger=replace(back.challenger, changed_at_ms=back.changed_at_ms + 1), version=2)
    tables.set("assignment.changed", "c1", later)
    assert compared(run(evaluator, tables, seen(30))[0])


@pytest.mark.parametrize("serving", [{"stage": Stage.RAMP, "share": 0.5}, {"challenger": None, "primary": "x"}])
def test_a_serving_specialist_is_compared_on_the_holdback_alone(
    evaluator: ShadowEvaluator,
    tables: FixedTables,
    seen: Seen,
    entry: ModelRegistered,
    shadowing: Callable[..., AssignmentChanged],
    serving: dict[str, Any],
) -> None:
    tables.set("model.registered", "x", replace(entry, model="x", model_name="x"))
    tables.set("assignment.changed", "c1", shadowing(**serving))
    frontier, holdback = run(evaluator, tables, seen(1), seen(2, arm=Arm.HOLDBACK))
    assert frontier == Skipped("not_holdback")
    assert [event.kind for event in compared(holdback)] == [ComparisonKind.HOLDBACK]


def test_a_candidate_beside_a_serving_specialist_gets_both_compared(
    evaluator: ShadowEvaluator,
    tables: FixedTables,
    seen: Seen,
    entry: ModelRegistered,
    shadowing: Callable[..., AssignmentChanged],
) -> None:
    tables.set("model.registered", "old", replace(entry, model="old", model_name="old"))
    tables.set("assignment.changed", "c1", shadowing(primary="old"))
    (result,) = run(evaluator, tables, seen(1, arm=Arm.HOLDBACK))
    kinds = {(event.model, event.kind) for event in compared(result)}
    assert kinds == {("track-order-c1@v1", ComparisonKind.CANDIDATE), ("old", ComparisonKind.HOLDBACK)}


def test_unknown_templates_and_foreign_records(
    evaluator: ShadowEvaluator, tables: FixedTables, seen: Seen, entry: ModelRegistered
) -> None:
    assert isinstance(run(evaluator, tables, "x")[0], Rejected)
    assert run(evaluator, tables, None) == [Skipped("tombstone")]
    tables.set("model.registered", entry.model, replace(entry, prompt_template_hash="?"))
    assert run(evaluator, tables, seen(1)) == [Skipped("unknown_template")]
    tables.set("model.registered", entry.model, replace(entry, training=None))
    assert run(evaluator, tables, seen(1)) == [Skipped("no_training_record")]


@given(st.lists(st.text(min_size=1), min_size=1, max_size=50, unique=True), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_larger_sample_holds_the_smaller_one(ids: list[str], one: float, other: float) -> None:
    few, many = sorted((one, other))
    assert all(is_sampled(event_id, "m", many) for event_id in ids if is_sampled(event_id, "m", few))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40), st.booleans()), max_size=200))
def test_memory_of_compared_steps_is_bounded_and_spending_never_negative(
    moves: list[tuple[int, int, bool]],
) -> None:
    steps = ComparedSteps(steps_per_model=10, max_models=2)
    held: dict[str, int] = {}
    for model, step, release in moves:
        target = Target(f"m{model}", ComparisonKind.CANDIDATE)
        if release:
            steps.release(target, f"s{step}", f"e{step}")
        elif steps.reserve(target, f"s{step}", f"e{step}", budget=15) is None:
            held[target.model] = held.get(target.model, 0) + 1
    assert len(steps._steps) <= 2 and all(len(known) <= 10 for known in steps._steps.values())
    assert all(0 <= spent <= 15 for spent in steps._spent.values())
