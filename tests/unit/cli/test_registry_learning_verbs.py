"""``flywheel train`` and ``evaluate``: records from a file, refusals with their reason, wrong input by file and line."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.cli.main import FAILED, WRONG_USAGE, run
from services.trainer_worker.offline import choose_cluster, read_lines
from shared.errors import SettingsError
from shared.events import ObservationClustered
from shared.events.calls import ToolCall
from shared.events.vocabulary import ModelKind, Split


def record(number: int, **changes: Any) -> dict[str, Any]:
    """One record with nothing but what the schema has no default for."""
    return {
        "event_id": f"e{number}",
        "tenant": "t",
        "episode": f"ep{number}",
        "occurred_at_ms": number,
        "request": {
            "messages": [{"role": "user", "content": f"book City{number}"}],
            "tools": [{"name": "book", "parameters_json": '{"type":"object"}'}],
        },
        "answer": {"tool_calls": [{"name": "book", "arguments_json": f'{{"city":"City{number}"}}'}]},
        "attempts": [{"model": "m", "kind": "frontier", "verdict": "ok"}],
        "proof": {"rule_set": "1", "profile": "pii", "counts": {}, "source_partition": 0, "source_offset": 0},
        "task_key": "k",
        "template_id": "t",
        "tool_signature": "s",
        "step_hash": "s",
        "answer_hash": "a",
        "fingerprint": "f",
        "family": f"e{number}",
        "cluster": "c1",
        "micro_cluster": "m",
        "sub_key": "user",
        "split": "train",
        **changes,
    }


def written(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(item) + "\n" for item in records))
    return path


def test_records_are_read_with_their_defaults(tmp_path: Path) -> None:
    (row,) = read_lines(written(tmp_path / "in.jsonl", record(1)))
    assert isinstance(row, ObservationClustered) and row.split is Split.TRAIN
    assert row.attempts[0].kind is ModelKind.FRONTIER and row.request.model == "auto"
    assert row.answer is not None and row.answer.tool_calls == (
        ToolCall(name="book", arguments_json='{"city":"City1"}'),
    )


@pytest.mark.parametrize("broken", ["no json", "[]", "7", '{"event_id": "e"}'])
def test_a_line_that_is_no_record_is_named_without_its_content(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps(record(1)) + f"\n{broken}\n")
    with pytest.raises(SettingsError, match=r"in\.jsonl:2: ") as caught:
        read_lines(path)
    assert "no json" not in str(caught.value)


def test_the_cluster_must_be_clear(tmp_path: Path) -> None:
    rows = read_lines(written(tmp_path / "in.jsonl", record(1), record(2, cluster="c2"), record(3)))
    assert [row.event_id for row in choose_cluster(rows, "c1")] == ["e1", "e3"]
    with pytest.raises(SettingsError, match=r"c1 \(2\), c2 \(1\)"):
        choose_cluster(rows, "")


def test_a_small_set_is_refused_with_its_reason(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "in.jsonl", *(record(number) for number in range(5)))
    words = ["train", "--input", str(path), "--out", str(tmp_path / "out"), "--policy", "test"]
    assert run(words) == FAILED
    assert "refused: too_few_rows" in capfd.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_without_manifest_is_no_adapter(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "in.jsonl", record(1))
    assert run(["evaluate", "--adapter", str(tmp_path), "--input", str(path)]) == WRONG_USAGE
    assert "no adapter of this project" in capfd.readouterr().err
