"""The life of a job: attempts, leases, fencing tokens, refusals by worker and promoter, and trying again after growth."""

from collections.abc import Callable
from typing import Any

import pytest

from services.trainer_dispatcher.logic.jobs import Job, JobPhase
from shared.events import (
    AssignmentChanged,
    ClusterChanged,
    ObservationClustered,
    TrainingCompleted,
    TrainingDeclined,
    TrainingProgressed,
    TrainingRequested,
)
from shared.events.promotion import Challenger
from shared.events.vocabulary import ClusterState, Stage, TrainingPhase, TrainingStatus
from shared.policy import Policy
from shared.stream.outcome import Emit, Skipped
from shared.stream.testing import START_MS, Harness

Call = Callable[..., ObservationClustered]
NOW = START_MS + 3_600_000


def of(kind: type, outputs: list[Emit]) -> list[Any]:
    return [emit.event for emit in outputs if isinstance(emit.event, kind)]


@pytest.fixture
def request_made(harness: Harness, call: Call, identity: Callable[..., ClusterChanged]) -> TrainingRequested:
    """The harness's cluster ``c1`` has asked for its first job."""
    harness.feed([identity()], "cluster.changed", key="c1")
    harness.feed([call(number) for number in range(100)], key="c1")
    (request,) = of(TrainingRequested, harness.tick(NOW))
    assert isinstance(request, TrainingRequested)
    return request


def beat(
    harness: Harness,
    request: TrainingRequested,
    phase: TrainingPhase = TrainingPhase.TRAINING,
    token: int | None = None,
) -> str:
    event = TrainingProgressed(
        job_id=request.job_id, cluster="c1", attempt=request.attempt, phase=phase, progressed_at_ms=1,
        fencing_token=request.fencing_token if token is None else token,
    )  # fmt: skip
    return said(harness, event, "training.progressed")


def end(harness: Harness, request: TrainingRequested, status: TrainingStatus, reason: str = "") -> str:
    event = TrainingCompleted(
        job_id=request.job_id, cluster="c1", attempt=request.attempt, fencing_token=request.fencing_token, status=status,
        reason=reason, model="track-c1@v1", metrics={}, completed_at_ms=NOW + 100,
    )  # fmt: skip
    return said(harness, event, "training.completed")


def said(harness: Harness, event: object, topic: str) -> str:
    (result,) = harness.feed([event], topic, key="c1")
    assert isinstance(result, Skipped)
    return result.reason


def test_a_failed_attempt_is_followed_by_another_up_to_the_limit(
    harness: Harness, request_made: TrainingRequested, policy: Policy
) -> None:
    request = request_made
    for attempt in range(2, policy.training.max_attempts + 1):
        assert end(harness, request, TrainingStatus.FAILED, "OSError") == "absorbed"
        harness.restart()
        (again,) = of(TrainingRequested, harness.tick(NOW + attempt * 3000))
        assert (again.job_id, again.version, again.dataset) == (request.job_id, 1, request.dataset)
        assert (again.attempt, again.fencing_token, again.seed) == (attempt, attempt, attempt - 1)
        request = again
    end(harness, request, TrainingStatus.FAILED, "OSError")
    (declined,) = of(TrainingDeclined, harness.tick(NOW + 60_000))
    assert declined.reason == "training_failed" and "OSError" in declined.detail


def test_results_of_another_attempt_or_job_change_nothing(harness: Harness, request_made: TrainingRequested) -> None:
    end(harness, request_made, TrainingStatus.FAILED)
    (second,) = of(TrainingRequested, harness.tick(NOW + 3000))
    assert end(harness, request_made, TrainingStatus.FAILED) == "stale_token"
    assert end(harness, request_made, TrainingStatus.REFUSED) == "stale_token"
    assert beat(harness, request_made) == "stale_token"
    assert beat(harness, second, token=99) == "stale_token"
    assert end(harness, second, TrainingStatus.SUCCEEDED) == "absorbed"
    assert end(harness, second, TrainingStatus.SUCCEEDED) == "job_ended"
    assert beat(harness, second) == "job_ended"


