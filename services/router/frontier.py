"""The frontier model over its OpenAI-compatible endpoint: whole answers and streams, each failure as one typed error."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx

from shared.errors import FlywheelError


class FrontierError(FlywheelError):
    """The frontier model did not answer. ``status`` and ``body`` are what the client gets to see.

    ``client_fault``: the request itself was refused (400, 404, 413, 422): never retried, passed on as it is.
    """

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"frontier answered {status}")
        self.status = status
        self.body = body

    @property
    def client_fault(self) -> bool:
        return self.status in (400, 404, 413, 422)


class FrontierClient:
    """One upstream. The client's body is passed on whole, with the model's own name in it."""

    def __init__(self, http: httpx.AsyncClient, base_url: str, api_key: str) -> None:
        self._http = http
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}

    async def complete(self, body: dict[str, Any], model_name: str, timeout_s: float) -> dict[str, Any]:
        """The whole response. Raises :class:`FrontierError`."""
        payload = {**body, "model": model_name, "stream": False}
        payload.pop("stream_options", None)
        try:
            response = await self._http.post(self._url, json=payload, headers=self._headers, timeout=timeout_s)
        except httpx.HTTPError as error:
            raise _unreachable(error) from error
        if response.status_code != httpx.codes.OK:
            raise _refused(response.status_code, response.content)
        try:
            document = response.json()
            document["choices"][0]["message"]
        except (ValueError, LookupError, TypeError):
            raise FrontierError(502, error_body("the frontier model's answer is not a chat completion")) from None
        return dict(document)

    async def stream(
        self, body: dict[str, Any], model_name: str, timeout_s: float
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Chunks as they come, usage included. Raises :class:`FrontierError`, before or between chunks."""
        payload = {**body, "model": model_name, "stream": True, "stream_options": {"include_usage": True}}
        try:
            async with self._http.stream(
                "POST", self._url, json=payload, headers=self._headers, timeout=timeout_s
            ) as response:
                if response.status_code != httpx.codes.OK:
                    raise _refused(response.status_code, await response.aread())
                async for line in response.aiter_lines():
                    data = line.removeprefix("data:").strip()
                    if not line.startswith("data:"):
                        continue
                    if data == "[DONE]":
                        return
                    yield _chunk(data)
        except httpx.HTTPError as error:
            raise _unreachable(error) from error
        raise FrontierError(502, error_body("the frontier model's stream ended early"))


def error_body(
    message: str, kind: str = "upstream_error", code: str | None = None, param: str | None = None
) -> dict[str, Any]:
    """OpenAI's error shape."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _chunk(data: str) -> dict[str, Any]:
    try:
        chunk = json.loads(data)
    except ValueError:
        raise FrontierError(502, error_body("the frontier model's stream is broken")) from None
    if not isinstance(chunk, dict):
        raise FrontierError(502, error_body("the frontier model's stream is broken"))
    if "error" in chunk:
        raise FrontierError(502, {"error": chunk["error"]})
    return chunk


def _unreachable(error: httpx.HTTPError) -> FrontierError:
    timeout = isinstance(error, httpx.TimeoutException)
    what = "did not answer in time" if timeout else f"cannot be reached ({type(error).__name__})"
    return FrontierError(504 if timeout else 502, error_body(f"the frontier model {what}"))


def _refused(status: int, content: bytes) -> FrontierError:
    # The router's own credentials are not the client's affair: 401 and 403 from above become 502 below.
    if status in (401, 403):
        return FrontierError(502, error_body("the frontier model refused the router's credentials"))
    try:
        body = json.loads(content)
        if isinstance(body, dict) and "error" in body:
            return FrontierError(status, body)
    except ValueError:
        pass
    return FrontierError(status, error_body(f"the frontier model answered {status}"))
