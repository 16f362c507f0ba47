"""How a process ends: codes, one clear line, side tasks, second signals. Small real processes, no servers."""

import json
import signal
import subprocess
import sys
import textwrap
from typing import Any

import pytest

HEAD = """
import asyncio, os, sys
from shared.errors import FatalError
from shared.lifecycle import Process, load_settings, serve
from shared.settings import Settings
def go(main, **settings):
    sys.exit(serve(main, Settings(**settings), "probe"))
"""


def start(body: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HEAD + textwrap.dedent(body)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ".", **environment},
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, list[dict[str, Any]], str]:
    _, errors = process.communicate(timeout=60)
    lines = [json.loads(line) for line in errors.splitlines() if line.startswith("{")]
    return process.returncode, lines, errors


def test_a_fatal_error_is_one_clear_line_and_its_own_code() -> None:
    code, lines, errors = ended(
        start("""
        async def main(process): raise FatalError("topic x does not exist")
        go(main)
        """)
    )
    assert code == 3
    assert [line["error"] for line in lines if "error" in line] == ["FatalError: topic x does not exist"]
    assert "Traceback" not in errors
    assert not any("stack" in line for line in lines)


def test_an_unknown_error_shows_where_but_not_what() -> None:
    code, lines, errors = ended(
        start("""
        async def main(process): raise RuntimeError("the content of a prompt")
        go(main)
        """)
    )
    assert code == 1
    assert "the content of a prompt" not in errors
    assert any("stack" in line for line in lines)


def test_a_side_task_that_dies_stops_the_process() -> None:
    code, lines, _ = ended(
        start("""
        async def side(): raise OSError("x")
        async def main(process):
            process.spawn(side(), "follower")
            await process.stop.wait()
        go(main)
        """)
    )
    assert code == 1
    assert any(line.get("task") == "follower" for line in lines)


def test_a_main_that_returns_ends_clean() -> None:
    assert ended(start("async def main(process): pass\ngo(main)"))[0] == 0


WAITING = """
async def main(process):
    print("up", flush=True)
    await process.stop.wait()
    {then}
go(main, grace_s={grace_s})
"""


def test_sigterm_drains_and_ends_clean() -> None:
    process = start(WAITING.format(then="await asyncio.sleep(0.1)", grace_s=10))
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    assert ended(process)[0] == 0


@pytest.mark.parametrize(
    ("then", "grace_s", "twice"),
    [("await asyncio.sleep(60)", 0.3, False), ("await asyncio.sleep(60)", 60, True)],
    ids=["grace", "twice"],
)
def test_the_end_of_the_grace_or_a_second_signal_aborts(then: str, grace_s: float, twice: bool) -> None:
    process = start(WAITING.format(then='print("draining", flush=True); ' + then, grace_s=grace_s))
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.stdout.readline()
    if twice:
        process.send_signal(signal.SIGINT)
    assert ended(process)[0] == 4


def test_an_aborted_process_does_not_wait_for_its_threads() -> None:
    then = 'print("draining", flush=True); await asyncio.to_thread(__import__("time").sleep, 600)'
    process = start(WAITING.format(then=then, grace_s=0.2))
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    assert ended(process)[0] == 4


def test_a_wrong_setting_is_named_without_its_value() -> None:
    code, _, errors = ended(start("load_settings(Settings)", FLYWHEEL_GRACE_S="secret-like"))
    assert code == 3
    assert "FLYWHEEL_GRACE_S" in errors
    assert "secret-like" not in errors


def test_a_blocked_event_loop_ends_the_process_with_every_stack() -> None:
    code, _, errors = ended(
        start("""
        import time
        def compute(secret): time.sleep(600)
        async def main(process):
            await asyncio.sleep(0.1)
            compute("the content of a prompt")
        go(main, stuck_after_s=1.0)
        """)
    )
    assert code == 1
    assert "Timeout" in errors and "in compute" in errors
    assert "the content of a prompt" not in errors


def test_a_task_that_makes_no_step_ends_the_process_by_name() -> None:
    code, lines, errors = ended(
        start("""
        async def waits_for_ever(): await asyncio.Event().wait()
        async def main(process):
            process.when_stuck(lambda: ["app.in.3"])
            waiting = asyncio.create_task(waits_for_ever())
            await process.stop.wait()
        go(main, stuck_after_s=1.0)
        """)
    )
    assert code == 1
    assert any("no progress for 1 s: app.in.3" in line.get("error", "") for line in lines)
    assert "in waits_for_ever" in errors
