"""What jobs leave on disk when they end: removed with the job, or by age where nobody was left to do it."""

import logging
import shutil
from pathlib import Path

from shared.events import TrainingRequested
from shared.events.vocabulary import TrainingStatus

# No job waits so long for its next attempt.
KEPT_S = 7 * 86_400.0

logger = logging.getLogger(__name__)


def is_over(request: TrainingRequested, status: TrainingStatus, max_attempts: int) -> bool:
    """No later attempt of this job will come."""
    return status is not TrainingStatus.FAILED or request.attempt >= max_attempts


def drop_job(root: Path, job_id: str) -> None:
    """Remove the job's checkpoints. A folder that cannot be removed is left to the sweep."""
    shutil.rmtree(root / job_id, ignore_errors=True)


def sweep(root: Path, now_s: float, kept_s: float = KEPT_S) -> int:
    """Remove what was not written to for ``kept_s`` (epoch seconds ``now_s``): jobs whose worker died in their last
    attempt. Returns how many."""
    removed = 0
    if root.is_dir():
        for job in sorted(root.iterdir()):
            paths = [job, *job.rglob("*")]
            if now_s - max((p.stat().st_mtime for p in paths if p.exists()), default=now_s) > kept_s:
                shutil.rmtree(job, ignore_errors=True)
                removed += 1
    if removed:
        logger.info("checkpoints of jobs that were never ended are removed", extra={"count": removed})
    return removed
