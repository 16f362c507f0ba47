"""The window of remembered calls, and the verdict on each new one.

A whole batch is signed, looked up and compared at once; the verdicts are then given one by one in stream order, because
whether a call is an original decides what later ones of the same batch may join. The result is that of judging one by one.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from services.deduper.logic.document import MEMBER, ORIGINAL, REPEAT, Document, Documents, Kind, trainable_of
from services.deduper.logic.kept import Kept
from services.deduper.logic.neighbours import Neighbours
from services.deduper.logic.originals import Originals, signed
from services.deduper.logic.similarity import Judge
from services.deduper.logic.verdicts import Call, Verdict, salt_of
from services.deduper.logic.words import WordSets, word_sets

_RESTORED_AT_ONCE = 2000

_Found = tuple[str | None, str, float, Kind]
"""A verdict without what is to be remembered."""


class Window:
    """The remembered calls of one task. Everything in it is rebuilt from their encoded documents."""

    def __init__(self, threshold: float) -> None:
        self._kept = Kept()
        self._originals = Originals()
        self._judge = Judge(threshold)
        self._threshold = threshold

    def __len__(self) -> int:
        return len(self._kept)

    def restore(self, remembered: Sequence[tuple[str, bytes]]) -> None:
        """Takes in encoded documents in the order of their sequence."""
        for start in range(0, len(remembered), _RESTORED_AT_ONCE):
            ids, entries = zip(*remembered[start : start + _RESTORED_AT_ONCE], strict=True)
            heads, tails = Documents.decode(entries)
            first = len(self._kept)
            rows = np.flatnonzero(heads["kind"] != REPEAT)
            named = rows.tolist()
            kept = heads[rows]
            self._kept.add(
                [ids[row] for row in named],
                [entries[row] for row in named],
                kept["generation"].tolist(),
                kept["fingerprint"].tolist(),
            )
            sizes = np.array([len(tails[row]) for row in named], dtype=np.int64) // 4
            worded = np.flatnonzero((kept["kind"] == ORIGINAL) & (sizes > 0))
            words = np.frombuffer(b"".join([tails[row] for row in rows[worded].tolist()]), dtype=np.uint32)
            starts = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(sizes[worded])))
            calls = signed(WordSets(words, starts), kept["salt"][worded].tolist(), kept["generation"][worded].tolist())
            self._originals.add(calls, np.arange(len(calls)), worded + first)

    def judge(self, calls: Sequence[Call]) -> list[Verdict]:
        """The verdict on every call, in order; each is remembered for those after it."""
        verdicts: list[Verdict] = []
        for batch in _batches(calls):
            verdicts += _Batch(self._kept, self._originals, self._judge, self._threshold, batch).verdicts()
            self._originals.forget_before(batch[-1].oldest, self._kept.forget_before(batch[-1].oldest))
        return verdicts


def _batches(calls: Sequence[Call]) -> Iterator[Sequence[Call]]:
    """Cut where a call does not see all before it any more."""
    start = 0
    for place, call in enumerate(calls):
        if call.oldest > calls[start].generation:
            yield calls[start:place]
            start = place
    if start < len(calls):
        yield calls[start:]


class _Batch:
    """One batch on its way through. Every call in it sees all before it."""

    def __init__(self, kept: Kept, originals: Originals, judge: Judge, threshold: float, calls: Sequence[Call]) -> None:
        self._kept, self._originals, self._calls = kept, originals, calls
        self._repeats = self._exact()
        self._fresh = [call for call, repeat in zip(calls, self._repeats, strict=True) if repeat is None]
        self._signed = signed(
            word_sets([call.text for call in self._fresh]),
            [salt_of(call.task_key) for call in self._fresh],
            [call.generation for call in self._fresh],
            [call.oldest for call in self._fresh],
        )
        self._neighbours = Neighbours(kept, originals, judge, threshold, self._signed)

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
                if inside is not None:
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
        found: list[_Found] = []
        index = 0
        for call, repeat in zip(self._calls, self._repeats, strict=True):
            if repeat is None:
                found.append(self._of_fresh(call, index))
                index += 1
            else:
                found.append(self._of_repeat(repeat, found))
        entries = self._encoded(found)
        self._remember(found, entries)
        return [Verdict(*one, entry) for one, entry in zip(found, entries, strict=True)]

    def _of_repeat(self, repeat: int, found: Sequence[_Found]) -> _Found:
        if repeat < 0:
            _, family, similarity, _ = found[-1 - repeat]
            return self._calls[-1 - repeat].event_id, family, similarity, REPEAT
        original = self._kept.id_of(repeat)
        document = Document.decode(self._kept.entry_of(repeat))
        return original, document.family or original, document.similarity, REPEAT

    def _of_fresh(self, call: Call, index: int) -> _Found:
        nearest = self._neighbours.nearest(index)
        if nearest is None:
            if self._signed.sizes[index]:
                self._neighbours.add(index)
            return None, call.event_id, 1.0, ORIGINAL
        number, other, similarity = nearest
        family = self._fresh[other].event_id if number is None else self._kept.id_of(number)
        return None, family, similarity, MEMBER

    def _encoded(self, found: Sequence[_Found]) -> list[bytes]:
        """What is to be remembered of every call; of a repeat that it was seen."""
        words, bounds = self._signed.words.flat.tobytes(), (4 * self._signed.words.starts).tolist()
        tails: list[bytes] = []
        index = 0
        for _, family, _, kind in found:
            if kind == ORIGINAL:
                tails.append(words[bounds[index] : bounds[index + 1]])
            else:
                tails.append(family.encode() if kind == MEMBER else b"")
            index += kind != REPEAT
        documents = Documents.of(
            generations=[call.generation for call in self._calls],
            sequences=[call.sequence for call in self._calls],
            kinds=[one[3] for one in found],
            tails=tails,
        )
        rows = np.array([place for place, repeat in enumerate(self._repeats) if repeat is None], dtype=np.int64)
        documents.describe(
            rows,
            trainable=[call.trainable for call in self._fresh],
            fingerprints=[call.fingerprint for call in self._fresh],
            salts=self._signed.salts,
            similarities=[one[2] for one in found if one[3] != REPEAT],
        )
        return documents.encode()

    def _remember(self, found: Sequence[_Found], entries: Sequence[bytes]) -> None:
        fresh = [place for place, one in enumerate(found) if one[3] != REPEAT]
        kinds = np.array([found[place][3] for place in fresh], dtype=np.uint8)
        rows = np.flatnonzero((kinds == ORIGINAL) & (self._signed.sizes > 0))
        self._originals.add(self._signed, rows, rows + len(self._kept))
        self._kept.add(
            [call.event_id for call in self._fresh],
            [entries[place] for place in fresh],
            [call.generation for call in self._fresh],
            [call.fingerprint for call in self._fresh],
        )
