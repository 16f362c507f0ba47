"""Reads a data set query from the log: without a group, exactly the offsets asked for."""

from collections.abc import Callable

from shared.errors import PoisonError
from shared.events import ObservationClustered
from shared.events.training import DatasetQuery
from shared.stream.broker import Broker
from shared.stream.records import TopicPartition
from shared.stream.serde import Serde

POLL_RECORDS = 2000
POLL_S = 0.2


async def read_rows(broker: Broker, serde: Serde, query: DatasetQuery) -> list[ObservationClustered]:
    """Observations of the query's clusters in its ranges. Records that do not decode, or have expired, are left out."""
    ranges = {TopicPartition(query.topic, r.partition): r for r in query.ranges if r.end > r.start}
    if not ranges:
        return []
    clusters = frozenset(query.clusters)
    keys = frozenset(cluster.encode() for cluster in clusters)
    reader = broker.reader()
    await reader.start()
    try:
        beginnings = await reader.beginnings(list(ranges))
        positions = {partition: max(r.start, beginnings[partition]) for partition, r in ranges.items()}
        ends = {partition: ranges[partition].end for partition in ranges}
        stable = await reader.stable_ends(list(ranges))
        ends = {partition: min(end, stable[partition]) for partition, end in ends.items()}
        reader.assign(positions)
        rows: list[ObservationClustered] = []
        open_partitions = [partition for partition in ranges if positions[partition] < ends[partition]]
        while open_partitions:
            for record in await reader.poll(open_partitions, POLL_RECORDS, POLL_S):
                within = record.offset < ends[TopicPartition(record.topic, record.partition)]
                if within and record.key in keys and record.value is not None:
                    _collect(rows, serde.decode, record.topic, record.value)
            open_partitions = [p for p in open_partitions if await reader.position(p) < ends[p]]
        return rows
    finally:
        await reader.stop()


def _collect(
    rows: list[ObservationClustered], decode: Callable[[str, bytes], object], topic: str, value: bytes
) -> None:
    try:
        event = decode(topic, value)
    except PoisonError:
        return
    if isinstance(event, ObservationClustered):
        rows.append(event)
