"""Contender: the client library alone, in the simplest exactly-once loop that is right while nothing fails.

One group member; per partition one task with one transactional producer. Settings of the clients are this engine's.
Keys stay and partition counts are equal, so a record goes to the partition it came from, without hashing its key.
"""

import asyncio
import signal
import sys
import time
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor

from tests.bench.engine.framing import PlainCodec, Transformed
from tests.bench.engine.options import Options, parse

IDLE_S = 1.0
CLIENT: dict[str, Any] = {"retry_backoff_ms": 15, "request_timeout_ms": 40_000}


def consumer_of(options: Options) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        options.source,
        bootstrap_servers=options.bootstrap,
        group_id=options.group,
        partition_assignment_strategy=(RangePartitionAssignor,),
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=6 * 1024 * 1024,
        fetch_max_wait_ms=100,
        session_timeout_ms=10_000,
        heartbeat_interval_ms=1_000,
        **CLIENT,
    )


def producer_of(options: Options, partition: TopicPartition) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        bootstrap_servers=options.bootstrap,
        transactional_id=f"{options.group}.{partition.topic}.{partition.partition}",
        transaction_timeout_ms=10_000,
        acks="all",
        max_batch_size=1024 * 1024,
        max_request_size=5 * 1024 * 1024,
        **CLIENT,
    )


class Loop:
    """One partition, for as long as the process lives."""

    def __init__(
        self, options: Options, consumer: AIOKafkaConsumer, partition: TopicPartition, transformed: Transformed
    ) -> None:
        self._options = options
        self._transformed = transformed
        self._consumer = consumer
        self._partition = partition
        self._producer = producer_of(options, partition)
        self._committed_s = time.monotonic()

    async def run(self) -> None:
        await self._producer.start()
        try:
            while True:
                records = await self._collect()
                if records:
                    await self._commit(records)
        finally:
            await self._producer.stop()

    async def _collect(self) -> list[Any]:
        """Records until the batch is full or the commit interval is over."""
        records: list[Any] = []
        due_s = self._committed_s + self._options.commit_ms / 1000
        while len(records) < self._options.max_batch:
            wait_s = due_s - time.monotonic() if records else IDLE_S
            if records and wait_s <= 0:
                break
            room = self._options.max_batch - len(records)
            found = await self._consumer.getmany(self._partition, timeout_ms=round(wait_s * 1000), max_records=room)
            records += found.get(self._partition, ())
        return records

    async def _commit(self, records: list[Any]) -> None:
        producer, partition = self._producer, self._partition
        position = await self._consumer.position(partition)
        await producer.begin_transaction()
        batch, sent = producer.create_batch(), []
        for record in records:
            value = self._transformed(record.value)
            if batch.append(key=record.key, value=value, timestamp=None) is None:
                sent.append(await producer.send_batch(batch, self._options.sink, partition=partition.partition))
                batch = producer.create_batch()
                batch.append(key=record.key, value=value, timestamp=None)
        sent.append(await producer.send_batch(batch, self._options.sink, partition=partition.partition))
        await asyncio.gather(*sent)
        await producer.send_offsets_to_transaction({partition: position}, self._options.group)
        await producer.commit_transaction()
        self._committed_s = time.monotonic()


async def run(options: Options, transformed: Transformed) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    consumer = consumer_of(options)
    await consumer.start()
    while len(consumer.assignment()) < options.partitions:
        await asyncio.sleep(0.01)
    loops = [asyncio.create_task(Loop(options, consumer, owned, transformed).run()) for owned in consumer.assignment()]
    stopped = asyncio.create_task(stop.wait())
    working: list[asyncio.Task[Any]] = [stopped, *loops]
    done, _ = await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
    for task in loops:
        task.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
    await consumer.stop()
    for task in done:
        task.result()


if __name__ == "__main__":
    given = parse(sys.argv[1:])
    asyncio.run(run(given, PlainCodec(given.schema).transformed))
