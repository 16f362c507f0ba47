"""The README's commands work as written: run here as they stand, or mapped to the test that runs them.

A command that is neither run nor mapped fails, and so does a name (variable, header, path, topic, table) that the code
does not have.
"""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.services import SERVICES
from infra.local.settings import LocalSettings
from shared.schema.topics import load_topics
from shared.settings import Settings
from tests.contract.deployment import CHECKOUT, COMPOSE, setting_at, settings_of

PAGES = ("README.md", "CONTRIBUTING.md")
README = (CHECKOUT / "README.md").read_text()
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)

# Run here, exactly as written, in an empty folder; what their output must contain.
RUN = {
    "flywheel doctor": "",
    "flywheel registry validate": "base/frontier",
    "flywheel schema check": "intact",
    """echo '{"text": "I am ann@example.com, call +44 20 7946 0123"}' | flywheel redact""": "⟦EMAIL_1⟧",
    "python3 -m infra.docker.secrets": "fill in: FLYWHEEL_ROUTER__FRONTIER_BASE_URL",
    "export FLYWHEEL_ROUTER__FRONTIER_BASE_URL=https://frontier.example/v1": "",
    "export FLYWHEEL_ROUTER__FRONTIER_API_KEY=…": "",
    ". .venv/bin/activate": "",
    "make help": "make demo",
}
# What `make` would run for each of these; running them is the business of the tests below, or of the ladder itself.
MAKES = {
    "make demo": "-m infra.demo",
    "make demo QUICK=1": "-m infra.demo --quick",
    "make test": "-m tests.run",
    "make test RUNG=no-io": "-m tests.run no-io",
    "make check": "-m tests.run check",
}
# Too much for a test of the page, or in need of an engine that is not there: the test that shows each.
SHOWN_BY = {
    "make demo": "tests/e2e/test_loop_end_to_end.py::test_promoted_routed_regressed_demoted",
    "make demo QUICK=1": "tests/e2e/test_loop_end_to_end.py::test_promoted_routed_regressed_demoted",
    "make test": "tests/unit/local/test_ladder_runner.py::test_every_test_folder_is_on_the_ladder",
    "make test RUNG=no-io": "tests/unit/local/test_ladder_runner.py::test_every_test_folder_is_on_the_ladder",
    "make check": "tests/unit/local/test_ladder_runner.py::test_every_test_folder_is_on_the_ladder",
    "flywheel up --detach": "tests/integration/test_embedded_stack.py::test_up_status_down_as_commands",
    "flywheel status": "tests/integration/test_embedded_stack.py::test_up_status_down_as_commands",
    "flywheel down": "tests/integration/test_embedded_stack.py::test_up_status_down_as_commands",
    "curl --no-buffer http://127.0.0.1:18080/v1/ask -H 'content-type: application/json' "
    """-d '{"prompt": "Where is order 7?"}'""": (
        "tests/unit/router/test_router_api.py::test_ask_sends_the_plan_first_and_the_metrics_last"
    ),
    "flywheel lag": "tests/integration/test_state_verify.py::test_a_running_service_holds_what_its_changelog_says",
    "flywheel dlq list": "tests/integration/test_dead_letters_on_kafka.py::test_raw_positions_are_redacted_again_by_the_redactor_itself",
    "flywheel dlq replay --limit 10 --dry-run": "tests/integration/test_dead_letters_on_kafka.py::test_raw_positions_are_redacted_again_by_the_redactor_itself",
    "flywheel replay postgres": "tests/integration/test_projections_wiped.py::test_postgresql_and_redis_deleted_wholly_come_back_equal",
    "flywheel state verify": "tests/integration/test_state_verify.py::test_a_running_service_holds_what_its_changelog_says",
    "flywheel offsets set deduper observation.redacted/2 earliest": (
        "tests/unit/cli/test_offsets.py::test_offsets_and_their_audit_row_are_one_step"
    ),
    "flywheel topics acl --dry-run": "tests/integration/test_access_control.py::test_what_services_hold_beyond_the_registry_is_shown_and_taken_back",
    "docker compose up --build --detach": "tests/contract/test_deployment_files.py::test_each_service_has_its_image",
    "docker compose --profile observability up --detach": (
        "tests/contract/test_deployment_files.py::test_only_observability_needs_a_profile"
    ),
    "kubectl apply --kustomize infra/k8s": ("tests/contract/test_kubernetes_files.py::test_every_manifest_is_applied"),
}


def commands(page: str) -> list[str]:
    """Every line of the page's shell blocks, comments taken off."""
    lines = [line for block in BLOCK.findall((CHECKOUT / page).read_text()) for line in block.splitlines()]
    return [command for line in lines if (command := re.sub(r"\s{2,}#.*$", "", line).strip())]


