"""A task's state from its changelogs: from the first entry to the stable end, before the task runs."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from shared.errors import CorruptedError, FatalError
from shared.stream.broker import Broker
from shared.stream.records import Record, TopicPartition
from shared.stream.task import Work, changelog_topic

Offload = Callable[..., Awaitable[Any]]
"""Runs a function off the event loop: ``asyncio.to_thread``, or inline in a simulation."""

_POLL_RECORDS = 5_000
_POLL_S = 0.5


async def restore(broker: Broker, work: Work, offload: Offload, on_progress: Callable[[], None]) -> int:
    """Fill the empty state of ``work``; returns the entries read.

    The task's producer must have been started before: that settles a predecessor's open transaction, so the stable end
    is the end. Raises :class:`shared.errors.CorruptedError` for an entry its codec did not write.
    """
    application, partition = work.application, work.task.partition
    changelogs = [TopicPartition(changelog_topic(application.name, s.name), partition) for s in application.stores]
    if not changelogs:
        return 0
    return await read_changelogs(broker, changelogs, partial(apply_entries, work), offload, on_progress)


async def read_changelogs(
    broker: Broker,
    changelogs: Sequence[TopicPartition],
    apply: Callable[[Sequence[Record]], None],
    offload: Offload,
    on_progress: Callable[[], None] = lambda: None,
    ends: Mapping[TopicPartition, int] | None = None,
) -> int:
    """Hand every entry below ``ends`` (default: the stable ends at the call) to ``apply``; returns the entries read.

    Raises :class:`shared.errors.FatalError` if a changelog ends before its entry in ``ends``.
    """
    reader = broker.reader()
    try:
        await reader.start()
        positions = await reader.beginnings(changelogs)
        stable = await reader.stable_ends(changelogs)
        ends = stable if ends is None else ends
        for changelog, end in ends.items():
            if end > stable[changelog]:
                raise FatalError(
                    f"{changelog} ends at {stable[changelog]}, before {end}: it was deleted and made again"
                )
        left = [changelog for changelog in changelogs if positions[changelog] < ends[changelog]]
        reader.assign({changelog: positions[changelog] for changelog in left})
        count = 0
        while left:
            records = await reader.poll(left, _POLL_RECORDS, _POLL_S)
            reached = {changelog: await reader.position(changelog) for changelog in left}
            if any(position > ends[changelog] for changelog, position in reached.items()):
                records = [r for r in records if r.offset < ends[TopicPartition(r.topic, r.partition)]]
            if records:
                await offload(apply, records)
                count += len(records)
            on_progress()
            left = [changelog for changelog, position in reached.items() if position < ends[changelog]]
        return count
    finally:
        await reader.stop()


def apply_entries(work: Work, records: Sequence[Record]) -> None:
    """Apply changelog entries in order, and remember the latest tick they tell of.

    Raises :class:`CorruptedError` that names the position of an entry this engine did not write.
    """
    restore_of = {
        changelog_topic(work.application.name, spec.name): work.state.store(spec.name).restore
        for spec in work.application.stores
    }
    for record in records:
        topic, _, _, _, key, payload, headers = record
        try:
            restore_of[topic]((key or b"").decode(), payload)
            if headers:
                for name, value in headers:
                    if name == "tick_at_ms":
                        work.last_tick_ms = max(work.last_tick_ms, int(value))
        except CorruptedError as error:
            raise CorruptedError(f"{record.position}: {error}") from error
        except ValueError as error:
            raise CorruptedError(f"{record.position}: its key or its tick's time cannot be read") from error
