"""Repeats, families, re-sends, the window, and a state that is never mixed."""

import random
from typing import Any

import pytest

from services.deduper.logic.verdicts import Span
from services.deduper.processor import application
from shared.errors import FatalError
from shared.events.calls import ChatMessage, Request, ToolCall
from shared.events.observations import ObservationRedacted, ObservationUnique
from shared.stream.outcome import Emit, Skipped
from shared.stream.processor import TaskId
from shared.stream.testing import Harness

SPAN = Span(generations=3, generation_ms=1000, generation_records=1000)
WORDS = [f"word{number}" for number in range(400)]


def harness(span: Span = SPAN) -> Harness:
    return Harness(application(threshold=0.8, span=span))


def emitted(harness: Harness, *events: ObservationRedacted) -> list[ObservationUnique]:
    results = harness.feed(events)
    assert all(isinstance(result, Emit) for result in results), results
    return [result.outputs[0].event for result in results if isinstance(result, Emit)]


def text(*numbers: int) -> str:
    return " ".join(WORDS[number] for number in numbers)


def test_a_new_call_is_its_own_family_and_keeps_its_key(call: Any) -> None:
    h = harness()
    (event,) = emitted(h, call("a", "book a table"))
    assert (event.repeat_of, event.family, event.family_similarity) == (None, "a", 1.0)
    assert h.outputs[0].key == "k"
    assert len(event.fingerprint) == 32


def test_an_exact_repeat_names_its_original_and_keeps_its_payload_for_one_hop(call: Any) -> None:
    first, second, other = emitted(harness(), call("a", "x"), call("b", "x"), call("c", "x", answer="else"))
    assert (second.repeat_of, second.family, second.fingerprint) == ("a", "a", first.fingerprint)
    assert second.request.messages
    assert other.repeat_of is None
    assert other.family == "a"


def test_a_resend_is_skipped_however_often(call: Any) -> None:
    h = harness()
    h.feed([call("a", "x"), call("b", "x")])
    assert h.feed([call("a", "x"), call("b", "x"), call("b", "other")]) == [Skipped("duplicate_event")] * 3


def test_near_duplicates_join_the_nearest_original_and_do_not_chain(call: Any) -> None:
    base = list(range(40))
    near = [*base[:36], 100, 101, 102, 103]  # 36 / 44 with base
    chained = [*base[:32], *range(100, 108)]  # 36 / 44 with near, 32 / 48 with base
    a, b, c = emitted(harness(), call("a", text(*base)), call("b", text(*near)), call("c", text(*chained)))
    assert (a.family, b.family, c.family) == ("a", "a", "c")
    assert b.family_similarity == pytest.approx(36 / 44)
    assert b.repeat_of is None
    assert b.request.messages[0].content


def test_a_repeat_of_a_family_member_belongs_to_the_family(call: Any) -> None:
    base = list(range(40))
    near = text(*base[:38], 100, 101)
    _, member, repeat = emitted(harness(), call("a", text(*base)), call("b", near), call("c", near))
    assert (repeat.repeat_of, repeat.family, repeat.family_similarity) == ("b", "a", member.family_similarity)


def test_task_keys_never_meet(call: Any) -> None:
    long = text(*range(40))
    events = emitted(
        harness(), call("a", long, task_key="k"), call("b", long, task_key="l"), call("c", long + " y", task_key="l")
    )
    assert [event.family for event in events] == ["a", "b", "b"]
    assert events[1].repeat_of is None


def test_a_trainable_call_is_no_repeat_of_one_that_may_not_train(call: Any) -> None:
    events = emitted(
        harness(),
        call("a", "x", untrainable="not_frontier"),
        call("b", "x"),
        call("c", "x"),
        call("d", "x", untrainable="y"),
    )
    assert [event.repeat_of for event in events] == [None, None, "b", "b"]
    assert [event.family for event in events] == ["a", "a", "a", "a"]


