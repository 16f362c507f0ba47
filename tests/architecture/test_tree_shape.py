"""The shape of the tree: file lengths, the files every streaming service has, topics in code, what the lock names."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from shared.schema.topics import load_topics

CHECKOUT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 400
PRODUCT = ("shared", "services", "infra")
TOPICS = load_topics(CHECKOUT / "schemas" / "topics.yaml")
STREAMING = ("ingest_redactor", "deduper", "clusterer", "trainer_dispatcher", "shadow_evaluator", "promoter")
# First words of the topics, as they stand in the registry: a string that begins so is meant to be a topic.
FILE_ENDINGS = {"safetensors", "json", "yaml", "gguf", "html", "lock"}
FAMILIES = sorted({name.split(".", 1)[0] for name in TOPICS if not name.endswith(".changelog")})
TOPIC_LIKE = re.compile(rf"^(?:{'|'.join(FAMILIES)})\.[a-z_]+$")


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((CHECKOUT / folder).rglob("*.py"))]


def test_no_file_is_too_long() -> None:
    lengths = {path.relative_to(CHECKOUT): len(path.read_text().splitlines()) for path in sources(*PRODUCT, "tests")}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_every_topic_named_in_code_is_in_the_registry() -> None:
    unknown = []
    for path in sources(*PRODUCT):
        docstrings = _docstrings(tree := ast.parse(path.read_text()))
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and node not in docstrings
                and TOPIC_LIKE.match(node.value)
                and node.value.rpartition(".")[2] not in FILE_ENDINGS
                and node.value not in TOPICS
            ):
                unknown.append(f"{path.relative_to(CHECKOUT)}:{node.lineno}: {node.value}")
    assert unknown == []


def _docstrings(tree: ast.Module) -> set[ast.AST]:
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def test_owners_and_consumers_of_topics_are_services() -> None:
    services = {path.name for path in (CHECKOUT / "services").iterdir() if path.is_dir()}
    named = {who for spec in TOPICS.values() for who in (*spec.owner, *spec.consumers)}
    assert named - services == set()


@pytest.mark.parametrize("service", STREAMING)
def test_reading_one_service_is_reading_all(service: str) -> None:
    folder = CHECKOUT / "services" / service
    for name in ("__init__", "settings", "logic", "processor", "main"):
        assert (folder / f"{name}.py").exists() or (folder / name / "__init__.py").exists(), f"{service} has no {name}"
    contract = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
    assert len(contract) > 200, f"{service}: its package says too little of its contract"


@pytest.mark.parametrize("lock", ["requirements.lock", "infra/requirements/bootstrap.lock"])
def test_locks_pin_and_hash_everything_and_name_no_registry(lock: str) -> None:
    text = (CHECKOUT / lock).read_text()
    assert not re.search(r"https?://|--index-url|--find-links|file:", text)
    pinned = re.split(
        r"\n(?=[a-z0-9])", "\n" + "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    )
    entries = [entry for entry in pinned if entry.strip()]
    assert entries
    assert [entry.split()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_ci_runs_exactly_make_test() -> None:
    commands = [line for line in (CHECKOUT / ".ci" / "run").read_text().splitlines() if line.startswith("exec")]
    assert commands == ["exec make test"]


def test_shell_scripts_parse() -> None:
    scripts = [*CHECKOUT.glob("infra/**/*.sh"), CHECKOUT / ".ci" / "run"]
    assert scripts
    for script in scripts:
        subprocess.run(["sh", "-n", str(script)], check=True)


def test_set_up_uses_the_standard_library_alone() -> None:
    import sys

    tree = ast.parse((CHECKOUT / "infra" / "requirements" / "set_up.py").read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names
