"""The import rules of DESIGN §2, read from the syntax trees: no module has to run for them."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGES = ("shared", "services", "infra")
# Rule 5: what computes, per service; whatever does I/O, reads a clock or logs is on no list.
COMPUTING = {
    "ingest_redactor": {"numpy", "re2", "stdnum"},
    "deduper": {"numpy", "rensa"},
    "clusterer": {"numpy", "scipy", "wordllama"},
    "promoter": {"numpy", "scipy"},
}
# Besides the language: hashes, the tree of errors, and policies and registry entries as plain data.
LOGIC_MAY_IMPORT = (
    "shared.events", "shared.tasks", "shared.prompting", "shared.ids", "shared.errors", "shared.policy", "shared.models",
)  # fmt: skip
IMPURE_STANDARD = {
    "asyncio", "http", "io", "logging", "multiprocessing", "os", "pathlib", "random", "secrets", "selectors", "shutil",
    "signal", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip
HEAVY = {
    "torch": {"trainer_worker"},
    "transformers": {"trainer_worker"},
    "peft": {"trainer_worker"},
    "accelerate": {"trainer_worker"},
    "bitsandbytes": {"trainer_worker"},
    "onnxruntime": set[str](),
    "xllamacpp": {"model_server"},
}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}


@dataclass(frozen=True)
class Import:
    module: str
    imported: str
    line: int
    for_types: bool

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.imported}"


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the product by dotted name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((CHECKOUT / package).rglob("*.py")):
            parts = path.relative_to(CHECKOUT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = ast.parse(path.read_text(), str(path))
    return found


@cache
def imports() -> tuple[Import, ...]:
    return tuple(found for module, tree in modules().items() for found in _imports(module, tree))


def _imports(module: str, tree: ast.Module) -> Iterator[Import]:
    type_lines = {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: imports are absolute here"
            source = node.module or ""
            # ``from package import module`` names the module, not only its package.
            names = [f"{source}.{a.name}" if f"{source}.{a.name}" in modules() else source for a in node.names]
        else:
            continue
        for name in dict.fromkeys(names):
            yield Import(module, name, node.lineno, node.lineno in type_lines)


def inside(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def top(name: str) -> str:
    return name.split(".", 1)[0]


def service_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "services" and len(parts) > 1 else None


def is_logic(module: str) -> bool:
    parts = module.split(".")
    return parts[0] == "services" and len(parts) > 2 and parts[2] == "logic"


def refuse(broken: list[Import]) -> None:
    assert not broken, "\n".join(str(one) for one in broken)


def test_the_tree_was_read() -> None:
    assert len(modules()) > 20
    assert len(imports()) > 100


def test_1_events_import_only_the_standard_library() -> None:
    refuse(
        [
            one
            for one in imports()
            if inside(one.module, "shared.events")
            and not inside(one.imported, "shared.events")
            and top(one.imported) not in sys.stdlib_module_names
        ]
    )


def test_2_the_engine_knows_no_broker() -> None:
    engine = ("shared.stream", "shared.schema", "shared.state")
    refuse([one for one in imports() if inside(one.module, *engine) and inside(one.imported, "shared.brokers")])


@pytest.mark.parametrize(
    ("library", "may"),
    [
        ("aiokafka", lambda module: inside(module, "shared.brokers.kafka")),
        ("redis", lambda module: _is_adapter(module)),
        ("asyncpg", lambda module: _is_adapter(module)),
        ("faust", lambda module: inside(module, "services.scoreboard")),
    ],
)
def test_3_each_client_library_has_one_place(library: str, may) -> None:  # type: ignore[no-untyped-def]
    refuse([one for one in imports() if top(one.imported) == library and not may(one.module)])


def _is_adapter(module: str) -> bool:
    """The adapter modules of a service, the stores, and nothing in the middle of a service."""
    return inside(module, "shared.stores") or (service_of(module) is not None and "adapters" in module.split(".")[2:3])


def test_4_services_meet_only_in_topics() -> None:
    def allowed(one: Import, own: str, other: str) -> bool:
        return own == other or (own == "cli" and is_logic(one.imported))

    refuse(
        [
            one
            for one in imports()
            if (own := service_of(one.module)) and (other := service_of(one.imported)) and not allowed(one, own, other)
        ]
    )


def test_5_logic_computes_and_does_nothing_else() -> None:
    """What logic imports of its own service must be as pure as itself."""
    pending = [module for module in modules() if is_logic(module)]
    held: set[str] = set()
    broken = []
    while pending:
        module = pending.pop()
        held.add(module)
        for one in (one for one in imports() if one.module == module and not one.for_types):
            own = f"services.{service_of(module)}"
            if inside(one.imported, own):
                pending += [one.imported] if one.imported not in held and one.imported != own else []
            elif not _pure(one):
                broken.append(one)
    refuse(broken)


def _pure(one: Import) -> bool:
    library = top(one.imported)
    if library in sys.stdlib_module_names:
        return library not in IMPURE_STANDARD or inside(one.imported, "urllib.parse")  # of urllib that alone computes
    return inside(one.imported, *LOGIC_MAY_IMPORT) or library in COMPUTING.get(service_of(one.module) or "", set())


def test_6_only_main_composes() -> None:
    def composing(one: Import) -> bool:
        service = service_of(one.module)
        return inside(one.imported, "shared.brokers", "shared.settings", f"services.{service}.adapters") or (
            one.imported == f"services.{service}.settings"
        )

    def may(module: str) -> bool:
        part = module.split(".")[2] if module.count(".") > 1 else ""
        return part in ("main", "__main__", "settings", "adapters") or service_of(module) == "cli"

    found = [one for one in imports() if service_of(one.module) and not one.for_types]
    refuse([one for one in found if composing(one) and not may(one.module)])


def test_7_heavy_libraries_stay_with_the_service_that_declares_them() -> None:
    refuse(
        [
            one
            for one in imports()
            if top(one.imported) in HEAVY and service_of(one.module) not in HEAVY[top(one.imported)]
        ]
    )


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = [name for name in modules() if VAGUE_NAMES & set(name.split("."))]
    assert not vague


def test_no_product_module_imports_tests() -> None:
    refuse([one for one in imports() if top(one.imported) == "tests"])


def test_nothing_is_pickled() -> None:
    refuse([one for one in imports() if top(one.imported) in ("pickle", "dill", "cloudpickle", "shelve", "marshal")])
