"""An ASGI application inside a process of ours: uvicorn without its own signals, stopped by the process's event."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from shared.errors import FatalError


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_http(app: Any, host: str, port: int, stop: asyncio.Event, grace_s: float) -> None:
    """Serve until ``stop`` is set; requests in hand get ``grace_s`` to end. Raises ``FatalError`` for a taken port."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=max(1, int(grace_s)),
        timeout_keep_alive=75,
    )
    server = _Server(config)
    serving = asyncio.ensure_future(_serve(server, host, port))
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    server.should_exit = True
    await serving


async def _serve(server: _Server, host: str, port: int) -> None:
    try:
        await server.serve()
    except SystemExit:
        # uvicorn ends the process where it cannot bind; here that is one clear error.
        raise FatalError(f"{host}:{port} cannot be used: another process has it, or the address is not ours") from None
