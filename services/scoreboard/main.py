"""Composition root of the scoreboard: ``python -m services.scoreboard.main``."""

import sys
import tempfile
from pathlib import Path

from services.scoreboard.adapters import GROUP, Halt, build_faust, run_faust
from services.scoreboard.logic import Scoreboard
from services.scoreboard.settings import ScoreboardSettings
from shared.clock import SystemClock
from shared.lifecycle import Process, load_settings, make_dead_letter, serve
from shared.stream.publisher import Publisher
from shared.stream.rejections import Rejections


def main() -> int:
    settings = load_settings(ScoreboardSettings)
    options = settings.scoreboard

    async def run(process: Process) -> None:
        scoreboard = Scoreboard(options.window_s, options.keep_windows)
        with tempfile.TemporaryDirectory(prefix="flywheel-scoreboard-") as data:
            publisher, halt = Publisher(process.broker, process.serde), Halt()
            rejections = Rejections(GROUP, publisher, process.serde, make_dead_letter, SystemClock())
            app = build_faust(
                settings.kafka, process.serde, scoreboard, rejections, halt, options.publish_every_s, Path(data)
            )
            try:
                await run_faust(app, process.stop, halt)
            finally:
                await publisher.close()

    return serve(run, settings, name="scoreboard")


if __name__ == "__main__":
    sys.exit(main())
