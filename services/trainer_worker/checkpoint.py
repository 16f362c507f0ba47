"""Checkpoints of running jobs: safetensors and JSON, written whole or not at all, believed only as far as they agree.

``<root>/<job>/<attempt>/step-000120/`` holds the adapter's weights, the optimiser's moments and ``state.json`` (step, seed,
time spent, last losses, digests of both files, and what the job was made of). A later attempt resumes from the newest valid
one of the same job with the same data set, profile and base; else it starts over and says why. Attempts share a job's
folder, never a file: a stale attempt that goes on writing harms nobody. Workers resume each other's jobs where they share
the folder (it lies beside the adapters by default).
"""

import json
import logging
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from services.trainer_worker.train import Snapshot
from shared.telemetry import describe_error
from shared.weights import file_sha256

WEIGHTS, MOMENTS, STATE = "adapter.safetensors", "moments.safetensors", "state.json"
FORMAT = 1

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a checkpoint's numbers mean something for."""

    dataset: str
    profile: Mapping[str, Any]
    base_sha256: str

    def to_json(self) -> dict[str, Any]:
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain


class Checkpoints:
    """The checkpoints of one attempt of one job, every ``every_s`` seconds at most; a negative one keeps none."""

    def __init__(self, root: Path, job_id: str, attempt: int, identity: Identity, every_s: float) -> None:
        self._job = root / job_id
        self._own = self._job / str(attempt)
        self._identity = identity.to_json()
        self._every_s = every_s
        self._last_s = 0.0

    def due(self, elapsed_s: float) -> bool:
        """``elapsed_s``: seconds that this job was trained for, over all attempts."""
        return 0 <= self._every_s <= elapsed_s - self._last_s

    def save(self, snapshot: Snapshot) -> None:
        """Write ``snapshot`` durably and drop this attempt's earlier ones. A disk that refuses costs the checkpoint, not
        the job."""
        self._last_s = snapshot.elapsed_s
        try:
            self._write(snapshot)
        except (OSError, SafetensorError) as error:
            logger.warning("a checkpoint was not written", extra={"error": describe_error(error)})

    def _write(self, snapshot: Snapshot) -> None:
        self._own.mkdir(parents=True, exist_ok=True)
        folder = self._own / f"step-{snapshot.step:06d}"
        staging = Path(tempfile.mkdtemp(dir=self._own, prefix=".writing-"))
        try:
            save_file(snapshot.weights, str(staging / WEIGHTS))
            save_file(snapshot.moments, str(staging / MOMENTS))
            state = {
                "format": FORMAT,
                "identity": self._identity,
                "step": snapshot.step,
                "seed": snapshot.seed,
                "elapsed_s": snapshot.elapsed_s,
                "recent": list(snapshot.recent),
                "sha256": {name: file_sha256(staging / name) for name in (WEIGHTS, MOMENTS)},
            }
            (staging / STATE).write_text(json.dumps(state))
            for path in [*staging.iterdir(), staging]:
                _sync(path)
            if not folder.exists():
                staging.rename(folder)
                _sync(self._own)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        for earlier in self._own.glob("step-*"):
            if earlier != folder:
                shutil.rmtree(earlier, ignore_errors=True)

    def newest(self) -> tuple[Snapshot | None, str]:
        """The furthest valid snapshot of this job, and why others were passed over (empty: none was)."""
        reasons: list[str] = []
        for folder in sorted(self._job.glob("*/step-*"), key=lambda path: (_number(path.name), path.parent.name))[::-1]:
            snapshot, reason = self._read(folder)
            if snapshot is not None:
                self._last_s = snapshot.elapsed_s
                return snapshot, ", ".join(reasons)
            reasons.append(f"{folder.parent.name}/{folder.name}: {reason}")
        return None, ", ".join(reasons)

    def drop(self) -> None:
        """Forget the job's checkpoints: it is not to be resumed from them."""
        shutil.rmtree(self._job, ignore_errors=True)

    def _read(self, folder: Path) -> tuple[Snapshot | None, str]:
        try:
            state = json.loads((folder / STATE).read_text())
            if state["format"] != FORMAT:
                return None, "another format"
            differing = [name for name, value in self._identity.items() if state["identity"].get(name) != value]
            if differing:
                return None, f"another {differing[0]}"
            if any(file_sha256(folder / name) != digest for name, digest in state["sha256"].items()):
                return None, "damaged"
            snapshot = Snapshot(
                step=int(state["step"]),
                seed=int(state["seed"]),
                elapsed_s=float(state["elapsed_s"]),
                recent=tuple(float(loss) for loss in state["recent"]),
                weights=load_file(str(folder / WEIGHTS)),
                moments=load_file(str(folder / MOMENTS)),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
            return None, f"unreadable ({type(error).__name__})"
        return snapshot, ""


def _number(name: str) -> int:
    digits = name.removeprefix("step-")
    return int(digits) if digits.isdigit() else -1


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
