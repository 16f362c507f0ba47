"""Spans of a redacted line: which string of the line, and where in it as it came."""

import json
import re
from collections.abc import Iterator
from typing import Any

from services.ingest_redactor.logic.documents import decoded_length
from services.ingest_redactor.logic.redaction import Span
from shared.tasks.jsontext import leaves

_STEP = re.compile(r"([A-Za-z_]+)|\[(\d+)\]")


def span_of(span: Span, line: dict[str, Any], path: str | None, explain: bool) -> dict[str, Any]:
    """Where the line holds an object or a list, which was read as its JSON text, the path goes on to the string inside."""
    where = span.path if path is None else path + span.path.removeprefix("response.content")
    for inner in ("arguments", "description", "parameters"):
        where = where.replace(f"].{inner}", f"].function.{inner}", 1)
    start, end = span.start, span.end
    held = _at(line, where)
    if held is None and where.startswith("tools["):  # a tool without the outer object
        where = where.replace("].function.", "].", 1)
        held = _at(line, where)
    if isinstance(held, dict | list):
        where, start, end = _inside(held, where, start, end)
    found: dict[str, Any] = {"path": where, "start": start, "end": end, "type": span.type}
    return {**found, "rule": span.rule} if explain else found


def _at(line: Any, path: str) -> Any:
    """The value that a path names, ``None`` if there is none."""
    for name, index in _STEP.findall(path):
        try:
            line = line[name] if name else line[int(index)]
        except (KeyError, IndexError, TypeError):
            return None
    return line


def _inside(held: Any, path: str, start: int, end: int) -> tuple[str, int, int]:
    """Path and places in the string leaf that stands at places of the value's JSON text."""
    text = json.dumps(held, ensure_ascii=False)
    for leaf, leaf_path in zip(leaves(text), _leaf_paths(held), strict=True):
        if leaf.start <= start and end <= leaf.end:
            first = leaf.start + leaf.is_string
            return path + leaf_path, decoded_length(text[first:start]), decoded_length(text[first:end])
    return path, start, end


def _leaf_paths(held: Any, path: str = "") -> Iterator[str]:
    """Paths of keys, strings and numbers in the order of the JSON text."""
    if isinstance(held, dict):
        for key, item in held.items():
            yield f"{path}.{key}"
            yield from _leaf_paths(item, f"{path}.{key}")
    elif isinstance(held, list):
        for index, item in enumerate(held):
            yield from _leaf_paths(item, f"{path}[{index}]")
    elif held is not None and not isinstance(held, bool):
        yield path
