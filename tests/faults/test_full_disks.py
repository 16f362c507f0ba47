"""A broker's disk that takes no more, under load: what was acknowledged stays, work goes on once there is room again.

A limit on the size of a file that a process may write stands for the full disk: the write fails in the same place, and
it needs no file system of its own.
"""

import asyncio
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.kafka import KafkaServer
from tests.conformance.support import (
    KafkaLog,
    Names,
    Running,
    committed,
    counting_application,
    create_for,
    lag,
    numbered,
    until,
    values,
    write,
)
from tests.faults.fleet import assert_exactly_once


@contextmanager
def no_room(pid: int, limit_bytes: int) -> Iterator[None]:
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        if Path(f"/proc/{pid}").exists():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


def test_a_broker_whose_disk_is_full_loses_nothing_that_it_acknowledged(names: Names, tmp_path: Path) -> None:
    """A write that fails takes the broker's only disk offline, and the broker ends. Services wait for the next one."""
    server = KafkaServer(tmp_path, fast_failover=True)
    server.start()

    async def scenario() -> None:
        await asyncio.to_thread(server.wait_ready, 60)
        log = KafkaLog(server.address)
        await create_for(log, names)
        running = await Running(counting_application(names, max_batch_records=10), log, log.broker()).ready()
        await write(log, numbered(names.source, 2000))

        async def begun() -> bool:
            return sum((await committed(log, names.app)).values()) > 100

        await until(begun)
        assert server.process is not None and server.pid is not None
        with no_room(server.pid, 4096):
            assert await asyncio.to_thread(server.process.wait, 60) is not None, "it must not go on unharmed"
        assert not running.task.done()
        server.start()
        await asyncio.to_thread(server.wait_ready, 60)

        async def caught_up() -> bool:
            return await lag(log, names.app) == 0 and len(await values(log, names.sink)) >= 2000

        await until(caught_up, 120)
        await running.stopped()
        await assert_exactly_once(log, names, 2000)

    try:
        asyncio.run(scenario())
    finally:
        server.stop()