ALL = sorted({command for page in PAGES for command in commands(page)})


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """An environment in which the page's names mean this checkout: ``flywheel``, ``python3``, a home of its own."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, words in {"flywheel": "-m services.cli", "python3": "", "python": ""}.items():
        (tools / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
        (tools / name).chmod(0o755)
    ports = {f"FLYWHEEL_LOCAL__{name}_PORT": "0" for name in ("KAFKA", "KAFKA_CONTROLLER", "POSTGRES", "REDIS")}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLYWHEEL_")}
    path = f"{tools}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    own = {
        "PATH": path,
        "PYTHONPATH": str(CHECKOUT),
        "FLYWHEEL_HOME": str(tmp_path / "home"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return kept | ports | own


def test_every_command_is_run_or_mapped() -> None:
    assert set(ALL) == set(RUN) | set(SHOWN_BY)
    assert set(MAKES) == {command for command in SHOWN_BY if command.startswith("make ")}


@pytest.mark.parametrize("command", RUN)
def test_commands_do_what_the_page_says(command: str, shell: dict[str, str], tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / ".venv").symlink_to(sys.prefix)
    (here / "Makefile").symlink_to(CHECKOUT / "Makefile")
    done = subprocess.run(
        ["sh", "-c", command], cwd=here, env=shell, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert RUN[command] in done.stdout


@pytest.mark.parametrize("command", MAKES)
def test_make_runs_what_the_page_promises(command: str) -> None:
    words = command.split()
    outside = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    done = subprocess.run(
        [words[0], "--dry-run", *words[1:]],
        cwd=CHECKOUT,
        env=outside,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert lines[-1].endswith(MAKES[command])
    assert "infra/requirements/set_up.py" in done.stdout, "each command does its own set-up"


@pytest.mark.parametrize("shown", sorted(set(SHOWN_BY.values())))
def test_the_named_tests_exist(shown: str) -> None:
    path, _, name = shown.partition("::")
    tree = ast.parse((CHECKOUT / path).read_text())
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("module", ["infra.demo", "tests.bench.pipeline", "tests.bench.router"])
def test_programs_explain_themselves(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=True
    )
    assert "usage:" in done.stdout


def test_variables_named_are_settings() -> None:
    kinds: list[type[Settings] | type[LocalSettings]] = [Settings, LocalSettings, *map(settings_of, SERVICES)]
    for variable in sorted(set(re.findall(r"FLYWHEEL_[A-Z_]*[A-Z]", README))):
        assert any(names(kind, variable) for kind in kinds), variable


def names(kind: type[Settings] | type[LocalSettings], variable: str) -> bool:
    try:
        setting_at(kind(), variable)
    except AttributeError:
        return False
    return True


def test_headers_named_are_read_by_the_router() -> None:
    source = (CHECKOUT / "services" / "router" / "api.py").read_text()
    named = set(re.findall(r"`(x-flywheel-[a-z-]+)", README))
    assert named
    assert [header for header in sorted(named) if f'"{header}"' not in source] == []


@pytest.mark.parametrize("page", [*PAGES, "tests/README.md", "infra/decisions/README.md"])
def test_paths_and_links_lead_somewhere(page: str) -> None:
    text = (CHECKOUT / page).read_text()
    folder = (CHECKOUT / page).parent
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert [link for link in links if not (folder / link).exists()] == []
    paths = re.findall(r"`((?:infra|services|shared|schemas|tests)/[\w./-]*)`", text)
    assert [path for path in paths if not (CHECKOUT / path).exists()] == []


def test_topics_and_tables_named_exist() -> None:
    topics = load_topics(CHECKOUT / "schemas" / "topics.yaml")
    families = {name.split(".", 1)[0] for name in topics}
    named = {name for name in re.findall(r"`([a-z]+\.[a-z]+)`", README) if name.split(".", 1)[0] in families}
    assert len(named) > 10
    assert named <= set(topics)
    schema = (CHECKOUT / "infra" / "postgres" / "schema.sql").read_text()
    tables = re.findall(
        r"\b(slm_observation_\w+|model_\w*(?:registry|timeseries)|cluster_model_\w+|promotion_audit_log)\b", README
    )
    assert len(set(tables)) == 6
    assert [table for table in tables if f"EXISTS {table} " not in schema] == []


def test_the_diagram_shows_every_service() -> None:
    diagram = README.partition("```mermaid")[2].partition("```")[0]
    assert [service for service in SERVICES if not re.search(rf"\b{service}\b", diagram)] == []


def test_addresses_in_the_page_are_those_of_the_code() -> None:
    assert set(re.findall(r"127\.0\.0\.1:(\d+)", README)) == {str(SERVICES["router"].port)}
    assert f"127.0.0.1:{SERVICES['router'].port}:{SERVICES['router'].port}" in COMPOSE["services"]["router"]["ports"]


def test_the_demo_s_figures_have_their_place() -> None:
    assert README.count("<!-- demo figures -->") == README.count("<!-- /demo figures -->") == 1
