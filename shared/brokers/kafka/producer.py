"""Idempotent and transactional producers on aiokafka. One that raised anything is dead, and may raise odd types next."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka import errors as kafka_errors

from shared.brokers.kafka.connection import Connection, connecting, translate, with_notes
from shared.brokers.kafka.record_batch import RecordBatch, in_batches
from shared.errors import FlywheelError, TransientError
from shared.stream.broker import MAX_RECORD_BYTES, NO_NOTES, OutRecord
from shared.stream.partitioner import KeyPartitions, key_partitions
from shared.stream.records import TopicPartition

_T = TypeVar("_T")
_BATCH_BYTES = 1024 * 1024
_CLOSE_S = 2.0


class KafkaProducer:
    """Idempotent, or transactional when it has an id."""

    def __init__(self, connection: Connection, transactional_id: str | None) -> None:
        self._connection = connection
        self._id = transactional_id
        self._started: AIOKafkaProducer | None = None
        self._partitions: dict[str, KeyPartitions] = {}
        self._open = False
        self._dead = False

    async def start(self) -> None:
        timing = self._connection.timing
        options: dict[str, Any] = {"enable_idempotence": True}
        if self._id is not None:
            options = {"transactional_id": self._id, "transaction_timeout_ms": round(timing.transaction_s * 1000)}
        self._started = AIOKafkaProducer(
            **self._connection.options,
            **options,
            acks="all",
            max_batch_size=_BATCH_BYTES,
            max_request_size=MAX_RECORD_BYTES,
        )
        await self._guarded("start the producer", connecting(self._connection, self._started.start()), timing.start_s)

    async def begin(self) -> None:
        await self._guarded("begin a transaction", self._producer.begin_transaction(), self._connection.timing.commit_s)
        self._open = True

    async def send(self, records: Iterable[OutRecord]) -> None:
        await self._guarded("send", self._send(records), self._connection.timing.request_s, survives_cancel=True)

    async def commit(
        self, offsets: Mapping[TopicPartition, int], group: str, notes: Mapping[TopicPartition, str] = NO_NOTES
    ) -> None:
        call = self._commit(offsets, group, notes)
        await self._guarded("commit a transaction", call, self._connection.timing.commit_s)
        self._open = False

    async def abort(self) -> None:
        await self._guarded("abort a transaction", self._producer.abort_transaction(), _CLOSE_S)
        self._open = False

    async def close(self) -> None:
        if self._open and not self._dead:
            with contextlib.suppress(FlywheelError):
                await self.abort()
        producer, self._started = self._started, None
        if producer is None:
            return
        if not self._dead:
            self._dead = True
            with contextlib.suppress(Exception):
                async with asyncio.timeout(_CLOSE_S):
                    await producer.stop()
                return
        await _discard(producer)

    @property
    def _producer(self) -> AIOKafkaProducer:
        if self._started is None or self._dead:
            raise TransientError("the producer is dead")
        return self._started

    async def _send(self, records: Iterable[OutRecord]) -> None:
        filled = await self._filled(records)
        await asyncio.gather(*[self._send_partition(*target, batches) for target, batches in filled.items()])

    async def _filled(self, records: Iterable[OutRecord]) -> dict[tuple[str, int], list[RecordBatch]]:
        """``records`` in batches, in order for each partition."""
        listed: dict[str, dict[int, list[OutRecord]]] = {}
        last_topic: str | None = None
        for record in records:
            topic, key, _, _, number = record
            if topic is not last_topic:
                last_topic, numbers = topic, await self._partitions_of(topic)
                of_topic = listed.setdefault(topic, defaultdict(list))
            of_topic[numbers[key or b""] if number is None else number].append(record)
        transactional = self._id is not None
        return {
            (topic, number): in_batches(of_partition, _BATCH_BYTES, transactional=transactional)
            for topic, of_topic in listed.items()
            for number, of_partition in of_topic.items()
        }

    async def _partitions_of(self, topic: str) -> KeyPartitions:
        known = self._partitions.get(topic)
        if known is None:
            known = self._partitions[topic] = key_partitions(len(await self._producer.partitions_for(topic)))
        return known

    async def _send_partition(self, topic: str, partition: int, batches: Sequence[RecordBatch]) -> None:
        """One writer per partition, one batch in the queue at a time: order holds whatever is retried."""
        producer = self._producer
        waiting = [await producer.send_batch(batch, topic, partition=partition) for batch in batches]
        await asyncio.gather(*waiting)

    async def _commit(
        self, offsets: Mapping[TopicPartition, int], group: str, notes: Mapping[TopicPartition, str]
    ) -> None:
        producer = self._producer
        if offsets:
            await producer.send_offsets_to_transaction(with_notes(offsets, notes), group)
        await producer.commit_transaction()

    async def _guarded(self, doing: str, call: Awaitable[_T], limit_s: float, *, survives_cancel: bool = False) -> _T:
        """Whatever ``call`` raises, this producer is not used again. Cancelled, only a send can still be aborted."""
        try:
            async with asyncio.timeout(limit_s):
                return await call
        except asyncio.CancelledError:
            self._dead = self._dead or not survives_cancel
            raise
        except Exception as error:
            self._dead = True
            raise translate(error, doing) from error


async def _discard(producer: AIOKafkaProducer) -> None:
    """Let go without flushing: ``stop()`` would wait for a broker that may be away. Its attributes are private, but
    nothing public closes a producer at once, and one left running could still deliver what it holds."""
    with contextlib.suppress(Exception):
        await producer.client.close()
    sender = producer._sender
    if sender.sender_task is not None:
        sender.sender_task.cancel()
        await asyncio.wait([sender.sender_task], timeout=_CLOSE_S)
    producer._message_accumulator.fail_all(kafka_errors.ProducerClosed())
    producer._closed = True
