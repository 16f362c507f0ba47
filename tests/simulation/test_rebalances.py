"""Rebalances at bad moments, staged one by one: fault rows 4, 6, 7 and 8 of the reference."""

import asyncio
import json
from dataclasses import replace

import pytest

from shared.stream.task import Phase
from tests.simulation.exactly_once import REBALANCE_TIMEOUT_S, TIMING
from tests.simulation.faults import PROCESSING
from tests.simulation.virtual_time import run_virtually
from tests.simulation.world import World


def owned(world: World, client: str) -> int:
    return len(world.members[client].runner._loops)


def test_one_process_becomes_three_and_one_again_in_the_middle_of_batches() -> None:
    """Row 4."""

    async def scenario() -> None:
        world = World()
        world.faults.slow(PROCESSING, 0.2)  # there is a batch in hand whenever a rebalance comes
        world.start("one")
        world.write(60)
        await world.until(lambda: world.count("out") >= 12)
        world.start("two")
        world.start("three")
        await world.until(lambda: [owned(world, name) for name in ("one", "two", "three")].count(0) == 0)
        assert sum(owned(world, name) for name in ("one", "two", "three")) == 4
        world.write(60)
        before = world.count("out")
        await world.until(lambda: world.count("out") >= before + 12)
        assert sum(world.lag().values()) > 0, "they leave while there is work"
        await world.leave("two")
        await world.leave("three")
        await world.until(lambda: owned(world, "one") == 4)
        await world.end()
        assert world.cluster.group("app").generation >= 4

    run_virtually(scenario())


@pytest.mark.parametrize(
    ("revoke_s", "left_out"),
    [(2 * REBALANCE_TIMEOUT_S, ["slow"]), (REBALANCE_TIMEOUT_S / 2, [])],
    ids=["late", "dirty"],
)
def test_a_revoke_slower_than_the_rebalance_is_fenced_or_dropped_and_redone_once(
    revoke_s: float, left_out: list[str]
) -> None:
    """Row 6. With a deadline beyond the rebalance's the group goes on without the member, and its commit comes too late;
    with a shorter one it drops the batch in hand and comes in time."""

    async def scenario() -> None:
        world = World(timing=replace(TIMING, revoke_s=revoke_s))
        world.write(30)
        reached = world.faults.hold("slow", "commit")
        world.start("slow")
        await reached.wait()
        world.start("other")
        await asyncio.sleep(REBALANCE_TIMEOUT_S * 1.5)
        assert world.left_out == left_out
        world.faults.release("slow", "commit")
        await world.end()

    run_virtually(scenario())


def test_partitions_lost_without_a_revoke_are_not_committed_for_by_their_old_owner() -> None:
    """Row 7: thrown out of the group in the middle of a transaction, and told only when the others are done."""

    async def scenario() -> None:
        world = World()
        world.write(40)
        reached = world.faults.hold("old", "commit")
        world.start("old")
        await reached.wait()
        world.faults.hold("old", "rebalance")
        world.start("new")
        world.cluster.expire_client("old")
        await world.caught_up()
        done = world.count("out")
        world.faults.release("old", "commit")
        await asyncio.sleep(TIMING.fenced_pause_s / 2)
        assert world.count("out") == done, "the late commits of the old owner are fenced"
        world.faults.release("old", "rebalance")
        world.write(40)
        await world.end()

    run_virtually(scenario())


@pytest.mark.parametrize("where", ["producer.start", "committed", "reader.start", "beginnings", "stable_ends"])
def test_a_rebalance_during_a_restore_starts_it_again(where: str) -> None:
    """Row 8: at any step of a restore; the task runs only on a complete state."""

    async def scenario() -> None:
        world = World()
        world.start("first")
        world.write(40)
        await world.caught_up()
        await world.leave("first")
        world.write(40)
        reached = world.faults.hold("second", where)
        member = world.start("second")
        await reached.wait()
        world.start("third")
        await asyncio.sleep(REBALANCE_TIMEOUT_S / 4)
        assert all(loop.phase is Phase.RESTORING for loop in member.runner._loops.values())
        assert not member.runner.ready()
        world.faults.release("second", where)
        await world.end()
        counts = [json.loads(record.value or b"")["count"] for record in world.cluster.records("out")]
        assert max(counts) == 10, "the counts of the first process were gone on with"

    run_virtually(scenario())
