"""The recorder's loop: poll, turn into rows, write rows and offsets in one transaction, then tell Kafka for the lag."""

import asyncio
import logging
from contextlib import suppress
from typing import Any, Protocol

from services.recorder.logic import Row, row_of
from shared.errors import FlywheelError, MigratedError, TransientError
from shared.schema.convert import to_plain
from shared.stream.batches import as_rejected
from shared.stream.broker import Broker, Consumer
from shared.stream.outcome import Rejected
from shared.stream.records import Message, Record, TopicPartition
from shared.stream.rejections import Judged, Rejections
from shared.stream.serde import Serde
from shared.stream.wire import decode
from shared.telemetry import describe_error

TOPICS = (
    "observation.redacted",
    "observation.clustered",
    "metrics.windowed",
    "shadow.compared",
    "cluster.measured",
    "model.registered",
    "assignment.changed",
    "promotion.audit",
)
GROUP = "recorder"
POLL_S = 0.2
RETRY_S = 1.0
CHECK_S = 2.0

logger = logging.getLogger(__name__)


class Store(Protocol):
    """:class:`services.recorder.adapters.Projection`, or a fake."""

    async def prepare(self) -> None: ...

    async def offsets(self, partitions: "list[TopicPartition]") -> dict[TopicPartition, int]: ...

    async def write(self, rows: list[Row], moves: dict[TopicPartition, tuple[int, int]]) -> None: ...


class Recorder:
    """One member of the group. PostgreSQL's offsets are the truth; the copy in Kafka makes lag visible, and holds how many
    records in a row were rejected.

    Dead letters are written before the offset moves: at least once. A batch that waits for PostgreSQL writes them once.
    """

    def __init__(
        self, broker: Broker, serde: Serde, store: Store, rejections: Rejections, max_batch_records: int
    ) -> None:
        self._broker = broker
        self._serde = serde
        self._store = store
        self._rejections = rejections
        self._max_batch_records = max_batch_records
        self._assigned: frozenset[TopicPartition] = frozenset()
        self._next: dict[TopicPartition, int] = {}
        self._changed = asyncio.Event()
        self.ready = False

    async def on_revoked(self, partitions: frozenset[TopicPartition]) -> None:  # noqa: ARG002 - eager: all are revoked
        self._assigned, self._next = frozenset(), {}

    async def on_assigned(self, partitions: frozenset[TopicPartition]) -> None:
        self._assigned, self._next = partitions, {}
        self._changed.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``. Whatever is away is waited for; nothing is skipped meanwhile."""
        while not stop.is_set():
            consumer = self._broker.consumer(GROUP, TOPICS, self)
            try:
                await self._store.prepare()
                await consumer.start()
                await self._record(consumer, stop)
            except (TransientError, MigratedError) as error:
                logger.warning("recording pauses", extra={"error": describe_error(error)})
                self.ready = False
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), RETRY_S)
            finally:
                with suppress(FlywheelError):
                    await consumer.stop()

    async def _record(self, consumer: Consumer, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        check_s = loop.time() + CHECK_S
        while not stop.is_set():
            if not self._next:
                await self._position(consumer)
                continue
            if loop.time() >= check_s:
                await self._check()
                check_s = loop.time() + CHECK_S
            partitions = list(self._next)
            records = await consumer.poll(partitions, self._max_batch_records, POLL_S)
            if set(partitions) != set(self._next):
                continue
            moves = await self._moves(consumer, records)
            if moves:
                rows, judged = self._rows(records)
                await self._rejections.settle(judged)
                await self._store.write(rows, moves)
                self._next.update({partition: following for partition, (_, following) in moves.items()})
                with suppress(MigratedError):
                    await consumer.commit(dict(self._next), self._rejections.notes(self._next))

    async def _check(self) -> None:
        """Without traffic no write would tell that the tables were emptied. Raises :class:`MigratedError` if an offset
        went back: then all is read again from where PostgreSQL stands."""
        known = await self._store.offsets(list(self._next))
        if any(offset < self._next.get(partition, 0) for partition, offset in known.items()):
            raise MigratedError("the projection was emptied: what is missing is read again")

    async def _position(self, consumer: Consumer) -> None:
        """Seek every assigned partition to where PostgreSQL stands, or to the beginning of what is kept."""
        self._changed.clear()
        assigned = self._assigned
        if not assigned:
            self.ready = True
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), POLL_S)
            return
        known = await self._store.offsets(sorted(assigned))
        for partition, offset in known.items():
            copied = await consumer.committed(partition)
            self._rejections.open(partition, copied.note if copied is not None else "")
            consumer.seek(partition, max(offset, await consumer.beginning(partition)))
        if assigned == self._assigned:
            self._next = known
            consumer.resume(sorted(assigned))
            self.ready = True

    async def _moves(self, consumer: Consumer, records: list[Record]) -> dict[TopicPartition, tuple[int, int]]:
        """Offsets that moved. Positions also move past markers, where there are no records."""
        last = {TopicPartition(r.topic, r.partition): r.offset + 1 for r in records}
        moves = {}
        for partition, expected in self._next.items():
            following = max(await consumer.position(partition), last.get(partition, 0))
            if following > expected:
                moves[partition] = (expected, following)
        return moves

    def _rows(self, records: list[Record]) -> tuple[list[Row], list[Judged]]:
        """Copies of records that others had rejected are skipped: their originals stand for them."""
        rows: list[Row] = []
        judged: list[Judged] = []
        for record in records:
            found = decode(self._serde, record, GROUP)
            rejected = found if isinstance(found, Rejected) else None
            if isinstance(found, Message) and found.event is not None:
                try:
                    rows.append(row_of(found.event, (record.topic, record.partition, record.offset), _plain))
                except Exception as error:
                    rejected = as_rejected(error)
            judged.append((record, rejected))
        return rows, judged


def _plain(event: Any) -> dict[str, Any]:
    kind: type = type(event)
    return to_plain(kind)(event)
