"""Broadcast tables: small topics read whole, without a group, and followed for as long as the process lives.

A table holds the latest event of each key. Its version is the sum over partitions of the offset after the last record
applied, so two processes that applied the same records show the same version, compacted log or not.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from shared import telemetry
from shared.errors import FatalError, FlywheelError, PoisonError, TransientError
from shared.stream.broker import Broker, Reader
from shared.stream.guarded import told_to_cancel
from shared.stream.records import Record, TopicPartition
from shared.stream.retry import Backoff
from shared.stream.serde import Serde

_log = logging.getLogger(__name__)
_POLL_RECORDS = 2_000
_POLL_S = 0.5

OnChange = Callable[[str, str, Any], None]
"""Called as ``on_change(topic, key, event)`` in the order of the log, on the event loop; ``None`` is a tombstone."""


@dataclass(frozen=True, slots=True)
class TablesSnapshot:
    """Tables as they stood at one moment; safe to read from another thread."""

    rows: Mapping[str, Mapping[str, Any]]
    versions: Mapping[str, int]

    def table(self, topic: str) -> Mapping[str, Any]:
        try:
            return self.rows[topic]
        except KeyError:
            raise FatalError(f"{topic} is not among the broadcast topics of this application") from None

    def table_version(self, topic: str) -> int:
        return self.versions.get(topic, 0)


NO_TABLES = TablesSnapshot({}, {})


class BroadcastTables:
    """Follows ``topics``. Use: ``await start()``, ``await wait_current()``, read, ``await stop()``.

    While the broker is away the tables keep their last content and the follower tries again. ``failed`` is set to the
    error that ended the follower; a process whose follower died must stop.
    """

    def __init__(self, broker: Broker, serde: Serde, topics: Sequence[str], on_change: OnChange | None = None) -> None:
        self._broker = broker
        self._serde = serde
        self._topics = tuple(topics)
        self._on_change = on_change
        self._rows: dict[str, Mapping[str, Any]] = {topic: MappingProxyType({}) for topic in self._topics}
        self._applied: dict[TopicPartition, int] = {}
        self._positions: dict[TopicPartition, int] = {}
        self._reader: Reader | None = None
        self._task: asyncio.Task[None] | None = None
        self._moved = asyncio.Event()
        self._snapshot = self._take_snapshot()

    async def start(self) -> None:
        """Begin to follow. Raises :class:`FatalError` if a topic does not exist."""
        if not self._topics:
            return
        await self._open()
        self._task = asyncio.create_task(self._follow(), name="broadcast-tables")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError, FlywheelError):
                await self._task
        await self._close()

    async def wait_current(self) -> None:
        """Return once every table holds what its topic held at the call. Raises what ended the follower."""
        if not self._topics:
            return
        ends = await self._ends()
        while any(self._positions.get(partition, 0) < end for partition, end in ends.items()):
            self._raise_if_dead()
            self._moved.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_POLL_S):
                    await self._moved.wait()

    async def run(self) -> None:
        """Lasts as long as the follower and raises what ended it: for the supervisor of side tasks."""
        if self._task is None:
            await asyncio.Event().wait()
        else:
            await asyncio.shield(self._task)

    def snapshot(self) -> TablesSnapshot:
        return self._snapshot

    def table(self, topic: str) -> Mapping[str, Any]:
        return self._snapshot.table(topic)

    def table_version(self, topic: str) -> int:
        return self._snapshot.table_version(topic)

    async def _open(self) -> None:
        reader = self._broker.reader()
        try:
            await reader.start()
            partitions = [p for topic in self._topics for p in await reader.partitions(topic)]
            missing = [partition for partition in partitions if partition not in self._positions]
            self._positions.update(await reader.beginnings(missing))
            reader.assign(self._positions)
        except BaseException:
            await reader.stop()
            raise
        self._reader = reader

    async def _close(self) -> None:
        if self._reader is not None:
            reader, self._reader = self._reader, None
            await reader.stop()

    async def _ends(self) -> dict[TopicPartition, int]:
        """Stable ends, read by a reader of their own: the follower's may be in the middle of a poll."""
        reader = self._broker.reader()
        try:
            await reader.start()
            return await reader.stable_ends(list(self._positions))
        finally:
            await reader.stop()

    async def _follow(self) -> None:
        backoff, failures = Backoff(), 0
        while True:
            try:
                if self._reader is None:
                    await self._open()
                await self._poll_once()
                failures = 0
            except (TransientError, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError) and told_to_cancel():
                    raise
                failures += 1
                if failures == 1:
                    _log.warning("broadcast tables stand still", extra={"error": telemetry.describe_error(error)})
                await self._close()
                await asyncio.sleep(backoff.delay_s(failures))

    async def _poll_once(self) -> None:
        reader = self._reader
        if reader is None:
            raise FatalError("broadcast tables were polled before they were started")
        partitions = list(self._positions)
        records = await reader.poll(partitions, _POLL_RECORDS, _POLL_S)
        if records:
            self._apply(records)
        for partition in partitions:
            self._positions[partition] = await reader.position(partition)
        self._moved.set()

    def _apply(self, records: Sequence[Record]) -> None:
        changed: dict[str, dict[str, Any]] = {}
        events: list[tuple[str, str, Any]] = []
        for record in records:
            topic = record.topic
            rows = changed.get(topic)
            if rows is None:
                rows = changed[topic] = dict(self._rows[topic])
            self._applied[TopicPartition(topic, record.partition)] = record.offset + 1
            try:
                key = (record.key or b"").decode()
                event = None if record.value is None else self._serde.decode(topic, record.value)
            except (PoisonError, UnicodeDecodeError):
                telemetry.TABLE_REJECTED.labels(topic).inc()
                _log.error(
                    "a broadcast record cannot be decoded; its key keeps its last event",
                    extra={"topic": topic, "partition": record.partition, "offset": record.offset},
                )
                continue
            rows.pop(key, None)
            if event is not None:
                rows[key] = event
            events.append((topic, key, event))
        for topic, rows in changed.items():
            self._rows[topic] = MappingProxyType(rows)
        self._snapshot = self._take_snapshot()
        for topic in changed:
            telemetry.TABLE_VERSION.labels(topic).set(self._snapshot.table_version(topic))
        if self._on_change is not None:
            for topic, key, event in events:
                self._on_change(topic, key, event)

    def _take_snapshot(self) -> TablesSnapshot:
        versions = dict.fromkeys(self._topics, 0)
        for partition, applied in self._applied.items():
            versions[partition.topic] += applied
        return TablesSnapshot(dict(self._rows), versions)

    def _raise_if_dead(self) -> None:
        if self._task is not None and self._task.done():
            self._task.result()
