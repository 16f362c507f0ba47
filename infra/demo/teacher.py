"""The replay teacher: an OpenAI-compatible server that answers from the traffic's own right answers.

It stands in for a frontier model, at a named model's list price and with a latency distribution whose source is stated.
Wherever its figures are shown they are called "replayed". A real endpoint takes its place by setting a base URL and a key.

Latency: time to first token with median 0.52 s (OpenAI, gpt-4.1, by Artificial Analysis as quoted in mid-2025) and a
log-normal tail of σ = 0.45 (assumed: no distribution is published); 67.6 tokens/s, between 56.9 and 80.7 (gpt-4.1, OpenAI
community thread 1307310, measured with tacho, July 2025).
"""

import asyncio
import hashlib
import json
import math
from collections.abc import AsyncGenerator
from random import Random
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from infra.demo.traffic import Step

TTFT_MEDIAN_S, TTFT_SIGMA = 0.52, 0.45
TOKENS_PER_S = (56.9, 80.7)
CHARACTERS_PER_TOKEN = 4.0
LATENCY_SOURCE = "replayed: gpt-4.1, TTFT median 0.52 s (log-normal, σ 0.45 assumed), 57 to 81 tokens/s"


def step_key(messages: Any) -> str:
    """Identity of a conversation as the teacher sees it."""
    return hashlib.sha256(json.dumps(messages, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def token_counts(messages: Any, tools: Any, answer: Any) -> tuple[int, int]:
    """Tokens read and written, at four characters a token: the same estimate for every call the demo prices."""
    read = len(json.dumps(messages, ensure_ascii=False)) + len(json.dumps(tools, ensure_ascii=False))
    written = len(json.dumps(answer, ensure_ascii=False))
    return math.ceil(read / CHARACTERS_PER_TOKEN), math.ceil(written / CHARACTERS_PER_TOKEN)


def answer_message(step: Step) -> dict[str, Any]:
    """The right answer as an assistant message."""
    if not step.expected:
        return {"role": "assistant", "content": step.text}
    calls = [
        {"id": f"call_{index}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for index, (name, arguments) in enumerate(step.expected)
    ]
    return {"role": "assistant", "content": None, "tool_calls": calls}


class Teacher:
    """Holds the right answers of the steps that agents announced. ``pace`` scales its latency; 0 answers at once."""

    def __init__(self, seed: int, pace: float = 1.0) -> None:
        self._answers: dict[str, dict[str, Any]] = {}
        self._rng = Random(seed)  # noqa: S311 - latencies that must repeat
        self._pace = pace
        self.calls = 0

    def expect(self, step: Step) -> None:
        self._answers[step_key(list(step.messages))] = answer_message(step)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/v1/chat/completions", self._complete, methods=["POST"])])

    async def _complete(self, request: Request) -> Response:
        body = await request.json()
        answer = self._answers.get(step_key(body.get("messages")))
        if answer is None:
            message = "the replay teacher has no answer to this conversation"
            return JSONResponse({"error": {"message": message, "type": "invalid_request_error", "code": None}}, 400)
        self.calls += 1
        read, written = token_counts(body.get("messages"), body.get("tools") or [], answer)
        first_s = self._pace * self._rng.lognormvariate(math.log(TTFT_MEDIAN_S), TTFT_SIGMA)
        rest_s = self._pace * written / self._rng.uniform(*TOKENS_PER_S)
        usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
        finish = "tool_calls" if answer.get("tool_calls") else "stop"
        head = {"id": f"chatcmpl-{self.calls}", "created": 0, "model": body.get("model", "")}
        if body.get("stream"):
            return StreamingResponse(
                _chunks(head, answer, finish, usage, first_s, rest_s), media_type="text/event-stream"
            )
        await asyncio.sleep(first_s + rest_s)
        choice = {"index": 0, "message": answer, "finish_reason": finish}
        return JSONResponse({**head, "object": "chat.completion", "choices": [choice], "usage": usage})


async def _chunks(
    head: dict[str, Any], answer: dict[str, Any], finish: str, usage: dict[str, int], first_s: float, rest_s: float
) -> AsyncGenerator[bytes, None]:
    await asyncio.sleep(first_s)
    delta = dict(answer)
    if "tool_calls" in delta:
        delta["tool_calls"] = [{"index": index, **call} for index, call in enumerate(delta["tool_calls"])]
    head = {**head, "object": "chat.completion.chunk"}
    yield _data({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    await asyncio.sleep(rest_s)
    yield _data({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    yield _data({**head, "choices": [], "usage": usage})
    yield b"data: [DONE]\n\n"


def _data(value: Any) -> bytes:
    return f"data: {json.dumps(value)}\n\n".encode()
