"""The tagger's scores for all tokens of many texts at once, and which tokens they make worth a look.

What a token adds to a score is one number by the token and, beside a capitalised one, by the lists that this stands in.
These numbers lie in arrays by a small integer for each token, so that scoring is to gather and to add.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from services.ingest_redactor.logic.names.tagger import (
    BUCKETS,
    SHIFT,
    bucket,
    least_score,
    lists_of,
    load_weights,
    place_score,
    shape_of,
    stem_of,
)
from services.ingest_redactor.logic.names.token_batch import TokenBatch
from services.ingest_redactor.logic.names.token_roles import (
    CAPITALISED,
    DOT,
    FIRST_NAME,
    GIVEN_NAME,
    LAST_NAME,
    PARTICLE,
    TITLE,
    WORD_NAME,
    roles_of,
)

DENSE_TOKENS = 20_000
"""A text with more capitalised words than that is read by the lists alone: it bounds the time that hostile text takes."""
CAPACITY = 1 << 16
"""Tokens that are remembered. When they are full, all are forgotten."""
_LISTS = 16
"""Values of :func:`lists_of`."""
_NAMES = 5
"""The lists of first and of last names."""
NOT_SCORED = -(1 << 60)
_UNKNOWN = -(1 << 31)
"""No sum is that low: the longest is of 13 weights of 8 bits."""
_SLOT_BITS = 17
_BUCKET = BUCKETS - 1
_AROUND = np.arange(-2, 3)[:, None]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Logits times :data:`SCALE` from which a word counts; ``joined`` is asked of a word beside one that counts."""

    name: int
    joined: int
    margin: int
    """By so much a town must be likelier than a name."""
    place: int | None
    """``None``: towns are no matter of this profile."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The tokens of one text that may belong to a name or a place, by index."""

    capitalised: list[int]
    scores: list[int]
    lower: list[int]
    """First names in lower case; those that are words too before a last name."""

    @property
    def is_dense(self) -> bool:
        """Too many tokens of the text are capitalised: these are all that stand in a list of names, without scores."""
        return self.scores[:1] == [NOT_SCORED]


def _seed(prefix: str) -> int:
    """``crc32(rest, _seed(prefix))`` is the checksum of the feature ``prefix + rest``."""
    return crc32(prefix.encode())


_WORD, _STARTS, _ENDS = (
    _seed("w="),
    ((2, _seed("p2=")), (3, _seed("p3="))),
    tuple((n, _seed(f"e{n}=")) for n in (2, 3, 4)),
)
_SIDE_WORD = {place: _seed(f"{place}w=") for place in (-2, -1, 1, 2)}
_SIDE_END = {place: _seed(f"{place}e=") for place in (-1, 1)}
_SIDE_PAIR = {place: _seed(f"{place}wl=") for place in (-1, 1)}


class Sums:
    """What tokens add to scores: sums of the weights of :func:`tagger.features`.

    A sum carries both labels in one integer, ``name * 2**SHIFT + place``: sums of sums stay exact.
    """

    def __init__(self, weights: tuple[Sequence[int], Sequence[int]]) -> None:
        self._table = [(name << SHIFT) + place for name, place in zip(*weights, strict=True)]
        self._of_shapes: dict[tuple[int, str, int, int], int] = {}

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

    def of(self, token: str, place: int, lists: int) -> int:
        """What a token adds at a place, from -2 to 2, to the score of a token that stands in ``lists``."""
        if place == 0:
            return self._own(token)
        return self._near(token, lists, place) if place in (-1, 1) else self._far(token, place)

    def _own(self, token: str) -> int:
        table, stem, bits = self._table, stem_of(token), lists_of(token)
        total = self._of_shape(0, shape_of(token), bits, min(len(stem), 9))
        total += table[crc32(_bytes(stem), _WORD) & _BUCKET]
        for count, start in _STARTS:
            total += table[crc32(_bytes(stem[:count]), start) & _BUCKET]
        for count, start in _ENDS:
            total += table[crc32(_bytes(stem[-count:]), start) & _BUCKET]
        if stem != token.lower():
            total += table[bucket("owner")]
        if "-" in stem or "'" in stem:
            total += table[bucket(f"join={bits}")]
        return total

    def _near(self, token: str, bits: int, place: int) -> int:
        table, stem = self._table, stem_of(token)
        total = self._of_shape(place, shape_of(token), lists_of(token), bits)
        total += table[crc32(_bytes(stem), _SIDE_WORD[place]) & _BUCKET]
        total += table[crc32(_bytes(stem[-3:]), _SIDE_END[place]) & _BUCKET]
        return total + table[crc32(_bytes(f"{stem}|{bits}"), _SIDE_PAIR[place]) & _BUCKET]

    def _far(self, token: str, place: int) -> int:
        word = self._table[crc32(_bytes(stem_of(token)), _SIDE_WORD[place]) & _BUCKET]
        return self._of_shape(place, shape_of(token), 0, 0) + word


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


