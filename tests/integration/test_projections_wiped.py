"""PostgreSQL and Redis deleted wholly while the system runs: both come back equal by replay, no call fails meanwhile."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import redis.asyncio as redis

from infra.demo.teacher import Teacher
from infra.demo.traffic import Step, Traffic
from infra.local.kafka import KafkaServer
from infra.local.ports import free_port
from infra.local.postgres import PostgresServer
from infra.local.redis import RedisServer
from infra.local.topics import apply_topics
from services.cli.main import DONE, run
from services.recorder.adapters import Projection
from services.recorder.logic import TABLES
from services.recorder.processor import TOPICS
from services.router.adapters import RedisReplica
from shared.audit_trail import read_chain
from shared.brokers.kafka import KafkaBroker
from shared.events import AssignmentChanged, ModelRegistered, PromotionAudit, ShadowCompared
from shared.events.audit_chain import ChainHead, append
from shared.events.vocabulary import AttemptVerdict, ComparisonKind, ModelKind
from shared.http import serve_http
from shared.replica import REPLICATED_TOPICS
from shared.schema.codec import Codec
from shared.schema.release import SCHEMAS_DIR
from shared.settings import KafkaSettings
from shared.stream.broker import Broker, OutRecord
from shared.stream.scan import partitions_of, scan
from tests.integration.recording import recorder_on
from tests.integration.test_router_without_its_neighbours import ask, until_up, with_canary

CODEC = Codec.from_dir(SCHEMAS_DIR)
WAIT_S = 90.0


@dataclass
class Servers:
    kafka: KafkaServer
    postgres: PostgresServer
    redis: RedisServer

    @property
    def environment(self) -> dict[str, str]:
        return {
            "FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS": self.kafka.address,
            "FLYWHEEL_POSTGRES__DSN": self.postgres.address,
            "FLYWHEEL_REDIS__URL": self.redis.address,
        }


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    home = tmp_path / "home"
    found = Servers(KafkaServer(home), PostgresServer(home), RedisServer(home))
    with ExitStack() as stack:
        stack.callback(found.postgres.remove_data)
        for server in (found.kafka, found.postgres, found.redis):
            stack.callback(server.stop)
            server.start()
            server.wait_ready(120.0)
        yield found


@contextmanager
def process(module: str, environment: Mapping[str, str], log_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with log_path.open("w") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", module], env={**os.environ, **environment}, stdout=log, stderr=log
        )
        try:
            yield started
        finally:
            started.terminate()
            try:
                started.wait(60.0)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()


@dataclass
class Life:
    """Traffic that goes on: decisions and comparisons on the log, calls to the router."""

    broker: Broker
    url: str
    steps: list[Step]
    rounds: int = 0
    calls: int = 0
    failed: list[int] = field(default_factory=list)
    head: ChainHead = field(default_factory=ChainHead)

    def records(self) -> list[tuple[str, str, Any]]:
        number = self.rounds = self.rounds + 1
        cluster, model = f"c{number % 5}", f"m{number % 3}@v1"
        assignment = AssignmentChanged(cluster=cluster, version=number, primary=model, changed_at_ms=number)
        entry = ModelRegistered(
            model=model, kind=ModelKind.SPECIALIST, model_name=model, eval_scores={}, registered_at_ms=number
        )
        comparison = ShadowCompared(
            comparison_id=f"x{number}",
            cluster=cluster,
            event_id=f"e{number}",
            model=model,
            kind=ComparisonKind.CANDIDATE,
            verdict=AttemptVerdict.OK,
            format_valid=True,
            parity=True,
            slices={},
            compared_at_ms=number,
        )
        self.head, row = append(self.head, "promoter.0", number, "promoter", "ramp", cluster, {"n": number})
        return [
            ("assignment.changed", cluster, assignment),
            ("model.registered", model, entry),
            ("shadow.compared", cluster, comparison),
            ("promotion.audit", "promoter.0", row),
        ]

    async def write(self, stop: asyncio.Event) -> None:
        producer = self.broker.producer()
        await producer.start()
        while not stop.is_set():
            await producer.send([OutRecord(t, k.encode(), CODEC.encode(t, e)) for t, k, e in self.records()])
            await asyncio.sleep(0.02)
        await producer.close()

    async def call(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            answer = await ask(self.url, self.steps[self.calls % len(self.steps)])
            self.calls += 1
            if answer.status_code != 200:
                self.failed.append(answer.status_code)
            await asyncio.sleep(0.05)


async def until(condition: Any, what: str) -> None:
    try:
        async with asyncio.timeout(WAIT_S):
            while not await condition():
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise AssertionError(f"not within {WAIT_S:.0f} s: {what}") from None


async def tables(dsn: str) -> dict[str, list[tuple[Any, ...]]]:
    connection = await asyncpg.connect(dsn)
    try:
        names = [*[table.name for table in TABLES], "projection_offsets"]
        return {
            name: sorted((tuple(row) for row in await connection.fetch(f"SELECT * FROM {name}")), key=repr)
            for name in names
        }
    finally:
        await connection.close()


async def is_recorded(broker: Broker, dsn: str) -> bool:
    """PostgreSQL stands at the stable end of every topic."""
    partitions = [partition for topic in TOPICS for partition in await partitions_of(broker, topic)]
    reader = broker.reader()
    await reader.start()
    try:
        ends = await reader.stable_ends(partitions)
    finally:
        await reader.stop()
    try:
        known = {(row[0], row[1]): row[2] for row in (await tables(dsn))["projection_offsets"]}
    except (OSError, asyncpg.PostgresError):
        return False
    return all(known.get((p.topic, p.partition), 0) == end for p, end in ends.items())


async def latest(broker: Broker) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {topic: {} for topic in REPLICATED_TOPICS}
    for topic in REPLICATED_TOPICS:
        async for batch in scan(broker, await partitions_of(broker, topic)):
            for record in batch:
                assert record.key is not None and record.value is not None
                found[topic][record.key.decode()] = CODEC.decode(topic, record.value)
    return found


async def is_replicated(broker: Broker, url: str) -> bool:
    replica = RedisReplica(url)
    try:
        held = {
            topic: {key: CODEC.decode(topic, payload) for key, payload in (await replica.load(topic)).items()}
            for topic in REPLICATED_TOPICS
        }
    finally:
        await replica.close()
    return held == await latest(broker)


async def fresh_tables(servers: Servers) -> dict[str, list[tuple[Any, ...]]]:
    """A replay of the whole log into another database."""
    connection = await asyncpg.connect(servers.postgres.address)
    await connection.execute("CREATE DATABASE fresh")
    await connection.close()
    dsn = servers.postgres.address.rpartition("/")[0] + "/fresh"
    broker, stop = KafkaBroker(KafkaSettings(bootstrap_servers=servers.kafka.address)), asyncio.Event()
    projection = Projection(dsn)
    task = asyncio.create_task(recorder_on(broker, CODEC, projection, 500).run(stop))
    try:
        await until(lambda: is_recorded(broker, dsn), "a fresh replay")
        return await tables(dsn)
    finally:
        stop.set()
        await task
        await projection.close()
        await broker.close()


async def drop_schema(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("DROP SCHEMA public CASCADE")
    await asyncio.sleep(1.0)
    await connection.execute("CREATE SCHEMA public")
    await connection.close()


async def flush_all(url: str) -> None:
    client = redis.Redis.from_url(url)
    await client.flushall()
    await client.aclose()


def wipe(server: PostgresServer | RedisServer) -> None:
    """Killed, its data folder deleted, started empty on the same port."""
    server.kill()
    server.remove_data()
    server.start()
    server.wait_ready(120.0)


@pytest.mark.timeout(600)
def test_postgresql_and_redis_deleted_wholly_come_back_equal(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in servers.environment.items():
        monkeypatch.setenv(name, value)
    teacher, traffic, router_port = Teacher(1, pace=0.0), Traffic("ticket", 1), free_port()
    steps = [traffic.next().steps[0] for _ in range(8)]
    for step in steps:
        teacher.expect(with_canary(step))

    async def scenario() -> None:
        apply_topics(KafkaSettings(bootstrap_servers=servers.kafka.address))
        serving_stop, teacher_port = asyncio.Event(), free_port()
        serving = asyncio.create_task(serve_http(teacher.app(), "127.0.0.1", teacher_port, serving_stop, 1.0))
        router_settings = {
            "FLYWHEEL_ROUTER__PORT": str(router_port),
            "FLYWHEEL_ROUTER__FRONTIER_BASE_URL": f"http://127.0.0.1:{teacher_port}/v1",
            "FLYWHEEL_ROUTER__SPOOL_DIR": str(tmp_path / "spool"),
        }
        broker = KafkaBroker(KafkaSettings(bootstrap_servers=servers.kafka.address), client_id="test")
        life = Life(broker, f"http://127.0.0.1:{router_port}", steps)
        try:
            with (
                process("services.recorder.main", servers.environment, tmp_path / "recorder.log") as recorder,
                process("services.router.main", {**servers.environment, **router_settings}, tmp_path / "router.log"),
            ):
                await until_up(life.url)
                await _deleted_under_load(broker, life, recorder)
            before = await tables(servers.postgres.address)
            assert await fresh_tables(servers) == before
            assert len(before["promotion_audit_log"]) == life.rounds + 2, "the operator's two replays are on record"
            assert len(before["model_metrics_timeseries"]) == life.rounds
            assert life.calls > 20 and life.failed == [], "every call was answered"
        finally:
            serving_stop.set()
            await serving
            await broker.close()

    async def _deleted_under_load(broker: Broker, life: Life, recorder: "subprocess.Popen[bytes]") -> None:
        stop = asyncio.Event()
        living = [asyncio.create_task(life.write(stop)), asyncio.create_task(life.call(stop))]
        try:
            await until(lambda: _rows_above(servers.postgres.address, 50), "the first rows")
            for verb in ("postgres", "redis"):
                assert await asyncio.to_thread(run, ["replay", verb, "-o", "json"]) == DONE
                document = json.loads(capsys.readouterr().out)
                assert document["result"] == "rebuilt"
                assert all(document["after"][name] >= count for name, count in document["before"].items())

            await asyncio.gather(drop_schema(servers.postgres.address), flush_all(servers.redis.address))
            await until(lambda: _rows_above(servers.postgres.address, life.rounds - 1), "the tables after a drop")

            await asyncio.to_thread(wipe, servers.redis)
            await asyncio.to_thread(wipe, servers.postgres)
            await until(lambda: _rows_above(servers.postgres.address, life.rounds - 1), "the tables after a wipe")
        finally:
            stop.set()
            await asyncio.gather(*living)
        await until(lambda: is_recorded(broker, servers.postgres.address), "everything recorded")
        await until(lambda: is_replicated(broker, servers.redis.address), "Redis as the topics say")
        assert recorder.poll() is None, "the recorder went through all of it in one life"

        # Without any traffic no write would tell: the emptied tables are noticed all the same.
        before = await tables(servers.postgres.address)
        connection = await asyncpg.connect(servers.postgres.address)
        await connection.execute("TRUNCATE slm_observation_raw, model_metrics_timeseries")
        await connection.close()
        await until(lambda: is_recorded(broker, servers.postgres.address), "truncated tables read again")
        assert await tables(servers.postgres.address) == before
        chain: list[PromotionAudit] = await read_chain(broker, CODEC, "cli.replay")
        assert [row.action for row in chain] == ["replay.postgres", "replay.redis"]

    asyncio.run(scenario())


async def _rows_above(dsn: str, count: int) -> bool:
    try:
        return len((await tables(dsn))["model_metrics_timeseries"]) > count
    except (OSError, asyncpg.PostgresError):
        return False
