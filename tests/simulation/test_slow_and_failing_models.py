"""The async sibling with a model that is slow, fails or answers out of order: fault rows 20, 21, 24 and 27."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest

from shared.brokers.memory import MemoryBroker
from shared.brokers.memory_cluster import MemoryCluster
from shared.errors import FatalError, TransientError
from shared.stream.async_runner import AsyncRunner
from shared.stream.broker import NewTopic, OutRecord
from shared.stream.outcome import Deferred, Emit, Emitted, Result
from shared.stream.processor import AsyncApplication, Context
from shared.stream.records import Message, TopicPartition
from shared.stream.retry import Backoff
from tests.conformance.support import JsonSerde, dead_letter
from tests.simulation.exactly_once import TIMING, no_lag
from tests.simulation.invariants import decoded
from tests.simulation.virtual_time import LoopClock, run_virtually
from tests.simulation.world import StagedFaults

IN_FLIGHT = 4
Answer = Callable[[int, int], Awaitable[Result | None]]
"""Called with a record's id and the number of this attempt; ``None`` is a plain answer."""


class Model:
    """Keeps when each call began and how many ran at once."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.calls: list[tuple[float, int]] = []
        self.running = self.most = 0

    async def handle(self, message: Message, tables: Context) -> Result:
        number = message.event["id"]
        self.calls.append((LoopClock().monotonic_s(), number))
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            result = await self.answer(number, len(self.times(number)))
        finally:
            self.running -= 1
        return result or Emitted((Emit("out", message.key, {"id": number}),))

    def times(self, number: int) -> list[float]:
        return [at_s for at_s, called in self.calls if called == number]


class Service:
    def __init__(self, answer: Answer, *, partitions: int = 1, max_attempts: int = 6) -> None:
        self.cluster = MemoryCluster(LoopClock(), rebalance_timeout_s=2.0)
        for name in ("in", "out", "dead.letter"):
            self.cluster.create_topic(NewTopic(name, partitions))
        self.model = Model(answer)
        self.max_attempts = max_attempts
        self.stop = asyncio.Event()

    def start(self, faults: StagedFaults | None = None, client: str = "") -> "Service":
        application = AsyncApplication(
            *("app", ("in",), self.model),
            max_in_flight=IN_FLIGHT,
            max_attempts=self.max_attempts,
            commit_interval_ms=50,
        )
        runner = AsyncRunner(
            application,
            MemoryBroker(self.cluster, client, faults),
            JsonSerde(),
            make_dead_letter=dead_letter,
            clock=LoopClock(),
            timing=TIMING,
            backoff=Backoff(first_s=0.5, factor=2, longest_s=3.0),
        )
        self.task = asyncio.create_task(runner.run(self.stop, grace_s=3.0))
        return self

    def write(self, numbers: Sequence[int], partition: int = 0) -> None:
        for number in numbers:
            self.cluster.append(OutRecord("in", b"k", json.dumps({"id": number}).encode(), (), partition))
        self.cluster.wake()

    def answered(self) -> list[Any]:
        return [output["id"] for output in decoded(self.cluster.records("out"))]

    async def until(self, condition: Callable[[], Any]) -> None:
        async with asyncio.timeout(600):
            while not condition():
                await asyncio.sleep(0.05)

    async def end(self) -> None:
        await self.until(lambda: no_lag(self.cluster, ("in",)))
        self.stop.set()
        await self.task


def test_a_slow_model_is_never_asked_for_more_than_the_bound_at_once() -> None:
    async def slow(number: int, attempt: int) -> None:
        await asyncio.sleep(2.0)

    async def scenario() -> None:
        service = Service(slow, partitions=3).start()
        for partition in range(3):
            service.write(range(partition * 10, partition * 10 + 10), partition)
        await service.end()
        assert service.model.most == IN_FLIGHT
        assert Counter(service.answered()) == Counter(range(30))

    run_virtually(scenario())


def test_a_failing_model_is_asked_again_at_growing_distances_and_the_others_go_on() -> None:
    async def failing(number: int, attempt: int) -> None:
        await asyncio.sleep(0.01)
        if number == 3 and attempt < 6:
            raise TransientError("the model is away")

    async def scenario() -> None:
        service = Service(failing).start()
        service.write(range(12))
        await service.end()
        gaps = [round(later - earlier, 1) for earlier, later in pairwise(service.model.times(3))]
        assert gaps == [0.5, 1.0, 2.0, 3.0, 3.0]
        assert service.answered() == [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 3]
        assert [number for _, number in service.model.calls if number != 3] == [*range(3), *range(4, 12)]
        assert service.cluster.records("dead.letter") == []

    run_virtually(scenario())


def test_a_model_that_never_answers_ends_in_a_dead_letter_after_its_attempts_and_deferrals_count_for_none() -> None:
    async def never(number: int, attempt: int) -> Result | None:
        if number == 1:
            if attempt <= 20:
                return Deferred("not_loaded", 0.2)
            raise TransientError("the model is away")
        return None

    async def scenario() -> None:
        service = Service(never, max_attempts=3).start()
        service.write(range(4))
        await service.end()
        (letter,) = decoded(service.cluster.records("dead.letter"))
        assert (letter["offset"], letter["reason"], letter["attempt"]) == (1, "attempts_exhausted", 3)
        assert len(service.model.times(1)) == 20 + 3
        assert service.answered() == [0, 2, 3]

    run_virtually(scenario())


def test_an_unfinished_record_at_the_committed_head_holds_the_offset_back() -> None:
    """Row 21, and what faust#606 does not do: the very first record after the committed offset is still in flight."""
    may_finish = asyncio.Event()

    async def out_of_order(number: int, attempt: int) -> None:
        if number in (0, 5):
            await may_finish.wait()

    async def scenario() -> None:
        service = Service(out_of_order).start()
        service.write(range(10))
        await service.until(lambda: len(service.answered()) == 8)
        await asyncio.sleep(1)
        assert service.cluster.group("app").offsets.get(TopicPartition("in", 0), 0) == 0
        may_finish.set()
        await service.end()
        assert service.cluster.group("app").offsets == {TopicPartition("in", 0): 10}

    run_virtually(scenario())