def test_the_first_success_in_the_log_ends_a_job_whichever_attempt_it_is_of(
    harness: Harness, request_made: TrainingRequested, policy: Policy
) -> None:
    """The dispatcher was late: it asked for other attempts, even gave the job up, before it read the first one's result.
    The promoter has taken that one."""
    request, attempts = request_made, policy.training.max_attempts
    for attempt in range(1, attempts + 1):
        end(harness, request, TrainingStatus.FAILED, "OSError")
        asked = of(TrainingRequested, harness.tick(NOW + attempt * 3000))
        request = asked[0] if asked else request
    assert kept(harness).phase is JobPhase.EXHAUSTED
    assert end(harness, request_made, TrainingStatus.SUCCEEDED) == "absorbed"
    harness.restart()
    assert (kept(harness).phase, kept(harness).token) == (JobPhase.TRAINED, request_made.fencing_token)
    assert end(harness, request, TrainingStatus.SUCCEEDED) == "job_ended"
    assert of(TrainingRequested, harness.tick(NOW + 60_000)) == []


def test_a_request_that_nobody_claims_in_time_is_made_again_and_given_up_where_the_operator_sees_it(
    harness: Harness, request_made: TrainingRequested, policy: Policy
) -> None:
    patience_ms = int(policy.training.claim_within_s * 1000)
    asked = wait(harness, NOW, patience_ms * (policy.training.max_attempts + 1))
    assert [event.fencing_token for event in asked] == list(range(2, policy.training.max_attempts + 1))
    assert {event.job_id for event in asked} == {request_made.job_id}
    assert asked[0].requested_at_ms - NOW > patience_ms
    (declined,) = of(TrainingDeclined, harness.outputs)
    assert declined.reason == "training_failed" and "never_claimed" in declined.detail


def test_a_dispatcher_that_was_away_past_the_deadline_first_reads_whether_the_request_was_claimed(
    harness: Harness, request_made: TrainingRequested, policy: Policy
) -> None:
    lease_ms, patience_ms = (int(s * 1000) for s in (policy.training.lease_s, policy.training.claim_within_s))
    harness.tick(NOW)
    back = NOW + 2 * patience_ms
    harness.restart()
    assert of(TrainingRequested, harness.tick(back)) == []
    assert wait(harness, back, lease_ms) == [], "a claim may stand in what it has not read yet"
    beat(harness, request_made)
    assert wait(harness, back + lease_ms, lease_ms) == [], "it was claimed"


def kept(harness: Harness) -> Job:
    value = harness.state.store("jobs").get("c1")
    assert value is not None
    return Job.from_json(value["job"])


def wait(harness: Harness, start_ms: int, length_ms: int) -> list[TrainingRequested]:
    """What is asked for while the dispatcher looks on, a tick every two seconds."""
    asked = []
    for at_ms in range(start_ms, start_ms + length_ms + 1, 2000):
        asked += of(TrainingRequested, harness.tick(at_ms))
    return asked


