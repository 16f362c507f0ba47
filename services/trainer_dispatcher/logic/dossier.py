"""What is known and was decided of one cluster beside its sums: identity, assignment, job, and what was last said."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from services.trainer_dispatcher.logic.jobs import ENDED_BADLY, Job, JobPhase, after_failure, completed
from services.trainer_dispatcher.logic.measure import Measurement
from services.trainer_dispatcher.logic.triggers import Decline
from shared.events import AssignmentChanged, ClusterChanged, TrainingCompleted
from shared.events.vocabulary import ClusterState

# A cluster is measured again in public after this share of new calls, and not more often than this.
MATERIAL = 0.05
SPEAK_EVERY_MS = 2000
# A "no" is said again when its figure moved by more than this.
MOVED = 0.10
REFUSALS = frozenset({"refuse", "reject"})


@dataclass(frozen=True, slots=True)
class Dossier:
    """``assigned``: the challenger or primary that a promoter's newest word names. ``withdrawn_*``: when it last named
    none. ``versions`` and ``token`` are the highest given out so far. ``gone``: merged, retired or split away."""

    label: str = ""
    epoch: int = 1
    published: bool = False
    gone: bool = False
    assigned: str = ""
    assignment_version: int = 0
    withdrawn_at_ms: int = 0
    withdrawn_by: str = ""
    withdrawn_why: str = ""
    versions: int = 0
    token: int = 0
    job: Job | None = None
    measured_calls: int = 0
    measured_at_ms: int = 0
    declined: str = ""
    declined_have: float = 0.0
    split_epoch: int = 0
    """Epoch of the last split: calls placed under an older one may belong to what has left."""

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "job": self.job.to_json() if self.job is not None else None}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Dossier":
        job = Job.from_json(value["job"]) if value["job"] is not None else None
        return cls(**{**value, "job": job})

    @property
    def has_open_job(self) -> bool:
        return self.job is not None and self.job.is_open

    @property
    def is_served(self) -> bool:
        """A specialist is assigned, on its way, or waiting for the promoter: none is to be asked for."""
        waiting = self.job is not None and self.job.phase not in ENDED_BADLY
        return bool(self.assigned) or waiting


def identified(dossier: Dossier, event: ClusterChanged) -> Dossier:
    """What the clusterer says of it now. A job in hand ends with its cluster, and with a split, as its data set holds rows
    of what left. A merge leaves its rows what they are: their specialist proves itself under the new epoch."""
    gone = event.is_gone
    published = event.matcher is not None and not gone
    split = was_split(dossier, event)
    job = None if gone or (split and dossier.has_open_job) else dossier.job
    return replace(
        dossier, label=event.label, epoch=event.epoch, published=published, gone=gone, job=job,
        split_epoch=event.epoch if split else dossier.split_epoch,
    )  # fmt: skip


def was_split(before: Dossier, event: ClusterChanged) -> bool:
    """Whether the cluster has given a part of its members away since the epoch that is known."""
    return event.state is ClusterState.SPLIT and event.epoch > before.epoch


def assigned(dossier: Dossier, event: AssignmentChanged) -> tuple[Dossier, str]:
    """The promoter's word. Newer versions win. One that names nobody ends a trained job as refused."""
    if event.version <= dossier.assignment_version:
        return dossier, "older_assignment"
    model = event.challenger.model if event.challenger is not None else event.primary or ""
    dossier = replace(dossier, assigned=model, assignment_version=event.version)
    if not model:
        withdrawn = replace(
            dossier, withdrawn_at_ms=event.changed_at_ms, withdrawn_by=event.action, withdrawn_why=event.reason
        )
        dossier = _withdrawn(withdrawn)
    return dossier, "absorbed"


def finished(dossier: Dossier, event: TrainingCompleted) -> tuple[Dossier, str]:
    """A job's result. The promoter's refusal of it may have been read first: topics have no common order."""
    job, said = completed(dossier.job, event)
    dossier = replace(dossier, job=job)
    overtaken = not dossier.assigned and dossier.withdrawn_at_ms >= event.completed_at_ms
    return (_withdrawn(dossier) if said == "absorbed" and overtaken else dossier), said


def _withdrawn(dossier: Dossier) -> Dossier:
    job = dossier.job
    if job is None or job.phase is not JobPhase.TRAINED:
        return dossier
    reason = "promotion_refused" if dossier.withdrawn_by in REFUSALS else "specialist_withdrawn"
    detail = f"version {job.version}: {dossier.withdrawn_by}: {dossier.withdrawn_why}"
    return replace(dossier, job=replace(job, phase=JobPhase.REFUSED, reason=reason, detail=detail))


def next_attempt(dossier: Dossier, max_attempts: int) -> Dossier:
    """After a failed attempt: the next one under a higher token, or the end of the job."""
    if dossier.job is None:
        return dossier
    job = after_failure(dossier.job, dossier.token + 1, max_attempts)
    return replace(dossier, job=job, token=max(dossier.token, job.token))


def not_grown(dossier: Dossier, rows: int, factor: float) -> Decline | None:
    """Why a cluster whose last job ended badly is not tried again yet; ``None`` once it has grown enough."""
    job = dossier.job
    if job is None or job.phase not in ENDED_BADLY or rows >= job.rows * factor:
        return None
    need = job.rows * factor
    return Decline(job.reason, float(rows), need, f"{job.detail}; tried again at {need:.0f} examples, {rows} so far")


def is_material(dossier: Dossier, measured: Measurement) -> bool:
    """Enough new calls to publish the measurement again."""
    return abs(measured.calls - dossier.measured_calls) >= MATERIAL * max(dossier.measured_calls, 1)


def is_news(dossier: Dossier, decline: Decline) -> bool:
    """Another reason, or the same with a figure that moved."""
    if decline.reason != dossier.declined:
        return True
    return abs(decline.have - dossier.declined_have) > MOVED * max(abs(dossier.declined_have), 1e-12)
