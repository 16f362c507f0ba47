"""The in-memory log's server side: partitions, transactions with epochs and markers, groups with eager rebalances.

Behaves as Kafka does where the engine can tell: markers take offsets, aborted records stay in the log unseen, an open
transaction holds back every later record of its partitions, a new holder of a transactional id fences the old one,
offsets added to a transaction are NOT fenced by the group (as with today's clients), and a member that does not come to
a rebalance in time is left out of it.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from shared.clock import Clock, SystemClock
from shared.errors import FatalError, MigratedError, TransientError
from shared.stream.broker import NO_NOTES, NewTopic, OutRecord
from shared.stream.partitioner import partition_for
from shared.stream.records import Record, TopicPartition


@dataclass(slots=True)
class _Entry:
    """``record`` is ``None`` for a transaction marker or a compacted-away record."""

    record: Record | None
    hidden: bool = False


class PartitionLog:
    """One partition. Entry i stands at offset i; markers and holes take offsets."""

    def __init__(self) -> None:
        self.entries: list[_Entry] = []
        self.start = 0
        self.open: dict[str, list[int]] = {}

    @property
    def end(self) -> int:
        return len(self.entries)

    @property
    def stable_end(self) -> int:
        """The last stable offset: the first record of the oldest open transaction, or the end."""
        return min((offsets[0] for offsets in self.open.values()), default=len(self.entries))

    def append(self, record: Record, transactional_id: str | None) -> None:
        if transactional_id is not None:
            self.open.setdefault(transactional_id, []).append(len(self.entries))
        self.entries.append(_Entry(record))

    def settle(self, transactional_id: str, *, commit: bool) -> None:
        for offset in self.open.pop(transactional_id, []):
            self.entries[offset].hidden = not commit
        self.entries.append(_Entry(None))

    def read(self, position: int, max_records: int) -> tuple[list[Record], int]:
        """Committed records from ``position`` and the position after them. Raises on an offset out of range."""
        if not self.start <= position <= self.end:
            raise FatalError(f"offset {position} is out of range [{self.start}, {self.end}]")
        found: list[Record] = []
        entries, stop = self.entries, self.stable_end
        while position < stop and len(found) < max_records:
            entry = entries[position]
            position += 1
            if entry.record is not None and not entry.hidden:
                found.append(entry.record)
        return found, position

    def compact(self) -> None:
        """Keep the latest record of each key among settled records; offsets keep their gaps."""
        latest: dict[bytes | None, int] = {}
        for offset in range(self.start, self.stable_end):
            entry = self.entries[offset]
            if entry.record is not None and not entry.hidden:
                earlier = latest.get(entry.record.key)
                if earlier is not None:
                    self.entries[earlier].record = None
                latest[entry.record.key] = offset


@dataclass(slots=True)
class Transaction:
    epoch: int = 0
    open: bool = False
    opened_s: float = 0.0
    partitions: set[TopicPartition] = field(default_factory=set)
    commits: list[tuple[str, dict[TopicPartition, int], dict[TopicPartition, str]]] = field(default_factory=list)


@dataclass(slots=True)
class Member:
    """One consumer's place in its group. ``rebalance`` is set when it has to join again."""

    id: str
    client: str
    topics: tuple[str, ...]
    rebalance: asyncio.Event = field(default_factory=asyncio.Event)
    joined: asyncio.Future[tuple[int, frozenset[TopicPartition]]] | None = None


