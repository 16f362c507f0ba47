"""Contender: quix-streams on librdkafka, exactly once. Runs in an environment of its own (see ``peers``).

One transaction over all partitions each commit interval, which is its documented way to be fast.
"""

import sys

from quixstreams import Application  # type: ignore[import-not-found, import-untyped, unused-ignore]

from tests.bench.engine.framing import PlainCodec
from tests.bench.engine.options import Options, parse


def main(options: Options) -> None:
    codec = PlainCodec(options.schema)
    application = Application(
        broker_address=options.bootstrap,
        consumer_group=options.group,
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        commit_interval=options.commit_ms / 1000,
        auto_create_topics=False,
        use_changelog_topics=False,
        state_dir=options.data,
        loglevel="WARNING",
    )
    source = application.topic(options.source, value_deserializer="bytes", key_deserializer="bytes")
    sink = application.topic(options.sink, value_serializer="bytes", key_serializer="bytes")
    application.dataframe(source).apply(codec.transformed).to_topic(sink)
    application.run()


if __name__ == "__main__":
    main(parse(sys.argv[1:]))