@pytest.mark.parametrize("phase", [p for p in TrainingPhase if p is not TrainingPhase.UNKNOWN])
def test_a_lease_begins_with_the_first_heartbeat_and_ends_without_one(
    harness: Harness, request_made: TrainingRequested, policy: Policy, phase: TrainingPhase
) -> None:
    lease_ms = int(policy.training.lease_s * 1000)
    assert wait(harness, NOW, 2 * lease_ms) == [], "a job that waits in the queue has no lease"
    start = NOW + 2 * lease_ms
    beat(harness, request_made, phase)
    assert wait(harness, start, lease_ms) == []
    beat(harness, request_made, phase)
    assert wait(harness, start + lease_ms, lease_ms // 2) == []
    harness.restart()
    assert wait(harness, start + lease_ms * 3 // 2, lease_ms // 2) == []
    (again,) = wait(harness, start + 2 * lease_ms, 4000)
    assert (again.attempt, again.fencing_token) == (2, 2)


def test_a_dispatcher_that_was_away_takes_no_job_away(
    harness: Harness, request_made: TrainingRequested, policy: Policy
) -> None:
    """It has not read the heartbeats of that time yet: the lease begins again, and then it does end."""
    lease_ms = int(policy.training.lease_s * 1000)
    beat(harness, request_made)
    harness.tick(NOW)
    back = NOW + 50 * lease_ms
    assert wait(harness, back, lease_ms) == []
    assert len(wait(harness, back + lease_ms, 4000)) == 1


def test_a_job_noted_by_an_older_version_is_read(harness: Harness, request_made: TrainingRequested) -> None:
    beat(harness, request_made)
    value = harness.state.store("jobs").get("c1")
    assert value is not None
    old = {name: part for name, part in value["job"].items() if name != "seen_at_ms"} | {"silent": True}
    assert Job.from_json(old) == Job.from_json({**value["job"], "seen_at_ms": 0})


def test_a_refused_cluster_is_tried_again_once_it_has_grown(
    harness: Harness, request_made: TrainingRequested, call: Call
) -> None:
    end(harness, request_made, TrainingStatus.REFUSED, "free_text_required")
    (declined,) = of(TrainingDeclined, harness.tick(NOW + 3000))
    assert declined.reason == "free_text_required" and "120 examples" in declined.detail
    harness.feed([call(number) for number in range(100, 149)], key="c1")
    assert of(TrainingRequested, harness.tick(NOW + 6000)) == []
    harness.feed([call(149), call(151)], key="c1")
    (again,) = of(TrainingRequested, harness.tick(NOW + 9000))
    assert (again.version, again.attempt, again.fencing_token) == (2, 1, 2)
    assert again.job_id != request_made.job_id
    assert again.dataset.ranges[0].end == 151


def test_the_promoters_refusal_is_a_reason_whichever_is_read_first(
    harness: Harness, request_made: TrainingRequested, assignment: Callable[..., AssignmentChanged]
) -> None:
    shadow = Challenger(model="track-c1@v1", stage=Stage.SHADOW, share=0.0, changed_at_ms=1)
    assert end(harness, request_made, TrainingStatus.SUCCEEDED) == "absorbed"
    said(harness, assignment(1, challenger=shadow, action="shadow"), "assignment.changed")
    assert of(TrainingDeclined, harness.tick(NOW + 5000)) == []
    refusal = assignment(2, action="refuse", reason="parity is proven to miss its threshold", changed_at_ms=NOW + 9000)
    assert said(harness, refusal, "assignment.changed") == "absorbed"
    assert said(harness, assignment(1, challenger=shadow), "assignment.changed") == "older_assignment"
    (declined,) = of(TrainingDeclined, harness.tick(NOW + 10_000))
    assert declined.reason == "promotion_refused" and "parity is proven" in declined.detail


def test_a_refusal_that_overtakes_its_result_is_kept(
    harness: Harness, request_made: TrainingRequested, assignment: Callable[..., AssignmentChanged]
) -> None:
    said(harness, assignment(2, action="refuse", reason="cost", changed_at_ms=NOW + 9000), "assignment.changed")
    end(harness, request_made, TrainingStatus.SUCCEEDED)
    (declined,) = of(TrainingDeclined, harness.tick(NOW + 10_000))
    assert declined.reason == "promotion_refused"


def test_a_job_ends_with_a_split_of_its_cluster_and_with_its_cluster(
    harness: Harness, call: Call, identity: Callable[..., ClusterChanged], request_made: TrainingRequested
) -> None:
    """Its rows hold what left. The cluster is asked for anew from what is its own, once that is enough."""
    split = identity(state=ClusterState.SPLIT, epoch=2)
    assert said(harness, split, "cluster.changed") == "job_cancelled"
    assert said(harness, split, "cluster.changed") == "absorbed"
    assert beat(harness, request_made) == "unknown_job"
    assert end(harness, request_made, TrainingStatus.SUCCEEDED) == "unknown_job"
    assert of(TrainingRequested, harness.tick(NOW + 10_000)) == []
    harness.feed([call(number, epoch=2) for number in range(100)], key="c1")
    (anew,) = of(TrainingRequested, harness.tick(NOW + 20_000))
    assert (anew.epoch, anew.version, anew.dataset.ranges[0].start) == (2, 2, 100)
    assert anew.fencing_token > request_made.fencing_token
    gone = identity(state=ClusterState.SPLIT, epoch=3, matcher=None)
    assert said(harness, gone, "cluster.changed") == "job_cancelled"


def test_a_job_survives_a_merge_into_its_cluster(
    harness: Harness, identity: Callable[..., ClusterChanged], request_made: TrainingRequested
) -> None:
    assert said(harness, identity(epoch=2, parents=("c0",)), "cluster.changed") == "absorbed"
    assert beat(harness, request_made) == "absorbed"


def test_a_trained_cluster_waits_for_the_promoter(
    harness: Harness, request_made: TrainingRequested, call: Call
) -> None:
    end(harness, request_made, TrainingStatus.SUCCEEDED)
    harness.feed([call(number) for number in range(100, 400)], key="c1")
    assert {emit.topic for emit in harness.tick(NOW + 5000)} == {"cluster.measured"}
