"""JSON Lines in and out for the offline verbs of curation.

Nothing of a line's content ever goes to standard error: only its number and what is wrong with its shape.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from shared.errors import PoisonError

_READ_BYTES = 1 << 19


class BadLineError(ValueError):
    """The line has not the shape that the verb asks for. The message names a field, never a value."""


Refusal = BadLineError | UnicodeEncodeError | PoisonError
"""Why a verb makes nothing of a line."""

Value = TypeVar("Value")
Made = TypeVar("Made")


def attempted(verb: Callable[[Value], Made], value: Value) -> Made | Refusal:
    """What the verb makes of a value, or why it refuses it."""
    try:
        return verb(value)
    except (BadLineError, UnicodeEncodeError, PoisonError) as refusal:
        return refusal


@contextmanager
def stream_of(file: Path | None) -> Iterator[BinaryIO]:
    """A file or standard input."""
    if file is None or str(file) == "-":
        yield sys.stdin.buffer
        return
    with file.open("rb") as stream:
        yield stream


def line_batches(stream: BinaryIO) -> Iterator[list[bytes]]:
    """Whole lines, as many at once as a read gives: a writer that waits for each answer gets it."""
    rest = b""
    read = getattr(stream, "read1", stream.read)
    while data := read(_READ_BYTES):
        *lines, rest = (rest + data).split(b"\n")
        if lines:
            yield lines
    if rest:
        yield [rest]


def object_of(line: bytes) -> dict[str, Any] | str:
    """The JSON object of a line, or what is wrong with it. A byte order mark is no part of it."""
    try:
        value = json.loads(line.decode("utf-8-sig"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return "no JSON"
    return value if isinstance(value, dict) else "no JSON object"


def _no_constant(name: str) -> None:
    """NaN and the infinities are no JSON and would stand in the output as they came."""
    raise ValueError(name)


def json_of(value: Any) -> str:
    """One line of JSON; halves of surrogate pairs, which no encoding holds, as the escapes that they came as."""
    text = json.dumps(value, ensure_ascii=False)
    return text if _encodable(text) else json.dumps(value)


def unicode_of(value: Mapping[str, Any], name: str) -> str:
    """A field that must be text without halves of surrogate pairs. Raises :class:`BadLineError`."""
    text = field_of(value, name)
    if not _encodable(text):
        raise BadLineError(f"{name!r} is no Unicode text")
    return text


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_NUMBER_SIGN = "\0"
"""Before an id that came as a number. Text that has it there is refused: it would be taken for one."""


def id_of(value: Mapping[str, Any]) -> str:
    """The field ``id``, text or a whole number, as one text; :func:`id_as_it_came` turns it back. Raises
    :class:`BadLineError`."""
    name = value.get("id")
    if isinstance(name, int) and not isinstance(name, bool):
        return f"{_NUMBER_SIGN}{name}"
    if not isinstance(name, str) or name.startswith(_NUMBER_SIGN):
        raise BadLineError("'id' is missing, or neither text nor a whole number")
    return unicode_of(value, "id")


def id_as_it_came(name: str) -> str | int:
    return int(name[1:]) if name.startswith(_NUMBER_SIGN) else name


def key_of(value: Mapping[str, Any]) -> str:
    """The optional field ``key``, text or a number. Raises :class:`BadLineError`."""
    key = value.get("key")
    if not isinstance(key, str | int | float | None):
        raise BadLineError("'key' is no text")
    text = str(key or "")
    if not _encodable(text):
        raise BadLineError("'key' is no Unicode text")
    return text


def field_of(value: Mapping[str, Any], name: str) -> str:
    """A field that must be text. Raises :class:`BadLineError`."""
    field = value.get(name)
    if not isinstance(field, str):
        raise BadLineError(f"{name!r} is missing or no text")
    return field


class LineRunner:
    """Applies a verb to lines; one line out per line in, bad ones as ``{"error": …}`` and on standard error."""

    def __init__(self, write: Callable[[str], None], complain: Callable[[str], None]) -> None:
        self._write = write
        self._complain = complain
        self._lines = 0
        self.bad_lines = 0

    def results(
        self,
        batches: Iterable[Sequence[bytes]],
        verb: Callable[[Sequence[dict[str, Any]]], Sequence[dict[str, Any] | Refusal]],
    ) -> Iterator[list[dict[str, Any]]]:
        """Of each batch what the verb makes of its lines; an error object where it can make nothing."""
        for lines in batches:
            parsed = [object_of(line) for line in lines]
            made = iter(verb([value for value in parsed if isinstance(value, dict)]))
            yield [self._result(value if isinstance(value, str) else next(made)) for value in parsed]

    def _result(self, made: dict[str, Any] | str | Refusal) -> dict[str, Any]:
        self._lines += 1
        if isinstance(made, dict):
            return made
        problem = made if isinstance(made, str) else _problem(made)
        self.bad_lines += 1
        self._complain(f"line {self._lines}: {problem}")
        return {"error": problem}

    def write(self, results: Iterable[dict[str, Any]]) -> None:
        self._write("\n".join(json_of(result) for result in results))


def _problem(refusal: Refusal) -> str:
    if isinstance(refusal, PoisonError):
        return f"refused: {refusal.reason}"
    return str(refusal) if isinstance(refusal, BadLineError) else "no Unicode text"
