"""The engine on every log: exactly once through rebalances, crashes and stalls; restores; dead letters; ticks."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from shared.errors import FatalError
from shared.stream.broker import NO_NOTES, Broker, OutRecord, Producer, TransactionalProducer
from shared.stream.outcome import Emit, Emitted, Outcomes, Skipped
from shared.stream.processor import Application, State, StoreSpec, TaskId
from shared.stream.records import Message
from shared.stream.runner import Runner
from tests.conformance.support import (
    DEAD_LETTERS,
    JsonSerde,
    Log,
    Names,
    Running,
    committed,
    counting_application,
    counts_by_key,
    create,
    create_for,
    dead_letter,
    expected_counts,
    is_caught_up,
    numbered,
    read,
    until,
    values,
    write,
)


async def all_out(log: Log, names: Names, count: int) -> None:
    async def complete() -> bool:
        return len(await values(log, names.sink)) >= count

    await until(complete)


async def caught_up(log: Log, names: Names) -> None:
    await until(lambda: is_caught_up(log, names.app, names.source))


def assert_exactly_once(outputs: Sequence[Any], count: int, keys: int = 7) -> None:
    """Nothing lost, nothing doubled, order and state per key right."""
    assert sorted(output["id"] for output in outputs) == list(range(count))
    sizes = Counter(f"k{number % keys}" for number in range(count))
    assert counts_by_key(outputs) == expected_counts(sizes)


def test_consume_process_produce(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create_for(log, names)
        await write(log, numbered(names.source, 300))
        running = await Running(counting_application(names), log, log.broker()).ready()
        await all_out(log, names, 300)
        await caught_up(log, names)
        await running.stopped()
        assert_exactly_once(await values(log, names.sink), 300)

    asyncio.run(scenario())


def test_state_is_restored_by_the_next_process(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create_for(log, names)
        await write(log, numbered(names.source, 100))
        first = await Running(counting_application(names), log, log.broker()).ready()
        await all_out(log, names, 100)
        await first.stopped()
        await write(log, numbered(names.source, 100, start=100))
        second = await Running(counting_application(names), log, log.broker()).ready()
        await all_out(log, names, 200)
        await second.stopped()
        assert_exactly_once(await values(log, names.sink), 200)

    asyncio.run(scenario())


def test_members_come_and_go_without_loss_or_duplicates(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create_for(log, names)
        total = 1200
        first = await Running(counting_application(names), log, log.broker("one")).ready()

        async def feed() -> None:
            for start in range(0, total, 40):
                await write(log, numbered(names.source, 40, start=start))

        feeding = asyncio.create_task(feed())
        await all_out(log, names, 80)
        second = await Running(counting_application(names), log, log.broker("two")).ready()
        await all_out(log, names, 400)
        await second.stopped()
        await feeding
        await all_out(log, names, total)
        await first.stopped()
        assert_exactly_once(await values(log, names.sink), total)

    asyncio.run(scenario())


class StallInside:
    """A producer that stops inside its n-th transaction until it is told to go on, like a stopped process."""

    def __init__(self, inner: TransactionalProducer, stall: "Stall") -> None:
        self._inner = inner
        self._stall = stall

    async def start(self) -> None:
        await self._inner.start()

    async def begin(self) -> None:
        await self._inner.begin()

    async def send(self, records: Iterable[OutRecord]) -> None:
        await self._inner.send(records)

    async def commit(self, offsets: Any, group: str, notes: Any = NO_NOTES) -> None:
        await self._stall.here()
        await self._inner.commit(offsets, group, notes)

    async def abort(self) -> None:
        await self._inner.abort()

    async def close(self) -> None:
        await self._stall.wait_if_frozen()
        await self._inner.close()


class Stall:
    def __init__(self, after_commits: int) -> None:
        self.left = after_commits
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()

    async def here(self) -> None:
        self.left -= 1
        if self.left < 0:
            self.reached.set()
            await self.wait_if_frozen()

    async def wait_if_frozen(self) -> None:
        if self.reached.is_set():
            await self.go_on.wait()


class StallingBroker:
    """A broker whose transactional producers stall together."""

    def __init__(self, inner: Broker, stall: Stall) -> None:
        self._inner = inner
        self._stall = stall
        self.consumer = inner.consumer
        self.reader = inner.reader
        self.admin = inner.admin
        self.close = inner.close

    def producer(self) -> Producer:
        return self._inner.producer()

    def transactional_producer(self, transactional_id: str) -> TransactionalProducer:
        return StallInside(self._inner.transactional_producer(transactional_id), self._stall)


def test_a_stalled_owner_that_wakes_after_the_hand_over_changes_nothing(log: Log, names: Names) -> None:
    """The case that a transactional id per process gets wrong: stopped inside a transaction, woken after the task
    moved, it commits. With an id per task its commit is fenced."""

    async def scenario() -> None:
        await create_for(log, names, partitions=1)
        await write(log, numbered(names.source, 60))
        stall = Stall(after_commits=1)
        sleeper = Running(
            counting_application(names, max_batch_records=10), log, StallingBroker(log.broker("a"), stall)
        )
        await asyncio.wait_for(stall.reached.wait(), 60)
        # The other process takes the task over as Kafka would hand it over; it needs no group for this test's point.
        task = TaskId(names.app, (names.source,), 0)
        successor = log.broker("b").transactional_producer(task.transactional_id)
        await successor.start()
        before = await committed(log, names.app)
        stall.go_on.set()
        await all_out(log, names, 60)
        await sleeper.stopped()
        await successor.close()
        assert before
        assert_exactly_once(await values(log, names.sink), 60)

    asyncio.run(scenario())


def test_a_killed_process_leaves_nothing_behind(log: Log, names: Names) -> None:
    """Killed in the middle of a transaction: its records are aborted, its successor redoes them once."""

    async def scenario() -> None:
        await create_for(log, names, partitions=2)
        await write(log, numbered(names.source, 200))
        stall = Stall(after_commits=2)
        victim = Running(counting_application(names, max_batch_records=20), log, StallingBroker(log.broker("a"), stall))
        await asyncio.wait_for(stall.reached.wait(), 60)
        successor = Running(counting_application(names, max_batch_records=20), log, log.broker("b"))
        stall.go_on.set()
        victim.task.cancel()
        await asyncio.gather(victim.task, return_exceptions=True)
        await victim.broker.close()
        await all_out(log, names, 200)
        await successor.stopped()
        assert_exactly_once(await values(log, names.sink), 200)

    asyncio.run(scenario())


def test_dead_letters_name_position_and_reason_and_spare_the_neighbours(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create_for(log, names, partitions=1)
        bodies = [b'{"id": 0}', b"no json", b'{"bad": true}', b'{"boom": true}', b'{"skip": true}', b'{"id": 1}']
        await write(log, [OutRecord(names.source, b"k0", body) for body in bodies])
        await write(log, [OutRecord(names.source, b"\xff\xfe", b'{"id": 9}')])
        running = await Running(counting_application(names), log, log.broker()).ready()
        await all_out(log, names, 2)
        await caught_up(log, names)
        await running.stopped()
        letters = [letter for letter in await values(log, DEAD_LETTERS) if letter["application"] == names.app]
        found = {(letter["offset"], letter["reason"], letter["detail"]) for letter in letters}
        assert found == {
            (1, "bad_json", "7 bytes"),
            (2, "bad_field", "bad"),
            (3, "processor_error", "RuntimeError"),
            (6, "bad_key", "the key is no UTF-8"),
        }
        assert all(letter["topic"] == names.source and letter["payload"] for letter in letters)
        assert [output["id"] for output in await values(log, names.sink)] == [0, 1]

    asyncio.run(scenario())


def test_payloads_stay_out_of_dead_letters_when_told_so(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create_for(log, names, partitions=1)
        await write(log, [OutRecord(names.source, b"k", b"secret")])
        running = await Running(counting_application(names, keep_dead_letter_payload=False), log, log.broker()).ready()
        await caught_up(log, names)
        await running.stopped()
        records = [r for r in await read(log, DEAD_LETTERS) if json.loads(r.value or b"")["application"] == names.app]
        assert len(records) == 1
        letter = json.loads(records[0].value or b"")
        assert letter["payload"] is None
        assert len(letter["payload_sha256"]) == 64
        assert b"secret" not in (records[0].value or b"")
        assert records[0].key == names.source.encode()

    asyncio.run(scenario())


class Ticking:
    """Counts in its store; every tick emits the count and clears it."""

    def __init__(self, sink: str) -> None:
        self.sink = sink

    def restored(self, state: State) -> None:
        return None

    def process(self, batch: Sequence[Message], state: State) -> Outcomes:
        store = state.store("counts")
        store.put("n", (store.get("n") or 0) + len(batch))
        return Outcomes([Skipped("absorbed")] * len(batch))

    def on_tick(self, now_ms: int, state: State) -> Outcomes:
        count = state.store("counts").get("n")
        if not count:
            return Outcomes()
        state.store("counts").delete("n")
        return Outcomes(also=(Emit(self.sink, "n", {"count": count, "at_ms": now_ms}),))


def test_ticks_are_committed_like_batches_and_journalled(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create_for(log, names, partitions=1)
        await write(log, numbered(names.source, 50))
        application = Application(
            names.app,
            (names.source,),
            lambda task: Ticking(names.sink),
            (StoreSpec("counts"),),
            tick_interval_s=0.05,
            commit_interval_ms=5,
        )
        running = await Running(application, log, log.broker()).ready()

        async def all_counted() -> bool:
            return sum(int(output["count"]) for output in await values(log, names.sink)) == 50

        await until(all_counted)
        await running.stopped()
        stamps = [value for r in await read(log, names.changelog) for name, value in r.headers if name == "tick_at_ms"]
        assert [int(stamp) for stamp in stamps] == [output["at_ms"] for output in await values(log, names.sink)]

    asyncio.run(scenario())


class Joining:
    """Joins two co-partitioned topics by key and looks a word up in a broadcast table."""

    def __init__(self, names: Names, table: str) -> None:
        self.names = names
        self.tables = table

    def restored(self, state: State) -> None:
        return None

    def process(self, batch: Sequence[Message], state: State) -> Outcomes:
        store, results = state.store("counts"), []
        for message in batch:
            side = message.topic.split(".")[0]
            seen = dict(store.get(message.key) or {})
            seen[side] = seen.get(side, 0) + 1
            store.put(message.key, seen)
            event = {
                "seen": seen,
                "word": (state.table(self.tables).get("word") or {}).get("is"),
                "version": state.table_version(self.tables),
                "key": message.key,
            }
            results.append(Emitted((Emit(self.names.sink, message.key, event),)))
        return Outcomes(results)

    def on_tick(self, now_ms: int, state: State) -> Outcomes:
        return Outcomes()


def test_co_partitioned_topics_are_one_task_and_broadcast_tables_are_current(log: Log, names: Names) -> None:
    async def scenario() -> None:
        other, table = names.source.replace("source", "other"), names.source.replace("source", "table")
        await create_for(log, names, partitions=2)
        await create(log, (other, 2), (table, 1))
        await write(log, [OutRecord(table, b"word", b'{"is": "old"}'), OutRecord(table, b"word", b'{"is": "new"}')])
        await write(log, [OutRecord(topic, b"k%d" % n, b"{}") for n in range(20) for topic in (names.source, other)])
        application = Application(
            names.app,
            (names.source, other),
            lambda task: Joining(names, table),
            (StoreSpec("counts"),),
            broadcasts=(table,),
            tick_interval_s=None,
            commit_interval_ms=5,
        )
        running = await Running(application, log, log.broker()).ready()
        await all_out(log, names, 40)
        await running.stopped()
        outputs = await values(log, names.sink)
        assert {output["word"] for output in outputs} == {"new"}
        assert {output["version"] for output in outputs} == {2}
        final = {output["key"]: output["seen"] for output in outputs}
        assert final == {f"k{n}": {"source": 1, "other": 1} for n in range(20)}

    asyncio.run(scenario())


def test_a_missing_topic_stops_the_process_with_its_name(log: Log, names: Names) -> None:
    async def scenario() -> None:
        broker = log.broker()
        runner = Runner(counting_application(names), broker, JsonSerde(), make_dead_letter=dead_letter)
        with pytest.raises(FatalError, match=names.source.replace(".", r"\.")):
            await runner.run(asyncio.Event())
        await broker.close()

    asyncio.run(scenario())
