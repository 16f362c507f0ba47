"""``make demo``: the whole loop on embedded real servers, with simulated agents and a replay teacher.

Exit code 0 only if every claim of the report holds. A real frontier endpoint takes the teacher's place with
``--frontier-url`` and the key in ``FLYWHEEL_DEMO_FRONTIER_KEY``.
"""

import argparse
import asyncio
import os
import shutil
import sys
import time
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from infra.demo import findings
from infra.demo.accounting import slice_of
from infra.demo.agents import Agents, Ledger
from infra.demo.capacity import measure
from infra.demo.conductor import Conductor
from infra.demo.report import Claim, Report, as_html, as_json, as_text
from infra.demo.teacher import Teacher
from infra.demo.watch import Watcher
from infra.local.ports import free_port
from infra.local.registry import apply_registry
from infra.local.services import MODEL_SERVER_PORT, ROUTER_PORT, SERVICES
from infra.local.settings import LocalSettings
from infra.local.stack import Stack
from infra.local.topics import open_broker
from shared.errors import FlywheelError
from shared.http import serve_http
from shared.models import MODELS_FILE, load_models
from shared.policy import load_policy
from shared.schema.codec import Codec
from shared.settings import Settings

LIMIT_S = 30 * 60.0
WINDOW_S = 240.0
SETTLE_S = 5.0


@dataclass(frozen=True, slots=True)
class Options:
    quick: bool
    seed: int
    window_s: float
    profile: str
    report_dir: Path
    home: Path
    frontier_url: str


class Console:
    """Progress lines with the time since the start."""

    def __init__(self) -> None:
        self._started_s = time.monotonic()

    def say(self, line: str) -> None:
        elapsed = int(time.monotonic() - self._started_s)
        sys.stderr.write(f"[{elapsed // 60:02d}:{elapsed % 60:02d}] {line}\n")
        sys.stderr.flush()


