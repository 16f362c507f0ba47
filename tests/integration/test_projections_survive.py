"""Projections come back: PostgreSQL killed under the recorder, Redis emptied under the router."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio as redis

from infra.local.ports import free_port
from infra.local.postgres import PostgresServer
from services.recorder.adapters import Projection
from services.recorder.processor import TOPICS
from services.router.adapters import PREFIX
from shared.brokers.kafka import KafkaBroker
from shared.events import AssignmentChanged, ShadowCompared
from shared.events.vocabulary import AttemptVerdict, ComparisonKind
from shared.schema.codec import Codec
from shared.schema.release import SCHEMAS_DIR
from shared.settings import KafkaSettings
from shared.stream.broker import NewTopic, OutRecord
from tests.integration.recording import recorder_on

CODEC = Codec.from_dir(SCHEMAS_DIR)
WAIT_S = 40.0


def comparison(number: int) -> ShadowCompared:
    return ShadowCompared(
        comparison_id=f"survive-{number}",
        cluster="survive",
        event_id=f"survive-{number}",
        model="m@v1",
        kind=ComparisonKind.CANDIDATE,
        verdict=AttemptVerdict.OK,
        format_valid=True,
        parity=True,
        slices={},
        compared_at_ms=number,
    )


async def send(bootstrap: str, records: list[tuple[str, str, object]]) -> None:
    broker = KafkaBroker(KafkaSettings(bootstrap_servers=bootstrap), client_id="test")
    await broker.admin().create_topics([NewTopic(topic, 2) for topic in (*TOPICS, "cluster.changed")])
    producer = broker.producer()
    await producer.start()
    await producer.send([OutRecord(topic, key.encode(), CODEC.encode(topic, event)) for topic, key, event in records])
    await producer.close()
    await broker.close()


async def rows(dsn: str) -> int:
    try:
        connection = await asyncpg.connect(dsn, timeout=5.0)
    except (OSError, asyncpg.PostgresError):
        return -1
    try:
        if not await connection.fetchval("SELECT to_regclass('model_metrics_timeseries')"):
            return -1
        return int(await connection.fetchval("SELECT count(*) FROM model_metrics_timeseries WHERE cluster = 'survive'"))
    finally:
        await connection.close()


@pytest.mark.timeout(180)
def test_postgresql_killed_under_the_recorder_loses_and_doubles_nothing(kafka_bootstrap: str, tmp_path: Path) -> None:
    postgres = PostgresServer(tmp_path)

    async def scenario() -> None:
        await asyncio.to_thread(postgres.start)
        await asyncio.to_thread(postgres.wait_ready, WAIT_S)
        projection, stop = Projection(postgres.address), asyncio.Event()
        broker = KafkaBroker(KafkaSettings(bootstrap_servers=kafka_bootstrap), client_id="test")
        recorder = recorder_on(broker, CODEC, projection, 50)
        await send(kafka_bootstrap, [("shadow.compared", "survive", comparison(n)) for n in range(300)])
        running = asyncio.create_task(recorder.run(stop))
        try:
            async with asyncio.timeout(WAIT_S):
                while await rows(postgres.address) < 50:
                    await asyncio.sleep(0.05)
            await asyncio.to_thread(postgres.kill)
            await send(kafka_bootstrap, [("shadow.compared", "survive", comparison(n)) for n in range(300, 600)])
            await asyncio.sleep(2.0)
            assert not running.done(), "the recorder waits"
            await asyncio.to_thread(postgres.start)
            await asyncio.to_thread(postgres.wait_ready, WAIT_S)
            async with asyncio.timeout(WAIT_S):
                while await rows(postgres.address) < 600:
                    await asyncio.sleep(0.1)
            assert await rows(postgres.address) == 600
        finally:
            stop.set()
            await running
            await projection.close()
            await broker.close()
            await asyncio.to_thread(postgres.stop)

    asyncio.run(scenario())


@pytest.mark.timeout(120)
def test_redis_emptied_under_the_router_is_filled_again(kafka_bootstrap: str, redis_url: str, tmp_path: Path) -> None:
    assignment = AssignmentChanged(cluster="survive", version=4, primary="m@v1", changed_at_ms=1)

    async def scenario() -> None:
        await send(kafka_bootstrap, [("assignment.changed", "survive", assignment)])
        environment = {
            **os.environ,
            "FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS": kafka_bootstrap,
            "FLYWHEEL_REDIS__URL": redis_url,
            "FLYWHEEL_ROUTER__PORT": str(free_port()),
            "FLYWHEEL_ROUTER__SPOOL_DIR": str(tmp_path / "spool"),
        }
        client = redis.Redis.from_url(redis_url)
        command = [sys.executable, "-m", "services.router.main"]
        with (tmp_path / "log").open("w") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            try:
                await _held(client)
                await client.flushall()
                await _held(client)
            finally:
                process.terminate()
                process.wait(30.0)
                await client.aclose()

    async def _held(client: "redis.Redis") -> None:
        async with asyncio.timeout(WAIT_S):
            while True:
                value = await client.hget(f"{PREFIX}assignment.changed", "survive")
                text = value.decode() if isinstance(value, bytes) else value or ""
                if text.startswith("4:"):
                    return
                await asyncio.sleep(0.2)

    asyncio.run(scenario())
