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

BUCKETS = 1 << 16
LABELS = ("NAME", "PLACE")
TOKEN = re.compile(r"[^\W_]++(?:['’-][^\W\d_]++)*+|\n|[^\s\w]")
ASCII_TOKEN = re.compile(r"[A-Za-z0-9]++(?:['-][A-Za-z]++)*+|[^ \t\r\f\v\x1c-\x1fA-Za-z0-9_]")
"""The same tokens of a text that is ASCII but for the brackets of placeholders, found faster."""
SCALE = 32
"""A weight of 1 in the table is 1/32 of a logit."""
SHIFT = 20
HALF = 1 << (SHIFT - 1)
MASK = (1 << SHIFT) - 1
_OUTSIDE = "^"
_CACHE_ENTRIES = 1 << 16


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


def seed(prefix: str) -> int:
    """``crc32(rest, seed(prefix))`` is the checksum of the feature ``prefix + rest``."""
    return crc32(prefix.encode())


_WORD, _STARTS, _ENDS = seed("w="), ((2, seed("p2=")), (3, seed("p3="))), tuple((n, seed(f"e{n}=")) for n in (2, 3, 4))
_SIDE_WORD = {place: seed(f"{place}w=") for place in (-2, -1, 1, 2)}
_SIDE_END = {place: seed(f"{place}e=") for place in (-1, 1)}
_SIDE_PAIR = {place: seed(f"{place}wl=") for place in (-1, 1)}
_BUCKET = BUCKETS - 1


def name_score(score: int) -> int:
    """The name's half of what :meth:`Tagger.scores` gives: the logit times :data:`SCALE`."""
    return (score + HALF) >> SHIFT


def place_score(score: int) -> int:
    return ((score + HALF) & MASK) - HALF


def least_score(name: int) -> int:
    """``score >= least_score(name)`` says ``name_score(score) >= name``."""
    return (name << SHIFT) - HALF


class Tagger:
    """Scores capitalised tokens. Remembers sums by hashes of tokens, never the tokens.

    A sum carries both labels in one integer, ``name * 2**SHIFT + place``: sums of sums stay exact.
    """

    def __init__(self, weights: tuple[Sequence[int], Sequence[int]] | None = None) -> None:
        names, towns = weights or load_weights()
        self._table = [(name << SHIFT) + place for name, place in zip(names, towns, strict=True)]
        self._own: dict[int, tuple[int, int]] = {}
        self._near: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._far: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._of_shapes: dict[tuple[int, str, int, int], int] = {}
        self._traits: dict[int, tuple[str, int]] = {}

    def _of_shape(self, place: int, shape: str, bits: int, other: int) -> int:
        """Sum of the features that only shape and lists decide; ``other`` is the length, or the lists of the word beside."""
        found = self._of_shapes.get((place, shape, bits, other))
        if found is None:
            if place == 0:
                wanted = ["bias", f"s={shape}", f"l={bits}", f"sl={shape}{bits}", f"n={other}"]
            else:
                wanted = [f"{place}s={shape}"]
                if place in (-1, 1):
                    wanted += [f"{place}l={bits}{shape}", f"{place}ll={bits}{shape}|{other}"]
            found = sum(self._table[bucket(feature)] for feature in wanted)
            self._of_shapes[place, shape, bits, other] = found
        return found

    def _traits_of(self, token: str) -> tuple[str, int]:
        """Shape and lists."""
        found = self._traits.get(hash(token))
        if found is None:
            if len(self._traits) > _CACHE_ENTRIES:
                self._traits.clear()
            found = self._traits[hash(token)] = (shape_of(token), lists_of(token))
        return found

    def _own_sum(self, token: str) -> tuple[int, int]:
        if len(self._own) > _CACHE_ENTRIES:
            self._own.clear()
        table, stem = self._table, stem_of(token)
        shape, bits = self._traits_of(token)
        total = self._of_shape(0, shape, bits, min(len(stem), 9))
        total += table[crc32(_bytes(stem), _WORD) & _BUCKET]
        for count, start in _STARTS:
            total += table[crc32(_bytes(stem[:count]), start) & _BUCKET]
        for count, start in _ENDS:
            total += table[crc32(_bytes(stem[-count:]), start) & _BUCKET]
        if stem != token.lower():
            total += table[bucket("owner")]
        if "-" in stem or "'" in stem:
            total += table[bucket(f"join={bits}")]
        found = self._own[hash(token)] = (total, bits)
        return found

    def _near_sum(self, known: dict[int, int], token: str, bits: int, place: int) -> int:
        if len(known) > _CACHE_ENTRIES:
            known.clear()
        table, stem = self._table, stem_of(token)
        total = self._of_shape(place, *self._traits_of(token), bits)
        total += table[crc32(_bytes(stem), _SIDE_WORD[place]) & _BUCKET]
        total += table[crc32(_bytes(stem[-3:]), _SIDE_END[place]) & _BUCKET]
        total += table[crc32(_bytes(f"{stem}|{bits}"), _SIDE_PAIR[place]) & _BUCKET]
        known[hash(token) ^ bits] = total
        return total

    def _far_sum(self, known: dict[int, int], token: str, place: int) -> int:
        if len(known) > _CACHE_ENTRIES:
            known.clear()
        word = self._table[crc32(_bytes(stem_of(token)), _SIDE_WORD[place]) & _BUCKET]
        found = known[hash(token)] = self._of_shape(place, self._traits_of(token)[0], 0, 0) + word
        return found

    def scores(self, tokens: list[str], chosen: Sequence[int]) -> list[int]:
        """For each chosen token how likely it is of a name and of a place: see :func:`name_score`, :func:`place_score`."""
        own, (left, right), (far_left, far_right) = self._own, self._near, self._far
        padded = [_OUTSIDE, _OUTSIDE, *tokens, _OUTSIDE, _OUTSIDE]
        found: list[int] = []
        for at in chosen:
            before2, before, token, after, after2 = padded[at : at + 5]
            try:
                total, bits = own[hash(token)]
                total += left[hash(before) ^ bits] + right[hash(after) ^ bits]
                found.append(total + far_left[hash(before2)] + far_right[hash(after2)])
            except KeyError:
                found.append(self._score(before2, before, token, after, after2))
        return found

    def _score(self, before2: str, before: str, token: str, after: str, after2: str) -> int:
        """Of a token of which not everything is remembered."""
        (left, right), (far_left, far_right) = self._near, self._far
        total, bits = self._own.get(hash(token)) or self._own_sum(token)
        part = left.get(hash(before) ^ bits)
        total += self._near_sum(left, before, bits, -1) if part is None else part
        part = right.get(hash(after) ^ bits)
        total += self._near_sum(right, after, bits, 1) if part is None else part
        part = far_left.get(hash(before2))
        total += self._far_sum(far_left, before2, -2) if part is None else part
        part = far_right.get(hash(after2))
        return total + (self._far_sum(far_right, after2, 2) if part is None else part)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def features(tokens: list[str], at: int) -> list[str]:
    """Every feature of a token, for training: what :meth:`Tagger.scores` sums, from parts that it remembers."""
    around = {place: tokens[at + place] if 0 <= at + place < len(tokens) else _OUTSIDE for place in (-2, -1, 1, 2)}
    bits = lists_of(tokens[at])
    found = own_features(tokens[at])
    for place, token in around.items():
        found += side_features(token, place)
    return found + pair_features(around[-1], bits, -1) + pair_features(around[1], bits, 1)
