"""Reading what a topic holds at the call, and nothing later: for operators, audits and one-shot programs."""

from collections.abc import AsyncGenerator, Sequence

from shared.stream.broker import Broker
from shared.stream.records import Position, Record, TopicPartition

_POLL_RECORDS = 2_000
_POLL_S = 0.5
_WAIT_S = 5.0


async def partitions_of(broker: Broker, topic: str) -> tuple[TopicPartition, ...]:
    """Raises :class:`shared.errors.FatalError` for a topic that does not exist."""
    reader = broker.reader()
    try:
        await reader.start()
        return await reader.partitions(topic)
    finally:
        await reader.stop()


async def scan(broker: Broker, partitions: Sequence[TopicPartition]) -> AsyncGenerator[list[Record], None]:
    """Committed records from the beginning up to the stable ends at the call, in batches, in order per partition.

    Close it (``contextlib.aclosing``) if it is left before its end.
    """
    reader = broker.reader()
    try:
        await reader.start()
        positions = await reader.beginnings(partitions)
        ends = await reader.stable_ends(partitions)
        left = [partition for partition in partitions if positions[partition] < ends[partition]]
        reader.assign({partition: positions[partition] for partition in left})
        while left:
            records = await reader.poll(left, _POLL_RECORDS, _POLL_S)
            within = [r for r in records if r.offset < ends[TopicPartition(r.topic, r.partition)]]
            if within:
                yield within
            left = [partition for partition in left if await reader.position(partition) < ends[partition]]
    finally:
        await reader.stop()


async def records_at(broker: Broker, positions: Sequence[Position]) -> dict[Position, Record]:
    """The committed records that stand exactly at ``positions``; those expired, compacted away or aborted are left out."""
    found: dict[Position, Record] = {}
    wanted = sorted(set(positions))
    partitions = sorted({TopicPartition(p.topic, p.partition) for p in wanted})
    reader = broker.reader()
    try:
        await reader.start()
        beginnings, ends = await reader.beginnings(partitions), await reader.stable_ends(partitions)
        reader.assign(beginnings)
        for position in wanted:
            partition = TopicPartition(position.topic, position.partition)
            if not beginnings[partition] <= position.offset < ends[partition]:
                continue
            reader.seek(partition, position.offset)
            while await reader.position(partition) <= position.offset:
                records = await reader.poll([partition], 1, _WAIT_S)
                if records:
                    if records[0].position == position:
                        found[position] = records[0]
                    break
        return found
    finally:
        await reader.stop()
