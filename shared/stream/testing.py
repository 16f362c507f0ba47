"""Drives a processor without any broker; public, for the unit tests of every service.

    harness = Harness(application, tables={"cluster.changed": {"c1": changed}})
    results = harness.feed([event, event], topic="observation.unique", key="tenant-a")
    assert harness.outputs[0].topic == "observation.clustered"
    harness.restart()          # a new processor over the state restored from the changelog

The harness holds a processor to what the engine does: conservation of records, staged state, restorable stores.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from shared.errors import FatalError, MigratedError
from shared.state.store import Change, TaskState
from shared.stream.checks import check_conservation, check_tick
from shared.stream.outcome import Emit, Emitted, Measured, Outcomes, Result
from shared.stream.processor import Application, AsyncProcessor, TaskId
from shared.stream.records import Message, Position

START_MS = 1_700_000_000_000


class FixedTables:
    """Broadcast tables that a test sets. A table's version counts the records applied to it."""

    def __init__(self, tables: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._tables: dict[str, dict[str, Any]] = {topic: dict(rows) for topic, rows in (tables or {}).items()}
        self._versions = {topic: len(rows) for topic, rows in self._tables.items()}
        self.published: list[Emit] = []
        self.claims = 0

    def set(self, topic: str, key: str, event: Any | None) -> None:
        """Apply one broadcast record; ``None`` is a tombstone."""
        rows = dict(self._tables.get(topic, {}))
        rows.pop(key, None)
        if event is not None:
            rows[key] = event
        self._tables[topic] = rows
        self._versions[topic] = self._versions.get(topic, 0) + 1

    def table(self, topic: str) -> Mapping[str, Any]:
        return self._tables.get(topic, {})

    def table_version(self, topic: str) -> int:
        return self._versions.get(topic, 0)

    async def publish(self, outputs: Sequence[Emit], *, while_mine: Callable[[], bool] = lambda: True) -> None:
        """What an async processor published in the middle of its work."""
        if not while_mine():
            raise MigratedError("the work is another's by now")
        self.published.extend(outputs)

    async def claim(self, outputs: Sequence[Emit]) -> None:
        """What it published as it took the message over for good."""
        self.claims += 1
        self.published.extend(outputs)


class Harness:
    """One task of ``application`` on partition ``partition``; ``tables`` maps broadcast topics to key → event."""

    def __init__(
        self,
        application: Application,
        tables: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        partition: int = 0,
    ) -> None:
        self.application = application
        self.tables = FixedTables(tables)
        self.outputs: list[Emit] = []
        self.results: list[Result] = []
        self.changelog: list[Change] = []
        self.measured: list[Measured] = []
        self._task = TaskId(application.name, application.topics, partition)
        self._next_offsets: dict[tuple[str, int], int] = {}
        self.state = TaskState(application.stores, self.tables)
        self.processor = application.processor(self._task)
        self.processor.restored(self.state)

    def feed(
        self,
        messages: Iterable[Any],
        topic: str | None = None,
        *,
        partition: int | None = None,
        key: str = "key",
        timestamp_ms: int = START_MS,
        headers: tuple[tuple[str, bytes], ...] = (),
    ) -> list[Result]:
        """Process ``messages`` as one batch and keep what it did.

        Each is a :class:`Message` as it is, or an event that is given ``topic`` (default: the application's first),
        ``key``, the next offset of its partition, and ``timestamp_ms``.
        """
        target = topic if topic is not None else self.application.topics[0]
        where = partition if partition is not None else self._task.partition
        batch = [
            item
            if isinstance(item, Message)
            else Message(*self._next_position(target, where), timestamp_ms, key, item, headers)
            for item in messages
        ]
        outcomes = self.processor.process(batch, self.state)
        check_conservation(self.application.name, len(batch), outcomes)
        for result in outcomes.results:
            if isinstance(result, Emit | Emitted):
                self.outputs.extend(result.outputs)
        self.results.extend(outcomes.results)
        self._keep(outcomes)
        return list(outcomes.results)

    def tick(self, now_ms: int) -> list[Emit]:
        """Call ``on_tick`` and keep what it did; returns the tick's outputs."""
        outcomes = self.processor.on_tick(now_ms, self.state)
        check_tick(self.application.name, outcomes)
        self._keep(outcomes)
        return list(outcomes.also)

    def restart(self) -> None:
        """Replace processor and state by ones restored from the changelog, as after a crash.

        Raises :class:`FatalError` if the restored stores differ: a value that its codec does not give back as it was
        (a tuple, an integer key), or one mutated after ``put``.
        """
        restored = TaskState(self.application.stores, self.tables)
        for change in self.changelog:
            restored.store(change.store).restore(change.key, change.value)
        before, after = self.state.snapshot(), restored.snapshot()
        for name in before:
            if list(before[name].items()) != list(after[name].items()):
                raise FatalError(f"{self.application.name}: store {name!r} differs from the replay of its changelog")
        self.state = restored
        self.processor = self.application.processor(self._task)
        self.processor.restored(self.state)

    def _next_position(self, topic: str, partition: int) -> Position:
        offset = self._next_offsets.get((topic, partition), 0)
        self._next_offsets[topic, partition] = offset + 1
        return Position(topic, partition, offset)

    def _keep(self, outcomes: Outcomes) -> None:
        self.outputs.extend(outcomes.also)
        self.measured.extend(outcomes.measured)
        self.changelog.extend(self.state.changes())
        self.state.apply()


def run_batches(
    application: Application,
    messages: Sequence[Any],
    batch_sizes: Iterable[int],
    *,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    ticks: Mapping[int, int] | None = None,
    topic: str | None = None,
    key: str = "key",
) -> Harness:
    """Feed ``messages`` cut into ``batch_sizes`` (the last size repeats), for proofs that the cut does not matter.

    ``ticks`` maps "after so many messages" to the tick's ``now_ms``; a batch never spans a tick.
    """
    harness = Harness(application, tables)
    sizes = iter(batch_sizes)
    size, start = 1, 0
    pending = dict(ticks or {})
    while start < len(messages):
        size = max(1, next(sizes, size))
        cuts = [at for at in pending if at > start]
        end = min([start + size, len(messages), *cuts])
        harness.feed(messages[start:end], topic, key=key)
        start = end
        if end in pending:
            harness.tick(pending.pop(end))
    return harness


async def handle_all(
    processor: AsyncProcessor,
    messages: Iterable[Any],
    tables: FixedTables | None = None,
    *,
    topic: str = "topic",
    key: str = "key",
    timestamp_ms: int = START_MS,
) -> list[Result]:
    """Run an async processor over messages (or bare events) one after the other and return their results."""
    context = tables if tables is not None else FixedTables()
    results: list[Result] = []
    for offset, item in enumerate(messages):
        message = item
        if not isinstance(item, Message):
            message = Message(topic, 0, offset, timestamp_ms, key, item)
        results.append(await processor.handle(message, context))
    return results
