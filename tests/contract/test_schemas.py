"""The contracts: events survive Avro, released schemas are frozen, hostile bytes are poison and not a crash."""

import dataclasses
import io
import itertools
import json
from pathlib import Path
from typing import Any, get_type_hints

import fastavro
import pytest
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.schema import parse as avro_parse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import PoisonError, SettingsError
from shared.events import TOPIC_EVENTS
from shared.schema.codec import Codec
from shared.schema.derive import schema_of
from shared.schema.evolution import incompatibilities
from shared.schema.registry import SchemaRegistry, schema_sha256
from shared.schema.release import SCHEMAS_DIR, pending
from shared.schema.topics import load_topics

CODEC = Codec.from_dir(SCHEMAS_DIR)
TOPICS = sorted(TOPIC_EVENTS)


def strategy_of(event: type) -> st.SearchStrategy[Any]:
    """Instances of an event class with finite numbers in Avro's ranges."""

    def resolve(hint: Any) -> st.SearchStrategy[Any]:
        args = getattr(hint, "__metadata__", None)
        if args is not None:
            return resolve(hint.__origin__)
        if dataclasses.is_dataclass(hint):
            return strategy_of(hint)  # type: ignore[arg-type]
        origin = getattr(hint, "__origin__", None)
        if origin is tuple:
            return st.lists(resolve(hint.__args__[0]), max_size=2).map(tuple)
        if origin is dict:
            return st.dictionaries(st.text(max_size=5), resolve(hint.__args__[1]), max_size=2)
        if hint is int:
            return st.integers(-(2**63), 2**63 - 1)
        if hint is float:
            return st.floats(allow_nan=False, allow_infinity=False)
        if hint is str:
            return st.text(max_size=12)
        if hint is bytes:
            return st.binary(max_size=12)
        if type(None) in getattr(hint, "__args__", ()):
            return st.none() | resolve(next(arm for arm in hint.__args__ if arm is not type(None)))
        return st.from_type(hint)

    hints = get_type_hints(event, include_extras=True)
    return st.builds(event, **{f.name: resolve(hints[f.name]) for f in dataclasses.fields(event)})


@pytest.mark.parametrize("topic", TOPICS)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_event_survives_the_wire(topic: str, data: st.DataObject) -> None:
    event = data.draw(strategy_of(TOPIC_EVENTS[topic]))
    assert CODEC.decode(topic, CODEC.encode(topic, event)) == event


def test_nothing_waits_for_release() -> None:
    assert pending(SchemaRegistry.from_dir(SCHEMAS_DIR)) == {}, "run: python -m shared.schema.release"


@pytest.mark.parametrize("topic", TOPICS)
def test_every_version_reads_every_other_by_two_checkers(topic: str) -> None:
    checker: Any = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
    versions = [json.loads(path.read_text()) for path in sorted((SCHEMAS_DIR / topic).glob("v*.avsc"))]
    for reader in versions:
        for writer in versions:
            verdict = checker.get_compatibility(avro_parse(json.dumps(reader)), avro_parse(json.dumps(writer)))
            assert verdict.compatibility is SchemaCompatibilityType.compatible
    for older, newer in itertools.pairwise(versions):
        assert incompatibilities(newer, older) == []


def test_golden_bytes_of_a_dead_letter() -> None:
    from shared.events import DeadLetter

    event = DeadLetter(
        origin_topic="observation.raw",
        origin_partition=2,
        origin_offset=7,
        application="ingest_redactor",
        reason="bad_json",
        failed_at_ms=1_700_000_000_000,
    )
    golden = (Path(__file__).parent / "dead_letter_v1.hex").read_text().strip()
    assert CODEC.encode("dead.letter", event).hex() == golden
    assert CODEC.decode("dead.letter", bytes.fromhex(golden)) == event


