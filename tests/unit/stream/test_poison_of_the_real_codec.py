"""Every way in which a record can be poison (fault row 16), with the codec and the dead letters of the services."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shared.lifecycle import make_dead_letter
from shared.schema.codec import HEADER, MAGIC, Codec
from shared.schema.registry import SchemaRegistry
from shared.schema.release import SCHEMAS_DIR
from shared.stream.dead_letters import DEAD_LETTER_TOPIC
from shared.stream.outcome import Outcomes, Rejected
from shared.stream.processor import Application, State, TaskId
from shared.stream.records import Message, Record
from shared.stream.task import Work
from shared.stream.testing import FixedTables

CODEC = Codec.from_dir(Path(__file__).resolve().parents[3] / "schemas")
TOPIC = "dead.letter"  # any topic with a schema does; this one's events are quickly made
OTHER = "metrics.windowed"


class Strict:
    """Rejects whatever reaches it: the business rule."""

    def restored(self, state: State) -> None:
        return None

    def process(self, batch: Sequence[Message], state: State) -> Outcomes:
        return Outcomes([Rejected("against_the_rule", message.event.reason) for message in batch])

    def on_tick(self, now_ms: int, state: State) -> Outcomes:
        return Outcomes()


def event() -> bytes:
    at: Any = Record(TOPIC, 0, 0, 0, None, None).position
    return CODEC.encode(
        TOPIC,
        make_dead_letter(
            position=at,
            application="a",
            reason="sound",
            detail="",
            attempt=1,
            payload=None,
            payload_sha256=None,
            at_ms=1,
        ),
    )


def test_each_kind_of_poison_is_rejected_with_origin_reason_and_attempt() -> None:
    sound = event()
    schema_of_other = SchemaRegistry.from_dir(SCHEMAS_DIR).latest[OTHER].id
    cases = {
        "empty_value": b"",
        "unknown_framing": b"{not framed}",
        "unknown_schema": HEADER.pack(MAGIC, 2_000_000_000) + sound[HEADER.size :],
        "wrong_subject": HEADER.pack(MAGIC, schema_of_other) + sound[HEADER.size :],
        "bad_avro": sound[:-1],
        "against_the_rule": sound,
    }
    application = Application("app", (TOPIC,), lambda task: Strict(), keep_dead_letter_payload=False)
    work = Work(application, TaskId("app", (TOPIC,), 3), CODEC, make_dead_letter, FixedTables())
    records = [Record(TOPIC, 3, 10 + number, 5, b"k", value) for number, value in enumerate(cases.values())]
    prepared = work.prepare([*records, Record(TOPIC, 3, 99, 5, b"\xff", sound)], FixedTables(), 77)
    letters = [CODEC.decode(DEAD_LETTER_TOPIC, record.value or b"") for record in prepared.records]
    found = [
        (letter.origin_topic, letter.origin_partition, letter.origin_offset, letter.reason, letter.attempt)
        for letter in letters
    ]
    expected = [(TOPIC, 3, 10 + number, reason, 1) for number, reason in enumerate(cases)]
    assert found == [*expected, (TOPIC, 3, 99, "bad_key", 1)]
    assert {letter.payload for letter in letters} == {None}
