"""The window of remembered calls, and the verdict on each new one.

A whole batch is signed and looked up at once; the verdicts are then given one by one in stream order, because whether a
call is an original decides what later ones of the same batch may join. The result is that of judging one by one.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.deduper.logic.bands import BandTable
from services.deduper.logic.candidates import Candidates, Originals
from services.deduper.logic.column import Column
from services.deduper.logic.document import (
    HEAD_WORDS,
    MEMBER,
    ORIGINAL,
    REPEAT,
    Document,
    fingerprint_of,
    generation_of,
    trainable_of,
)
from services.deduper.logic.signatures import BandKeys, Judge, band_keys
from services.deduper.logic.verdicts import Call, Verdict, salt_of
from services.deduper.logic.words import WordSets, word_sets

_FEW = 1024
"""So many forgotten calls may stay in the tables before these are packed; more if as many are still remembered."""
_RESTORED_AT_ONCE = 2000


class Kept:
    """Originals and members: calls that an exact repeat can name. Found by fingerprint."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.entries: list[bytes] = []
        self._generations = Column(np.int32)
        self._table = BandTable(1)

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, fingerprints: Sequence[bytes], oldest: NDArray[np.int64]) -> dict[int, list[int]]:
        """For each place in ``fingerprints`` that has any: numbers of remembered calls with this fingerprint."""
        found: dict[int, list[int]] = {}
        numbers = self._table.newest(_keys_of(fingerprints)[:, 0])
        places = np.arange(len(fingerprints))
        generations = self._generations.values
        while True:
            alive = numbers >= 0
            places, numbers = places[alive], numbers[alive]
            alive = generations[numbers] >= oldest[places]
            places, numbers = places[alive], numbers[alive]
            if not len(places):
                return found
            for place, number in zip(places.tolist(), numbers.tolist(), strict=True):
                if fingerprint_of(self.entries[number]) == fingerprints[place]:
                    found.setdefault(place, []).append(number)
            numbers = self._table.older(numbers)

    def add(self, ids: Sequence[str], entries: Sequence[bytes]) -> None:
        self.ids += ids
        self.entries += entries
        self._generations.extend([generation_of(entry) for entry in entries])
        self._table.add(_keys_of([fingerprint_of(entry) for entry in entries]))

    def forget_before(self, generation: int) -> int:
        """Packs the tables when it pays; how many calls went."""
        gone = int(np.searchsorted(self._generations.values, generation))
        if gone < _FEW or 2 * gone < len(self.ids):
            return 0
        del self.ids[:gone]
        del self.entries[:gone]
        self._generations.drop(gone)
        self._table.forget(gone)
        return gone


def _keys_of(fingerprints: Sequence[bytes]) -> BandKeys:
    return np.frombuffer(b"".join(fingerprints), dtype=np.uint32).reshape(-1, 4)[:, :1]


class Window:
    """The remembered calls of one task. Everything in it is rebuilt from their encoded documents."""

    def __init__(self, threshold: float) -> None:
        self._kept = Kept()
        self._originals = Originals()
        self._judge = Judge(threshold, HEAD_WORDS)
        self._threshold = threshold

    def __len__(self) -> int:
        return len(self._kept)

    def restore(self, remembered: Sequence[tuple[str, bytes]]) -> None:
        """Takes in encoded documents in the order of their sequence."""
        for first in range(0, len(remembered), _RESTORED_AT_ONCE):
            block = [
                (event_id, data, document)
                for event_id, data in remembered[first : first + _RESTORED_AT_ONCE]
                if (document := Document.decode(data)).kind != REPEAT
            ]
            if not block:
                continue
            originals = [
                (number, document)
                for number, (_, _, document) in enumerate(block, start=len(self._kept))
                if document.words is not None and len(document.words)
            ]
            self._kept.add([event_id for event_id, _, _ in block], [data for _, data, _ in block])
            if originals:
                sizes = [len(document.words) for _, document in originals if document.words is not None]
                flat = np.concatenate([document.words for _, document in originals if document.words is not None])
                words = WordSets(flat, np.concatenate(([0], np.cumsum(sizes))))
                salts = np.array([document.salt for _, document in originals], dtype=np.uint64)
                generations = [document.generation for _, document in originals]
                self._originals.add(
                    band_keys(words, salts), [number for number, _ in originals], generations, sizes, salts
                )

    def judge(self, calls: Sequence[Call]) -> list[Verdict]:
        """The verdict on every call, in order; each is remembered for those after it."""
        if not calls:
            return []
        verdicts = _Batch(self._kept, self._originals, self._judge, self._threshold, calls).verdicts()
        self._originals.forget_before(calls[-1].oldest, self._kept.forget_before(calls[-1].oldest))
        return verdicts