def test_offsets_truncated_under_an_async_group_stop_it() -> None:
    async def plain(number: int, attempt: int) -> None:
        return None

    async def scenario() -> None:
        service = Service(plain)
        service.write(range(30))
        service.cluster.group("app").offsets[TopicPartition("in", 0)] = 10
        service.cluster.truncate(TopicPartition("in", 0), before=25)
        service.start()
        with pytest.raises(FatalError, match=r"in\[0\]@10: the position to read from is no longer in the log"):
            await service.task
        assert service.answered() == []
        assert service.cluster.group("app").offsets == {TopicPartition("in", 0): 10}

    run_virtually(scenario())


def test_a_hot_partition_leaves_the_others_their_turn() -> None:
    """Row 27: behind a backlog of hundreds, a record of a quiet partition waits for a few calls, not for the backlog."""

    async def slow(number: int, attempt: int) -> None:
        await asyncio.sleep(0.1)

    async def scenario() -> None:
        service = Service(slow, partitions=3)
        service.write(range(800))
        service.start()
        await service.until(lambda: len(service.answered()) >= 20)
        for number in range(20):
            service.write([1_000 + number], partition=1 + number % 2)
            await asyncio.sleep(0.3)
        assert len(set(range(1_000, 1_020)) & set(service.answered())) >= 18
        assert len(service.answered()) < 600, "the backlog is not worked off yet"
        await service.end()

    run_virtually(scenario())


def test_a_member_that_lost_a_partition_and_gets_it_back_does_not_take_its_offset_back() -> None:
    """It heard nothing while another finished the work; going on from memory would repeat all of it (found by seed 3303)."""

    async def stuck(number: int, attempt: int) -> None:
        if number >= 2:
            await asyncio.Event().wait()

    async def plain(number: int, attempt: int) -> None:
        return None

    async def scenario() -> None:
        faults, partition = StagedFaults(), TopicPartition("in", 0)
        old, new = Service(stuck), Service(plain)
        new.cluster = old.cluster
        offsets = old.cluster.group("app").offsets
        old.write(range(10))
        old.start(faults, "old")
        await old.until(lambda: offsets.get(partition) == 2)
        faults.hold("old", "rebalance")
        old.cluster.expire_client("old")
        new.start(faults, "new")
        await new.until(lambda: offsets[partition] == 10)
        new.stop.set()
        await new.task
        faults.release("old", "rebalance")
        asked = len(old.model.calls)
        for _ in range(100):
            assert offsets[partition] == 10
            await asyncio.sleep(0.05)
        assert len(old.model.calls) == asked
        assert old.model.running == 0, "what was in hand was done by the other"
        old.stop.set()
        await old.task
        assert offsets[partition] == 10

    run_virtually(scenario())
