"""A training job as a pure automaton: requested → started → trained, failed or refused; attempts, leases, tokens.

Attempts of one job share its id, its version and its data; each has a higher fencing token. What bears another token is
of another attempt and changes nothing, but for a success: of one job the first in the log counts, whichever attempt's.
That is the promoter's rule too, so both take the same one, however late either reads it. No stale worker profits: after
its own lease it says nothing, and after its successor's claim the log refuses it.
"""

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from shared.events import TrainingCompleted, TrainingProgressed, TrainingRequested
from shared.events.training import DatasetQuery, OffsetRange
from shared.events.vocabulary import TrainingStatus
from shared.ids import content_hash
from shared.policy import TrainingPolicy

SOURCE = "observation.clustered"
# Workers beat every quarter of the lease. Who was away for longer than half of it has not heard them either.
AWAY_SHARE, SEEN_SHARE = 0.5, 0.25


class JobPhase(StrEnum):
    """``failed``: another attempt is due. ``exhausted`` and ``refused``: only more examples bring a new job."""

    REQUESTED = "requested"
    STARTED = "started"
    FAILED = "failed"
    TRAINED = "trained"
    EXHAUSTED = "exhausted"
    REFUSED = "refused"


OPEN = frozenset({JobPhase.REQUESTED, JobPhase.STARTED, JobPhase.FAILED})
ENDED_BADLY = frozenset({JobPhase.EXHAUSTED, JobPhase.REFUSED})


@dataclass(frozen=True, slots=True)
class Job:
    """One job, with everything that its request holds, so that a later attempt asks for the same.

    ``beat``: a heartbeat came since the last tick, which will stamp ``beat_at_ms`` with its own clock; until the first
    one it says since when the request waits. ``seen_at_ms``: when a tick last looked at it, within a quarter of the lease.
    ``token`` and ``attempt`` of a trained job are those of the result that counts.
    """

    job_id: str
    version: int
    attempt: int
    token: int
    phase: JobPhase
    partition: int
    start: int
    end: int
    task_key: str
    label: str
    epoch: int
    max_rows: int
    max_test_rows: int
    family_cap: int
    base_model: str
    profile: str
    time_budget_s: float
    rows: int
    beat: bool = False
    beat_at_ms: int = 0
    seen_at_ms: int = 0
    reason: str = ""
    detail: str = ""

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "phase": str(self.phase)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Job":
        known = {
            name: value[name] for name in cls.__dataclass_fields__ if name in value
        }  # what others wrote may differ
        return cls(**{**known, "phase": JobPhase(value["phase"])})

    @property
    def is_open(self) -> bool:
        return self.phase in OPEN


def query(job: Job, cluster: str) -> DatasetQuery:
    """The data set of a job: its cluster's rows in the offsets that had been seen when it was asked for."""
    return DatasetQuery(
        topic=SOURCE,
        ranges=(OffsetRange(partition=job.partition, start=job.start, end=job.end),),
        clusters=(cluster,),
        task_key=job.task_key,
        max_rows=job.max_rows,
        max_test_rows=job.max_test_rows,
        family_cap=job.family_cap,
    )


def new_job(
    cluster: str,
    label: str,
    epoch: int,
    task_key: str,
    offsets: tuple[int, int, int],
    rows: int,
    version: int,
    token: int,
    policy: TrainingPolicy,
) -> Job:
    """``offsets``: partition, first offset, offset after the last."""
    partition, start, end = offsets
    job = Job(
        job_id="",
        version=version,
        attempt=1,
        token=token,
        phase=JobPhase.REQUESTED,
        partition=partition,
        start=start,
        end=end,
        task_key=task_key,
        label=label,
        epoch=epoch,
        max_rows=policy.max_rows,
        max_test_rows=policy.max_test_rows,
        family_cap=policy.family_cap,
        base_model=policy.base_model,
        profile=policy.profile,
        time_budget_s=policy.time_budget_s,
        rows=rows,
    )
    parts = (cluster, repr(asdict(query(job, cluster))), job.base_model, str(version))
    return replace(job, job_id=content_hash("training-job", *parts))


def as_request(job: Job, cluster: str, policy_version: str, at_ms: int) -> TrainingRequested:
    """The event that asks for the job's current attempt."""
    return TrainingRequested(
        job_id=job.job_id,
        cluster=cluster,
        label=job.label,
        version=job.version,
        attempt=job.attempt,
        fencing_token=job.token,
        dataset=query(job, cluster),
        base_model=job.base_model,
        profile=job.profile,
        seed=job.attempt - 1,  # an attempt that failed by its random state is not made again as it was
        time_budget_s=job.time_budget_s,
        epoch=job.epoch,
        policy_version=policy_version,
        requested_at_ms=at_ms,
    )


