"""A TCP proxy on loopback that misbehaves as told: what stands between a client and a server that "is away".

It runs in a thread with a loop of its own, so that a test that blocks its loop does not hold up the traffic.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from enum import StrEnum

from infra.local.ports import LOOPBACK, free_port

CHUNK_BYTES = 64 * 1024


class Mode(StrEnum):
    PASS = "pass"
    REFUSE = "refuse"
    """Open connections are reset and new ones are refused: a dead process."""
    HALF_OPEN = "half_open"
    """Bytes are swallowed both ways and nobody hangs up: a cut cable."""
    DROP_RESPONSES = "drop_responses"
    """Requests get through, their answers do not: done, and nobody knows."""
    DELAY = "delay"
    """Every chunk waits for ``delay_s`` in each direction."""
    THROTTLE = "throttle"
    """Each direction of a connection carries ``bytes_per_s``."""


class TcpProxy:
    """Forwards ``address`` to a port of this host. Thread-safe; use it as a context manager."""

    def __init__(self, upstream_port: int, *, delay_s: float = 0.2, bytes_per_s: int = 64 * 1024) -> None:
        self.port = free_port()
        self.connections = 0
        self.upstream_port = upstream_port
        self._delay_s = delay_s
        self._bytes_per_s = bytes_per_s
        self._mode = Mode.PASS
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tcp-proxy")
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def __enter__(self) -> "TcpProxy":
        self._thread.start()
        self._call(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def switch(self, mode: Mode) -> None:
        """Behave so from now on. Connections that swallowed bytes are reset: what they missed cannot be made up for."""
        self._call(self._switch(mode))

    def reset(self) -> None:
        """Cut every open connection with a TCP reset."""
        self._call(self._reset())

    @contextlib.contextmanager
    def misbehaving(self, mode: Mode) -> Iterator[None]:
        self.switch(mode)
        try:
            yield
        finally:
            self.switch(Mode.PASS)

    def _call(self, work: "asyncio.Future[None] | object") -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)  # type: ignore[arg-type]

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, LOOPBACK, self.port)

    async def _end(self) -> None:
        await self._close_door()
        await self._reset()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
            await asyncio.wait([task])

    async def _close_door(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _switch(self, mode: Mode) -> None:
        old, self._mode = self._mode, mode
        if mode is Mode.REFUSE:
            await self._close_door()
        if mode is Mode.REFUSE or old in (Mode.HALF_OPEN, Mode.DROP_RESPONSES):
            await self._reset()
        if mode is not Mode.REFUSE and self._server is None:
            await self._listen()

    async def _reset(self) -> None:
        for writer in list(self._writers):
            sock = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        upstream = None
        try:
            far_reader, upstream = await asyncio.open_connection(LOOPBACK, self.upstream_port)
            self._writers.add(upstream)
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._pump(reader, upstream, is_answer=False))
                pumps.create_task(self._pump(far_reader, writer, is_answer=True))
        except (OSError, ExceptionGroup):
            pass
        finally:
            for end in (writer, upstream):
                if end is not None:
                    self._writers.discard(end)
                    end.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool) -> None:
        while chunk := await reader.read(CHUNK_BYTES):
            mode = self._mode
            if mode is Mode.HALF_OPEN or (mode is Mode.DROP_RESPONSES and is_answer):
                continue
            if mode is Mode.DELAY:
                await asyncio.sleep(self._delay_s)
            elif mode is Mode.THROTTLE:
                await asyncio.sleep(len(chunk) / self._bytes_per_s)
            writer.write(chunk)
            await writer.drain()
        raise ConnectionResetError("one end hung up")
