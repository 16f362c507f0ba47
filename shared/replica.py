"""The router's copy of its snapshot in Redis: where it lies, and which of two versions of a key is newer."""

from typing import Any

from shared.events import AssignmentChanged, ClusterChanged, ModelRegistered

REPLICA_PREFIX = "flywheel:router:"
REPLICATED_TOPICS = ("cluster.changed", "model.registered", "assignment.changed")


def version_of(event: Any) -> int:
    """One rising number per key, small enough to be exact as a double. Raises ``TypeError`` for other events."""
    if isinstance(event, AssignmentChanged):
        return event.version
    if isinstance(event, ClusterChanged):
        return event.epoch * 2**32 + (event.matcher.version if event.matcher else 2**32 - 1)
    if isinstance(event, ModelRegistered):
        return event.registered_at_ms
    raise TypeError(f"{type(event).__name__} is not replicated")
