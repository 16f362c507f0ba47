"""Dead letters of a service that reads the log without an engine: the recorder, and whoever lives in another framework."""

from collections.abc import Iterable, Sequence

from shared import telemetry
from shared.clock import Clock
from shared.stream.broker import OutRecord
from shared.stream.dead_letters import DEAD_LETTER_TOPIC, DeadLetterFactory, StopLimits
from shared.stream.outcome import Rejected
from shared.stream.publisher import Publisher
from shared.stream.records import Record, TopicPartition
from shared.stream.serde import Serde
from shared.stream.task import dead_letter_event

Judged = tuple[Record, Rejected | None]
"""A record and why it was rejected, or ``None``."""


class Rejections:
    """Writes dead letters at least once, and counts rejected records in a row as the engines do."""

    def __init__(
        self,
        application: str,
        publisher: Publisher,
        serde: Serde,
        make_dead_letter: DeadLetterFactory,
        clock: Clock,
        stop_limit: int = 100,
    ) -> None:
        self._application = application
        self._publisher = publisher
        self._serde = serde
        self._make = make_dead_letter
        self._clock = clock
        self._limits = StopLimits(application, stop_limit)
        self._settled: dict[TopicPartition, int] = {}

    def open(self, partition: TopicPartition, note: str) -> None:
        """Go on counting from the note beside the partition's committed offset."""
        self._limits.open(partition, note)

    def notes(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, str]:
        """What to commit beside the offsets of ``partitions``."""
        return self._limits.notes(partitions)

    async def settle(self, judged: Sequence[Judged]) -> None:
        """Return once every rejected record's dead letter is acknowledged. Records in offset order per partition; those
        that this process settled before (a batch that is tried again) are passed over.

        Raises :class:`shared.errors.FatalError` at the stop limit, with nothing written of ``judged``, and
        :class:`shared.errors.TransientError` while the broker stays away.
        """
        fresh: dict[TopicPartition, list[Judged]] = {}
        for record, rejected in judged:
            partition = TopicPartition(record.topic, record.partition)
            if record.offset > self._settled.get(partition, -1):
                fresh.setdefault(partition, []).append((record, rejected))
        runs = {
            partition: self._limits.of(partition).after([rejected for _, rejected in part], part[-1][0])
            for partition, part in fresh.items()
        }
        await self.write([item for part in fresh.values() for item in part])
        for partition, part in fresh.items():
            self._limits.of(partition).committed(runs[partition])
            self._settled[partition] = part[-1][0].offset

    async def write(self, judged: Sequence[Judged]) -> None:
        """The dead letters alone: nothing is counted against the limit."""
        letters = [(record, rejected) for record, rejected in judged if rejected is not None]
        if letters:
            await self._publisher.write([self._letter(record, rejected) for record, rejected in letters])
        for _, rejected in letters:
            telemetry.DEAD_LETTERS.labels(self._application, rejected.reason).inc()

    def _letter(self, record: Record, rejected: Rejected) -> OutRecord:
        event = dead_letter_event(
            self._make,
            record,
            rejected,
            application=self._application,
            attempt=1,
            keep_payload=True,
            now_ms=self._clock.now_ms(),
        )
        return OutRecord(DEAD_LETTER_TOPIC, record.topic.encode(), self._serde.encode(DEAD_LETTER_TOPIC, event))
