"""Health and metrics of one process over HTTP: /healthz (does it move?), /readyz (may it get work?), /metrics, /state.

/state tells what the stores hold as counts and digests, to this machine alone: they are computed on request.

Liveness is progress of the loop, not a ping: a process that answers but whose tasks stand still is reported as stuck.
"""

import asyncio
import contextlib
import ipaddress
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

Problems = Callable[[], Sequence[str]]
"""Names of what stands still; empty when all is well."""

StateReport = Callable[[], Awaitable[dict[str, Any]]]

_READ_S = 5.0
_LONGEST_LINE = 8_192


class HealthServer:
    """Serves on ``host``:``port`` (0 takes a free one). GET only; one request per connection."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        stuck: Problems,
        ready: Callable[[], bool],
        state: Callable[[], StateReport | None] = lambda: None,
    ) -> None:
        self._host = host
        self._wanted_port = port
        self._stuck = stuck
        self._ready = ready
        self._state = state
        self._one_report = asyncio.Lock()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> int:
        """Returns the port. Raises ``OSError`` when it is taken."""
        self._server = await asyncio.start_server(self._serve, self._host, self._wanted_port, limit=_LONGEST_LINE)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self.port

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_READ_S):
                request = await reader.readline()
                while (await reader.readline()).strip():
                    pass
            parts = request.decode("latin-1").split()
            if len(parts) != 3:
                status, kind, body = "400 Bad Request", "text/plain", b""
            elif (parts[0], parts[1]) == ("GET", "/state"):
                status, kind, body = await self._tell_state(writer.get_extra_info("peername"))
            else:
                status, kind, body = self._answer(parts[0], parts[1])
            head = (
                f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(head.encode() + body)
            await writer.drain()
        except (TimeoutError, ValueError, ConnectionError):
            pass  # a client that speaks no HTTP, or went away
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _tell_state(self, peer: Any) -> tuple[str, str, bytes]:
        report = self._state()
        if report is None:
            return "404 Not Found", "text/plain", b""
        if not peer or not ipaddress.ip_address(peer[0]).is_loopback:
            return "403 Forbidden", "text/plain", b""
        async with self._one_report:
            return _said(True, await report())

    def _answer(self, method: str, target: str) -> tuple[str, str, bytes]:
        path = target.split("?", 1)[0]
        if method != "GET":
            return "405 Method Not Allowed", "text/plain", b""
        if path == "/metrics":
            return "200 OK", CONTENT_TYPE_LATEST, generate_latest()
        if path == "/healthz":
            stuck = list(self._stuck())
            return _said(not stuck, {"status": "stuck" if stuck else "moving", "stuck": stuck})
        if path == "/readyz":
            ready = self._ready()
            return _said(ready, {"status": "ready" if ready else "not ready"})
        return "404 Not Found", "text/plain", b""


def _said(good: bool, body: Mapping[str, object]) -> tuple[str, str, bytes]:
    return "200 OK" if good else "503 Service Unavailable", "application/json", json.dumps(body).encode()
