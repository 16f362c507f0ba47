"""Everything the system kept, as text: what a leaked identifier would be found in."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import redis.asyncio as redis

from shared.schema.topics import load_topics
from shared.stream.broker import Broker

POSTGRES_TABLES = (
    "model_registry",
    "model_metrics_timeseries",
    "slm_observation_raw",
    "slm_observation_curated",
    "cluster_model_assignment",
    "promotion_audit_log",
)


async def topic_bytes(broker: Broker, schemas_dir: Path, leave_out: frozenset[str]) -> AsyncIterator[tuple[str, bytes]]:
    """(topic, key and value) of every record of every topic but those left out."""
    for topic in load_topics(schemas_dir / "topics.yaml"):
        if topic in leave_out:
            continue
        reader = broker.reader()
        await reader.start()
        try:
            partitions = await reader.partitions(topic)
            ends = await reader.stable_ends(partitions)
            reader.assign(await reader.beginnings(partitions))
            while any([await reader.position(p) < ends[p] for p in partitions]):
                for record in await reader.poll(list(partitions), 2000, 0.2):
                    yield topic, (record.key or b"") + b"\n" + (record.value or b"")
        finally:
            await reader.stop()


async def postgres_text(dsn: str) -> AsyncIterator[tuple[str, bytes]]:
    connection = await asyncpg.connect(dsn)
    try:
        for table in POSTGRES_TABLES:
            for row in await connection.fetch(f"SELECT t::text AS line FROM {table} t"):
                yield f"postgres {table}", row["line"].encode()
    finally:
        await connection.close()


async def redis_bytes(url: str) -> AsyncIterator[tuple[str, bytes]]:
    client = redis.Redis.from_url(url)
    try:
        async for key in client.scan_iter():
            for field, value in (await client.hgetall(key)).items():
                yield f"redis {_bytes(key).decode()}", _bytes(field) + b"\n" + _bytes(value)
    finally:
        await client.aclose()


def file_bytes(home: Path, leave_out: tuple[str, ...]) -> list[tuple[str, bytes]]:
    """Logs, spool, adapters and whatever else lies in the state folder, but for the servers' own data."""
    return [
        (str(path.relative_to(home)), path.read_bytes())
        for path in sorted(home.rglob("*"))
        if path.is_file() and not str(path.relative_to(home)).startswith(leave_out)
    ]


def _bytes(value: bytes | str) -> bytes:
    return value if isinstance(value, bytes) else value.encode()