@settings(max_examples=300, deadline=None)
@given(payload=st.binary(max_size=200), framed=st.booleans())
def test_hostile_bytes_are_poison(payload: bytes, framed: bool) -> None:
    topic = "observation.raw"
    schema_id = SchemaRegistry.from_dir(SCHEMAS_DIR).latest[topic].id
    blob = b"\x00" + schema_id.to_bytes(4, "big") + payload if framed else payload
    try:
        CODEC.decode(topic, blob)
    except PoisonError as error:
        assert error.reason in {"empty_value", "unknown_framing", "unknown_schema", "wrong_subject", "bad_avro"}


def test_schema_of_another_topic_is_refused() -> None:
    payload = b"\x00" + SchemaRegistry.from_dir(SCHEMAS_DIR).latest["dead.letter"].id.to_bytes(4, "big")
    with pytest.raises(PoisonError, match="wrong_subject"):
        CODEC.decode("observation.raw", payload)


def test_changed_release_is_refused(tmp_path: Path) -> None:
    schema = schema_of(TOPIC_EVENTS["dead.letter"])
    (tmp_path / "dead.letter").mkdir()
    (tmp_path / "dead.letter" / "v1.avsc").write_text(json.dumps(schema | {"doc": "changed"}))
    entry = {"subject": "dead.letter", "version": 1, "id": 1, "sha256": schema_sha256(schema)}
    (tmp_path / "released.json").write_text(json.dumps([entry]))
    with pytest.raises(SettingsError, match=r"dead\.letter/v1\.avsc was changed after its release"):
        SchemaRegistry.from_dir(tmp_path)


def _record(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": "R", "namespace": "n", "fields": list(fields)}


A = {"name": "a", "type": "long", "doc": "a"}


@pytest.mark.parametrize(
    ("new", "problem"),
    [
        (_record(A, {"name": "b", "type": "long", "doc": "b"}), "new field without a default"),
        (_record({"name": "a", "type": "string", "doc": "a"}), "type changed"),
        (_record(), "field without a default removed"),
        (
            _record({"name": "a", "type": {"type": "long", "logicalType": "timestamp-millis"}, "doc": "a"}),
            "logical type changed",
        ),
        (_record(A, {"name": "b", "type": "long", "default": 0}), "no doc"),
        (_record(A) | {"name": "S"}, "renamed"),
    ],
)
def test_incompatible_changes_are_named(new: dict[str, Any], problem: str) -> None:
    problems = incompatibilities(new, _record(A))
    assert problems and any(problem in line for line in problems)


def test_optional_addition_is_compatible_and_reads_old_records() -> None:
    old, new = _record(A), _record(A, {"name": "b", "type": "long", "default": 5, "doc": "b"})
    assert incompatibilities(new, old) == []
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, fastavro.parse_schema(old, named_schemas={}), {"a": 1})
    buffer.seek(0)
    parsed = fastavro.parse_schema(old, named_schemas={}), fastavro.parse_schema(new, named_schemas={})
    assert fastavro.schemaless_reader(buffer, *parsed) == {"a": 1, "b": 5}


def test_every_event_topic_is_registered_and_the_other_way_round() -> None:
    topics = load_topics(SCHEMAS_DIR / "topics.yaml")
    assert set(TOPIC_EVENTS) == {name for name in topics if not name.endswith(".changelog")}


def test_only_the_redactor_reads_raw() -> None:
    assert load_topics(SCHEMAS_DIR / "topics.yaml")["observation.raw"].consumers == ("ingest_redactor",)


def test_bad_topic_entry_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "topics.yaml"
    path.write_text(
        "defaults: {partitions: {embedded: 4, compose: 12}, max_message_bytes: 5}\n"
        "topics: {a.b: {about: x, key: k, cleanup: shred, owner: [a], consumers: [b], data: raw}}\nchangelogs: {}\n"
    )
    with pytest.raises(SettingsError, match=r"topic a\.b: cleanup"):
        load_topics(path)
