"""Contender: this engine over the bare loop's own codec, so that what differs from that loop is the engine alone."""

import asyncio
import sys
from collections.abc import Sequence

from shared.lifecycle import settle_memory
from shared.stream.outcome import NOTHING, Emit, Outcomes, Result
from shared.stream.processor import State
from shared.stream.records import Message
from shared.telemetry import configure_logging
from tests.bench.engine.framing import PlainCodec
from tests.bench.engine.options import parse
from tests.bench.engine.with_engine import run


class PlainTransform:
    def __init__(self, sink: str) -> None:
        self._sink = sink

    def restored(self, state: State) -> None: ...

    def process(self, batch: Sequence[Message], state: State) -> Outcomes:
        results: list[Result] = []
        for message in batch:
            event = message.event
            event["step"] += 1
            results.append(Emit(self._sink, message.key, event))
        return Outcomes(results)

    def on_tick(self, now_ms: int, state: State) -> Outcomes:
        return NOTHING


if __name__ == "__main__":
    configure_logging("bench", "INFO")
    settle_memory()
    given = parse(sys.argv[1:])
    asyncio.run(run(given, PlainCodec(given.schema), PlainTransform(given.sink)))
