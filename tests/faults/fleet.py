"""Counting processes of one test: started, asked by their logs and health pages, ended by their own ids."""

import asyncio
import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from infra.local.kafka import KafkaServer
from tests.conformance.support import (
    KafkaLog,
    Names,
    Running,
    committed,
    counting_application,
    counts_by_key,
    create_for,
    lag,
    numbered,
    until,
    values,
    write,
)


class Fleet:
    def __init__(self, bootstrap: str, names: Names, folder: Path) -> None:
        self.bootstrap = bootstrap
        self.names = names
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """See :mod:`tests.faults.counting_process` for ``options``."""
        command = [sys.executable, "-m", "tests.faults.counting_process", self.bootstrap]
        command += [self.names.app, self.names.source, self.names.sink, *options]
        with (self.folder / f"log-{len(self.processes)}").open("wb") as log:
            process = subprocess.Popen(command, stderr=log, stdout=log)
        self.processes.append(process)
        return process

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()

    def text(self, number: int) -> str:
        return (self.folder / f"log-{number}").read_text()

    def lines(self, number: int) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text(number).splitlines() if line.startswith("{")]

    def said(self, number: int, message: str) -> int:
        """How often."""
        return sum(line["message"] == message for line in self.lines(number))

    async def has_said(self, number: int, message: str, times: int = 1) -> None:
        async def enough() -> bool:
            return self.said(number, message) >= times

        await until(enough, 90)

    async def answers(self, number: int, path: str) -> int:
        """The status code of a process's health page."""

        def get() -> int:
            started = next(line for line in self.lines(number) if line["message"] == "started")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{started['port']}{path}") as answer:
                    return int(answer.status)
            except urllib.error.HTTPError as error:
                return error.code

        return await asyncio.to_thread(get)


async def sink_has(log: KafkaLog, names: Names, count: int, limit_s: float = 90) -> None:
    async def enough() -> bool:
        return len(await values(log, names.sink)) >= count

    await until(enough, limit_s)


async def survives(server: KafkaServer, names: Names, count: int, harm: Callable[[Running], Awaitable[None]]) -> None:
    """A runner in this process works through ``count`` records while ``harm`` ends ``server``, which is started again on
    the same folder; in the end each record counted once, without a restart of the runner."""
    await asyncio.to_thread(server.wait_ready, 60)
    log = KafkaLog(server.address)
    await create_for(log, names)
    running = await Running(counting_application(names, max_batch_records=10), log, log.broker()).ready()
    await write(log, numbered(names.source, count))

    async def begun() -> bool:
        return sum((await committed(log, names.app)).values()) > 100

    await until(begun)
    await harm(running)
    server.start()
    await asyncio.to_thread(server.wait_ready, 60)

    async def caught_up() -> bool:
        return await lag(log, names.app) == 0 and len(await values(log, names.sink)) >= count

    await until(caught_up, 120)
    await running.stopped()
    await assert_exactly_once(log, names, count)


async def assert_exactly_once(log: KafkaLog, names: Names, count: int) -> None:
    """I1, I2, I3 and an exact state: ids 0 to ``count`` - 1 once each, counted per key without a gap."""
    outputs = await values(log, names.sink)
    assert sorted(output["id"] for output in outputs) == list(range(count))
    assert all(counts == list(range(1, len(counts) + 1)) for counts in counts_by_key(outputs).values())
