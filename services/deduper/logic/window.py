"""The window of remembered calls, and the verdict on each new one.

A whole batch is signed and looked up at once; the verdicts are then given one by one in stream order, because whether a
call is an original decides what later ones of the same batch may join. The result is that of judging one by one.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.deduper.logic.bands import BandTable
from services.deduper.logic.candidates import Candidates, Originals, signed
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
from services.deduper.logic.signatures import BandKeys, Judge
from services.deduper.logic.verdicts import Call, Verdict, salt_of
from services.deduper.logic.words import WordSets, word_sets

_FEW = 1024
"""So many forgotten calls may stay in the tables before these are packed; more if as many are still remembered."""
_RESTORED_AT_ONCE = 2000


class Kept:
    """Originals and members: calls that an exact repeat can name. Found by fingerprint. Ids and entries stand in arrays,
    not in lists: the garbage collector would visit every one of a list's at each of its rounds."""

    def __init__(self) -> None:
        self._ids = Column(np.object_)
        self._entries = Column(np.object_)
        self._generations = Column(np.int32)
        self._table = BandTable(1)

    def __len__(self) -> int:
        return len(self._ids)

    def id_of(self, number: int) -> str:
        event_id: str = self._ids.values[number]
        return event_id

    def entry_of(self, number: int) -> bytes:
        entry: bytes = self._entries.values[number]
        return entry

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
                if fingerprint_of(self.entry_of(number)) == fingerprints[place]:
                    found.setdefault(place, []).append(number)
            numbers = self._table.older(numbers)

    def add(self, ids: Sequence[str], entries: Sequence[bytes]) -> None:
        self._ids.extend(ids)
        self._entries.extend(entries)
        self._generations.extend([generation_of(entry) for entry in entries])
        self._table.add(_keys_of([fingerprint_of(entry) for entry in entries]))

    def forget_before(self, generation: int) -> int:
        """Packs the tables when it pays; how many calls went."""
        gone = int(np.searchsorted(self._generations.values, generation))
        if gone < _FEW or 2 * gone < len(self):
            return 0
        self._ids.drop(gone)
        self._entries.drop(gone)
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
            first = len(self._kept)
            self._kept.add([event_id for event_id, _, _ in block], [data for _, data, _ in block])
            worded = [
                (number, document, document.words)
                for number, (_, _, document) in enumerate(block, start=first)
                if document.words is not None and len(document.words)
            ]
            if worded:
                starts = np.concatenate(([0], np.cumsum([len(words) for _, _, words in worded])))
                calls = signed(
                    WordSets(np.concatenate([words for _, _, words in worded]), starts),
                    [document.salt for _, document, _ in worded],
                    [document.generation for _, document, _ in worded],
                )
                self._originals.add(calls, np.arange(len(calls)), np.array([number for number, _, _ in worded]))

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
        self._fresh = [call for call, repeat in zip(calls, self._repeats, strict=True) if repeat is None]
        self._signed = signed(
            word_sets([call.text for call in self._fresh]),
            [salt_of(call.task_key) for call in self._fresh],
            [call.generation for call in self._fresh],
            [call.oldest for call in self._fresh],
        )
        self._candidates = Candidates(originals, self._signed, threshold)

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
                outside = [n for n in known.get(place, ()) if trainable_of(self._kept.entry_of(n)) == trainable]
                if outside:
                    original = outside[0]
                    break
            if original is None:
                here[call.fingerprint, call.trainable] = place
            repeats.append(original)
        return repeats

    def verdicts(self) -> list[Verdict]:
        made: list[Verdict] = []
        entries: list[bytes] = []  # of the fresh
        originals: list[int] = []  # indexes among the fresh
        for call, repeat in zip(self._calls, self._repeats, strict=True):
            if repeat is not None:
                made.append(self._of_repeat(call, repeat, made))
                continue
            index = len(entries)
            verdict = self._of_fresh(call, index, entries)
            if verdict.kind == ORIGINAL and self._signed.sizes[index]:
                originals.append(index)
                self._candidates.add(index)
            entries.append(verdict.remembered)
            made.append(verdict)
        rows = np.array(originals, dtype=np.int64)
        self._originals.add(self._signed, rows, rows + len(self._kept))
        self._kept.add([call.event_id for call in self._fresh], entries)
        return made

    def _of_repeat(self, call: Call, repeat: int, made: list[Verdict]) -> Verdict:
        if repeat < 0:
            original_id = self._calls[-1 - repeat].event_id
            family, similarity = made[-1 - repeat].family, made[-1 - repeat].similarity
        else:
            original_id = self._kept.id_of(repeat)
            document = Document.decode(self._kept.entry_of(repeat))
            family, similarity = document.family or original_id, document.similarity
        remembered = Document(REPEAT, call.generation, call.sequence).encode()
        return Verdict(original_id, family, similarity, REPEAT, remembered)

    def _of_fresh(self, call: Call, index: int, fresh_entries: list[bytes]) -> Verdict:
        words = self._signed.words.of(index)
        salt = salt_of(call.task_key)
        outside, inside = self._candidates.of(index, call.oldest)
        if outside or inside:
            stored = [self._kept.entry_of(number) for number in outside] + [fresh_entries[other] for other in inside]
            nearest = self._judge.best(words, stored)
            if nearest is not None:
                where, similarity = nearest
                if where < len(outside):
                    family = self._kept.id_of(outside[where])
                else:
                    family = self._fresh[inside[where - len(outside)]].event_id
                document = Document(
                    MEMBER, call.generation, call.sequence, call.trainable, call.fingerprint, salt, similarity, family
                )
                return Verdict(None, family, similarity, MEMBER, document.encode())
        document = Document(
            ORIGINAL, call.generation, call.sequence, call.trainable, call.fingerprint, salt, words=words
        )
        return Verdict(None, call.event_id, 1.0, ORIGINAL, document.encode())
