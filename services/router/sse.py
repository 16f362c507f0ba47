"""Server-sent events, and the chunks of a streamed chat completion. Never an ``id:`` field: it breaks OpenAI clients."""

import json
from typing import Any

from shared.events.calls import Answer


def event(name: str, data: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def data_line(data: Any) -> bytes:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def comment(text: str) -> bytes:
    """A line that every client ignores; the plan travels in one."""
    return f": {text}\n\n".encode()


DONE = b"data: [DONE]\n\n"


class ChunkWriter:
    """Chunks of one answer: one id and creation time throughout, the served model's name, usage only if asked for."""

    def __init__(self, completion_id: str, created_s: int, include_usage: bool) -> None:
        self._head = {"id": completion_id, "object": "chat.completion.chunk", "created": created_s}
        self._include_usage = include_usage

    def passed_on(self, data: dict[str, Any], model: str) -> bytes | None:
        """A frontier chunk under our own id and model name; ``None`` for a usage chunk that nobody asked for."""
        if not data.get("choices") and not (self._include_usage and data.get("usage")):
            return None
        chunk = {**data, **self._head, "model": model}
        if not self._include_usage:
            chunk.pop("usage", None)
        return data_line(chunk)

    def whole(self, answer: Answer, model: str, usage: dict[str, int]) -> list[bytes]:
        """A checked answer as role, payload and finish chunks."""
        payload: dict[str, Any] = {}
        if answer.content is not None:
            payload["content"] = answer.content
        if answer.tool_calls:
            payload["tool_calls"] = [
                {
                    "index": index,
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments_json},
                }
                for index, call in enumerate(answer.tool_calls)
            ]
        finish = answer.finish_reason or ("tool_calls" if answer.tool_calls else "stop")
        parts: list[tuple[dict[str, Any], str | None]] = [
            ({"role": "assistant", "content": None if answer.tool_calls else ""}, None),
            (payload, None),
            ({}, finish),
        ]
        chunks = [
            {**self._head, "model": model, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
            for delta, reason in parts
        ]
        if self._include_usage:
            chunks.append({**self._head, "model": model, "choices": [], "usage": usage})
        return [data_line(chunk) for chunk in chunks]
