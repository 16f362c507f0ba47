"""The OpenAI-compatible face: chat completions, models, outcomes."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from typing import Any, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from services.router import sse
from services.router.frontier import error_body
from services.router.gateway import Call, Gateway, Incoming, limits_of, plan_frame
from services.router.serve import Chunk, Failed, Served, Step
from services.router.wire import BadRequestError, message_json, parse_request
from shared.ids import same_secret

FIRST_BYTE_S = 2.0
LOCAL_TENANT = "local"
M = TypeVar("M", bound=BaseModel)


class Doorkeeper:
    """Who is calling. Without configured keys the one tenant is ``local``; the settings allow that on loopback only."""

    def __init__(self, keys: dict[str, SecretStr]) -> None:
        self._keys = {tenant: key.get_secret_value() for tenant, key in keys.items()}

    def tenant(self, authorization: str | None) -> str | None:
        if not self._keys:
            return LOCAL_TENANT
        given = (authorization or "").removeprefix("Bearer ").strip()
        found = None
        # Every key is compared, in constant time each, so that timing tells neither the key nor its place.
        for tenant, key in self._keys.items():
            if same_secret(given, key):
                found = tenant
        return found


class OutcomeBody(BaseModel):
    """A later label of a call."""

    model_config = ConfigDict(extra="forbid")

    label: str | None = None
    safety_incident: bool = False


async def read_body(request: Request, max_bytes: int) -> Any:
    """The JSON body. Raises :class:`BadRequestError`; larger bodies are refused before they are read."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > max_bytes:
        raise BadRequestError(f"the body is larger than {max_bytes} bytes", "body")
    raw = bytearray()
    async for part in request.stream():
        raw += part
        if len(raw) > max_bytes:
            raise BadRequestError(f"the body is larger than {max_bytes} bytes", "body")
    try:
        return json.loads(raw)
    except ValueError as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise BadRequestError(f"the body is not JSON{where}", "body") from None


