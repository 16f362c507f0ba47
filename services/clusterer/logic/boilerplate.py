"""Learns which text the calls of a shard share, from a sample spread evenly over the stream.

Shared text is often the task itself (``summarise the notes below: …``), so a run counts as boilerplate only where it
stands in many calls that differ otherwise, and where shared text outweighs what differs.
"""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.tasks.boilerplate import MAX_RUNS, NO_RUNS, Runs, is_shared, run_hashes, word_hashes

FIRST_CALLS = 16
"""Calls of a shard after which its sample is first looked at; then whenever they have doubled."""
LONGEST_CALLS = 256
"""Calls between two looks at most."""
SAMPLED_CALLS = 32
LEAST_WORDS = 12
"""Shorter turns are not drowned by anything."""
LEAST_SHARES = (0.9, 0.5, 0.25)
"""Share of the sample that must hold a run, tried in turn: what nearly all calls share is boilerplate before what a few
frequent tasks say is."""
LEAST_OWN_WORDS = 2
TALKATIVE = 0.7
"""Share of the calls with a run that must say something else too."""
WORDINGS = 0.25
"""Different things said there, as a share of the calls with the run: tasks of few wordings repeat themselves."""
COVERS = 0.75
"""Share of the longer turns that must hold boilerplate: one frequent task among several has an instruction of its own."""
OUTWEIGHS = 1.25
"""Shared words to other words in the calls that hold a run."""

Hashes = NDArray[np.uint32]


@dataclass(slots=True)
class Sample:
    """Hashes of the words of sampled calls; short turns are counted only."""

    calls: int = 0
    turns: list[Hashes] = field(default_factory=list)
    micros: list[str] = field(default_factory=list)
    """Of each turn, the micro-cluster that learnt it."""

    def add(self, records: int, words: Sequence[str], micro: str) -> None:
        """The ``records``-th call of the shard, boilerplate taken out so far as it is known."""
        start, end = _period(records)
        if (end - records) % max(1, (end - start) // SAMPLED_CALLS):
            return
        self.calls += 1
        if len(words) >= LEAST_WORDS:
            self.turns.append(word_hashes(words))
            self.micros.append(micro)

    def taken(self, records: int, known: Runs) -> tuple[Runs, list[str]]:
        """Runs to add after the ``records``-th call, if that is the time to look, and the micro-clusters that turns with
        them went to. The sample starts anew then."""
        if records != _period(records)[1]:
            return NO_RUNS, []
        found = frozenset(sorted(learnt(self.turns, self.calls) - known)[: MAX_RUNS - len(known)])
        held = (not found.isdisjoint(run_hashes(turn)) for turn in self.turns)
        drowned = [micro for micro, holds in zip(self.micros, held, strict=True) if holds]
        self.calls, self.turns, self.micros = 0, [], []
        return found, list(dict.fromkeys(drowned))

    def encode(self) -> dict[str, Any]:
        return {
            "calls": self.calls, "lengths": [len(turn) for turn in self.turns], "micros": list(self.micros),
            "hashes": base64.b64encode(b"".join(turn.astype("<u4").tobytes() for turn in self.turns)).decode(),
        }  # fmt: skip

    @classmethod
    def decode(cls, data: Mapping[str, Any]) -> "Sample":
        joined = np.frombuffer(base64.b64decode(data["hashes"]), dtype="<u4").astype(np.uint32)
        ends = np.cumsum([0, *data["lengths"]]).tolist()
        turns = [joined[start:end] for start, end in pairwise(ends)]
        return cls(data["calls"], turns, list(data["micros"]))


def _period(records: int) -> tuple[int, int]:
    """The period between two looks that the ``records``-th call falls in: after its first, up to its last call."""
    if records > LONGEST_CALLS:
        start = (records - 1) // LONGEST_CALLS * LONGEST_CALLS
        return start, start + LONGEST_CALLS
    end = max(FIRST_CALLS, 1 << (records - 1).bit_length())
    return (end // 2 if end > FIRST_CALLS else 0), end


def learnt(turns: Sequence[Hashes], calls: int) -> Runs:
    """The boilerplate of a sample of ``calls``, of which ``turns`` are the longer ones."""
    runs = [frozenset(run_hashes(turn)) for turn in turns]
    held = Counter(run for one in runs for run in one)
    for share in LEAST_SHARES:
        table, left = NO_RUNS, frozenset(run for run, count in held.items() if count >= share * calls)
        while left != table:
            table, left = left, _outweighing(turns, runs, left)
        holding = sum(not table.isdisjoint(one) for one in runs)
        if table and holding >= COVERS * len(turns):
            return table
    return NO_RUNS


def _outweighing(turns: Sequence[Hashes], runs: Sequence[Runs], table: Runs) -> Runs:
    """Those runs of the table whose calls say something else too, not all the same, and less of it."""
    shared = [is_shared(turn, table) for turn in turns]
    own = [turn[~skipped] for turn, skipped in zip(turns, shared, strict=True)]
    holders: dict[int, list[int]] = {}
    for call, one in enumerate(runs):
        for run in one & table:
            holders.setdefault(run, []).append(call)
    kept = set()
    for run, held in holders.items():
        said = [own[call].tobytes() for call in held if len(own[call]) >= LEAST_OWN_WORDS]
        shared_words = sum(int(shared[call].sum()) for call in held)
        differ = len(said) >= TALKATIVE * len(held) and len(set(said)) >= WORDINGS * len(held)
        outweighs = shared_words >= OUTWEIGHS * sum(len(own[call]) for call in held)
        if outweighs and differ:
            kept.add(run)
    return frozenset(kept)