class Group:
    """Eager rebalances with the range assignor."""

    def __init__(self, cluster: "MemoryCluster") -> None:
        self.generation = 0
        self.members: dict[str, Member] = {}
        self.offsets: dict[TopicPartition, int] = {}
        self.notes: dict[TopicPartition, str] = {}
        self._cluster = cluster
        self._deadline: asyncio.TimerHandle | None = None

    def commit(self, offsets: Mapping[TopicPartition, int], notes: Mapping[TopicPartition, str]) -> None:
        self.offsets.update(offsets)
        self.notes.update({partition: notes.get(partition, "") for partition in offsets})

    async def join(self, member: Member) -> tuple[int, frozenset[TopicPartition]]:
        member.rebalance.clear()
        self.members[member.id] = member
        member.joined = asyncio.get_running_loop().create_future()
        self._begin(but=member)
        self._complete_if_all_joined()
        return await member.joined

    def leave(self, member: Member) -> None:
        if self.members.pop(member.id, None) is not None:
            if member.joined is not None and not member.joined.done():
                member.joined.cancel()
            member.rebalance.set()
            self._begin()
            self._complete_if_all_joined()

    def rebalance(self) -> None:
        """Everybody has to join again though nobody came or left, as after a change of metadata or coordinator."""
        if self.members:
            self._begin()

    def is_current(self, member: Member, generation: int) -> bool:
        return self.members.get(member.id) is member and generation == self.generation and not member.rebalance.is_set()

    def _begin(self, but: Member | None = None) -> None:
        for other in self.members.values():
            if other is not but and (other.joined is None or other.joined.done()):
                other.joined = None
                other.rebalance.set()
        if self._deadline is None:
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(self._cluster.rebalance_timeout_s, self._leave_out_the_late)

    def _leave_out_the_late(self) -> None:
        self._deadline = None
        late = [member for member in self.members.values() if member.joined is None]
        for member in late:
            del self.members[member.id]
            self._cluster.on_left_out(member.client)
        self._complete_if_all_joined()

    def _complete_if_all_joined(self) -> None:
        waiting = [member for member in self.members.values() if member.joined is None]
        if waiting:
            return
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self.generation += 1
        for member_id, partitions in self._assign().items():
            joined = self.members[member_id].joined
            if joined is not None and not joined.done():
                joined.set_result((self.generation, partitions))

    def _assign(self) -> dict[str, frozenset[TopicPartition]]:
        assigned: dict[str, set[TopicPartition]] = {member_id: set() for member_id in self.members}
        for topic in sorted({topic for member in self.members.values() for topic in member.topics}):
            takers = sorted(member.id for member in self.members.values() if topic in member.topics)
            count = len(self._cluster.partitions(topic))
            each, extra = divmod(count, len(takers))
            start = 0
            for index, member_id in enumerate(takers):
                width = each + (1 if index < extra else 0)
                assigned[member_id].update(TopicPartition(topic, p) for p in range(start, start + width))
                start += width
        return {member_id: frozenset(partitions) for member_id, partitions in assigned.items()}


