"""Fixtures for every rung: the embedded servers, started once per session and stopped by their own ids, and fresh names.

A server starts only when a test asks for it. Ports are free ones and data lie in a temporary folder, so that a run
disturbs no other run and no stack of the developer's.
"""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from infra.local.kafka import KafkaServer
from infra.local.postgres import PostgresServer
from infra.local.redis import RedisServer
from infra.local.server import Server

# Which rung a test belongs to is where it stands; `tests/run.py` runs the rungs in order.
SERVER_FOLDERS = ("integration", "e2e", "conformance", "faults", "bench")
SERVER_FIXTURES = frozenset({"kafka_server", "kafka_bootstrap", "postgres_dsn", "redis_url"})
READY_TIMEOUT_S = 120.0
ServerT = TypeVar("ServerT", bound=Server)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: a row of `make sim` or `make chaos`, left out of `make test`")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they need, and keep the rungs without I/O free of servers."""
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        uses_servers = bool(SERVER_FIXTURES & set(getattr(item, "fixturenames", ())))
        if uses_servers and folder not in SERVER_FOLDERS:
            raise pytest.UsageError(f"{item.nodeid} uses real servers: it belongs in tests/integration")
        if folder == "e2e":
            item.add_marker("e2e")
        elif uses_servers or folder in ("integration", "faults"):
            item.add_marker("servers")


@pytest.fixture(scope="session")
def servers_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of this session's servers."""
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session")
def kafka_server(servers_home: Path) -> Iterator[KafkaServer]:
    """The session's broker. A test that stops or kills a broker starts one of its own instead of using this one."""
    yield from _running(KafkaServer(servers_home, fast_failover=True))


@pytest.fixture(scope="session")
def kafka_bootstrap(kafka_server: KafkaServer) -> str:
    """``127.0.0.1:<port>``. Topics are not created by themselves: make them, with names from ``topic_name``."""
    return kafka_server.address


@pytest.fixture(scope="session")
def postgres_dsn(servers_home: Path) -> Iterator[str]:
    """A DSN of one empty database that the session's tests share: name schemas or tables apart."""
    server = PostgresServer(servers_home)
    try:
        for _ in _running(server):
            yield server.address
    finally:
        server.remove_data()


@pytest.fixture(scope="session")
def redis_url(servers_home: Path) -> Iterator[str]:
    """A URL of one Redis that the session's tests share: prefix keys."""
    server = RedisServer(servers_home)
    for _ in _running(server):
        yield server.address


@pytest.fixture
def topic_name() -> Callable[[str], str]:
    """``topic_name("observation.raw")`` → a name that no other test uses."""
    suffix = uuid.uuid4().hex[:10]

    def name(stem: str = "topic") -> str:
        return f"{stem}.{suffix}"

    return name


@pytest.fixture
def unique_id() -> str:
    """A short name that no other test uses: groups, schemas, key prefixes."""
    return f"t{uuid.uuid4().hex[:12]}"


def _running(server: ServerT) -> Iterator[ServerT]:
    server.start()
    try:
        server.wait_ready(READY_TIMEOUT_S)
        yield server
    finally:
        server.stop()
