"""Labelled streams for task discovery: public intents in drift order, and tool calls generated here."""

import csv
import gzip
import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """What ``flywheel cluster`` reads, and the task that it belongs to."""

    value: dict[str, Any]
    label: str


@dataclass(frozen=True, slots=True)
class Source:
    name: str
    rows: tuple[tuple[str, str], ...]
    """Text and label."""
    file: str
    """Path and start of the SHA-256 of what was read."""


def _read(path: Path) -> tuple[str, str]:
    data = path.read_bytes()
    return gzip.decompress(data).decode(), f"{path.parent.name}/{path.name} {hashlib.sha256(data).hexdigest()[:12]}"


def clinc150(folder: Path) -> Source:
    """In-scope utterances of all three parts."""
    text, file = _read(folder / "clinc150" / "data_full.json.gz")
    data = json.loads(text)
    return Source(
        "CLINC150", tuple((one, intent) for part in ("train", "val", "test") for one, intent in data[part]), file
    )


def banking77(folder: Path) -> Source:
    rows: list[tuple[str, str]] = []
    files: list[str] = []
    for part in ("train", "test"):
        text, file = _read(folder / "banking77" / f"{part}.csv.gz")
        rows += [(row["text"], row["category"]) for row in csv.DictReader(text.splitlines())]
        files.append(file)
    return Source("BANKING77", tuple(rows), ", ".join(files))


def drifting(source: Source, seed: int) -> list[Line]:
    """Half of the intents from the start, the others one by one, each spread evenly from there to the end."""
    rng = random.Random(seed)
    labels = sorted({label for _, label in source.rows})
    rng.shuffle(labels)
    half = len(labels) // 2
    starts = {label: max(0, place - half + 1) / (len(labels) - half + 1) for place, label in enumerate(labels)}
    return _numbered(
        sorted((starts[label] + (1 - starts[label]) * rng.random(), text, label) for text, label in source.rows)
    )


def shuffled(source: Source, seed: int) -> list[Line]:
    rng = random.Random(seed)
    return _numbered(sorted((rng.random(), text, label) for text, label in source.rows))


def _numbered(rows: list[tuple[float, str, str]]) -> list[Line]:
    return [Line({"id": str(number), "text": text}, label) for number, (_, text, label) in enumerate(rows)]


_VERBS = "get create update cancel list".split()  # noqa: SIM905
_OBJECTS = {
    "invoice": ("invoice_id", "currency", "due_date"), "shipment": ("tracking_number", "carrier", "depot"),
    "appointment": ("doctor", "clinic", "time_slot"), "playlist": ("playlist_name", "genre", "length"),
    "ticket": ("priority", "queue", "assignee"), "booking": ("room_type", "guests", "nights"),
    "server": ("hostname", "region", "memory_gb"), "contract": ("party", "clause", "term_months"),
}  # fmt: skip
_WAYS = {
    "get": ("show me the {o} for {v}", "what is in {o} {v}?", "pull up {v}'s {o}, I need {k}"),
    "create": ("set up a new {o} for {v} with {k}", "I need another {o}, {k} is {v}", "add a {o}: {v}"),
    "update": ("change the {k} of {o} {v}", "{o} {v} has the wrong {k}, fix it", "move {o} {v} to another {k}"),
    "cancel": ("drop the {o} of {v}", "we no longer want {o} {v}", "call off {v}'s {o} please"),
    "list": ("which {o}s does {v} have?", "all {o}s by {k} please", "give me every {o} of {v} sorted by {k}"),
}


_KEYS = {
    "get": ("fields", "as_of"), "create": ("draft", "notify"), "update": ("patch", "if_version"),
    "cancel": ("reason", "refund"), "list": ("limit", "sort_by", "page"),
}  # fmt: skip


def tool_calls(count: int, seed: int) -> Iterator[Line]:
    """Calls of forty functions, rare and frequent. Functions of one object share one argument key and those of one verb
    two or three; every agent offers the functions of two objects."""
    rng = random.Random(seed)
    names = [f"{verb}_{thing}" for verb in _VERBS for thing in _OBJECTS]
    weights = [1 / (place + 3) for place in range(len(names))]
    rng.shuffle(names)
    things = list(_OBJECTS)
    for number in range(count):
        (name,) = rng.choices(names, weights)
        verb, _, thing = name.partition("_")
        keys = _OBJECTS[thing]
        value = f"{rng.choice(('ACME', 'Lena', 'K', 'north'))}-{rng.randint(1, 999)}"
        text = rng.choice(_WAYS[verb]).format(o=thing, k=rng.choice(keys).replace("_", " "), v=value)
        given = [keys[0], *_KEYS[verb]]
        if rng.random() < 0.3:
            given.append(rng.choice(keys[1:]))
        agent = things.index(thing) // 2 * 2
        offered = [f"{one}_{other}" for one in _VERBS for other in things[agent : agent + 2]]
        yield Line({"id": str(number), "text": text, "tools": offered, "argument_keys": given}, name)


_ACTS = (
    "close", "reopen", "escalate", "assign", "merge", "delete", "archive", "translate", "summarise", "export", "print",
    "lock", "rate", "tag",
)  # fmt: skip
_SAID = ("{a} {o} {v}", "please {a} the {o} {v}", "can you {a} {o} {v} for me?", "{o} {v}: {a} it now")


def functions_of_one_key(count: int, seed: int) -> Iterator[Line]:
    """Calls of 56 functions, 14 on each of four objects, that all take nothing but the object's id: offer and keys are
    alike, the words alone tell them apart. Few wordings, so that nearly every function is one micro-cluster."""
    rng = random.Random(seed)
    for number in range(count):
        thing, act = rng.choice(tuple(_OBJECTS)[:4]), rng.choice(_ACTS)
        text = rng.choice(_SAID).format(a=act, o=thing, v=f"{rng.choice('ABC')}-{rng.randint(1, 999)}")
        offered = [f"{other}_{thing}" for other in _ACTS]
        yield Line(
            {"id": str(number), "text": text, "tools": offered, "argument_keys": [f"{thing}_id"]}, f"{act}_{thing}"
        )
