"""A closed-loop HTTP load: so many connections, each sending its next request when the last one is answered.

Written on bare streams, because a full client costs more per call than what is to be measured.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from infra.local.ports import LOOPBACK


@dataclass(frozen=True, slots=True)
class Measured:
    """Latencies of the calls in ms, and how long all of them took."""

    latencies_ms: list[float]
    took_s: float

    @property
    def per_s(self) -> float:
        return len(self.latencies_ms) / self.took_s


def posting(path: str, body: bytes, headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """One request, ready to be written."""
    lines = [f"POST {path} HTTP/1.1", "Host: bench", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def load(port: int, requests: Sequence[bytes], connections: int) -> Measured:
    """Send all ``requests``, at most ``connections`` at a time. Raises ``RuntimeError`` for any answer but 200."""
    queue = iter(requests)
    latencies: list[float] = []

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        try:
            for request in queue:
                started_s = time.perf_counter()
                writer.write(request)
                await _answered(reader)
                latencies.append((time.perf_counter() - started_s) * 1000)
        finally:
            writer.close()

    started_s = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(one_connection())
    return Measured(latencies, time.perf_counter() - started_s)


async def _answered(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    status, _, rest = head.partition(b"\r\n")
    if status.split()[1] != b"200":
        raise RuntimeError(f"answered {status.decode(errors='replace')}")
    length = next(line for line in rest.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(length.partition(b":")[2]))
