"""A producer whose every failure has one of the engine's kinds, whatever its client raises.

Clients of a log raise odd things once a producer is fenced or its broker is gone: bare assertions, key errors, even a
cancellation that nobody asked for. None of them may end a process, and none may be mistaken for an order to stop.
"""

import asyncio
import logging
from collections.abc import Awaitable, Iterable, Mapping
from typing import TypeVar

from shared.errors import FlywheelError, TransientError
from shared.stream.broker import NO_NOTES, OutRecord, Producer, TransactionalProducer
from shared.stream.records import TopicPartition

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


async def sorted_by_kind(doing: str, call: Awaitable[_T]) -> _T:
    """``call``, with an error that has no kind raised as :class:`TransientError`; its text is left out.

    A ``CancelledError`` is passed on only if the calling task was really told to cancel.
    """
    try:
        return await call
    except FlywheelError:
        raise
    except asyncio.CancelledError as error:
        if told_to_cancel():
            raise
        raise gave_up() from error
    except Exception as error:
        raise TransientError(f"{doing}: {type(error).__name__}") from error


def told_to_cancel() -> bool:
    """Whether somebody asked the running task to cancel; if not, a ``CancelledError`` came out of a client."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def gave_up() -> TransientError:
    """What a ``CancelledError`` is that nobody asked for."""
    return TransientError("the client gave up by itself")


class GuardedProducer:
    """A :class:`~shared.stream.broker.Producer` around another one. ``close`` never fails: a dead one is let go of."""

    def __init__(self, inner: Producer) -> None:
        self._inner = inner

    async def start(self) -> None:
        await sorted_by_kind("start the producer", self._inner.start())

    async def send(self, records: Iterable[OutRecord]) -> None:
        await sorted_by_kind("send", self._inner.send(records))

    async def close(self) -> None:
        try:
            await sorted_by_kind("close the producer", self._inner.close())
        except FlywheelError as error:
            _log.warning("a producer did not close", extra={"error": str(error)})


class GuardedTransactions(GuardedProducer):
    """The same for a :class:`~shared.stream.broker.TransactionalProducer`."""

    def __init__(self, inner: TransactionalProducer) -> None:
        super().__init__(inner)
        self._transactions = inner

    async def begin(self) -> None:
        await sorted_by_kind("begin a transaction", self._transactions.begin())

    async def commit(
        self, offsets: Mapping[TopicPartition, int], group: str, notes: Mapping[TopicPartition, str] = NO_NOTES
    ) -> None:
        await sorted_by_kind("commit a transaction", self._transactions.commit(offsets, group, notes))

    async def abort(self) -> None:
        await sorted_by_kind("abort a transaction", self._transactions.abort())
