"""Events as rows: pure. Which table, which columns, and which row of a table of latest states may replace another."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.events import (
    AssignmentChanged,
    ClusterMeasured,
    MetricsWindowed,
    ModelRegistered,
    ObservationClustered,
    ObservationRedacted,
    PromotionAudit,
    ShadowCompared,
)

POSITION = ("topic", "partition", "position")


@dataclass(frozen=True, slots=True)
class Table:
    """``topics``: what fills it. ``latest_by``: for tables that keep one row a key, the column by which a newer row
    replaces an older one."""

    name: str
    topics: tuple[str, ...]
    columns: tuple[str, ...]
    key: tuple[str, ...]
    latest_by: str | None = None

    @property
    def insert(self) -> str:
        """Insert by position, or replace by key where newer. Repeating it changes nothing."""
        marks = ", ".join(f"${index + 1}" for index in range(len(self.columns)))
        start = f"INSERT INTO {self.name} ({', '.join(self.columns)}) VALUES ({marks})"  # noqa: S608 - fixed names
        if self.latest_by is None:
            return f"{start} ON CONFLICT ({', '.join(self.key)}) DO NOTHING"
        updates = ", ".join(f"{column} = EXCLUDED.{column}" for column in self.columns if column not in self.key)
        newer = (
            f"(EXCLUDED.{self.latest_by}, EXCLUDED.position) >= ({self.name}.{self.latest_by}, {self.name}.position)"
        )
        return f"{start} ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET {updates} WHERE {newer}"


REGISTRY = Table(
    "model_registry",
    ("model.registered",),
    ("model", "kind", "state", "safety_grade", "registered_at", "record", *POSITION),
    ("model",),
    latest_by="registered_at",
)
METRICS = Table(
    "model_metrics_timeseries",
    ("metrics.windowed", "shadow.compared", "cluster.measured"),
    ("at_ms", "cluster", "model", "record", *POSITION),
    POSITION,
)
OBSERVED = Table(
    "slm_observation_raw",
    ("observation.redacted",),
    (
        "event_id",
        "tenant",
        "episode",
        "task_key",
        "occurred_at",
        "served_by",
        "outcome",
        "cost_usd",
        "record",
        *POSITION,
    ),
    POSITION,
)
CURATED = Table(
    "slm_observation_curated",
    ("observation.clustered",),
    ("event_id", "cluster", "family", "repeat_of", "split", "untrainable", "occurred_at", "record", *POSITION),
    POSITION,
)
ASSIGNMENT = Table(
    "cluster_model_assignment",
    ("assignment.changed",),
    ("cluster", "version", "primary_model", "challenger", "stage", "share", "changed_at", "record", *POSITION),
    ("cluster",),
    latest_by="version",
)
AUDIT = Table(
    "promotion_audit_log",
    ("promotion.audit",),
    ("chain_id", "seq", "at_ms", "actor", "action", "subject", "canonical", "prev_hash", "row_hash", *POSITION),
    ("chain_id", "seq"),
)
TABLES = (REGISTRY, METRICS, OBSERVED, CURATED, ASSIGNMENT, AUDIT)


@dataclass(frozen=True, slots=True)
class Row:
    table: Table
    values: tuple[Any, ...]


def row_of(event: Any, where: tuple[str, int, int], plain: Callable[[Any], dict[str, Any]]) -> Row:
    """The row of an event that stands at ``where`` (topic, partition, offset).

    ``plain`` turns an event into plain values. Raises ``TypeError`` for an event without a table.
    """
    record = json.dumps(plain(event), sort_keys=True, ensure_ascii=False, default=bytes.hex)
    # PostgreSQL's text and jsonb hold no NUL; a record keeps its place with the character's picture instead.
    record = record.replace("\\u0000", "\\u2400")
    for kind, make in _ROWS.items():
        if type(event) is kind:
            table, values = make(event, record)
            return Row(table, (*(_text(value) for value in values), *where))
    raise TypeError(f"{type(event).__name__} has no table")


def _text(value: Any) -> Any:
    return value.replace("\0", "␀") if isinstance(value, str) else value


def _registry(event: ModelRegistered, record: str) -> tuple[Table, tuple[Any, ...]]:
    head = (event.model, str(event.kind), str(event.state), event.safety_grade)
    return REGISTRY, (*head, event.registered_at_ms, record)


def _windowed(event: MetricsWindowed, record: str) -> tuple[Table, tuple[Any, ...]]:
    return METRICS, (event.window_start_ms, event.cluster, event.model, record)


def _compared(event: ShadowCompared, record: str) -> tuple[Table, tuple[Any, ...]]:
    return METRICS, (event.compared_at_ms, event.cluster, event.model, record)


def _measured(event: ClusterMeasured, record: str) -> tuple[Table, tuple[Any, ...]]:
    return METRICS, (event.measured_at_ms, event.cluster, "", record)


def _observed(event: ObservationRedacted, record: str) -> tuple[Table, tuple[Any, ...]]:
    cost_usd = sum(attempt.cost_usd for attempt in event.attempts)
    head = (event.event_id, event.tenant, event.episode, event.task_key, event.occurred_at_ms, event.served_by)
    return OBSERVED, (*head, str(event.outcome), cost_usd, record)


def _curated(event: ObservationClustered, record: str) -> tuple[Table, tuple[Any, ...]]:
    head = (event.event_id, event.cluster, event.family, event.repeat_of, str(event.split), event.untrainable_reason)
    return CURATED, (*head, event.occurred_at_ms, record)


def _assignment(event: AssignmentChanged, record: str) -> tuple[Table, tuple[Any, ...]]:
    challenger = event.challenger
    head = (event.cluster, event.version, event.primary)
    if challenger is None:
        return ASSIGNMENT, (*head, None, None, None, event.changed_at_ms, record)
    middle = (challenger.model, str(challenger.stage), challenger.share)
    return ASSIGNMENT, (*head, *middle, event.changed_at_ms, record)


def _audit(event: PromotionAudit, _record: str) -> tuple[Table, tuple[Any, ...]]:
    head = (event.chain_id, event.seq, event.at_ms, event.actor, event.action, event.subject)
    return AUDIT, (*head, event.canonical, event.prev_hash, event.row_hash)


_ROWS: dict[type, Callable[[Any, str], tuple[Table, tuple[Any, ...]]]] = {
    ModelRegistered: _registry,
    MetricsWindowed: _windowed,
    ShadowCompared: _compared,
    ClusterMeasured: _measured,
    ObservationRedacted: _observed,
    ObservationClustered: _curated,
    AssignmentChanged: _assignment,
    PromotionAudit: _audit,
}
