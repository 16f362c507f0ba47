"""One seeded run of the async sibling: nothing lost, outputs named by position, commits never past unfinished work."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable

from shared.brokers.memory import MemoryBroker
from shared.brokers.memory_cluster import MemoryCluster
from shared.errors import TransientError
from shared.stream.async_runner import AsyncRunner
from shared.stream.broker import NewTopic, OutRecord
from shared.stream.engine import Timing
from shared.stream.outcome import Deferred, Emit, Emitted, Rejected, Result
from shared.stream.partitioner import partition_for
from shared.stream.processor import AsyncApplication, Context
from shared.stream.records import Message, Position, TopicPartition
from shared.stream.retry import Backoff
from tests.conformance.support import JsonSerde, dead_letter
from tests.simulation.exactly_once import no_lag
from tests.simulation.faults import KINDS, Chances, SeededFaults
from tests.simulation.invariants import InvariantError, decoded, hold
from tests.simulation.virtual_time import LoopClock, run_virtually

PARTITIONS = 3
RECORDS = 60
IN_FLIGHT = 5
TIMING = Timing(revoke_s=1.0, fenced_pause_s=0.7, idle_s=0.3, backoff=Backoff(first_s=0.02, longest_s=0.5))
CHANCES = Chances(fenced=0.0, gave_up=0.0)
EXERCISED = (
    *(kind for kind in KINDS if kind not in ("fenced", "revoke_too_slow", "gave_up")),
    "deferred",
    "model_away",
)


class Unsteady:
    """A model that takes its time, fails now and then, and is sometimes not loaded. It counts what runs at once."""

    def __init__(self, rng: random.Random, counts: Counter[str]) -> None:
        self.rng = rng
        self.counts = counts
        self.running = 0
        self.most = 0

    async def handle(self, message: Message, tables: Context) -> Result:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self.rng.random() * 0.5)
        finally:
            self.running -= 1
        if message.event["bad"]:
            return Rejected("bad", "asked")
        roll = self.rng.random()
        if roll < 0.1:
            self.counts["model_away"] += 1
            raise TransientError("the model is away")
        if roll < 0.2:
            self.counts["deferred"] += 1
            return Deferred("not_loaded", 0.3)
        return Emitted((Emit("out", message.key, {"from": message.offset, "p": message.partition}),))


class Run:
    def __init__(self, seed: int, trace: Callable[[str], None] | None) -> None:
        self.rng = random.Random(seed)
        self.cluster = MemoryCluster(LoopClock(), rebalance_timeout_s=2.0, transaction_timeout_s=4.0)
        for name in ("in", "out", "dead.letter"):
            self.cluster.create_topic(NewTopic(name, PARTITIONS))
        self.faults = SeededFaults(self.cluster, self.rng, CHANCES, trace=trace)
        self.members: dict[str, tuple[asyncio.Task[None], asyncio.Event]] = {}
        self.started = 0
        self.models: list[Unsteady] = []
        self.rejects: dict[Position, str] = {}
        self.highest: dict[TopicPartition, int] = {}

    def start(self) -> None:
        self.started += 1
        client, stop = f"a{self.started}", asyncio.Event()
        model = Unsteady(self.rng, self.faults.counts)
        self.models.append(model)
        runner = AsyncRunner(
            AsyncApplication("app", ("in",), model, max_in_flight=IN_FLIGHT, max_attempts=50, commit_interval_ms=100),
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
            self._write(number)
            self._check_committed()
            self._check_alive()
            await asyncio.sleep(self.rng.random() * 0.2)
            if len(self.members) < 3 and self.rng.random() < 0.05:
                self.start()
        self.faults.calm = True
        try:
            async with asyncio.timeout(200):
                while not no_lag(self.cluster, ("in",)):
                    self._check_committed()
                    self._check_alive()
                    await asyncio.sleep(0.5)
        except TimeoutError:
            raise InvariantError("I8", "the lag does not return to zero") from None
        burying.cancel()
        for _, stop in self.members.values():
            stop.set()
        async with asyncio.timeout(60):
            await asyncio.gather(*[task for task, _ in self.members.values()])
        self._check_committed()
        self._check()

    def _write(self, number: int) -> None:
        value = json.dumps({"id": number, "bad": self.rng.random() < 0.05}).encode()
        if self.rng.random() < 0.03:
            value = b"no json"
        key = f"k{number % 7}".encode()
        partition = partition_for(key, PARTITIONS)
        position = Position("in", partition, self.cluster.partitions("in")[partition].end)
        if value == b"no json" or b'"bad": true' in value:
            self.rejects[position] = "bad_json" if value == b"no json" else "bad"
        self.cluster.append(OutRecord("in", key, value))
        self.cluster.wake()

    async def _bury(self) -> None:
        while True:
            client = await self.faults.crashed.get()
            if client in self.members:
                task, _ = self.members.pop(client)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                if not self.members:
                    self.start()

    def _check_alive(self) -> None:
        for client, (task, _) in self.members.items():
            if task.done() and client not in self.faults.dead:
                error = None if task.cancelled() else task.exception()
                raise InvariantError("alive", f"{client} ended by {type(error).__name__}: {error}")

    def _done(self) -> Counter[tuple[int, int]]:
        outputs, letters = decoded(self.cluster.records("out")), decoded(self.cluster.records("dead.letter"))
        done = Counter((output["p"], output["from"]) for output in outputs)
        done.update((letter["partition"], letter["offset"]) for letter in letters)
        return done

    def _check_committed(self) -> None:
        done = self._done()
        for partition, offset in self.cluster.group("app").offsets.items():
            hold(offset >= self.highest.get(partition, 0), "I4", f"the committed offset of {partition} went back")
            self.highest[partition] = offset
            for below in range(offset):
                hold((partition.partition, below) in done, "I4", f"{partition}@{below} is committed but not done")

    def _check(self) -> None:
        for model in self.models:
            hold(model.most <= IN_FLIGHT, "bound", f"{model.most} calls at once, {IN_FLIGHT} are allowed")
        everything = {(n, o) for n, log in enumerate(self.cluster.partitions("in")) for o in range(log.end)}
        done = set(self._done())
        hold(everything <= done, "I1", f"lost: {sorted(everything - done)}")
        hold(done == everything, "I2", f"out of nowhere: {sorted(done - everything)}")
        letters = decoded(self.cluster.records("dead.letter"))
        found = {(Position("in", letter["partition"], letter["offset"]), letter["reason"]) for letter in letters}
        hold(found == set(self.rejects.items()), "I7", f"differ: {sorted(found ^ set(self.rejects.items()))}")
        answered = {(output["p"], output["from"]) for output in decoded(self.cluster.records("out"))}
        rejected = {(position.partition, position.offset) for position in self.rejects}
        hold(not answered & rejected, "I6", f"both answered and rejected: {sorted(answered & rejected)}")
        for number in range(PARTITIONS):
            committed = self.cluster.group("app").offsets.get(TopicPartition("in", number), 0)
            hold(committed == self.cluster.partitions("in")[number].end, "I8", f"in[{number}] keeps a lag")


def run_seed(seed: int, trace: Callable[[str], None] | None = None) -> tuple[str, Counter[str]]:
    """Play ``seed``; returns the digest of all that happened and what it met. Raises :class:`InvariantError`."""

    async def play() -> tuple[str, Counter[str]]:
        run = Run(seed, trace)
        await run.play()
        return run.faults.digest(), run.faults.counts

    return run_virtually(play())
