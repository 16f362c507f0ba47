"""Verdicts do not depend on how the stream is cut into batches, and state equals its replay."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.deduper.logic import candidates, kept
from services.deduper.logic.outlines import allowed, differing, differing_folded, folded, outlines
from services.deduper.logic.verdicts import Span
from services.deduper.logic.words import WordSets
from services.deduper.processor import application
from shared.events.calls import Answer, ChatMessage, Request
from shared.events.observations import ObservationRedacted, RedactionProof
from shared.ids import content_hash
from shared.stream.testing import Harness, run_batches

SPAN = Span(generations=2, generation_ms=400, generation_records=12)


Chosen = tuple[str, list[int], str, int, str]


def event(position: int, chosen: Chosen) -> ObservationRedacted:
    event_id, words, answer, gap_ms, task_key = chosen
    text = " ".join(f"w{word}" for word in words)
    return ObservationRedacted(
        event_id=event_id, tenant="t", episode="p", occurred_at_ms=10**12 + position * 20 + gap_ms,
        request=Request(messages=(ChatMessage(role="user", content=text),)), answer=Answer(content=answer),
        proof=RedactionProof(rule_set="r", profile="pii", counts={}, source_partition=0, source_offset=0),
        task_key=task_key, template_id="t", tool_signature="s", step_hash=content_hash(text), answer_hash=content_hash(answer),
    )  # fmt: skip


streams = st.lists(
    st.tuples(
        st.integers(0, 60).map(lambda number: f"e{number}"),
        st.integers(0, 6).map(lambda drop: [word for word in range(20) if word != drop])
        | st.lists(st.integers(0, 30), max_size=12),
        st.sampled_from(["yes", "no"]),
        st.integers(-500, 5000),
        st.sampled_from(["k", "k", "l"]),
    ),
    max_size=60,
)


@settings(deadline=None, max_examples=60)
@given(streams, st.lists(st.integers(1, 20), min_size=1, max_size=8), st.integers(0, 60), st.sampled_from([1, 3, 64]))
def test_the_cut_and_a_restart_change_nothing(
    chosen: list[Chosen], sizes: list[int], restart_at: int, newest: int
) -> None:
    """Also where more originals share a band than are looked at, and where generations roll over inside a batch."""
    events = [event(position, one) for position, one in enumerate(chosen)]
    app = application(threshold=0.8, span=SPAN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "NEWEST", newest)
        patch.setattr(kept, "_FEW", 4)
        whole = run_batches(app, events, [1])
        cut = run_batches(app, events, sizes)
        stopped = Harness(app)
        stopped.feed(events[:restart_at])
        stopped.restart()
        stopped.feed(events[restart_at:])
    for other in (cut, stopped):
        assert other.results == whole.results
        assert other.outputs == whole.outputs
    entries = [list(h.state.store("documents").items()) for h in (whole, cut, stopped)]
    assert entries[0] == entries[1] == entries[2]
    headers = [h.state.store("header").get("header") for h in (whole, cut, stopped)]
    assert headers[0] == headers[1]
    assert not events or headers[0] == headers[2]


@settings(deadline=None, max_examples=30)
@given(streams, st.lists(st.integers(0, 20), min_size=1, max_size=6))
def test_the_state_is_the_replay_of_its_changelog_at_every_commit(chosen: list[Chosen], sizes: list[int]) -> None:
    """An owner that took over after any commit gives the verdicts of one that never stopped."""
    events = [event(position, one) for position, one in enumerate(chosen)]
    app = application(threshold=0.8, span=SPAN)
    moved = Harness(app)
    start = 0
    for size in [*sizes, len(events)]:
        moved.feed(events[start : start + size])
        moved.restart()
        start += size
    whole = run_batches(app, events, [len(events) or 1])
    assert moved.outputs == whole.outputs
    assert moved.results == whole.results


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.tuples(st.integers(0, 300), st.sets(st.integers(0, 400))), min_size=2, max_size=2),
    st.integers(0, 2**32 - 1),
)
def test_an_outline_never_loses_a_pair(pair: list[tuple[int, set[int]]], seed: int) -> None:
    """A pair at the threshold or above differs in no more than its sizes allow, also where the outlines are full."""
    rng = np.random.default_rng(seed)
    known = rng.integers(0, 2**32, 401, dtype=np.uint32)
    words = [np.unique(np.concatenate([known[:shared], known[sorted(own)]])) for shared, own in pair]
    sets = WordSets(np.concatenate(words), np.cumsum([0, len(words[0]), len(words[1])]))
    left, right = (set(one.tolist()) for one in words)
    exact = len(left & right) / len(left | right) if left | right else 0.0
    drawn = outlines(sets)
    folds = folded(drawn)
    for threshold in {exact, max(exact - 0.01, 0.0), 0.8} - {0.0}:
        room = allowed(np.diff(sets.starts), threshold).sum()
        if exact >= threshold:
            assert differing(drawn[:1], drawn[1:])[0] <= room
            assert differing_folded(folds[:1], folds[1:])[0] <= room
    assert differing(drawn[:1], drawn[1:])[0] <= len(left ^ right)
    assert differing_folded(folds[:1], folds[1:])[0] <= len(left ^ right)
