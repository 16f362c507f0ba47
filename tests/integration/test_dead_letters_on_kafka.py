"""``flywheel dlq replay`` on real Kafka: raw dead letters go through the redactor's own program, twice changes nothing."""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.kafka import KafkaServer
from infra.local.topics import apply_topics
from services.cli.main import DONE, FAILED, run
from shared.audit_trail import read_chain
from shared.brokers.kafka import KafkaBroker
from shared.events import AssignmentChanged, ObservationRaw
from shared.events.calls import Answer, ChatMessage, Request
from shared.lifecycle import make_dead_letter
from shared.replayed import REDACTOR_CHAIN
from shared.schema.codec import Codec
from shared.schema.release import SCHEMAS_DIR
from shared.settings import KafkaSettings
from shared.stream.broker import Broker, OutRecord
from shared.stream.records import Record
from shared.stream.scan import partitions_of, scan

CODEC = Codec.from_dir(SCHEMAS_DIR)
CANARY = "maria.garcia@example.com"


def raw_call(event_id: str) -> ObservationRaw:
    return ObservationRaw(
        event_id=event_id, tenant="acme", episode=event_id, occurred_at_ms=1_700_000_000_000,
        request=Request(messages=(ChatMessage(role="user", content=f"Refund {CANARY}"),)), answer=Answer(content="done"),
    )  # fmt: skip


async def read(broker: Broker, topic: str) -> list[Record]:
    return [record async for batch in scan(broker, await partitions_of(broker, topic)) for record in batch]


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[str]:
    """A log of this test's own, with the topics as the registry says."""
    server = KafkaServer(tmp_path / "kafka")
    server.start()
    try:
        server.wait_ready(120.0)
        apply_topics(KafkaSettings(bootstrap_servers=server.address))
        yield server.address
    finally:
        server.stop()


@pytest.mark.timeout(240)
def test_raw_positions_are_redacted_again_by_the_redactor_itself(
    own_kafka: str, unique_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS", own_kafka)
    monkeypatch.setenv("FLYWHEEL_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FLYWHEEL_HASH_KEY", raising=False)
    ids = [f"{unique_id}-{number}" for number in range(4)]
    reason = f"planted_{unique_id}"

    async def plant() -> None:
        broker = KafkaBroker(KafkaSettings(bootstrap_servers=own_kafka), client_id="test")
        producer = broker.producer()
        await producer.start()
        calls = [OutRecord("observation.raw", i.encode(), CODEC.encode("observation.raw", raw_call(i))) for i in ids]
        await producer.send(calls)
        mine = [r for r in await read(broker, "observation.raw") if (r.key or b"").startswith(unique_id.encode())]
        letters = [
            make_dead_letter(
                position=r.position, application="ingest_redactor", reason=reason, detail="", attempt=1, payload=None,
                payload_sha256=hashlib.sha256(r.value or b"").hexdigest(), at_ms=1,
            )
            for r in mine
        ]  # fmt: skip
        await producer.send(
            [OutRecord("dead.letter", b"observation.raw", CODEC.encode("dead.letter", x)) for x in letters]
        )
        await producer.close()
        await broker.close()

    async def outcome() -> tuple[Counter[str], int]:
        broker = KafkaBroker(KafkaSettings(bootstrap_servers=own_kafka), client_id="test")
        found = await read(broker, "observation.redacted")
        assert all(CANARY.encode() not in (record.value or b"") for record in found)
        events = [CODEC.decode("observation.redacted", record.value or b"") for record in found]
        rows = await read_chain(broker, CODEC, REDACTOR_CHAIN)
        told = [one for row in rows for one in json.loads(row.canonical)["evidence"]["replayed"]]
        await broker.close()
        return Counter(event.event_id for event in events if event.event_id in ids), len(told)

    asyncio.run(plant())
    words = ["dlq", "replay", "--reason", reason, "-o", "json"]
    assert run(words) != DONE
    assert "FLYWHEEL_HASH_KEY is not set" in capsys.readouterr().err, "a key of its own would match nothing"

    monkeypatch.setenv("FLYWHEEL_HASH_KEY", "the key of this test")
    assert run([*words, "--limit", "3"]) == DONE
    captured = capsys.readouterr()
    assert [row["result"] for row in json.loads(captured.out)] == ["emitted"] * 3
    assert CANARY not in captured.out + captured.err
    assert run(words) == DONE
    assert len(json.loads(capsys.readouterr().out)) == 1
    assert run(words) == DONE
    assert json.loads(capsys.readouterr().out) == []
    counted, told = asyncio.run(outcome())
    assert counted == Counter(ids) and told >= 4

    _plain_letters_go_back_once(own_kafka, capsys)

    monkeypatch.setenv("FLYWHEEL_POLICY_PROFILE", "no-such-policy")
    asyncio.run(plant())
    assert run(words) == FAILED
    assert "the redactor's replay ended with exit code" in capsys.readouterr().err


def _plain_letters_go_back_once(bootstrap: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Letters with a payload: appended under the same key by a transaction, marked, once however often it is run."""
    events = [
        AssignmentChanged(cluster=f"c{number}", version=1, changed_at_ms=1) for number in range(3)
    ]  # the first two are the latest of their keys, the third was overtaken

    async def plant() -> None:
        broker = KafkaBroker(KafkaSettings(bootstrap_servers=bootstrap), client_id="test")
        producer = broker.producer()
        await producer.start()
        topic = "assignment.changed"
        await producer.send([OutRecord(topic, e.cluster.encode(), CODEC.encode(topic, e)) for e in events])
        letters = [
            make_dead_letter(
                position=r.position, application="trainer_dispatcher", reason="planted", detail="", attempt=1,
                payload=r.value, payload_sha256=hashlib.sha256(r.value or b"").hexdigest(), at_ms=1,
            )
            for r in await read(broker, topic)
        ]  # fmt: skip
        newer = AssignmentChanged(cluster="c2", version=2, changed_at_ms=2)
        await producer.send([OutRecord(topic, b"c2", CODEC.encode(topic, newer))])
        await producer.send([OutRecord("dead.letter", topic.encode(), CODEC.encode("dead.letter", x)) for x in letters])
        await producer.close()
        await broker.close()

    async def copies() -> list[Record]:
        broker = KafkaBroker(KafkaSettings(bootstrap_servers=bootstrap), client_id="test")
        try:
            return [record for record in await read(broker, "assignment.changed") if record.headers]
        finally:
            await broker.close()

    asyncio.run(plant())
    words = ["dlq", "replay", "--reason", "planted", "-o", "json"]
    assert run([*words, "--dry-run"]) == FAILED, "one of them cannot be replayed, and that is told"
    assert sorted(row["result"].split(":")[0] for row in json.loads(capsys.readouterr().out)) == [
        "appended", "appended", "not replayed",
    ]  # fmt: skip
    assert asyncio.run(copies()) == []
    for left in (3, 1):
        assert run(words) == FAILED
        assert len(json.loads(capsys.readouterr().out)) == left
    found = asyncio.run(copies())
    assert sorted(record.key or b"" for record in found) == [b"c0", b"c1"]
    assert all(dict(record.headers)["replay_for"] == b"trainer_dispatcher" for record in found)
    assert run(["dlq", "list", "--reason", "planted", "-o", "json"]) == DONE
    states = sorted(row["state"] for row in json.loads(capsys.readouterr().out))
    assert states == ["replayed", "replayed", "waiting"]
