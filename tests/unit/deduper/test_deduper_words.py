"""What counts as a word, and that a batch of texts gives what each gives alone."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.deduper.logic.signatures import signed_text
from services.deduper.logic.words import MAX_WORDS, word_sets
from shared.events.calls import ChatMessage, Request, ToolCall

WORD = re.compile(r"⟦[^⟦⟧]{1,64}⟧|\w+")
"""The definition; the code under test never runs it."""

texts = st.lists(
    st.text(max_size=60)
    | st.text(alphabet="aAbB1_ .,\n⟦⟧éÉßİΣσ٣你\ud800🙂\0", max_size=40)
    | st.sampled_from(
        ["", "⟦EMAIL_1⟧", "a⟦X⟧b⟦Y⟧", "⟦" + "x" * 64 + "⟧", "⟦" + "x" * 65 + "⟧", "⟦⟧", "ends with ⟦", "⟧ begins"]
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=300)
@given(texts)
def test_words_are_those_of_the_definition(batch: list[str]) -> None:
    sets = word_sets(batch)
    assert len(sets.starts) == len(batch) + 1
    known: dict[str, int] = {}
    for index, text in enumerate(batch):
        hashes = sets.of(index)
        words = set(WORD.findall(text.lower()))
        assert len(hashes) == len(words)
        assert (np.diff(hashes.astype(np.int64)) > 0).all()
        alone = {word: int(word_sets([f" {word} "]).flat[0]) for word in words}
        assert sorted(alone.values()) == hashes.tolist()
        known.update(alone)
    assert len(set(known.values())) == len(known)


def test_texts_longer_than_a_piece_give_what_they_give_alone() -> None:
    batch = [f"w{number} " * 3 + "x" * number * 9000 for number in range(40)]
    together = word_sets(batch)
    for index, text in enumerate(batch):
        assert together.of(index).tolist() == word_sets([text]).flat.tolist()


def test_of_a_very_long_text_a_sample_stands_for_it() -> None:
    words = [f"w{number}" for number in range(MAX_WORDS + 5000)]
    sets = word_sets(["before", " ".join(words), "after"])
    assert np.diff(sets.starts).tolist() == [1, MAX_WORDS, 1]
    every = np.sort(np.array([int(word_sets([word]).flat[0]) for word in words[:100]], dtype=np.uint32))
    assert np.isin(every[every <= sets.of(1).max()], sets.of(1)).all()
    assert sets.of(2).tolist() == word_sets(["after"]).flat.tolist()


def test_no_texts_no_words() -> None:
    assert len(word_sets([]).flat) == 0
    assert word_sets(["", " !? "]).starts.tolist() == [0, 0, 0]


@pytest.mark.parametrize("count", [1000, 200_000])
def test_hashes_spread_over_32_bits(count: int) -> None:
    """Numbers that differ in one digit collide no more often than chance has it."""
    hashes = word_sets(
        [" ".join(str(number) for number in range(start, start + 1000)) for start in range(0, count, 1000)]
    )
    expected = count**2 / 2 / 2**32
    assert count - len(np.unique(hashes.flat)) <= expected + 6 * expected**0.5 + 1


def test_signed_are_the_newest_turn_and_what_came_since() -> None:
    request = Request(
        messages=(
            ChatMessage(role="user", content="old"),
            ChatMessage(role="user", content="Send ⟦EMAIL_1⟧ to Bob, bob!"),
            ChatMessage(role="assistant", tool_calls=(ToolCall(name="f", arguments_json='{"a": 1}'),)),
        )
    )
    words = set(WORD.findall(signed_text(request).lower()))
    assert words == {"1", "a", "bob", "⟦call:f⟧", "⟦role:assistant⟧", "send", "to", "⟦email_1⟧"}
