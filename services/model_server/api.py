"""The HTTP face, in vLLM's dialect: ``model`` names the adapter, or the base."""

import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.model_server.engine import Engine, EngineRefusedError, EngineSwitch
from shared.errors import FlywheelError, TransientError
from shared.ids import same_secret

MAX_BODY_BYTES = 1024 * 1024
FINISH = {"limit": "length", "eos": "stop", "word": "stop"}

LoadAdapter = Callable[[str, Path], Awaitable[None]]
UnloadAdapter = Callable[[str], Awaitable[None]]


class CompletionBody(BaseModel):
    """What of OpenAI's completion request is served; other fields are ignored."""

    model_config = ConfigDict(extra="ignore")

    model: str
    prompt: str
    max_tokens: int = Field(default=160, ge=1, le=1024)
    temperature: float = Field(default=0.0, ge=0.0, le=2.0)
    stop: list[str] | str | None = None
    seed: int | None = None
    stream: bool = False
    stream_options: dict[str, Any] | None = None


class ChatBody(CompletionBody):
    prompt: str = ""
    messages: list[dict[str, Any]]


class AdapterBody(BaseModel):
    lora_name: str = Field(min_length=1, max_length=200)
    lora_path: str = ""


def error_json(status: int, message: str, code: str) -> JSONResponse:
    return JSONResponse(
        {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}, status
    )


def build_app(switch: EngineSwitch, base_name: str, load: LoadAdapter, unload: UnloadAdapter, token: str) -> FastAPI:
    async def authorise(request: Request) -> None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if token and not same_secret(given, token):
            raise HTTPException(401, "missing or wrong token")

    app = FastAPI(title="SLM Flywheel model server", version="1", redoc_url=None, dependencies=[Depends(authorise)])

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> JSONResponse:
        return error_json(error.status_code, error.detail, "invalid_api_key")

    @app.get("/v1/models")
    async def models() -> JSONResponse:
        names = [(base_name, None), *((name, base_name) for name in sorted(switch.adapters))]
        items = [{"id": n, "object": "model", "created": 0, "owned_by": "slm-flywheel", "parent": p} for n, p in names]
        return JSONResponse({"object": "list", "data": items})

    @app.post("/v1/completions")
    async def completions(request: Request) -> Response:
        return await _answer(request, CompletionBody, switch, base_name, chat=False)

    @app.post("/v1/chat/completions")
    async def chat_completions(request: Request) -> Response:
        return await _answer(request, ChatBody, switch, base_name, chat=True)

    @app.post("/v1/load_lora_adapter")
    async def load_lora_adapter(body: AdapterBody) -> Response:
        try:
            await load(body.lora_name, Path(body.lora_path))
        except (FlywheelError, OSError, RuntimeError) as error:
            return error_json(400, f"{body.lora_name} is not loaded: {error}", "adapter_refused")
        return JSONResponse({"loaded": body.lora_name})

    @app.post("/v1/unload_lora_adapter")
    async def unload_lora_adapter(body: AdapterBody) -> Response:
        if body.lora_name not in switch.adapters:
            return error_json(404, f"no adapter {body.lora_name!r}", "model_not_found")
        await unload(body.lora_name)
        return JSONResponse({"unloaded": body.lora_name})

    return app


async def _answer(
    request: Request, kind: type[CompletionBody], switch: EngineSwitch, base_name: str, chat: bool
) -> Response:
    try:
        raw = await request.body()
        if len(raw) > MAX_BODY_BYTES:
            return error_json(413, f"the body is larger than {MAX_BODY_BYTES} bytes", "too_large")
        body = kind.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        return error_json(400, f"{'.'.join(map(str, first['loc'])) or 'body'}: {first['msg']}", "bad_request")
    engine = switch.current
    if engine is None:
        return error_json(503, "no engine is running yet", "not_ready")
    if body.model != base_name and body.model not in engine.adapters:
        return error_json(404, f"no model {body.model!r}", "model_not_found")
    try:
        if isinstance(body, ChatBody):
            body = body.model_copy(update={"prompt": await engine.render_chat(body.messages)})
        parts = _parts(engine, body, base_name)
        first_part = await anext(parts)
        if body.stream:
            return StreamingResponse(_stream(first_part, parts, body, chat), media_type="text/event-stream")
        return JSONResponse(await _whole(first_part, parts, body, chat))
    except EngineRefusedError as refused:
        return error_json(refused.status, str(refused), refused.code)
    except TransientError as error:
        return error_json(503, str(error), "engine_away")


async def _parts(engine: Engine, body: CompletionBody, base_name: str) -> AsyncGenerator[dict[str, Any], None]:
    stop = [body.stop] if isinstance(body.stop, str) else body.stop or []
    payload: dict[str, Any] = {
        "prompt": body.prompt,
        "n_predict": body.max_tokens,
        "temperature": body.temperature,
        "stop": stop,
        "cache_prompt": False,
    }
    if body.seed is not None:
        payload["seed"] = body.seed
    async for part in engine.complete(None if body.model == base_name else body.model, payload):
        yield part


async def _whole(
    first: dict[str, Any], parts: AsyncGenerator[dict[str, Any], None], body: CompletionBody, chat: bool
) -> dict[str, Any]:
    text, last = first.get("content", ""), first
    async for part in parts:
        text += part.get("content", "")
        last = part
    choice: dict[str, Any] = {"index": 0, "finish_reason": _finish(last)}
    choice |= {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
    head = _head("chat.completion" if chat else "text_completion", body.model)
    return {**head, "choices": [choice], "usage": _usage(last)}


async def _stream(
    first: dict[str, Any], parts: AsyncGenerator[dict[str, Any], None], body: CompletionBody, chat: bool
) -> AsyncGenerator[bytes, None]:
    head = _head("chat.completion.chunk" if chat else "text_completion", body.model)
    part: dict[str, Any] | None = first
    last = first
    try:
        while part is not None:
            last = part
            finish = _finish(part) if part.get("stop") else None
            text = part.get("content", "")
            choice = {"delta": {"content": text}} if chat else {"text": text}
            yield _data({**head, "choices": [{"index": 0, **choice, "finish_reason": finish}]})
            part = await anext(parts, None)
    except (EngineRefusedError, TransientError) as error:
        yield _data({"error": {"message": str(error), "type": "server_error", "param": None, "code": "engine_away"}})
        return
    if (body.stream_options or {}).get("include_usage"):
        yield _data({**head, "choices": [], "usage": _usage(last)})
    yield b"data: [DONE]\n\n"


def _head(kind: str, model: str) -> dict[str, Any]:
    return {"id": f"cmpl-{uuid4().hex}", "object": kind, "created": int(time.time()), "model": model}


def _finish(part: dict[str, Any]) -> str:
    return FINISH.get(str(part.get("stop_type")), "stop")


def _usage(last: dict[str, Any]) -> dict[str, int]:
    read, written = int(last.get("tokens_evaluated", 0)), int(last.get("tokens_predicted", 0))
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _data(value: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()
