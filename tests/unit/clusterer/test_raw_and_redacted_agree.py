"""Router and clusterer see one request raw and redacted: they must read the same task and match the same cluster."""

from collections.abc import Callable
from typing import Any

import pytest

from services.clusterer.logic.parameters import Parameters
from services.clusterer.processor import application
from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner
from shared.events.calls import ChatMessage, Request, ToolDefinition
from shared.stream.testing import Harness
from shared.tasks import identity
from shared.tasks.features import Featuriser
from shared.tasks.matcher import MatcherIndex

PAIRS = 2400
SYSTEM = "You help Maria Garcia of ACME (maria@example.com, +1 415 555 2671). Today is 2026-03-0{day}. Never guess."


BOILERPLATE = (
    "The caller Maria Garcia from Lisbon, reference ORD-{n}, has been in the queue for {n} minutes. Read what was said with "
    "care, choose the one function that fits, and fill in only what the text holds. This is what was said: {text}"
)


@pytest.mark.parametrize("wrapper", ["{text}", BOILERPLATE])
def test_task_keys_and_matches_agree_on_raw_and_redacted_requests(
    featuriser: Featuriser, make: Any, traffic: Callable[[int, int], list[tuple[str, str]]], wrapper: str
) -> None:
    redactor = Redactor(Scanner("pii"))
    tools = tuple(ToolDefinition(name=name) for name in ("book_table", "refund", "weather"))
    pairs = []
    for n, (tool, text) in enumerate(traffic(PAIRS, 77)):
        system = ChatMessage(role="system", content=SYSTEM.format(day=n % 9 + 1))
        said = wrapper.format(text=text, n=n)
        raw = Request(messages=(system, ChatMessage(role="user", content=said)), tools=tools)
        pairs.append((tool, raw, redactor.redact(raw, None).request))
    assert sum(raw != redacted for _, raw, redacted in pairs) == PAIRS
    h = Harness(application(featuriser=featuriser, parameters=Parameters()))
    h.feed([make(n, "", tool, request=redacted) for n, (tool, _, redacted) in enumerate(pairs[:800])])
    index = MatcherIndex(featuriser)
    for output in h.outputs:
        if output.topic == "cluster.changed":
            index.update(output.key, output.event)
    events = [output.event for output in h.outputs if output.topic == "cluster.changed"]
    carried = any(token.startswith("shared:") for event in events if event.matcher for token in event.matcher.idf)
    assert carried == (wrapper == BOILERPLATE)
    same_key = same_match = matched = 0
    for _, raw, redacted in pairs:
        same_key += identity.task_key(raw, "t", b"k") == identity.task_key(redacted, "t", b"k")
        left, right = index.match(raw, "k"), index.match(redacted, "k")
        matched += left is not None
        same_match += (left and left.cluster) == (right and right.cluster)
    assert same_key >= 0.995 * PAIRS
    assert same_match >= 0.995 * PAIRS
    assert matched >= 0.95 * PAIRS