def test_every_step_of_an_episode_is_kept(call: Any) -> None:
    messages: tuple[ChatMessage, ...] = (
        ChatMessage(role="user", content="plan my whole trip to the sea with two children"),
    )
    events = []
    for step in range(10):
        events.append(call(f"s{step}", "", request=Request(messages=messages)))
        messages += (
            ChatMessage(
                role="assistant", tool_calls=(ToolCall(name=f"tool{step}", arguments_json=f'{{"a": {step}}}'),)
            ),
            ChatMessage(role="tool", content=f'{{"result": "{WORDS[step]}"}}'),
        )
    assert [event.repeat_of for event in emitted(harness(), *events)] == [None] * 10


def test_calls_of_one_template_that_differ_in_a_value_stay_apart(call: Any) -> None:
    events = [
        call(str(number), f"Please refund order {number} for me, it arrived damaged on Monday") for number in range(300)
    ]
    out = emitted(harness(), *events)
    assert all(event.repeat_of is None and event.request.messages for event in out)
    assert {event.family for event in out} == {"0"}


def test_the_window_forgets_whole_generations(call: Any) -> None:
    h = harness()
    h.feed([call("a", "x", at_ms=0)])
    assert emitted(h, call("b", "x", at_ms=1500))[0].repeat_of == "a"
    assert emitted(h, call("c", "x", at_ms=2600))[0].repeat_of == "a"
    assert emitted(h, call("d", "x", at_ms=3700))[0].repeat_of is None
    assert emitted(h, call("e", "x", at_ms=3800))[0].repeat_of == "d"
    assert "a" not in h.state.store("documents")
    assert "d" in h.state.store("documents")


def test_a_generation_also_ends_by_count_and_a_skewed_clock_cannot_empty_the_window(call: Any) -> None:
    h = harness(Span(generations=2, generation_ms=10**9, generation_records=3))
    h.feed([call(str(number), f"text {number}") for number in range(7)])
    assert len(h.state.store("documents")) < 7
    h = harness()
    h.feed([call("a", "x"), call("far", "y", at_ms=10**12)])
    assert emitted(h, call("b", "x", at_ms=10))[0].repeat_of == "a"


def test_a_restored_deduper_goes_on_as_if_nothing_had_happened(call: Any) -> None:
    rng = random.Random(7)
    events = [
        call(f"e{number}", text(*rng.sample(range(60), 30)), at_ms=number * 13, answer=str(rng.random() < 0.5))
        for number in range(400)
    ]
    plain, stopped = harness(), harness()
    plain.feed(events)
    for start in range(0, 400, 50):
        stopped.feed(events[start : start + 50])
        stopped.restart()
    assert [out.event for out in stopped.outputs] == [out.event for out in plain.outputs]
    assert dict(stopped.state.store("documents").items()) == dict(plain.state.store("documents").items())


def test_a_state_of_other_parameters_is_refused(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    h = harness()
    h.feed([call("a", "x")])
    monkeypatch.setattr("services.deduper.processor.PARAMETERS", "other")
    with pytest.raises(FatalError, match="make them anew with `flywheel topics apply`"):
        h.restart()


def test_entries_of_another_format_are_refused_even_without_a_header(call: Any) -> None:
    h = harness()
    h.feed([call("a", "x")])
    store = h.state.store("documents")
    store.put("a", b"otherfmt" + (store.get("a") or b"")[8:])
    with pytest.raises(FatalError, match="make them anew with `flywheel topics apply`"):
        application(threshold=0.8, span=SPAN).processor(TaskId("deduper", ("t",), 0)).restored(h.state)


@pytest.mark.parametrize("content", ["", "🙂", "你好 世界", "x" * 100_000, "⟦NAME_1⟧"])
def test_odd_texts_have_verdicts(call: Any, content: str) -> None:
    first, second, third = emitted(harness(), call("a", content), call("b", content), call("c", content, answer="z"))
    assert second.repeat_of == "a"
    assert third.family in ("a", "c")
    assert first.family == "a"


def test_tombstones_are_skipped() -> None:
    assert harness().feed([None]) == [Skipped("tombstone")]
