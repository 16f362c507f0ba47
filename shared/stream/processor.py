"""The two seams between the engine and a service: a pure :class:`Processor` and its :class:`AsyncProcessor` sibling."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from shared.stream.outcome import Emit, Outcomes, Result
from shared.stream.records import Message


@dataclass(frozen=True, slots=True)
class StoreSpec:
    """A key-value store of a task, written ahead to the changelog topic ``<application>.<name>.changelog``.

    ``codec`` says how values travel: ``json`` (anything JSON can hold) or ``bytes``. ``cleanup`` is the changelog's
    policy: ``compact`` keeps the latest value of each key; ``delete`` drops entries after ``retention_ms``.
    """

    name: str
    codec: Literal["json", "bytes"] = "json"
    cleanup: Literal["compact", "delete"] = "compact"
    retention_ms: int | None = None


class Store(Protocol):
    """One task's key-value store. Writes are staged: they become visible to later reads of the same task at once, and
    durable (or are dropped) with the task's transaction. Values must not be mutated after ``put``."""

    def get(self, key: str) -> Any | None: ...

    def put(self, key: str, value: Any) -> None: ...

    def delete(self, key: str) -> None: ...

    def items(self) -> Iterator[tuple[str, Any]]: ...

    def __len__(self) -> int: ...

    def __contains__(self, key: str) -> bool: ...


class State(Protocol):
    """What a task may read and write: its own stores, and read-only broadcast tables with their version."""

    def store(self, name: str) -> Store: ...

    def table(self, topic: str) -> Mapping[str, Any]:
        """The latest event per key of a broadcast topic (tombstoned keys are absent)."""
        ...

    def table_version(self, topic: str) -> int:
        """Records of the broadcast topic applied so far; logged with what they decided."""
        ...


class Processor(Protocol):
    """A service's logic over one task: pure, synchronous, without clock, randomness or I/O.

    An instance lives as long as its task's uncommitted state is sound: after an abort, a restore or a rebalance the
    engine makes a new one and calls ``restored`` before anything else. Derived structures (an index over a store)
    are built there and kept up to date in ``process`` and ``on_tick``.
    """

    def restored(self, state: State) -> None: ...

    def process(self, batch: Sequence[Message], state: State) -> Outcomes: ...

    def on_tick(self, now_ms: int, state: State) -> Outcomes:
        """Called about every ``tick_interval_s``; ``now_ms`` is epoch milliseconds. The only way in for time."""
        ...


class AsyncProcessor(Protocol):
    """Logic with side effects that no transaction covers (model calls, GPU jobs, HTTP). At least once: output ids are
    derived from the input position, so that a replay writes the same ids and readers drop repeats by id."""

    async def handle(self, message: Message, tables: "Context") -> Result: ...


class Tables(Protocol):
    def table(self, topic: str) -> Mapping[str, Any]: ...

    def table_version(self, topic: str) -> int: ...


class Context(Tables, Protocol):
    """What an async processor sees while it handles one message: the broadcast tables, and a way to say something
    before it is done (a job's progress)."""

    async def publish(self, outputs: Sequence[Emit], *, while_mine: Callable[[], bool] = ...) -> None:
        """Write ``outputs`` now, durably, under the message's transactional id if its application names one (then all
        or none of them). Raises :class:`shared.errors.MigratedError` when a newer owner of that id has taken over, or
        when ``while_mine`` says so once the id is held: the job must stop. After a
        :class:`shared.errors.TransientError` they may or may not have been written, and the next call takes the id
        again: make it only while the job is surely yours."""
        ...

    async def claim(self, outputs: Sequence[Emit]) -> None:
        """Take the message over for good: ``outputs`` and its offset in one transaction under its transactional id.

        Before it the message is redelivered after a crash, a rebalance or an error; after it never again, whatever
        happens, so that whoever wants it done again must ask again. From then on the message holds back no offset and
        is not cancelled by a rebalance, but counts as in flight until ``handle`` returns; an exception is final (fenced:
        the message counts as skipped; any other: a dead letter). Messages of a partition are claimed in their order: the
        call waits for every earlier one to be finished or claimed. A claim whose answer was lost but which took effect is
        not taken up again: nobody works then, until whoever waits for the job asks again.
        Raises :class:`shared.errors.FatalError` without a transactional id."""
        ...


@dataclass(frozen=True, slots=True)
class TaskId:
    """Partition ``partition`` of every topic in ``topics`` (co-partitioned: same key, same partition count)."""

    application: str
    topics: tuple[str, ...]
    partition: int

    @property
    def transactional_id(self) -> str:
        """One id per task, so that Kafka fences a stalled owner after a hand-over."""
        if len(self.topics) == 1:
            return f"{self.application}.{self.topics[0]}.{self.partition}"
        return f"{self.application}.{self.partition}"


@dataclass(frozen=True, slots=True)
class Application:
    """A streaming service as the engine runs it. ``name`` is also the consumer group.

    ``stop_limit``: so many rejected records of a task in a row halt it (:class:`shared.errors.FatalError`) before the
    batch is committed, so that a bad deploy fills a backlog and not the dead letters, however often it is started
    again. ``slice_records`` of a batch are decoded, processed and encoded together: few stay in the core's cache; many
    suit a processor that computes over whole arrays.
    """

    name: str
    topics: tuple[str, ...]
    processor: Callable[[TaskId], Processor]
    stores: tuple[StoreSpec, ...] = ()
    broadcasts: tuple[str, ...] = ()
    tick_interval_s: float | None = 1.0
    max_batch_records: int = 500
    commit_interval_ms: int = 100
    keep_dead_letter_payload: bool = True
    stop_limit: int = 100
    max_batch_bytes: int = 16 * 1024 * 1024
    slice_records: int = 16


@dataclass(frozen=True, slots=True)
class AsyncApplication:
    """A service with side effects as the engine runs it: at least once, bounded in flight, watermark commits.

    ``max_attempts`` bounds the calls of ``handle`` that may end in an exception before the record becomes a dead
    letter; being deferred does not count. ``transactional_id`` names the writer of one message's outputs
    (``trainer.<job>``), so that Kafka fences a stale worker of the same job, and makes ``claim`` possible; without it
    outputs go through one idempotent producer.
    """

    name: str
    topics: tuple[str, ...]
    processor: AsyncProcessor
    broadcasts: tuple[str, ...] = ()
    max_in_flight: int = 4
    max_attempts: int = 5
    commit_interval_ms: int = 500
    keep_dead_letter_payload: bool = True
    stop_limit: int = 100
    transactional_id: Callable[[Message], str] | None = None
