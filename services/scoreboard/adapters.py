"""Faust, and nothing of it elsewhere: two topics in, one out, one wrapped body, concurrency 1.

faust-streaming 0.15 may lose or double records around rebalances and kills, so nothing here counts blindly: windows are
idempotent by attempt id, and no decision rests on them. An exception in an agent would acknowledge its message unseen;
the body is wrapped, and a record that cannot be decoded is counted and left out.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faust

from services.scoreboard.logic import Scoreboard
from shared.errors import PoisonError
from shared.settings import KafkaSettings
from shared.stream.serde import Serde
from shared.telemetry import describe_error

INPUTS = ("observation.clustered", "outcome.reported")
OUTPUT = "metrics.windowed"
GROUP = "scoreboard"

logger = logging.getLogger(__name__)


def build_faust(kafka: KafkaSettings, serde: Serde, scoreboard: Scoreboard, publish_every_s: float, data: Path) -> Any:
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
        app.agent(topic, name=f"scoreboard.{name}", concurrency=1)(_body(name, serde, scoreboard))

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


def _body(topic: str, serde: Serde, scoreboard: Scoreboard) -> Callable[[Any], Any]:
    async def agent(stream: Any) -> None:
        async for value in stream:
            try:
                scoreboard.add(serde.decode(topic, value))
            except PoisonError as error:
                logger.error("a record cannot be decoded", extra={"topic": topic, "reason": error.reason})
            except Exception as error:  # anything else would be acknowledged by faust without a word
                logger.error("a record was not scored", extra={"topic": topic, "error": describe_error(error)})

    return agent


async def run_faust(app: Any, stop: asyncio.Event) -> None:
    """Start, serve until ``stop``, stop. Faust's own signal handling and web server stay off."""
    await app.start()
    try:
        await stop.wait()
    finally:
        await app.stop()
