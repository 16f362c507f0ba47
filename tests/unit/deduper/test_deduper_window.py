"""The window against a definition written as plainly as possible, on sets of words and without bands."""

import random
import re
from dataclasses import dataclass, field

import numpy as np
import pytest

from services.deduper.logic import bands, candidates, kept, window
from services.deduper.logic.bands import BandTable
from services.deduper.logic.verdicts import Call, Verdict
from services.deduper.logic.window import Window


@dataclass
class Plain:
    """One by one, every earlier original compared; exact where the bands of the code under test miss no pair."""

    kept: list[tuple[Call, str, float]] = field(default_factory=list)
    originals: list[tuple[Call, frozenset[str]]] = field(default_factory=list)

    def judge(self, call: Call) -> tuple[str | None, str, float]:
        for trainable in (True,) if call.trainable else (True, False):
            for other, family, similarity in self.kept:
                same = other.fingerprint == call.fingerprint and other.trainable == trainable
                if same and other.generation >= call.oldest:
                    return other.event_id, family, similarity
        words = frozenset(re.findall(r"\w+", call.text.lower()))
        best, family = 0.0, call.event_id
        for other, known in self.originals:
            if words and known and other.generation >= call.oldest and other.task_key == call.task_key:
                similarity = len(words & known) / len(words | known)
                if similarity > best:
                    best, family = similarity, other.event_id
        if best < 0.8:
            best, family = 1.0, call.event_id
            self.originals.append((call, words))
        self.kept.append((call, family, best))
        return None, family, best


def stream(count: int, seed: int, per_generation: int, generations: int) -> list[Call]:
    rng = random.Random(seed)
    texts: list[str] = []
    calls = []
    for number in range(count):
        if texts and rng.random() < 0.5:
            words = rng.choice(texts[-60:]).split()
            for _ in range(rng.choice([0, 0, 1, 2, 6])):
                words[rng.randrange(len(words))] = f"x{rng.randrange(10**6)}"
            text = " ".join(words)
        else:
            text = " ".join(f"w{rng.randrange(4000)}" for _ in range(rng.randint(20, 60)))
        texts.append(text)
        generation = number // per_generation
        answer = rng.random() < 0.5
        key = rng.choice("kl")
        fingerprint = random.Random(f"{key}{text}{answer}").randbytes(16)
        calls.append(
            Call(
                f"e{number}",
                key,
                fingerprint,
                rng.random() < 0.8,
                text,
                generation,
                number + 1,
                generation - generations + 1,
            )
        )
    return calls


def judged(calls: list[Call], cut: int) -> list[Verdict]:
    known = Window(0.8)
    return [verdict for start in range(0, len(calls), cut) for verdict in known.judge(calls[start : start + cut])]


@pytest.mark.parametrize("cut", [1, 7, 500])
def test_verdicts_are_those_of_the_definition(cut: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies here are near 1 or far from 0.8, where 21 bands miss one pair in a million."""
    monkeypatch.setattr(kept, "_FEW", 64)
    calls = stream(1200, 5, per_generation=90, generations=3)
    plain = Plain()
    for call, verdict in zip(calls, judged(calls, cut), strict=True):
        assert (verdict.repeat_of, verdict.family, verdict.similarity) == plain.judge(call), call.event_id


def test_where_a_bucket_is_full_the_cut_still_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls alike at about 0.75 crowd each other out; the newest are looked at, whatever the batches."""
    monkeypatch.setattr(candidates, "NEWEST", 3)
    rng = random.Random(11)
    calls = []
    for number in range(400):
        words = [f"t{n}" for n in range(24)] + [f"v{n}x{rng.randrange(6)}" for n in range(6)]
        calls.append(Call(f"e{number}", "k", rng.randbytes(16), True, " ".join(words), 0, number + 1, 0))
    one_by_one = judged(calls, 1)
    members = sum(verdict.family != call.event_id for call, verdict in zip(calls, one_by_one, strict=True))
    assert 20 < members < 380
    for cut in (2, 33, 400):
        assert judged(calls, cut) == one_by_one


def test_a_window_restored_from_its_documents_goes_on_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_FEW", 64)
    monkeypatch.setattr(window, "_RESTORED_AT_ONCE", 17)
    calls = stream(900, 6, per_generation=80, generations=3)
    whole = judged(calls, 50)
    for stop in (1, 333, 700):
        oldest = calls[stop].oldest
        again = Window(0.8)
        again.restore(
            [
                (call.event_id, verdict.remembered)
                for call, verdict in zip(calls[:stop], whole[:stop], strict=True)
                if call.generation >= oldest
            ]
        )
        assert again.judge(calls[stop:]) == whole[stop:]


def test_the_tables_stay_as_small_as_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_FEW", 64)
    known = Window(0.8)
    largest = 0
    calls = stream(3000, 8, per_generation=50, generations=2)
    for start in range(0, len(calls), 40):
        known.judge(calls[start : start + 40])
        largest = max(largest, len(known))
    assert largest <= 2 * (2 * 50 + 40) + 64


@pytest.mark.parametrize("seed", range(8))
def test_a_band_table_finds_what_a_dictionary_finds(seed: int) -> None:
    """Rows of three keys from a small range, so that keys meet within and across rows; packed now and then."""
    rng = np.random.default_rng(seed)
    table = BandTable(3)
    rows: list[list[int]] = []
    for _ in range(60):
        more = rng.integers(0, rng.choice([40, 5000, 2**32]), (int(rng.integers(0, 90)), 3), dtype=np.uint32)
        table.add(more)
        rows += more.tolist()
        if rng.random() < 0.1:
            gone = int(rng.integers(0, len(rows) + 1))
            table.forget(gone)
            rows = rows[gone:]
        assert len(table) == len(rows)
        flat = [key for row in rows for key in row]
        asked = np.array([*flat[-50:], 1, 2**32 - 1], dtype=np.uint32)
        found = table.newest(asked)
        for key, entry in zip(asked.tolist(), found.tolist(), strict=True):
            chain = []
            while entry >= 0:
                chain.append(entry)
                entry = int(table.older(np.array([entry]))[0])
            assert chain == [place for place in range(len(flat) - 1, -1, -1) if flat[place] == key]


@pytest.mark.parametrize("seed", range(4))
def test_a_rebuilt_band_table_wraps_around_its_end(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys whose homes are the last cells: a rebuild has to put some of them at the beginning."""
    monkeypatch.setattr(bands, "_AT_ONCE", 16)
    rng = np.random.default_rng(seed)
    table = BandTable(1)
    inverse = pow(int(bands._SPREAD), -1, 2**32)
    spread = 2**32 - 1 - rng.permutation(150)[:120]
    keys = np.array([int(one) * inverse % 2**32 for one in spread], dtype=np.uint32)
    others = rng.integers(0, 2**32, 600, dtype=np.uint32)
    for part in np.split(np.concatenate([keys, others])[:, None], 10):
        table.add(part)
    assert (table.newest(keys) == np.arange(120)).all()
    table.forget(20)
    assert (table.newest(keys) == np.maximum(np.arange(120) - 20, -1)).all()
