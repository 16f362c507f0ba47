"""The stack: crashed processes come back, a killed supervisor leaves nothing, external servers stay untouched."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.local.process import ProcessId
from infra.local.restarts import RestartPolicy
from infra.local.services import ServiceSpec
from infra.local.settings import CHECKOUT, LocalServers, LocalSettings, PostgresAddress, RedisAddress
from infra.local.stack import Stack
from infra.local.state import read_state
from infra.local.topics import open_broker
from shared.errors import FatalError, SettingsError

pytestmark = pytest.mark.servers

FREE_PORTS = LocalServers(
    kafka_port=0, kafka_controller_port=0, postgres_port=0, redis_port=0, fast_failover=True, grace_s=10.0
)
SMALL_SERVICE = """
import http.server, os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("started with", os.environ["FLYWHEEL_REDIS__URL"].rpartition("@")[2], os.environ.get("EXTRA"), flush=True)
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(os.environ["FLYWHEEL_HEALTH_PORT"])), Page).serve_forever()
"""
QUICK_RESTARTS = RestartPolicy(first_s=0.01, longest_s=0.02, attempts=2)


@pytest.fixture
def config(tmp_path: Path) -> LocalSettings:
    return LocalSettings(home=tmp_path / "home", local=FREE_PORTS)


@pytest.fixture
def small_services(tmp_path: Path) -> dict[str, ServiceSpec]:
    """Two services of a few lines each: one that serves its health page, one that dies at once."""
    (tmp_path / "small_flywheel_service.py").write_text(SMALL_SERVICE)
    (tmp_path / "dying_flywheel_service.py").write_text("raise SystemExit('no reason')")
    path = {"PYTHONPATH": str(tmp_path)}
    return {
        "small": ServiceSpec("small", frozenset({"kafka"}), path, nice=1, module="small_flywheel_service"),
        "dying": ServiceSpec("dying", frozenset({"kafka"}), path, module="dying_flywheel_service"),
    }


@pytest.fixture
def stack(config: LocalSettings, tmp_path: Path, small_services: dict[str, ServiceSpec]) -> Iterator[Stack]:
    os.environ["PYTHONPATH"] = str(tmp_path)
    try:
        with Stack(config, services=small_services, policy=QUICK_RESTARTS, supervise=True) as running:
            yield running
    finally:
        del os.environ["PYTHONPATH"]


def until(condition: Callable[[], bool], what: str, timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.02)


def test_a_killed_service_comes_back_and_stop_leaves_nothing(stack: Stack, config: LocalSettings) -> None:
    stack.start_servers(("redis",), topics=False)
    stack.start_service("small", {"EXTRA": "extra"})
    stack.start_service("small", instance="b")
    stack.wait_service("small")
    stack.wait_service("small", "b")
    first = stack.service_pid("small")
    assert first is not None
    before = ProcessId.of(first)
    stack.kill_service("small")
    until(lambda: stack.service_pid("small") != first, "the service has another process")
    stack.wait_service("small")
    assert before is not None
    assert not before.is_running()

    state = read_state(config.home)
    assert state is not None
    assert [(entry.name, entry.restarts) for entry in state.entries] == [("redis", 0), ("small", 1), ("small-b", 0)]
    log = stack.service_log("small").read_text()
    assert log.count("extra") == 2  # the second life has the first one's environment
    assert stack.stop_service("small", "b") == 0
    assert stack.running() == ["redis", "small"]
    stack.stop()
    assert not any(entry.identity.is_running() for entry in state.entries)
    assert read_state(config.home) is None


def test_a_killed_server_comes_back_at_its_address(stack: Stack) -> None:
    stack.start_servers(("redis",), topics=False)
    server = stack.servers["redis"]
    address, pid = server.address, server.pid
    server.kill()
    until(lambda: server.is_running and server.pid != pid, "Redis has another process")
    server.wait_ready()
    assert server.address == address


def test_a_crash_loop_is_given_up_with_the_end_of_the_log(stack: Stack) -> None:
    stack.start_servers(("redis",), topics=False)
    stack.start_service("dying")
    with pytest.raises(FatalError, match="no reason"):
        stack.wait_service("dying")
    assert stack.running() == ["redis"]


def test_topics_are_created_once(config: LocalSettings) -> None:
    lines: list[str] = []
    with Stack(config, announce=lines.append) as running:
        running.start_servers(("kafka",))
        running.stop()
    with Stack(config, announce=lines.append) as again:
        again.start_servers(("kafka",))

        async def names() -> dict[str, int]:
            broker = open_broker(again.kafka_settings)
            found = await broker.admin().topics()
            await broker.close()
            return found

        assert asyncio.run(names())["observation.raw"] == 4
    assert [line for line in lines if line.startswith("topics")][1] == "topics: all there"
    assert not [line for line in lines if "fetching" in line or "archiving" in line]


def test_a_second_stack_on_the_same_folder_is_refused(stack: Stack, config: LocalSettings) -> None:
    stack.start_servers(("redis",), topics=False)
    with pytest.raises(SettingsError, match="a stack runs already"), Stack(config) as second:
        second.start_servers(("redis",), topics=False)
    assert stack.running() == ["redis"]


def test_a_taken_service_port_is_refused_with_its_setting(tmp_path: Path, redis_url: str) -> None:
    taken = redis_url.rpartition(":")[2].partition("/")[0]
    spec = ServiceSpec("web", frozenset({"kafka"}), port=1, port_setting="FLYWHEEL_WEB__PORT")
    with Stack(LocalSettings(home=tmp_path / "home", local=FREE_PORTS), services={"web": spec}) as stack:
        with pytest.raises(SettingsError, match=rf"port {taken} for the service web .*FLYWHEEL_WEB__PORT"):
            stack.start_service("web", {"FLYWHEEL_WEB__PORT": taken})
        assert stack.running() == []


def test_external_servers_are_used_and_not_started(
    tmp_path: Path, redis_url: str, small_services: dict[str, ServiceSpec], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLYWHEEL_REDIS__URL", redis_url)
    monkeypatch.setenv("FLYWHEEL_POSTGRES__DSN", "postgresql://somebody@127.0.0.1:1/else")
    monkeypatch.setenv("FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Stack(LocalSettings(home=tmp_path / "home"), services=small_services) as stack:
        assert stack.servers == {}
        stack.start_servers(topics=False)
        stack.start_service("small")
        stack.wait_service("small")
        assert stack.running() == ["small"]
        assert redis_url.rpartition("@")[2] in stack.service_log("small").read_text()


def test_addresses_in_settings_make_servers_external(tmp_path: Path) -> None:
    config = LocalSettings(home=tmp_path, redis=RedisAddress(url="redis://127.0.0.1:1/0"), postgres=PostgresAddress())
    assert set(Stack(config).servers) == {"kafka", "postgres"}


class Command:
    """``flywheel`` as a user runs it, on a state folder and ports of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        ports = {f"FLYWHEEL_LOCAL__{name}_PORT": "0" for name in ("KAFKA", "KAFKA_CONTROLLER", "POSTGRES", "REDIS")}
        self.env = os.environ | ports | {"FLYWHEEL_HOME": str(home), "FLYWHEEL_LOCAL__FAST_FAILOVER": "true"}

    def start(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "services.cli.main", *words], cwd=CHECKOUT, env=self.env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        process = self.start(*words)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def identities(self) -> list[ProcessId]:
        state = read_state(self.home)
        assert state is not None
        return [state.supervisor, *(entry.identity for entry in state.entries)]


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    command = Command(tmp_path / "home")
    yield command
    command.run("down")
    command.run("reset", "--yes")


