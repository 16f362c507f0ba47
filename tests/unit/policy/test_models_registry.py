"""The model registry's YAML: the shipped one is whole, and bad entries are refused by file, line and reason."""

from pathlib import Path

import pytest

from shared.errors import SettingsError
from shared.models import MODELS_FILE, call_cost_usd, load_models


def test_shipped_registry_has_the_design_s_models_and_no_refusal() -> None:
    models, refusals = load_models(MODELS_FILE, at_ms=1)
    assert refusals == []
    names = {model.model for model in models}
    assert {"base/frontier", "base/smollm2-135m-instruct", "base/smollm2-1.7b-instruct"} <= names
    assert any("phi-3-mini" in name for name in names) and any("nemotron" in name for name in names)
    assert any("deepseek-r1-distill" in name for name in names)
    assert {model.price_version for model in models} == {"2026-11-01"}


def test_bad_entries_are_refused_by_line_and_the_rest_enters(tmp_path: Path) -> None:
    text = (
        MODELS_FILE.read_text().replace("license: MIT", "license: ''", 1).replace("safety_grade: A", "safety_grade: X")
    )
    path = tmp_path / "models.yaml"
    path.write_text(text)
    models, refusals = load_models(path, at_ms=1)
    lines = text.splitlines()
    assert len(refusals) == 2 and len(models) == 4
    for refusal in refusals:
        assert refusal.model in lines[refusal.line - 1]
    assert {refusal.reason.split(":")[0] for refusal in refusals} == {"license", "safety_grade"}


def test_model_given_twice_is_refused(tmp_path: Path) -> None:
    text = MODELS_FILE.read_text().replace("base/smollm2-1.7b-instruct", "base/smollm2-135m-instruct")
    path = tmp_path / "models.yaml"
    path.write_text(text)
    _, refusals = load_models(path, at_ms=1)
    assert [refusal.reason for refusal in refusals] == ["model: given twice"]


def test_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"absent\.yaml: No such file"):
        load_models(tmp_path / "absent.yaml", at_ms=1)


def test_call_cost_counts_both_directions() -> None:
    frontier = next(model for model in load_models(MODELS_FILE, at_ms=1)[0] if model.model == "base/frontier")
    assert call_cost_usd(frontier, 1000, 500) == pytest.approx(0.002 + 0.004)
