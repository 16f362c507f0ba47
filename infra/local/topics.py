"""From the registry of topics to a broker's topics: a plan (pure), and its application through the broker seam."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from shared.errors import FatalError, SettingsError, TransientError
from shared.schema.topics import Deployment, TopicSpec, load_topics
from shared.settings import KafkaSettings, Settings
from shared.stream.broker import Admin, Broker, NewTopic

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A live topic whose partition count differs from the registry's. Counts never change once a topic is live."""

    name: str
    wanted: int
    found: int


@dataclass(frozen=True, slots=True)
class TopicPlan:
    create: tuple[NewTopic, ...]
    mismatched: tuple[Mismatch, ...]
    unknown: tuple[str, ...]
    present: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not self.create and not self.mismatched


def plan_topics(
    specs: Mapping[str, TopicSpec], existing: Mapping[str, int], deployment: Deployment, replication: int = 1
) -> TopicPlan:
    """What to create and what does not fit. Topics that the registry does not know are listed, never touched."""
    create, mismatched, present = [], [], []
    for name, spec in specs.items():
        wanted = spec.partitions[deployment]
        if name not in existing:
            create.append(NewTopic(name, wanted, replication, spec.config()))
        elif existing[name] != wanted:
            mismatched.append(Mismatch(name, wanted, existing[name]))
        else:
            present.append(name)
    unknown = tuple(sorted(name for name in existing if name not in specs and not name.startswith("__")))
    return TopicPlan(tuple(create), tuple(mismatched), unknown, tuple(present))


def apply_topics(settings: KafkaSettings, deployment: Deployment = "embedded", replication: int = 1) -> list[str]:
    """Bring a broker to the registry of topics; returns the created names. Callable inside and outside an event loop."""

    async def apply(admin: Admin) -> list[str]:
        specs = load_topics(Settings().schemas_dir / "topics.yaml")
        return await apply_plan(admin, plan_topics(specs, await admin.topics(), deployment, replication))

    with ThreadPoolExecutor(max_workers=1) as own_loop:
        return own_loop.submit(lambda: asyncio.run(with_admin(settings, apply))).result()


async def with_admin(settings: KafkaSettings, use: Callable[[Admin], Awaitable[_T]]) -> _T:
    """``use`` of a broker's admin, closed after it. Raises :class:`FatalError` naming an address that gives no answer."""
    broker = open_broker(settings)
    try:
        return await use(broker.admin())
    except TransientError as error:
        raise FatalError(
            f"Kafka at {settings.bootstrap_servers} gives no answer ({error}): 'flywheel up' starts one, "
            "FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS names another"
        ) from error
    finally:
        await broker.close()


async def apply_plan(admin: Admin, plan: TopicPlan) -> list[str]:
    """Create what is missing; returns the names. Refuses while a live topic does not fit."""
    if plan.mismatched:
        first = plan.mismatched[0]
        raise SettingsError(
            f"topic {first.name} has {first.found} partitions, the registry says {first.wanted}: partition counts never "
            "change once live; reset the embedded stack, or give the topic a new name"
        )
    return await admin.create_topics(plan.create) if plan.create else []


def open_broker(settings: KafkaSettings) -> Broker:
    """The Kafka broker of the seam. Imported here, so that commands without a broker start fast."""
    from shared.brokers.kafka import KafkaBroker

    return KafkaBroker(settings)
