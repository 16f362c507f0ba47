"""Sets of documents by a language model that had not seen the rules: written, or from templates that it wrote and filled;
made-up people throughout. Texts, and calls of agents with their tool results and answers.

Each was measured before anything it showed was mended; ``written/README.md`` keeps those figures. Since then they are
what development looks at: what they measure today is no estimate for unseen text, but what a change must not lose.
"""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.cli.curation_redact import redact_line
from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.rules.rule import Profile
from tests.bench.curation.goals import Row
from tests.bench.curation.redaction_quality import Tally, hidden, percent, spans_of, touched

_FOLDER = Path(__file__).with_name("written")
AGENT = (
    "agent_1",
    "agent_2",
    "agent_3",
    "agent_4",
    "agent_5",
    "agent_6",
    "agent_7",
    "agent_8",
    "agent_9",
    "agent_10",
    "agent_11",
    "agent_12",
    "agent_13",
    "agent_14",
    "agent_15",
    "agent_16",
    "agent_17",
    "agent_18",
    "agent_19",
    "agent_20",
    "agent_21",
    "agent_22",
    "agent_23",
)
CLINICAL = (
    "clinical_1",
    "clinical_2",
    "clinical_3",
    "clinical_4",
    "clinical_5",
    "clinical_6",
    "clinical_7",
    "clinical_8",
    "clinical_9",
    "clinical_10",
)
SETS: tuple[tuple[Profile, tuple[str, ...]], ...] = (("pii", AGENT), ("hipaa", CLINICAL))
NAME = "NAME"


def places_of(value: str, text: str) -> Iterator[tuple[int, int]]:
    """Every place of a value, not as a part of a longer number or word."""
    for match in re.finditer(re.escape(value), text):
        start, end = match.span()
        joined = str.isdigit if value.isdigit() else str.isalnum
        if not (joined(text[start - 1 : start]) or joined(text[end : end + 1])):
            yield start, end


def measured(redactor: Redactor, name: str) -> tuple[Tally, Tally]:
    """Identifiers by type (good: hidden wherever they stand), harmless look-alikes (good: untouched)."""
    recall, harmless = Tally(), Tally()
    for row in _rows(name):
        texts = _texts(redactor, row)
        for value, kind in row["identifiers"]:
            good = all(hidden(text, *place, spans) for text, spans in texts for place in places_of(value, text))
            recall.add(kind, good, value)
        for value in row["harmless"]:
            place = next(((text, at, spans) for text, spans in texts if (at := text.find(value)) >= 0), None)
            if place is not None:
                text, start, spans = place
                harmless.add("look-alike", not touched(text, start, start + len(value), spans), value)
    return recall, harmless


def texts(name: str) -> list[str]:
    """What a set holds, as it came."""
    return [
        text
        for row in _rows(name)
        for text in ([row["text"]] if "text" in row else [text for _, text in _contents(row)])
    ]


def _rows(name: str) -> Iterator[dict[str, Any]]:
    for line in gzip.decompress((_FOLDER / f"{name}.jsonl.gz").read_bytes()).decode().splitlines():
        yield json.loads(line)


_Redacted = tuple[str, list[tuple[int, int]]]
"""A text, and what is redacted in it."""


def _texts(redactor: Redactor, row: dict[str, Any]) -> list[_Redacted]:
    if "text" in row:
        return [(row["text"], spans_of(redactor, row["text"]))]
    line = {"messages": row["messages"], "response": row["response"]}
    spans: dict[str, list[tuple[int, int]]] = {}
    for span in redact_line(redactor, line)["spans"]:
        spans.setdefault(span["path"], []).append((span["start"], span["end"]))
    return [(text, spans.get(path, [])) for path, text in _contents(line)]


def _contents(line: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What is said and the arguments of calls, with their paths as ``flywheel redact`` names them."""
    messages = [(f"messages[{at}]", message) for at, message in enumerate(line["messages"])]
    for path, message in [*messages, ("response", line["response"])]:
        if message.get("content"):
            yield f"{path}.content", message["content"]
        for at, call in enumerate(message.get("tool_calls") or []):
            yield f"{path}.tool_calls[{at}].function.arguments", call["function"]["arguments"]


def rows(name: str, recall: Tally, harmless: Tally) -> Iterator[Row]:
    kept, every = harmless.share()
    for label, kinds in (("names", {NAME}), ("other identifiers", set(recall.all) - {NAME})):
        yield Row(
            f"{name}, written without sight of the rules, mended since: {label} found", percent(*recall.share(kinds))
        )
    yield Row(f"{name}: look-alikes touched", percent(every - kept, every))
