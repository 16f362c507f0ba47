"""The scoreboard as a process on Kafka: outcomes in, windows out, undecodable bytes survived, and it ends when told to."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from shared.brokers.kafka import KafkaBroker
from shared.events import DeadLetter, MetricsWindowed, OutcomeReported
from shared.events.vocabulary import AttemptVerdict, OutcomeKind
from shared.schema.codec import Codec
from shared.schema.release import SCHEMAS_DIR
from shared.settings import KafkaSettings
from shared.stream.broker import Broker, NewTopic, OutRecord
from shared.stream.tables import BroadcastTables
from tests.contract.test_bad_input_of_services import read_dead_letters

CODEC = Codec.from_dir(SCHEMAS_DIR)
TOPICS = ("observation.clustered", "outcome.reported", "metrics.windowed", "dead.letter")


def outcome(number: int) -> OutcomeReported:
    return OutcomeReported(
        outcome_id=f"o{number}",
        decision_id=f"d{number}",
        cluster="c1",
        model="m@v1",
        kind=OutcomeKind.ATTEMPT,
        verdict=AttemptVerdict.OK,
        latency_ms=10.0,
        reported_at_ms=1_700_000_000_000 + number,
    )


async def scoreboards_letters(broker: Broker) -> list[DeadLetter]:
    return [letter for letter in await read_dead_letters(broker) if letter.application == "scoreboard"]


@pytest.mark.timeout(120)
def test_scoreboard_process(kafka_bootstrap: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        broker = KafkaBroker(KafkaSettings(bootstrap_servers=kafka_bootstrap), client_id="test")
        await broker.admin().create_topics([NewTopic(topic, 2) for topic in TOPICS])
        producer = broker.producer()
        await producer.start()
        records = [
            OutRecord("outcome.reported", b"c1", CODEC.encode("outcome.reported", outcome(i % 40))) for i in range(60)
        ]
        garbage = OutRecord("outcome.reported", b"c1", b"\x07garbage " + str(tmp_path).encode())
        await producer.send([garbage, *records])
        windows: list[MetricsWindowed] = []
        tables = BroadcastTables(broker, CODEC, ("metrics.windowed",), lambda _t, _k, event: windows.append(event))
        await tables.start()
        environment = {
            **os.environ,
            "FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS": kafka_bootstrap,
            "FLYWHEEL_SCOREBOARD__PUBLISH_EVERY_S": "0.5",
        }
        command = [sys.executable, "-m", "services.scoreboard.main"]
        with (tmp_path / "log").open("w") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            try:
                async with asyncio.timeout(60.0):
                    while not windows or windows[-1].calls < 40:
                        assert process.poll() is None, (tmp_path / "log").read_text()
                        await asyncio.sleep(0.1)
                process.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(process.wait, 30.0) == 0, (tmp_path / "log").read_text()
            finally:
                process.kill()
                process.wait()
                letters = await scoreboards_letters(broker)
                await tables.stop()
                await producer.close()
                await broker.close()
        (letter,) = [letter for letter in letters if letter.payload == garbage.value]
        assert (letter.origin_topic, letter.reason, letter.attempt) == ("outcome.reported", "unknown_framing", 1)
        assert windows[-1].calls == 40 == windows[-1].successes, "repeats are counted once"

    asyncio.run(scenario())
