"""Composition root of the recorder: ``python -m services.recorder.main``."""

import sys

from services.recorder.adapters import Projection
from services.recorder.processor import Recorder
from services.recorder.settings import RecorderSettings
from shared.lifecycle import Process, load_settings, serve


def main() -> int:
    settings = load_settings(RecorderSettings)

    async def run(process: Process) -> None:
        projection = Projection(settings.postgres.dsn.get_secret_value())
        recorder = Recorder(process.broker, process.serde, projection, settings.recorder.max_batch_records)
        process.when_ready(lambda: recorder.ready)
        try:
            await recorder.run(process.stop)
        finally:
            await projection.close()

    return serve(run, settings, name="recorder")


if __name__ == "__main__":
    sys.exit(main())
