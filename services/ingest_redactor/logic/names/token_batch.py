"""The tokens of many texts at once, as arrays: where each stands and a hash of it. The same that :data:`tagger.TOKEN` finds.

A text is read as an array of characters, so that the work for one of them is a few operations of the processor; strings are
made only of the tokens that are asked for.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from services.ingest_redactor.logic.names.tagger import OUTSIDE

_LETTER, _DIGIT, _SIGN, _JOINER = 1, 2, 4, 12
"""Classes of characters, and 0 for what no token holds. A joiner is a sign that may stand inside a word."""
_BETWEEN = f" {OUTSIDE} {OUTSIDE} "
"""Between texts stand two tokens of no text."""
_TABLE_CHARS = 1 << 16
_BASE = (hash("tokens") | 1) & (1 << 64) - 1
"""As Python's own hashes it is another in every process: two words that share one cannot be chosen ahead, but for words of
a thousand letters built to collide under every base (after Thue and Morse), and those are nobody's name."""
_USUAL_CHARS = 1 << 17


def _class_of(char: str) -> int:
    if char.isalnum():
        return _DIGIT if char.isdecimal() else _LETTER
    if char == "_" or (char.isspace() and char != "\n"):
        return 0
    return _JOINER if char in "'’-" else _SIGN


@cache
def _class_table() -> NDArray[np.uint8]:
    return np.array([_class_of(chr(code)) for code in range(_TABLE_CHARS)], np.uint8)


def _classes_of(codes: NDArray[np.uint32]) -> NDArray[np.uint8]:
    table = _class_table()
    if codes.max() < _TABLE_CHARS:
        return table[codes]
    classes = table[np.minimum(codes, _TABLE_CHARS - 1)]
    for at in (codes >= _TABLE_CHARS).nonzero()[0].tolist():
        classes[at] = _class_of(chr(codes[at]))
    return classes


def _powers(count: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Of the base, from the first, and of its inverse, from the zeroth, modulo 2**64."""
    powers, inverses = np.full(count, _BASE, np.uint64), np.full(count, pow(_BASE, -1, 1 << 64), np.uint64)
    inverses[0] = 1
    return np.multiply.accumulate(powers), np.multiply.accumulate(inverses)


@cache
def _usual_powers() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    return _powers(_USUAL_CHARS)


class TokenSpans:
    """Where the tokens of one text stand in it."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, starts: list[int], ends: list[int]) -> None:
        self._starts, self._ends = starts, ends

    def __getitem__(self, at: int) -> tuple[int, int]:
        """Start and end of a token."""
        return self._starts[at], self._ends[at]

    def cut(self, text: str) -> list[str]:
        return [text[start:end] for start, end in zip(self._starts, self._ends, strict=True)]


class TokenBatch:
    """Tokens of some texts in order, two of no text before, between and after those of each."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.text = f"{_BETWEEN}{_BETWEEN.join(texts)}{_BETWEEN}"
        codes = np.frombuffer(self.text.encode("utf-32-le", "surrogatepass"), np.uint32)
        classes = _classes_of(codes)
        is_start = _starts(classes)
        ends_here = is_start.copy()
        is_inside = classes != 0
        ends_here[1:] |= is_inside[:-1] > is_inside[1:]
        borders = ends_here.nonzero()[0]
        first_borders = is_start[borders].nonzero()[0]
        self.starts: NDArray[np.intp] = borders[first_borders]
        self.ends: NDArray[np.intp] = borders[first_borders + 1]
        self.hashes = self._hashes(codes, is_inside)
        self.offsets: list[int] = []
        """Where each text begins in all of them."""
        borders_of_texts: list[tuple[int, int]] = []
        position = len(_BETWEEN)
        for text in texts:
            self.offsets.append(position)
            borders_of_texts.append((position, position + len(text)))
            position += len(text) + len(_BETWEEN)
        self.bounds: NDArray[np.intp] = self.starts.searchsorted(borders_of_texts)
        """First token of each text, and the one after its last."""

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, at: int) -> str:
        return self.text[self.starts[at] : self.ends[at]]

    def spans(self, index: int) -> TokenSpans:
        first, last = self.bounds[index].tolist()
        offset = self.offsets[index]
        return TokenSpans((self.starts[first:last] - offset).tolist(), (self.ends[first:last] - offset).tolist())

    def _hashes(self, codes: NDArray[np.uint32], is_inside: NDArray[np.bool_]) -> NDArray[np.uint64]:
        """A polynomial in the characters of each token. What follows up to the next one counts as zero."""
        count = len(codes)
        powers, inverses = _usual_powers() if count <= _USUAL_CHARS else _powers(count)
        terms = (codes + np.uint32(1)) * is_inside * powers[:count]
        hashes: NDArray[np.uint64] = np.add.reduceat(terms, self.starts) * inverses[self.starts]
        return hashes


def _starts(classes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which characters begin a token: signs, and letters and digits after something else."""
    is_alphanumeric = (classes & (_LETTER | _DIGIT)) != 0
    is_start: NDArray[np.bool_] = classes >= _SIGN
    is_start[1:] |= is_alphanumeric[1:] > is_alphanumeric[:-1]
    joints = (classes == _JOINER).nonzero()[0]
    joints = joints[is_alphanumeric[joints - 1] & (classes[joints + 1] == _LETTER)]
    if len(joints):
        is_start[joints] = False
        is_start[joints + 1] = False
        # Only letters are joined to a word: a digit after them begins the next.
        others = (classes != _LETTER).nonzero()[0]
        after = others[others.searchsorted(joints + 1)]
        is_start[after[classes[after] == _DIGIT]] = True
    return is_start
