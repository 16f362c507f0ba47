"""Documents for measuring de-duplication: seeded words, edited copies, narrow templates, and the truth by brute force."""

import csv
import gzip
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from shared.events.calls import Answer, ChatMessage, Request
from shared.events.observations import ObservationRedacted, RedactionProof
from shared.ids import content_hash

DOCUMENT_CHARS = 880
_WORD = re.compile(r"\w+")
_BLOCK = 500
_PROOF = RedactionProof(rule_set="bench", profile="pii", counts={}, source_partition=0, source_offset=0)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Texts in stream order. ``source`` says where the words come from."""

    source: str
    texts: list[str]


def vocabulary(size: int, seed: int) -> list[str]:
    """Made-up words of 2 to 9 letters, the frequent ones short."""
    rng = Random(seed)
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    made: dict[str, None] = {}
    while len(made) < size:
        longest = 3 if len(made) < 100 else 9
        made["".join(rng.choices(letters, k=max(2, min(longest, round(rng.gauss(5, 1.8))))))] = None
    return list(made)


def generated(count: int, seed: int, words: Sequence[str]) -> Iterator[str]:
    """Endless variety: ``DOCUMENT_CHARS`` characters, about 165 words, 115 distinct, a third of them very frequent ones."""
    rng = np.random.default_rng(seed)
    table = np.array(words, dtype=object)
    for start in range(0, count, _BLOCK):
        frequent = rng.random((_BLOCK, 200)) < 0.48
        rows = np.where(frequent, rng.integers(0, 40, frequent.shape), rng.integers(0, len(words), frequent.shape))
        for row in table[rows][: count - start]:
            yield " ".join(row)[:DOCUMENT_CHARS]


def utterances(folder: Path) -> tuple[list[str], str]:
    """Public short utterances (BANKING77) and the files' names with their SHA-256."""
    lines: list[str] = []
    names = []
    for path in sorted((folder / "banking77").glob("*.csv.gz")):
        data = gzip.decompress(path.read_bytes())
        rows = list(csv.reader(data.decode("utf-8").splitlines()))
        lines += [row[0] for row in rows if len(row) > 1 and row[0] != "text"]
        names.append(f"{path.parent.name}/{path.name} sha256 {hashlib.sha256(data).hexdigest()[:16]}")
    return lines, ", ".join(names)


def joined(count: int, seed: int, lines: Sequence[str]) -> Iterator[str]:
    """Documents of about ``DOCUMENT_CHARS`` characters put together from real sentences."""
    rng = Random(seed)
    for _ in range(count):
        text = ""
        while len(text) < DOCUMENT_CHARS:
            text += rng.choice(lines) + " "
        yield text[:DOCUMENT_CHARS]


def edited(text: str, share: float, rng: Random, words: Sequence[str]) -> str:
    """``share`` of the words replaced, dropped or preceded by another, some letter cases and signs changed."""
    made = []
    for word in text.split():
        if rng.random() >= share:
            made.append(word.title() if rng.random() < 0.05 else word)
            continue
        kind = rng.random()
        if kind < 0.6:
            made.append(rng.choice(words))
        elif kind < 0.8:
            made += [rng.choice(words), word]
    return " ".join(made)


def with_copies(originals: Iterator[str], seed: int, words: Sequence[str], share: float = 0.35) -> list[str]:
    """Every original, and at once or later an edited copy of ``share`` of all documents; edits of 0 to 25 % of the words."""
    rng = Random(seed)
    texts: list[str] = []
    for original in originals:
        texts.append(original)
        while rng.random() < share:
            base = texts[-1] if rng.random() < 0.3 else rng.choice(texts)
            texts.append(edited(base, rng.random() * 0.25, rng, words))
    return texts


TEMPLATES = (
    "Please refund order {a} for {b}, the {d} arrived damaged and I would like all the money back on my card before {e}",
    "Book a table for {b} and {a} guests at the {d} on {e}, if possible near a window and away from kitchen or doors",
    "What is the weather in {b} {a} on {e}?",
)
"""Of a pair of the first two Jaccard is about 0.7 if no slot agrees, 0.78 with one and 0.85 with two."""


def narrow(count: int, seed: int, template: int) -> list[str]:
    """Distinct calls of one template × slot task, some slots with few values."""
    rng = Random(seed)
    names = vocabulary(300, seed)
    made: dict[str, None] = {}
    while len(made) < count:
        text = TEMPLATES[template].format(
            a=rng.randint(1000, 9999), b=rng.choice(names), d=rng.choice(names[:20]), e=rng.choice(names[:30])
        )
        made[text] = None
    return list(made)


def words_of(text: str) -> frozenset[str]:
    """The oracle's own tokens: distinct ``\\w+`` of the lower-cased text."""
    return frozenset(_WORD.findall(text.lower()))


def exact_jaccard(texts: Sequence[str], block: int = 256) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """(first document, rows of Jaccard with every document) in blocks, by counting shared words; no hashing, no bands."""
    from scipy.sparse import csr_matrix

    ids: dict[str, int] = {}
    rows = [[ids.setdefault(word, len(ids)) for word in words_of(text)] for text in texts]
    sizes = np.array([len(row) for row in rows])
    starts = np.concatenate(([0], np.cumsum(sizes)))
    matrix = csr_matrix(
        (
            np.ones(int(starts[-1]), dtype=np.float32),
            np.concatenate([np.array(row, dtype=np.int64) for row in rows]),
            starts,
        ),
        shape=(len(rows), len(ids)),
    )
    turned = matrix.T.tocsc()
    for first in range(0, len(rows), block):
        shared = (matrix[first : first + block] @ turned).toarray().astype(np.float64)
        union = sizes[first : first + block, None] + sizes[None, :] - shared
        yield first, shared / np.maximum(union, 1)


def event(number: int, text: str, task_key: str = "task") -> ObservationRedacted:
    """A redacted call whose newest turn is ``text``."""
    digest = content_hash(text)
    return ObservationRedacted(
        event_id=content_hash("bench", str(number)), tenant="bench", episode=str(number),
        occurred_at_ms=1_700_000_000_000 + number, request=Request(messages=(ChatMessage(role="user", content=text),)),
        answer=Answer(content="done"), proof=_PROOF, task_key=task_key, template_id="t", tool_signature="s",
        step_hash=digest, answer_hash=digest,
    )  # fmt: skip
