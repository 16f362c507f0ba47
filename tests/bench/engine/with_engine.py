"""Contender: this engine, composed as a service's process composes it."""

import asyncio
import signal
import sys
from collections.abc import Sequence

from shared.brokers.kafka import KafkaBroker
from shared.lifecycle import make_dead_letter, settle_memory
from shared.settings import KafkaSettings
from shared.stream.outcome import NOTHING, Emit, Outcomes
from shared.stream.processor import Application, Processor, State
from shared.stream.records import Message
from shared.stream.runner import Runner
from shared.stream.serde import Serde
from shared.telemetry import configure_logging
from tests.bench.engine.event import changed, codec_for
from tests.bench.engine.options import Options, parse


class Transform:
    """Every call goes on with one field changed."""

    def __init__(self, sink: str) -> None:
        self._sink = sink

    def restored(self, state: State) -> None: ...

    def process(self, batch: Sequence[Message], state: State) -> Outcomes:
        sink = self._sink
        return Outcomes([Emit(sink, message.key, changed(message.event)) for message in batch])

    def on_tick(self, now_ms: int, state: State) -> Outcomes:
        return NOTHING


def application(options: Options, processor: Processor) -> Application:
    return Application(
        name=options.group,
        topics=(options.source,),
        processor=lambda _: processor,
        tick_interval_s=None,
        max_batch_records=options.max_batch,
        commit_interval_ms=options.commit_ms,
    )


async def run(options: Options, serde: Serde, processor: Processor) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    broker = KafkaBroker(KafkaSettings(bootstrap_servers=options.bootstrap), client_id=options.group)
    await Runner(application(options, processor), broker, serde, make_dead_letter=make_dead_letter).run(stop)
    await broker.close()


if __name__ == "__main__":
    configure_logging("bench", "INFO")
    settle_memory()
    given = parse(sys.argv[1:])
    asyncio.run(run(given, codec_for(given.source, given.sink), Transform(given.sink)))
