"""JSON text taken apart without being rewritten: what is not changed keeps its spelling, byte for byte.

``json`` alone would turn ``1.10`` into ``1.1``, ``1e400`` into ``Infinity`` and drop repeated keys.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


@dataclass(frozen=True, slots=True)
class Leaf:
    """A string, a number or an object key of a JSON text. ``start`` and ``end`` cover its token, quotes included."""

    start: int
    end: int
    value: str
    """Decoded string, or a number as written."""
    is_string: bool
    is_key: bool
    path: tuple[str, ...]
    """Keys from the root; list positions are left out."""
    container: int
    """Which object of the text holds it: siblings share it."""


def parse_structure(text: str) -> dict[str, Any] | list[Any] | None:
    """The object or array that a text holds, or ``None`` if it is anything else (a scalar, no JSON, too deep)."""
    head = text.lstrip()[:1]
    if head != "{" and head != "[":
        return None
    try:
        value = json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def leaves(text: str) -> Iterator[Leaf]:
    """Leaves of a JSON text in order. The text must have passed :func:`parse_structure`."""
    stack: list[tuple[tuple[str, ...], int, bool]] = []
    path: tuple[str, ...] = ()
    container, containers = 0, 0
    in_object = expects_key = False
    for match in _TOKEN.finditer(text):
        token = match.group()
        head = token[0]
        if head in "{[":
            stack.append((path, container, in_object))
            in_object = expects_key = head == "{"
            if in_object:
                containers += 1
                container = containers
        elif head in "}]":
            path, container, in_object = stack.pop()
            expects_key = False
        elif head == ",":
            expects_key = in_object
        elif head == ":":
            expects_key = False
        elif head == '"':
            value = json.loads(token)
            if expects_key:
                path = (*(stack[-1][0]), value)
            yield Leaf(match.start(), match.end(), value, True, expects_key, path, container)
        elif head in "-0123456789":
            yield Leaf(match.start(), match.end(), token, False, False, path, container)


def rewritten(text: str, replacements: list[tuple[Leaf, str]]) -> str:
    """The text with leaves replaced by strings, in order; everything else stays as it was written."""
    pieces: list[str] = []
    position = 0
    for leaf, value in replacements:
        pieces += (text[position : leaf.start], json.dumps(value, ensure_ascii=False))
        position = leaf.end
    pieces.append(text[position:])
    return "".join(pieces)


def canonical(text: str) -> str:
    """One spelling for equal JSON values (keys sorted, no spaces); text that is no JSON stays as it is."""
    try:
        return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def keys_and_texts(value: Any) -> Iterator[tuple[str, bool]]:
    """Every key (flag true) and every string leaf (flag false), in order. Numbers of a parsed structure count as text."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key, True
            yield from keys_and_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from keys_and_texts(item)
    elif isinstance(value, str):
        yield value, False