class MemoryCluster:
    """The log that any number of :class:`shared.brokers.memory.MemoryBroker` clients share.

    Topics are made with ``create_topic``; unknown topics are refused as a real broker with auto-creation off does.
    ``unwritable`` topics refuse records for the time being (no leader, too few replicas), counted in ``refused``;
    ``on_left_out`` is told the client of a member that came to a rebalance too late.
    """

    def __init__(
        self, clock: Clock | None = None, *, rebalance_timeout_s: float = 3.0, transaction_timeout_s: float = 10.0
    ) -> None:
        self.clock: Clock = clock if clock is not None else SystemClock()
        self.rebalance_timeout_s = rebalance_timeout_s
        self.transaction_timeout_s = transaction_timeout_s
        self.logs: dict[str, list[PartitionLog]] = {}
        self.groups: dict[str, Group] = {}
        self.transactions: dict[str, Transaction] = {}
        self.unwritable: set[str] = set()
        self.refused: Counter[str] = Counter()
        self.on_left_out: Callable[[str], None] = lambda _client: None
        self._ids = itertools.count(1)
        self._waiting: dict[asyncio.Future[None], None] = {}  # ordered, so that simulations repeat

    def next_id(self) -> int:
        """Numbers for clients and members, so that their names repeat with the cluster and not with the process."""
        return next(self._ids)

    def create_topic(self, topic: NewTopic) -> bool:
        if topic.name in self.logs:
            return False
        self.logs[topic.name] = [PartitionLog() for _ in range(topic.partitions)]
        return True

    def partitions(self, topic: str) -> list[PartitionLog]:
        try:
            return self.logs[topic]
        except KeyError:
            raise FatalError(f"topic {topic} does not exist") from None

    def log(self, partition: TopicPartition) -> PartitionLog:
        return self.partitions(partition.topic)[partition.partition]

    def group(self, name: str) -> Group:
        if name not in self.groups:
            self.groups[name] = Group(self)
        return self.groups[name]

    def expire_client(self, client: str) -> None:
        """Its session is over: every group goes on without it."""
        for group in self.groups.values():
            for member in [m for m in group.members.values() if m.client == client]:
                group.leave(member)

    def append(self, record: OutRecord, transactional_id: str | None = None, epoch: int = 0) -> None:
        """Raises :class:`MigratedError` when ``epoch`` is no longer the transactional id's, and ``TransientError`` for an
        unwritable topic."""
        logs = self.partitions(record.topic)
        if record.topic in self.unwritable:
            self.refused[record.topic] += 1
            raise TransientError(f"{record.topic} takes no records now")
        number = record.partition if record.partition is not None else partition_for(record.key or b"", len(logs))
        target = TopicPartition(record.topic, number)
        if transactional_id is not None:
            transaction = self._own(transactional_id, epoch)
            if not transaction.open:
                raise FatalError("a transactional record was sent outside a transaction")
            transaction.partitions.add(target)
        log = logs[number]
        stamp = self.clock.now_ms()
        entry = Record(record.topic, number, log.end, stamp, record.key, record.value, record.headers)
        log.append(entry, transactional_id)

    def fence(self, transactional_id: str) -> int:
        """A new holder of the id: abort what the old one left open. Returns the new epoch."""
        transaction = self.transactions.setdefault(transactional_id, Transaction())
        if transaction.open:
            self._settle(transactional_id, transaction, commit=False)
        transaction.epoch += 1
        return transaction.epoch

    def begin(self, transactional_id: str, epoch: int) -> None:
        transaction = self._own(transactional_id, epoch)
        transaction.open = True
        transaction.opened_s = self.clock.monotonic_s()

    def add_offsets(
        self,
        transactional_id: str,
        epoch: int,
        group: str,
        offsets: Mapping[TopicPartition, int],
        notes: Mapping[TopicPartition, str] = NO_NOTES,
    ) -> None:
        self._own(transactional_id, epoch).commits.append((group, dict(offsets), dict(notes)))

    def end(self, transactional_id: str, epoch: int, *, commit: bool) -> None:
        self._settle(transactional_id, self._own(transactional_id, epoch), commit=commit)

    def expire_transactions(self) -> None:
        """Abort and fence transactions that stayed open for too long, as the coordinator does."""
        now_s = self.clock.monotonic_s()
        for transactional_id, transaction in self.transactions.items():
            if transaction.open and now_s - transaction.opened_s > self.transaction_timeout_s:
                self._settle(transactional_id, transaction, commit=False)
                transaction.epoch += 1

    async def wait_for_data(self, timeout_s: float) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiting[waiter] = None
        try:
            await asyncio.wait([waiter], timeout=timeout_s)
        finally:
            self._waiting.pop(waiter, None)

    def wake(self) -> None:
        for waiter in list(self._waiting):
            if not waiter.done():
                waiter.set_result(None)

    def records(self, topic: str) -> list[Record]:
        """Every committed record of ``topic``, partition by partition, for assertions."""
        return [record for log in self.partitions(topic) for record in log.read(log.start, log.end)[0]]

    def truncate(self, partition: TopicPartition, before: int) -> None:
        """Drop records below ``before``, as retention does."""
        self.log(partition).start = before

    def compact(self, topics: Iterable[str]) -> None:
        for topic in topics:
            for log in self.partitions(topic):
                log.compact()

    def stable_ends(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        self.expire_transactions()
        return {partition: self.log(partition).stable_end for partition in partitions}

    def _own(self, transactional_id: str, epoch: int) -> Transaction:
        transaction = self.transactions[transactional_id]
        if transaction.epoch != epoch:
            raise MigratedError(f"the producer of {transactional_id} was fenced by a newer one")
        return transaction

    def _settle(self, transactional_id: str, transaction: Transaction, *, commit: bool) -> None:
        for partition in transaction.partitions:
            self.log(partition).settle(transactional_id, commit=commit)
        if commit:
            for group, offsets, notes in transaction.commits:
                self.group(group).commit(offsets, notes)
        transaction.open = False
        transaction.partitions = set()
        transaction.commits = []
        self.wake()
