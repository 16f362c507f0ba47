"""A small run is played once without faults to count its awaits, and then once for each of them with a fault there.

Crash at any await (fault rows 1 and 2 of the reference), request or answer lost (13), odd exception (14), and with two
members also: fenced, expelled, rebalanced, stopped, hanging. I1–I8 hold every time.
"""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from shared.brokers.memory_cluster import MemoryCluster
from shared.stream.broker import OutRecord
from tests.simulation.counting import TABLE, Input, counting, create_topics
from tests.simulation.exactly_once import TIMING, Member, no_lag
from tests.simulation.faults import PROCESSING, PRODUCING, SeededFaults
from tests.simulation.invariants import check_all, check_committed
from tests.simulation.virtual_time import LoopClock, run_virtually

FAULTS = ("crash", "lost", "odd", "fenced", "expelled", "rebalance", "stopped", "hangs")
APPLICATION = counting(max_batch_records=3, tick_interval_s=1.5)


class PlannedFaults(SeededFaults):
    """Faults at the awaits that ``plan`` names, counted from 0, and nowhere else."""

    def __init__(self, cluster: MemoryCluster, plan: Mapping[int, str]) -> None:
        super().__init__(cluster, random.Random(0))
        self.plan = plan
        self.places: list[str] = []

    def _draw(self, where: str) -> str:
        fault = self.plan.get(len(self.places), "")
        self.places.append(where)
        if fault == "lost":
            return "" if where == PROCESSING else "answer_lost" if where.endswith(".after") else "request_lost"
        produces = where.removesuffix(".after").removesuffix(".middle") in PRODUCING
        if (fault == "odd" and not produces) or (fault == "fenced" and not self.cluster.transactions):
            return ""
        return fault


@dataclass(slots=True)
class Life:
    """Two lives of a service with ``count`` members: input, caught up, ended in order; more input, and so again."""

    faults: PlannedFaults
    count: int

    async def play(self) -> None:
        cluster, told = self.faults.cluster, Input(self.faults.cluster)
        create_topics(cluster, ("in",), partitions=self.count)
        cluster.append(OutRecord(TABLE, b"word", b'{"is": 1}'))
        for kinds in (("good", "bad", "good", "boom", "good", "poison"), ("good", "good")):
            for number, kind in enumerate(kinds):
                told.write("in", f"k{number % 3}", kind)
            told.repeat(0)
            cluster.wake()
            await self._live()
        check_all(cluster, APPLICATION, told)

    async def _live(self) -> None:
        members = [self._start() for _ in range(self.count)]
        async with asyncio.timeout(60):
            while not no_lag(self.faults.cluster, ("in",)):
                members = [await self._replaced(member) for member in members]
                check_committed(self.faults.cluster)
                await asyncio.sleep(0.1)
            for member in members:
                member.stop.set()
            for member in members:
                while not member.task.done() and member.client not in self.faults.dead:
                    await asyncio.sleep(0.1)
                if member.client in self.faults.dead:
                    await member.kill()
                else:
                    await member.task
        check_committed(self.faults.cluster)

    def _start(self) -> Member:
        number = self.faults.cluster.next_id()
        return Member(self.faults.cluster, self.faults, f"p{number}", APPLICATION, TIMING)

    async def _replaced(self, member: Member) -> Member:
        if member.client not in self.faults.dead:
            member.check_alive()
            return member
        await member.kill()
        return self._start()


def play(count: int, plan: Mapping[int, str]) -> PlannedFaults:
    async def run() -> PlannedFaults:
        cluster = MemoryCluster(LoopClock(), rebalance_timeout_s=2.0, transaction_timeout_s=4.0)
        faults = PlannedFaults(cluster, plan)
        await Life(faults, count).play()
        return faults

    try:
        return run_virtually(run())
    except BaseException as error:
        error.add_note(f"{count} members, faults at {plan}")
        raise


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("members", [1, 2])
def test_one_fault_at_any_await_loses_and_doubles_nothing(members: int, fault: str) -> None:
    places = play(members, {}).places
    assert {"send", "send.after", "commit", "commit.after", "offsets.after", "committed", PROCESSING} <= set(places)
    happened = sum(play(members, {nth: fault}).counts.total() for nth in range(len(places)))
    assert happened > len(places) / 4, "faults did happen"


@pytest.mark.long
@pytest.mark.parametrize("pair", [("crash", "crash"), ("crash", "lost"), ("lost", "crash"), ("lost", "fenced")])
def test_two_faults_at_any_two_awaits_lose_and_double_nothing(pair: tuple[str, str]) -> None:
    """The second one also strikes what the first one led to: a restore, a retry, a supervisor's new process."""
    length = len(play(1, {}).places)
    for first in range(length):
        for second in range(first + 1, length + length // 2):
            play(1, {first: pair[0], second: pair[1]})
