"""``make bench-router``: what the router adds to a call, against the same calls sent straight to an instant frontier.

The router runs as in service: policy, snapshot, matcher, and every call observed on real Kafka; afterwards the log must
hold exactly as many observations as calls were made.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from infra.local.ports import accepts, free_port
from infra.local.registry import apply_registry
from infra.local.settings import CHECKOUT, LocalServers, LocalSettings
from infra.local.stack import Stack
from infra.local.topics import with_admin
from shared.models import MODELS_FILE
from shared.settings import Settings
from shared.stream.broker import Admin
from tests.bench.calls import body, steps
from tests.bench.load import Measured, load, posting
from tests.bench.results import quantile, this_machine, write_section

CONNECTIONS = (1, 4, 16)
PATH = "/v1/chat/completions"
WARM_UP = 200
SETTLE_S = 15.0
PORTS = LocalServers(kafka_port=0, kafka_controller_port=0, postgres_port=0, redis_port=0)


@dataclass(frozen=True, slots=True)
class Row:
    """The same requests, direct and through the router, at one number of connections."""

    connections: int
    direct: Measured
    routed: Measured

    def added_ms(self, share: float) -> float:
        return quantile(self.routed.latencies_ms, share) - quantile(self.direct.latencies_ms, share)

    def line(self) -> str:
        routed = [quantile(self.routed.latencies_ms, share) for share in (0.5, 0.99)]
        direct = [quantile(self.direct.latencies_ms, share) for share in (0.5, 0.99)]
        return (
            f"| {self.connections} | {self.added_ms(0.5):.2f} / {self.added_ms(0.99):.2f} "
            f"| {routed[0]:.2f} / {routed[1]:.2f} | {direct[0]:.2f} / {direct[1]:.2f} "
            f"| {self.routed.per_s:,.0f} | {self.direct.per_s:,.0f} |"
        )


@contextmanager
def instant_frontier() -> Iterator[int]:
    """The fake frontier model as a process; yields its port."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.instant_frontier", str(port)], cwd=CHECKOUT)
    try:
        deadline_s = time.monotonic() + 20.0
        while not accepts(port):
            if process.poll() is not None or time.monotonic() > deadline_s:
                raise SystemExit("the instant frontier did not start")
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10.0)


def requests(count: int, seed: int) -> list[bytes]:
    """Different calls of the demo's traffic, each in its episode."""
    return [
        posting(PATH, json.dumps(body(step)).encode(), [("x-flywheel-episode", episode)])
        for episode, step in islice(steps(seed), count)
    ]


async def measure(router_port: int, frontier_port: int, calls: int) -> tuple[list[Row], int]:
    """One row for each number of connections, and how many calls the router was sent in all."""
    made = requests(calls, seed=1)
    await load(router_port, made[:WARM_UP], 4)
    await load(frontier_port, made[:WARM_UP], 4)
    rows, sent = [], min(WARM_UP, calls)
    for connections in CONNECTIONS:
        direct = await load(frontier_port, made, connections)
        routed = await load(router_port, made, connections)
        sent += calls
        rows.append(Row(connections, direct, routed))
        sys.stderr.write(f"{rows[-1].line()}\n")
    return rows, sent


async def observed(stack: Stack, wanted: int) -> int:
    """Observations in the log once there are ``wanted`` of them, or after the time the router may take to flush."""

    async def count(admin: Admin) -> int:
        deadline_s = time.monotonic() + SETTLE_S
        while True:
            found = sum((await admin.end_offsets(["observation.raw"])).values())
            if found >= wanted or time.monotonic() > deadline_s:
                return found
            await asyncio.sleep(0.2)

    return await with_admin(stack.kafka_settings, count)


def run(calls: int) -> tuple[list[Row], int, int]:
    with tempfile.TemporaryDirectory(prefix="flywheel-bench-") as home, instant_frontier() as frontier_port:
        router_port = free_port()
        environment = {
            "FLYWHEEL_ROUTER__PORT": str(router_port),
            "FLYWHEEL_ROUTER__FRONTIER_BASE_URL": f"http://127.0.0.1:{frontier_port}/v1",
        }
        with Stack(LocalSettings(home=Path(home), local=PORTS)) as stack:
            stack.start_servers(only=("kafka", "redis"))
            apply_registry(stack.kafka_settings, Settings().schemas_dir, MODELS_FILE)
            stack.start_service("router", environment)
            stack.wait_service("router", timeout_s=120.0)
            rows, sent = asyncio.run(measure(router_port, frontier_port, calls))
            return rows, sent, asyncio.run(observed(stack, sent))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.router", description="what the router adds to a call")
    parser.add_argument("--calls", type=int, default=2000, help="calls for each number of connections (default 2000)")
    parser.add_argument("--no-write", action="store_true", help="print only; leave RESULTS.md as it is")
    given = parser.parse_args()
    machine = this_machine("fastapi", "uvicorn", "httpx", "aiokafka")
    rows, sent, kept = run(given.calls)
    lines = [
        *machine.lines(),
        "",
        "| connections | added p50 / p99 ms | routed p50 / p99 ms | direct p50 / p99 ms | routed calls/s | direct calls/s |",
        "|---|---|---|---|---|---|",
        *(row.line() for row in rows),
        "",
        f"One router process, closed loop, {given.calls:,} calls a row, not streamed, {kept:,} observations in the log for "
        f"{sent:,} calls sent. The frontier answers at once, so these calls/s are the router's ceiling with observation on; "
        "router, frontier, load generator, Kafka and Redis share the cores. Added = routed minus direct, quantile by "
        "quantile; waiting to be accepted is part of it.",
    ]
    sys.stdout.write(("\n".join(lines) if given.no_write else write_section("Router", lines)) + "\n")
    return 0 if kept == sent else 1


if __name__ == "__main__":
    sys.exit(main())
