"""Admission to the engine: first come first served, one adapter at a time, no place lost to a cancellation."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.model_server.admission import Admission


class _Desk:
    """Callers that note when they are in, and leave when told."""

    def __init__(self, slots: int) -> None:
        self.admission = Admission(slots, patience_s=60.0)
        self.inside: list[tuple[int, str]] = []
        self.order: list[int] = []
        self.leave: dict[int, asyncio.Event] = {}

    async def call(self, number: int, adapter: str) -> None:
        self.leave[number] = asyncio.Event()
        async with self.admission.turn(adapter):
            self.inside.append((number, adapter))
            self.order.append(number)
            await self.leave[number].wait()
            self.inside.remove((number, adapter))


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_waiting_adapter_is_not_overtaken_by_the_one_in_use() -> None:
    async def scenario() -> None:
        desk = _Desk(slots=2)
        async with asyncio.TaskGroup() as group:
            for number, adapter in enumerate(["a", "b", "a", "a"]):
                group.create_task(desk.call(number, adapter))
                await _settle()
            assert desk.order == [0], "b waits for another adapter, and whoever came after b waits behind it"
            for expected in ([0, 1], [0, 1, 2, 3]):
                desk.leave[desk.order[-1]].set()
                await _settle()
                assert desk.order == expected
            for event in desk.leave.values():
                event.set()

    asyncio.run(scenario())


def test_who_waits_too_long_is_told_so_and_stands_in_nobody_s_way() -> None:
    async def scenario() -> None:
        admission = Admission(slots=1, patience_s=0.01)
        async with admission.turn("a"):
            with pytest.raises(TimeoutError):
                async with admission.turn("b"):
                    raise AssertionError("two adapters at once")
        async with admission.turn("c"):
            pass

    asyncio.run(scenario())


@given(
    adapters=st.lists(st.sampled_from("abc"), min_size=1, max_size=12),
    slots=st.integers(1, 3),
    cancelled=st.sets(st.integers(0, 11)),
)
def test_everybody_is_served_in_order_and_never_two_adapters_at_once(
    adapters: list[str], slots: int, cancelled: set[int]
) -> None:
    async def scenario() -> None:
        desk = _Desk(slots)
        tasks = [asyncio.create_task(desk.call(number, adapter)) for number, adapter in enumerate(adapters)]
        await _settle()
        for number in cancelled & set(range(len(tasks))):
            tasks[number].cancel()
        await _settle()
        while not all(task.done() for task in tasks):
            working = [entry for entry in desk.inside if not tasks[entry[0]].done()]
            assert working, "somebody waits and nobody is served"
            assert len(working) <= slots and len({adapter for _, adapter in working}) == 1
            desk.leave[working[0][0]].set()
            await _settle()
        assert desk.order == sorted(desk.order)
        assert {number for number, task in enumerate(tasks) if not task.cancelled()} <= set(desk.order)

    asyncio.run(scenario())
