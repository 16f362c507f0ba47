"""A proxy between router and model server that, once switched on, cuts one adapter's completions in half.

The registry, the adapter and the server stay untouched: what fails is what the router receives.
"""

import json
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


class CompletionProxy:
    """Forwards ``/v1/…`` to ``upstream``. ``cut`` names the adapter whose completions lose their second half."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self.cut: str | None = None
        self.cut_count = 0

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self._forward, methods=["GET", "POST"])])

    async def _forward(self, request: Request) -> Response:
        body = await request.body()
        async with httpx.AsyncClient(timeout=60.0) as http:
            answer = await http.request(
                request.method,
                f"{self._upstream}{request.url.path}",
                content=body,
                headers={"content-type": request.headers.get("content-type", "application/json")},
            )
        content, kind = answer.content, answer.headers.get("content-type", "application/json")
        if self.cut is not None and answer.status_code == 200 and json.loads(body or b"{}").get("model") == self.cut:
            self.cut_count += 1
            content = halved(content)
        return Response(content, answer.status_code, media_type=kind)


def halved(stream: bytes) -> bytes:
    """A streamed completion with the second half of its text gone; its end and usage stay."""
    lines = stream.decode().split("\n\n")
    chunks = [json.loads(line.removeprefix("data: ")) if line.startswith("data: {") else line for line in lines]
    texts = [choice for chunk in chunks if isinstance(chunk, dict) for choice in chunk.get("choices", ())]
    for choice in texts[len(texts) // 2 :]:
        choice["text"] = ""
    return "\n\n".join(_line(chunk) for chunk in chunks).encode()


def _line(chunk: Any) -> str:
    return f"data: {json.dumps(chunk)}" if isinstance(chunk, dict) else chunk
