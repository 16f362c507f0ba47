"""``flywheel registry``: bad entries refused by file and line, good ones entered, and only what differs is written."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from infra.local.registry import TOPIC, changed_entries, enter_models, read_registry
from services.cli.main import DONE, FAILED, WRONG_USAGE, run
from shared.brokers.memory import MemoryBroker
from shared.brokers.memory_cluster import MemoryCluster
from shared.events import ModelRegistered
from shared.events.vocabulary import ModelKind
from shared.models import MODELS_FILE, load_models
from shared.schema.codec import Codec
from shared.settings import Settings
from shared.stream.broker import NewTopic, OutRecord


@pytest.fixture
def bad_file(tmp_path: Path) -> Path:
    path = tmp_path / "models.yaml"
    path.write_text(MODELS_FILE.read_text().replace("safety_grade: A", "safety_grade: Z"))
    return path


def test_validate_names_file_line_and_reason(bad_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["registry", "validate", "--file", str(bad_file), "-o", "json"]) == WRONG_USAGE
    captured = capsys.readouterr()
    rows = {row["model"]: row for row in json.loads(captured.out)}
    assert rows["base/frontier"]["result"] == "refused"
    assert rows["base/smollm2-135m-instruct"]["result"] == "good"
    line = rows["base/frontier"]["line"]
    assert "base/frontier" in bad_file.read_text().splitlines()[line - 1]
    assert f"models.yaml:{line}: base/frontier: safety_grade" in captured.err


def test_the_shipped_registry_is_good(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["registry", "validate"]) == DONE
    assert "base/frontier" in capsys.readouterr().out


@pytest.mark.parametrize("verb", [["apply"], ["apply", "--dry-run"], ["list"]])
def test_a_broker_that_is_away_is_one_line(
    verb: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:1")
    assert run(["registry", *verb]) == FAILED
    assert capsys.readouterr().err.startswith("error: Kafka at 127.0.0.1:1 gives no answer")


def test_a_missing_file_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["registry", "validate", "--file", str(tmp_path / "absent.yaml")]) == WRONG_USAGE
    assert "absent.yaml: No such file" in capsys.readouterr().err


def test_only_what_differs_is_written_and_specialists_stay() -> None:
    models, _ = load_models(MODELS_FILE, at_ms=1)
    codec = Codec.from_dir(Settings().schemas_dir)
    specialist = ModelRegistered(
        model="track@v1", kind=ModelKind.SPECIALIST, model_name="track@v1", eval_scores={}, registered_at_ms=5
    )

    async def story() -> None:
        broker = MemoryBroker(MemoryCluster())
        await broker.admin().create_topics([NewTopic(TOPIC, 4)])
        producer = broker.producer()
        await producer.start()
        await producer.send([OutRecord(TOPIC, b"track@v1", codec.encode(TOPIC, specialist))])
        everything = tuple(model.model for model in models)
        assert await enter_models(broker, codec, models, dry_run=True) == everything
        assert await enter_models(broker, codec, models) == everything
        assert await enter_models(broker, codec, [replace(model, registered_at_ms=9) for model in models]) == ()
        dearer = replace(models[0], cost_per_1k_input_usd=9.0, registered_at_ms=10)
        assert await enter_models(broker, codec, [dearer, *models[1:]]) == (dearer.model,)
        found = await read_registry(broker, codec)
        assert found["track@v1"] == specialist and found[dearer.model] == dearer
        assert len(found) == len(models) + 1
        await producer.send([OutRecord(TOPIC, dearer.model.encode(), None)])
        assert dearer.model not in await read_registry(broker, codec)
        await producer.close()

    asyncio.run(story())


def test_changed_entries_ignore_the_time_alone() -> None:
    models, _ = load_models(MODELS_FILE, at_ms=1)
    known = {model.model: replace(model, registered_at_ms=2) for model in models[1:]}
    assert changed_entries(models, known) == [models[0]]
