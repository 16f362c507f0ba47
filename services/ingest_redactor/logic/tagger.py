"""A linear tagger for names and places: which capitalised words of a running text belong to a person or a town.

Every capitalised word is scored on its own by hashed features of itself and of two tokens on each side (the word, its ends
and shape, the name lists it stands in). All weights are integers of one table, so that a score is the same on every
machine. The table is trained by ``services.ingest_redactor.training.train``, which uses these very features.
"""

import json
import re
from array import array
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from zlib import crc32

from shared.tasks.names import ambiguous_first_names, first_names, last_names

BUCKETS = 1 << 15
LABELS = ("NAME", "PLACE")
TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W\d_]+)*|\n|[^\s\w]")
SCALE = 32
"""A weight of 1 in the table is 1/32 of a logit."""
_OUTSIDE = "^"
_CACHE_ENTRIES = 1 << 16
Scores = tuple[int, int]


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


def stem_of(token: str) -> str:
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


def lists_of(token: str) -> int:
    """Bits: first name, ambiguous first name, last name, town."""
    stem = stem_of(token)
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


class Tagger:
    """Scores capitalised tokens. Remembers sums by hashes of tokens, never the tokens."""

    def __init__(self, weights: tuple[Sequence[int], Sequence[int]] | None = None) -> None:
        self._name, self._place = weights or load_weights()
        self._own: dict[int, tuple[int, int, int]] = {}
        self._sides: dict[int, dict[int, Scores]] = {place: {} for place in (-2, -1, 1, 2)}
        self._pairs: dict[int, dict[int, Scores]] = {place: {} for place in (-1, 1)}

    def _sum(self, features: list[str]) -> Scores:
        name, place = 0, 0
        for feature in features:
            at = bucket(feature)
            name += self._name[at]
            place += self._place[at]
        return name, place

    def _own_sum(self, token: str) -> tuple[int, int, int]:
        if len(self._own) > _CACHE_ENTRIES:
            self._own.clear()
        found = self._own[hash(token)] = (*self._sum(own_features(token)), lists_of(token))
        return found

    def _side_sum(self, token: str, place: int) -> Scores:
        known = self._sides[place]
        if len(known) > _CACHE_ENTRIES:
            known.clear()
        found = known[hash(token)] = self._sum(side_features(token, place))
        return found

    def _pair_sum(self, token: str, bits: int, place: int, key: int) -> Scores:
        known = self._pairs[place]
        if len(known) > _CACHE_ENTRIES:
            known.clear()
        found = known[key] = self._sum(pair_features(token, bits, place))
        return found

    def scores(self, tokens: list[str], at: int) -> Scores:
        """Logits times :data:`SCALE` that a capitalised token is of a name, and of a place."""
        token, last = tokens[at], len(tokens) - 1
        before = tokens[at - 1] if at else _OUTSIDE
        after = tokens[at + 1] if at < last else _OUTSIDE
        before2 = tokens[at - 2] if at > 1 else _OUTSIDE
        after2 = tokens[at + 2] if at < last - 1 else _OUTSIDE
        name, place, bits = self._own.get(hash(token)) or self._own_sum(token)
        hash_before, hash_after = hash(before), hash(after)
        sides, pairs = self._sides, self._pairs
        a = sides[-1].get(hash_before) or self._side_sum(before, -1)
        b = sides[1].get(hash_after) or self._side_sum(after, 1)
        c = sides[-2].get(hash(before2)) or self._side_sum(before2, -2)
        d = sides[2].get(hash(after2)) or self._side_sum(after2, 2)
        e = pairs[-1].get(hash_before ^ bits) or self._pair_sum(before, bits, -1, hash_before ^ bits)
        f = pairs[1].get(hash_after ^ bits) or self._pair_sum(after, bits, 1, hash_after ^ bits)
        return (name + a[0] + b[0] + c[0] + d[0] + e[0] + f[0], place + a[1] + b[1] + c[1] + d[1] + e[1] + f[1])


def features(tokens: list[str], at: int) -> list[str]:
    """Every feature of a token: what :meth:`Tagger.scores` sums, for training."""
    around = {place: tokens[at + place] if 0 <= at + place < len(tokens) else _OUTSIDE for place in (-2, -1, 1, 2)}
    bits = lists_of(tokens[at])
    found = own_features(tokens[at])
    for place, token in around.items():
        found += side_features(token, place)
    return found + pair_features(around[-1], bits, -1) + pair_features(around[1], bits, 1)
