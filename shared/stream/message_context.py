"""One message in the hands of an async processor: what it may see and say, and whether it was claimed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared import telemetry
from shared.errors import FatalError
from shared.stream.broker import OutRecord
from shared.stream.checks import count_kinds
from shared.stream.dead_letters import DEAD_LETTER_TOPIC, DeadLetterFactory
from shared.stream.outcome import Emit, Rejected, Result, Skipped
from shared.stream.processor import AsyncApplication
from shared.stream.publisher import Publisher, TransactionalPublisher
from shared.stream.records import Record, TopicPartition
from shared.stream.serde import Serde
from shared.stream.tables import BroadcastTables
from shared.stream.task import dead_letter_event
from shared.stream.watermark import Watermark


@dataclass(slots=True)
class InHand:
    """A record being handled. ``claimed``: its offset is committed, and its partition may go elsewhere without it;
    ``tried``: a claim was begun, and may have taken effect."""

    record: Record
    watermark: Watermark
    claimed: bool = False
    tried: bool = False

    @property
    def partition(self) -> TopicPartition:
        return TopicPartition(self.record.topic, self.record.partition)

    @property
    def is_next(self) -> bool:
        """Everything before it in its partition is finished or claimed."""
        return self.watermark.committable == self.record.offset

    def finish(self) -> None:
        """Let the committed offset pass it, once."""
        if not self.claimed:
            self.watermark.finish(self.record.offset)

    def claim(self) -> None:
        self.finish()
        self.claimed = True


def dead_letter_record(
    application: AsyncApplication,
    make: DeadLetterFactory,
    serde: Serde,
    record: Record,
    rejected: Rejected,
    attempts: int,
    now_ms: int,
) -> OutRecord:
    event = dead_letter_event(
        make,
        record,
        rejected,
        application=application.name,
        attempt=attempts,
        keep_payload=application.keep_dead_letter_payload,
        now_ms=now_ms,
    )
    return OutRecord(DEAD_LETTER_TOPIC, record.topic.encode(), serde.encode(DEAD_LETTER_TOPIC, event))


def count(application: str, result: Result, outputs: Sequence[OutRecord]) -> None:
    """Note in the metrics how a record ended and what was written for it."""
    for kind, number in count_kinds([result]).items():
        telemetry.RECORDS.labels(application, kind).inc(number)
    for output in outputs:
        telemetry.OUTPUTS.labels(application, output.topic).inc()
    if isinstance(result, Rejected):
        telemetry.DEAD_LETTERS.labels(application, result.reason).inc()
    if isinstance(result, Skipped):
        telemetry.SKIPPED.labels(application, result.reason).inc()


class MessageContext:
    """What one call of ``handle`` sees (see :class:`shared.stream.processor.Context`). Tables are live."""

    def __init__(
        self,
        tables: BroadcastTables,
        publisher: Publisher | TransactionalPublisher,
        claim: Callable[[Sequence[Emit]], Awaitable[None]] | None = None,
    ) -> None:
        self._tables = tables
        self._publisher = publisher
        self._claim = claim

    def table(self, topic: str) -> Mapping[str, Any]:
        return self._tables.table(topic)

    def table_version(self, topic: str) -> int:
        return self._tables.table_version(topic)

    async def publish(self, outputs: Sequence[Emit], *, while_mine: Callable[[], bool] = lambda: True) -> None:
        if isinstance(self._publisher, TransactionalPublisher):
            await self._publisher.publish(outputs, while_mine=while_mine)
        else:
            await self._publisher.publish(outputs)

    async def claim(self, outputs: Sequence[Emit]) -> None:
        if self._claim is None:
            raise FatalError("a message is claimed under a transactional id, and its application names none")
        await self._claim(outputs)
