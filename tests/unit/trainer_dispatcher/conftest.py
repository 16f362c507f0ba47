"""A narrow cluster's calls, its surroundings, and a harness of the dispatcher."""

from collections.abc import Callable
from typing import Any

import pytest

from services.trainer_dispatcher.processor import application
from shared.events import AssignmentChanged, ClusterChanged, ModelRegistered, ObservationClustered
from shared.events.calls import Answer, Attempt, ChatMessage, Request, ToolCall, ToolDefinition
from shared.events.clusters import Matcher
from shared.events.observations import RedactionProof
from shared.events.vocabulary import AttemptVerdict, ClusterState, ModelKind, Split
from shared.policy import Policy, load_policy
from shared.stream.testing import START_MS, Harness

TOOL = ToolDefinition(name="track", parameters_json='{"type":"object","properties":{"order":{"type":"string"}}}')
Call = Callable[..., ObservationClustered]


def _call(number: int, **changes: Any) -> ObservationClustered:
    values: dict[str, Any] = {
        "event_id": f"e{number}",
        "tenant": "t",
        "episode": f"ep{number}",
        "occurred_at_ms": START_MS + number * 1000,
        "request": Request(
            messages=(
                ChatMessage(role="system", content="You track orders. " * 40),
                ChatMessage(role="user", content=f"Where is order A{number}?"),
            ),
            tools=(TOOL,),
        ),
        "answer": Answer(tool_calls=(ToolCall(name="track", arguments_json=f'{{"order":"A{number}"}}'),)),
        "attempts": (
            Attempt(
                model="base/frontier",
                kind=ModelKind.FRONTIER,
                verdict=AttemptVerdict.OK,
                latency_ms=900.0,
                prompt_tokens=400,
                completion_tokens=20,
                cost_usd=0.001,
            ),
        ),
        "proof": RedactionProof(rule_set="r1", profile="pii", counts={}, source_partition=0, source_offset=number),
        "task_key": "task",
        "template_id": "template",
        "tool_signature": "tools",
        "step_hash": f"s{number}",
        "answer_hash": f"a{number}",
        "fingerprint": f"f{number}",
        "family": f"e{number}",
        "cluster": "c1",
        "micro_cluster": "m1",
        "sub_key": "user",
        "similarity": 0.9,
        "map_version": 1,
        "epoch": 1,
        "split": Split.TEST if number % 5 == 0 else Split.TRAIN,
    }
    return ObservationClustered(**{**values, **changes})


@pytest.fixture(scope="session")
def call() -> Call:
    """``call(number, **changes)``: a distinct frontier-served call; every fifth is on the test side."""
    return _call


@pytest.fixture(scope="session")
def policy() -> Policy:
    """Thresholds of these tests, whatever the shipped profiles say."""
    shipped = load_policy("test")
    training = shipped.training.model_copy(
        update={
            "min_examples": 60, "min_calls_per_day": 100.0, "min_regret": 0.3, "min_span_s": 5.0, "min_coherence": 0.5,
            "min_diversity": 0.3, "max_noise": 0.2, "min_purity": 0.9, "horizon_days": 30.0, "max_rows": 120,
            "max_test_rows": 20, "family_cap": 8, "max_concurrent_jobs": 1, "lease_s": 60.0, "max_attempts": 3,
            "retry_after_rows": 1.5, "base_model": "base/smollm2-135m-instruct", "job_cost_usd": 0.005,
        }
    )  # fmt: skip
    return shipped.model_copy(update={"training": training})


@pytest.fixture(scope="session")
def models() -> dict[str, ModelRegistered]:
    base = ModelRegistered(
        model="base/smollm2-135m-instruct", kind=ModelKind.BASE, model_name="small", eval_scores={},
        cost_per_1k_input_usd=0.00002, cost_per_1k_output_usd=0.0003, registered_at_ms=1,
    )  # fmt: skip
    frontier = ModelRegistered(
        model="base/frontier", kind=ModelKind.FRONTIER, model_name="big", eval_scores={},
        cost_per_1k_input_usd=0.002, cost_per_1k_output_usd=0.008, registered_at_ms=1,
    )  # fmt: skip
    return {entry.model: entry for entry in (base, frontier)}


@pytest.fixture(scope="session")
def identity() -> Callable[..., ClusterChanged]:
    """``identity(cluster, **changes)``: a born cluster with a published matcher."""

    def build(cluster: str = "c1", **changes: Any) -> ClusterChanged:
        matcher = Matcher(
            version=1, task_key="task", sub_key="user", dimension=1, vectors=b"", radii=(), feature_mean=b"", idf={},
            feature_version="1",
        )  # fmt: skip
        values: dict[str, Any] = {
            "cluster": cluster, "task_key": "task", "tenant": "t", "state": ClusterState.BORN,
            "label": "track order", "matcher": matcher, "changed_at_ms": START_MS,
        }  # fmt: skip
        return ClusterChanged(**{**values, **changes})

    return build


@pytest.fixture(scope="session")
def assignment() -> Callable[..., AssignmentChanged]:
    def build(version: int = 1, **changes: Any) -> AssignmentChanged:
        return AssignmentChanged(cluster="c1", version=version, **{"changed_at_ms": START_MS, **changes})

    return build


@pytest.fixture
def harness(policy: Policy, models: dict[str, ModelRegistered]) -> Harness:
    return Harness(application(policy), {"model.registered": models}, partition=2)
