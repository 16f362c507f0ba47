"""Emptying a projection under the running system, and watching it come back from the log."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.audit_trail import ChainWriter
from shared.clock import Clock
from shared.errors import FatalError
from shared.replica import REPLICATED_TOPICS
from shared.stream.broker import Broker
from shared.stream.records import TopicPartition
from shared.stream.scan import partitions_of, scan
from shared.stream.serde import Serde

CHAIN = "cli.replay"
POLL_S = 0.5

Announce = Callable[[str], None]
Remaining = Callable[[], Awaitable[int]]
"""How much of what the log held at the command is still missing in the projection."""


class Tables(Protocol):
    """:class:`services.cli.adapters.PostgresProjection`, or a fake."""

    async def rows(self) -> dict[str, int | None]: ...

    async def positions(self) -> dict[TopicPartition, int]: ...

    async def empty(self) -> None: ...


class Copies(Protocol):
    """:class:`services.cli.adapters.RedisProjection`, or a fake."""

    async def keys(self) -> dict[str, int]: ...

    async def empty(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a replay may stand still (nothing more of it appears) before it is given up, in seconds."""

    still_s: float
    poll_s: float = POLL_S


async def stable_span(broker: Broker, topics: Sequence[str]) -> dict[TopicPartition, tuple[int, int]]:
    """First offset kept and stable end of every partition that holds anything."""
    partitions = [partition for topic in topics for partition in await partitions_of(broker, topic)]
    reader = broker.reader()
    try:
        await reader.start()
        beginnings, ends = await reader.beginnings(partitions), await reader.stable_ends(partitions)
    finally:
        await reader.stop()
    return {p: (beginnings[p], ends[p]) for p in partitions if ends[p] > beginnings[p]}


async def latest_keys(broker: Broker, topics: Sequence[str] = REPLICATED_TOPICS) -> dict[str, int]:
    """Keys of each compacted topic that are not deleted."""
    found: dict[str, int] = {}
    for topic in topics:
        keys: set[bytes] = set()
        async with contextlib.aclosing(scan(broker, await partitions_of(broker, topic))) as batches:
            async for batch in batches:
                keys.update(record.key or b"" for record in batch if record.value is not None)
        found[topic] = len(keys)
    return found


async def replay_postgres(
    broker: Broker, serde: Serde, clock: Clock, tables: Tables, topics: Sequence[str], actor: str
) -> Remaining:
    """Empty the recorder's tables and its offsets. Returns what tells how many offsets are still to be recorded."""
    span = await stable_span(broker, topics)
    await _with_audit(broker, serde, clock, actor, "replay.postgres", "postgres", {"rows": await tables.rows()}, tables)

    async def remaining() -> int:
        known = await tables.positions()
        return sum(max(0, end - max(start, known.get(partition, 0))) for partition, (start, end) in span.items())

    return remaining


async def replay_redis(broker: Broker, serde: Serde, clock: Clock, copies: Copies, actor: str) -> Remaining:
    """Delete the routers' copy. Returns what tells how many keys are still missing."""
    wanted = await latest_keys(broker)
    await _with_audit(broker, serde, clock, actor, "replay.redis", "redis", {"keys": await copies.keys()}, copies)

    async def remaining() -> int:
        held = await copies.keys()
        return sum(max(0, count - held[topic]) for topic, count in wanted.items())

    return remaining


async def _with_audit(
    broker: Broker,
    serde: Serde,
    clock: Clock,
    actor: str,
    action: str,
    subject: str,
    evidence: Mapping[str, Any],
    projection: Tables | Copies,
) -> None:
    """The audit row first: what is done by hand is on record even if it fails half-way."""
    async with ChainWriter(broker, serde, clock, chain=CHAIN, actor=actor) as chain:
        await chain.write([], action, subject, dict(evidence))
        await projection.empty()


async def watch(remaining: Remaining, patience: Patience, announce: Announce, writer: str) -> None:
    """Return once nothing is missing. Raises :class:`FatalError` when it stands still: ``writer`` is not running."""
    loop = asyncio.get_running_loop()
    total = least = await remaining()
    give_up_s = loop.time() + patience.still_s
    announce(f"emptied; {total} to come back")
    while (left := await remaining()) > 0:
        if left < least:
            least, give_up_s = left, loop.time() + patience.still_s
            announce(f"{total - left} of {total}")
        if loop.time() >= give_up_s:
            raise FatalError(
                f"{left} of {total} are still missing and nothing has come for {patience.still_s:g} s: does the "
                f"{writer} run? 'flywheel status' shows it; it goes on from here once it does"
            )
        await asyncio.sleep(patience.poll_s)
