"""The course of the demo: rates follow where a specialist stands, and the final window keeps the mix of the traffic."""

import asyncio
import dataclasses
from typing import Any

import pytest

from infra.demo.agents import CallMade, Ledger
from infra.demo.conductor import (
    ACTIVE_CALLS_PER_S,
    CAPACITY_SHARE,
    GATHER_CALLS_PER_S,
    WAITING_CALLS_PER_S,
    Conductor,
    calls_per_s,
)
from infra.demo.traffic import BFCL_NAME, REPEAT_SHARE, WEIGHTS
from infra.demo.watch import ClusterView, Placed, ShadowStay
from services.promoter.logic.evidence import Evidence
from shared.events import AssignmentChanged, TrainingRequested
from shared.events.promotion import Challenger
from shared.events.vocabulary import Stage
from shared.policy import load_policy


class _Agents:
    def __init__(self) -> None:
        self.rates: dict[str, float] = {}


class _Watcher:
    """Clusters as they stand; nothing moves."""

    def __init__(self, clusters: dict[str, ClusterView], placed: dict[str, Placed]) -> None:
        self.clusters = clusters
        self.placed = placed


def view(primary: str | None = None, share: float = 0.0, stage: Stage | None = None) -> ClusterView:
    """A cluster whose specialist is ``primary``, or at ``share`` of a ramp, or at ``stage``; else one of a refused one."""
    stage = Stage.RAMP if share else stage
    challenger = Challenger(model="m", stage=stage, share=share, changed_at_ms=1) if stage is not None else None
    seen = ClusterView()
    seen.requested = object.__new__(TrainingRequested)
    seen.assignment = AssignmentChanged(
        cluster="c", version=1, primary=primary, challenger=challenger, holdback=0.05, changed_at_ms=1
    )
    return seen


def rate(seen: ClusterView | None, in_shadow: int = 0, any_ramps: bool = False) -> float:
    return calls_per_s("refund", seen, in_shadow, any_ramps)


def test_traffic_follows_the_specialist_s_stage() -> None:
    assert rate(None) == rate(ClusterView()) == GATHER_CALLS_PER_S["refund"]
    rungs = [rate(view(share=share)) for share in (0.05, 0.25, 0.5, 0.95)]
    assert rungs == sorted(rungs, reverse=True) and rungs[0] * 0.05 * 120 >= 20, "twenty answers at 5 % in two minutes"
    assert rate(view(primary="m")) == ACTIVE_CALLS_PER_S
    assert rate(view(stage=Stage.SHADOW), 1, any_ramps=True) < rate(view(stage=Stage.SHADOW), 1), "shadows wait"


def test_a_task_that_waits_for_the_trainer_leaves_the_processor_to_it() -> None:
    waiting = view()
    waiting.assignment = None
    assert rate(waiting) == WAITING_CALLS_PER_S < GATHER_CALLS_PER_S["refund"]


def test_a_refused_specialist_s_task_gathers_examples_again() -> None:
    assert rate(view()) == GATHER_CALLS_PER_S["refund"]


def test_the_status_names_the_gates_that_hold_a_specialist_back() -> None:
    policy = load_policy("demo").promotion
    held = view(stage=Stage.SHADOW)
    few = dataclasses.replace(Evidence.fresh(0.05), calls=10)
    held.stay = ShadowStay("m", 1, 0.05, policy, few)
    assert held.stage == "shadow 0", "too few calls to say"
    held.stay.evidence = dataclasses.replace(few, calls=400, format_valid=400, parity_calls=400, parity=300)
    assert "parity" in held.stage and "format" not in held.stage


def test_specialists_in_shadow_share_the_calls_that_can_be_compared() -> None:
    alone, one_of_three = (rate(view(stage=Stage.SHADOW), count) for count in (1, 3))
    assert alone * (1 - REPEAT_SHARE) >= 2.5, "the comparisons of a shadow need fresh calls"
    assert one_of_three * 3 == pytest.approx(alone)


def test_the_final_window_keeps_the_mix_and_stays_under_the_measured_capacity() -> None:
    active = ("refund", "ticket", "forecast")
    clusters = {task: view(primary="m" if task in active else None) for task in WEIGHTS}
    calls = [CallMade(0.0, task, task, "m", 1.0, True, None, True, (1, 1)) for task in WEIGHTS]
    agents: Any = _Agents()
    watcher: Any = _Watcher(clusters, {task: Placed(task, (), 0.0, 0.0) for task in WEIGHTS})
    conductor = Conductor(agents, Ledger(calls), watcher, 3.0, lambda _: None, lambda: None)
    asyncio.run(conductor.window(0.6))
    total = sum(agents.rates.values())
    assert {task: rate / total for task, rate in agents.rates.items() if task != BFCL_NAME} == pytest.approx(WEIGHTS)
    assert sum(agents.rates[task] for task in active) == pytest.approx(3.0 * CAPACITY_SHARE)


def test_the_quick_course_trains_nothing_more_once_a_specialist_is_compared() -> None:
    """What is trained beside it takes the processor from the comparisons that the first ramp stage waits for."""
    compared = view()
    watcher: Any = _Watcher({"refund": compared}, {})
    agents: Any = _Agents()
    stopped: list[str] = []

    def stop_training() -> None:
        stopped.append("trainer")
        ramped = view(share=0.05).assignment
        assert ramped is not None
        compared.history = [dataclasses.replace(ramped, action="ramp")]

    conductor = Conductor(agents, Ledger([]), watcher, 3.0, lambda _: None, stop_training)
    assert not asyncio.run(conductor.until_ramp(0.0)), "nothing is compared yet"
    assert stopped == []
    compared.compared["calls"] = 1
    assert asyncio.run(conductor.until_ramp(5.0))
    assert stopped == ["trainer"]
