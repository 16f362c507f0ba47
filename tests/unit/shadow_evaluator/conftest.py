"""A fresh call of a cluster in shadow, its surroundings, and a completion server that answers as told."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.shadow_evaluator.adapters import SpecialistCaller
from services.shadow_evaluator.processor import ShadowEvaluator
from shared.clock import ManualClock
from shared.events import AssignmentChanged, ModelRegistered, ObservationClustered
from shared.events.calls import Answer, Attempt, ChatMessage, Request, RoutingDecision, ToolCall, ToolDefinition
from shared.events.observations import RedactionProof
from shared.events.promotion import Challenger
from shared.events.training import DatasetQuery, OffsetRange, TrainingRecord
from shared.events.vocabulary import Arm, AttemptVerdict, ModelKind, Split, Stage
from shared.prompting.template import COMPACT_CHATML
from shared.stream.testing import START_MS, FixedTables

MODEL = "track-order-c1@v1"
TOOL = ToolDefinition(
    name="track",
    parameters_json='{"type":"object","properties":{"order":{"type":"string"},"mail":{"type":"string"}},"required":["order"]}',
)


def _seen(number: int = 1, **changes: Any) -> ObservationClustered:
    attempt = Attempt(
        model="base/frontier", kind=ModelKind.FRONTIER, verdict=AttemptVerdict.OK, latency_ms=900.0, prompt_tokens=400,
        completion_tokens=20, cost_usd=0.001,
    )  # fmt: skip
    arm = changes.pop("arm", Arm.FRONTIER)
    values: dict[str, Any] = {
        "event_id": f"e{number}",
        "tenant": "t",
        "episode": f"ep{number}",
        "occurred_at_ms": START_MS,
        "request": Request(
            messages=(ChatMessage(role="user", content=f"Order A{number} of ⟦EMAIL_1⟧, please"),), tools=(TOOL,)
        ),
        "answer": Answer(
            tool_calls=(ToolCall(name="track", arguments_json=f'{{"order":"A{number}","mail":"⟦EMAIL_1⟧"}}'),)
        ),
        "attempts": (attempt,),
        "routing": RoutingDecision(decision_id="d", task_key="task", cluster="c1", matcher_version=1, epoch=1, arm=arm),
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
        "map_version": 1,
        "epoch": 1,
        "split": Split.TRAIN,
    }
    return ObservationClustered(**{**values, **changes})


@pytest.fixture(scope="session")
def seen() -> Callable[..., ObservationClustered]:
    """``seen(number, **changes)``: a fresh frontier-served call; ``arm`` sets its part of the traffic split."""
    return _seen


@pytest.fixture(scope="session")
def entry() -> ModelRegistered:
    """A specialist trained on offsets below 100 of partition 0."""
    query = DatasetQuery(
        topic="observation.clustered", ranges=(OffsetRange(partition=0, start=0, end=100),), clusters=("c1",),
        task_key="task", max_rows=10, max_test_rows=5, family_cap=2,
    )  # fmt: skip
    record = TrainingRecord(
        job_id="j", dataset_hash="h", dataset=query, rows_train=2, rows_test=1, step_hashes=("s7",), episodes=("ep8",),
        families=("e9",), provenance_hash="p",
    )  # fmt: skip
    return ModelRegistered(
        model=MODEL, kind=ModelKind.SPECIALIST, model_name=MODEL, context_len=2048, cost_per_1k_input_usd=0.00002,
        cost_per_1k_output_usd=0.0003, eval_scores={}, state=Stage.SHADOW, max_prompt_tokens=200,
        prompt_template_hash=COMPACT_CHATML.hash, training=record, registered_at_ms=1,
    )  # fmt: skip


@pytest.fixture(scope="session")
def shadowing() -> Callable[..., AssignmentChanged]:
    """``shadowing(stage, share, **changes)``: the cluster's assignment with its challenger in that stage."""

    def build(stage: Stage = Stage.SHADOW, share: float = 0.0, **changes: Any) -> AssignmentChanged:
        challenger = Challenger(model=MODEL, stage=stage, share=share, changed_at_ms=START_MS)
        return AssignmentChanged(
            cluster="c1", version=1, **{"challenger": challenger, "changed_at_ms": START_MS, **changes}
        )

    return build


@pytest.fixture
def tables(entry: ModelRegistered, shadowing: Callable[..., AssignmentChanged]) -> FixedTables:
    return FixedTables({"assignment.changed": {"c1": shadowing()}, "model.registered": {MODEL: entry}})


class Server:
    """A completion server in memory. ``says`` gives the text for a prompt, a whole response, or an exception."""

    def __init__(self) -> None:
        self.says: Callable[[str], str | httpx.Response | Exception] = lambda _prompt: "DEFER"
        self.prompts: list[str] = []
        self.headers: list[httpx.Headers] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        assert request.url.path == "/v1/completions" and body["temperature"] == 0 and body["stream"]
        self.prompts.append(body["prompt"])
        self.headers.append(request.headers)
        said = self.says(body["prompt"])
        if isinstance(said, Exception):
            raise said
        if isinstance(said, httpx.Response):
            return said
        usage = {"prompt_tokens": 30, "completion_tokens": 12}
        chunks = [{"choices": [{"text": said, "finish_reason": "stop"}]}, {"choices": [], "usage": usage}]
        lines = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
        return httpx.Response(200, text=f"{lines}data: [DONE]\n\n")


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def evaluator(server: Server, clock: ManualClock) -> ShadowEvaluator:
    """With a budget of five comparisons a candidate."""
    http = httpx.AsyncClient(transport=httpx.MockTransport(server))
    caller = SpecialistCaller(http, "http://model-server", "secret", timeout_s=2.0)
    return ShadowEvaluator(caller.ask, clock, budget=5, patience_s=60.0)
