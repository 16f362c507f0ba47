"""The whole system with one easy task, for tests: servers, services, teacher, agents, a proxy before the model server."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.demo.agents import Agents, Ledger
from infra.demo.teacher import Teacher
from infra.demo.watch import Watcher
from infra.local.ports import free_port
from infra.local.registry import apply_registry
from infra.local.services import SERVICES
from infra.local.settings import LocalSettings
from infra.local.stack import Stack
from infra.local.topics import open_broker
from shared.http import serve_http
from shared.models import MODELS_FILE
from shared.policy import load_policy
from shared.schema.codec import Codec
from shared.schema.release import SCHEMAS_DIR
from shared.stream.broker import Broker
from tests.faults.completion_proxy import CompletionProxy

TASK = "forecast"


@dataclass(slots=True)
class Loop:
    """A running system. ``pace`` scales the teacher's latency."""

    stack: Stack
    broker: Broker
    watcher: Watcher
    agents: Agents
    ledger: Ledger
    proxy: CompletionProxy
    router_url: str

    async def until(self, reached: Callable[[], bool], what: str, limit_s: float) -> float:
        """Seconds it took. Fails with what every cluster was doing."""
        started_s = time.monotonic()
        while not reached():
            if time.monotonic() - started_s > limit_s:
                stages = {view.label: view.stage for view in self.watcher.clusters.values() if view.calls}
                raise AssertionError(
                    f"{what} not reached within {limit_s:.0f} s; {len(self.ledger.calls)} calls; {stages}"
                )
            ended = self.stack.check()
            assert not ended, ended
            await asyncio.sleep(0.25)
        return time.monotonic() - started_s


@asynccontextmanager
async def running_loop(home: Path, seed: int = 5) -> AsyncIterator[Loop]:
    """Everything up, with traffic rates still at 0."""
    teacher, ledger = Teacher(seed), Ledger()
    ports = {name: free_port() for name in ("teacher", "proxy", "router", "model_server")}
    proxy = CompletionProxy(f"http://127.0.0.1:{ports['model_server']}")
    async with AsyncExitStack() as stack:
        await _serve(stack, teacher.app(), ports["teacher"])
        await _serve(stack, proxy.app(), ports["proxy"])
        config = LocalSettings(home=home)
        local = stack.enter_context(Stack(config))
        await asyncio.to_thread(local.start_servers)
        refused = (await asyncio.to_thread(apply_registry, local.kafka_settings, SCHEMAS_DIR, MODELS_FILE)).refused
        assert not refused
        environment = {
            "FLYWHEEL_POLICY_PROFILE": "test",
            "FLYWHEEL_ROUTER__PORT": str(ports["router"]),
            "FLYWHEEL_ROUTER__FRONTIER_BASE_URL": f"http://127.0.0.1:{ports['teacher']}/v1",
            "FLYWHEEL_ROUTER__SPECIALIST_BASE_URL": f"http://127.0.0.1:{ports['proxy']}",
            "FLYWHEEL_MODEL_SERVER__PORT": str(ports["model_server"]),
            "FLYWHEEL_SHADOW__BASE_URL": f"http://127.0.0.1:{ports['model_server']}",
            "FLYWHEEL_SHADOW__MAX_IN_FLIGHT": "2",
            "FLYWHEEL_TRAINER__THREADS": "2",
        }
        for name in SERVICES:
            await asyncio.to_thread(local.start_service, name, environment)
        for name in SERVICES:
            await asyncio.to_thread(local.wait_service, name, "", 120.0)
        broker = open_broker(local.kafka_settings)
        stack.push_async_callback(broker.close)
        watcher = Watcher(broker, Codec.from_dir(SCHEMAS_DIR), load_policy("test").promotion)
        await watcher.start()
        stack.push_async_callback(watcher.stop)
        router_url = f"http://127.0.0.1:{ports['router']}"
        agents = Agents(f"{router_url}/v1", teacher, ledger, seed)
        stack.push_async_callback(agents.close)
        yield Loop(local, broker, watcher, agents, ledger, proxy, router_url)


async def _serve(stack: AsyncExitStack, app: object, port: int) -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(serve_http(app, "127.0.0.1", port, stop, 2.0))

    async def end() -> None:
        stop.set()
        await task

    stack.push_async_callback(end)
