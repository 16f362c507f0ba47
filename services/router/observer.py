"""Observations and outcomes on their way to Kafka: off the request path, bounded, never lost while the disk holds."""

import asyncio
import logging
from collections import deque
from contextlib import suppress

from services.router.spool import Spool
from shared.errors import FlywheelError
from shared.stream.broker import Broker, OutRecord, Producer
from shared.stream.serde import Serde
from shared.telemetry import describe_error

BATCH = 500
FLUSH_S = 0.05
RETRY_S = 1.0
SEND_TIMEOUT_S = 10.0

logger = logging.getLogger(__name__)


class Observer:
    """A ring in memory, a task that sends it, and a spool for what Kafka does not take.

    ``observe`` never blocks and never raises for a broker's sake. Order per key is kept while Kafka is there; what went
    through the spool comes after what was sent meanwhile, and is dropped downstream by event id if it was sent twice.
    """

    def __init__(self, broker: Broker, serde: Serde, spool: Spool, ring_records: int) -> None:
        self._broker = broker
        self._serde = serde
        self._spool = spool
        self._ring: deque[tuple[str, str, bytes]] = deque()
        self._ring_records = ring_records
        self._wake = asyncio.Event()
        self._producer: Producer | None = None
        self._stopping = False
        self.connected = False

    def observe(self, topic: str, key: str, event: object) -> None:
        self._ring.append((topic, key, self._serde.encode(topic, event)))
        if len(self._ring) >= self._ring_records:
            self._spill()
        self._wake.set()

    async def run(self) -> None:
        """Send until stopped. A failed batch goes to the spool, and the spool is replayed once Kafka is back."""
        while not (self._stopping and not self._ring):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), RETRY_S)
            self._wake.clear()
            if not self._ring and not self._stopping:
                await self._replay()
                continue
            await asyncio.sleep(0 if self._stopping else FLUSH_S)
            batch = [self._ring.popleft() for _ in range(min(BATCH, len(self._ring)))]
            if batch and not await self._send(batch):
                self._spool.append(batch)
                self._spill()
                await asyncio.sleep(0 if self._stopping else RETRY_S)
            elif self._ring:
                self._wake.set()
        if self._producer is not None:
            await self._producer.close()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    def _spill(self) -> None:
        records = list(self._ring)
        self._ring.clear()
        if records:
            self._spool.append(records)

    async def _replay(self) -> None:
        for segment in list(self._spool.segments()):
            records = await asyncio.to_thread(self._spool.read, segment)
            if records and not await self._send(records):
                return
            self._spool.acknowledge(segment)
            if self._ring:
                self._wake.set()
                return

    async def _send(self, records: list[tuple[str, str, bytes]]) -> bool:
        out = [OutRecord(topic, key.encode(), value) for topic, key, value in records]
        try:
            if self._producer is None:
                producer = self._broker.producer()
                await asyncio.wait_for(producer.start(), SEND_TIMEOUT_S)
                self._producer = producer
            await asyncio.wait_for(self._producer.send(out), SEND_TIMEOUT_S)
        except (FlywheelError, TimeoutError, OSError) as error:
            if self.connected or self._producer is not None:
                logger.warning("kafka does not take observations; spooling", extra={"error": describe_error(error)})
            self.connected = False
            await self._discard()
            return False
        self.connected = True
        return True

    async def _discard(self) -> None:
        """A producer that raised anything is dead."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(FlywheelError, TimeoutError, OSError):
                await asyncio.wait_for(producer.close(), 2.0)
