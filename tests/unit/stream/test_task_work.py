"""The pure part of a task's work: what a batch or a tick turns into."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from prometheus_client import REGISTRY

from shared.errors import FatalError, PoisonError
from shared.stream.batches import merge_topics, offsets_after
from shared.stream.broker import MAX_RECORD_BYTES
from shared.stream.outcome import Deferred, Emit, Emitted, Measured, Outcomes, Rejected, Skipped
from shared.stream.processor import Application, State, StoreSpec, TaskId
from shared.stream.records import Message, Record, TopicPartition
from shared.stream.task import Journal, Phase, Prepared, Work, check_transition
from shared.stream.testing import FixedTables
from shared.telemetry import publish_measured
from tests.conformance.support import JsonSerde, dead_letter

TABLES = FixedTables()


class Scripted:
    """Answers each event as the event says."""

    def restored(self, state: State) -> None:
        return None

    def process(self, batch: Sequence[Message], state: State) -> Outcomes:
        results: list[Any] = []
        for message in batch:
            say = message.event["say"]
            if say == "emit":
                results.append(Emitted((Emit("out", message.key, {"n": 1}),)))
            elif say == "huge":
                results.append(Emitted((Emit("out", message.key, {"n": 1}), Emit("out", "k", "x" * MAX_RECORD_BYTES))))
            elif say == "skip":
                results.append(Skipped("s"))
            elif say == "reject":
                results.append(Rejected("r", "d"))
            elif say == "defer":
                results.append(Deferred("later"))
            elif say == "empty":
                results.append(Emitted(()))
            elif say == "put":
                state.store("s").put(message.key, "v" * message.event.get("size", 1))
                results.append(Skipped("put"))
        return Outcomes(results, (Emit("also", "k", len(batch)),) if batch[0].event.get("also") else ())

    def on_tick(self, now_ms: int, state: State) -> Outcomes:
        state.store("s").put("tick", now_ms)
        return Outcomes(also=(Emit("out", "t", now_ms),))


def work(journal: Journal | None = None, **options: Any) -> Work:
    application = Application("app", ("in",), lambda task: Scripted(), (StoreSpec("s"),), **options)
    task = TaskId("app", ("in",), 2)
    return Work(application, task, JsonSerde(), dead_letter, TABLES, journal)


def records(*events: dict[str, Any]) -> list[Record]:
    return [Record("in", 2, n * 2, 5, b"k", json.dumps(event).encode()) for n, event in enumerate(events)]


def test_outputs_dead_letters_and_changelog_go_into_one_transaction() -> None:
    prepared = work().prepare(
        records({"say": "emit", "also": 1}, {"say": "reject"}, {"say": "put"}, {"say": "skip"}), TABLES, 99
    )
    assert [(r.topic, r.key, r.partition) for r in prepared.records] == [
        ("out", b"k", None),
        ("dead.letter", b"in", None),
        ("also", b"k", None),
        ("app.s.changelog", b"k", 2),
    ]
    letter = json.loads(prepared.records[1].value or b"")
    assert (letter["reason"], letter["detail"], letter["offset"], letter["at_ms"]) == ("r", "d", 2, 99)


@pytest.mark.parametrize("say", ["defer", "empty", "nothing"])
def test_a_processor_that_breaks_conservation_is_fatal(say: str) -> None:
    with pytest.raises(FatalError, match="app"):
        work().prepare(records({"say": say}), TABLES, 0)


def test_an_output_that_is_too_large_rejects_its_record_alone() -> None:
    prepared = work().prepare(records({"say": "emit"}, {"say": "huge"}, {"say": "emit"}), TABLES, 0)
    assert [r.topic for r in prepared.records] == ["out", "dead.letter", "out"]
    assert isinstance(prepared.results[1], Rejected)
    assert prepared.results[1].reason == "too_large"


def test_state_that_is_too_large_is_poison() -> None:
    with pytest.raises(PoisonError, match="too_large"):
        work().prepare(records({"say": "put", "size": MAX_RECORD_BYTES}), TABLES, 0)


def test_tombstones_reach_the_processor_as_none() -> None:
    class Seeing(Scripted):
        def process(self, batch: Sequence[Message], state: State) -> Outcomes:
            return Outcomes([Rejected("none" if message.event is None else "some") for message in batch])

    application = Application("app", ("in",), lambda task: Seeing())
    task = Work(application, TaskId("app", ("in",), 0), JsonSerde(), dead_letter, TABLES)
    prepared = task.prepare([Record("in", 0, 0, 0, b"k", None)], TABLES, 0)
    assert prepared.results == [Rejected("none")]


def test_the_stop_limit_counts_only_committed_runs_and_ends_with_a_success() -> None:
    task = work(stop_limit=3)
    for _ in range(3):  # never committed: never counted
        prepared = task.prepare(records({"say": "reject"}, {"say": "reject"}), TABLES, 0)
    task.applied(prepared)
    with pytest.raises(FatalError, match="3 records in a row"):
        task.prepare(records({"say": "reject"}), TABLES, 0)
    task.applied(task.prepare(records({"say": "skip"}), TABLES, 0))
    task.prepare(records({"say": "reject"}, {"say": "reject"}), TABLES, 0)


def test_the_stop_limit_goes_on_from_the_note_beside_the_offsets() -> None:
    first = work(stop_limit=3)
    prepared = first.prepare(records({"say": "reject"}, {"say": "reject"}), TABLES, 0)
    assert first.note(prepared) == "rejected_in_a_row=2"
    first.applied(prepared)
    ticked = first.prepare_tick(1_000, TABLES)
    assert ticked is not None
    first.applied(ticked)
    assert first.note(Prepared([])) == "rejected_in_a_row=2", "what reads no record leaves the count as it is"

    second = work(stop_limit=3)
    second.noted([first.note(Prepared([]))])
    with pytest.raises(FatalError, match="3 records in a row"):
        second.prepare(records({"say": "reject"}), TABLES, 0)
    assert second.note(second.prepare(records({"say": "skip"}), TABLES, 0)) == ""


@pytest.mark.parametrize(
    "notes",
    [[], [""], ["", "rejected_in_a_row=2"], ["rejected_in_a_row="], ["another tool's"], ["rejected_in_a_row=²"]],
)
def test_a_note_that_is_missing_taken_away_or_not_ours_is_a_fresh_start(notes: list[str]) -> None:
    task = work(stop_limit=3)
    task.noted(notes)
    assert task.note(task.prepare(records({"say": "reject"}, {"say": "reject"}), TABLES, 0)) == "rejected_in_a_row=2"


def test_time_never_goes_back_and_is_written_with_what_a_tick_did() -> None:
    task = work()
    first = task.prepare_tick(1_000, TABLES)
    assert first is not None
    assert [r.headers for r in first.records] == [(), (("tick_at_ms", b"1000"),)]
    second = task.prepare_tick(900, TABLES)
    assert second is not None
    assert second.records[0].value == b"1000"


def test_reset_drops_what_was_staged() -> None:
    task = work()
    task.prepare(records({"say": "put"}), TABLES, 0)
    task.reset()
    assert task.state.changes() == []


def test_what_is_measured_waits_for_the_commit_and_is_published_by_name() -> None:
    class Measuring:
        def restored(self, state: object) -> None: ...

        def process(self, batch: Sequence[Message], state: object) -> Outcomes:
            figures = [Measured("placed", 1.0, "novel"), Measured("recluster_drift", 0.25)]
            return Outcomes([Skipped("seen")] * len(batch), measured=figures)

        def on_tick(self, now_ms: int, state: Any) -> Outcomes:
            state.store("numbers").put("k", now_ms)
            return Outcomes(measured=[Measured("reclusters", 1.0, "warm")])

    application = Application("measuring", ("in",), lambda _: Measuring(), (StoreSpec("numbers"),), slice_records=2)
    task = Work(application, TaskId("measuring", ("in",), 2), JsonSerde(), dead_letter, TABLES)
    prepared = task.prepare(records({}, {}, {}), TABLES, 0)
    assert [figure.metric for figure in prepared.measured] == ["placed", "recluster_drift"] * 2
    tick = task.prepare_tick(5, TABLES)
    assert tick is not None
    publish_measured([*prepared.measured, *tick.measured], "measuring")

    def sample(name: str, **labels: str) -> float | None:
        return REGISTRY.get_sample_value(name, {"application": "measuring", **labels})

    assert sample("flywheel_placed_total", how="novel") == 2.0
    assert sample("flywheel_reclusters_total", start="warm") == 1.0
    assert sample("flywheel_recluster_drift_bucket", le="0.2") == 0.0
    assert sample("flywheel_recluster_drift_sum") == 0.5
    with pytest.raises(KeyError):
        publish_measured([Measured("unheard_of", 1.0)], "measuring")


def test_the_journal_tells_positions_ticks_and_versions() -> None:
    task = work(Journal("journal"))
    batch = task.prepare(records({"say": "skip"}, {"say": "skip"}), TABLES, 0)
    entry = json.loads(batch.records[-1].value or b"")
    assert entry == {"positions": [["in", 2, 0], ["in", 2, 2]], "tick_ms": None, "versions": {}}
    assert (batch.records[-1].topic, batch.records[-1].partition) == ("journal", 2)


def test_co_partitioned_topics_merge_by_time_and_keep_their_own_order() -> None:
    def record(topic: str, offset: int, at_ms: int) -> Record:
        return Record(topic, 0, offset, at_ms, None, None)

    merged = merge_topics([record("b", 0, 3), record("b", 1, 1), record("a", 0, 2), record("a", 1, 9)])
    assert [(r.topic, r.offset) for r in merged] == [("a", 0), ("b", 0), ("b", 1), ("a", 1)]


def test_a_partial_batch_commits_up_to_the_first_record_left() -> None:
    batch = records({}, {}, {}, {})
    end = {TopicPartition("in", 2): 100}
    assert offsets_after(batch, 2, end) == {TopicPartition("in", 2): 4}
    assert offsets_after(batch, 4, end) == end


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (Phase.RESTORING, Phase.SUSPENDED),
        (Phase.CLOSED_CLEAN, Phase.RUNNING),
        (Phase.CLOSED_DIRTY, Phase.RESTORING),
        (Phase.RUNNING, Phase.CLOSED_CLEAN),
    ],
)
def test_a_task_has_no_illegal_step(old: Phase, new: Phase) -> None:
    with pytest.raises(FatalError, match="cannot go"):
        check_transition("t", old, new)


def test_transactional_ids_name_the_task() -> None:
    assert TaskId("app", ("in",), 3).transactional_id == "app.in.3"
    assert TaskId("app", ("in", "other"), 3).transactional_id == "app.3"
