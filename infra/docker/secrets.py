"""Draw the secrets of a compose deployment: ``python -m infra.docker.secrets`` writes ``.env``, readable by its owner alone.

Nothing is overwritten: a second run adds what a newer version asks for and leaves the rest. Standard library only.
"""

import json
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

from infra.local.secrets import write_private

FILE = Path(".env")


def _drawn() -> str:
    return secrets.token_urlsafe(32)


def _router_keys() -> str:
    return json.dumps({"default": f"fw-{_drawn()}"})


# Each variable that docker-compose.yml asks for, with what it is; ``None`` for one that only the operator knows.
SECRETS: dict[str, tuple[str, Callable[[], str] | None]] = {
    "FLYWHEEL_HASH_KEY": ("key of every keyed hash; changing it starts all tasks and clusters anew", _drawn),
    "FLYWHEEL_ROUTER__KEYS": ("tenant → API key, as JSON", _router_keys),
    "FLYWHEEL_ROUTER__SPOOL_KEY": ("encrypts observations that wait on disk while Kafka is away", _drawn),
    "FLYWHEEL_MODEL_SERVER__TOKEN": ("what router and shadow evaluator show the model server", _drawn),
    "POSTGRES_PASSWORD": ("of the projections' database", _drawn),
    "REDIS_PASSWORD": ("of the router's snapshot", _drawn),
    "GRAFANA_PASSWORD": ("of Grafana's user admin", _drawn),
    "FLYWHEEL_ROUTER__FRONTIER_BASE_URL": ("OpenAI-compatible endpoint of the frontier model, with /v1", None),
    "FLYWHEEL_ROUTER__FRONTIER_API_KEY": ("its key", None),
}


def completed(present: str) -> tuple[str, list[str]]:
    """The file's text with what it lacked, and the names that the operator still has to fill in."""
    known = {line.partition("=")[0] for line in present.splitlines() if "=" in line and not line.startswith("#")}
    lines = [present.rstrip("\n")] if present.strip() else []
    for name, (about, draw) in SECRETS.items():
        if name not in known:
            lines += [f"# {about}", f"{name}='{draw()}'" if draw else f"{name}="]
    text = "\n".join(lines) + "\n"
    return text, [name for name in SECRETS if f"\n{name}=\n" in f"\n{text}"]


def main() -> int:
    text, to_fill = completed(FILE.read_text() if FILE.exists() else "")
    write_private(FILE, text)
    sys.stdout.write(f"{FILE} holds the secrets of this deployment (mode 0600)\n")
    if to_fill:
        sys.stdout.write(f"fill in: {', '.join(to_fill)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
