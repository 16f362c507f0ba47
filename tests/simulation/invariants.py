"""The invariants I1–I8 of a run of :class:`tests.simulation.counting.Counting`, judged from the log alone."""

import json
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from shared.brokers.memory_cluster import MemoryCluster
from shared.state.store import TaskState
from shared.stream.processor import Application
from shared.stream.records import Message, Position, Record, TopicPartition
from shared.stream.testing import FixedTables, Harness
from tests.simulation.counting import TABLE, Input


class InvariantError(AssertionError):
    """``invariant`` is I1…I8, or ``alive``: a process ended by an error that it should have survived."""

    def __init__(self, invariant: str, told: str) -> None:
        super().__init__(f"{invariant}: {told}")
        self.invariant = invariant
        self.told = told

    def __reduce__(self) -> tuple[type["InvariantError"], tuple[str, str]]:
        return InvariantError, (self.invariant, self.told)


def hold(condition: bool, invariant: str, told: str) -> None:
    if not condition:
        raise InvariantError(invariant, told)


@lru_cache(maxsize=8192)
def _parsed(value: bytes) -> Any:
    """The log is judged after every record that is written, so that most of it has been read before."""
    return json.loads(value)


def decoded(records: list[Record]) -> list[Any]:
    """Their values, shared: not to be changed."""
    return [_parsed(record.value or b"") for record in records]


def check_committed(cluster: MemoryCluster) -> None:
    """I4, at any moment: every input below a committed offset is in a committed transaction's journal."""
    done = {tuple(position) for entry in decoded(cluster.records("journal")) for position in entry["positions"]}
    for partition, offset in cluster.group("app").offsets.items():
        log = cluster.log(partition)
        for below in range(log.start, offset):
            if log.entries[below].record is not None and (partition.topic, partition.partition, below) not in done:
                raise InvariantError("I4", f"{partition} is committed up to {offset}, and {below} is not done")


def check_all(cluster: MemoryCluster, application: Application, told: Input) -> None:
    """Everything that must hold once the faults are over and the lag is zero."""
    outputs = decoded(cluster.records("out"))
    _check_outputs(outputs, told.ids)
    _check_letters(decoded(cluster.records("dead.letter")), told.rejects)
    read = Counter(tuple(p) for entry in decoded(cluster.records("journal")) for p in entry["positions"])
    written = {
        (t, n, o) for t in application.topics for n, log in enumerate(cluster.partitions(t)) for o in range(log.end)
    }
    hold(set(read) == written, "I6", f"{len(written - set(read))} records ended in no transaction")
    hold(read.total() == len(read), "I6", "a record ended in more than one transaction")
    for number in range(len(cluster.partitions("out"))):
        _check_task(cluster, application, number)


def _check_outputs(outputs: list[Any], expected: Mapping[tuple[str, str], list[int]]) -> None:
    times = Counter(output["id"] for output in outputs)
    wanted = {number for ids in expected.values() for number in ids}
    hold(wanted <= set(times), "I1", f"lost: {sorted(wanted - set(times))}")
    doubled = sorted(number for number, count in times.items() if count > 1)
    hold(
        not doubled and set(times) == wanted, "I2", f"doubled: {doubled}, out of nowhere: {sorted(set(times) - wanted)}"
    )
    by_topic_and_key: dict[tuple[str, str], list[int]] = {}
    counts: dict[str, list[int]] = {}
    for output in outputs:
        by_topic_and_key.setdefault((output["topic"], output["key"]), []).append(output["id"])
        counts.setdefault(output["key"], []).append(output["count"])
    for place, ids in expected.items():
        hold(by_topic_and_key[place] == ids, "I3", f"{place}: {by_topic_and_key[place]}")
    for key, found in counts.items():
        hold(found == list(range(1, len(found) + 1)), "I5", f"the state of {key} counted {found}")


def _check_letters(letters: list[Any], rejects: Mapping[Position, str]) -> None:
    """I7: every rejected record is found once, under its origin, with its reason."""
    found = [(Position(letter["topic"], letter["partition"], letter["offset"]), letter["reason"]) for letter in letters]
    hold(set(found) == set(rejects.items()), "I7", f"differ: {sorted(set(found) ^ set(rejects.items()))}")
    hold(len(found) == len(rejects), "I7", "a record has more than one dead letter")


def _check_task(cluster: MemoryCluster, application: Application, number: int) -> None:
    """I5: the changelog's replay equals the replay of the input in the journalled order, outputs and all."""
    from_changelog = TaskState(application.stores, FixedTables())
    for spec in application.stores:
        log = cluster.log(TopicPartition(f"app.{spec.name}.changelog", number))
        for record in log.read(0, log.end)[0]:
            from_changelog.store(spec.name).restore((record.key or b"").decode(), record.value)
    harness = Harness(application, {TABLE: {}}, partition=number)
    journal = cluster.partitions("journal")[number]
    words = cluster.partitions(TABLE)[0]
    last_tick_ms = 0
    for entry in decoded(journal.read(0, journal.end)[0]):
        version = entry["versions"][TABLE]
        hold(version >= harness.tables.table_version(TABLE), "I5", "a task saw an older table than before")
        for offset in range(harness.tables.table_version(TABLE), version):
            word = words.entries[offset].record
            harness.tables.set(TABLE, "word", json.loads((word and word.value) or b""))
        if entry["tick_ms"] is not None:
            hold(entry["tick_ms"] >= last_tick_ms, "I5", "time went back")
            last_tick_ms = entry["tick_ms"]
            harness.tick(last_tick_ms)
        else:
            harness.feed(_messages(cluster, entry["positions"]))
    before, after = harness.state.snapshot(), from_changelog.snapshot()
    for name in before:
        hold(list(before[name].items()) == list(after[name].items()), "I5", f"{name}[{number}] is not its replay")
    out = cluster.partitions("out")[number]
    replayed = [emit.event for emit in harness.outputs]
    hold(replayed == decoded(out.read(0, out.end)[0]), "I5", f"out[{number}] is not what the replay gives")


def _messages(cluster: MemoryCluster, positions: list[Any]) -> list[Message]:
    """The records of one transaction that its processor answered."""
    messages = []
    for topic, partition, offset in positions:
        record = cluster.partitions(topic)[partition].entries[offset].record
        assert record is not None
        if record.value != b"no json" and (event := json.loads(record.value or b""))["kind"] != "boom":
            key = (record.key or b"").decode()
            messages.append(Message(topic, partition, offset, record.timestamp_ms, key, event))
    return messages
