"""The environment a service process gets: addresses, its health port, the installation's own hash key."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from infra.local.secrets import kept_password
from infra.local.services import ServiceSpec
from infra.local.settings import CHECKOUT


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the three servers are. ``postgres`` and ``redis`` hold passwords: never print them."""

    kafka: str
    postgres: str
    redis: str

    def without_passwords(self) -> dict[str, str]:
        return {"kafka": self.kafka, "postgres": _hidden(self.postgres), "redis": _hidden(self.redis)}

    def environment(self) -> dict[str, str]:
        return {
            "FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS": self.kafka,
            "FLYWHEEL_POSTGRES__DSN": self.postgres,
            "FLYWHEEL_REDIS__URL": self.redis,
        }


def service_environment(
    outer: Mapping[str, str],
    home: Path,
    cache: Path,
    addresses: Addresses,
    spec: ServiceSpec,
    health_port: int,
) -> dict[str, str]:
    """``outer`` (so that a user's settings reach every service), under what the stack knows better."""
    own = {
        "FLYWHEEL_HOME": str(home),
        "FLYWHEEL_HEALTH_PORT": str(health_port),
        # One key for router and redactor, drawn for this installation: hashes of one cannot be matched with another's.
        "FLYWHEEL_HASH_KEY": outer.get("FLYWHEEL_HASH_KEY") or kept_password(home / "secrets" / "hash_key"),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(CHECKOUT), outer.get("PYTHONPATH")))),
        "PYTHONUNBUFFERED": "1",
        "HF_HUB_OFFLINE": "1",
    }
    rows = {name: outer.get(name) or value.format(home=home, cache=cache) for name, value in spec.env.items()}
    return {**outer, **rows, **own, **addresses.environment()}


def _hidden(url: str) -> str:
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    user = parts.username or ""
    return urlunsplit(parts._replace(netloc=f"{user}:…@{parts.netloc.rpartition('@')[2]}"))
