"""The data set and the job around it: which rows are learned, what is refused, and how a job reports."""

import json
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.trainer_worker.artefact import chain_hash
from services.trainer_worker.jobs import model_name
from services.trainer_worker.logic import Dataset, build_dataset, free_arguments, refusal
from services.trainer_worker.profiles import PROFILES, profile_by_name
from shared.errors import PoisonError
from shared.events import ObservationClustered, TrainingRequested
from shared.events.calls import Answer, ChatMessage, Request, ToolCall, ToolDefinition
from shared.events.observations import RedactionProof
from shared.events.training import DatasetQuery, OffsetRange
from shared.events.vocabulary import Split
from shared.prompting.template import COMPACT_CHATML

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "note": {"type": "string"}},
    "required": ["city"],
}
TOOLS = (ToolDefinition(name="book", parameters_json=json.dumps(SCHEMA)),)
QUERY = DatasetQuery(
    topic="observation.clustered",
    ranges=(OffsetRange(partition=0, start=0, end=1000),),
    clusters=("c1",),
    task_key="k",
    max_rows=20,
    max_test_rows=10,
    family_cap=2,
)
REQUEST = TrainingRequested(
    job_id="j1",
    cluster="c1",
    label="Book a table!",
    version=2,
    fencing_token=3,
    dataset=QUERY,
    base_model="base/smollm2-135m-instruct",
    profile="cpu-small",
    policy_version="p",
    requested_at_ms=1,
)


def observation(number: int, **changes: Any) -> ObservationClustered:
    arguments = {"city": f"City{number}"}
    values: dict[str, Any] = {
        "event_id": f"e{number:04d}",
        "tenant": "t",
        "episode": f"ep{number}",
        "occurred_at_ms": number,
        "request": Request(messages=(ChatMessage(role="user", content=f"book City{number}"),), tools=TOOLS),
        "answer": Answer(tool_calls=(ToolCall(id="x", name="book", arguments_json=json.dumps(arguments)),)),
        "proof": RedactionProof(rule_set="1", profile="pii", counts={}, source_partition=0, source_offset=number),
        "task_key": "k",
        "template_id": "t",
        "tool_signature": "s",
        "step_hash": f"s{number}",
        "answer_hash": f"a{number}",
        "fingerprint": f"f{number}",
        "family": f"e{number:04d}",
        "cluster": "c1",
        "micro_cluster": "m",
        "sub_key": "user",
        "split": Split.TEST if number % 5 == 0 else Split.TRAIN,
    }
    return ObservationClustered(**{**values, **changes})


def dataset(observations: Sequence[ObservationClustered], query: DatasetQuery = QUERY) -> Dataset:
    return build_dataset(observations, query, COMPACT_CHATML)


@settings(max_examples=20, deadline=None)
@given(st.randoms())
def test_order_of_the_log_does_not_count(rng: Random) -> None:
    observations = [observation(i) for i in range(60)]
    shuffled = observations[:]
    rng.shuffle(shuffled)
    assert dataset(shuffled) == dataset(observations)
    assert dataset(shuffled).hash == dataset(observations).hash


def test_hash_follows_content() -> None:
    base = [observation(i) for i in range(15)]
    other = [
        *base[:-1],
        observation(14, request=replace(base[-1].request, messages=(ChatMessage(role="user", content="x"),))),
    ]
    assert dataset(base).hash != dataset(other).hash


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"cluster": "c2"}, "other_cluster"),
        ({"task_key": "k2"}, "other_cluster"),
        ({"repeat_of": "e0001"}, "repeat"),
        ({"request": Request()}, "repeat"),
        ({"untrainable_reason": "unlinked"}, "untrainable_unlinked"),
        ({"answer": None}, "no_call"),
        ({"answer": Answer(content="text")}, "no_call"),
        ({"answer": Answer(tool_calls=(ToolCall(name="other"),))}, "answer_breaks_schema"),
        ({"split": Split.UNKNOWN}, "no_split"),
        ({"anonymised": True}, "no_proof"),
    ],
)
def test_unfit_rows_are_left_out_and_counted(changes: dict[str, Any], reason: str) -> None:
    built = dataset([observation(1), observation(2, **changes)])
    assert [row.event_id for row in built.train] == ["e0001"] and built.left_out == {reason: 1}


