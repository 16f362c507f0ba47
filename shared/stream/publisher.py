"""Writes events outside any task: a job's progress, an operator's command, a router's observations."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from shared.errors import MigratedError, TransientError
from shared.stream.broker import NO_NOTES, Broker, OutRecord, Producer, TransactionalProducer
from shared.stream.guarded import GuardedProducer, GuardedTransactions
from shared.stream.outcome import Emit
from shared.stream.records import TopicPartition
from shared.stream.retry import Backoff
from shared.stream.serde import Serde
from shared.stream.wire import encode_all


class Publisher:
    """One idempotent producer, remade when it dies; events may be written twice if an answer was lost, so they carry
    ids of their own. Safe to share between coroutines."""

    def __init__(self, broker: Broker, serde: Serde, *, patience_s: float = 30.0) -> None:
        self._broker = broker
        self._serde = serde
        self._patience_s = patience_s
        self._producer: Producer | None = None
        self._lock = asyncio.Lock()

    async def publish(self, emits: Sequence[Emit]) -> None:
        """Return once all are acknowledged. Raises :class:`TransientError` when the broker stays away for longer than
        ``patience_s``, :class:`PoisonError` for an output that is too large."""
        await self.write(encode_all(self._serde, emits))

    async def write(self, records: Sequence[OutRecord]) -> None:
        """``publish`` for records that are encoded already."""
        loop, backoff, failures = asyncio.get_running_loop(), Backoff(), 0
        give_up_s = loop.time() + self._patience_s
        async with self._lock:
            while True:
                try:
                    if self._producer is None:
                        producer = GuardedProducer(self._broker.producer())
                        self._producer = producer
                        await producer.start()
                    await self._producer.send(records)
                    return
                except (TransientError, MigratedError) as error:
                    await self._discard()
                    failures += 1
                    if loop.time() >= give_up_s:
                        raise TransientError("the broker stayed away") from error
                    await asyncio.sleep(backoff.delay_s(failures))
                except BaseException:
                    await self._discard()
                    raise

    async def close(self) -> None:
        async with self._lock:
            await self._discard()

    async def _discard(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.close()


class TransactionalPublisher:
    """Writes under one transactional id, each call one transaction. ``start`` fences every earlier holder of the id.

    A fenced one raises :class:`MigratedError` from then on, and its work must stop. After any other error the outcome of
    that call is unknown, and the next call takes the id again, **fencing whoever holds it by then**: call it only while
    the work is surely yours (a lease that has not run out).
    """

    def __init__(self, broker: Broker, serde: Serde, transactional_id: str) -> None:
        self._broker = broker
        self._serde = serde
        self._id = transactional_id
        self._producer: TransactionalProducer | None = None
        self._fenced = False
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        async with self._lock:
            await self._take()

    async def publish(
        self,
        emits: Sequence[Emit],
        offsets: Mapping[TopicPartition, int] | None = None,
        group: str = "",
        notes: Mapping[TopicPartition, str] = NO_NOTES,
        *,
        while_mine: Callable[[], bool] = lambda: True,
    ) -> None:
        """All of ``emits`` and the ``offsets`` of ``group``, or nothing. Raises what ``encode_all`` raises too.

        ``while_mine`` is asked once the id is held: a successor that came later fences this holder, and one that came
        earlier only did so because the work is no longer its own.
        """
        records = encode_all(self._serde, emits)
        async with self._lock:
            if self._fenced:
                raise MigratedError("the transactional id was taken over")
            if self._producer is None:
                await self._take()
            if not while_mine():
                raise MigratedError("the work is another's by now")
            producer, self._producer = self._producer, None
            assert producer is not None
            try:
                await producer.begin()
                await producer.send(records)
                await producer.commit(offsets or {}, group, notes)
            except BaseException as error:
                self._fenced = isinstance(error, MigratedError)
                await producer.close()
                raise
            self._producer = producer

    async def close(self) -> None:
        async with self._lock:
            producer, self._producer = self._producer, None
            if producer is not None:
                await producer.close()

    async def _take(self) -> None:
        producer = GuardedTransactions(self._broker.transactional_producer(self._id))
        try:
            await producer.start()
        except BaseException:
            await producer.close()
            raise
        self._producer = producer
