"""A seeded part of ``make fuzz``: hostile bytes give an event or poison, in little time and memory; and the harness
itself finds what it looks for."""

import random

import pytest

from shared.errors import PoisonError
from shared.events import TOPIC_EVENTS
from shared.schema.codec import HEADER, Codec
from shared.schema.release import SCHEMAS_DIR
from tests.fuzz.decoding import attempt, fuzz, payloads, sample, zigzag

COUNT = 20_000
CODEC = Codec.from_dir(SCHEMAS_DIR)


def test_hostile_bytes_give_an_event_or_poison() -> None:
    tally = fuzz(20_260_101, COUNT)
    assert tally.finds == []
    assert tally.events > COUNT // 100, "some damage leaves a valid record: else only the framing is tested"
    assert tally.poison > COUNT // 2


def test_the_same_state_gives_the_same_payloads() -> None:
    assert list(payloads(7, 500, CODEC)) == list(payloads(7, 500, CODEC))


@pytest.mark.parametrize("topic", sorted(TOPIC_EVENTS))
@pytest.mark.parametrize("length", [2**60, 2**62, -(2**62), 10**12])
def test_a_length_of_an_exabyte_allocates_nothing(topic: str, length: int) -> None:
    header = CODEC.encode(topic, sample(TOPIC_EVENTS[topic], random.Random(1)))[: HEADER.size]
    assert attempt(CODEC, topic, header + zigzag(length) * 50) in ("", None)


class Faulty(Codec):
    def decode(self, topic: str, payload: bytes) -> object:
        if payload == b"memory":
            raise PoisonError("bad_avro", "MemoryError")
        if payload == b"other":
            raise PoisonError("something_else")
        raise ValueError


def test_the_harness_tells_a_crash_from_poison() -> None:
    faulty = Faulty.from_dir(SCHEMAS_DIR)
    assert attempt(faulty, "dead.letter", b"x") == "ValueError"
    assert attempt(faulty, "dead.letter", b"memory") == "bad_avro: MemoryError"
    assert attempt(faulty, "dead.letter", b"other") == "something_else: "
    assert attempt(CODEC, "dead.letter", b"\x01") == ""
