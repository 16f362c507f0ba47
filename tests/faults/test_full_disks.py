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
from tests.conformance.support import Names, Running
from tests.faults.fleet import survives


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

    async def fill_up(running: Running) -> None:
        assert server.process is not None and server.pid is not None
        with no_room(server.pid, 4096):
            assert await asyncio.to_thread(server.process.wait, 60) is not None, "it must not go on unharmed"
        assert not running.task.done()

    try:
        asyncio.run(survives(server, names, 2000, fill_up))
    finally:
        server.stop()
