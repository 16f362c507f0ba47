"""The counting application as a real process: ``python -m tests.conformance.counting_process BOOTSTRAP APP SOURCE SINK
[MARK]``. With MARK it stops once, inside its third transaction: it creates that file and blocks its whole loop for a
moment, so that a test can send SIGSTOP exactly there."""

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.brokers.kafka import KafkaBroker, KafkaTiming
from shared.lifecycle import Process, serve
from shared.settings import KafkaSettings, Settings
from shared.stream.broker import OutRecord, TransactionalProducer
from shared.stream.records import TopicPartition
from shared.stream.runner import Runner
from shared.stream.task_loop import Timing
from tests.conformance.support import JsonSerde, Names, counting_application, dead_letter

BLOCK_S = 2.0


class Marking:
    """Blocks inside its n-th transaction, after the records were sent and before it is committed."""

    def __init__(self, inner: TransactionalProducer, mark: Path) -> None:
        self._inner = inner
        self._mark = mark
        self._left = 3
        self.start, self.begin, self.abort, self.close = inner.start, inner.begin, inner.abort, inner.close

    async def send(self, records: Sequence[OutRecord]) -> None:
        await self._inner.send(records)

    async def commit(self, offsets: Mapping[TopicPartition, int], group: str) -> None:
        self._left -= 1
        if self._left == 0 and not self._mark.exists():
            self._mark.touch()
            time.sleep(BLOCK_S)
        await self._inner.commit(offsets, group)


class MarkingBroker(KafkaBroker):
    mark: Path | None = None

    def transactional_producer(self, transactional_id: str) -> TransactionalProducer:
        inner = super().transactional_producer(transactional_id)
        return inner if self.mark is None else Marking(inner, self.mark)


def main(bootstrap: str, app: str, source: str, sink: str, mark: str = "") -> int:
    settings = Settings(kafka=KafkaSettings(bootstrap_servers=bootstrap), grace_s=10.0)
    names = Names(app, source, sink)

    async def run(process: Process) -> None:
        timing = KafkaTiming(session_s=6.0, heartbeat_s=0.3, rebalance_s=10.0, fetch_wait_s=0.05)
        broker = MarkingBroker(settings.kafka, app, timing)
        broker.mark = Path(mark) if mark else None
        runner = Runner(
            counting_application(names, max_batch_records=20),
            broker,
            JsonSerde(),
            make_dead_letter=dead_letter,
            timing=Timing(revoke_s=3.0, fenced_pause_s=1.0, idle_s=0.2),
        )
        process.when_ready(runner.ready)
        process.when_stuck(lambda: runner.stalled(30))
        await runner.run(process.stop, settings.grace_s)
        await broker.close()

    return serve(run, settings, app)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
