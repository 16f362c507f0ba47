"""Keeps the snapshot current: from Kafka where this process follows it, from Redis at a cold start and on replicas."""

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from typing import Any, Protocol

from services.router.snapshot import SnapshotHolder
from shared.errors import FatalError, FlywheelError, PoisonError, TransientError
from shared.replica import REPLICATED_TOPICS, version_of
from shared.stream.broker import Broker
from shared.stream.serde import Serde
from shared.stream.tables import BroadcastTables
from shared.telemetry import describe_error

TOPICS = REPLICATED_TOPICS
RETRY_S = 1.0
REPLICA_POLL_S = 1.0

logger = logging.getLogger(__name__)


class Replica(Protocol):
    """The shared copy; :class:`services.router.adapters.RedisReplica` or a fake."""

    async def put(self, kind: str, key: str, version: int, payload: bytes) -> bool: ...

    async def load(self, kind: str) -> dict[str, bytes]: ...

    async def counts(self, kinds: tuple[str, ...]) -> dict[str, int]: ...

    async def run_id(self) -> str:
        """Differs between two lives of the server: it may have come back emptied, or as it was some time ago."""
        ...


class Follower:
    """Two loops that never end by themselves: one follows Kafka, one exchanges with the replica.

    Either may be away for any time: decisions go on from the snapshot in memory.
    """

    def __init__(self, holder: SnapshotHolder, replica: Replica, broker: Broker, serde: Serde, follow: bool) -> None:
        self._holder = holder
        self._replica = replica
        self._broker = broker
        self._serde = serde
        self._follow = follow
        self._latest: dict[tuple[str, str], Any] = {}  # what the topics hold, newest version of each key
        self._unwritten: dict[tuple[str, str], Any] = {}
        self._run_id = ""
        self.current = asyncio.Event()

    async def follow_log(self) -> None:
        while self._follow:
            tables = BroadcastTables(self._broker, self._serde, TOPICS, self._changed)
            try:
                await tables.start()
                await tables.wait_current()
                self.current.set()
                await tables.run()
            except (TransientError, FatalError) as error:
                logger.warning("assignments not followed; routing from memory", extra={"error": describe_error(error)})
            finally:
                with suppress(FlywheelError):
                    await tables.stop()
            await asyncio.sleep(RETRY_S)

    async def exchange(self) -> None:
        """Write what is new, rewrite everything if the replica was emptied, and read where nobody else tells us."""
        cold = True
        while True:
            try:
                if cold or not self._follow:
                    await self._read()
                    cold = False
                if self._follow:
                    await self._write()
            except TransientError:
                pass
            await asyncio.sleep(REPLICA_POLL_S)

    async def _read(self) -> None:
        for topic in TOPICS:
            for payload in (await self._replica.load(topic)).values():
                with suppress(PoisonError, FatalError):  # FatalError: written by a newer router; not routed by
                    self._apply(topic, self._serde.decode(topic, payload))

    async def _write(self) -> None:
        """Write what changed, or everything if the replica holds less than it should or is another one than before."""
        run_id, counts = await self._replica.run_id(), await self._replica.counts(TOPICS)
        expected = Counter(topic for topic, _ in self._latest.keys() - self._unwritten.keys())
        if run_id != self._run_id or any(counts[topic] < expected[topic] for topic in TOPICS):
            self._unwritten = dict(self._latest)
            self._run_id = run_id
        for (topic, key), event in list(self._unwritten.items()):
            await self._replica.put(topic, key, version_of(event), self._serde.encode(topic, event))
            if self._unwritten.get((topic, key)) is event:
                del self._unwritten[(topic, key)]

    def _changed(self, topic: str, key: str, event: Any) -> None:
        if event is None:
            return
        self._apply(topic, event)
        # Kept even where the replica itself had told of it before: a replica that is emptied is filled from here.
        known = self._latest.get((topic, key))
        if known is None or version_of(known) <= version_of(event):
            self._latest[(topic, key)] = self._unwritten[(topic, key)] = event

    def _apply(self, topic: str, event: Any) -> bool:
        if topic == "assignment.changed":
            return self._holder.assign(event)
        if topic == "cluster.changed":
            return self._holder.cluster(event)
        return self._holder.model(event)
