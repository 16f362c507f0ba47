"""A router over fakes: an in-process frontier and completion server, a matcher that knows one task, a recording observer."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from services.router.app import build_app
from services.router.frontier import FrontierClient
from services.router.gateway import Gateway
from services.router.health import HealthBoard
from services.router.serve import Chain
from services.router.snapshot import SnapshotHolder
from shared.clock import ManualClock
from shared.events import AssignmentChanged, ClusterChanged, ModelRegistered
from shared.events.calls import Request
from shared.events.promotion import RouterEvidence
from shared.events.vocabulary import ModelKind, Stage
from shared.policy import load_policy
from shared.prompting.template import COMPACT_CHATML
from shared.serving import CompletionClient
from shared.tasks.matcher import Match

SPECIALIST = "book-table-c1@v1"
TOOL = {
    "type": "function",
    "function": {
        "name": "book",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CALL = {"id": "call_f", "type": "function", "function": {"name": "book", "arguments": '{"city":"Leeds"}'}}
USAGE = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}


class OneTaskMatcher:
    """Matches every request that offers tools to cluster c1."""

    def update(self, cluster_id: str, event: ClusterChanged | None) -> None: ...

    def match(self, request: Request, task_key: str) -> Match | None:
        return Match(cluster="c1", similarity=0.9, version=1, epoch=1) if request.tools else None


@dataclass
class RecordingObserver:
    records: list[tuple[str, str, Any]] = field(default_factory=list)

    def observe(self, topic: str, key: str, event: object) -> None:
        self.records.append((topic, key, event))

    def of(self, topic: str) -> list[Any]:
        return [event for seen, _, event in self.records if seen == topic]


def frontier_whole(_: httpx.Request) -> httpx.Response:
    message = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    return httpx.Response(200, json={"id": "x", "choices": [choice], "usage": USAGE})


def sse(*chunks: object) -> httpx.Response:
    body = "".join(f"data: {chunk if isinstance(chunk, str) else json.dumps(chunk)}\n\n" for chunk in chunks)
    return httpx.Response(200, text=body, headers={"content-type": "text/event-stream"})


def text_chunk(text: str, finish: str | None = None) -> dict[str, Any]:
    return {"id": "up", "created": 1, "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}


def frontier(request: httpx.Request) -> httpx.Response:
    """Streams two words where a stream is asked for, else answers with one call."""
    if json.loads(request.content).get("stream"):
        return sse(text_chunk("Hel"), text_chunk("lo", "stop"), {"choices": [], "usage": USAGE}, "[DONE]")
    return frontier_whole(request)


def specialist_says(text: str, finish: str = "stop") -> Callable[[httpx.Request], httpx.Response]:
    def answer(_: httpx.Request) -> httpx.Response:
        return sse(
            {"choices": [{"text": text, "finish_reason": None}]},
            {"choices": [{"text": "", "finish_reason": finish}], "usage": USAGE},
            "[DONE]",
        )

    return answer


GOOD_ANSWER = '{"name":"book","arguments":{"city":"Leeds"}}'
good_specialist = specialist_says(GOOD_ANSWER)


@dataclass
class Routed:
    app: FastAPI
    observer: RecordingObserver
    holder: SnapshotHolder
    frontier_bodies: list[dict[str, Any]]

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://router")


def routed(
    frontier_handler: Callable[[httpx.Request], httpx.Response] = frontier,
    specialist_handler: Callable[[httpx.Request], httpx.Response] = good_specialist,
    keys: dict[str, str] | None = None,
    assigned: bool = True,
) -> Routed:
    """A router whose one specialist serves every episode of cluster c1."""
    bodies: list[dict[str, Any]] = []

    def upstream(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return frontier_handler(request)

    policy, health, observer = load_policy("service"), HealthBoard(), RecordingObserver()
    holder = SnapshotHolder(OneTaskMatcher())
    for model in _models():
        holder.model(model)
    if assigned:
        evidence = RouterEvidence(quality_low=0.96, format_low=0.99, latency_p95_ms=500.0, samples=300)
        holder.assign(
            AssignmentChanged(
                cluster="c1", version=1, primary=SPECIALIST, holdback=0.0, epoch=1, evidence=evidence, changed_at_ms=1
            )
        )
    chain = Chain(
        FrontierClient(httpx.AsyncClient(transport=httpx.MockTransport(upstream)), "http://frontier/v1", "sk-up"),
        CompletionClient(httpx.AsyncClient(transport=httpx.MockTransport(specialist_handler)), "http://specialists"),
        health,
        policy.routing,
        frontier_timeout_s=5.0,
    )
    gateway = Gateway(
        holder,
        chain,
        health,
        observer,  # type: ignore[arg-type]
        policy,
        ManualClock(),
        b"key",
        "base/frontier",
        "salt",
        ("auto",),
        "router/test",
    )
    app = build_app(gateway, {tenant: SecretStr(key) for tenant, key in (keys or {}).items()}, 100_000)
    return Routed(app, observer, holder, bodies)


def _models() -> list[ModelRegistered]:
    return [
        ModelRegistered(
            model="base/frontier",
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
        ModelRegistered(
            model=SPECIALIST,
            kind=ModelKind.SPECIALIST,
            model_name=SPECIALIST,
            context_len=2048,
            supported_clusters=("c1",),
            safety_grade="B",
            eval_scores={},
            state=Stage.ACTIVE,
            prompt_template_hash=COMPACT_CHATML.hash,
            max_prompt_tokens=480,
            registered_at_ms=1,
        ),
    ]
