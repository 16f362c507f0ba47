"""What the promoter remembers of a cluster: who serves it, who is on the way up, and the evidence of both."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from services.promoter.logic.evidence import Evidence
from shared.events.promotion import RouterEvidence
from shared.events.vocabulary import Stage


@dataclass(frozen=True, slots=True)
class Candidate:
    """A specialist in shadow or ramp. ``attempt`` counts this cluster's tries: each spends its own part of α."""

    model: str
    attempt: int
    alpha: float
    grade: str
    stage: Stage = Stage.SHADOW
    rung: int = -1
    share: float = 0.0
    previous_share: float = 0.0
    answers: int = 0
    changed_at_ms: int = 0
    not_before_ms: int = 0
    evidence: Evidence = field(default_factory=Evidence)
    window: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class Serving:
    """The active specialist. ``holdback_*``: comparisons on calls that stayed with the frontier model."""

    model: str
    grade: str
    evidence: RouterEvidence
    since_ms: int
    window: tuple[bool, ...] = ()
    holdback_parity: int = 0
    holdback_calls: int = 0


@dataclass(frozen=True, slots=True)
class ClusterRecord:
    """``version`` is that of the last assignment; ``token`` the highest fencing token of a result accepted, ``job_id`` the
    job it came from: of one job's attempts only one result counts."""

    cluster: str
    epoch: int = 1
    version: int = 0
    attempts: int = 0
    token: int = 0
    job_id: str = ""
    candidate: Candidate | None = None
    serving: Serving | None = None

    def to_json(self) -> dict[str, Any]:
        """As JSON gives it back: lists for tuples, text for keys."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "ClusterRecord":
        candidate, serving = value["candidate"], value["serving"]
        if candidate is not None:
            evidence = Evidence.from_json(candidate["evidence"])
            window, stage = tuple(candidate["window"]), Stage(candidate["stage"])
            candidate = Candidate(**{**candidate, "evidence": evidence, "window": window, "stage": stage})
        if serving is not None:
            evidence_known = RouterEvidence(**serving["evidence"])
            serving = Serving(**{**serving, "evidence": evidence_known, "window": tuple(serving["window"])})
        return cls(**{**value, "candidate": candidate, "serving": serving})
