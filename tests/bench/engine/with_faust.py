"""Contender: faust-streaming, ``processing_guarantee="exactly_once"``."""

import asyncio
import signal
import sys
from typing import Any

import faust

from tests.bench.engine.framing import PlainCodec
from tests.bench.engine.options import Options, parse


def application(options: Options) -> Any:
    codec = PlainCodec(options.schema)
    app = faust.App(
        options.group,
        broker=f"kafka://{options.bootstrap}",
        processing_guarantee="exactly_once",
        store="memory://",
        datadir=str(options.data),
        web_enabled=False,
        value_serializer="raw",
        key_serializer="raw",
        topic_partitions=options.partitions,
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=options.commit_ms / 1000,
        stream_wait_empty=False,
    )
    source = app.topic(options.source, value_serializer="raw", key_serializer="raw")
    sink = app.topic(options.sink, value_serializer="raw", key_serializer="raw")

    @app.agent(source, concurrency=1)  # type: ignore[untyped-decorator, unused-ignore]
    async def transform(stream: Any) -> None:
        async for event in stream.events():
            await sink.send(key=event.key, value=codec.transformed(event.value))

    return app


async def run(options: Options) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    app = application(options)
    await app.start()
    await stop.wait()
    await app.stop()


if __name__ == "__main__":
    asyncio.run(run(parse(sys.argv[1:])))
