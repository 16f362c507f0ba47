"""``flywheel replay``: audited before it is emptied, followed until it is back, and clear when nobody fills it."""

import asyncio

import pytest

from services.cli.main import DONE, FAILED, run
from services.cli.projections import CHAIN, Patience, latest_keys, replay_postgres, replay_redis, watch
from shared.audit_trail import ChainWriter, read_chain
from shared.brokers.memory import MemoryBroker
from shared.brokers.memory_cluster import MemoryCluster
from shared.clock import ManualClock
from shared.errors import FatalError
from shared.replica import REPLICATED_TOPICS
from shared.schema.codec import Codec
from shared.schema.release import SCHEMAS_DIR
from shared.stream.broker import NewTopic, OutRecord
from shared.stream.records import TopicPartition

CODEC = Codec.from_dir(SCHEMAS_DIR)
TOPIC = "shadow.compared"
QUICK = Patience(still_s=0.2, poll_s=0.01)


class FakeTables:
    """Tables whose recorder takes ``pace`` offsets at every look at its positions."""

    def __init__(self, end: int, pace: int) -> None:
        self.next, self.end, self.pace = end, end, pace

    async def rows(self) -> dict[str, int | None]:
        return {"model_metrics_timeseries": self.next}

    async def positions(self) -> dict[TopicPartition, int]:
        self.next = min(self.end, self.next + self.pace)
        return {TopicPartition(TOPIC, 0): self.next}

    async def empty(self) -> None:
        self.next = 0


class FakeCopies:
    def __init__(self, keys: int, fills: bool) -> None:
        self.held, self.full, self.fills = keys, keys, fills

    async def keys(self) -> dict[str, int]:
        self.held = min(self.full, self.held + int(self.fills))
        return {topic: self.held if topic == "assignment.changed" else 0 for topic in REPLICATED_TOPICS}

    async def empty(self) -> None:
        self.held = 0


async def log() -> MemoryBroker:
    broker = MemoryBroker(MemoryCluster())
    await broker.admin().create_topics([NewTopic(t, 2) for t in (TOPIC, *REPLICATED_TOPICS, "promotion.audit")])
    producer = broker.producer()
    await producer.start()
    await producer.send([OutRecord(TOPIC, b"c", b"x", (), 0)] * 10)
    await producer.send([OutRecord("assignment.changed", b"c%d" % (n % 4), b"x") for n in range(9)])
    await producer.close()
    return broker


def test_postgres_is_audited_emptied_and_followed_until_it_is_back() -> None:
    async def story() -> None:
        broker, tables, said = await log(), FakeTables(10, 3), list[str]()
        left = await replay_postgres(broker, CODEC, ManualClock(), tables, (TOPIC,), "cli:ann")
        assert tables.next == 0
        await watch(left, QUICK, said.append, "recorder")
        assert tables.next == 10 and said[0].endswith("to come back") and len(said) > 1
        row = (await read_chain(broker, CODEC, CHAIN))[0]
        assert (row.action, row.subject, row.actor) == ("replay.postgres", "postgres", "cli:ann")
        assert b'"model_metrics_timeseries":10' in row.canonical

    asyncio.run(story())


def test_redis_is_followed_by_the_keys_that_the_topics_hold() -> None:
    async def story() -> None:
        broker, copies = await log(), FakeCopies(4, fills=True)
        assert await latest_keys(broker) == {"cluster.changed": 0, "model.registered": 0, "assignment.changed": 4}
        await watch(
            await replay_redis(broker, CODEC, ManualClock(), copies, "cli:ann"), QUICK, lambda _: None, "router"
        )
        assert copies.held == 4

    asyncio.run(story())


def test_a_projection_that_nobody_fills_is_told_with_the_way_out() -> None:
    async def story() -> None:
        left = await replay_redis(await log(), CODEC, ManualClock(), FakeCopies(4, fills=False), "cli")
        with pytest.raises(FatalError, match=r"4 of 4 are still missing.*does the router run"):
            await watch(left, QUICK, lambda _: None, "router")

    asyncio.run(story())


def test_a_second_operator_takes_the_chain_over_and_it_never_forks() -> None:
    async def story() -> None:
        broker = await log()
        async with ChainWriter(broker, CODEC, ManualClock(), chain=CHAIN, actor="cli:ann") as first:
            await first.write([], "a", "s", {})
            async with ChainWriter(broker, CODEC, ManualClock(), chain=CHAIN, actor="cli:bob") as second:
                with pytest.raises(FatalError, match="another operator has taken over"):
                    await first.write([OutRecord(TOPIC, b"lost", b"x")], "b", "s", {})
                await second.write([OutRecord(TOPIC, b"kept", b"x")], "c", "s", {})
        assert [row.action for row in await read_chain(broker, CODEC, CHAIN)] == ["a", "c"]
        keys = [record.key for record in broker.cluster.records(TOPIC)]
        assert b"kept" in keys and b"lost" not in keys

    asyncio.run(story())


def test_servers_that_are_away_are_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLYWHEEL_POSTGRES__DSN", "postgresql://u:secret@127.0.0.1:1/x")
    monkeypatch.setenv("FLYWHEEL_REDIS__URL", "redis://:secret@127.0.0.1:1/0")
    for verb, name in (("postgres", "PostgreSQL"), ("redis", "Redis")):
        assert run(["replay", verb, "--dry-run"]) == FAILED
        error = capsys.readouterr().err
        assert error.startswith(f"error: {name} gives no answer") and "secret" not in error
    assert run(["replay", "postgres", "--help"]) == DONE
    assert "--dry-run" in capsys.readouterr().out