def parse(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(
        prog="python -m infra.demo",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n  make demo\n  make demo QUICK=1\n  python -m infra.demo --seed 7 --window 120",
    )
    parser.add_argument("--quick", action="store_true", help="end when one specialist reached its first ramp stage")
    parser.add_argument("--seed", type=int, default=1, help="seed of the traffic (default 1)")
    parser.add_argument("--window", type=float, default=WINDOW_S, help="seconds of the final window (default 240)")
    parser.add_argument("--profile", default="demo", help="policy profile (default demo)")
    parser.add_argument("--report", type=Path, default=Path("report"), help="folder of the report (default report)")
    parser.add_argument("--home", type=Path, default=Path(".flywheel/demo"), help="state folder, emptied at the start")
    parser.add_argument("--frontier-url", default="", help="a real OpenAI-compatible endpoint in the teacher's place")
    given = parser.parse_args(arguments)
    return Options(given.quick, given.seed, given.window, given.profile, given.report, given.home, given.frontier_url)


async def run(options: Options, console: Console) -> Report:
    teacher, ledger = Teacher(options.seed), Ledger()
    frontier = next(m for m in load_models(MODELS_FILE, at_ms=1)[0] if m.model == "base/frontier")
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        teacher_url = options.frontier_url or await _start_teacher(teacher, stack, stop)
        local = stack.enter_context(_stack(options, console))
        await asyncio.to_thread(local.start_servers)
        registry = await asyncio.to_thread(apply_registry, local.kafka_settings, Settings().schemas_dir, MODELS_FILE)
        console.say(f"servers are up; {len(registry.entered)} models registered, {len(registry.refused)} refused")
        started_s = time.monotonic()
        await asyncio.to_thread(_start_services, local, options, teacher_url)
        broker = open_broker(local.kafka_settings)
        stack.push_async_callback(broker.close)
        watcher = Watcher(broker, Codec.from_dir(Settings().schemas_dir), load_policy(options.profile).promotion)
        await watcher.start()
        stack.push_async_callback(watcher.stop)
        capacity = await measure(f"http://127.0.0.1:{MODEL_SERVER_PORT}", "smollm2-135m-instruct")
        console.say(f"services are up; the model server gives {capacity:.1f} answers/s")
        agents = Agents(f"http://127.0.0.1:{ROUTER_PORT}/v1", teacher, ledger, options.seed)
        stack.push_async_callback(agents.close)

        def stop_training() -> None:
            console.say("the trainer's worker stops: no more specialists are wanted")
            local.stop_service("trainer_worker")

        conductor = Conductor(agents, ledger, watcher, capacity, console.say, stop_training)
        conductor.since(started_s)
        running = asyncio.create_task(agents.run(stop))
        window_from_s, window_from_ms = None, 0
        if options.quick:
            await conductor.until_ramp(findings.FIRST_RAMP_S + 60.0)
        elif await conductor.until_active(LIMIT_S - options.window_s - 60.0):
            window_from_s, window_from_ms = time.monotonic(), int(time.time() * 1000)
            await conductor.window(options.window_s)
        stop.set()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(running, 60.0)
        await asyncio.sleep(SETTLE_S)  # what was served last is still on its way through the log
        seen = findings.Seen(
            ledger,
            watcher,
            frontier,
            conductor.task_clusters(),
            started_s,
            window_from_s,
            window_from_ms,
            options.window_s,
        )
        return _report(options, seen, conductor.milestones.at_s, time.monotonic() - started_s)


def _stack(options: Options, console: Console) -> Stack:
    shutil.rmtree(options.home, ignore_errors=True)
    config = LocalSettings(home=options.home)
    return Stack(config, announce=console.say, supervise=True)


def _start_services(local: Stack, options: Options, teacher_url: str) -> None:
    environment = {
        "FLYWHEEL_POLICY_PROFILE": options.profile,
        "FLYWHEEL_ROUTER__FRONTIER_BASE_URL": teacher_url,
        "FLYWHEEL_ROUTER__FRONTIER_API_KEY": os.environ.get("FLYWHEEL_DEMO_FRONTIER_KEY", ""),
        "FLYWHEEL_COMMIT_INTERVAL_MS": "500",
        "FLYWHEEL_SHADOW__MAX_IN_FLIGHT": "1",
        "FLYWHEEL_SHADOW__MAX_AGE_S": "20",
        "FLYWHEEL_TRAINER__THREADS": "1",
    }
    for name in SERVICES:
        local.start_service(name, environment)
    for name in SERVICES:
        local.wait_service(name, timeout_s=120.0)


async def _start_teacher(teacher: Teacher, stack: AsyncExitStack, stop: asyncio.Event) -> str:
    port, ended = free_port(), asyncio.Event()
    serving = asyncio.create_task(serve_http(teacher.app(), "127.0.0.1", port, ended, 5.0))

    async def end() -> None:
        stop.set()
        ended.set()
        await serving

    stack.push_async_callback(end)
    return f"http://127.0.0.1:{port}/v1"


def _report(options: Options, seen: findings.Seen, milestones: dict[str, float], finished_s: float) -> Report:
    window = findings.final_window(seen)
    if options.quick:
        claims = findings.quick_claims(milestones)
    elif window is None:
        claims = [Claim("three specialists active", "not reached in time", False)]
    else:
        claims = findings.full_claims(seen, window, milestones, finished_s)
    return Report(
        title="SLM Flywheel: what happened in this demo",
        policy=load_policy(options.profile).version,
        machine=findings.machine(),
        claims=claims,
        clusters=findings.cluster_rows(seen),
        milestones=findings.ordered(milestones),
        window=window,
        whole=slice_of(seen.ledger.calls, seen.watcher.placed, seen.frontier),
        jobs=findings.job_rows(seen.watcher),
        spend=findings.spend_curve(seen),
        served=findings.served_curve(seen),
    )


def main() -> int:
    options, console = parse(sys.argv[1:]), Console()
    try:
        report = asyncio.run(run(options, console))
    except FlywheelError as error:
        sys.stderr.write(f"the demo cannot run: {error}\n")
        return 3
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.stderr.write("interrupted; everything the demo started was stopped\n")
        return 130
    options.report_dir.mkdir(parents=True, exist_ok=True)
    (options.report_dir / "demo.html").write_text(as_html(report))
    (options.report_dir / "demo.json").write_text(as_json(report))
    sys.stdout.write(as_text(report) + f"\n\nreport: {options.report_dir / 'demo.html'}\n")
    return 0 if report.holds else 1


if __name__ == "__main__":
    sys.exit(main())
