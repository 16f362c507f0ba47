"""Odd exceptions of a log's client (fault row 14): each gets a kind, and none is taken for an order to stop."""

import asyncio
from collections.abc import Iterable, Mapping

import pytest

from shared.errors import FatalError, MigratedError, TransientError
from shared.stream.broker import NO_NOTES, OutRecord
from shared.stream.guarded import GuardedTransactions
from shared.stream.records import TopicPartition


class Raising:
    """A producer that raises the same thing whatever it is asked."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    async def start(self) -> None:
        raise self.error

    async def begin(self) -> None:
        raise self.error

    async def send(self, records: Iterable[OutRecord]) -> None:
        raise self.error

    async def commit(
        self, offsets: Mapping[TopicPartition, int], group: str, notes: Mapping[TopicPartition, str] = NO_NOTES
    ) -> None:
        raise self.error

    async def abort(self) -> None:
        raise self.error

    async def close(self) -> None:
        raise self.error


ODD = [AssertionError(), KeyError("secret"), IndexError(), OSError("secret"), asyncio.CancelledError(), TimeoutError()]


@pytest.mark.parametrize("error", ODD, ids=[type(error).__name__ for error in ODD])
def test_an_error_without_a_kind_is_transient_and_its_text_stays_out(error: BaseException) -> None:
    async def scenario() -> None:
        producer = GuardedTransactions(Raising(error))
        for call in (producer.start, producer.begin, lambda: producer.send([]), lambda: producer.commit({}, "g")):
            with pytest.raises(TransientError) as raised:
                await call()
            assert "secret" not in str(raised.value)
        with pytest.raises(TransientError):
            await producer.abort()
        await producer.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("error", [MigratedError("fenced"), FatalError("no permission"), TransientError("away")])
def test_an_error_with_a_kind_keeps_it(error: Exception) -> None:
    async def scenario() -> None:
        with pytest.raises(type(error)) as raised:
            await GuardedTransactions(Raising(error)).begin()
        assert raised.value is error

    asyncio.run(scenario())


def test_a_cancellation_that_was_asked_for_goes_through() -> None:
    class Waiting(Raising):
        async def begin(self) -> None:
            await asyncio.Event().wait()

    async def scenario() -> None:
        beginning = asyncio.ensure_future(GuardedTransactions(Waiting(OSError())).begin())
        await asyncio.sleep(0)
        beginning.cancel()
        with pytest.raises(asyncio.CancelledError):
            await beginning
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await GuardedTransactions(Waiting(OSError())).begin()

    asyncio.run(scenario())
