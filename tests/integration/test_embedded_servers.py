"""The embedded servers: real processes that keep their data over stops and kills, and say clearly why they cannot start."""

import asyncio
import shutil
import socket
from pathlib import Path

import asyncpg
import pytest
import redis
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from infra.local.kafka import KafkaServer
from infra.local.postgres import PostgresServer
from infra.local.redis import RedisServer
from shared.errors import SettingsError

pytestmark = pytest.mark.servers
TOPIC = "kept"


async def _produce(bootstrap: str, values: list[bytes], create: bool) -> None:
    if create:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        response = await admin.create_topics([NewTopic(TOPIC, num_partitions=1, replication_factor=1)])
        assert [error[1] for error in response.topic_errors] == [0]
        await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", retry_backoff_ms=20)
    await producer.start()
    for value in values:
        await producer.send_and_wait(TOPIC, value, partition=0)
    await producer.stop()


async def _read_all(bootstrap: str, expected: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(TOPIC, bootstrap_servers=bootstrap, auto_offset_reset="earliest", retry_backoff_ms=20)
    await consumer.start()
    values: list[bytes] = []
    while len(values) < expected:
        for records in (await consumer.getmany(timeout_ms=500)).values():
            values += [record.value for record in records]
    await consumer.stop()
    return values


def test_kafka_keeps_acknowledged_records_over_a_stop_and_a_kill(tmp_path: Path) -> None:
    server = KafkaServer(tmp_path, fast_failover=True)
    first, second, third = [b"a%d" % i for i in range(50)], [b"b%d" % i for i in range(50)], [b"c"]
    try:
        server.start()
        server.wait_ready()
        address = server.address
        asyncio.run(_produce(address, first, create=True))
        assert server.stop() in (0, 143)
        server.start()
        server.wait_ready()
        asyncio.run(_produce(address, second, create=False))
        server.kill()
        assert not server.is_running
        server.start()
        server.wait_ready()
        asyncio.run(_produce(address, third, create=False))
        assert server.address == address
        assert asyncio.run(_read_all(address, 101)) == first + second + third
    finally:
        server.stop()
    assert not server.is_running
    assert server.process is not None and server.process.ended_cleanly


def test_postgres_keeps_committed_rows_over_a_stop_and_a_kill(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path)

    async def run(*statements: str) -> list[int]:
        connection = await asyncpg.connect(server.address)
        for statement in statements:
            await connection.execute(statement)
        rows = await connection.fetch("SELECT n FROM kept ORDER BY n")
        await connection.close()
        return [row["n"] for row in rows]

    try:
        server.start()
        server.wait_ready()
        asyncio.run(run("CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (1)"))
        assert server.stop() == 0
        server.start()
        server.wait_ready()
        asyncio.run(run("INSERT INTO kept VALUES (2)"))
        server.kill()
        server.start()
        server.wait_ready()
        assert asyncio.run(run()) == [1, 2]
        assert (server.home / "secrets" / "postgres").stat().st_mode & 0o777 == 0o600
    finally:
        server.stop()
        server.remove_data()
    assert not server.data.exists()


def test_a_state_folder_removed_by_hand_leaves_no_data_behind_under_an_unknown_password(tmp_path: Path) -> None:
    async def tables(server: PostgresServer, *statements: str) -> int:
        connection = await asyncpg.connect(server.address)
        for statement in statements:
            await connection.execute(statement)
        count: int = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        await connection.close()
        return count

    home = tmp_path / "home"
    for statements in (("CREATE TABLE old (n int)",), ()):
        server = PostgresServer(home)
        try:
            server.start()
            server.wait_ready()
            assert asyncio.run(tables(server, *statements)) == len(statements)
        finally:
            server.stop()
        shutil.rmtree(home)
    server.remove_data()


def test_postgres_refuses_a_wrong_password(tmp_path: Path, postgres_dsn: str) -> None:
    head, _, host = postgres_dsn.rpartition("@")
    wrong = f"{head.rpartition(':')[0]}:wrong@{host}"
    with pytest.raises(asyncpg.InvalidPasswordError):
        asyncio.run(asyncpg.connect(wrong))


def test_redis_keeps_writes_over_a_stop_and_a_kill(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    counts = []
    try:
        for end in (server.stop, server.kill, server.stop):
            server.start()
            server.wait_ready()
            with redis.Redis.from_url(server.address) as client:
                counts.append(client.incr("kept"))
            end()
    finally:
        server.stop()
    assert counts == [1, 2, 3]


def test_redis_refuses_a_client_without_the_password(redis_url: str) -> None:
    host, _, port = redis_url.rpartition("@")[2].partition("/")[0].partition(":")
    with redis.Redis(host=host, port=int(port)) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


@pytest.mark.parametrize(
    ("build", "setting"),
    [
        (lambda home, port: KafkaServer(home, port=port), "FLYWHEEL_LOCAL__KAFKA_PORT"),
        (lambda home, port: KafkaServer(home, controller_port=port), "FLYWHEEL_LOCAL__KAFKA_CONTROLLER_PORT"),
        (lambda home, port: PostgresServer(home, port=port), "FLYWHEEL_LOCAL__POSTGRES_PORT"),
        (lambda home, port: RedisServer(home, port=port), "FLYWHEEL_LOCAL__REDIS_PORT"),
    ],
)
def test_a_taken_port_is_refused_with_its_number_and_setting(tmp_path: Path, build, setting: str) -> None:  # type: ignore[no-untyped-def]
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        server = build(tmp_path, port)
        with pytest.raises(SettingsError, match=rf"port {port} .*taken.*{setting}"):
            server.start()
        assert not server.is_running


def test_a_nearly_full_disk_is_refused_with_the_numbers(tmp_path: Path) -> None:
    server = RedisServer(tmp_path, min_free_mb=10**9)
    with pytest.raises(SettingsError, match=r"nearly full: .* MB free, 1000000000 MB needed"):
        server.start()