def progressed(job: Job | None, event: TrainingProgressed) -> tuple[Job | None, str]:
    """The job after a heartbeat, and what the heartbeat was: absorbed, or of another job or attempt."""
    if job is None or event.job_id != job.job_id:
        return job, "unknown_job"
    if event.fencing_token != job.token:
        return job, "stale_token"
    if job.phase not in (JobPhase.REQUESTED, JobPhase.STARTED):
        return job, "job_ended"
    return replace(job, phase=JobPhase.STARTED, beat=True), "absorbed"


def completed(job: Job | None, event: TrainingCompleted) -> tuple[Job | None, str]:
    """The job after a result, and what the result was."""
    if job is None or event.job_id != job.job_id:
        return job, "unknown_job"
    if event.status is TrainingStatus.SUCCEEDED:
        if job.phase in (JobPhase.TRAINED, JobPhase.REFUSED):
            return job, "job_ended"
        job = replace(job, token=event.fencing_token, attempt=event.attempt, reason="", detail="")
        return replace(job, phase=JobPhase.TRAINED, beat=False), "absorbed"
    if event.fencing_token != job.token:
        return job, "stale_token"
    if job.phase not in (JobPhase.REQUESTED, JobPhase.STARTED):
        return job, "job_ended"
    if event.status is TrainingStatus.REFUSED:
        words = f"the worker refused job {job.job_id[:8]}: {event.reason}"
        return replace(job, phase=JobPhase.REFUSED, reason=event.reason or "refused", detail=words), "absorbed"
    return replace(job, phase=JobPhase.FAILED, reason=event.reason or "failed"), "absorbed"


def ticked(job: Job, now_ms: int, policy: TrainingPolicy) -> Job:
    """Heartbeats are stamped; a started job without one for its lease has failed.

    The lease begins when the worker starts: a request that waits in the queue is nobody's. It begins again when the
    dispatcher itself was away: heartbeats may stand in the log that it has not read yet. A request that nobody claims
    within ``claim_within_s`` has failed as well: it may be gone from the log, or stepped over.
    """
    if job.phase is JobPhase.REQUESTED:
        return _waited(job, now_ms, policy)
    if job.phase is not JobPhase.STARTED:
        return job
    lease_ms = policy.lease_s * 1000
    if job.beat or now_ms - job.seen_at_ms > lease_ms * AWAY_SHARE:
        return replace(job, beat=False, beat_at_ms=now_ms, seen_at_ms=now_ms)
    if now_ms - job.beat_at_ms > lease_ms:
        return replace(job, phase=JobPhase.FAILED, reason="lease_expired")
    return replace(job, seen_at_ms=now_ms) if now_ms - job.seen_at_ms >= lease_ms * SEEN_SHARE else job


def _waited(job: Job, now_ms: int, policy: TrainingPolicy) -> Job:
    """A dispatcher that was away gives the claim, which it may not have read yet, one more lease."""
    lease_ms, patience_ms = policy.lease_s * 1000, policy.claim_within_s * 1000
    if not job.beat_at_ms:
        return replace(job, beat_at_ms=now_ms, seen_at_ms=now_ms)
    if now_ms - job.seen_at_ms > lease_ms * AWAY_SHARE:
        earliest = round(now_ms - patience_ms + min(lease_ms, patience_ms))
        return replace(job, beat_at_ms=max(job.beat_at_ms, earliest), seen_at_ms=now_ms)
    if now_ms - job.beat_at_ms > patience_ms:
        return replace(job, phase=JobPhase.FAILED, reason="never_claimed")
    return replace(job, seen_at_ms=now_ms) if now_ms - job.seen_at_ms >= lease_ms * SEEN_SHARE else job


def after_failure(job: Job, token: int, max_attempts: int) -> Job:
    """The next attempt under ``token``, or the end of the job."""
    if job.attempt >= max_attempts:
        words = f"{job.attempt} attempts failed, the last by {job.reason}"
        return replace(job, phase=JobPhase.EXHAUSTED, reason="training_failed", detail=words)
    return replace(
        job, attempt=job.attempt + 1, token=token, phase=JobPhase.REQUESTED, beat=False, beat_at_ms=0, seen_at_ms=0
    )
