"""``flywheel lag``: committed, stable end, lag; a group that never committed is shown as such; limits."""

import asyncio
import json
from collections.abc import Sequence

import pytest

import infra.local.registry
from services.cli import lag
from services.cli.main import DONE, FAILED, WRONG_USAGE, run
from shared.brokers.memory import MemoryBroker
from shared.brokers.memory_cluster import MemoryCluster
from shared.stream.broker import NewTopic, OutRecord
from shared.stream.records import TopicPartition

GROUPS = {"reader": ("orders",), "newcomer": ("orders",), "elsewhere": ("absent",)}
ORDERS = TopicPartition("orders", 0)


async def filled() -> MemoryBroker:
    """Ten records on one partition of two; ``reader`` has committed seven of them, in a transaction."""
    broker = MemoryBroker(MemoryCluster())
    await broker.admin().create_topics([NewTopic("orders", 2)])
    producer = broker.producer()
    await producer.start()
    await producer.send([OutRecord("orders", b"k", b"{}", (), 0)] * 10)
    await producer.close()
    committing = broker.transactional_producer("reader.0")
    await committing.start()
    await committing.begin()
    await committing.commit({ORDERS: 7}, "reader")
    return broker


def by_group(rows: Sequence[lag.PartitionLag], group: str) -> list[lag.PartitionLag]:
    return [row for row in rows if row.group == group]


def test_lag_is_stable_end_minus_committed_and_unknown_without_a_commit() -> None:
    async def story() -> None:
        broker = await filled()
        rows = await lag.measure(broker, GROUPS)
        first, second = by_group(rows, "reader")
        assert (first.committed, first.end, first.lag, first.behind) == (7, 10, 3, 3)
        assert second.committed is None and second.lag is None
        assert [(row.lag, row.behind) for row in by_group(rows, "newcomer")] == [(None, 10), (None, 0)]
        assert by_group(rows, "elsewhere") == []
        sums = {row["group"]: (row["lag"], row["state"]) for row in lag.totals(rows)}
        assert sums == {
            "reader": (3, "1 partitions not committed"),
            "newcomer": (None, "no offset committed"),
        }

    asyncio.run(story())


def test_an_open_transaction_is_no_lag_and_expired_records_are_told() -> None:
    async def story() -> None:
        broker = await filled()
        writer = broker.transactional_producer("writer")
        await writer.start()
        await writer.begin()
        await writer.send([OutRecord("orders", b"k", b"{}", (), 0)] * 5)
        assert by_group(await lag.measure(broker, GROUPS), "reader")[0].lag == 3
        await writer.commit({}, "")
        assert by_group(await lag.measure(broker, GROUPS), "reader")[0].lag == 9
        broker.cluster.truncate(ORDERS, 9)
        rows = await lag.measure(broker, GROUPS)
        assert by_group(rows, "reader")[0].expired == 2
        assert "2 records expired unread" in str(lag.totals(rows)[0]["state"])

    asyncio.run(story())


def test_the_command_shows_every_partition_and_holds_a_limit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broker = asyncio.run(filled())
    monkeypatch.setattr(infra.local.registry, "open_broker", lambda _settings: broker)
    monkeypatch.setattr(lag, "GROUPS", GROUPS)
    assert run(["lag", "-o", "json"]) == DONE
    document = json.loads(capsys.readouterr().out)
    assert document["partitions"][0] == {
        "group": "reader", "topic": "orders", "partition": 0, "committed": 7, "end": 10, "lag": 3, "state": "",
    }  # fmt: skip
    assert {row["group"]: row["lag"] for row in document["groups"]} == {"reader": 3, "newcomer": None}
    assert run(["lag", "--group", "reader", "--max", "3"]) == DONE
    assert "no offset committed" in capsys.readouterr().out
    assert run(["lag", "--group", "reader", "--max", "2"]) == FAILED
    assert "reader is 3 behind on orders[0] (committed 7, stable end 10)" in capsys.readouterr().err
    assert run(["lag", "--group", "newcomer", "--max", "9"]) == FAILED
    assert "never committed" in capsys.readouterr().err


def test_a_group_that_is_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lag", "--group", "nobody"]) == WRONG_USAGE
    assert "recorder" in capsys.readouterr().err


def test_a_broker_that_is_away_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:1")
    assert run(["lag"]) == FAILED
    assert capsys.readouterr().err.startswith("error: Kafka at 127.0.0.1:1 gives no answer")
