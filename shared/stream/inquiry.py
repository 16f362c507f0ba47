"""Asking a running task what its state is, so that it can be held against a replay of its changelog (I5).

A task answers between two batches, after a commit that settles all it wrote before: it is the only writer of its
changelogs, so at that moment their stable ends are exactly where its stores stand.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import FlywheelError, MigratedError
from shared.state.digest import StoreDigest, digest_of
from shared.stream.broker import Broker
from shared.stream.processor import StoreSpec
from shared.stream.records import TopicPartition
from shared.stream.restore import Offload
from shared.stream.task import Work, changelog_topic

PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One task's stores at one moment, and the offsets their changelogs ended at."""

    specs: tuple[StoreSpec, ...]
    stores: Mapping[str, Mapping[str, Any]]
    ends: Mapping[str, int]

    def digests(self) -> dict[str, StoreDigest]:
        """By store name. Values are never mutated after ``put``, so the task may go on meanwhile."""
        return {spec.name: digest_of(spec.codec, self.stores[spec.name]) for spec in self.specs}


class Inquiry:
    """Questions to one task. Asked from anywhere on the event loop, answered by the task's loop."""

    def __init__(self) -> None:
        self._asked: list[asyncio.Future[Snapshot]] = []

    @property
    def is_asked(self) -> bool:
        return bool(self._asked)

    def ask(self) -> "asyncio.Future[Snapshot]":
        question: asyncio.Future[Snapshot] = asyncio.get_running_loop().create_future()
        self._asked.append(question)
        return question

    async def answer(self, broker: Broker, work: Work, offload: Offload) -> None:
        """Called between two transactions. A failure to read the log is told to who asked, and is none of the task's."""
        asked, self._asked = self._asked, []
        names = {spec.name: changelog_topic(work.application.name, spec.name) for spec in work.application.stores}
        changelogs = [TopicPartition(topic, work.task.partition) for topic in names.values()]
        try:
            reader = broker.reader()
            try:
                await reader.start()
                ends = await reader.stable_ends(changelogs) if changelogs else {}
            finally:
                await reader.stop()
            stores = await offload(work.state.snapshot)
        except FlywheelError as error:
            _settle(asked, error)
            return
        except BaseException:
            _settle(asked, MigratedError("the task was stopped"))
            raise
        named = {name: ends[TopicPartition(topic, work.task.partition)] for name, topic in names.items()}
        for question in asked:
            if not question.done():
                question.set_result(Snapshot(work.application.stores, stores, named))

    def close(self) -> None:
        """The task is let go of: whoever still asks must ask its next owner."""
        asked, self._asked = self._asked, []
        _settle(asked, MigratedError("the task went elsewhere"))


def _settle(asked: "list[asyncio.Future[Snapshot]]", error: FlywheelError) -> None:
    for question in asked:
        if not question.done():
            question.set_exception(error)


async def report(tasks: Mapping[int, Inquiry], offload: Offload, patience_s: float = PATIENCE_S) -> dict[str, Any]:
    """By partition what each task answered, as plain values; ``silent`` names those that did not within ``patience_s``."""
    questions = {number: inquiry.ask() for number, inquiry in tasks.items()}
    if questions:
        await asyncio.wait(questions.values(), timeout=patience_s)
    answered, silent = [], []
    for number, question in sorted(questions.items()):
        if not question.done() or question.cancelled() or question.exception() is not None:
            question.cancel()
            silent.append(number)
            continue
        snapshot = question.result()
        digests: dict[str, StoreDigest] = await offload(snapshot.digests)
        stores = {
            spec.name: {
                "codec": spec.codec,
                "entries": digests[spec.name].entries,
                "digest": digests[spec.name].digest,
                "end": snapshot.ends[spec.name],
            }
            for spec in snapshot.specs
        }
        answered.append({"partition": number, "stores": stores})
    return {"tasks": answered, "silent": silent}