class Scorer:
    """Scores capitalised tokens. Remembers numbers by hashes of tokens, never the tokens."""

    def __init__(self, weights: tuple[Sequence[int], Sequence[int]] | None = None, capacity: int = CAPACITY) -> None:
        self._sums = Sums(weights or load_weights())
        self._usual_capacity = capacity
        self._forget(capacity)

    def _forget(self, capacity: int) -> None:
        self._capacity = capacity
        self._known: dict[int, int] = {}
        self._slots = np.zeros(1 << _SLOT_BITS, np.uint64), np.zeros(1 << _SLOT_BITS, np.intp)
        """Hash and integer of one token for each upper part of a hash: most tokens are known without a look-up."""
        self._roles = np.zeros(capacity, np.uint8)
        self._lists = np.zeros(capacity, np.intp)
        self._own, self._far_left, self._far_right = (np.full(capacity, _UNKNOWN, np.int32) for _ in range(3))
        self._left, self._right = (np.full((capacity, _LISTS), _UNKNOWN, np.int32) for _ in range(2))

    @property
    def known_tokens(self) -> int:
        """How many tokens are remembered."""
        return len(self._known)

    def candidates(self, tokens: TokenBatch, thresholds: Thresholds) -> Iterator[tuple[int, Candidates]]:
        """Of each text that may hold a name or a place, with its index: tokens that score as a part of one, those after a
        title or a particle, and the next one. A text is left out where no token would be a name or a place alone."""
        ids = self._ids(tokens)
        roles = self._roles[ids]
        chosen = (roles & CAPITALISED).nonzero()[0]
        before, before2 = roles[chosen - 1], roles[chosen - 2]
        is_anchor = ((before & (TITLE | PARTICLE)) != 0) | (((before & DOT) != 0) & ((before2 & TITLE) != 0))
        is_part = is_anchor.copy()
        is_part[1:] |= is_anchor[:-1]
        is_dense = _is_dense(tokens, chosen)
        if is_dense is None:
            scores = self._scores(tokens, ids, chosen)
        else:
            scores = np.zeros(len(chosen), np.int64)
            scores[~is_dense] = self._scores(tokens, ids, chosen[~is_dense])
        is_anchor |= scores >= least_score(thresholds.name)
        if thresholds.place is not None:
            is_anchor |= place_score(scores) >= thresholds.place
        # A first name that the tagger does not know, before another capitalised word.
        is_anchor |= ((roles[chosen] & GIVEN_NAME) != 0) & ((roles[chosen + 1] & CAPITALISED) != 0)
        is_part |= is_anchor | (scores >= least_score(thresholds.joined))
        if is_dense is not None:
            is_listed = (self._lists[ids[chosen]] & _NAMES) != 0
            is_anchor, is_part = (np.where(is_dense, is_listed, found) for found in (is_anchor, is_part))
            scores[is_dense] = NOT_SCORED
        lower = (roles & (FIRST_NAME | WORD_NAME)).nonzero()[0]
        if len(lower):
            lower = lower[((roles[lower] & FIRST_NAME) | (roles[lower + 1] & LAST_NAME)) != 0]
        if is_anchor.any() or len(lower):
            yield from _by_text(tokens, chosen[is_anchor], chosen[is_part], scores[is_part], lower)

    def scores(self, text: str) -> dict[int, int]:
        """For each capitalised token, by index, how likely it is of a name and of a place: see :func:`tagger.name_score` and
        :func:`tagger.place_score`."""
        tokens = TokenBatch([text])
        ids = self._ids(tokens)
        chosen = (self._roles[ids] & CAPITALISED).nonzero()[0]
        first = int(tokens.bounds[0, 0])
        return dict(zip((chosen - first).tolist(), self._scores(tokens, ids, chosen).tolist(), strict=True))

    def _ids(self, tokens: TokenBatch) -> NDArray[np.intp]:
        """Small integers for the tokens; they hold until the next call."""
        hashes, (slot_hashes, slot_ids) = tokens.hashes, self._slots
        slots = (hashes >> np.uint64(64 - _SLOT_BITS)).astype(np.intp)
        ids = slot_ids[slots]
        missed = (slot_hashes[slots] != hashes).nonzero()[0]
        if len(missed):
            missed_hashes: list[int] = hashes[missed].tolist()
            new = {key: at for key, at in zip(missed_hashes, missed.tolist(), strict=True) if key not in self._known}
            if new and not self._has_room(len(new)):
                self._forget(max(self._usual_capacity, len(set(hashes.tolist()))))
                return self._ids(tokens)
            self._add(new, tokens)
            ids[missed] = [self._known[key] for key in missed_hashes]
            slot_hashes[slots[missed]], slot_ids[slots[missed]] = hashes[missed], ids[missed]
        return ids

    def _has_room(self, count: int) -> bool:
        """Room made for a text of very many tokens is given up when the next new token comes."""
        is_usual = self._capacity == self._usual_capacity or not self._known
        return is_usual and len(self._known) + count <= self._capacity

    def _add(self, new: dict[int, int], tokens: TokenBatch) -> None:
        """Tokens by their hashes, and where one of each stands."""
        first, last = len(self._known), len(self._known) + len(new)
        self._known.update(zip(new, range(first, last), strict=True))
        words = [tokens[at] for at in new.values()]
        self._roles[first:last] = [roles_of(word) for word in words]
        self._lists[first:last] = [lists_of(word) if word[0].isupper() else 0 for word in words]

    def _scores(self, tokens: TokenBatch, ids: NDArray[np.intp], chosen: NDArray[np.intp]) -> NDArray[np.int64]:
        far_left, left, words, right, far_right = ids[chosen + _AROUND]
        lists = self._lists[words]
        parts = np.empty((5, len(chosen)), np.int64)
        parts[0] = self._far_left[far_left]
        parts[1] = self._left[left, lists]
        parts[2] = self._own[words]
        parts[3] = self._right[right, lists]
        parts[4] = self._far_right[far_right]
        if len(chosen) and parts.min() == _UNKNOWN:
            for part, at in np.argwhere(parts == _UNKNOWN).tolist():
                parts[part, at] = self._worked_out(tokens, ids, int(chosen[at]), part - 2)
        total: NDArray[np.int64] = parts.sum(axis=0)
        return total

    def _worked_out(self, tokens: TokenBatch, ids: NDArray[np.intp], at: int, place: int) -> int:
        """What the token at a distance of ``place`` adds to the score of one, which then is remembered."""
        lists, beside = int(self._lists[ids[at]]), int(ids[at + place])
        known = {-2: self._far_left, -1: self._left, 0: self._own, 1: self._right, 2: self._far_right}[place]
        index = (beside, lists) if place in (-1, 1) else beside
        found = int(known[index])
        if found == _UNKNOWN:
            found = known[index] = self._sums.of(tokens[at + place], place, lists)
        return found


