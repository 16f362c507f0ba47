"""Real services under their own user of the log: at work, with a wrong password, and without their grants."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.events import ObservationRedacted, OutcomeReported
from shared.events.calls import Answer, ChatMessage, Request
from shared.events.observations import RedactionProof
from shared.events.vocabulary import AttemptVerdict, OutcomeKind
from shared.lifecycle import ExitCode
from shared.schema.codec import Codec
from shared.schema.release import SCHEMAS_DIR
from shared.stream.broker import OutRecord
from shared.stream.records import TopicPartition
from tests.integration.secured import WAIT_S, WAY_OUT, Secured, secured_broker

CODEC = Codec.from_dir(SCHEMAS_DIR)

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with secured_broker(tmp_path_factory.mktemp("secured")) as made:
        yield made


@contextmanager
def running(service: str, environment: dict[str, str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", f"services.{service}.main"], env=environment, stdout=sink, stderr=sink
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def redacted(number: int) -> ObservationRedacted:
    return ObservationRedacted(
        event_id=f"e{number}",
        tenant="t",
        episode=f"e{number}",
        occurred_at_ms=1_700_000_000_000 + number,
        request=Request(messages=(ChatMessage(role="user", content=f"call number {number} of many"),)),
        answer=Answer(content="done"),
        proof=RedactionProof(rule_set="r", profile="pii", counts={}, source_partition=0, source_offset=number),
        task_key="k",
        template_id="t",
        tool_signature="s",
        step_hash=f"{number:032x}",
        answer_hash="a",
    )


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


@pytest.mark.parametrize(
    ("service", "upstream", "source", "event", "downstream", "sink"),
    [
        ("deduper", "ingest_redactor", "observation.redacted", redacted, "clusterer", "observation.unique"),
        ("scoreboard", "router", "outcome.reported", outcome, "recorder", "metrics.windowed"),
    ],
)
def test_a_service_runs_under_its_own_user(
    secured: Secured, tmp_path: Path, service: str, upstream: str, source: str, event: Callable[[int], object],
    downstream: str, sink: str,
) -> None:  # fmt: skip
    """Its neighbours write and read as themselves too."""
    log = tmp_path / "log"

    async def scenario(process: "subprocess.Popen[bytes]") -> None:
        before, after = secured.broker(upstream), secured.broker(downstream)
        producer, reader = before.producer(), after.reader()
        try:
            await producer.start()
            await producer.send([OutRecord(source, b"k", CODEC.encode(source, event(n))) for n in range(20)])
            await reader.start()
            partition = TopicPartition(sink, 0)
            reader.assign({partition: (await reader.beginnings([partition]))[partition]})
            async with asyncio.timeout(WAIT_S):
                while not await reader.poll([partition], 100, 0.2):
                    assert process.poll() is None, log.read_text()
        finally:
            await producer.close()
            await reader.stop()
            await before.close()
            await after.close()

    environment = secured.environment(service) | {"FLYWHEEL_SCOREBOARD__PUBLISH_EVERY_S": "0.5"}
    with running(service, environment, log) as process:
        asyncio.run(scenario(process))
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_S) == ExitCode.CLEAN, log.read_text()
    assert "no permission" not in log.read_text()


def test_a_service_with_a_wrong_password_ends_with_one_clear_line(secured: Secured, tmp_path: Path) -> None:
    with running("deduper", secured.environment("deduper", "not it"), tmp_path / "log") as process:
        assert process.wait(WAIT_S) == ExitCode.FATAL
    text = (tmp_path / "log").read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert len([line for line in lines if "refuses user 'deduper'" in str(line.get("error"))]) == 1
    assert "not it" not in text


def test_a_service_without_its_grants_ends_with_one_clear_line(secured: Secured, tmp_path: Path) -> None:
    with running("deduper", secured.environment("router"), tmp_path / "log") as process:
        assert process.wait(WAIT_S) == ExitCode.FATAL
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines() if line.startswith("{")]
    (error,) = [line["error"] for line in lines if line.get("level") == "CRITICAL"]
    assert "observation.redacted" in error and WAY_OUT in error
