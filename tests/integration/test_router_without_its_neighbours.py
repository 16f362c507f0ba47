"""The router while Kafka, Redis, the model server or the frontier model are away: answered where possible, never unobserved."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.demo.teacher import Teacher
from infra.demo.traffic import Step, Traffic
from infra.local.kafka import KafkaServer
from infra.local.ports import free_port
from infra.local.topics import apply_topics
from shared.brokers.kafka import KafkaBroker
from shared.http import serve_http
from shared.schema.codec import Codec
from shared.schema.release import SCHEMAS_DIR
from shared.settings import KafkaSettings

WAIT_S = 60.0
CANARY = "canary.person@example.com"


@contextmanager
def router_process(
    tmp_path: Path, bootstrap: str, teacher_port: int
) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """A router whose Redis and model server are never there."""
    port, nowhere = free_port(), free_port()
    environment = {
        **os.environ,
        "FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS": bootstrap,
        "FLYWHEEL_REDIS__URL": f"redis://127.0.0.1:{nowhere}/0",
        "FLYWHEEL_ROUTER__PORT": str(port),
        "FLYWHEEL_ROUTER__FRONTIER_BASE_URL": f"http://127.0.0.1:{teacher_port}/v1",
        "FLYWHEEL_ROUTER__SPECIALIST_BASE_URL": f"http://127.0.0.1:{nowhere}",
        "FLYWHEEL_ROUTER__SPOOL_DIR": str(tmp_path / "spool"),
    }
    with (tmp_path / "router.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.router.main"], env=environment, stdout=log, stderr=log
        )
        try:
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.kill()
            process.wait()


async def until_up(url: str) -> None:
    async with asyncio.timeout(WAIT_S), httpx.AsyncClient() as client:
        while True:
            try:
                await client.get(f"{url}/v1/models")
                return
            except httpx.HTTPError:
                await asyncio.sleep(0.1)


async def ask(url: str, step: Step, headers: dict[str, str] | None = None) -> httpx.Response:
    messages = [*step.messages[:-1], {**step.messages[-1], "content": f"{step.messages[-1]['content']} {CANARY}"}]
    async with httpx.AsyncClient(timeout=30.0) as client:
        body = {"model": "auto", "messages": messages, "tools": list(step.tools)}
        return await client.post(f"{url}/v1/chat/completions", json=body, headers=headers)


def with_canary(step: Step) -> Step:
    last = {**step.messages[-1], "content": f"{step.messages[-1]['content']} {CANARY}"}
    return Step(step.task, (*step.messages[:-1], last), step.tools, step.expected)


async def observed(bootstrap: str) -> list[Any]:
    broker, codec = (
        KafkaBroker(KafkaSettings(bootstrap_servers=bootstrap), client_id="test"),
        Codec.from_dir(SCHEMAS_DIR),
    )
    reader = broker.reader()
    await reader.start()
    events = []
    try:
        partitions = await reader.partitions("observation.raw")
        ends = await reader.stable_ends(partitions)
        reader.assign(await reader.beginnings(partitions))
        while any([await reader.position(p) < ends[p] for p in partitions]):
            events += [codec.decode(r.topic, r.value) for r in await reader.poll(partitions, 500, 0.2) if r.value]
    finally:
        await reader.stop()
        await broker.close()
    return events


async def until_observed(bootstrap: str, count: int) -> list[Any]:
    async with asyncio.timeout(WAIT_S):
        while True:
            events = await observed(bootstrap)
            if len({event.event_id for event in events}) >= count:
                return events
            await asyncio.sleep(0.3)


@pytest.mark.timeout(240)
def test_calls_go_on_and_every_one_is_observed_in_the_end(tmp_path: Path) -> None:
    kafka = KafkaServer(tmp_path / "kafka-home", fast_failover=True)
    teacher, traffic = Teacher(1, pace=0.0), Traffic("ticket", 1)
    steps = [traffic.next().steps[0] for _ in range(12)]
    for step in steps:
        teacher.expect(with_canary(step))

    async def scenario() -> None:
        stop, teacher_port = asyncio.Event(), free_port()
        serving = asyncio.create_task(serve_http(teacher.app(), "127.0.0.1", teacher_port, stop, 1.0))
        try:
            await asyncio.to_thread(kafka.start)
            await asyncio.to_thread(kafka.wait_ready, WAIT_S)
            await asyncio.to_thread(apply_topics, KafkaSettings(bootstrap_servers=kafka.address))
            with router_process(tmp_path, kafka.address, teacher_port) as (url, process):
                await _with_and_without_kafka(url, process)
        finally:
            stop.set()
            await serving
            await asyncio.to_thread(kafka.stop)

    async def _with_and_without_kafka(url: str, process: "subprocess.Popen[bytes]") -> None:
        await until_up(url)
        for step in steps[:4]:
            assert (await ask(url, step)).status_code == 200
        await until_observed(kafka.address, 4)

        await asyncio.to_thread(kafka.kill)
        for step in steps[4:8]:
            assert (await ask(url, step)).status_code == 200, "Kafka away: the frontier model answers"
        spool = tmp_path / "spool"
        async with asyncio.timeout(WAIT_S):
            while not list(spool.glob("*.spool")):
                await asyncio.sleep(0.2)
        for path in spool.iterdir():
            assert path.stat().st_mode & 0o777 == 0o600 and CANARY.encode() not in path.read_bytes()

        await asyncio.to_thread(kafka.start)
        await asyncio.to_thread(kafka.wait_ready, WAIT_S)
        await until_observed(kafka.address, 8)
        async with asyncio.timeout(WAIT_S):
            while list(spool.glob("*.spool")):
                await asyncio.sleep(0.2)

        assert (await ask(url, steps[8], {"x-flywheel-opt-out": "1"})).status_code == 200
        unknown = await ask(url, Traffic("refund", 9).next().steps[0])
        assert unknown.status_code == 400, "the teacher does not know it: its refusal is passed on"
        assert (await ask(url, steps[9])).status_code == 200
        events = await until_observed(kafka.address, 10)
        assert len({event.event_id for event in events}) == 10, "the opted-out call left no trace"
        assert {str(event.outcome) for event in events} == {"success", "error"}

        process.send_signal(signal.SIGTERM)
        started_s = time.monotonic()
        assert await asyncio.to_thread(process.wait, 30.0) == 0
        assert time.monotonic() - started_s < 30.0
        log = (tmp_path / "router.log").read_text()
        assert CANARY not in log and all("message" in json.loads(line) for line in log.splitlines())

    asyncio.run(scenario())


@pytest.mark.timeout(120)
def test_router_starts_without_kafka_and_keeps_what_it_saw(tmp_path: Path) -> None:
    teacher, step = Teacher(1, pace=0.0), Traffic("ticket", 2).next().steps[0]
    teacher.expect(with_canary(step))

    async def scenario() -> None:
        stop, teacher_port = asyncio.Event(), free_port()
        serving = asyncio.create_task(serve_http(teacher.app(), "127.0.0.1", teacher_port, stop, 1.0))
        try:
            with router_process(tmp_path, f"127.0.0.1:{free_port()}", teacher_port) as (url, process):
                await until_up(url)
                assert (await ask(url, step)).status_code == 200
                process.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(process.wait, 60.0) == 0
        finally:
            stop.set()
            await serving
        assert list((tmp_path / "spool").glob("*.spool")), "spooled at the end at the latest"

    asyncio.run(scenario())