def test_up_status_down_as_commands(command: Command) -> None:
    assert command.run("up", "--detach", "--only", "servers").returncode == 0
    identities = command.identities()
    shown = command.run("status", "--output", "json")
    assert shown.returncode == 0
    assert {row["name"]: row["state"] for row in json.loads(shown.stdout)} | {
        "kafka": "running", "postgres": "running", "redis": "running"
    } == {row["name"]: row["state"] for row in json.loads(shown.stdout)}  # fmt: skip
    refused = command.run("up", "--detach", "--only", "servers")
    assert (refused.returncode, "runs already" in refused.stderr) == (2, True)
    assert command.run("topics", "diff").returncode == 0
    assert command.run("down").returncode == 0
    assert not any(identity.is_running() for identity in identities)
    assert command.run("status").returncode == 1


def test_a_killed_supervisor_leaves_nothing_after_down(command: Command) -> None:
    assert command.run("up", "--detach", "--only", "servers").returncode == 0
    supervisor, *servers = command.identities()
    os.kill(supervisor.pid, signal.SIGKILL)
    assert command.run("down").returncode == 0
    assert not any(identity.is_running() for identity in servers)


def test_ctrl_c_stops_everything(command: Command) -> None:
    process = command.start("up", "--only", "servers")
    until(lambda: (state := read_state(command.home)) is not None and state.phase == "ready", "the stack is up", 120.0)
    identities = command.identities()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert not any(identity.is_running() for identity in identities)
    assert out == ""
