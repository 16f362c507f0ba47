"""The seam between the engine and a log: everything the engine asks of Kafka, and nothing else.

Two implementations pass one conformance suite: :mod:`shared.brokers.kafka` and :mod:`shared.brokers.memory`.
Every method may raise :class:`shared.errors.TransientError` (the broker is away), :class:`~shared.errors.MigratedError`
(fenced, not a member any more) or :class:`~shared.errors.FatalError` (an unknown topic, an offset out of range, no
permission). All times are seconds; every reader is read_committed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple, Protocol

from shared.errors import FatalError
from shared.stream.records import Record, TopicPartition

MAX_RECORD_BYTES = 5 * 1024 * 1024


class OutRecord(NamedTuple):
    """One record to write. Without ``partition`` the key chooses it (murmur2, as every Kafka client does)."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int | None = None

    def size_bytes(self) -> int:
        size = len(self.key or b"") + len(self.value or b"") + 64
        if self.headers:
            size += sum(len(name) + len(value) + 8 for name, value in self.headers)
        return size


@dataclass(frozen=True, slots=True)
class NewTopic:
    name: str
    partitions: int
    replication: int = 1
    configs: Mapping[str, str] = field(default_factory=dict)


def position_is_gone(positions: Mapping[TopicPartition, int]) -> FatalError:
    """What a source raises when told to read where there is nothing any more. Never answered by reading elsewhere."""
    named = ", ".join(f"{partition}@{offset}" for partition, offset in sorted(positions.items()))
    return FatalError(
        f"{named}: the position to read from is no longer in the log (retention or truncation); nothing is skipped "
        "silently: choose where the group goes on with `flywheel offsets set`"
    )


class Committed(NamedTuple):
    """A group's position in one partition, and what was noted beside it: a commit without a note takes the old one away."""

    offset: int
    note: str = ""


NO_NOTES: Mapping[TopicPartition, str] = MappingProxyType({})


class Listener(Protocol):
    """Told of every rebalance, from a background task that runs beside the loop. All rebalances are eager."""

    async def on_revoked(self, partitions: frozenset[TopicPartition]) -> None: ...

    async def on_assigned(self, partitions: frozenset[TopicPartition]) -> None: ...


class Source(Protocol):
    """Reads partitions from set positions. Positions move past records that a reader never sees (markers, aborts)."""

    async def poll(self, partitions: Sequence[TopicPartition], max_records: int, timeout_s: float) -> list[Record]:
        """Up to ``max_records`` records of ``partitions``, those named first before the others, in offset order within
        each; waits up to ``timeout_s`` for the first record. May block longer during a rebalance: cancel it then; a
        cancelled poll loses nothing after a seek."""
        ...

    async def position(self, partition: TopicPartition) -> int:
        """The next offset ``poll`` would look at."""
        ...

    def seek(self, partition: TopicPartition, offset: int) -> None: ...


class Consumer(Source, Protocol):
    """One member of a group."""

    async def start(self) -> None: ...

    async def stop(self) -> None:
        """Leave the group. The listener is not called."""
        ...

    def pause(self, partitions: Sequence[TopicPartition]) -> None: ...

    def resume(self, partitions: Sequence[TopicPartition]) -> None: ...

    async def committed(self, partition: TopicPartition) -> Committed | None: ...

    async def beginning(self, partition: TopicPartition) -> int: ...

    async def commit(
        self, offsets: Mapping[TopicPartition, int], notes: Mapping[TopicPartition, str] = NO_NOTES
    ) -> None:
        """Commit outside any transaction, under this member's generation. ``MigratedError`` when that is over."""
        ...


class Reader(Source, Protocol):
    """Reads without a group: restores, broadcast tables, data sets."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def partitions(self, topic: str) -> tuple[TopicPartition, ...]:
        """Raises ``FatalError`` for a topic that does not exist."""
        ...

    def assign(self, positions: Mapping[TopicPartition, int]) -> None:
        """Read exactly these partitions from these offsets."""
        ...

    async def beginnings(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]: ...

    async def stable_ends(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The offsets up to which every transaction is settled (last stable offset)."""
        ...


class Producer(Protocol):
    """Idempotent, acknowledged by every in-sync replica. One that raised anything is dead: close it, make another."""

    async def start(self) -> None:
        """With a transactional id: fences every earlier holder of that id and settles its open transaction."""
        ...

    async def send(self, records: Iterable[OutRecord]) -> None:
        """Write ``records`` in order per partition; returns once all are acknowledged (in the open transaction).
        They are read once, to their end, before the first answer is waited for."""
        ...

    async def close(self) -> None:
        """Abort an open transaction if that is quickly done, then let go of everything."""
        ...


class TransactionalProducer(Producer, Protocol):
    async def begin(self) -> None: ...

    async def commit(
        self, offsets: Mapping[TopicPartition, int], group: str, notes: Mapping[TopicPartition, str] = NO_NOTES
    ) -> None:
        """Add ``offsets`` of ``group`` to the transaction and commit it. If it raises, the outcome is unknown."""
        ...

    async def abort(self) -> None: ...


class Admin(Protocol):
    async def create_topics(self, topics: Sequence[NewTopic]) -> list[str]:
        """Create the missing ones and return their names; existing ones are left as they are."""
        ...

    async def delete_topics(self, names: Sequence[str]) -> None: ...

    async def topics(self) -> dict[str, int]:
        """Partition counts by topic, internal topics left out."""
        ...

    async def end_offsets(self, topics: Sequence[str]) -> dict[TopicPartition, int]: ...

    async def committed(self, group: str) -> dict[TopicPartition, int]: ...

    async def members(self, group: str) -> int:
        """How many processes are in ``group`` now; 0 for a group that nobody knows."""
        ...

    async def lag(self, group: str) -> dict[TopicPartition, int]:
        """Stable end minus committed offset, for every partition the group has committed."""
        ...


class Broker(Protocol):
    def consumer(self, group: str, topics: Sequence[str], listener: Listener) -> Consumer: ...

    def reader(self) -> Reader: ...

    def producer(self) -> Producer: ...

    def transactional_producer(self, transactional_id: str) -> TransactionalProducer: ...

    def admin(self) -> Admin: ...

    async def close(self) -> None:
        """Close what the broker itself holds (its admin client); consumers, readers, producers close themselves."""
        ...
