"""The application that simulations run, and what is told to it.

It joins one or two topics by key, drops repeats, counts per key, looks a word up in a broadcast table, and rejects or
raises as its input says; a tick writes the time into its state.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.brokers.memory_cluster import MemoryCluster
from shared.stream.broker import NewTopic, OutRecord
from shared.stream.outcome import Emit, Emitted, Outcomes, Rejected, Result, Skipped
from shared.stream.partitioner import partition_for
from shared.stream.processor import Application, State, StoreSpec
from shared.stream.records import Message, Position

PARTITIONS = 4
TABLE = "words"
CHANGELOGS = ("app.counts.changelog", "app.seen.changelog")
REASONS = {"poison": "bad_json", "bad": "bad", "boom": "processor_error"}


class Counting:
    def restored(self, state: State) -> None:
        return None

    def process(self, batch: Sequence[Message], state: State) -> Outcomes:
        counts, seen = state.store("counts"), state.store("seen")
        word = (state.table(TABLE).get("word") or {}).get("is")
        results: list[Result] = []
        for message in batch:
            event = message.event
            if event["kind"] == "boom":
                raise RuntimeError("boom")
            if event["kind"] == "bad":
                results.append(Rejected("bad", "asked"))
            elif str(event["id"]) in seen:
                results.append(Skipped("repeat"))
            else:
                seen.put(str(event["id"]), 1)
                count = (counts.get(message.key) or 0) + 1
                counts.put(message.key, count)
                out = {"id": event["id"], "key": message.key, "count": count, "topic": message.topic}
                out |= {"word": word, "version": state.table_version(TABLE)}
                results.append(Emitted((Emit("out", message.key, out),)))
        return Outcomes(results)

    def on_tick(self, now_ms: int, state: State) -> Outcomes:
        state.store("counts").put("ticked", now_ms)
        return Outcomes()


def counting(topics: tuple[str, ...] = ("in",), **options: Any) -> Application:
    settings: dict[str, Any] = {"tick_interval_s": 0.7, "commit_interval_ms": 50, "max_batch_records": 16} | options
    return Application(
        "app",
        topics,
        lambda task: Counting(),
        (StoreSpec("counts"), StoreSpec("seen")),
        broadcasts=(TABLE,),
        **settings,
    )


def create_topics(cluster: MemoryCluster, topics: Sequence[str], partitions: int = PARTITIONS) -> None:
    for name in (*topics, "out", "journal", *CHANGELOGS):
        cluster.create_topic(NewTopic(name, partitions))
    for name in ("dead.letter", TABLE):
        cluster.create_topic(NewTopic(name, 1))


@dataclass(slots=True)
class Input:
    """Writes input and remembers what has to come of it."""

    cluster: MemoryCluster
    ids: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    """Ids by topic and key, in the order in which they were first written."""
    rejects: dict[Position, str] = field(default_factory=dict)
    """The reason each record is to be rejected for."""
    good: list[tuple[str, str, bytes]] = field(default_factory=list)
    _next_id: int = 0

    def write(self, topic: str, key: str, kind: str = "good") -> None:
        """``kind``: ``good``, ``bad`` (to be rejected), ``boom`` (makes the processor raise), ``poison`` (no JSON)."""
        value = b"no json" if kind == "poison" else json.dumps({"id": self._next_id, "kind": kind}).encode()
        if kind == "good":
            self.ids.setdefault((topic, key), []).append(self._next_id)
            self.good.append((topic, key, value))
        else:
            number = partition_for(key.encode(), len(self.cluster.partitions(topic)))
            offset = self.cluster.partitions(topic)[number].end
            self.rejects[Position(topic, number, offset)] = REASONS[kind]
        self._next_id += 1
        self.cluster.append(OutRecord(topic, key.encode(), value))

    def repeat(self, index: int) -> None:
        """An upstream duplicate of a good record: the same bytes again."""
        topic, key, value = self.good[index]
        self.cluster.append(OutRecord(topic, key.encode(), value))