def validated(model: type[M], body: Any) -> M:
    """The body as a model. Raises :class:`BadRequestError` that names the first field at fault."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise BadRequestError(f"{field}: {first['msg']}", field) from None


def flag(request: Request, name: str) -> bool:
    return request.headers.get(name, "").lower() in ("1", "true", "yes")


def number(request: Request, name: str) -> float | None:
    text = request.headers.get(name)
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        raise BadRequestError(f"header {name} must be a number", name) from None


def bad_request(error: BadRequestError) -> JSONResponse:
    unknown_model = error.param == "model" and "not known" in str(error)
    status = 404 if unknown_model else 413 if "larger than" in str(error) else 400
    code = "model_not_found" if unknown_model else None
    return JSONResponse(error_body(str(error), "invalid_request_error", code, error.param), status)


def unauthorised() -> JSONResponse:
    return JSONResponse(error_body("missing or wrong API key", "authentication_error", "invalid_api_key"), 401)


def plan_headers(call: Call) -> dict[str, str]:
    low, high = call.decision.expected_cost_range_usd
    return {
        "x-flywheel-decision-id": call.decision_id,
        "x-flywheel-planned-model": call.decision.primary_model,
        "x-flywheel-reason": call.decision.reason,
        "x-flywheel-snapshot-version": str(call.decision.snapshot_version),
        "x-flywheel-expected-cost-usd": f"{low:.8f}-{high:.8f}",
        "x-flywheel-expected-latency-p95-ms": f"{call.decision.expected_latency_p95_ms:.0f}",
        "x-flywheel-overhead-ms": f"{call.overhead_ms:.3f}",
    }


def chat_routes(gateway: Gateway, doorkeeper: Doorkeeper, max_body_bytes: int) -> APIRouter:
    router = APIRouter()

    @router.post("/v1/chat/completions")
    async def chat_completions(request: Request) -> Response:
        tenant = doorkeeper.tenant(request.headers.get("authorization"))
        if tenant is None:
            return unauthorised()
        try:
            body = await read_body(request, max_body_bytes)
            call = gateway.plan(_incoming(request, tenant, body))
        except BadRequestError as error:
            return bad_request(error)
        if not call.decision.affordable:
            return JSONResponse(
                error_body("no model fits max_cost", "budget_exceeded", "max_cost"),
                402,
                headers={"x-should-retry": "false", **plan_headers(call)},
            )
        if body.get("stream"):
            return await _streamed(gateway, call, bool((body.get("stream_options") or {}).get("include_usage")))
        return await _whole(gateway, call)

    @router.get("/v1/models")
    async def models(request: Request) -> Response:
        if doorkeeper.tenant(request.headers.get("authorization")) is None:
            return unauthorised()
        return JSONResponse({"object": "list", "data": [_model(name) for name in gateway.model_names()]})

    @router.get("/v1/models/{name:path}")
    async def model(request: Request, name: str) -> Response:
        if doorkeeper.tenant(request.headers.get("authorization")) is None:
            return unauthorised()
        if name not in gateway.model_names():
            message = f"model {name!r} is not known"
            return JSONResponse(error_body(message, "invalid_request_error", "model_not_found", "model"), 404)
        return JSONResponse(_model(name))

    @router.post("/v1/outcomes/{decision_id}")
    async def outcomes(request: Request, decision_id: str) -> Response:
        if doorkeeper.tenant(request.headers.get("authorization")) is None:
            return unauthorised()
        try:
            body = validated(OutcomeBody, await read_body(request, max_body_bytes))
        except BadRequestError as error:
            return bad_request(error)
        if not gateway.label(decision_id, body.label, body.safety_incident):
            return JSONResponse(
                error_body("no such decision", "invalid_request_error", "not_found", "decision_id"), 404
            )
        return JSONResponse({"decision_id": decision_id, "accepted": True}, 202)

    return router


def _incoming(request: Request, tenant: str, body: Any) -> Incoming:
    headers = request.headers
    return Incoming(
        tenant=tenant,
        request=parse_request(body),
        body=body,
        limits=limits_of(
            number(request, "x-flywheel-latency-budget-ms"),
            number(request, "x-flywheel-max-cost-usd"),
            headers.get("x-flywheel-safety-level"),
            headers.get("x-flywheel-user-tier"),
        ),
        episode=headers.get("x-flywheel-episode"),
        parent_event_id=headers.get("x-flywheel-parent"),
        traceparent=headers.get("traceparent"),
        task_type=headers.get("x-flywheel-task-type"),
        label=headers.get("x-flywheel-label"),
        anonymise=flag(request, "x-flywheel-anonymise"),
        opt_out=flag(request, "x-flywheel-opt-out"),
    )


async def _whole(gateway: Gateway, call: Call) -> Response:
    async for _ in gateway.serve(call, stream=False):
        pass
    headers = {**plan_headers(call), "x-flywheel-attempts": str(len(call.attempts))}
    if call.served is None:
        failed = call.failed or Failed(503, error_body("no model could answer"), streamed=False)
        return JSONResponse(failed.body, failed.status, headers=headers)
    served = call.served
    finish = served.answer.finish_reason or "stop"
    document = {
        "id": f"chatcmpl-{call.event_id}",
        "object": "chat.completion",
        "created": call.received_at_ms // 1000,
        "model": served.model,
        "choices": [{"index": 0, "message": message_json(served.answer), "finish_reason": finish}],
        "usage": served.usage,
    }
    return JSONResponse(document, headers=headers)


async def _streamed(gateway: Gateway, call: Call, include_usage: bool) -> Response:
    """Wait for the first step, so that a failure before any byte keeps its status; after two seconds send headers anyway."""
    steps = gateway.serve(call, stream=True)
    first = asyncio.ensure_future(anext(steps))
    done, _ = await asyncio.wait({first}, timeout=FIRST_BYTE_S)
    if done and isinstance(step := first.result(), Failed):
        await steps.aclose()
        return JSONResponse(step.body, step.status, headers=plan_headers(call))
    return StreamingResponse(
        _chunks(steps, first, call, include_usage),
        media_type="text/event-stream",
        headers={**plan_headers(call), "cache-control": "no-store"},
    )


async def _chunks(
    steps: AsyncGenerator[Step, None], first: "asyncio.Future[Step]", call: Call, include_usage: bool
) -> AsyncGenerator[bytes, None]:
    writer = sse.ChunkWriter(f"chatcmpl-{call.event_id}", int(time.time()), include_usage)
    try:
        yield sse.comment(f"plan {json.dumps(plan_frame(call))}")
        while not first.done():
            await asyncio.wait({first}, timeout=FIRST_BYTE_S)
            yield sse.comment("waiting")
        step: Step | None = await first
        while step is not None:
            for piece in _pieces(step, writer, call):
                yield piece
            step = await anext(steps, None)
    finally:
        first.cancel()
        await steps.aclose()


def _pieces(step: Step, writer: sse.ChunkWriter, call: Call) -> list[bytes]:
    if isinstance(step, Chunk):
        model = call.decision.escalation_chain[-1] if call.attempts else call.decision.primary_model
        piece = writer.passed_on(step.data, model)
        return [piece] if piece else []
    if isinstance(step, Served):
        return ([] if step.streamed else writer.whole(step.answer, step.model, step.usage)) + [sse.DONE]
    if isinstance(step, Failed):
        return [sse.data_line(step.body)]
    return [sse.comment(f"escalated {step.model}: {step.reason}")]


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "slm-flywheel"}
