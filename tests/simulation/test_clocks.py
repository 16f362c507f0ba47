"""A wall clock that jumps (fault row 25): ticks never go back, and whatever lasts is measured on the monotonic clock."""

import asyncio

from tests.simulation.counting import CHANGELOGS
from tests.simulation.invariants import decoded
from tests.simulation.virtual_time import LoopClock, run_virtually
from tests.simulation.world import World

HOUR_MS, DAY_MS = 3_600_000, 86_400_000


def test_wall_clocks_that_jump_back_and_forth_never_take_a_task_back_in_time() -> None:
    async def scenario() -> None:
        world = World(partitions=1)
        one = world.start("one")
        world.write(10)
        await asyncio.sleep(5)
        one.clock.jump(-HOUR_MS)
        await asyncio.sleep(5)
        one.clock.jump(HOUR_MS + DAY_MS)
        world.write(10)
        await asyncio.sleep(5)
        await world.leave("one")
        world.start("two")  # on a machine whose clock is right: a day behind the last tick
        world.write(10)
        await asyncio.sleep(5)
        await world.end()
        ticks = [entry["tick_ms"] for entry in decoded(world.cluster.records("journal")) if entry["tick_ms"]]
        assert ticks == sorted(ticks)
        assert ticks[-1] - ticks[0] >= DAY_MS, "the jump forward was seen"
        stamps = [
            int(value) for name in CHANGELOGS for record in world.cluster.records(name) for _, value in record.headers
        ]
        assert stamps == ticks, "every tick's time stands in the changelog, for the next owner to go on from"

    run_virtually(scenario())


def test_durations_do_not_follow_the_wall_clock() -> None:
    """Ticks come at their interval and commits at theirs, however the wall clock jumps; nothing counts as stalled."""

    async def scenario() -> None:
        world = World(partitions=1)
        one = world.start("one")
        await world.until(one.runner.ready)
        before = world.count("journal")
        for jump_ms in (-HOUR_MS, DAY_MS, -DAY_MS, HOUR_MS) * 5:
            one.clock.jump(jump_ms)
            await asyncio.sleep(0.7)
            assert one.runner.stalled(5.0) == []
        ticks = world.count("journal") - before
        assert 18 <= ticks <= 21, "14 seconds in steps of 0.7"
        started_s = LoopClock().monotonic_s()
        world.write(1)
        await world.until(lambda: world.count("out") == 1)
        assert LoopClock().monotonic_s() - started_s < 0.5
        await world.end()

    run_virtually(scenario())
