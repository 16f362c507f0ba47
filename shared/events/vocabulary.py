"""Closed word lists of the domain. Each has ``UNKNOWN`` first: what an older reader sees of a newer word."""

from enum import StrEnum


class CallOutcome(StrEnum):
    UNKNOWN = "unknown"
    SUCCESS = "success"
    ERROR = "error"
    CANCELLED = "cancelled"


class ModelKind(StrEnum):
    UNKNOWN = "unknown"
    FRONTIER = "frontier"
    BASE = "base"
    SPECIALIST = "specialist"


class AttemptVerdict(StrEnum):
    """How one model's try at a call ended."""

    UNKNOWN = "unknown"
    OK = "ok"
    FORMAT_ERROR = "format_error"
    DEFERRED = "deferred"
    TOO_LONG = "too_long"
    TIMEOUT = "timeout"
    ERROR = "error"


class Arm(StrEnum):
    """Which part of the traffic split a call fell into."""

    UNKNOWN = "unknown"
    FRONTIER = "frontier"
    HOLDBACK = "holdback"
    CHALLENGER = "challenger"
    PRIMARY = "primary"
    PINNED = "pinned"


class Split(StrEnum):
    UNKNOWN = "unknown"
    TRAIN = "train"
    TEST = "test"


class ClusterState(StrEnum):
    UNKNOWN = "unknown"
    BORN = "born"
    MERGED = "merged"
    SPLIT = "split"
    RETIRED = "retired"


class Stage(StrEnum):
    """Life of a specialist: candidate → shadow → ramp → active → deprecated."""

    UNKNOWN = "unknown"
    CANDIDATE = "candidate"
    SHADOW = "shadow"
    RAMP = "ramp"
    ACTIVE = "active"
    DEPRECATED = "deprecated"


class TrainingPhase(StrEnum):
    UNKNOWN = "unknown"
    STARTED = "started"
    DATA = "data"
    TRAINING = "training"
    EVALUATING = "evaluating"


class TrainingStatus(StrEnum):
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"


class OutcomeKind(StrEnum):
    """What is reported: a specialist's attempt, a paired frontier check, a later label, an incident."""

    UNKNOWN = "unknown"
    ATTEMPT = "attempt"
    PAIRED = "paired"
    LABEL = "label"
    SAFETY = "safety"


class ComparisonKind(StrEnum):
    """Whom a shadow comparison judged: a candidate in shadow, or a serving specialist on holdback calls."""

    UNKNOWN = "unknown"
    CANDIDATE = "candidate"
    HOLDBACK = "holdback"
