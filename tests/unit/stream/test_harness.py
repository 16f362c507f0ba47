"""The harness holds a processor to what the engine does."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.errors import FatalError
from shared.stream.outcome import Emit, Emitted, Outcomes, Result, Skipped
from shared.stream.processor import Application, Context, State, StoreSpec
from shared.stream.records import Message
from shared.stream.testing import FixedTables, Harness, handle_all, run_batches


class Summing:
    def __init__(self) -> None:
        self.total_at_restore = -1

    def restored(self, state: State) -> None:
        self.total_at_restore = state.store("sums").get("total") or 0

    def process(self, batch: Sequence[Message], state: State) -> Outcomes:
        sums, results = state.store("sums"), []
        for message in batch:
            total = (sums.get("total") or 0) + message.event
            sums.put("total", total)
            results.append(Emitted((Emit("out", message.key, (total, state.table_version("t"))),)))
        return Outcomes(results)

    def on_tick(self, now_ms: int, state: State) -> Outcomes:
        state.store("sums").put("ticked", now_ms)
        return Outcomes(also=(Emit("out", "tick", now_ms),))


APPLICATION = Application("summing", ("in",), lambda task: Summing(), (StoreSpec("sums"),))


def test_feed_tick_and_restart() -> None:
    harness = Harness(APPLICATION, {"t": {"k": 1}})
    assert len(harness.feed([1, 2, 3], key="a")) == 3
    assert [emit.event for emit in harness.tick(77)] == [77]
    harness.restart()
    assert harness.state.snapshot() == {"sums": {"total": 6, "ticked": 77}}
    harness.feed([4])
    assert [emit.event for emit in harness.outputs] == [(1, 1), (3, 1), (6, 1), 77, (10, 1)]
    assert [result.outputs[0].key for result in harness.results if isinstance(result, Emit | Emitted)][:1] == ["a"]


def test_a_store_that_its_codec_does_not_give_back_is_told() -> None:
    class Tupling(Summing):
        def process(self, batch: Sequence[Message], state: State) -> Outcomes:
            state.store("sums").put("pair", (1, 2))
            return Outcomes([Skipped("x")] * len(batch))

    harness = Harness(Application("t", ("in",), lambda task: Tupling(), (StoreSpec("sums"),)))
    harness.feed([1])
    with pytest.raises(FatalError, match="differs from the replay"):
        harness.restart()


def test_the_cut_into_batches_does_not_matter() -> None:
    whole = run_batches(APPLICATION, list(range(30)), [30], ticks={10: 5, 30: 6})
    cut = run_batches(APPLICATION, list(range(30)), [1, 7, 3], ticks={10: 5, 30: 6})
    assert whole.outputs == cut.outputs
    assert whole.state.snapshot() == cut.state.snapshot()


def test_async_processors_are_driven_too() -> None:
    class Echo:
        async def handle(self, message: Message, tables: Context) -> Result:
            await tables.publish([Emit("progress", message.key, "begun")])
            return Emitted((Emit("out", message.key, message.event),))

    tables = FixedTables()
    results = asyncio.run(handle_all(Echo(), ["a", "b"], tables))
    assert len(results) == len(tables.published) == 2
