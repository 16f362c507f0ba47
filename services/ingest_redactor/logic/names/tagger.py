"""A linear tagger for names and places: which capitalised words of a running text belong to a person or a town.

Every capitalised word is scored on its own by hashed features of itself and of two tokens on each side (the word, its ends
and shape, the name lists it stands in). All weights are integers of one table, so that a score is the same on every
machine. The table is trained by ``services.ingest_redactor.training.train``, which uses these very features.
"""

import json
import re
from array import array
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import TypeVar
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from shared.tasks.names import ambiguous_first_names, first_names, last_names

BUCKETS = 1 << 16
LABELS = ("NAME", "PLACE")
TOKEN = re.compile(r"[^\W_]++(?:['’-][^\W\d_]++)*+|\n|[^\s\w]")
SCALE = 32
"""A weight of 1 in the table is 1/32 of a logit."""
SHIFT = 20
HALF = 1 << (SHIFT - 1)
MASK = (1 << SHIFT) - 1
OUTSIDE = "^"
_KNOWN_WORDS = 1 << 14
"""Most words come again."""


Score = TypeVar("Score", int, NDArray[np.int64])
"""One, or an array of them."""


@cache
def places() -> frozenset[str]:
    """Words of the names of towns (GeoNames, CC BY 4.0: over 150,000 people, or 15,000 in English-speaking countries)."""
    text = files("services.ingest_redactor.logic").joinpath("data/places.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


@cache
def load_weights() -> tuple[Sequence[int], Sequence[int]]:
    """The committed tables, one a label. Raises ``ValueError`` if the file is not what this code was written for."""
    data = files("services.ingest_redactor.logic").joinpath("data/tagger.safetensors").read_bytes()
    length = int.from_bytes(data[:8], "little")
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    tables: list[Sequence[int]] = []
    for label in LABELS:
        entry = header[label.lower()]
        if entry["dtype"] != "I8" or entry["shape"] != [BUCKETS]:
            raise ValueError("the tagger's weights have another shape")
        start, end = entry["data_offsets"]
        tables.append(array("b", body[start:end]))
    return tables[0], tables[1]


@lru_cache(maxsize=_KNOWN_WORDS)
def stem_of(token: str) -> str:
    if token.isalnum():
        return token.lower()
    return token.lower().removesuffix("'s").removesuffix("’s")


def shape_of(token: str) -> str:
    """``X`` an initial, ``XX`` capitals, ``Xx`` a capitalised word, ``XxX`` mixed, ``x``, ``9``, or the mark itself."""
    if not token[0].isalnum():
        return token
    if token[0].isdigit():
        return "9"
    if token.islower():
        return "x"
    if token.isupper():
        return "X" if len(token) == 1 else "XX"
    return "Xx" if token[0].isupper() and token[1:].islower() else "XxX"


@lru_cache(maxsize=_KNOWN_WORDS)
def lists_of(token: str) -> int:
    """Bits: first name, ambiguous first name, last name, town. Of a joined name the first part counts."""
    stem = stem_of(token).partition("-")[0]
    return (
        (stem in first_names())
        | (stem in ambiguous_first_names()) << 1
        | (stem in last_names()) << 2
        | (stem in places()) << 3
    )


def bucket(feature: str) -> int:
    return crc32(feature.encode("utf-8", "surrogatepass")) & (BUCKETS - 1)


def own_features(token: str) -> list[str]:
    stem, shape, bits = stem_of(token), shape_of(token), lists_of(token)
    found = [
        "bias", f"w={stem}", f"s={shape}", f"l={bits}", f"sl={shape}{bits}", f"n={min(len(stem), 9)}",
        f"p2={stem[:2]}", f"p3={stem[:3]}", f"e2={stem[-2:]}", f"e3={stem[-3:]}", f"e4={stem[-4:]}",
    ]  # fmt: skip
    if stem != token.lower():
        found.append("owner")
    if "-" in stem or "'" in stem:
        found.append(f"join={bits}")
    return found


def side_features(token: str, place: int) -> list[str]:
    """Of the token at a distance of -2, -1, 1 or 2."""
    stem = stem_of(token)
    found = [f"{place}w={stem}", f"{place}s={shape_of(token)}"]
    if place in (-1, 1):
        found += [f"{place}l={lists_of(token)}{shape_of(token)}", f"{place}e={stem[-3:]}"]
    return found


def pair_features(token: str, bits: int, place: int) -> list[str]:
    """Of a neighbour together with the lists that the word itself stands in."""
    return [f"{place}wl={stem_of(token)}|{bits}", f"{place}ll={lists_of(token)}{shape_of(token)}|{bits}"]


def name_score(score: int) -> int:
    """The name's half of what :meth:`Scorer.scores` gives: the logit times :data:`SCALE`."""
    return (score + HALF) >> SHIFT


def place_score(score: Score) -> Score:
    return ((score + HALF) & MASK) - HALF


def least_score(name: int) -> int:
    """``score >= least_score(name)`` says ``name_score(score) >= name``."""
    return (name << SHIFT) - HALF


def features(tokens: list[str], at: int) -> list[str]:
    """Every feature of a token, for training: what :meth:`Scorer.scores` sums, from parts that it remembers."""
    around = {place: tokens[at + place] if 0 <= at + place < len(tokens) else OUTSIDE for place in (-2, -1, 1, 2)}
    bits = lists_of(tokens[at])
    found = own_features(tokens[at])
    for place, token in around.items():
        found += side_features(token, place)
    return found + pair_features(around[-1], bits, -1) + pair_features(around[1], bits, 1)
