"""From the registry of topics to a broker's grants: read what is, plan, and apply through the broker's own requests."""

from pathlib import Path

from shared.errors import FatalError, TransientError
from shared.schema.access import OPERATOR, AccessPlan, Grant, grants, load_participation, operator_grants, plan_access
from shared.schema.topics import load_topics
from shared.settings import KafkaSettings


def wanted_grants(registry: Path) -> tuple[Grant, ...]:
    """Every grant that the registry ``schemas/topics.yaml`` implies, the operator's included."""
    topics, services = load_topics(registry), load_participation(registry)
    return tuple(sorted((*grants(topics, services), *operator_grants(topics, services))))


async def apply_access(settings: KafkaSettings, registry: Path, *, change: bool, revoke: bool = False) -> AccessPlan:
    """Compare a broker with the registry, and if ``change`` grant what is missing, and if ``revoke`` too take back what
    services hold beyond it. Returns what was found before. Callable for an administrator only (:class:`FatalError`)."""
    from shared.brokers.kafka import KafkaBroker

    broker = KafkaBroker(settings)
    try:
        access = broker.access()
        users = (*load_participation(registry), OPERATOR)
        plan = plan_access(wanted_grants(registry), await access.grants(), users)
        if change:
            await access.grant(plan.missing)
            if revoke:
                await access.revoke(plan.excess)
        return plan
    except TransientError as error:
        raise FatalError(
            f"Kafka at {settings.bootstrap_servers} gives no answer ({error}): "
            "FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS names another"
        ) from error
    finally:
        await broker.close()
