"""Faust, and nothing of it elsewhere: two topics in, one out, one wrapped body, concurrency 1.

faust-streaming 0.15 may lose or double records around rebalances and kills, so nothing here counts blindly: windows are
idempotent by attempt id, and no decision rests on them. An exception in an agent would acknowledge its message unseen;
the body is wrapped, and a record that cannot be decoded or scored becomes a dead letter before the next one is taken.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faust

from services.scoreboard.logic import Scoreboard
from shared.errors import FatalError, TransientError
from shared.settings import KafkaSettings
from shared.stream.batches import as_rejected
from shared.stream.outcome import Rejected
from shared.stream.records import Message, Record
from shared.stream.rejections import Rejections
from shared.stream.serde import Serde
from shared.stream.wire import decode
from shared.telemetry import describe_error

INPUTS = ("observation.clustered", "outcome.reported")
OUTPUT = "metrics.windowed"
GROUP = "scoreboard"

logger = logging.getLogger(__name__)


class Halt:
    """How an agent ends the process: faust would log its exception and go on."""

    def __init__(self) -> None:
        self.error: FatalError | None = None
        self.called = asyncio.Event()

    async def call(self, error: FatalError) -> None:
        """Never returns: the agent takes no further record."""
        self.error = error
        self.called.set()
        await asyncio.Event().wait()


def build_faust(
    kafka: KafkaSettings,
    serde: Serde,
    scoreboard: Scoreboard,
    rejections: Rejections,
    halt: Halt,
    publish_every_s: float,
    data: Path,
) -> Any:
    """The faust application. Values are our framed Avro, so faust sees bytes."""
    app = faust.App(
        GROUP,
        broker=[f"kafka://{server}" for server in kafka.bootstrap_servers.split(",")],
        broker_credentials=_credentials(kafka),
        store="memory://",
        datadir=str(data),
        web_enabled=False,
        value_serializer="raw",
        key_serializer="raw",
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        stream_wait_empty=False,
    )
    output = app.topic(OUTPUT, value_serializer="raw", key_serializer="raw")
    for name in INPUTS:
        topic = app.topic(name, value_serializer="raw", key_serializer="raw")
        app.agent(topic, name=f"scoreboard.{name}", concurrency=1)(_body(serde, scoreboard, rejections, halt))

    @app.timer(interval=publish_every_s)  # type: ignore[untyped-decorator]
    async def publish() -> None:
        for event in scoreboard.take_grown():
            key = f"{event.cluster}|{event.model}".encode()
            await output.send(key=key, value=serde.encode(OUTPUT, event))

    return app


def _credentials(kafka: KafkaSettings) -> Any:
    """As the other services connect; faust speaks TLS only where it is given a context."""
    context = ssl.create_default_context() if kafka.security_protocol.endswith("SSL") else None
    if kafka.security_protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=kafka.sasl_username,
            password=kafka.sasl_password.get_secret_value(),
            ssl_context=context,
            mechanism="SCRAM-SHA-512",
        )
    return faust.SSLCredentials(context) if context is not None else None


def _body(serde: Serde, scoreboard: Scoreboard, rejections: Rejections, halt: Halt) -> Callable[[Any], Any]:
    async def agent(stream: Any) -> None:
        async for _ in stream:
            record = _record(stream.current_event.message)
            rejected = _score(serde, record, scoreboard)
            try:
                await _settle(rejections, record, rejected)
            except FatalError as error:
                await halt.call(error)

    return agent


def _record(message: Any) -> Record:
    headers = tuple(dict(message.headers or {}).items())
    stamp_ms = round((message.timestamp or 0.0) * 1000)
    return Record(message.topic, message.partition, message.offset, stamp_ms, message.key, message.value, headers)


def _score(serde: Serde, record: Record, scoreboard: Scoreboard) -> Rejected | None:
    found = decode(serde, record, GROUP)
    if isinstance(found, Rejected):
        return found
    if isinstance(found, Message) and found.event is not None:
        try:
            scoreboard.add(found.event)
        except Exception as error:
            return as_rejected(error)
    return None


async def _settle(rejections: Rejections, record: Record, rejected: Rejected | None) -> None:
    """However the body ends, faust takes the record for done: its dead letter is written before anything else happens,
    also for the one that reaches the stop limit."""
    while True:
        try:
            try:
                return await rejections.settle([(record, rejected)])
            except FatalError:
                await rejections.write([(record, rejected)])
                raise
        except TransientError as error:
            logger.warning("a dead letter cannot be written", extra={"error": describe_error(error)})


async def run_faust(app: Any, stop: asyncio.Event, halt: Halt) -> None:
    """Start, serve until ``stop``, stop; raises what an agent called a halt for. Faust's own signal handling and web server
    stay off."""
    await app.start()
    waiting = [asyncio.ensure_future(event.wait()) for event in (stop, halt.called)]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for future in waiting:
            future.cancel()
        await app.stop()
    if halt.error is not None:
        raise halt.error
