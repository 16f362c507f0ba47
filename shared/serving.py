"""The client of a completion server (vLLM's dialect): what router and shadow evaluator call a specialist with."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from shared.errors import FlywheelError, TransientError
from shared.prompting.template import Template


class CompletionRefusedError(FlywheelError):
    """The server answered that it will not complete this: ``code`` is ``adapter_missing``, ``too_long`` or ``http_NNN``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Completion:
    """One finished completion. Times from sending; ``ttft_ms`` to the first token."""

    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    ttft_ms: float
    latency_ms: float


class CompletionClient:
    """One server. Streams inside, so that the first token's time is measured; returns whole completions.

    Raises :class:`CompletionRefusedError` on a refusal and :class:`TransientError` on time-outs and broken connections.
    """

    def __init__(self, http: httpx.AsyncClient, base_url: str, token: str = "") -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def complete(
        self, model: str, prompt: str, template: Template, timeout_s: float, now_s: Callable[[], float] = time.monotonic
    ) -> Completion:
        body = {
            "model": model,
            "prompt": prompt,
            "max_tokens": template.max_completion_tokens,
            "temperature": 0.0,
            "stop": [template.stop],
            "stream": True,
            "stream_options": {"include_usage": True},
            "add_special_tokens": False,
        }
        started_s = now_s()
        try:
            url = f"{self._base_url}/v1/completions"
            async with self._http.stream("POST", url, json=body, headers=self._headers, timeout=timeout_s) as response:
                if response.status_code != httpx.codes.OK:
                    raise CompletionRefusedError(_refusal(response.status_code, await response.aread()))
                return await self._read(response, started_s, started_s + timeout_s, now_s)
        except httpx.HTTPError as error:
            raise TransientError(f"completion: {type(error).__name__}") from error

    async def models(self, timeout_s: float = 5.0) -> frozenset[str]:
        """Names that the server serves now."""
        try:
            response = await self._http.get(f"{self._base_url}/v1/models", headers=self._headers, timeout=timeout_s)
            response.raise_for_status()
            return frozenset(str(item["id"]) for item in response.json()["data"])
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise TransientError(f"models: {type(error).__name__}") from error

    async def _read(
        self, response: httpx.Response, started_s: float, deadline_s: float, now_s: Callable[[], float]
    ) -> Completion:
        text, finish = "", ""
        usage: dict[str, Any] = {}
        first_s: float | None = None
        async for line in response.aiter_lines():
            # httpx bounds each read; a server that drips tokens is bounded here.
            if now_s() > deadline_s:
                raise TransientError("completion: deadline")
            data = line.removeprefix("data:").strip()
            if not line.startswith("data:") or data == "[DONE]":
                continue
            try:
                chunk: dict[str, Any] = json.loads(data)
            except ValueError:
                raise TransientError("completion: broken stream") from None
            if "error" in chunk:
                raise CompletionRefusedError("stream_error")
            usage = chunk.get("usage") or usage
            for choice in chunk.get("choices", ()):
                if choice.get("text") and first_s is None:
                    first_s = now_s()
                text += choice.get("text") or ""
                finish = choice.get("finish_reason") or finish
        if not finish:
            raise TransientError("completion: stream ended early")
        ended_s = now_s()
        return Completion(
            text=text,
            finish_reason=finish,
            prompt_tokens=int(usage.get("prompt_tokens", 0)),
            completion_tokens=int(usage.get("completion_tokens", 0)),
            ttft_ms=((first_s or ended_s) - started_s) * 1000,
            latency_ms=(ended_s - started_s) * 1000,
        )


def _refusal(status: int, body: bytes) -> str:
    if status == httpx.codes.NOT_FOUND:
        return "adapter_missing"
    try:
        code = str(json.loads(body)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        code = ""
    return "too_long" if code == "context_length_exceeded" else f"http_{status}"
