"""The language of the system: every event that crosses a topic, as frozen dataclasses of the standard library.

Field docs stand in the annotations; the Avro schemas under ``schemas/`` are derived from them and then released.
"""

from shared.events.clusters import ClusterChanged, ClusterMeasured, TrainingDeclined
from shared.events.dead_letter import DeadLetter
from shared.events.observations import ObservationClustered, ObservationRaw, ObservationRedacted, ObservationUnique
from shared.events.promotion import (
    AssignmentChanged,
    MetricsWindowed,
    OutcomeReported,
    PromotionAudit,
    ShadowCompared,
)
from shared.events.training import ModelRegistered, TrainingCompleted, TrainingProgressed, TrainingRequested

TOPIC_EVENTS: dict[str, type] = {
    "observation.raw": ObservationRaw,
    "observation.redacted": ObservationRedacted,
    "observation.unique": ObservationUnique,
    "observation.clustered": ObservationClustered,
    "cluster.changed": ClusterChanged,
    "cluster.measured": ClusterMeasured,
    "training.declined": TrainingDeclined,
    "training.requested": TrainingRequested,
    "training.progressed": TrainingProgressed,
    "training.completed": TrainingCompleted,
    "model.registered": ModelRegistered,
    "shadow.compared": ShadowCompared,
    "outcome.reported": OutcomeReported,
    "assignment.changed": AssignmentChanged,
    "promotion.audit": PromotionAudit,
    "metrics.windowed": MetricsWindowed,
    "dead.letter": DeadLetter,
}

__all__ = [
    "TOPIC_EVENTS",
    "AssignmentChanged",
    "ClusterChanged",
    "ClusterMeasured",
    "DeadLetter",
    "MetricsWindowed",
    "ModelRegistered",
    "ObservationClustered",
    "ObservationRaw",
    "ObservationRedacted",
    "ObservationUnique",
    "OutcomeReported",
    "PromotionAudit",
    "ShadowCompared",
    "TrainingCompleted",
    "TrainingDeclined",
    "TrainingProgressed",
    "TrainingRequested",
]
