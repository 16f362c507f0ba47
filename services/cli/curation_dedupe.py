"""``flywheel dedupe``: the deduper's window over JSON Lines, without a broker.

Lines are judged as they come: as many at once as have arrived, with the verdicts of one by one. A line is judged by its
text alone; ``id`` only names it. The state is one file: a line of JSON that says how it was written, then the remembered
lines as length, id, length, document.
"""

import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from services.cli.curation_lines import (
    BadLineError,
    field_of,
    id_as_it_came,
    id_of,
    json_of,
    key_of,
    line_batches,
    object_of,
    stream_of,
)
from services.cli.curation_state import held
from services.deduper.logic.document import ORIGINAL, REPEAT, Document
from services.deduper.logic.signatures import PARAMETERS
from services.deduper.logic.verdicts import Call, Verdict
from services.deduper.logic.window import Window
from shared.errors import FatalError, SettingsError
from shared.ids import content_hash

THRESHOLD = 0.8
_LENGTH = struct.Struct("<I")


class Dedupe:
    """Judges lines; what it remembers is kept in ``state`` if there is one."""

    def __init__(self, state: Path | None) -> None:
        self._path = None if state is None else state / "window.bin"
        self._window = Window(THRESHOLD)
        self._remembered: list[tuple[str, bytes]] = []
        self._sequence = 0
        self._line = 0
        if state is not None and (state / "window.json").exists():
            raise SettingsError(f"{state / 'window.json'} is of an earlier version: delete it and start anew")
        if self._path is not None and self._path.exists():
            self._load(self._path)

    def answers(self, lines: list[bytes]) -> Iterator[tuple[dict[str, Any], str]]:
        """One output a line in, and what is wrong with the line (its number, never its content) or nothing."""
        parsed = [self._parsed(line) for line in lines]
        calls = [one for one in parsed if isinstance(one, Call)]
        verdicts = iter(zip(calls, self._window.judge(calls), strict=True))
        for one in parsed:
            self._line += 1
            if isinstance(one, str):
                yield {"error": one}, f"line {self._line}: {one}"
                continue
            call, verdict = next(verdicts)
            if verdict.repeat_of is None and self._path is not None:
                self._remembered.append((call.event_id, verdict.remembered))
            yield _answer(call, verdict), ""

    def save(self) -> None:
        """Written beside and moved into place: a crash leaves the old state."""
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".draft")
        with draft.open("wb") as file:
            head = {"parameters": PARAMETERS, "threshold": THRESHOLD, "documents": len(self._remembered)}
            file.write(json.dumps(head).encode() + b"\n")
            for name, data in self._remembered:
                label = name.encode()
                file.write(b"".join((_LENGTH.pack(len(label)), label, _LENGTH.pack(len(data)), data)))
        draft.replace(self._path)

    def _parsed(self, line: bytes) -> Call | str:
        value = object_of(line)
        if isinstance(value, str):
            return value
        try:
            name, text, key = id_of(value), field_of(value, "text"), key_of(value)
        except BadLineError as error:
            return str(error)
        fingerprint = content_hash("fingerprint", key, " ".join(text.split()).encode("utf-8", "surrogatepass"))
        self._sequence += 1
        return Call(name, key, bytes.fromhex(fingerprint), True, text, 0, self._sequence, 0)

    def _load(self, path: Path) -> None:
        with path.open("rb") as file:
            try:
                head = json.loads(file.readline())
                parameters, threshold, count = head["parameters"], head["threshold"], head["documents"]
            except (ValueError, KeyError, TypeError) as error:
                raise SettingsError(f"{path} is damaged: delete it and start anew") from error
            if parameters != PARAMETERS or threshold != THRESHOLD:
                raise SettingsError(
                    f"{path} was written with {parameters} at {threshold}, this is {PARAMETERS} at {THRESHOLD}: "
                    "delete it and start anew"
                )
            try:
                self._remembered = [(_piece(file).decode(), _piece(file)) for _ in range(count)]
                self._window.restore(self._remembered)
            except (ValueError, TypeError, FatalError) as error:
                raise SettingsError(f"{path} is damaged: delete it and start anew") from error
        if self._remembered:
            self._sequence = Document.decode(self._remembered[-1][1]).sequence


def _piece(file: BinaryIO) -> bytes:
    head = file.read(_LENGTH.size)
    if len(head) != _LENGTH.size:
        raise ValueError("the file ends early")
    data = file.read(_LENGTH.unpack(head)[0])
    if len(data) != _LENGTH.unpack(head)[0]:
        raise ValueError("the file ends early")
    return data


def _answer(call: Call, verdict: Verdict) -> dict[str, Any]:
    original = verdict.kind == ORIGINAL
    return {
        "id": id_as_it_came(call.event_id),
        "duplicate_of": None if original else id_as_it_came(verdict.family),
        "similarity": None if original else verdict.similarity,
        "repeat": verdict.kind == REPEAT,
    }


def run(file: Path | None, state: Path | None) -> int:
    """Standard input or a file to standard output; returns how many lines were bad. A run that is cut short leaves the state
    as it was."""
    with held(state), stream_of(file) as stream:
        dedupe = Dedupe(state)
        bad = _copy(dedupe, stream)
        dedupe.save()
    return bad


def _copy(dedupe: Dedupe, stream: BinaryIO) -> int:
    bad = 0
    for lines in line_batches(stream):
        written = []
        for answer, problem in dedupe.answers(lines):
            written.append(json_of(answer) + "\n")
            if problem:
                bad += 1
                sys.stderr.write(problem + "\n")
        sys.stdout.write("".join(written))
        sys.stdout.flush()
    return bad
