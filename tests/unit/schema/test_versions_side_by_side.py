"""Old and new code side by side: every pair of writer and reader, the bytes of the first release, and an id that this
process has not seen yet."""

import dataclasses
import io
import json
import random
import shutil
from pathlib import Path
from typing import Any

import fastavro
import pytest

from shared.errors import FatalError, PoisonError, SettingsError, TransientError
from shared.events import TOPIC_EVENTS
from shared.schema.codec import AHEAD, HEADER, Codec
from shared.schema.convert import to_plain
from shared.schema.registry import SchemaRegistry
from shared.schema.release import SCHEMAS_DIR, release
from tests.fuzz.decoding import sample
from tests.unit.schema.versions import ADDED, DEFAULT, next_version

TOPICS = sorted(TOPIC_EVENTS)
NEXT: dict[str, Any] = {topic: next_version(event) for topic, event in TOPIC_EVENTS.items()}
GOLDEN: dict[str, list[str]] = json.loads((Path(__file__).parent / "golden_v1.json").read_text())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The released schemas, to be added to."""
    shutil.copytree(SCHEMAS_DIR, tmp_path / "schemas")
    return tmp_path / "schemas"


def fields_of(event: Any) -> dict[str, Any]:
    return {one.name: getattr(event, one.name) for one in dataclasses.fields(event)}


def events(topic: str, classes: dict[str, Any]) -> list[Any]:
    rng = random.Random(topic)
    return [sample(classes[topic], rng) for _ in range(20)]


@pytest.mark.parametrize("before_release", [True, False], ids=["started before", "started after"])
def test_every_pair_of_versions_reads_each_other(folder: Path, before_release: bool) -> None:
    """Old code may have started before the new schemas were there: it reads the folder again."""
    old = Codec.from_dir(folder) if before_release else None
    lines = release(folder, check=False, events=NEXT)
    assert lines == [f"{topic} v{SchemaRegistry.from_dir(SCHEMAS_DIR).latest[topic].version + 1}" for topic in TOPICS]
    old = old or Codec.from_dir(folder)
    new = Codec.from_dir(folder, NEXT)
    for topic in TOPICS:
        for event in events(topic, TOPIC_EVENTS):
            encoded = old.encode(topic, event)
            assert old.decode(topic, encoded) == event
            assert fields_of(new.decode(topic, encoded)) == fields_of(event) | {ADDED: DEFAULT}
        for event in events(topic, NEXT):
            encoded = new.encode(topic, event)
            assert new.decode(topic, encoded) == event
            seen = fields_of(event)
            del seen[ADDED]
            assert fields_of(old.decode(topic, encoded)) == seen
            assert type(old.decode(topic, encoded)) is TOPIC_EVENTS[topic]


@pytest.mark.parametrize("topic", TOPICS)
def test_bytes_of_the_first_release_are_read_by_this_code_and_by_the_next(folder: Path, topic: str) -> None:
    schema = json.loads((SCHEMAS_DIR / topic / "v1.avsc").read_text())
    parsed = fastavro.parse_schema(schema, named_schemas={})
    release(folder, check=False, events=NEXT)
    now, following = Codec.from_dir(folder), Codec.from_dir(folder, NEXT)
    for golden in GOLDEN[topic]:
        payload = bytes.fromhex(golden)
        plain: Any = fastavro.schemaless_reader(io.BytesIO(payload[HEADER.size :]), parsed, None)
        for codec, cls in ((now, TOPIC_EVENTS[topic]), (following, NEXT[topic])):
            decoded = to_plain(cls)(codec.decode(topic, payload))
            assert {name: decoded[name] for name in plain} == plain


def test_golden_bytes_cover_every_topic() -> None:
    assert sorted(GOLDEN) == TOPICS
    assert all(len(set(GOLDEN[topic])) >= 3 for topic in TOPICS)


def test_an_id_of_a_release_to_come_halts_and_any_other_is_poison(folder: Path) -> None:
    codec, newest = Codec.from_dir(folder), max(SchemaRegistry.from_dir(folder).by_id)
    for ahead in (1, AHEAD):
        with pytest.raises(
            FatalError, match=rf"dead\.letter .* id {newest + ahead}, .* up to {newest}.*the record waits"
        ):
            codec.decode("dead.letter", HEADER.pack(0, newest + ahead) + b"x")
    for other in (0, newest + AHEAD + 1, 2**32 - 1):
        with pytest.raises(PoisonError, match="unknown_schema"):
            codec.decode("dead.letter", HEADER.pack(0, other) + b"x")


def test_a_folder_that_is_being_written_is_waited_for(folder: Path) -> None:
    codec, newest = Codec.from_dir(folder), max(SchemaRegistry.from_dir(folder).by_id)
    index = folder / "released.json"
    index.write_text(index.read_text()[:-20])
    with pytest.raises(TransientError, match="cannot be read now"):
        codec.decode("dead.letter", HEADER.pack(0, newest + 1) + b"x")


def test_new_code_without_its_released_schema_does_not_start(folder: Path) -> None:
    """It would write its events with the old schema and lose the new field in silence."""
    with pytest.raises(SettingsError, match=r"no released schema of .* describes .*schemas are released"):
        Codec.from_dir(folder, NEXT)


def test_a_release_that_is_refused_leaves_the_folder_as_it_was(folder: Path) -> None:
    class_without_default: Any = dataclasses.make_dataclass("DeadLetter", [("other", int)])
    before = (folder / "released.json").read_bytes()
    with pytest.raises((ValueError, TypeError)):
        release(folder, check=False, events={"dead.letter": class_without_default})
    assert (folder / "released.json").read_bytes() == before
