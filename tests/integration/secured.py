"""A broker with users and permissions, and every topic and grant of the registry, for the tests of access control."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local.access import apply_access, wanted_grants
from infra.local.kafka_secured import ADMINISTRATOR, SecuredKafkaServer
from shared.brokers.kafka import KafkaBroker, KafkaTiming
from shared.schema.access import OPERATOR, load_participation
from shared.schema.release import SCHEMAS_DIR
from shared.schema.topics import load_topics
from shared.stream.broker import NewTopic, OutRecord

REGISTRY = SCHEMAS_DIR / "topics.yaml"
TOPICS = load_topics(REGISTRY)
SERVICES = load_participation(REGISTRY)
TIMING = KafkaTiming(session_s=6.0, heartbeat_s=0.3, fetch_wait_s=0.05)
WAIT_S = 120.0
WAY_OUT = r"flywheel topics acl"


@dataclass(frozen=True)
class Secured:
    """A broker with every topic of the registry and the grants applied."""

    server: SecuredKafkaServer

    def broker(self, user: str, password: str | None = None) -> KafkaBroker:
        return KafkaBroker(self.server.settings(user, password), user, TIMING)

    def environment(self, user: str, password: str | None = None) -> dict[str, str]:
        settings = self.server.settings(user, password)
        return {
            **os.environ,
            "FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS": settings.bootstrap_servers,
            "FLYWHEEL_KAFKA__SECURITY_PROTOCOL": settings.security_protocol,
            "FLYWHEEL_KAFKA__SASL_USERNAME": settings.sasl_username,
            "FLYWHEEL_KAFKA__SASL_PASSWORD": settings.sasl_password.get_secret_value(),
        }


@contextmanager
def secured_broker(home: Path) -> Iterator[Secured]:
    users = {user: f"secret-of-{user}" for user in (*SERVICES, OPERATOR, ADMINISTRATOR)}
    server = SecuredKafkaServer(home, users)
    server.start()
    try:
        server.wait_ready(WAIT_S)
        made = Secured(server)
        asyncio.run(_prepare(made))
        yield made
    finally:
        server.stop()


async def _prepare(secured: Secured) -> None:
    plan = await apply_access(secured.server.settings(ADMINISTRATOR), REGISTRY, change=True)
    assert plan.missing == wanted_grants(REGISTRY), "a fresh broker grants nothing"
    broker = secured.broker(ADMINISTRATOR)
    try:
        await broker.admin().create_topics([NewTopic(name, 1, 1, spec.config()) for name, spec in TOPICS.items()])
    finally:
        await broker.close()


async def fill(secured: Secured) -> None:
    broker = secured.broker(ADMINISTRATOR)
    producer = broker.producer()
    try:
        await producer.start()
        await producer.send([OutRecord(name, b"key", b"value") for name in TOPICS])
    finally:
        await producer.close()
        await broker.close()
