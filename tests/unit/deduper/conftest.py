"""Calls for the deduper, already redacted."""

from collections.abc import Callable

import pytest

from shared.events.calls import Answer, ChatMessage, Request
from shared.events.observations import ObservationRedacted, RedactionProof
from shared.ids import content_hash

Call = Callable[..., ObservationRedacted]


@pytest.fixture
def call() -> Call:
    def build(
        event_id: str, text: str, *, answer: str = "done", task_key: str = "k", at_ms: int = 0, untrainable: str | None = None,
        request: Request | None = None, step: str | None = None,
    ) -> ObservationRedacted:  # fmt: skip
        asked = request or Request(messages=(ChatMessage(role="user", content=text),))
        return ObservationRedacted(
            event_id=event_id,
            tenant="t",
            episode=event_id,
            occurred_at_ms=1_700_000_000_000 + at_ms,
            request=asked,
            answer=Answer(content=answer),
            proof=RedactionProof(rule_set="r", profile="pii", counts={}, source_partition=0, source_offset=0),
            task_key=task_key,
            template_id="t",
            tool_signature="s",
            step_hash=content_hash(step or repr(asked)),
            answer_hash=content_hash(answer),
            untrainable_reason=untrainable,
        )

    return build
