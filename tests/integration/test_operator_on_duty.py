"""The operator's commands under the operator's own user, on a broker with users and permissions."""

import asyncio
import hashlib
import json
from collections.abc import Iterator

import pytest

from infra.local.kafka_secured import ADMINISTRATOR
from services.cli.main import run as flywheel
from shared.errors import FatalError
from shared.events import DeadLetter
from shared.schema.access import OPERATOR
from shared.schema.codec import Codec
from shared.schema.release import SCHEMAS_DIR
from shared.stream.broker import OutRecord
from shared.stream.records import TopicPartition
from tests.integration.secured import WAY_OUT, Secured, secured_broker
from tests.integration.test_access_control import read_one, write_one

pytestmark = pytest.mark.timeout(300)
CODEC = Codec.from_dir(SCHEMAS_DIR)
SOURCE = "observation.unique"


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with secured_broker(tmp_path_factory.mktemp("secured")) as made:
        yield made


@pytest.fixture
def on_duty(secured: Secured, monkeypatch: pytest.MonkeyPatch) -> Secured:
    for name, value in secured.environment(OPERATOR).items():
        monkeypatch.setenv(name, value)
    return secured


async def _reject_one(secured: Secured) -> None:
    """A record of SOURCE, its dead letter by the clusterer, and the group's offset after it."""
    broker = secured.broker(ADMINISTRATOR)
    value = b"\x07 not ours"
    letter = DeadLetter(
        origin_topic=SOURCE, origin_partition=0, origin_offset=0, application="clusterer", reason="unknown_framing",
        payload=value, payload_sha256=hashlib.sha256(value).hexdigest(), failed_at_ms=1,
    )  # fmt: skip
    try:
        producer = broker.transactional_producer("clusterer.test")
        await producer.start()
        await producer.begin()
        await producer.send(
            [
                OutRecord(SOURCE, b"k", value, partition=0),
                OutRecord("dead.letter", SOURCE.encode(), CODEC.encode("dead.letter", letter)),
            ]
        )
        await producer.commit({TopicPartition(SOURCE, 0): 1}, "clusterer")
        await producer.close()
    finally:
        await broker.close()


def test_lag_dead_letters_and_state_need_no_administrator(on_duty: Secured, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(_reject_one(on_duty))

    assert flywheel(["lag", "--output", "json"]) == 0
    rows = {(row["group"], row["topic"]): row for row in json.loads(capsys.readouterr().out)["partitions"]}
    assert rows["clusterer", SOURCE]["committed"] == 1
    assert rows["ingest_redactor", "observation.raw"]["end"] == 0, "how much there is may be seen, also of raw"

    assert flywheel(["dlq", "list", "--output", "json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["application"], listed["reason"]) == ("clusterer", "unknown_framing")
    assert flywheel(["dlq", "replay", "--output", "json"]) == 0
    (replayed,) = json.loads(capsys.readouterr().out)
    assert replayed["result"] == "appended"
    assert flywheel(["dlq", "replay", "--output", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == [], "the audit trail tells of it"

    assert flywheel(["state", "verify", "--output", "json"]) == 0
    states = json.loads(capsys.readouterr().out)
    assert states and all(row["is_good"] for row in states)


def test_the_operator_reads_nothing_raw_and_joins_no_group_and_writes_under_no_other_id(on_duty: Secured) -> None:
    async def scenario() -> None:
        broker = on_duty.broker(OPERATOR)
        try:
            with pytest.raises(FatalError, match=rf"no permission for topic observation\.raw.*{WAY_OUT}"):
                await read_one(broker, "observation.raw")
            with pytest.raises(FatalError, match=f"no permission for topic dead.letter.*{WAY_OUT}"):
                await write_one(broker, "dead.letter")
            with pytest.raises(FatalError, match=f"no permission for transactional id promoter.0.*{WAY_OUT}"):
                await write_one(broker, "promotion.audit", "promoter.0")
        finally:
            await broker.close()

    asyncio.run(scenario())
