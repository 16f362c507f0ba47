"""The async sibling under seeded faults: nothing lost, outputs named by position, commits never past unfinished work."""

import asyncio
import json
import random
from collections import Counter

from shared.brokers.memory import MemoryBroker
from shared.brokers.memory_cluster import MemoryCluster
from shared.errors import TransientError
from shared.stream.async_runner import AsyncRunner
from shared.stream.broker import NewTopic, OutRecord
from shared.stream.outcome import Deferred, Emit, Emitted, Result
from shared.stream.processor import AsyncApplication, Context
from shared.stream.records import Message, TopicPartition
from shared.stream.retry import Backoff
from shared.stream.task_loop import Timing
from tests.conformance.support import JsonSerde, dead_letter
from tests.simulation.faults import Chances, SeededFaults
from tests.simulation.virtual_time import LoopClock, run_virtually

PARTITIONS = 3
RECORDS = 60
TIMING = Timing(revoke_s=1.0, fenced_pause_s=0.7, idle_s=0.3, backoff=Backoff(first_s=0.02, longest_s=0.5))


class Unsteady:
    """A model that takes its time, fails now and then, and is sometimes not loaded."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    async def handle(self, message: Message, tables: Context) -> Result:
        await asyncio.sleep(self.rng.random() * 0.5)
        roll = self.rng.random()
        if roll < 0.1:
            raise TransientError("the model is away")
        if roll < 0.2:
            return Deferred("not_loaded", 0.3)
        return Emitted((Emit("out", message.key, {"from": message.position.offset, "p": message.position.partition}),))


class Run:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.cluster = MemoryCluster(LoopClock(), rebalance_timeout_s=2.0, transaction_timeout_s=4.0)
        for name in ("in", "out", "dead.letter"):
            self.cluster.create_topic(NewTopic(name, PARTITIONS))
        self.faults = SeededFaults(self.cluster, self.rng, Chances(fenced=0.0))
        self.members: dict[str, tuple[asyncio.Task[None], asyncio.Event]] = {}
        self.started = 0

    def start(self) -> None:
        self.started += 1
        client, stop = f"a{self.started}", asyncio.Event()
        runner = AsyncRunner(
            AsyncApplication(
                "app", ("in",), Unsteady(self.rng), max_in_flight=5, max_attempts=50, commit_interval_ms=100
            ),
            MemoryBroker(self.cluster, client, self.faults),
            JsonSerde(),
            make_dead_letter=dead_letter,
            clock=LoopClock(),
            timing=TIMING,
            backoff=Backoff(first_s=0.05, longest_s=0.3),
        )
        self.members[client] = (asyncio.create_task(runner.run(stop, grace_s=3.0), name=client), stop)

    async def play(self) -> None:
        self.start()
        burying = asyncio.create_task(self._bury())
        for number in range(RECORDS):
            self.cluster.append(OutRecord("in", f"k{number % 7}".encode(), json.dumps({"id": number}).encode()))
            self.cluster.wake()
            self._check_committed()
            await asyncio.sleep(self.rng.random() * 0.2)
            if len(self.members) < 3 and self.rng.random() < 0.05:
                self.start()
        self.faults.calm = True
        async with asyncio.timeout(200):
            while not self._no_lag():
                self._check_committed()
                await asyncio.sleep(0.5)
        burying.cancel()
        for _, stop in self.members.values():
            stop.set()
        async with asyncio.timeout(60):
            await asyncio.gather(*[task for task, _ in self.members.values()])

    async def _bury(self) -> None:
        while True:
            client = await self.faults.crashed.get()
            if client in self.members:
                task, _ = self.members.pop(client)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                if not self.members:
                    self.start()

    def _done(self) -> Counter[tuple[int, int]]:
        outputs = [json.loads(record.value or b"") for record in self.cluster.records("out")]
        return Counter((output["p"], output["from"]) for output in outputs)

    def _no_lag(self) -> bool:
        offsets = self.cluster.group("app").offsets
        parts = [TopicPartition("in", number) for number in range(PARTITIONS)]
        return all(offsets.get(p, 0) >= self.cluster.log(p).end for p in parts)

    def _check_committed(self) -> None:
        done = self._done()
        for partition, offset in self.cluster.group("app").offsets.items():
            for below in range(offset):
                assert (partition.partition, below) in done, f"I4: {partition}@{below} is committed but not done"

    def check(self) -> None:
        everything = {(n, o) for n, log in enumerate(self.cluster.partitions("in")) for o in range(log.end)}
        assert set(self._done()) == everything, "I1: at least once, and nothing else"
        assert not self.cluster.records("dead.letter")


def test_at_least_once_under_faults(seeds: range) -> None:
    for seed in seeds:
        run = Run(seed)
        try:
            run_virtually(run.play())
            run.check()
        except BaseException:
            print(f"\nseed {seed} fails; repeat it with: pytest tests/simulation --seeds {seed}-{seed}")
            raise
