"""The bare loop once more, with this project's codec in fastavro's place: what typed events cost, apart from the engine."""

import asyncio
import sys

from tests.bench.engine.event import changed, codec_for
from tests.bench.engine.framing import Transformed
from tests.bench.engine.options import Options, parse
from tests.bench.engine.with_aiokafka import run


def typed(options: Options) -> Transformed:
    codec, source, sink = codec_for(options.source, options.sink), options.source, options.sink

    def transformed(payload: bytes) -> bytes:
        return codec.encode(sink, changed(codec.decode(source, payload)))

    return transformed


if __name__ == "__main__":
    given = parse(sys.argv[1:])
    asyncio.run(run(given, typed(given)))
