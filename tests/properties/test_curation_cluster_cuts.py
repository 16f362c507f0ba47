"""Placement does not depend on how the stream is cut into batches, and state equals its replay."""

from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.clusterer.logic.linkage import Group, merged
from services.clusterer.logic.micro import Micro
from services.clusterer.logic.parameters import Parameters
from services.clusterer.processor import application
from shared.events.calls import Answer, ChatMessage, Request, ToolCall
from shared.events.observations import ObservationUnique, RedactionProof
from shared.stream.processor import Application
from shared.stream.testing import Harness, run_batches
from shared.tasks.features import DIMENSION, Featuriser, load_wordllama

TEXTS = (
    "book a table for two",
    "reserve seats tonight",
    "refund my broken lamp",
    "money back please",
    "will it rain",
    "",
)


@cache
def app() -> Application:
    parameters = Parameters(
        born_size=4, freeze_size=9, first_merge=3, max_micros=4, split_families=3, sides_remembered=5
    )
    return application(featuriser=Featuriser(load_wordllama()), parameters=parameters)


def event(position: int, chosen: tuple[int, str | None, int, bool]) -> ObservationUnique:
    text, tool, group, repeat = chosen
    calls = (ToolCall(name=tool),) if tool else ()
    return ObservationUnique(
        event_id=f"e{position}", tenant="t", episode=f"p{position % 7}", occurred_at_ms=10**12 + position,
        request=Request(messages=(ChatMessage(role="user", content=TEXTS[text]),)),
        answer=Answer(content=None if tool else "x", tool_calls=calls),
        proof=RedactionProof(rule_set="r", profile="pii", counts={}, source_partition=0, source_offset=0),
        task_key=f"k{group}", template_id="t", tool_signature="s", step_hash="s", answer_hash="a", fingerprint="f",
        family=f"f{text}", repeat_of="e0" if repeat else None,
    )  # fmt: skip


def wrapped(position: int) -> ObservationUnique:
    """A call of a shard whose turns share a long text from its first call on, or from its fortieth."""
    said = ("close the ticket now", "reopen it for the client", "send the invoice again", "book a room in the hotel")
    thing = "".join("bcdfghjklm"[int(digit)] for digit in f"{position:03d}")
    asked = f"{said[position % 4]} for {thing}"
    text = f"Read the request of the client with care, choose one function and call it, without a word more: {asked}"
    return replace(
        event(position, (0, None, position % 2, False)),
        request=Request(messages=(ChatMessage(role="user", content=text if position % 2 or position > 80 else asked),)),
    )


streams = st.lists(
    st.tuples(st.integers(0, len(TEXTS) - 1), st.sampled_from([None, "f", "g"]), st.integers(0, 1), st.booleans()),
    max_size=50,
)


@settings(deadline=None, max_examples=60)
@given(streams, st.lists(st.integers(1, 20), min_size=1, max_size=6), st.integers(0, 50))
def test_the_cut_and_a_restart_change_nothing(
    chosen: list[tuple[int, str | None, int, bool]], sizes: list[int], restart_at: int
) -> None:
    unchanged([event(position, one) for position, one in enumerate(chosen)], sizes, restart_at)


@settings(deadline=None, max_examples=5)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=4), st.integers(0, 140))
def test_nor_do_they_where_boilerplate_is_learnt(sizes: list[int], restart_at: int) -> None:
    whole = unchanged([wrapped(position) for position in range(140)], sizes, restart_at)
    shards = dict(whole.state.store("shards").items())
    assert len(shards) == 2 and all(shard["boilerplate"] for shard in shards.values())


def unchanged(events: list[ObservationUnique], sizes: list[int], restart_at: int) -> Harness:
    whole = run_batches(app(), events, [1])
    cut = run_batches(app(), events, sizes)
    stopped = Harness(app())
    stopped.feed(events[:restart_at])
    stopped.restart()
    stopped.feed(events[restart_at:])
    for other in (cut, stopped):
        assert other.outputs == whole.outputs
        for store in app().stores:
            assert dict(other.state.store(store.name).items()) == dict(whole.state.store(store.name).items())
    counted = sum(Micro.decode(key, value).count for key, value in whole.state.store("micros").items())
    assert counted <= len(events)
    return whole


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["", "f", "g"]), st.booleans()), max_size=30))
def test_merging_keeps_every_member_once_and_never_joins_two_frozen_groups(chosen: list[tuple[int, str, bool]]) -> None:
    groups = []
    for number, (seed, tool, frozen) in enumerate(chosen):
        mean = np.random.default_rng(seed).normal(size=DIMENSION).astype(np.float32)
        groups.append(Group([f"m{number}"], mean / np.float32(np.linalg.norm(mean)), Counter({tool: 3}), frozen))
    after = merged(list(groups), Parameters())
    assert sorted(member for group in after for member in group.members) == sorted(f"m{n}" for n in range(len(groups)))
    frozen_members = {f"m{number}" for number, (_, _, frozen) in enumerate(chosen) if frozen}
    assert all(len(frozen_members.intersection(group.members)) <= 1 for group in after)
    assert [group.members for group in merged(list(groups), Parameters())] == [group.members for group in after]
