"""Composition root of the recorder: ``python -m services.recorder.main``."""

import sys

from services.recorder.adapters import Projection
from services.recorder.processor import GROUP, Recorder
from services.recorder.settings import RecorderSettings
from shared.clock import SystemClock
from shared.lifecycle import Process, load_settings, make_dead_letter, serve
from shared.stream.publisher import Publisher
from shared.stream.rejections import Rejections


def main() -> int:
    settings = load_settings(RecorderSettings)

    async def run(process: Process) -> None:
        projection = Projection(settings.postgres.dsn.get_secret_value())
        publisher = Publisher(process.broker, process.serde)
        rejections = Rejections(GROUP, publisher, process.serde, make_dead_letter, SystemClock())
        options = settings.recorder
        recorder = Recorder(process.broker, process.serde, projection, rejections, options.max_batch_records)
        process.when_ready(lambda: recorder.ready)
        try:
            await recorder.run(process.stop)
        finally:
            await publisher.close()
            await projection.close()

    return serve(run, settings, name="recorder")


if __name__ == "__main__":
    sys.exit(main())
