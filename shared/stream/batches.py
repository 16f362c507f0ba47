"""Small pure steps between a fetch and its commits."""

import heapq
from collections.abc import Iterator, Mapping, Sequence

from shared.errors import PoisonError
from shared.stream.broker import OutRecord
from shared.stream.outcome import Rejected
from shared.stream.records import Record, TopicPartition


def as_rejected(error: Exception) -> Rejected:
    """What a record becomes that makes its processor raise, told without the error's text: it may hold content."""
    if isinstance(error, PoisonError):
        return Rejected(error.reason, error.detail)
    return Rejected("processor_error", type(error).__name__)


def heads(records: Sequence[Record]) -> list[Record]:
    """The first record of each run of one partition: within a run offsets rise, so what holds for it holds for all."""
    found: list[Record] = []
    partition: tuple[str, int] | None = None
    for record in records:
        if (record.topic, record.partition) != partition:
            partition = (record.topic, record.partition)
            found.append(record)
    return found


def merge_topics(records: Sequence[Record]) -> list[Record]:
    """Co-partitioned topics merged by time, each keeping its own order."""
    by_topic: dict[str, list[Record]] = {}
    for record in records:
        by_topic.setdefault(record.topic, []).append(record)
    runs: Iterator[list[Record]] = iter([by_topic[topic] for topic in sorted(by_topic)])
    return list(heapq.merge(*runs, key=lambda record: record.timestamp_ms))


def offsets_after(
    records: Sequence[Record], done: int, positions: Mapping[TopicPartition, int]
) -> dict[TopicPartition, int]:
    """What to commit once the first ``done`` of ``records`` are processed: the first record left of each partition, or
    the position the fetch ended at."""
    offsets = dict(positions)
    for record in reversed(records[done:]):
        offsets[TopicPartition(record.topic, record.partition)] = record.offset
    return offsets


def handed_over(records: list[OutRecord]) -> Iterator[OutRecord]:
    """``records`` one by one. The list is emptied after the last: until the broker has answered, the client's batches hold
    it all once more."""
    yield from records
    records.clear()
