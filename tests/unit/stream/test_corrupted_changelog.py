"""A changelog that cannot be trusted (fault row 28): the task never runs on it; restored again, then the process stops."""

import pytest

from shared.errors import FatalError
from shared.stream.broker import OutRecord
from tests.simulation.counting import CHANGELOGS
from tests.simulation.exactly_once import TIMING
from tests.simulation.virtual_time import run_virtually
from tests.simulation.world import World

COUNTS = CHANGELOGS[0]


@pytest.mark.parametrize(
    "entry",
    [
        OutRecord(COUNTS, b"k", b"{}", (), 0),
        OutRecord(COUNTS, b"k", b"\x01{", (), 0),
        OutRecord(COUNTS, b"k", b"", (), 0),
        OutRecord(COUNTS, b"\xff", b"\x011", (), 0),
        OutRecord(COUNTS, b"k", b"\x011", (("tick_at_ms", b"noon"),), 0),
    ],
    ids=["unknown_codec", "no_json", "empty", "key_no_utf8", "tick_no_number"],
)
def test_a_corrupted_entry_is_named_and_the_task_never_runs(entry: OutRecord) -> None:
    async def scenario() -> None:
        world = World(partitions=1)
        world.start("one")
        world.write(6)
        await world.caught_up()
        await world.leave("one")
        outputs, offset = world.count("out"), world.cluster.partitions(COUNTS)[0].end
        world.cluster.append(entry)
        world.write(6)
        restores = 0

        async def counted(client: str, where: str, /) -> None:
            nonlocal restores
            restores += where == "stable_ends" and client == "two"

        world.faults.also = counted
        member = world.start("two")
        with pytest.raises(FatalError, match=rf"cannot be restored: app\.counts\.changelog\[0\]@{offset}: "):
            await member.task
        assert restores >= TIMING.corrupted_tries
        assert world.count("out") == outputs
        assert world.lag()[0] >= 6

    run_virtually(scenario())


def test_an_entry_that_was_mended_meanwhile_lets_the_task_run() -> None:
    """Wipe and restore: the second try reads everything anew."""

    async def scenario() -> None:
        world = World(partitions=1)
        world.start("one")
        world.write(6)
        await world.caught_up()
        await world.leave("one")
        log = world.cluster.partitions(COUNTS)[0]
        world.cluster.append(OutRecord(COUNTS, b"k", b"junk", (), 0))
        world.write(6)

        async def mend(client: str, where: str, /) -> None:
            if where == "producer.start.after" and log.entries[-1].record is not None:
                mended.append(client)
                if len(mended) == 2:
                    log.entries[-1].hidden = True

        mended: list[str] = []
        world.faults.also = mend
        world.start("two")
        await world.end()
        assert len(mended) >= 2

    run_virtually(scenario())
