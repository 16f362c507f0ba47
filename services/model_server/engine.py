"""One llama.cpp server inside this process, with a fixed list of adapters; and the pair that swaps without a gap."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from services.model_server.admission import Admission
from shared.errors import FlywheelError, TransientError

START_TIMEOUT_S = 60.0
DRAIN_TIMEOUT_S = 30.0
# Under the ten seconds that router and shadow evaluator give a specialist: they still hear that it is busy, and go on.
PATIENCE_S = 5.0
# The engine closes a kept connection at its own moment, which a request sent at the same moment would not survive.
FRESH_CONNECTION = {"connection": "close"}

logger = logging.getLogger(__name__)


class EngineRefusedError(FlywheelError):
    """The engine answered with an error; ``status`` and ``code`` as the client should see them."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Adapter:
    name: str
    path: Path


class Engine:
    """A running llama.cpp server. The adapters' order is their id in requests."""

    def __init__(self, server: Any, adapters: tuple[Adapter, ...], slots: int, http: httpx.AsyncClient) -> None:
        self._server = server
        self._http = http
        self._admission = Admission(slots, PATIENCE_S)
        self._ids = {adapter.name: index for index, adapter in enumerate(adapters)}
        self._url = str(server.listening_address).rstrip("/")
        self.in_flight = 0
        self._retired = False
        self._idle = asyncio.Event()

    @classmethod
    def start(
        cls, model: Path, adapters: tuple[Adapter, ...], threads: int, slots: int, context: int, http: httpx.AsyncClient
    ) -> "Engine":
        """Blocking, about half a second. Raises whatever llama.cpp raises for a file it cannot load."""
        import xllamacpp

        parameters = xllamacpp.CommonParams()
        parameters.hostnames = ["127.0.0.1"]
        parameters.port = 0
        parameters.model.path = str(model)
        parameters.n_parallel = slots
        parameters.n_ctx = slots * context
        parameters.cpuparams.n_threads = threads
        parameters.cpuparams_batch.n_threads = threads
        parameters.warmup = False
        parameters.verbosity = 0
        loras = []
        for adapter in adapters:
            info = xllamacpp.CommonAdapterLoraInfo()
            info.path = str(adapter.path)
            info.scale = 0.0
            loras.append(info)
        parameters.lora_adapters = loras
        return cls(xllamacpp.Server(parameters), adapters, slots, http)

    @property
    def adapters(self) -> frozenset[str]:
        return frozenset(self._ids)

    async def complete(self, adapter: str | None, body: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """Chunks of llama.cpp's own completion stream: ``content``, ``stop``, and counts in the last one."""
        scales = [{"id": index, "scale": float(name == adapter)} for name, index in self._ids.items()]
        payload = {**body, "lora": scales, "stream": True}
        self.in_flight += 1
        try:
            async with (
                self._admission.turn(adapter),
                self._http.stream(
                    "POST", f"{self._url}/completion", json=payload, headers=FRESH_CONNECTION, timeout=120.0
                ) as response,
            ):
                if response.status_code != httpx.codes.OK:
                    raise _refused(response.status_code, await response.aread())
                async for line in response.aiter_lines():
                    if line.startswith("data:"):
                        yield json.loads(line.removeprefix("data:"))
        except TimeoutError as error:
            raise TransientError("engine: busy") from error
        except httpx.HTTPError as error:
            raise TransientError(f"engine: {type(error).__name__}") from error
        finally:
            self.in_flight -= 1
            if self._retired and not self.in_flight:
                self._idle.set()

    async def render_chat(self, messages: list[dict[str, Any]]) -> str:
        """The conversation as the base model's own chat template writes it."""
        try:
            response = await self._http.post(
                f"{self._url}/apply-template", json={"messages": messages}, headers=FRESH_CONNECTION, timeout=10.0
            )
        except httpx.HTTPError as error:
            raise TransientError(f"engine: {type(error).__name__}") from error
        if response.status_code != httpx.codes.OK:
            raise _refused(response.status_code, response.content)
        return str(response.json()["prompt"])

    async def probe(self) -> None:
        """One token from every adapter, so that none takes traffic unproven."""
        for adapter in [None, *self._ids]:
            async for _ in self.complete(adapter, {"prompt": "ok", "n_predict": 1, "temperature": 0.0}):
                pass

    async def drain(self) -> None:
        """Until nothing is in flight, or the bound; then the engine goes when its last reference does."""
        self._retired = True
        with contextlib.suppress(TimeoutError):
            if self.in_flight:
                await asyncio.wait_for(self._idle.wait(), DRAIN_TIMEOUT_S)
        self._server = None


class EngineSwitch:
    """The engine that serves, and the way to a longer list: start a second one, probe it, swap, drain the first."""

    def __init__(self, model: Path, threads: int, slots: int, context: int, http: httpx.AsyncClient) -> None:
        self._model = model
        self._threads = threads
        self._slots = slots
        self._context = context
        self._http = http
        self._lock = asyncio.Lock()
        self._draining: set[asyncio.Task[None]] = set()
        self._adapters: tuple[Adapter, ...] = ()
        self.current: Engine | None = None

    @property
    def adapters(self) -> dict[str, Path]:
        return {adapter.name: adapter.path for adapter in self._adapters}

    async def use(self, adapters: Mapping[str, Path]) -> None:
        """Serve exactly these. On failure the present engine goes on and the error is raised."""
        async with self._lock:
            wanted = tuple(Adapter(name, path) for name, path in sorted(adapters.items()))
            if wanted == self._adapters and self.current is not None:
                return
            engine = await asyncio.wait_for(
                asyncio.to_thread(
                    Engine.start, self._model, wanted, self._threads, self._slots, self._context, self._http
                ),
                START_TIMEOUT_S,
            )
            await engine.probe()
            previous, self.current, self._adapters = self.current, engine, wanted
            logger.info("an engine took over", extra={"count": len(wanted)})
            if previous is not None:
                task = asyncio.create_task(previous.drain(), name="drain-engine")
                self._draining.add(task)
                task.add_done_callback(self._draining.discard)

    async def close(self) -> None:
        for task in self._draining:
            task.cancel()
        self.current = None


def _refused(status: int, content: bytes) -> EngineRefusedError:
    try:
        error = json.loads(content)["error"]
        kind, message = str(error.get("type", "")), str(error.get("message", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        kind, message = "", f"engine answered {status}"
    if kind == "exceed_context_size_error" or "context" in message:
        return EngineRefusedError(400, "context_length_exceeded", "the prompt is longer than the context")
    return EngineRefusedError(400 if status == 400 else 502, "engine_error", message)
