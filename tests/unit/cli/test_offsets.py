"""``flywheel offsets set``: what is skipped or read again, who must not run, and the audit row beside it."""

import asyncio
import json
from collections.abc import Sequence

import pytest

import infra.local.registry
from services.cli import lag
from services.cli.lag import PartitionLag
from services.cli.main import DONE, FAILED, WRONG_USAGE, run
from services.cli.offsets import CHAIN, plan
from shared.audit_trail import read_chain
from shared.brokers.memory import MemoryBroker
from shared.brokers.memory_cluster import MemoryCluster
from shared.errors import SettingsError
from shared.schema.codec import Codec
from shared.schema.release import SCHEMAS_DIR
from shared.stream.broker import Broker, NewTopic, OutRecord
from shared.stream.records import TopicPartition

CODEC = Codec.from_dir(SCHEMAS_DIR)
ROWS = (
    PartitionLag("g", "orders", 0, 3, 5, 10),
    PartitionLag("g", "orders", 1, 8, 0, 10),
    PartitionLag("g", "orders", 2, None, 0, 4),
)


@pytest.mark.parametrize(
    ("place", "to", "effects"),
    [
        ("orders/0", "earliest", ["0 records are skipped, 2 have expired unread"]),
        ("orders/0", "7", ["2 records are skipped, 2 have expired unread"]),
        ("orders/1", "9", ["1 records are skipped"]),
        ("orders/1", "8", ["stays"]),
        ("orders/1", "earliest", ["8 records are read again"]),
        ("orders/2", "latest", ["4 records are skipped"]),
        (
            "orders",
            "latest",
            ["5 records are skipped, 2 have expired unread", "2 records are skipped", "4 records are skipped"],
        ),
    ],
)
def test_the_plan_says_what_is_skipped_and_what_is_read_again(place: str, to: str, effects: Sequence[str]) -> None:
    assert [move.effect for move in plan(ROWS, place, to)] == effects


@pytest.mark.parametrize(
    ("place", "to", "told"),
    [
        ("orders/9", "latest", "orders/9"),
        ("orders/0", "4", "holds offsets 5 to 10"),
        ("orders/0", "11", "holds offsets 5 to 10"),
        ("orders/0", "-1", "earliest, latest or an offset"),
    ],
)
def test_what_the_log_does_not_hold_is_refused(place: str, to: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        plan(ROWS, place, to)


class Nobody:
    async def on_revoked(self, partitions: frozenset[TopicPartition]) -> None:
        return None

    async def on_assigned(self, partitions: frozenset[TopicPartition]) -> None:
        return None


async def prepared() -> Broker:
    broker = MemoryBroker(MemoryCluster())
    await broker.admin().create_topics([NewTopic("orders", 2), NewTopic("promotion.audit", 2)])
    producer = broker.producer()
    await producer.start()
    await producer.send([OutRecord("orders", b"k", b"{}", (), 1)] * 10)
    await producer.close()
    return broker


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    broker = asyncio.run(prepared())
    monkeypatch.setattr(lag, "GROUPS", {"deduper": ("orders",), "recorder": ("orders",)})
    monkeypatch.setattr(infra.local.registry, "with_log", lambda _settings, _dir, use: asyncio.run(use(broker, CODEC)))
    return broker


def test_offsets_and_their_audit_row_are_one_step(broker: Broker, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["offsets", "set", "deduper", "orders/1", "6", "-o", "json"]
    assert run([*arguments, "--dry-run"]) == DONE
    assert asyncio.run(broker.admin().committed("deduper")) == {}
    assert run(arguments) == DONE
    shown = json.loads(capsys.readouterr().out.split("]")[-2] + "]")
    assert shown == [{"topic": "orders", "partition": 1, "committed": None, "to": 6, "effect": "6 records are skipped"}]
    assert asyncio.run(broker.admin().committed("deduper")) == {TopicPartition("orders", 1): 6}
    (row,) = asyncio.run(read_chain(broker, CODEC, CHAIN))
    assert (row.action, row.subject) == ("offsets.set", "deduper")


def test_a_running_service_is_not_moved_under_its_feet(broker: Broker, capsys: pytest.CaptureFixture[str]) -> None:
    async def home() -> None:
        consumer = broker.consumer("deduper", ("orders",), Nobody())
        await consumer.start()
        await asyncio.sleep(0.05)
        assert await broker.admin().members("deduper") == 1

    asyncio.run(home())
    assert run(["offsets", "set", "deduper", "orders/1", "latest"]) in (FAILED, WRONG_USAGE)
    assert "1 running member: stop the service first" in capsys.readouterr().err
    assert asyncio.run(broker.admin().committed("deduper")) == {}


def test_groups_that_keep_their_positions_elsewhere_are_told_where(
    broker: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["offsets", "set", "recorder", "orders", "earliest"]) in (FAILED, WRONG_USAGE)
    assert "flywheel replay postgres" in capsys.readouterr().err
    assert run(["offsets", "set", "nobody", "orders", "earliest"]) in (FAILED, WRONG_USAGE)
