"""Labelled training tokens: filled templates, and public text whose capitalised words are mostly no names."""

import csv
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

from services.ingest_redactor.logic.names.tagger import TOKEN, lists_of
from services.ingest_redactor.training.values import Piece, Values

_SLOT = re.compile(r"\{\{?([A-Za-z_]+)\}?\}")
_HERE = Path(__file__).parent
_PUBLIC_SLOTS = {
    "person": "name", "person_name": "name", "first_name": "first", "last_name": "last", "city": "place", "prefix": "title",
    "organization": "org", "country": "country", "nationality": "nationality", "gpe": "place", "first_name_male": "first",
    "first_name_female": "first", "last_name_male": "last", "last_name_female": "last", "name": "name",
    "name_male": "name", "name_female": "name", "prefix_male": "title", "prefix_female": "title", "company": "org",
}  # fmt: skip
Labelled = tuple[list[str], list[str]]
"""Tokens, and of each its label (``?``: not learnt from)."""


def tokens_of(pieces: list[Piece]) -> Labelled:
    text = "".join(piece for piece, _ in pieces)
    marks: list[tuple[int, str]] = []
    end = 0
    for piece, label in pieces:
        end += len(piece)
        marks.append((end, label))
    tokens, labels, at = [], [], 0
    for match in TOKEN.finditer(text):
        while marks[at][0] <= match.start():
            at += 1
        tokens.append(match.group())
        labels.append(marks[at][1])
    return tokens, labels


def filled(template: str, values: Values, slots: dict[str, str] | None = None) -> list[Piece]:
    pieces: list[Piece] = []
    end = 0
    for slot in _SLOT.finditer(template):
        pieces.append((template[end : slot.start()], ""))
        kind = slot.group(1) if slots is None else slots.get(slot.group(1).lower(), "thing")
        pieces += values.of(kind)
        end = slot.end()
    return [*pieces, (template[end:], "")]


def own_templates() -> list[str]:
    lines = (_HERE / "templates.txt").read_text(encoding="utf-8").splitlines()
    return [line.replace("\\n", "\n") for line in lines if line.strip()]


def generated(values: Values, rounds: int, data: Path | None) -> Iterator[Labelled]:
    """Every template so many times; two in a row now and then, as texts go on."""
    own = [(template, None) for template in own_templates()]
    public = []
    if data is not None:
        lines = (data / "presidio-research" / "templates.txt").read_text(encoding="utf-8", errors="ignore").splitlines()
        public = [(line.replace("\\n", "\n"), _PUBLIC_SLOTS) for line in lines[::2] if line.strip()]
    every: list[tuple[str, dict[str, str] | None]] = [*own, *own, *public]
    for _ in range(rounds):
        values.random.shuffle(every)
        for index, (template, slots) in enumerate(every):
            pieces = filled(template, values, slots)
            if values.random.random() < 0.4:
                other, other_slots = every[index - 1]
                pieces += [(values.random.choice((" ", "\n", " ")), ""), *filled(other, values, other_slots)]
            yield tokens_of(pieces)


def public_text(data: Path, values: Values) -> Iterator[Labelled]:
    """Utterances of CLINC150 and BANKING77 as sentences and as titles, and every other prompt of bfcl-eval.

    They bear no labels: a word that a name list or the list of towns knows is not learnt from.
    """
    for text in _utterances(data):
        chance = values.random.random()
        if chance < 0.35:
            continue
        if chance > 0.65:
            yield _without_known(_capitalised_here_and_there(text, values), everywhere=True)
            continue
        shown = text.title() if chance > 0.62 else text.upper() if chance > 0.6 else text[:1].upper() + text[1:]
        yield _without_known(shown, everywhere=True)
    for text in _prompts():
        yield _without_known(text)


def _capitalised_here_and_there(text: str, values: Values) -> str:
    """Ordinary words with a capital inside a sentence: titles of films, buttons, courses."""
    words = text.split(" ")
    at = values.random.randrange(len(words))
    chosen = range(at, at + values.random.choice((1, 1, 2, 2, 3)))
    return " ".join(word.capitalize() if index in chosen or index == 0 else word for index, word in enumerate(words))


def _without_known(text: str, *, everywhere: bool = False) -> Labelled:
    tokens = TOKEN.findall(text)
    learnt = {at for at, token in enumerate(tokens) if everywhere or at == 0 or tokens[at - 1] in ".!?\n"}
    return tokens, ["" if at in learnt and not lists_of(token) & 13 else "?" for at, token in enumerate(tokens)]


def _utterances(data: Path) -> Iterator[str]:
    for path in sorted(data.glob("clinc150/*.json*")):
        raw = path.read_bytes()
        rows = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
        for name in ("train", "oos_train"):
            yield from (str(row[0]) for row in rows.get(name, []))
    for path in sorted(data.glob("banking77/*train*")):
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
        yield from (row["text"] for row in csv.DictReader(text.splitlines()))


def _prompts() -> Iterator[str]:
    """Even-numbered prompts; the others are kept for measuring."""
    from importlib.resources import files

    for kind in ("simple_python", "multiple", "parallel", "live_simple", "live_multiple", "irrelevance"):
        lines = (files("bfcl_eval") / "data" / f"BFCL_v4_{kind}.json").read_text(encoding="utf-8").splitlines()
        for line in lines[::2]:
            yield from (turn["content"] for turn in json.loads(line)["question"][0] if turn["role"] == "user")
