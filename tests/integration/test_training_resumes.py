"""Checkpoints: a resumed run ends with the weights of an uninterrupted one, and only what is whole and fits is resumed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from services.trainer_worker.checkpoint import MOMENTS, STATE, WEIGHTS, Checkpoints, Identity
from services.trainer_worker.control import JobStoppedError, Step
from services.trainer_worker.jobs import _train
from services.trainer_worker.profiles import profile_by_name
from services.trainer_worker.train import NotLearningError, Snapshot, Trained
from shared.events import TrainingRequested
from shared.events.training import DatasetQuery
from shared.events.vocabulary import TrainingPhase
from tests.integration.tiny_model import TOKENIZER, rows, tiny_model

PROFILE = profile_by_name("cpu-quick")
IDENTITY = Identity("rows", PROFILE.content(), "base")
QUERY = DatasetQuery(
    topic="observation.clustered", ranges=(), clusters=("c1",), task_key="k", max_rows=1, max_test_rows=1, family_cap=1
)


def request(attempt: int) -> TrainingRequested:
    return TrainingRequested(
        job_id="job", cluster="c1", label="l", version=1, attempt=attempt, fencing_token=attempt, dataset=QUERY,
        base_model="b", profile="cpu-quick", seed=attempt - 1, policy_version="p", requested_at_ms=1,
    )  # fmt: skip


def checkpoints(root: Path, attempt: int, identity: Identity = IDENTITY, every_s: float = 0.0) -> Checkpoints:
    return Checkpoints(root, "job", attempt, identity, every_s)


def train(attempt: int, kept: Checkpoints | None, stop_after: int | None = None) -> tuple[Trained, int, list[Step]]:
    torch.set_num_threads(1)
    steps: list[Step] = []
    left = stop_after if stop_after is not None else 10_000

    def check() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise JobStoppedError("worker_stopped")

    trained, resumed_at = _train(tiny_model(), TOKENIZER, rows(), request(attempt), kept, steps.append, check)
    return trained, resumed_at, steps


def weights(trained: Trained) -> dict[str, torch.Tensor]:
    found: dict[str, Any] = dict(trained.model.named_parameters())
    return {name: value.detach() for name, value in found.items() if value.requires_grad}


@pytest.fixture(scope="module")
def uninterrupted() -> Trained:
    return train(1, None)[0]


@pytest.mark.parametrize("stops", [(1,), (23,), (10, 10, 10)], ids=str)
def test_a_resumed_run_ends_with_the_same_weights(
    tmp_path: Path, uninterrupted: Trained, stops: tuple[int, ...]
) -> None:
    done = 0
    for attempt, stop_after in enumerate(stops, start=1):
        with pytest.raises(JobStoppedError):
            train(attempt, checkpoints(tmp_path, attempt), stop_after)
        done += stop_after
    trained, resumed_at, steps = train(len(stops) + 1, checkpoints(tmp_path, len(stops) + 1))
    assert resumed_at == done and trained.steps == uninterrupted.steps == PROFILE.steps(40)
    assert trained.seed == 0, "the seed of the run that is resumed, not the attempt's"
    assert [s.step for s in steps] == [n for n in range(5, trained.steps + 1, 5) if n > done]
    assert all(step.phase is TrainingPhase.TRAINING for step in steps)
    expected, found = weights(uninterrupted), weights(trained)
    assert expected.keys() == found.keys() and len(found) == 16
    assert all(torch.equal(expected[name], found[name]) for name in found)
    assert trained.final_loss == uninterrupted.final_loss


def test_nothing_but_safetensors_and_json_is_written_and_only_the_newest_is_kept(tmp_path: Path) -> None:
    kept = checkpoints(tmp_path, 1)
    with pytest.raises(JobStoppedError):
        train(1, kept, 7)
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert files == [f"job/1/step-000007/{name}" for name in sorted((WEIGHTS, MOMENTS, STATE))]
    kept.drop()
    assert not (tmp_path / "job").exists()


def test_seldom_means_seldom(tmp_path: Path) -> None:
    with pytest.raises(JobStoppedError):
        train(1, checkpoints(tmp_path, 1, every_s=3600.0), 7)
    assert not list(tmp_path.rglob("*.safetensors"))


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        ("dataset", "another dataset"),
        ("profile", "another profile"),
        ("base", "another base_sha256"),
        ("format", "another format"),
        ("weights", "damaged"),
        ("cut", "damaged"),
        ("missing", "unreadable"),
        ("state", "unreadable"),
    ],
)
def test_what_does_not_fit_or_is_damaged_is_passed_over_with_the_reason(tmp_path: Path, harm: str, reason: str) -> None:
    with pytest.raises(JobStoppedError):
        train(1, checkpoints(tmp_path, 1), 4)
    with pytest.raises(JobStoppedError):
        train(2, checkpoints(tmp_path, 2), 5)
    newer = tmp_path / "job" / "2" / "step-000009"
    identity = {
        "dataset": replace(IDENTITY, dataset="other rows"),
        "profile": replace(IDENTITY, profile=profile_by_name("gpu").content()),
        "base": replace(IDENTITY, base_sha256="other base"),
    }.get(harm, IDENTITY)
    _harm(newer, harm)
    snapshot, why = checkpoints(tmp_path, 3, identity).newest()
    assert f"2/step-000009: {reason}" in why
    if identity is IDENTITY:
        assert snapshot is not None and snapshot.step == 4, "the one before it is whole"
    else:
        assert snapshot is None


def test_a_stale_attempt_that_goes_on_writing_harms_nobody(tmp_path: Path) -> None:
    with pytest.raises(JobStoppedError):
        train(1, checkpoints(tmp_path, 1), 6)
    with pytest.raises(JobStoppedError):
        train(2, checkpoints(tmp_path, 2), 6)
    stale, why = checkpoints(tmp_path, 1).newest()
    assert stale is not None and stale.step == 12 and why == ""
    checkpoints(tmp_path, 1).save(replace(stale, step=8))
    resumed, _ = checkpoints(tmp_path, 3).newest()
    assert resumed is not None and resumed.step == 12


def test_a_disk_that_refuses_costs_the_checkpoint_and_not_the_job(tmp_path: Path, uninterrupted: Trained) -> None:
    (tmp_path / "job").write_text("in the way")
    trained, _, _ = train(1, checkpoints(tmp_path, 1))
    assert trained.steps == uninterrupted.steps


def test_a_run_that_does_not_learn_is_not_resumed(tmp_path: Path) -> None:
    kept = checkpoints(tmp_path, 1)
    with pytest.raises(JobStoppedError):
        train(1, kept, 4)
    snapshot, _ = kept.newest()
    assert isinstance(snapshot, Snapshot)
    broken = {name: torch.full_like(value, float("nan")) for name, value in snapshot.weights.items()}
    checkpoints(tmp_path, 1).save(replace(snapshot, step=5, weights=broken))
    with pytest.raises(NotLearningError):
        train(2, checkpoints(tmp_path, 2))
    assert checkpoints(tmp_path, 3).newest() == (None, "")


def _harm(folder: Path, harm: str) -> None:
    if harm == "weights":
        content = bytearray((folder / WEIGHTS).read_bytes())
        content[-1] ^= 1
        (folder / WEIGHTS).write_bytes(bytes(content))
    elif harm == "cut":
        content = bytearray((folder / MOMENTS).read_bytes())
        (folder / MOMENTS).write_bytes(bytes(content[: len(content) // 2]))
    elif harm == "missing":
        (folder / MOMENTS).unlink()
    elif harm == "state":
        (folder / STATE).write_text('{"format": 1')
    elif harm == "format":
        state = json.loads((folder / STATE).read_text())
        (folder / STATE).write_text(json.dumps({**state, "format": 99}))