def _is_dense(tokens: TokenBatch, chosen: NDArray[np.intp]) -> NDArray[np.bool_] | None:
    """Whether each of the chosen tokens stands in a text of too many; ``None`` if none does."""
    if len(chosen) <= DENSE_TOKENS:
        return None
    is_dense = np.zeros(len(chosen), np.bool_)
    for first, last in chosen.searchsorted(tokens.bounds).tolist():
        is_dense[first:last] = last - first > DENSE_TOKENS
    return is_dense


def _by_text(
    tokens: TokenBatch,
    anchors: NDArray[np.intp],
    parts: NDArray[np.intp],
    scores: NDArray[np.int64],
    lower: NDArray[np.intp],
) -> Iterator[tuple[int, Candidates]]:
    """Candidates by their places among all tokens as those of each text."""
    anchor_cuts, part_cuts, lower_cuts = (
        found.searchsorted(tokens.bounds).tolist() for found in (anchors, parts, lower)
    )
    for at, start in enumerate(tokens.bounds[:, 0].tolist()):
        (first, last), (low, high) = part_cuts[at], lower_cuts[at]
        if anchor_cuts[at][0] < anchor_cuts[at][1] or low < high:
            yield (
                at,
                Candidates(
                    (parts[first:last] - start).tolist(),
                    scores[first:last].tolist(),
                    (lower[low:high] - start).tolist(),
                ),
            )
