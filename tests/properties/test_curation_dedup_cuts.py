"""Verdicts do not depend on how the stream is cut into batches, and state equals its replay."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.deduper.logic.verdicts import Span
from services.deduper.processor import application
from shared.events.calls import Answer, ChatMessage, Request
from shared.events.observations import ObservationRedacted, RedactionProof
from shared.ids import content_hash
from shared.stream.testing import Harness, run_batches

SPAN = Span(generations=2, generation_ms=400, generation_records=12)


def event(position: int, chosen: tuple[str, list[int], str, int]) -> ObservationRedacted:
    event_id, words, answer, gap_ms = chosen
    text = " ".join(f"w{word}" for word in words)
    return ObservationRedacted(
        event_id=event_id, tenant="t", episode="p", occurred_at_ms=10**12 + position * 20 + gap_ms,
        request=Request(messages=(ChatMessage(role="user", content=text),)), answer=Answer(content=answer),
        proof=RedactionProof(rule_set="r", profile="pii", counts={}, source_partition=0, source_offset=0),
        task_key="k", template_id="t", tool_signature="s", step_hash=content_hash(text), answer_hash=content_hash(answer),
    )  # fmt: skip


streams = st.lists(
    st.tuples(
        st.integers(0, 60).map(lambda number: f"e{number}"),
        st.integers(0, 6).map(lambda drop: [word for word in range(20) if word != drop])
        | st.lists(st.integers(0, 30), max_size=12),
        st.sampled_from(["yes", "no"]),
        st.integers(-500, 5000),
    ),
    max_size=60,
)


@settings(deadline=None, max_examples=60)
@given(streams, st.lists(st.integers(1, 20), min_size=1, max_size=8), st.integers(0, 60))
def test_the_cut_and_a_restart_change_nothing(
    chosen: list[tuple[str, list[int], str, int]], sizes: list[int], restart_at: int
) -> None:
    events = [event(position, one) for position, one in enumerate(chosen)]
    app = application(threshold=0.8, span=SPAN)
    whole = run_batches(app, events, [1])
    cut = run_batches(app, events, sizes)
    stopped = Harness(app)
    stopped.feed(events[:restart_at])
    stopped.restart()
    stopped.feed(events[restart_at:])
    for other in (cut, stopped):
        assert other.results == whole.results
        assert other.outputs == whole.outputs
    documents = [dict(h.state.store("documents").items()) for h in (whole, cut, stopped)]
    assert documents[0] == documents[1] == documents[2]
