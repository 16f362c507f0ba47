"""What becomes of records that cannot be processed, of repeats and of a log that was cut: fault rows 16–18, 24, 26, 27."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from shared.errors import FatalError, TransientError
from shared.stream.broker import OutRecord
from shared.stream.outcome import Outcomes, Rejected
from shared.stream.processor import State
from shared.stream.records import Message, TopicPartition
from tests.simulation.counting import Counting, counting
from tests.simulation.faults import PROCESSING
from tests.simulation.invariants import decoded
from tests.simulation.virtual_time import run_virtually
from tests.simulation.world import World

HALT_S = 60.0


def test_poison_of_every_kind_is_one_dead_letter_with_origin_reason_and_attempt() -> None:
    """Row 16."""

    async def scenario() -> None:
        world = World()
        for kind in ("good", "poison", "bad", "good", "boom", "good"):
            world.write(1, kind=kind)
        world.start("one")
        await world.end()
        letters = decoded(world.cluster.records("dead.letter"))
        found = {(letter["reason"], letter["attempt"], letter["application"], letter["topic"]) for letter in letters}
        assert found == {
            ("bad_json", 1, "app", "in"),
            ("bad", 1, "app", "in"),
            ("processor_error", 2, "app", "in"),
        }

    run_virtually(scenario())


def test_the_count_of_rejected_records_goes_with_the_task_to_its_next_owner() -> None:
    """Row 17, with the partition handed on by a rebalance, and with ticks and idle commits in between."""

    async def scenario() -> None:
        limit = 10
        bad = replace(counting(max_batch_records=4), processor=lambda task: RejectsAll(), stop_limit=limit)
        world = World(bad, partitions=1)
        world.start("one", bad)
        world.write(limit - 2)
        await world.caught_up()
        await asyncio.sleep(10)  # ticks go by, and the position moves past the markers of what they wrote
        await world.leave("one")
        member = world.start("two", bad)
        world.write(4)
        with pytest.raises(FatalError, match=f"rejected {limit} records in a row"):
            async with asyncio.timeout(HALT_S):
                await member.task
        del world.members["two"]
        assert world.count("dead.letter") == limit - 2
        assert world.lag()[0] == 4

    run_virtually(scenario())


class RejectsAll(Counting):
    def process(self, batch: Sequence[Message], state: State) -> Outcomes:
        return Outcomes([Rejected("deployed_badly") for _ in batch])


def test_a_bad_deploy_that_is_restarted_fills_a_backlog_and_its_mend_works_it_off() -> None:
    """Row 17. All starts together write fewer dead letters than the limit: the count outlives the process."""

    async def scenario() -> None:
        limit, starts, total = 10, 3, 120
        sound = counting(max_batch_records=4)
        world = World(sound, partitions=1)
        world.write(total)
        bad = replace(sound, processor=lambda task: RejectsAll(), stop_limit=limit)
        for number in range(starts):
            member = world.start(f"bad{number}", bad)
            with pytest.raises(FatalError, match=f"rejected {limit} records in a row.*halted before committing"):
                async with asyncio.timeout(HALT_S):
                    await member.task
            del world.members[member.client]
        letters = decoded(world.cluster.records("dead.letter"))
        assert 0 < len(letters) < limit
        assert {letter["reason"] for letter in letters} == {"deployed_badly"}
        assert world.lag()[0] == total - len(letters), "the rest is a backlog"
        world.start("mended")
        await world.caught_up()
        await world.leave("mended")
        assert world.count("out") == total - len(letters)

    run_virtually(scenario())


def test_while_dead_letters_cannot_be_written_nothing_of_their_transaction_is_committed() -> None:
    """Row 18: neither outputs nor offsets nor state; once they can be, all of it happens once."""

    async def scenario() -> None:
        world = World(counting(max_batch_records=8), partitions=1)
        world.cluster.unwritable.add("dead.letter")
        for kind in ("good", "good", "bad", "good"):
            world.write(1, kind=kind)
        world.start("one")
        refused = world.cluster.refused
        await world.until(lambda: refused["dead.letter"] >= 5)
        assert (world.count("out"), world.count("dead.letter"), world.count("app.seen.changelog")) == (0, 0, 0)
        assert world.lag() == {0: 4}
        world.cluster.unwritable.clear()
        await world.end()

    run_virtually(scenario())


@pytest.mark.parametrize("starts_later", [True, False], ids=["while_down", "while_running"])
def test_offsets_truncated_under_a_group_stop_it_and_nothing_is_skipped_in_silence(*, starts_later: bool) -> None:
    """Row 24."""

    async def scenario() -> None:
        world = World(partitions=1)
        member = world.start("one")
        world.write(10)
        await world.caught_up()
        if starts_later:
            await world.leave("one")
        else:
            world.faults.hold("one", "poll")
        world.write(30)
        world.cluster.truncate(TopicPartition("in", 0), before=25)
        committed = dict(world.cluster.group("app").offsets)
        outputs = world.count("out")
        if starts_later:
            member = world.start("one")
        else:
            world.faults.release("one", "poll")
        with pytest.raises(FatalError, match=r"in\[0\]@10: the position to read from is no longer in the log"):
            await member.task
        assert world.cluster.group("app").offsets == committed
        assert world.count("out") == outputs
        world.cluster.group("app").offsets[TopicPartition("in", 0)] = 25  # what an operator decides
        del world.members["one"]
        world.start("again")
        await world.caught_up()
        await world.leave("again")
        assert world.count("out") == 10 + 15

    run_virtually(scenario())


def test_an_upstream_that_repeats_itself_changes_nothing() -> None:
    """Row 26: every record twice, some of them long after, and a process that dies in between."""

    async def scenario() -> None:
        world = World()
        world.start("one")
        world.write(50)
        for index in range(50):
            world.input.repeat(index)
        await world.until(lambda: world.count("out") >= 10)
        await world.members.pop("one").kill()
        world.cluster.expire_client("one")
        world.start("two")
        await world.caught_up()
        for index in range(0, 50, 5):
            world.input.repeat(index)
        await world.end()

    run_virtually(scenario())


def test_a_hot_partition_does_not_hold_up_the_others() -> None:
    """Row 27: one key has a backlog of thousands; the others' lag stays within two batches at every step."""

    async def scenario() -> None:
        batch = 8
        world = World(counting(max_batch_records=batch, tick_interval_s=None))
        world.faults.slow(PROCESSING, 0.05)
        for _ in range(1_500):
            world.input.write("in", "hot")
        hot = world.cluster.records("in")[0].partition
        world.start("one")
        await world.until(lambda: world.count("out") > 0)
        worst = 0
        for _ in range(60):
            world.write(4)
            await asyncio.sleep(0.1)
            worst = max(worst, *(lag for number, lag in world.lag().items() if number != hot))
        assert world.lag()[hot] > 400, "the hot one was behind all the time"
        assert worst <= 2 * batch
        await world.end()

    run_virtually(scenario())


