"""``POST /v1/ask``: the plan first, then tokens, then the metrics, as named server-sent events."""

import time
from collections.abc import AsyncGenerator
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from services.router import sse
from services.router.api import Doorkeeper, bad_request, read_body, unauthorised, validated
from services.router.frontier import error_body
from services.router.gateway import Call, Gateway, Incoming, limits_of, metrics_frame, plan_frame
from services.router.serve import Chunk, Escalated, Failed, Served
from services.router.wire import BadRequestError, message_json, parse_request


class TaskMetadata(BaseModel):
    """What the caller knows of the task."""

    model_config = ConfigDict(extra="forbid")

    task_type: str | None = Field(default=None, max_length=64, description="kind of task; else a heuristic guesses")
    episode: str | None = Field(default=None, max_length=200, description="conversation or agent run")
    parent_event_id: str | None = Field(default=None, max_length=64)
    label: str | None = Field(default=None, max_length=64)


class AskRequest(BaseModel):
    """One question. Exactly one of ``prompt`` and ``messages``."""

    model_config = ConfigDict(extra="forbid")

    prompt: str | None = None
    messages: list[dict[str, Any]] | None = None
    tools: list[dict[str, Any]] = []
    model: str = "auto"
    metadata: TaskMetadata = TaskMetadata()
    latency_budget_ms: float | None = Field(default=None, gt=0)
    max_cost: float | None = Field(default=None, gt=0, description="USD, the whole chain")
    safety_level: Literal["low", "standard", "high"] = "standard"
    user_tier: Literal["free", "standard", "premium"] = "standard"
    anonymise: bool = Field(default=False, description="observe the call with the prompt's hash in its place")
    opt_out: bool = Field(default=False, description="do not observe the call at all")


def ask_routes(gateway: Gateway, doorkeeper: Doorkeeper, max_body_bytes: int) -> APIRouter:
    router = APIRouter()

    @router.post("/v1/ask", openapi_extra={"requestBody": {"content": {"application/json": {"schema": _schema()}}}})
    async def ask(request: Request) -> Response:
        tenant = doorkeeper.tenant(request.headers.get("authorization"))
        if tenant is None:
            return unauthorised()
        try:
            question = _validated(await read_body(request, max_body_bytes))
            call = gateway.plan(_incoming(request, tenant, question))
        except BadRequestError as error:
            return bad_request(error)
        return StreamingResponse(
            _frames(gateway, call), media_type="text/event-stream", headers={"cache-control": "no-store"}
        )

    return router


async def _frames(gateway: Gateway, call: Call) -> AsyncGenerator[bytes, None]:
    yield sse.event("plan", plan_frame(call))
    if not call.decision.affordable:
        yield sse.event("error", error_body("no model fits max_cost", "budget_exceeded", "max_cost"))
        yield sse.event("metrics", metrics_frame(call, time.monotonic()))
        return
    async for step in gateway.serve(call, stream=True):
        if isinstance(step, Chunk):
            for choice in step.data.get("choices") or ():
                if text := (choice.get("delta") or {}).get("content"):
                    yield sse.event("token", {"text": text})
        elif isinstance(step, Escalated):
            yield sse.event("escalation", {"model": step.model, "reason": step.reason})
        elif isinstance(step, Served):
            if not step.streamed and step.answer.content:
                yield sse.event("token", {"text": step.answer.content})
            if step.answer.tool_calls:
                yield sse.event("tool_calls", message_json(step.answer)["tool_calls"])
        elif isinstance(step, Failed):
            yield sse.event("error", step.body)
    yield sse.event("metrics", metrics_frame(call, time.monotonic()))


def _validated(body: Any) -> AskRequest:
    question = validated(AskRequest, body)
    if (question.prompt is None) == (question.messages is None):
        raise BadRequestError("give exactly one of prompt and messages", "prompt")
    return question


def _incoming(request: Request, tenant: str, question: AskRequest) -> Incoming:
    messages = question.messages or [{"role": "user", "content": question.prompt}]
    body: dict[str, Any] = {"model": question.model, "messages": messages}
    if question.tools:
        body["tools"] = question.tools
    metadata = question.metadata
    return Incoming(
        tenant=tenant,
        request=parse_request(body),
        body=body,
        limits=limits_of(question.latency_budget_ms, question.max_cost, question.safety_level, question.user_tier),
        episode=metadata.episode,
        parent_event_id=metadata.parent_event_id,
        traceparent=request.headers.get("traceparent"),
        task_type=metadata.task_type,
        label=metadata.label,
        anonymise=question.anonymise,
        opt_out=question.opt_out,
    )


def _schema() -> dict[str, Any]:
    return AskRequest.model_json_schema()