class _Batch:
    """One batch on its way through."""

    def __init__(self, kept: Kept, originals: Originals, judge: Judge, threshold: float, calls: Sequence[Call]) -> None:
        self._kept, self._originals, self._judge, self._calls = kept, originals, judge, calls
        self._repeats = self._exact()
        self._fresh = [place for place, repeat in enumerate(self._repeats) if repeat is None]
        texts = [calls[place].text for place in self._fresh]
        self._words = word_sets(texts)
        self._salts = np.array([salt_of(calls[place].task_key) for place in self._fresh], dtype=np.uint64)
        self._keys = band_keys(self._words, self._salts)
        self._sizes = np.diff(self._words.starts)
        self._candidates = Candidates(
            originals,
            self._keys,
            self._salts,
            self._sizes,
            np.array([calls[place].oldest for place in self._fresh]),
            threshold,
        )

    def _exact(self) -> list[int | None]:
        """For each call the one that it repeats: a number among the kept, or -1 - place in this batch. A call that may
        train is no repeat of one that may not, so that it does not lose its payload to it."""
        calls = self._calls
        oldest = np.array([call.oldest for call in calls], dtype=np.int64)
        known = self._kept.find([call.fingerprint for call in calls], oldest)
        here: dict[tuple[bytes, bool], int] = {}
        repeats: list[int | None] = []
        for place, call in enumerate(calls):
            original: int | None = None
            for trainable in (True,) if call.trainable else (True, False):
                inside = here.get((call.fingerprint, trainable))
                if inside is not None and calls[inside].generation >= call.oldest:
                    original = -1 - inside
                    break
                outside = [n for n in known.get(place, ()) if trainable_of(self._kept.entries[n]) == trainable]
                if outside:
                    original = outside[0]
                    break
            if original is None:
                here[call.fingerprint, call.trainable] = place
            repeats.append(original)
        return repeats

    def verdicts(self) -> list[Verdict]:
        made: list[Verdict] = []
        index = 0
        fresh_entries: list[bytes] = []
        new: list[tuple[int, int]] = []  # (index among the fresh, number among the kept)
        for call, repeat in zip(self._calls, self._repeats, strict=True):
            if repeat is not None:
                made.append(self._of_repeat(call, repeat, made))
                continue
            verdict = self._of_fresh(call, index, fresh_entries)
            if verdict.kind == ORIGINAL and len(self._words.of(index)):
                new.append((index, len(self._kept) + index))
                self._candidates.add(index)
            fresh_entries.append(verdict.remembered)
            made.append(verdict)
            index += 1
        self._remember(fresh_entries, new)
        return made

    def _of_repeat(self, call: Call, repeat: int, made: list[Verdict]) -> Verdict:
        if repeat < 0:
            original_id = self._calls[-1 - repeat].event_id
            family, similarity = made[-1 - repeat].family, made[-1 - repeat].similarity
        else:
            original_id = self._kept.ids[repeat]
            document = Document.decode(self._kept.entries[repeat])
            family, similarity = document.family or original_id, document.similarity
        remembered = Document(REPEAT, call.generation, call.sequence).encode()
        return Verdict(original_id, family, similarity, REPEAT, remembered)

    def _of_fresh(self, call: Call, index: int, fresh_entries: list[bytes]) -> Verdict:
        salt = int(self._salts[index])
        outside, inside = self._candidates.of(index, call.oldest, self._calls, self._fresh)
        if outside or inside:
            entries, ids = self._kept.entries, self._kept.ids
            stored = [entries[number] for number in outside] + [fresh_entries[other] for other in inside]
            nearest = self._judge.best(self._words.of(index), stored)
            if nearest is not None:
                where, similarity = nearest
                family = (
                    ids[outside[where]]
                    if where < len(outside)
                    else self._calls[self._fresh[inside[where - len(outside)]]].event_id
                )
                document = Document(
                    MEMBER, call.generation, call.sequence, call.trainable, call.fingerprint, salt, similarity, family
                )
                return Verdict(None, family, similarity, MEMBER, document.encode())
        document = Document(
            ORIGINAL,
            call.generation,
            call.sequence,
            call.trainable,
            call.fingerprint,
            salt,
            words=self._words.of(index),
        )
        return Verdict(None, call.event_id, 1.0, ORIGINAL, document.encode())

    def _remember(self, entries: list[bytes], new: list[tuple[int, int]]) -> None:
        self._kept.add([self._calls[place].event_id for place in self._fresh], entries)
        if new:
            indexes = np.array([index for index, _ in new])
            generations = [self._calls[self._fresh[index]].generation for index, _ in new]
            self._originals.add(
                self._keys[indexes],
                [number for _, number in new],
                generations,
                self._sizes[indexes],
                self._salts[indexes],
            )
