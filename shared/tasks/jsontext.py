"""JSON text that keeps what it does not change: numbers stay as they were written, unknown shapes stay text.

``json`` alone would turn ``1.10`` into ``1.1``, ``1e400`` into ``Infinity`` and drop repeated keys.
"""

import json
from collections.abc import Iterator
from typing import Any

MAX_DEPTH = 64
"""Deeper structures are treated as text."""


class Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


class NotJsonError(ValueError):
    """The text is no JSON that can be rewritten without loss. The message never holds content."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise NotJsonError("repeated key")
    return value


def _no_constant(_: str) -> Any:
    raise NotJsonError("NaN or Infinity")


def parse(text: str) -> Any:
    """The value of a JSON text, numbers as :class:`Number`. Raises :class:`NotJsonError`."""
    try:
        value = json.loads(
            text, parse_float=Number, parse_int=Number, parse_constant=_no_constant, object_pairs_hook=_pairs
        )
        _check_depth(value, 0)
    except NotJsonError:
        raise
    except (ValueError, RecursionError) as error:
        raise NotJsonError(type(error).__name__) from None
    return value


def parse_structure(text: str) -> dict[str, Any] | list[Any] | None:
    """The object or array that a text holds, or ``None`` if it is anything else."""
    head = text.lstrip()[:1]
    if head != "{" and head != "[":
        return None
    try:
        value = parse(text)
    except NotJsonError:
        return None
    return value if isinstance(value, dict | list) else None


def _check_depth(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise NotJsonError("too deep")
    if isinstance(value, dict):
        for item in value.values():
            _check_depth(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check_depth(item, depth + 1)


def write(value: Any) -> str:
    """The inverse of :func:`parse`, compact, non-ASCII kept."""
    pieces: list[str] = []
    _write(value, pieces)
    return "".join(pieces)


def _write(value: Any, pieces: list[str]) -> None:
    if isinstance(value, Number):
        pieces.append(str(value))
    elif isinstance(value, dict):
        pieces.append("{")
        for index, (key, item) in enumerate(value.items()):
            pieces.append(f"{', ' if index else ''}{json.dumps(key, ensure_ascii=False)}: ")
            _write(item, pieces)
        pieces.append("}")
    elif isinstance(value, list):
        pieces.append("[")
        for index, item in enumerate(value):
            if index:
                pieces.append(", ")
            _write(item, pieces)
        pieces.append("]")
    else:
        pieces.append(json.dumps(value, ensure_ascii=False))


def canonical(text: str) -> str:
    """One spelling for equal JSON values (keys sorted, no spaces); text that is no JSON stays as it is."""
    try:
        value = json.loads(text)
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def keys_and_texts(value: Any) -> Iterator[tuple[str, bool]]:
    """Every key (flag true) and every string leaf (flag false), in order."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key, True
            yield from keys_and_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from keys_and_texts(item)
    elif isinstance(value, str) and not isinstance(value, Number):
        yield value, False
