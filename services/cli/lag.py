"""How far each consuming service is behind: committed offset against stable end, partition by partition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.stream.broker import Broker
from shared.stream.records import TopicPartition

# What each group reads by commits; followers of broadcast topics (router, model_server, tables) have no group.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "ingest_redactor": ("observation.raw",),
    "deduper": ("observation.redacted",),
    "clusterer": ("observation.unique",),
    "trainer_dispatcher": (
        "observation.clustered",
        "cluster.changed",
        "assignment.changed",
        "training.progressed",
        "training.completed",
    ),
    "trainer_worker": ("training.requested",),
    "shadow_evaluator": ("observation.clustered",),
    "promoter": ("training.completed", "shadow.compared", "outcome.reported", "cluster.changed"),
    "recorder": (
        "observation.redacted",
        "observation.clustered",
        "metrics.windowed",
        "shadow.compared",
        "cluster.measured",
        "model.registered",
        "assignment.changed",
        "promotion.audit",
    ),
    "scoreboard": ("observation.clustered", "outcome.reported"),
}


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """One partition of one group, in records (markers of transactions count, as Kafka counts them).

    ``committed`` is ``None`` where the group never committed: its lag is unknown, not zero, and ``end - beginning`` is
    what waits for it at most.
    """

    group: str
    topic: str
    partition: int
    committed: int | None
    beginning: int
    end: int

    @property
    def lag(self) -> int | None:
        return None if self.committed is None else max(0, self.end - self.committed)

    @property
    def behind(self) -> int:
        """What a limit is held against: the lag, or everything that is kept where nothing was ever committed."""
        return self.end - self.beginning if self.lag is None else self.lag

    @property
    def expired(self) -> int:
        """Records below the first one kept that the group has not read and never will."""
        return 0 if self.committed is None else max(0, self.beginning - self.committed)


async def measure(broker: Broker, groups: Mapping[str, Sequence[str]]) -> list[PartitionLag]:
    """Every partition of every topic of ``groups``. Topics that do not exist are left out: see ``flywheel topics plan``."""
    counts = await broker.admin().topics()
    topics = sorted({topic for names in groups.values() for topic in names if topic in counts})
    partitions = [TopicPartition(topic, number) for topic in topics for number in range(counts[topic])]
    committed = {group: await broker.admin().committed(group) for group in groups}
    reader = broker.reader()
    try:
        await reader.start()
        beginnings, ends = await reader.beginnings(partitions), await reader.stable_ends(partitions)
    finally:
        await reader.stop()
    return [
        PartitionLag(group, p.topic, p.partition, committed[group].get(p), beginnings[p], max(ends[p], beginnings[p]))
        for group, names in groups.items()
        for topic in names
        for p in partitions
        if p.topic == topic
    ]


def totals(rows: Sequence[PartitionLag]) -> list[dict[str, object]]:
    """One row per group: its lag over the partitions it committed, and how many it never did."""
    found = []
    for group in dict.fromkeys(row.group for row in rows):
        own = [row for row in rows if row.group == group]
        known = [row.lag for row in own if row.lag is not None]
        never = len(own) - len(known)
        state = "no offset committed" if not known else ("" if not never else f"{never} partitions not committed")
        expired = sum(row.expired for row in own)
        if expired:
            state = f"{state}; " * bool(state) + f"{expired} records expired unread"
        found.append({"group": group, "partitions": len(own), "lag": sum(known) if known else None, "state": state})
    return found
