"""The next batch is processed while the commit before it waits for its answer, and is written only after it."""

import asyncio
import random
from collections.abc import Sequence
from itertools import accumulate

import pytest

from shared.brokers.memory_cluster import MemoryCluster
from shared.stream.broker import OutRecord
from tests.simulation.counting import TABLE, Input, counting, create_topics
from tests.simulation.exactly_once import TIMING, Member, no_lag
from tests.simulation.faults import PROCESSING, SeededFaults
from tests.simulation.invariants import check_all, check_committed
from tests.simulation.virtual_time import LoopClock, run_virtually

ANSWER_S = 0.2
APPLICATION = counting(max_batch_records=3, tick_interval_s=None)


class SlowCommits(SeededFaults):
    """Every commit's answer takes ``ANSWER_S``, and the one that ``fails`` counts is lost; ``places`` are all passed."""

    def __init__(self, cluster: MemoryCluster, fails: Sequence[int] = ()) -> None:
        super().__init__(cluster, random.Random(0), calm=True)
        self.places: list[str] = []
        self._fails = frozenset(fails)

    async def point(self, client: str, where: str, /) -> None:
        self.places.append(where)
        await super().point(client, where)
        if where == "commit.after":
            await asyncio.sleep(ANSWER_S)
            self.places.append("answered")
            if self.places.count(where) in self._fails:
                await self._happen("answer_lost", client, where)

    def processed_in_flight(self) -> int:
        """Transactions between whose begin and answer a batch was processed."""
        found, since = 0, list[str]()
        for place in self.places:
            since = [] if place == "begin" else [*since, place]
            found += place == "answered" and PROCESSING in since
        return found

    def most_open(self) -> int:
        """How many transactions were begun and not answered at the worst moment."""
        steps = [(place == "begin") - (place == "answered") for place in self.places]
        return max(accumulate(steps))


async def twelve_records(faults: SlowCommits, ends_early: bool = False) -> None:
    cluster = faults.cluster
    told = Input(cluster)
    create_topics(cluster, ("in",), partitions=1)
    cluster.append(OutRecord(TABLE, b"word", b'{"is": 1}'))
    for number in range(12):
        told.write("in", f"k{number % 3}", "bad" if number == 7 else "good")
    member = Member(cluster, faults, "p1", APPLICATION, TIMING)
    async with asyncio.timeout(60):
        if ends_early:
            while "commit" not in faults.places:
                await asyncio.sleep(ANSWER_S / 10)
            member.stop.set()
            await member.task
            check_committed(cluster)
            assert cluster.transactions and not any(one.open for one in cluster.transactions.values())
            member = Member(cluster, faults, "p2", APPLICATION, TIMING)
        while not no_lag(cluster, ("in",)):
            member.check_alive()
            check_committed(cluster)
            await asyncio.sleep(ANSWER_S / 4)
        member.stop.set()
        await member.task
    check_all(cluster, APPLICATION, told)


def play(fails: Sequence[int] = (), ends_early: bool = False) -> SlowCommits:
    async def run() -> SlowCommits:
        faults = SlowCommits(MemoryCluster(LoopClock(), rebalance_timeout_s=2.0), fails)
        await twelve_records(faults, ends_early)
        return faults

    return run_virtually(run())


def test_full_batches_are_processed_while_the_commit_before_them_waits() -> None:
    played = play()
    assert played.processed_in_flight() >= 3
    assert played.most_open() == 1, "written only once the one before it is committed"


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_what_was_processed_ahead_of_a_commit_that_failed_is_dropped_and_done_once(nth: int) -> None:
    assert play(fails=[nth]).counts["answer_lost"] == 1


def test_who_is_told_to_end_waits_for_the_commit_in_flight() -> None:
    play(ends_early=True)