def test_a_broker_that_is_away_for_a_while_costs_time_and_nothing_else() -> None:
    """Row 11 in virtual time: ten minutes without one answer."""

    async def scenario() -> None:
        world = World()
        world.start("one")
        world.write(40)
        await world.until(lambda: world.count("out") >= 8)
        calls = ("poll", "begin", "producer.start", "committed")
        for where in calls:
            world.faults.fail(where, TransientError("the broker is away"))
        deadline_s = world.members["one"].clock.monotonic_s() + 600
        await world.until(lambda: world.members["one"].clock.monotonic_s() >= deadline_s, limit_s=900)
        for where in calls:
            world.faults.mend(where)
        world.write(40)
        await world.end()

    run_virtually(scenario())


def test_a_tombstone_or_a_keyless_record_is_no_poison_to_the_engine() -> None:
    """The processor decides on them; the engine hands them over."""

    class Seeing(Counting):
        def process(self, batch: Sequence[Message], state: State) -> Outcomes:
            return Outcomes(
                [Rejected("none" if message.event is None else f"key={message.key!r}") for message in batch]
            )

    async def scenario() -> None:
        world = World(replace(counting(), processor=lambda task: Seeing()), partitions=1)
        world.cluster.append(OutRecord("in", b"k", None))
        world.cluster.append(OutRecord("in", None, b"{}"))
        world.start("one")
        await world.caught_up()
        await world.leave("one")
        assert [letter["reason"] for letter in decoded(world.cluster.records("dead.letter"))] == ["none", "key=''"]

    run_virtually(scenario())
