"""``flywheel state verify`` against a real service process on real Kafka: equal, then caught once its changelog is tampered with."""

import asyncio
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from infra.local.health import is_ready
from infra.local.kafka import KafkaServer
from infra.local.ports import free_port
from infra.local.topics import apply_topics
from services.cli.main import DONE, FAILED, WRONG_USAGE, run
from shared.brokers.kafka import KafkaBroker
from shared.events import ClusterChanged
from shared.events.vocabulary import ClusterState
from shared.schema.codec import Codec
from shared.schema.release import SCHEMAS_DIR
from shared.settings import KafkaSettings
from shared.stream.broker import OutRecord

CODEC = Codec.from_dir(SCHEMAS_DIR)
CLUSTERS = 30
WAIT_S = 90.0


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[str]:
    server = KafkaServer(tmp_path / "kafka")
    server.start()
    try:
        server.wait_ready(120.0)
        apply_topics(KafkaSettings(bootstrap_servers=server.address))
        yield server.address
    finally:
        server.stop()


@contextmanager
def promoter(bootstrap: str, port: int, log_path: Path) -> Iterator[None]:
    environment = {
        **os.environ, "FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS": bootstrap, "FLYWHEEL_HEALTH_PORT": str(port),
    }  # fmt: skip
    with log_path.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.promoter.main"], env=environment, stdout=log, stderr=log
        )
        try:
            deadline = time.monotonic() + WAIT_S
            while not is_ready(port):
                assert process.poll() is None and time.monotonic() < deadline, log_path.read_text()[-2000:]
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(60.0)


def write(bootstrap: str, records: list[OutRecord]) -> None:
    async def send() -> None:
        broker = KafkaBroker(KafkaSettings(bootstrap_servers=bootstrap), client_id="test")
        producer = broker.producer()
        await producer.start()
        await producer.send(records)
        await producer.close()
        await broker.close()

    asyncio.run(send())


def changed(cluster: str) -> OutRecord:
    event = ClusterChanged(
        cluster=cluster, task_key="t", tenant="acme", state=ClusterState.BORN, label="l", epoch=3, changed_at_ms=1,
    )  # fmt: skip
    return OutRecord("cluster.changed", cluster.encode(), CODEC.encode("cluster.changed", event))


def verify(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[dict[str, Any]]]:
    code = run(["state", "verify", "--service", "promoter", "-o", "json", *words])
    return code, json.loads(capsys.readouterr().out)


def _lag_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is left of what was read; a group that never committed is not shown as zero."""
    deadline = time.monotonic() + WAIT_S
    while run(["lag", "--group", "promoter", "--max", "0", "-o", "json"]) != DONE:
        capsys.readouterr()
        assert time.monotonic() < deadline
        time.sleep(0.2)
    read = [row for row in json.loads(capsys.readouterr().out)["partitions"] if row["topic"] == "cluster.changed"]
    assert len(read) == 4 and {row["lag"] for row in read} == {0}
    assert run(["lag", "--group", "trainer_dispatcher", "-o", "json"]) == DONE
    assert json.loads(capsys.readouterr().out)["groups"][0]["lag"] is None
    assert run(["lag", "--group", "trainer_dispatcher", "--max", "0"]) == FAILED
    capsys.readouterr()


@pytest.mark.timeout(240)
def test_a_running_service_holds_what_its_changelog_says(
    own_kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS", own_kafka)
    monkeypatch.setenv("FLYWHEEL_HOME", str(tmp_path / "home"))
    port = free_port()
    write(own_kafka, [changed(f"c{number}") for number in range(CLUSTERS)])
    with promoter(own_kafka, port, tmp_path / "log"):
        at = ("--port", f"promoter={port}")
        deadline = time.monotonic() + WAIT_S
        while True:
            code, rows = verify(capsys, *at)
            assert code == DONE and {row["result"] for row in rows} == {"equal"}
            held = sum(row["entries"] for row in rows if row["store"] == "clusters")
            if held == CLUSTERS:
                break
            assert time.monotonic() < deadline
        assert {row["store"] for row in rows} == {"clusters", "models", "seen", "chain"} and len(rows) == 16

        _lag_is_told(capsys)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/state")
        body = connection.getresponse().read().decode()
        connection.close()
        assert '"digest"' in body and '"c1"' not in body and "acme" not in body, "counts and digests only"

        write(own_kafka, [OutRecord("promoter.clusters.changelog", b"planted", b"\x01{}", (), 2)])
        code, rows = verify(capsys, *at)
        bad = [row for row in rows if not row["is_good"]]
        assert code == FAILED and [(row["store"], row["partition"]) for row in bad] == [("clusters", 2)]
        assert bad[0]["replayed"] == bad[0]["entries"] + 1

    code, rows = verify(capsys)
    assert code == DONE and all(row["result"].startswith("not compared") for row in rows)
    write(own_kafka, [OutRecord("promoter.seen.changelog", b"k", b"garbage", (), 0)])
    code, rows = verify(capsys)
    assert code == FAILED and [row["store"] for row in rows if not row["is_good"]] == ["seen"]
    assert run(["state", "verify", "--port", f"promoter={port}"]) == FAILED
    assert f"port {port} gives no answer" in capsys.readouterr().err
    assert run(["state", "verify", "--service", "router"]) == WRONG_USAGE
