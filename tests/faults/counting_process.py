"""The conformance suite's counting application as a real process, with what a fault test asks of it.

``python -m tests.faults.counting_process BOOTSTRAP APP SOURCE SINK [--stop-inside FILE] [--id-per-process]
[--transaction-s S] …``
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.brokers.kafka import KafkaBroker, KafkaTiming
from shared.lifecycle import Process, serve
from shared.settings import KafkaSettings, Settings
from shared.stream.broker import NO_NOTES, TransactionalProducer
from shared.stream.engine import Timing
from shared.stream.records import TopicPartition
from shared.stream.runner import Runner
from tests.conformance.support import JsonSerde, Names, counting_application, dead_letter

BLOCK_S = 2.0


class StopInside:
    """Once, in its third transaction, after the records were sent and before the commit: makes ``mark`` and blocks the
    whole loop for a moment, so that a test can send SIGSTOP exactly there."""

    def __init__(self, inner: TransactionalProducer, mark: Path) -> None:
        self._inner = inner
        self._mark = mark
        self._left = 3
        self.start, self.begin, self.abort, self.close = inner.start, inner.begin, inner.abort, inner.close
        self.send = inner.send

    async def commit(
        self, offsets: Mapping[TopicPartition, int], group: str, notes: Mapping[TopicPartition, str] = NO_NOTES
    ) -> None:
        self._left -= 1
        if self._left == 0 and not self._mark.exists():
            self._mark.touch()
            time.sleep(BLOCK_S)
        await self._inner.commit(offsets, group, notes)


class OneProducer:
    """The counter-example: every task of the process shares one transactional id, and takes turns with it.

    This is how a transactional consumer is usually written. Starting it for a new task fences nobody.
    """

    def __init__(self, inner: TransactionalProducer) -> None:
        self._inner = inner
        self._turn = asyncio.Lock()
        self._starting: asyncio.Task[None] | None = None
        self.send = inner.send

    async def start(self) -> None:
        if self._starting is None:
            self._starting = asyncio.ensure_future(self._inner.start())
        await self._starting

    async def begin(self) -> None:
        await self._turn.acquire()
        await self._inner.begin()

    async def commit(
        self, offsets: Mapping[TopicPartition, int], group: str, notes: Mapping[TopicPartition, str] = NO_NOTES
    ) -> None:
        await self._inner.commit(offsets, group, notes)
        self._turn.release()

    async def abort(self) -> None:
        await self._inner.abort()
        self._turn.release()

    async def close(self) -> None:
        return None


class FaultyBroker(KafkaBroker):
    def __init__(
        self, settings: KafkaSettings, client_id: str, timing: KafkaTiming, options: argparse.Namespace
    ) -> None:
        super().__init__(settings, client_id, timing)
        self._options = options
        self._one: TransactionalProducer | None = None

    def transactional_producer(self, transactional_id: str) -> TransactionalProducer:
        if not self._options.id_per_process:
            return self._marked(super().transactional_producer(transactional_id))
        if self._one is None:
            mine = super().transactional_producer(f"{self._options.app}.process-{os.getpid()}")
            self._one = OneProducer(self._marked(mine))
        return self._one

    def _marked(self, inner: TransactionalProducer) -> TransactionalProducer:
        mark: Path | None = self._options.stop_inside
        return inner if mark is None else StopInside(inner, mark)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("bootstrap", "app", "source", "sink"):
        parser.add_argument(name)
    parser.add_argument("--stop-inside", type=Path)
    parser.add_argument("--id-per-process", action="store_true")
    parser.add_argument("--transaction-s", type=float, default=10.0)
    parser.add_argument("--request-s", type=float, default=40.0)
    parser.add_argument("--stuck-after-s", type=float, default=60.0)
    parser.add_argument("--stop-limit", type=int, default=100)
    parser.add_argument("--grace-s", type=float, default=10.0)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    settings = Settings(
        kafka=KafkaSettings(bootstrap_servers=options.bootstrap),
        grace_s=options.grace_s,
        stuck_after_s=options.stuck_after_s,
    )
    names = Names(options.app, options.source, options.sink)
    timing = KafkaTiming(
        session_s=6.0, heartbeat_s=0.3, rebalance_s=10.0, fetch_wait_s=0.05,
        transaction_s=options.transaction_s, request_s=options.request_s,
    )  # fmt: skip

    async def run(process: Process) -> None:
        broker = FaultyBroker(settings.kafka, options.app, timing, options)
        runner = Runner(
            counting_application(names, max_batch_records=20, stop_limit=options.stop_limit),
            broker,
            JsonSerde(),
            make_dead_letter=dead_letter,
            timing=Timing(revoke_s=3.0, fenced_pause_s=1.0, idle_s=0.2),
        )
        process.when_ready(runner.ready)
        process.when_stuck(lambda: runner.stalled(options.stuck_after_s / 2))
        await runner.run(process.stop, settings.grace_s)
        await broker.close()

    return serve(run, settings, options.app)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
