"""Composition root of the scoreboard: ``python -m services.scoreboard.main``."""

import sys
import tempfile
from pathlib import Path

from services.scoreboard.adapters import build_faust, run_faust
from services.scoreboard.logic import Scoreboard
from services.scoreboard.settings import ScoreboardSettings
from shared.lifecycle import Process, load_settings, serve


def main() -> int:
    settings = load_settings(ScoreboardSettings)
    options = settings.scoreboard

    async def run(process: Process) -> None:
        scoreboard = Scoreboard(options.window_s, options.keep_windows)
        with tempfile.TemporaryDirectory(prefix="flywheel-scoreboard-") as data:
            app = build_faust(settings.kafka, process.serde, scoreboard, options.publish_every_s, Path(data))
            await run_faust(app, process.stop)

    return serve(run, settings, name="scoreboard")


if __name__ == "__main__":
    sys.exit(main())
