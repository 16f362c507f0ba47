"""Who may do what on the log, generated from ``schemas/topics.yaml``: nothing is granted anywhere else.

Each service is a Kafka user of its own name. Its grants follow from the registry: write to what it owns, read what it
consumes, its own consumer group if it has one, and the transactional ids of its tasks. Read and write include describe,
and write to any topic includes idempotent production, so services are granted neither by itself.

Whoever is on duty is the user :data:`OPERATOR`: what ``flywheel lag``, ``flywheel dlq`` and ``flywheel state verify`` need,
and nothing else. Of raw observations it may see how many there are, and read none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import SettingsError
from shared.schema.topics import TopicSpec

USER = "User:"
OPERATOR = "operator"
DEAD_LETTERS, AUDIT = "dead.letter", "promotion.audit"
REPLAY_ID = "cli.dlq"
CHANGELOG = ".changelog"


class Resource(StrEnum):
    TOPIC = "topic"
    GROUP = "group"
    TRANSACTIONAL_ID = "transactional_id"


class Operation(StrEnum):
    DESCRIBE = "describe"
    READ = "read"
    WRITE = "write"


class Pattern(StrEnum):
    """``PREFIXED`` covers every name that begins so."""

    LITERAL = "literal"
    PREFIXED = "prefixed"


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One permission: ``principal`` (``User:<service>``) may do ``operation`` to ``name``, from any host."""

    principal: str
    resource: Resource
    name: str
    operation: Operation
    pattern: Pattern = Pattern.LITERAL


class Participation(BaseModel):
    """How a service takes part beside its topics. ``group``: it is a member of the consumer group of its name.
    ``transactional_ids``: what the ids it writes under begin with; empty if it writes without transactions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    group: bool = False
    transactional_ids: str = ""


@dataclass(frozen=True, slots=True)
class AccessPlan:
    """``excess``: grants that services hold beyond the registry. Users that are no service are left alone."""

    missing: tuple[Grant, ...]
    excess: tuple[Grant, ...]
    present: tuple[Grant, ...]


def load_participation(path: Path) -> dict[str, Participation]:
    """The section ``services`` of the registry. Raises :class:`SettingsError` that names file, service and field."""
    document = yaml.safe_load(path.read_text())
    found = {}
    for service, entry in document.get("services", {}).items():
        try:
            found[service] = Participation.model_validate(entry or {})
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise SettingsError(f"{path}: service {service}: {field}: {first['msg']}") from None
    return found


def grants(topics: Mapping[str, TopicSpec], services: Mapping[str, Participation]) -> tuple[Grant, ...]:
    """Every permission that the services need, sorted. Raises :class:`SettingsError` for a topic's owner or consumer
    that is no service of the registry."""
    wanted = set()
    for name, spec in topics.items():
        for operation, who in ((Operation.WRITE, spec.owner), (Operation.READ, spec.consumers)):
            for service in who:
                if service not in services:
                    raise SettingsError(f"topic {name} names {service}, which the section services does not")
                wanted.add(Grant(USER + service, Resource.TOPIC, name, operation))
    for service, participation in services.items():
        if participation.group:
            wanted.add(Grant(USER + service, Resource.GROUP, service, Operation.READ))
        if prefix := participation.transactional_ids:
            wanted.add(
                Grant(USER + service, Resource.TRANSACTIONAL_ID, prefix, Operation.WRITE, pattern=Pattern.PREFIXED)
            )
    return tuple(sorted(wanted))


def operator_grants(topics: Mapping[str, TopicSpec], services: Mapping[str, Participation]) -> tuple[Grant, ...]:
    """What the operator's commands need, sorted.

    Lag: to describe each group and its topics. Dead letters: to read them, and to read and write the topics that their
    records came from (raw ones are the redactor's), with a row of the audit trail under the transactional id of the
    replay. State: to read every changelog.
    """
    groups = [service for service, participation in services.items() if participation.group]
    wanted = {(Resource.GROUP, group, Operation.DESCRIBE) for group in groups}
    wanted |= {(Resource.TOPIC, name, Operation.READ) for name in (DEAD_LETTERS, AUDIT)}
    wanted |= {(Resource.TOPIC, AUDIT, Operation.WRITE), (Resource.TRANSACTIONAL_ID, REPLAY_ID, Operation.WRITE)}
    for name, spec in topics.items():
        if name.endswith(CHANGELOG):
            wanted.add((Resource.TOPIC, name, Operation.READ))
        elif spec.data == "raw":
            wanted.add((Resource.TOPIC, name, Operation.DESCRIBE))
        elif not set(groups).isdisjoint(spec.consumers):
            wanted |= {(Resource.TOPIC, name, operation) for operation in (Operation.READ, Operation.WRITE)}
    return tuple(sorted(Grant(USER + OPERATOR, *grant) for grant in wanted))


def plan_access(wanted: Iterable[Grant], existing: Iterable[Grant], services: Iterable[str]) -> AccessPlan:
    """What to grant and what to take back so that ``services`` hold exactly what is ``wanted``."""
    managed = {USER + service for service in services}
    wants, has = set(wanted), set(existing)
    return AccessPlan(
        missing=tuple(sorted(wants - has)),
        excess=tuple(sorted(grant for grant in has - wants if grant.principal in managed)),
        present=tuple(sorted(wants & has)),
    )
