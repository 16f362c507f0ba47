"""Policies load, name what is wrong, and the demo keeps the promotion gates of the service."""

from pathlib import Path

import pytest

from shared.errors import SettingsError
from shared.policy import POLICIES_DIR, grade_at_least, load_policy

GATES = (
    "min_shadow_calls",
    "min_format",
    "min_parity",
    "max_escalation",
    "max_latency_increase",
    "min_cost_reduction",
    "alpha",
    "min_safety_grade",
    "ramp",
    "holdback",
    "format_window",
    "max_format_error",
)


@pytest.mark.parametrize("profile", ["service", "demo", "test"])
def test_profile_loads_under_its_own_name(profile: str) -> None:
    policy = load_policy(profile)
    assert policy.name == profile
    assert policy.version.startswith(f"{profile}-")


def test_demo_relaxes_no_promotion_gate() -> None:
    service, demo = load_policy("service").promotion, load_policy("demo").promotion
    assert {name: getattr(demo, name) for name in GATES} == {name: getattr(service, name) for name in GATES}
    assert demo.min_answers_per_stage >= 20


def test_unknown_profile_is_named_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"no policy 'prod'.*demo, service, test"):
        load_policy("prod")


def test_bad_value_is_named_by_file_and_field(tmp_path: Path) -> None:
    text = (POLICIES_DIR / "demo.yaml").read_text().replace("alpha: 0.05", "alpha: 0.9")
    (tmp_path / "demo.yaml").write_text(text)
    with pytest.raises(SettingsError, match=r"demo\.yaml: promotion\.alpha"):
        load_policy("demo", tmp_path)


def test_version_follows_content(tmp_path: Path) -> None:
    text = (POLICIES_DIR / "demo.yaml").read_text()
    (tmp_path / "demo.yaml").write_text(text.replace("alpha: 0.05", "alpha: 0.04"))
    assert load_policy("demo", tmp_path).version != load_policy("demo").version


@pytest.mark.parametrize(
    ("grade", "floor", "good"), [("A", "B", True), ("B", "B", True), ("C", "B", False), ("", "D", False)]
)
def test_unknown_grade_never_passes(grade: str, floor: str, good: bool) -> None:
    assert grade_at_least(grade, floor) is good
