"""A log, its input and simulated processes, for tests that stage one fault by hand."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from shared.brokers.memory_cluster import MemoryCluster
from shared.stream.engine import Timing
from shared.stream.processor import Application
from shared.stream.records import TopicPartition
from tests.simulation.counting import Input, counting, create_topics
from tests.simulation.exactly_once import REBALANCE_TIMEOUT_S, TIMING, Member, no_lag
from tests.simulation.invariants import check_all, check_committed
from tests.simulation.virtual_time import LoopClock


class StagedFaults:
    """Does nothing but what a test stages: holds calls until they are released, slows them, or makes them raise."""

    def __init__(self) -> None:
        self._holds: dict[tuple[str, str], tuple[asyncio.Event, asyncio.Event]] = {}
        self._slow_s: dict[str, float] = {}
        self._raises: dict[str, Exception] = {}
        self.also: Callable[[str, str], Awaitable[None]] | None = None

    async def point(self, client: str, where: str, /) -> None:
        if self.also is not None:
            await self.also(client, where)
        await asyncio.sleep(self._slow_s.get(where, 0.0))
        if where in self._raises:
            raise self._raises[where]
        if (client, where) in self._holds:
            reached, released = self._holds[client, where]
            reached.set()
            await released.wait()

    def hold(self, client: str, where: str) -> asyncio.Event:
        """From now on ``client`` waits at ``where``; the event tells that it got there."""
        self._holds[client, where] = (asyncio.Event(), asyncio.Event())
        return self._holds[client, where][0]

    def release(self, client: str, where: str) -> None:
        self._holds.pop((client, where))[1].set()

    def slow(self, where: str, seconds: float) -> None:
        """Every call named ``where`` takes this long."""
        self._slow_s[where] = seconds

    def fail(self, where: str, error: Exception) -> None:
        self._raises[where] = error

    def mend(self, where: str) -> None:
        del self._raises[where]


class World:
    def __init__(self, application: Application | None = None, *, timing: Timing = TIMING, partitions: int = 4) -> None:
        self.application = application if application is not None else counting(max_batch_records=4)
        self.timing = timing
        self.cluster = MemoryCluster(LoopClock(), rebalance_timeout_s=REBALANCE_TIMEOUT_S, transaction_timeout_s=4.0)
        create_topics(self.cluster, self.application.topics, partitions)
        self.left_out: list[str] = []
        self.cluster.on_left_out = self.left_out.append
        self.faults = StagedFaults()
        self.input = Input(self.cluster)
        self.members: dict[str, Member] = {}

    def start(self, client: str, application: Application | None = None) -> Member:
        member = Member(self.cluster, self.faults, client, application or self.application, self.timing)
        self.members[client] = member
        return member

    def write(self, count: int, *, keys: int = 9, kind: str = "good") -> None:
        for number in range(count):
            self.input.write(self.application.topics[0], f"k{number % keys}", kind)
        self.cluster.wake()

    def lag(self) -> dict[int, int]:
        """By partition of the first topic."""
        offsets, topic = self.cluster.group("app").offsets, self.application.topics[0]
        logs = self.cluster.partitions(topic)
        return {number: log.end - offsets.get(TopicPartition(topic, number), 0) for number, log in enumerate(logs)}

    def count(self, topic: str) -> int:
        return len(self.cluster.records(topic))

    async def until(self, condition: Callable[[], Any], limit_s: float = 120.0) -> None:
        async with asyncio.timeout(limit_s):
            while not condition():
                check_committed(self.cluster)
                for member in self.members.values():
                    member.check_alive()
                await asyncio.sleep(0.05)

    async def caught_up(self) -> None:
        await self.until(lambda: no_lag(self.cluster, self.application.topics))

    async def leave(self, client: str) -> None:
        member = self.members.pop(client)
        member.stop.set()
        await member.task

    async def end(self) -> None:
        """Catch up, stop everything in order, and hold the log to every invariant."""
        await self.caught_up()
        for client in list(self.members):
            await self.leave(client)
        check_all(self.cluster, self.application, self.input)
