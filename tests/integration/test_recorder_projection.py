"""The recorder on real servers: rows and offsets move together, a second recorder is harmless, a replay is equal."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from infra.local.kafka import KafkaServer
from services.promoter.logic.audit import append
from services.recorder.adapters import Projection
from services.recorder.logic import TABLES
from services.recorder.processor import TOPICS, Recorder
from shared.brokers.kafka import KafkaBroker
from shared.errors import FatalError
from shared.events import AssignmentChanged, ModelRegistered, ShadowCompared
from shared.events.audit_chain import ChainHead
from shared.events.vocabulary import AttemptVerdict, ComparisonKind, ModelKind
from shared.schema.codec import Codec
from shared.schema.release import SCHEMAS_DIR
from shared.settings import KafkaSettings
from shared.stream.broker import NewTopic, OutRecord
from tests.integration.recording import recorder_on

CODEC = Codec.from_dir(SCHEMAS_DIR)
WAIT_S = 30.0


def assignment(cluster: str, version: int) -> AssignmentChanged:
    return AssignmentChanged(cluster=cluster, version=version, primary=f"m@v{version}", changed_at_ms=version)


def comparison(number: int) -> ShadowCompared:
    return ShadowCompared(
        comparison_id=f"c{number}",
        cluster="c\x00odd",
        event_id=f"e{number}",
        model="m@v1",
        kind=ComparisonKind.CANDIDATE,
        verdict=AttemptVerdict.OK,
        format_valid=True,
        parity=True,
        slices={},
        compared_at_ms=number,
    )


@asynccontextmanager
async def recording(bootstrap: str, dsn: str) -> AsyncIterator[Recorder]:
    broker, projection = KafkaBroker(KafkaSettings(bootstrap_servers=bootstrap), client_id="test"), Projection(dsn)
    running, stop = recorder_on(broker, CODEC, projection), asyncio.Event()
    task = asyncio.create_task(running.run(stop))
    try:
        yield running
    finally:
        stop.set()
        try:
            await task
        finally:
            await projection.close()
            await broker.close()


async def write(bootstrap: str, records: list[tuple[str, str, Any]]) -> None:
    broker = KafkaBroker(KafkaSettings(bootstrap_servers=bootstrap), client_id="test-writer")
    await broker.admin().create_topics([NewTopic(topic, 2) for topic in TOPICS])
    producer = broker.producer()
    await producer.start()
    await producer.send([OutRecord(topic, key.encode(), CODEC.encode(topic, event)) for topic, key, event in records])
    await producer.close()
    await broker.close()


async def tables(dsn: str) -> dict[str, list[tuple[Any, ...]]]:
    connection = await asyncpg.connect(dsn)
    try:
        return {
            table.name: [tuple(row) for row in await connection.fetch(f"SELECT * FROM {table.name} ORDER BY 1, 2, 3")]
            for table in TABLES
        }
    finally:
        await connection.close()


async def wait_for_rows(dsn: str, table: str, count: int) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(WAIT_S):
            while True:
                exists = await connection.fetchval("SELECT to_regclass($1)", table)
                if exists and await connection.fetchval(f"SELECT count(*) FROM {table}") >= count:
                    return
                await asyncio.sleep(0.1)
    finally:
        await connection.close()


def audit_rows(count: int) -> list[Any]:
    head, rows = ChainHead(), []
    for number in range(count):
        head, row = append(head, "promoter.0", number, "ramp", "c1", {"n": number})
        rows.append(row)
    return rows


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[str]:
    """A log of this test's own: a recorder projects every record there is, and a forged one stays in the log."""
    server = KafkaServer(tmp_path)
    server.start()
    try:
        server.wait_ready(120.0)
        yield server.address
    finally:
        server.stop()


def test_projection_is_exact_and_replays_equal(own_kafka: str, postgres_dsn: str) -> None:
    entry = ModelRegistered(
        model="base/x", kind=ModelKind.BASE, model_name="x", eval_scores={"a": 0.5}, registered_at_ms=1
    )
    records: list[tuple[str, str, Any]] = [("assignment.changed", "c1", assignment("c1", v)) for v in range(1, 6)]
    records += [("shadow.compared", "c", comparison(n)) for n in range(250)]
    records += [("promotion.audit", "promoter.0", row) for row in audit_rows(20)]
    records += [
        ("model.registered", "base/x", entry),
        ("model.registered", "base/x", replace(entry, registered_at_ms=9)),
    ]

    async def scenario() -> None:
        await write(own_kafka, records)
        async with recording(own_kafka, postgres_dsn), recording(own_kafka, postgres_dsn):
            await wait_for_rows(postgres_dsn, "model_metrics_timeseries", 250)
            await wait_for_rows(postgres_dsn, "promotion_audit_log", 20)
            await wait_for_rows(postgres_dsn, "cluster_model_assignment", 1)
            await wait_for_rows(postgres_dsn, "model_registry", 1)
        first = await tables(postgres_dsn)
        assert len(first["model_metrics_timeseries"]) == 250
        assert first["cluster_model_assignment"][0][1] == 5 and first["model_registry"][0][4] == 9

        connection = await asyncpg.connect(postgres_dsn)
        for table in TABLES:
            await connection.execute(f"TRUNCATE {table.name}")
        await connection.execute("TRUNCATE projection_offsets")
        await connection.close()
        async with recording(own_kafka, postgres_dsn):
            await wait_for_rows(postgres_dsn, "model_metrics_timeseries", 250)
            await wait_for_rows(postgres_dsn, "promotion_audit_log", 20)
            await wait_for_rows(postgres_dsn, "cluster_model_assignment", 1)
            await wait_for_rows(postgres_dsn, "model_registry", 1)
        assert await tables(postgres_dsn) == first

        forged = replace(audit_rows(21)[-1], prev_hash="f" * 64)
        await write(own_kafka, [("promotion.audit", "promoter.0", forged)])
        with pytest.raises(FatalError, match="breaks at seq 20"):
            async with recording(own_kafka, postgres_dsn):
                await asyncio.sleep(WAIT_S / 6)

    asyncio.run(scenario())