def test_event_seen_twice_counts_once() -> None:
    assert len(dataset([observation(1), observation(1)]).train) == 1


def test_family_cap_is_raised_until_the_set_is_full() -> None:
    family = [observation(i, family="f", split=Split.TRAIN) for i in range(30)]
    others = [observation(100 + i, split=Split.TRAIN) for i in range(5)]
    rows = dataset([*family, *others]).train
    assert len(rows) == 20
    assert sum(row.family == "f" for row in rows) == 15, "every other family is used before one gives more"


def test_nothing_of_the_train_side_reaches_the_test_side() -> None:
    train = [observation(i, split=Split.TRAIN) for i in range(10)]
    copies = [replace(o, event_id=f"x{i}", split=Split.TEST) for i, o in enumerate(train)]
    siblings = [observation(200 + i, split=Split.TEST, episode=f"ep{i}") for i in range(5)]
    built = dataset([*train, *copies, *siblings])
    assert built.test == () and built.left_out["test_copy_of_train"] == 15


def test_placeholders_are_filled_alike_in_prompt_and_completion() -> None:
    answer = Answer(tool_calls=(ToolCall(name="book", arguments_json='{"city":"⟦PERSON_1⟧"}'),))
    request = Request(messages=(ChatMessage(role="user", content="book for ⟦PERSON_1⟧"),), tools=TOOLS)
    first = dataset([observation(1, request=request, answer=answer)]).train[0]
    second = dataset([observation(2, request=request, answer=answer)]).train[0]
    name = json.loads(first.completion.removesuffix(COMPACT_CHATML.stop))["arguments"]["city"]
    assert "⟦" not in first.prompt + first.completion and name in first.prompt
    assert first.prompt != second.prompt, "every event has other values"


def test_prose_arguments_are_found_and_required_ones_refuse() -> None:
    def with_note(number: int, key: str) -> ObservationClustered:
        arguments = {"city": f"City{number}", key: f"a long made up remark number {number} of prose"}
        call = ToolCall(name="book", arguments_json=json.dumps(arguments))
        return observation(number, answer=Answer(tool_calls=(call,)), split=Split.TRAIN)

    rows = dataset([with_note(i, "note") for i in range(20)])
    assert free_arguments(rows.train) == ("book.note",) == rows.free_arguments
    assert (refusal(rows, 10, 0) or ("",))[0] == "free_text_arguments"
    required = dataset([with_note(i, "city") for i in range(20)])
    assert (refusal(required, 10, 0) or ("",))[0] in ("free_text_arguments", "free_text_required")


def test_small_sets_are_refused_with_figures() -> None:
    built = dataset([observation(i) for i in range(30)])
    assert refusal(built, 10, 3) is None
    code, words = refusal(built, 100, 3) or ("", "")
    assert code == "too_few_rows" and "20 of 100" in words
    assert (refusal(built, 10, 50) or ("",))[0] == "too_few_test_rows"


def test_profiles_leave_warm_up_and_unknown_ones_are_named() -> None:
    profile = profile_by_name("cpu-small")
    assert profile.steps(40) == 150 and profile.steps(240) == 180 and profile.steps(10_000) == profile.max_steps
    assert all(0 < p.warmup_share <= 0.1 for p in PROFILES.values())
    with pytest.raises(PoisonError, match="cpu-small"):
        profile_by_name("huge")


def test_model_names_are_readable_and_immutable() -> None:
    assert model_name(REQUEST) == "book-a-table-c1@v2"


def test_provenance_binds_every_link_in_its_place() -> None:
    links = [{"a": 1}, {"b": 2}, {"c": 3}]
    whole = chain_hash(links)
    assert whole != chain_hash(links[:2]) != chain_hash([links[0], links[2]])
    assert whole != chain_hash([links[1], links[0], links[2]])
    assert whole == chain_hash([{"a": 1}, {"b": 2}, {"c": 3}])
