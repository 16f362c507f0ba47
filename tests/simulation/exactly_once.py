"""One seeded run of the exactly-once engine on the in-memory log, in virtual time.

Members of a group read four partitions of one topic, or of two that are joined. Calls are slow, lost, odd or hang;
processes stop, crash, come and go; clocks are wrong; upstream repeats itself; changelogs are compacted. Then the faults
end, and within bounded time everything must have happened exactly once.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from shared.brokers.memory import Faults, MemoryBroker
from shared.brokers.memory_cluster import MemoryCluster
from shared.stream.broker import OutRecord
from shared.stream.engine import Timing
from shared.stream.processor import Application
from shared.stream.records import TopicPartition
from shared.stream.retry import Backoff
from shared.stream.runner import Runner
from shared.stream.task import Journal
from tests.conformance.support import JsonSerde, dead_letter
from tests.simulation.counting import CHANGELOGS, PARTITIONS, TABLE, Input, counting, create_topics
from tests.simulation.faults import KINDS, PROCESSING, Chances, SeededFaults
from tests.simulation.invariants import InvariantError, check_all, check_committed
from tests.simulation.virtual_time import LoopClock, SkewedClock, run_virtually

RunSeed = Callable[..., tuple[str, Counter[str]]]
RECORDS = 90
KEYS = 9
REBALANCE_TIMEOUT_S = 2.0
TIMING = Timing(revoke_s=1.0, fenced_pause_s=0.7, idle_s=0.3, backoff=Backoff(first_s=0.02, longest_s=0.5))
EXERCISED = (
    *KINDS,
    *("duplicate", "hot_partition", "joined_topics", "spare_member", "compacted", "wall_clock_jumped", "left_in_order"),
)
"""Everything a run may meet; many runs together must have met all of it."""


class Member:
    """One simulated process."""

    def __init__(
        self, cluster: MemoryCluster, faults: Faults, client: str, application: Application, timing: Timing = TIMING
    ) -> None:
        self.client = client
        self.stop = asyncio.Event()
        self.clock = SkewedClock()
        self._faults = faults
        self.runner = Runner(
            application,
            MemoryBroker(cluster, client, faults),
            JsonSerde(),
            make_dead_letter=dead_letter,
            clock=self.clock,
            timing=timing,
            offload=self._offload,
            journal=Journal("journal"),
        )
        self.task = asyncio.create_task(self.runner.run(self.stop, grace_s=3.0), name=client)

    async def _offload(self, function: Any, *args: Any) -> Any:
        """In place of a thread: the same order every time, and a point where the process may be slow or die."""
        await self._faults.point(self.client, PROCESSING)
        return function(*args)

    async def kill(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    def check_alive(self) -> None:
        if self.task.done() and not self.stop.is_set():
            error = None if self.task.cancelled() else self.task.exception()
            raise InvariantError("alive", f"{self.client} ended by {type(error).__name__}: {error}")


@dataclass(frozen=True, slots=True)
class Profile:
    """What kind of run a seed stands for."""

    topics: tuple[str, ...]
    most_members: int
    hot: float
    """The share of records with one and the same key."""
    timing: Timing

    @staticmethod
    def draw(rng: random.Random) -> "Profile":
        return Profile(
            topics=("in",) if rng.random() < 0.7 else ("in", "joined"),
            most_members=3 if rng.random() < 0.7 else PARTITIONS + 2,
            hot=0.0 if rng.random() < 0.7 else 0.8,
            timing=TIMING if rng.random() < 0.7 else replace(TIMING, revoke_s=2 * REBALANCE_TIMEOUT_S),
        )


class Run:
    """Everything random comes from ``rng``."""

    def __init__(self, seed: int, chances: Chances, trace: Callable[[str], None] | None) -> None:
        self.rng = random.Random(seed)
        self.profile = Profile.draw(self.rng)
        self.application = counting(self.profile.topics)
        self.cluster = MemoryCluster(LoopClock(), rebalance_timeout_s=REBALANCE_TIMEOUT_S, transaction_timeout_s=4.0)
        create_topics(self.cluster, self.profile.topics)
        self.faults = SeededFaults(self.cluster, self.rng, chances, trace=trace)
        self.counts: Counter[str] = self.faults.counts
        self.input = Input(self.cluster)
        self.members: list[Member] = []
        self.started = 0
        self.counts["hot_partition"] += self.profile.hot > 0
        self.counts["joined_topics"] += len(self.profile.topics) > 1

    async def play(self) -> None:
        feeding = asyncio.create_task(self._feed())
        changing = asyncio.create_task(self._change_members())
        burying = asyncio.create_task(self._bury())
        await feeding
        await asyncio.sleep(self.rng.random() * 5)
        changing.cancel()
        await asyncio.gather(changing, return_exceptions=True)
        self.faults.calm = True
        if not self.members:
            self._start()
        await self._caught_up()
        burying.cancel()
        for member in self.members:
            member.stop.set()
        try:
            async with asyncio.timeout(60):
                await asyncio.gather(*[member.task for member in self.members])
        except TimeoutError:
            raise InvariantError("I8", "a process does not end") from None
        check_committed(self.cluster)
        check_all(self.cluster, self.application, self.input)

    async def _feed(self) -> None:
        rng, number = self.rng, 0
        while number < RECORDS:
            for _ in range(min(rng.randint(1, 12), RECORDS - number)):
                self._write_one()
                number += 1
            if rng.random() < 0.3:
                self.cluster.append(OutRecord(TABLE, b"word", b'{"is": %d}' % number))
            self.cluster.wake()
            check_committed(self.cluster)
            for member in self.members:
                member.check_alive()
            await asyncio.sleep(rng.random() * 0.6)

    def _write_one(self) -> None:
        rng = self.rng
        topic = rng.choice(self.profile.topics)
        key = "k0" if rng.random() < self.profile.hot else f"k{rng.randrange(KEYS)}"
        kind = rng.choices(("good", "bad", "boom", "poison"), (92, 4, 2, 2))[0]
        self.input.write(topic, key, kind)
        if self.input.good and rng.random() < 0.1:
            self.counts["duplicate"] += 1
            newest = len(self.input.good) - 1
            self.input.repeat(newest if rng.random() < 0.5 else rng.randint(0, newest))

    async def _change_members(self) -> None:
        rng, most = self.rng, self.profile.most_members
        self._start()
        while True:
            await asyncio.sleep(rng.random() * 4)
            if len(self.members) < most and rng.random() < (0.6 if most == 3 else 0.9):
                self._start()
            elif self.members and rng.random() < 0.4:
                await self._leave(self.members.pop(rng.randrange(len(self.members))))
            elif self.members and rng.random() < 0.5:
                self.faults.kill(rng.choice(self.members).client)
            elif self.members:
                self.counts["wall_clock_jumped"] += 1
                rng.choice(self.members).clock.jump(rng.choice((-3_600_000, 3_600_000, 86_400_000)))
            if rng.random() < 0.5:
                self.counts["compacted"] += 1
                self.cluster.compact(CHANGELOGS)

    async def _leave(self, leaver: Member) -> None:
        leaver.stop.set()
        try:
            async with asyncio.timeout(60):
                await asyncio.shield(leaver.task)
            self.counts["left_in_order"] += 1
        except Exception as error:
            if leaver.client not in self.faults.dead:
                raise InvariantError(
                    "alive", f"{leaver.client} did not leave: {type(error).__name__}: {error}"
                ) from error

    async def _bury(self) -> None:
        """Crashed processes end at once, without a word; a supervisor starts another."""
        while True:
            client = await self.faults.crashed.get()
            for member in [m for m in self.members if m.client == client]:
                self.members.remove(member)
                await member.kill()
                if not self.members:
                    self._start()

    def _start(self) -> None:
        self.started += 1
        member = Member(self.cluster, self.faults, f"p{self.started}", self.application, self.profile.timing)
        self.members.append(member)
        self.counts["spare_member"] += len(self.members) > PARTITIONS

    async def _caught_up(self) -> None:
        """I8: once the faults have stopped, lag returns to zero in bounded time."""
        try:
            async with asyncio.timeout(120):
                while not no_lag(self.cluster, self.profile.topics):
                    for member in self.members:
                        member.check_alive()
                    check_committed(self.cluster)
                    await asyncio.sleep(0.5)
        except TimeoutError:
            raise InvariantError("I8", "the lag does not return to zero") from None


def no_lag(cluster: MemoryCluster, topics: tuple[str, ...]) -> bool:
    offsets = cluster.group("app").offsets
    parts = [TopicPartition(topic, number) for topic in topics for number in range(len(cluster.partitions(topic)))]
    return all(offsets.get(part, 0) >= cluster.log(part).end for part in parts)


def run_seed(seed: int, trace: Callable[[str], None] | None = None) -> tuple[str, Counter[str]]:
    """Play ``seed``; returns the digest of all that happened and what it met. Raises :class:`InvariantError`."""

    async def play() -> tuple[str, Counter[str]]:
        run = Run(seed, Chances(), trace)
        await run.play()
        return run.faults.digest(), run.counts

    return run_virtually(play())
