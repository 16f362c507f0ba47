"""Contender: this engine over the bare loop's own codec, so that what differs from that loop is the engine alone."""

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from shared.lifecycle import settle_memory
from shared.stream.outcome import NOTHING, Emit, Emitted, Outcomes
from shared.stream.processor import State
from shared.stream.records import Message
from shared.telemetry import configure_logging
from tests.bench.engine.framing import PlainCodec
from tests.bench.engine.options import Options, parse
from tests.bench.engine.with_engine import run


class PlainSerde:
    """Plain dicts for events; source and sink are of one schema."""

    def __init__(self, options: Options) -> None:
        self._codec = PlainCodec(options.schema)

    def decode(self, topic: str, payload: bytes) -> Any:
        return self._codec.decode(payload)

    def encode(self, topic: str, event: Any) -> bytes:
        return self._codec.encode(event)


class PlainTransform:
    def __init__(self, sink: str) -> None:
        self._sink = sink

    def restored(self, state: State) -> None: ...

    def process(self, batch: Sequence[Message], state: State) -> Outcomes:
        sink = self._sink
        return Outcomes([Emitted((Emit(sink, message.key, _changed(message.event)),)) for message in batch])

    def on_tick(self, now_ms: int, state: State) -> Outcomes:
        return NOTHING


def _changed(plain: dict[str, Any]) -> dict[str, Any]:
    plain["step"] += 1
    return plain


if __name__ == "__main__":
    configure_logging("bench", "INFO")
    settle_memory()
    given = parse(sys.argv[1:])
    asyncio.run(run(given, PlainSerde(given), PlainTransform(given.sink)))
