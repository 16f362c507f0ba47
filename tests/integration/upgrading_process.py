"""A pass-through service in one of two versions: ``python -m tests.integration.upgrading_process BOOTSTRAP SCHEMAS
VERSION``. Version 1 is the event class as released; version 2 has one field more. It marks who passed an event on."""

import dataclasses
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from shared.brokers.kafka import KafkaBroker, KafkaTiming
from shared.events import DeadLetter, TrainingProgressed
from shared.lifecycle import Process, make_dead_letter, serve
from shared.schema.codec import Codec
from shared.settings import KafkaSettings, Settings
from shared.stream.engine import Timing
from shared.stream.outcome import NOTHING, Emit, Emitted, Outcomes, Result
from shared.stream.processor import Application, State, StoreSpec, TaskId
from shared.stream.records import Message
from shared.stream.runner import Runner
from tests.unit.schema.versions import next_version

GROUP = "upgrading"
SOURCE, SINK = "upgrade.told", "upgrade.passed"
STORE = StoreSpec("counts")


@cache
def classes(version: int) -> dict[str, Any]:
    """What each topic carries in a version. Dead letters stay as they are."""
    event = TrainingProgressed if version == 1 else next_version(TrainingProgressed)
    return {SOURCE: event, SINK: event, "dead.letter": DeadLetter}


class PassThrough:
    """Counts each key in its store, so that a double or a loss over a hand-over would show in the step."""

    def __init__(self, version: int) -> None:
        self._version = version

    def restored(self, state: State) -> None: ...

    def process(self, batch: Sequence[Message], state: State) -> Outcomes:
        results: list[Result] = []
        store = state.store(STORE.name)
        for message in batch:
            count = (store.get(message.key) or 0) + 1
            store.put(message.key, count)
            seen = dataclasses.replace(message.event, worker=f"v{self._version}", step=count)
            results.append(Emitted((Emit(SINK, message.key, seen),)))
        return Outcomes(results)

    def on_tick(self, now_ms: int, state: State) -> Outcomes:
        return NOTHING


def main(bootstrap: str, schemas: str, version: str) -> int:
    settings = Settings(kafka=KafkaSettings(bootstrap_servers=bootstrap), grace_s=15.0)

    def processor(_: TaskId) -> PassThrough:
        return PassThrough(int(version))

    async def run(process: Process) -> None:
        timing = KafkaTiming(session_s=6.0, heartbeat_s=0.3, rebalance_s=10.0, fetch_wait_s=0.05)
        broker = KafkaBroker(settings.kafka, GROUP, timing)
        runner = Runner(
            Application(
                GROUP, (SOURCE,), processor, (STORE,), tick_interval_s=None, commit_interval_ms=20, max_batch_records=20
            ),
            broker,
            Codec.from_dir(Path(schemas), classes(int(version))),
            make_dead_letter=make_dead_letter,
            timing=Timing(revoke_s=3.0, fenced_pause_s=1.0, idle_s=0.2),
        )
        await runner.run(process.stop, settings.grace_s)
        await broker.close()

    return serve(run, settings, f"v{version}")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
