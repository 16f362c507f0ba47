"""The command line itself: exit codes, one-line errors, JSON for programs, and a start without heavy imports."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.settings import CHECKOUT
from services.cli.main import DONE, FAILED, WRONG_USAGE, run


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FLYWHEEL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["up", "--help"]) == DONE
    assert "flywheel up --detach" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "verb",
    ["lag", "dlq list", "dlq show", "dlq replay", "replay postgres", "replay redis", "state verify"],
)
def test_every_operator_verb_has_examples_and_speaks_json(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*verb.split(), "--help"]) == DONE
    page = " ".join(capsys.readouterr().out.split())
    assert f"flywheel {verb}" in page and "--output" in page
    assert ("--dry-run" in page) == (verb in ("dlq replay", "replay postgres", "replay redis"))


@pytest.mark.parametrize(
    "words", [["nonsense"], ["up", "--nonsense"], ["up", "--only", "nobody"], ["topics", "plan", "x"]]
)
def test_wrong_usage_is_told_and_exits_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == WRONG_USAGE
    assert capsys.readouterr().err


def test_a_wrong_setting_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLYWHEEL_LOCAL__KAFKA_PORT", "confidential")
    assert run(["status"]) == WRONG_USAGE
    error = capsys.readouterr().err
    assert "FLYWHEEL_LOCAL__KAFKA_PORT" in error
    assert "Traceback" not in error
    with pytest.raises(ValueError, match="kafka_port"):
        run(["status", "--debug"])


def test_status_of_nothing_is_complete_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status", "--output", "json"]) == FAILED
    rows = json.loads(capsys.readouterr().out)
    assert {"kafka", "postgres", "redis", "router", "recorder"} <= {row["name"] for row in rows}
    assert {row["state"] for row in rows} == {"stopped"}


def test_down_without_a_stack_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["down"]) == DONE
    assert capsys.readouterr().out == "nothing was running\n"
    assert run(["down", "-o", "json"]) == DONE
    assert json.loads(capsys.readouterr().out) == {"stopped": []}


def test_reset_spares_a_foreign_folder(own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own_home.mkdir()
    (own_home / "precious").touch()
    assert run(["reset", "--yes"]) == WRONG_USAGE
    assert (own_home / "precious").exists()
    assert "nothing deleted" in capsys.readouterr().err


def test_a_broker_that_is_away_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:1")
    assert run(["topics", "plan"]) == FAILED
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: Kafka at 127.0.0.1:1 gives no answer")


def test_schemas_and_topics_agree(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "check"]) == DONE
    assert run(["schema", "list", "-o", "json"]) == DONE
    assert "observation.raw" in capsys.readouterr().out


def test_the_command_line_starts_light() -> None:
    program = "import sys, services.cli.main as m; m.build_app(); print(','.join(sorted(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    heavy = {"numpy", "torch", "transformers", "aiokafka", "pydantic", "fastavro", "httpx", "asyncpg", "redis"}
    assert heavy & set(loaded.stdout.strip().split(",")) == set()
